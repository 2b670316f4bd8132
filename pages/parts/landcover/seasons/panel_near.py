"""Nearly alike: the seasons nearest to this one, of another class and of the same, and the fewest months to borrow."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eogen.errors import InputError
from eogen.landcover.series.neighbours import Exchange, Neighbours, by_month
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose
from pages.kit.errors import sentence
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.landcover.seasons import season_figures as draw
from pages.parts.landcover.seasons import what_if_science as science
from pages.parts.landcover.seasons.state import State

WAYS = ("euclidean", "dtw")
ANY = "any"
#: Parcels listed of each side, and those that months are borrowed from.
LISTED = 4


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.near.lead"))
    answer = int(science.answers(state, state.series[None])[0].argmax())
    way, wanted = _controls(t, state, answer)
    label = science.donors(state)
    other = science.near(state, answer, way, wanted=wanted)
    same = _same(t, state, answer, way)
    _said(t, state, answer, label, other, same)
    given = other.index[:LISTED]
    work = partial(_exchange, t, state, given)
    found = progress.run(
        t("landcover.series.near.working"), lambda _: work(), t, key=f"exchange_{'_'.join(map(str, given))}"
    )
    borrowed = found if isinstance(found, Exchange) else None
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        _curves(t, state, other, same, borrowed)
        _differences(t, state, other, same, way)
    with right:
        _flip(t, state, given, found)
        _list(t, state, "other", other)
        if same is not None:
            _list(t, state, "same", same)
    learnt = "simulated" if state.source == "territory" else "real"
    st.caption(
        t("landcover.series.near.left_out", **_counts(state, label))
        + " "
        + t(f"landcover.series.near.learnt.{learnt}")
    )
    provenance.caption(state.provenance, t)
    _exports(t, state, other, same, borrowed)


def _controls(t: Words, state: State, answer: int) -> tuple[str, int | None]:
    left, right = st.columns([1.4, 1])
    way = choose(
        partial(left.segmented_control, required=True), t("landcover.series.near.distance"), WAYS,
        name="distance", default=WAYS[0], format_func=lambda w: t(f"landcover.series.near.ways.{w}"),
        help=t("landcover.series.near.distance_help"),
    )  # fmt: skip
    there = np.unique(science.donors(state))
    offered = [ANY, *(str(c) for c in range(len(state.classes)) if c != answer and c in there)]
    wanted = choose(
        right.selectbox, t("landcover.series.near.wanted"), offered, name="other_class", default=ANY,
        key=f"other_class_{state.source}_{answer}",
        format_func=lambda c: t("landcover.series.near.any") if c == ANY else state.class_name(t, int(c)),
    )  # fmt: skip
    return way, None if wanted == ANY else int(wanted)


def _same(t: Words, state: State, answer: int, way: str) -> Neighbours | None:
    try:
        return science.near(state, answer, way, same=True)
    except InputError as error:
        if error.code != "series_when_no_same":
            raise
        return None


def _exchange(t: Words, state: State, rows: np.ndarray) -> Exchange | str:
    """Return the exchange, or the sentence that says there is none."""
    try:
        return science.exchange(state, rows)
    except InputError as error:
        if error.code != "series_when_no_flip":
            raise
        return sentence(error, t)


def _counts(state: State, label: np.ndarray) -> dict[str, int]:
    """Return how many parcels can give months, and how many were left out because they are kin."""
    known = state.labels >= 0
    known[state.row] = False
    return {"count": int((label >= 0).sum()), "kin": int((known & (label < 0)).sum())}


def _said(
    t: Words, state: State, answer: int, label: np.ndarray, other: Neighbours, same: Neighbours | None
) -> None:
    """Say how far the nearest are, in words and in units."""
    first = int(other.index[0])
    parts = [
        t(
            "landcover.series.near.other", a=state.class_name(t, answer, "a"),
            b=state.class_name(t, int(label[first]), "a"), number=first + 1, distance=float(other.distance[0]),
            middle=float(np.median(other.distance)),
        )
    ]  # fmt: skip
    if same is None:
        parts.append(t("landcover.series.near.none_same"))
    else:
        border = "border" if other.distance[0] < same.distance[0] else "inside"
        parts.append(t("landcover.series.near.same", distance=float(same.distance[0])))
        parts.append(t(f"landcover.series.near.{border}"))
    if state.label >= 0 and state.label != answer:
        parts.append(t("landcover.series.near.wrong", a=state.class_name(t, state.label, "a")))
    st.markdown(" ".join(parts))


def _curves(
    t: Words, state: State, other: Neighbours, same: Neighbours | None, found: Exchange | None
) -> None:
    offered = [draw.NDVI, *state.model.bands]
    quantity = choose(
        st.selectbox, t("landcover.series.compared.curve"), offered, name="near_curve", default=draw.NDVI,
        format_func=lambda q: (
            t("landcover.series.compared.ndvi") if q == draw.NDVI else t("bands.label", band=q, name=t(f"bands.{q}"))
        ),
    )  # fmt: skip
    pool = state.held["reflectance"].values
    donor = int(other.index[found.donor if found is not None else 0])
    lines = [
        draw.Line(t("landcover.series.near.this"), state.series, draw.BEFORE),
        draw.Line(
            _name(t, state, donor, lends=found is not None), pool[donor], draw.OTHER, "dash", "diamond"
        ),
    ]
    if same is not None:
        near = int(same.index[0])
        lines.append(draw.Line(_name(t, state, near), pool[near], draw.TRUTH, "dot", "square"))
    names = state.month_names(t)
    taken = found.changed if found is not None else np.zeros(len(names), bool)
    figure = draw.curves(
        t, names, state.model.bands, quantity, lines, taken, t("landcover.series.near.borrowed")
    )
    alt = t("landcover.series.near.alt_curves", number=donor + 1, name=_class(t, state, donor))
    figures.show(figure, key="near_curves", alt=alt, expert=True)


def _differences(t: Words, state: State, other: Neighbours, same: Neighbours | None, way: str) -> None:
    """Draw how far the nearest of each side are, month by month."""
    pool = state.held["reflectance"].values
    rows = [int(other.index[0])] + ([] if same is None else [int(same.index[0])])
    apart = by_month(state.series, pool[rows], pool)
    names = state.month_names(t)
    figure = _difference_figure(t, names, [_name(t, state, row) for row in rows], apart)
    most = int(apart[0].argmax())
    alt = t("landcover.series.near.alt_months", month=names[most], distance=float(apart[0, most]))
    figures.show(figure, key="near_months", alt=alt, expert=True)
    st.caption(t(f"landcover.series.near.months_note.{way}"))


def _difference_figure(t: Words, months: list[str], names: list[str], apart: np.ndarray) -> go.Figure:
    y = figures.axis(t("landcover.series.near.apart"), t("landcover.series.near.unit"), rangemode="tozero")
    figure = figures.figure(
        t, x=draw.month_axis(t, months), y=y, height=280, legend=True, barmode="group", bargap=0.2
    )
    for name, values, colour in zip(names, apart, (draw.OTHER, draw.TRUTH), strict=False):
        figure.add_bar(
            x=list(range(len(months))), y=values, name=name, marker={"color": colour}, text=months,
            textposition="none", hovertemplate="%{text}: %{y:.2f}<extra>" + name + "</extra>",
        )  # fmt: skip
    return figure


def _flip(t: Words, state: State, given: np.ndarray, found: Exchange | str | None) -> None:
    """Say which months had to be borrowed until the answer changed, and draw the answers before and after."""
    st.markdown(t("landcover.series.near.flip_title"))
    if not isinstance(found, Exchange):
        if found is not None:
            st.info(found, icon=":material/block:")
        return
    was, now = int(found.before.argmax()), int(found.after.argmax())
    donor = int(given[found.donor])
    months = [
        t(f"landcover.series.month_names.{int(str(state.months[k])[5:7])}")
        for k in np.flatnonzero(found.changed)
    ]
    st.markdown(
        t(
            "landcover.series.near.flip", count=len(months), months=t.list(months), number=donor + 1,
            a=state.class_name(t, was, "a"), b=state.class_name(t, now, "a"), before=float(found.before[was]),
            after=float(found.after[now]),
        )
    )  # fmt: skip
    names = [state.class_name(t, c) for c in range(len(state.classes))]
    groups = [
        draw.Bars(t("landcover.series.what_if.before"), found.before, draw.BEFORE),
        draw.Bars(t("landcover.series.near.after"), found.after, draw.AFTER),
    ]
    shown = draw.likeliest([found.before, found.after], was, 4)
    figures.show(
        draw.paired(t, names, groups, shown), key="near_bars", expert=True,
        alt=t("landcover.series.what_if.alt_bars", name=names[was], before=found.before[was],
              after=found.after[was]),
    )  # fmt: skip


def _list(t: Words, state: State, side: str, found: Neighbours) -> None:
    """Draw the nearest parcels of one side, each with the button that opens it."""
    st.markdown(t(f"landcover.series.near.list.{side}"))
    with st.container(gap=None, key=f"near_list_{side}"):
        for row, distance in zip(found.index[:LISTED], found.distance[:LISTED], strict=True):
            number = int(row) + 1
            st.button(
                t("landcover.series.near.open", number=number, name=_class(t, state, int(row)),
                  distance=float(distance)),
                key=f"near_{side}_{row}", type="tertiary", icon=":material/arrow_forward:", on_click=_open,
                args=(number,), help=t("landcover.series.near.open_help", number=number),
            )  # fmt: skip


def _open(number: int) -> None:
    st.session_state["parcel"] = number


def _class(t: Words, state: State, row: int) -> str:
    return state.class_name(t, int(state.labels[row]))


def _name(t: Words, state: State, row: int, *, lends: bool = False) -> str:
    named = "lender" if lends else "named"
    return t(f"landcover.series.near.{named}", number=row + 1, name=_class(t, state, row))


def _exports(
    t: Words, state: State, other: Neighbours, same: Neighbours | None, found: Exchange | None
) -> None:
    def nearest() -> pd.DataFrame:
        rows = [
            (side, int(row) + 1, state.classes[int(state.labels[row])], float(distance))
            for side, each in (("other", other), ("same", same))
            if each is not None
            for row, distance in zip(each.index, each.distance, strict=True)
        ]
        return pd.DataFrame(rows, columns=["side", "parcel", "class", "standard_deviations"])

    name = f"near_{state.source}_{state.row + 1}"
    charts = [export.Chart("near_curves", name, "A"), export.Chart("near_months", f"{name}_months", "B")]
    if found is not None:
        charts.append(export.Chart("near_bars", f"{name}_bars", "C"))
    export.bar([export.table(name, nearest), *charts], t, key="near")
