"""What if? A season changed by hand: the harvest moved, months hidden, a band changed, and what the model then says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from eogen.landcover.series.counterfactual import apart
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.landcover.seasons import season_figures as draw
from pages.parts.landcover.seasons import what_if_edits
from pages.parts.landcover.seasons import what_if_science as science
from pages.parts.landcover.seasons.state import State
from pages.parts.landcover.seasons.what_if_edits import Edit

#: Difference of probability up to which an edit tells what the true season would.
FAITHFUL = 0.1
#: Months by which the true harvest is moved along the slider.
TRUE_STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.what_if.lead"))
    edit = what_if_edits.chosen(t, state)
    simulated = state.source == "territory"
    if edit is None:
        if simulated:
            st.caption(t(f"landcover.series.what_if.truth.{'reaped' if _reaped(state) else 'not_reaped'}"))
        provenance.caption(state.provenance, t)
        return
    true = _truth(t, state, edit) if simulated and edit.truly is not None else None
    before, after = science.answers(state, np.stack([state.series, edit.season]))
    truth = None if true is None else science.answers(state, true[None])[0]
    _verdict(t, state, edit, before, after)
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        _curves(t, state, edit, true)
        st.caption(edit.note + " " + t("landcover.series.what_if.filled"))
    with right:
        groups = [
            draw.Bars(t("landcover.series.what_if.before"), before, draw.BEFORE),
            draw.Bars(t("landcover.series.what_if.after"), after, draw.AFTER),
        ]
        if truth is not None:
            groups.append(draw.Bars(t("landcover.series.what_if.true"), truth, draw.TRUTH, "/"))
        names = [state.class_name(t, c) for c in range(len(state.classes))]
        shown = draw.likeliest([g.probability for g in groups], state.target)
        figures.show(
            draw.paired(t, names, groups, shown), key="what_if_bars", expert=True,
            alt=t("landcover.series.what_if.alt_bars", name=names[state.target],
                  before=before[state.target], after=after[state.target]),
        )  # fmt: skip
    swept = _sweep(t, state, edit, names, true is not None)
    if simulated:
        _realism(t, state, edit, true, after, truth)
    provenance.caption(state.provenance, t)
    _exports(t, state, edit, true, swept)


def _reaped(state: State) -> bool:
    """Return whether the simulation knows a harvest of this parcel."""
    return "harvest" in state.held and bool(np.isfinite(state.held["harvest"].values[state.row]))


def _truth(t: Words, state: State, edit: Edit) -> np.ndarray | None:
    key = f"truly_{edit.name}_{'_'.join(str(v) for v in edit.truly.values())}"
    return progress.run(
        t("landcover.series.what_if.working"), lambda _: science.truly(state, **edit.truly), t, key=key
    )


def _verdict(t: Words, state: State, edit: Edit, before: np.ndarray, after: np.ndarray) -> None:
    """Say what the machine said and says, and whether it changed its mind."""
    was, now = int(before.argmax()), int(after.argmax())
    if edit.same(state):
        said = t("landcover.series.what_if.same", a=state.class_name(t, was, "a"), before=before[was])
    elif was == now:
        said = t(
            "landcover.series.what_if.stays", what=edit.said, a=state.class_name(t, was, "a"),
            before=before[was], after=after[was],
        )  # fmt: skip
    else:
        said = t(
            "landcover.series.what_if.flips", what=edit.said, a=state.class_name(t, was, "a"),
            b=state.class_name(t, now, "a"), before=before[was], after=after[now],
        )  # fmt: skip
    with st.container(key="what_if_verdict"):
        st.markdown(said)


def _curves(t: Words, state: State, edit: Edit, true: np.ndarray | None) -> None:
    offered = [draw.NDVI, *state.model.bands]
    quantity = choose(
        st.selectbox, t("landcover.series.compared.curve"), offered, name="curve", default=edit.quantity,
        key=f"curve_{edit.quantity}",
        format_func=lambda q: (
            t("landcover.series.compared.ndvi") if q == draw.NDVI else t("bands.label", band=q, name=t(f"bands.{q}"))
        ),
    )  # fmt: skip
    lines = [
        draw.Line(t("landcover.series.what_if.before"), state.series, draw.BEFORE),
        draw.Line(t("landcover.series.what_if.after"), edit.season, draw.AFTER, "dash", "diamond"),
    ]
    if true is not None:
        lines.append(draw.Line(t("landcover.series.what_if.true"), true, draw.TRUTH, "dot", "square"))
    changed = _changed(state, edit)
    names = state.month_names(t)
    figure = draw.curves(
        t, names, state.model.bands, quantity, lines, changed, t("landcover.series.what_if.changed")
    )
    alt = t("landcover.series.what_if.alt_curves", count=int(changed.sum()))
    figures.show(figure, key="what_if_curves", alt=alt, expert=True)


def _changed(state: State, edit: Edit) -> np.ndarray:
    """Return the months (month,) that were changed."""
    same = (edit.season == state.series) | (np.isnan(edit.season) & np.isnan(state.series))
    return ~same.all(1)


def _sweep(t: Words, state: State, edit: Edit, names: list[str], simulated: bool) -> np.ndarray:
    """Draw the probability of the likeliest classes along the slider; return it (step, class)."""
    st.markdown(t(f"landcover.series.what_if.sweep.{edit.name}"))
    found = science.answers(state, edit.seasons)
    shown = draw.likeliest([found], state.target, 4)
    figure = draw.along(t, names, edit.axis, edit.steps, found, shown)
    for at in edit.at:
        figure.add_vline(x=at, line={"color": draw.BEFORE, "dash": "dot", "width": 1.5})
    if edit.hidden:
        draw.shade(figure, np.isin(np.arange(len(edit.steps)), edit.hidden))
    if simulated and edit.name == "harvest":
        years = progress.run(
            t("landcover.series.what_if.working"),
            lambda report: _true_steps(state, report), t, key="truly_all_harvests",
        )  # fmt: skip
        if years is not None:
            name = t("landcover.series.what_if.true_of", name=names[state.target])
            figure.add_scatter(
                x=list(TRUE_STEPS), y=100 * science.answers(state, years)[:, state.target], name=name,
                mode="markers", marker={"symbol": "star", "size": 12, "color": draw.TRUTH},
                hovertemplate="%{y:.0f} %<extra>" + name + "</extra>",
            )  # fmt: skip
    low, high = float(found[:, state.target].min()), float(found[:, state.target].max())
    alt = t("landcover.series.what_if.alt_sweep", name=names[state.target], low=low, high=high)
    figures.show(figure, key="what_if_sweep", alt=alt, expert=True)
    return found


def _true_steps(state: State, report: progress.Progress) -> np.ndarray:
    years = []
    for k, step in enumerate(TRUE_STEPS):
        report(k, len(TRUE_STEPS))
        years.append(science.truly(state, harvest_months=step))
    return np.stack(years)


def _realism(
    t: Words, state: State, edit: Edit, true: np.ndarray | None, after: np.ndarray, truth: np.ndarray | None
) -> None:
    """Say how near the edit comes to the season that would truly have been."""
    if true is None or truth is None:
        if edit.truly is None:
            st.caption(t("landcover.series.what_if.truth.none"))
        return
    if edit.name == "harvest" and not _reaped(state):
        st.markdown(t("landcover.series.what_if.truth.not_reaped"))
    if np.array_equal(true, edit.season, equal_nan=True):
        st.markdown(t("landcover.series.what_if.truth.exact"))
        return
    edited, said = float(after[state.target]), float(truth[state.target])
    verdict = "near" if abs(edited - said) <= FAITHFUL else "far"
    name = state.class_name(t, state.target, "a")
    away, nothing = apart(edit.season, true), apart(state.series, true)
    parts = [
        t(f"landcover.series.what_if.truth.{verdict}", a=name, edit=edited, truth=said),
        t("landcover.series.what_if.truth.apart", edit=100 * away, nothing=100 * nothing),
    ]
    if away > nothing:
        parts.append(t("landcover.series.what_if.truth.worse"))
    st.markdown(" ".join(parts))


def _exports(t: Words, state: State, edit: Edit, true: np.ndarray | None, swept: np.ndarray) -> None:
    seasons = {"before": state.series, "after": edit.season} | ({} if true is None else {"true": true})

    def curves() -> pd.DataFrame:
        rows = [
            (which, str(month), band, float(value))
            for which, series in seasons.items()
            for month, row in zip(state.months, series, strict=True)
            for band, value in zip(state.model.bands, row, strict=True)
        ]
        return pd.DataFrame(rows, columns=["season", "month", "band", "reflectance"])

    def sweep() -> pd.DataFrame:
        return pd.DataFrame(swept, columns=list(state.classes)).assign(step=edit.steps)

    name = f"what_if_{edit.name}_{state.source}_{state.row + 1}"
    export.bar(
        [
            export.table(name, curves), export.table(f"{name}_sweep", sweep),
            export.Chart("what_if_curves", name, "A"), export.Chart("what_if_bars", f"{name}_bars", "B"),
            export.Chart("what_if_sweep", f"{name}_sweep", "C"),
        ],
        t, key="what_if",
    )  # fmt: skip
