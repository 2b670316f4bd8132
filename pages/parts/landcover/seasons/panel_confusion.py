"""Which classes a model mistakes for which: a matrix whose cells open the parcels; another model on the same ones."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.landcover import scores as of_images
from eogen.landcover.series import scores
from eogen.landcover.series.unseen import Answers
from pages.kit import card, export, figures, provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.landcover.seasons import asked, compute, parcel_rows
from pages.parts.landcover.seasons import confusion_views as views
from pages.parts.landcover.seasons.state import State

#: Bins of the calibration error: some hundred parcels do not fill more.
BINS = 8
ANY = "any"


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.confusion.lead"))
    said = asked.said(t, state, state.method)
    if said is None:
        return
    counts = scores.confusion(said.held)
    true, answered = _chosen(t, state, said, counts)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        figures.show(
            views.matrix(t, state, counts, (true, answered)), key=_chart(state), on_select="rerun",
            selection_mode="points", alt=t("landcover.series.confusion.alt"),
        )  # fmt: skip
        st.caption(t("landcover.series.confusion.touch"))
        provenance.caption(state.provenance, t)
    with right:
        _scores(t, state, said)
        _reliability(t, said)
    _cell(t, state, said, true, answered)
    one, two = st.columns(2, gap="large")
    with one:
        st.markdown(f"**{t('landcover.series.confusion.per_class')}**")
        card.bars(
            views.bars(t, state, scores.per_class(said.held)), t, room="landcover",
            label=t("landcover.series.confusion.per_class"),
        )  # fmt: skip
        st.caption(t("landcover.series.confusion.per_class_note"))
    with two:
        listed = _compared(t, state, said)
    if listed is not None:
        parcel_rows.show(t, state, listed, key="beside")
    stem = f"{state.source}-{state.method}".replace("_", "-")
    export.bar(
        [
            export.table(f"{stem}-answers", partial(_table, state, said)),
            export.table(f"{stem}-confusion", counts.reset_index),
        ],
        t, key="seasons_confusion",
    )  # fmt: skip


def _chart(state: State) -> str:
    return f"confusion_{state.source}_{state.method}"


def _chosen(t: Words, state: State, said: Answers, counts: pd.DataFrame) -> tuple[int | None, int | None]:
    """Draw the choice of a cell, which a touched cell sets; return true and answered class, None for any."""
    keys = [f"confusion_{side}_{state.source}" for side in ("true", "said")]
    chart = st.session_state.get(_chart(state))
    points = chart["selection"]["points"] if chart else []
    touched = next((p["customdata"] for p in points if "customdata" in p), None)
    if touched is not None:
        touched = int(touched[0] if isinstance(touched, list) else touched)
        if st.session_state.get("confusion_touched") != (_chart(state), touched):
            st.session_state["confusion_touched"] = (_chart(state), touched)
            for key, number in zip(keys, divmod(touched, len(counts)), strict=True):
                st.session_state[key] = str(number)
    off = counts.to_numpy() * (1 - np.eye(len(counts), dtype=int))
    worst = np.unravel_index(off.argmax(), off.shape) if off.any() else (None, None)
    options = [ANY, *(str(k) for k in range(len(counts)))]
    found = []
    for column, side, key, number in zip(st.columns(2), ("true", "said"), keys, worst, strict=True):
        value = choose(
            column.selectbox, t(f"landcover.series.confusion.{side}"), options, name=side, key=key,
            default=ANY if number is None else str(number),
            format_func=lambda c: t("landcover.series.confusion.any") if c == ANY else state.class_name(t, int(c)),
        )  # fmt: skip
        found.append(None if value == ANY else int(value))
    return found[0], found[1]


@st.cache_data(show_spinner=False, max_entries=asked.KEPT)
def _measured(source: str, method: str, content: bytes, _said: Answers) -> tuple[scores.Score, scores.Score]:
    return scores.accuracy(_said.held), scores.macro_f1(_said.held)


def _scores(t: Words, state: State, said: Answers) -> None:
    """Draw how often the model is right, and on how many parcels that was measured."""
    found = _measured(state.source, state.method, asked.content(state), said)
    for name, one in zip(("accuracy", "macro_f1"), found, strict=True):
        share = np.bincount(said.held.label).max() / len(said.held.label)
        card.gauge(
            t(f"metrics.{name}"), one.value, t, text=t.percent(one.value, 1), room="landcover",
            interval=(one.low, one.high), ends=(t.percent(0), t.percent(1)),
            verdict=t("landcover.series.confusion.interval", low=one.low, high=one.high),
            references={t("landcover.series.confusion.always"): float(share)} if name == "accuracy" else None,
        )  # fmt: skip
    learnt = int(said.learnt.sum())
    groups = len(np.unique(said.held.group))
    st.caption(
        t("landcover.series.confusion.n", n=len(said.held.label), groups=groups)
        + " "
        + t("landcover.series.confusion.unseen" if learnt else "landcover.series.confusion.new")
    )


def _cell(t: Words, state: State, said: Answers, true: int | None, answered: int | None) -> None:
    """Draw the parcels of a cell, the surest answers first."""
    held = said.held
    mine = np.ones(len(held.label), bool)
    if true is not None:
        mine &= held.label == true
    if answered is not None:
        mine &= held.predicted[0] == answered
    here = np.flatnonzero(mine)
    order = here[np.argsort(-said.certainty[here], kind="stable")]
    name = lambda k: t("landcover.series.confusion.any") if k is None else state.class_name(t, k)
    title = t("landcover.series.confusion.cell", true=name(true), said=name(answered), n=len(here))
    st.markdown(f"**{title}**")
    parcel_rows.show(t, state, [parcel_rows.of(said, k) for k in order], key="cell")


def _reliability(t: Words, said: Answers) -> None:
    """Draw how often the model is right when it says how sure it is."""
    held = said.held
    error = of_images.calibration_error(held.probability[0], held.label, bins=BINS)
    st.markdown(f"**{t('landcover.series.confusion.reliability')}**")
    figures.show(
        views.reliability(t, of_images.reliability(held.probability[0], held.label, bins=BINS)),
        key="confusion_reliability", alt=t("landcover.series.confusion.reliability_alt"),
    )  # fmt: skip
    confidence, right = float(said.certainty.mean()), float((held.predicted[0] == held.label).mean())
    lean = "even" if abs(confidence - right) < 0.02 else "proud" if confidence > right else "shy"
    st.caption(t(f"landcover.series.confusion.{lean}", ece=error, sure=confidence, right=right))


def _compared(t: Words, state: State, said: Answers) -> list[parcel_rows.Row] | None:
    """Draw how many parcels only this or only another model gets right; return those that are chosen to be listed."""
    others = [m for m in compute.offered(state.source) if m != state.method]
    st.markdown(f"**{t('landcover.series.confusion.compare')}**")
    if not others:
        st.caption(t("landcover.series.confusion.alone"))
        return None
    name = lambda m: t(f"landcover.series.models.{m}.name")
    other = choose(
        st.selectbox, t("landcover.series.confusion.other"), others, name="beside", default=others[-1],
        key=f"beside_{state.source}_{state.method}", format_func=name,
    )  # fmt: skip
    beside = asked.said(t, state, other)
    if beside is None:
        return None
    held = said.held
    mine, theirs = held.predicted[0] == held.label, beside.held.predicted[0] == held.label
    gain = scores.difference(held, beside.held)
    clear = "unclear" if gain.low <= 0 <= gain.high else "better" if gain.value > 0 else "worse"
    st.markdown(
        t(f"landcover.series.confusion.{clear}", one=name(state.method), other=name(other),
          gain=100 * gain.value, low=100 * gain.low, high=100 * gain.high)
    )  # fmt: skip
    kinds = {"both": mine & theirs, "one": mine & ~theirs, "other": ~mine & theirs, "none": ~mine & ~theirs}
    said_of = {
        k: t(f"landcover.series.confusion.kinds.{k}", one=name(state.method), other=name(other))
        for k in kinds
    }
    n = len(mine)
    card.bars(
        [card.Bar(said_of[k], v.mean(), text=t("landcover.series.confusion.of", n=int(v.sum()), whole=n),
                  main=k in ("one", "other")) for k, v in kinds.items()],
        t, label=t("landcover.series.confusion.compare"), room="landcover",
    )  # fmt: skip
    kind = choose(
        st.selectbox, t("landcover.series.confusion.open"), list(kinds),
        name="who_is_right", default="one", format_func=said_of.__getitem__,
    )  # fmt: skip
    return [parcel_rows.of(said, k, (name(other), beside)) for k in np.flatnonzero(kinds[kind])]


def _table(state: State, said: Answers) -> pd.DataFrame:
    held = said.held
    frame = pd.DataFrame(
        {
            "parcel": held.row + 1,
            "true": np.array(held.classes)[held.label],
            "answered": np.array(held.classes)[held.predicted[0]],
            "certainty": said.certainty,
            "group": held.group,
            "learnt_by_other_folds": said.learnt,
        }
    )
    return frame.join(pd.DataFrame(held.probability[0], columns=[f"p_{c}" for c in held.classes]))
