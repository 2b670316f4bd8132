"""One parcel's season as curves, and under it which months and bands the answer came from, told twice."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.landcover.bands import GROUPS
from eogen.progress import Progress
from pages.kit import card, figures, progress, provenance
from pages.kit.hall import Visitor
from pages.kit.maps.legend import class_legend
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.landcover.seasons import (
    compute,
    explained,
    season_data,
    season_export,
    season_figure,
    season_map,
    shapelet_marks,
)
from pages.parts.landcover.seasons.state import State

#: Classes whose probability is shown, and curves that can be drawn at once.
TOP, MOST = 4, 4


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.season.lead"))
    columns = st.columns([1, 1, 1.3], vertical_alignment="bottom")
    chosen = explained.names(t, state, columns[:2])
    with columns[2]:
        shown = _curves(t, state)
    if not prepare(t, state):
        return
    sides = explained.sides(state, chosen)
    marks = shapelet_marks.marks(t, state)
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        figures.show(
            figures.kept(
                ("season", state.key, compute.stamp(state.series), state.row, state.target, chosen, *shown, t.lang),
                lambda: season_figure.picture(t, state, sides, shown, marks),
            ),
            key="season", alt=_alt(t, state, sides), expert=True,
        )  # fmt: skip
        provenance.caption(state.provenance, t)
        _read(t, state, sides, marks)
    with right:
        _answer(t, state)
        st.markdown(f"**{t('landcover.series.season.map.title')}**")
        season_map.show(t, state)
        st.html(class_legend(season_map.legend(t, state)))
        if (about := compute.knows(state.source, state.method).card) is not None:
            provenance.model_card(about, t, key="season")
    season_export.bar(t, state, sides, chart="season")
    to_validation(t, "seasons", landcover_parcels=state.source, landcover_season_model=state.method)


def prepare(t: Words, state: State) -> bool:
    """Make what takes seconds the first time, with a bar that can be stopped; return whether it is there."""

    def work(report: Progress) -> bool:
        for done, step in enumerate((season_data.evidence, season_data.learnt_from, season_data.answers)):
            report(done, 3, "prepare")
            step(state)
        return True

    key = f"season_{state.source}_{state.method}"
    return bool(progress.run(t("landcover.series.season.working"), work, t, key=key))


def _curves(t: Words, state: State) -> list[str]:
    """Draw the menu of curves (``?curves=nir-B04``) and return what is chosen."""
    options = season_data.curves(state.model.bands)
    if "curves" not in st.session_state:
        asked = st.query_params.get("curves")
        named = [name for name in (asked or "").split("-") if name in options]
        st.session_state["curves"] = (
            list(dict.fromkeys(named))[:MOST] if asked == "none" or named else list(season_data.SHOWN)
        )
    found = st.multiselect(
        t("landcover.series.season.curves"), options, key="curves", max_selections=MOST,
        format_func=lambda name: t(f"groups.{name}.name") if name in GROUPS else t(
            "bands.label", band=name, name=t(f"bands.{name}")
        ),
    )  # fmt: skip
    if found == list(season_data.SHOWN):
        st.query_params.pop("curves", None)
    else:
        st.query_params["curves"] = "-".join(found) or "none"
    return list(found)


def _alt(t: Words, state: State, sides: tuple[explained.Side, explained.Side]) -> str:
    """Say what the figure shows."""
    said = [_strongest(t, state, side) for side in sides]
    return t(
        "landcover.series.season.alt", target=state.class_name(t, state.target), first=said[0], second=said[1]
    )


def _strongest(t: Words, state: State, side: explained.Side) -> str:
    k = int(np.abs(side.by_month).argmax())
    month = t(f"landcover.series.month_names.{int(str(state.months[k])[5:7])}")
    return t(
        "landcover.series.season.strongest", name=explained.title(t, side.name), month=month,
        value=explained.written(t, side.name, float(side.by_month[k])),
    )  # fmt: skip


def _read(
    t: Words, state: State, sides: tuple[explained.Side, explained.Side], marks: list[shapelet_marks.Mark]
) -> None:
    """Say how to read the figure, what the explanations cost and whether they agree."""
    target = state.class_name(t, state.target)
    st.caption(t("landcover.series.season.how", target=target))
    gaps = int((~np.isfinite(state.series).any(1)).sum())
    if gaps:
        st.caption(t("landcover.series.season.gaps", count=gaps))
    if (true := season_data.truth(state)) is not None:
        st.caption(t("landcover.series.season.true" if true.any() else "landcover.series.season.no_truth"))
    if marks:
        st.caption(t("landcover.series.season.shapelets", count=len(marks)))
    st.markdown(explained.agreement(t, *sides))
    for side in dict.fromkeys(s.name for s in sides):
        seconds = next(s.seconds for s in sides if s.name == side)
        sentence = t(f"landcover.series.explanations.{side}.sentence")
        unsigned = " " + t("landcover.series.season.unsigned") if side in explained.UNSIGNED else ""
        st.markdown(f"**{explained.title(t, side)}** ({t.duration(seconds)}). {sentence}{unsigned}")


def _answer(t: Words, state: State) -> None:
    """Draw the most probable classes, the true one marked, and say who was asked."""
    probability = compute.probability(state.key, state.model, state.series)
    order = np.argsort(-probability)
    kept = list(order[:TOP])
    if state.label >= 0 and state.label not in kept:
        kept[-1] = state.label
    card.bars(
        [
            card.Bar(
                state.class_name(t, int(k)), float(probability[k]), main=int(k) == int(order[0]),
                note=t("landcover.series.season.is_true") if int(k) == state.label else "",
            )
            for k in kept
        ],
        t, label=t("landcover.series.season.probabilities"), room="landcover",
    )  # fmt: skip
    true = state.class_name(t, state.label, "a") if state.label >= 0 else ""
    code = "unknown" if state.label < 0 else "right" if int(order[0]) == state.label else "wrong"
    st.markdown(
        t(f"landcover.series.season.answer.{code}", true=true, said=state.class_name(t, int(order[0]), "a"))
    )
    who = "fold" if state.learnt else "simulated" if state.source == "territory" else "new"
    st.caption(t(f"landcover.series.season.who.{who}"))
