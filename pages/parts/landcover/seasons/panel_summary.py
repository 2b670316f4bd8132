"""What the model looks at in each class as a whole: the mean of an explanation over its parcels, month by month."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.landcover.series.leading import leading
from eogen.landcover.series.methods import EXPLANATIONS
from pages.kit import export, figures, provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.landcover.seasons import asked, compute
from pages.parts.landcover.seasons import summary_views as views
from pages.parts.landcover.seasons.state import State

#: Small pictures side by side.
ACROSS = 3
OF = ("all", "right")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.summary.lead"))
    columns = st.columns(2)
    known = compute.explanations(state.method)
    name = choose(
        columns[0].selectbox, t("landcover.series.summary.by"), known, name="summary_by",
        default="month_shapley" if "month_shapley" in known else known[0],
        format_func=lambda n: t(f"landcover.series.explanations.{n}.name"),
    )  # fmt: skip
    of = choose(
        partial(columns[1].segmented_control, required=True), t("landcover.series.summary.of"), OF,
        name="summary_of", default=OF[0], format_func=lambda o: t(f"landcover.series.summary.parcels.{o}"),
    )  # fmt: skip
    st.caption(t(f"landcover.series.explanations.{name}.sentence"))
    found = asked.importance(t, state, name)
    if found is None:
        return
    key = (state.source, state.method, asked.content(state), name, of)
    made, season = asked.summed(*key, state, found)
    here = [k for k in range(len(state.classes)) if int(made["n"][k])]
    if not here:
        st.info(t("landcover.series.summary.none"), icon=":material/info:")
        return
    true = asked.true_cells(state)
    hits = asked.on_truth(*key, state, found) if true is not None else {}
    drawn = views.Drawn(t, state, name, made, season, None if true is None else true.any(2))
    for start in range(0, len(here), ACROSS):
        for column, k in zip(st.columns(ACROSS), here[start : start + ACROSS], strict=False):
            with column:
                _one(drawn, k, hits)
    st.caption(_note(t, state, name, made, here, found[0], true is not None))
    provenance.caption(state.provenance, t)
    _pair(drawn, here)
    stem = f"{state.source}-{state.method}-{name}".replace("_", "-")
    export.bar(
        [
            export.table(f"{stem}-classes", partial(_table, made)),
            *(export.Chart(f"summary_pair_{side}", f"{stem}-{side}", side.upper()) for side in "ab"),
        ],
        t, key="seasons_summary",
    )  # fmt: skip


def _one(drawn: views.Drawn, k: int, hits: dict[int, tuple[object, int]]) -> None:
    """Draw one class small, with its sentence."""
    t, state = drawn.t, drawn.state
    name = state.class_name(t, k)
    st.markdown(f"**{name}** · {t('landcover.series.summary.n', n=int(drawn.made['n'][k]))}")
    figures.show(
        views.small(drawn, k), key=f"summary_{k}",
        alt=t("landcover.series.summary.alt", name=name, sentence=sentence(t, state, drawn.name, drawn.made, k)),
    )  # fmt: skip
    text = sentence(t, state, drawn.name, drawn.made, k)
    if k in hits:
        one, count = hits[k]
        text += " " + t(
            "landcover.series.summary.on_truth", share=_share(one.mass.value), chance=one.chance,
            n=count,
        )  # fmt: skip
    st.caption(text)


def _share(value: float) -> float:
    return 0.0 if np.isnan(value) else float(value)


def sentence(t: Words, state: State, name: str, made: xr.Dataset, k: int) -> str:
    """Return in words what told a class: ``Pour reconnaître du colza : avril et mai, surtout le visible.``"""
    what = state.class_name(t, k, "a")
    if EXPLANATIONS[name].needs == "nothing":
        return t("landcover.series.summary.control")
    found = leading(made, k)
    if not found.months:
        few = int(made["n"][k]) < 2 or not np.isfinite(made["month_low"][k]).any()
        return t("landcover.series.summary.few" if few else "landcover.series.summary.nothing", a=what)
    names = [
        t(f"landcover.series.month_names.{int(state.months[m].astype(int)) % 12 + 1}") for m in found.months
    ]
    months = t.list(names)
    if not found.groups:
        return t("landcover.series.summary.months", a=what, months=months, share=found.share)
    groups = t.list([t(f"landcover.series.summary.groups.{g}") for g in found.groups])
    return t("landcover.series.summary.bands", a=what, months=months, groups=groups, share=found.share)


def _note(
    t: Words, state: State, name: str, made: xr.Dataset, here: list[int], rows: np.ndarray, true: bool
) -> str:
    """Return how the pictures are to be read."""
    parts = [
        t("landcover.series.summary.note", n=int(made["n"][here].sum()), whole=state.held.sizes["parcel"])
    ]
    if name in views.POINTS:
        parts.append(t("landcover.series.summary.points_note"))
    if true:
        parts.append(t("landcover.series.summary.truth_note"))
    _, learnt = compute.knows(state.source, state.method).unseen_by(
        state.held["reflectance"].values[int(rows[0])]
    )
    parts.append(t("landcover.series.confusion.unseen" if learnt else "landcover.series.confusion.new"))
    return " ".join(parts)


def _pair(drawn: views.Drawn, here: list[int]) -> None:
    """Draw two classes side by side, as large as there is room, with their bands where they are told apart."""
    t, state = drawn.t, drawn.state
    st.markdown(f"**{t('landcover.series.summary.pair')}**")
    options = [str(k) for k in here]
    rival = next((k for k in here if k != state.target), here[0])
    first = str(state.target if state.target in here else here[0])
    for side, column, default in zip("ab", st.columns(2), (first, str(rival)), strict=True):
        with column:
            k = int(
                choose(
                    st.selectbox, t(f"landcover.series.summary.side_{side}"), options, name=f"class_{side}",
                    default=default, key=f"class_{side}_{state.source}",
                    format_func=lambda c: state.class_name(t, int(c)),
                )
            )  # fmt: skip
            name = state.class_name(t, k)
            figures.show(
                views.large(drawn, k), key=f"summary_pair_{side}", expert=True,
                alt=t("landcover.series.summary.alt", name=name,
                      sentence=sentence(t, state, drawn.name, drawn.made, k)),
            )  # fmt: skip
            if "mean" in drawn.made:
                figures.show(
                    views.cells(drawn, k), key=f"summary_cells_{side}", expert=True,
                    alt=t("landcover.series.summary.cells_alt", name=name),
                )  # fmt: skip


def _table(made: xr.Dataset) -> pd.DataFrame:
    frame = made[["month_mean", "month_low", "month_high"]].to_dataframe().reset_index()
    frame["n"] = frame["class"].map(dict(zip(made["class"].values, made["n"].values, strict=True)))
    if "mean" in made:
        bands = made[["mean", "low", "high"]].to_dataframe().reset_index()
        frame = bands.merge(frame, on=["class", "month"])
    return frame.assign(month=frame["month"] + 1)
