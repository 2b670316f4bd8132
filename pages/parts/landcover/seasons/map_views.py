"""What is said beside the map: how right it is and by what measure, how it agrees with another, how long it took."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.landcover.series.kept import TRAIN_SEEDS
from eogen.landcover.series.map_scores import MapScores
from pages.kit import provenance
from pages.kit.card import Bar, bars, metric_html
from pages.kit.words import Words
from pages.parts.landcover.seasons import map_compute, map_draw
from pages.parts.landcover.seasons.map_compute import UNET, Answer, Reader
from pages.parts.landcover.seasons.map_places import Scene

_GRID = (
    "display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.8rem;margin:.4rem 0 .6rem"
)


def model_name(t: Words, name: str) -> str:
    """Return how a model of the map is called: its method, and what it was learnt from."""
    source, method = name.split("-", 1)
    title = t("landcover.series.map.unet") if method == UNET else t(f"landcover.series.models.{method}.name")
    return f"{title} · {t(f'landcover.series.map.learnt.{source}')}"


def date(t: Words, scene: Scene, day: np.datetime64) -> str:
    """Return how a date is called: a month of a year, or the day of an image; nothing where it is not known."""
    if scene.place.kind == "territory":
        return t(f"landcover.series.month_names.{int(str(day)[5:7])}")
    if scene.images.attrs.get("dataset") == "terramesh_lulc" and not scene.images.attrs.get("dated"):
        return t("landcover.series.map.no_date")
    return t.date(str(day)[:7] if scene.year is not None else str(day))


def quality(t: Words, scene: Scene, by: Reader, answer: Answer) -> None:
    """Draw the scores of a map."""
    rows, columns = scene.shape
    cells = [
        metric_html(
            t("landcover.series.map.took"), t.duration(answer.seconds),
            t("landcover.series.map.took_note", rows=rows, columns=columns),
        )
    ]  # fmt: skip
    truth = map_compute.against_truth(scene, by, answer)
    farmed = None if truth is not None else map_compute.against_cropland(scene, by, answer)
    if truth is not None:
        cells = [*_figures(t, truth), *cells]
    elif farmed is not None:
        note = t("landcover.series.map.agreement_note", n=farmed.n)
        cells = [
            metric_html(t("landcover.series.map.agreement"), t.percent(farmed.accuracy, 1), note),
            *cells,
        ]
    st.html(f'<div style="{_GRID}">{"".join(cells)}</div>')
    _notes(t, scene, by, truth, farmed)
    if truth is not None:
        _classes(t, by, truth)
    else:
        _shares(t, answer)
    if by.card is not None:
        provenance.model_card(by.card, t, key="seasons_map", label=model_name(t, by.name))


def _figures(t: Words, found: MapScores) -> list[str]:
    def between(low: float, high: float) -> str:
        return t("landcover.series.map.interval", low=t.percent(low, 1), high=t.percent(high, 1))

    return [
        metric_html(t("landcover.series.map.accuracy"), t.percent(found.accuracy, 1),
                    between(found.accuracy_low, found.accuracy_high)),
        metric_html(t("landcover.series.map.mean_iou"), t.percent(found.mean_iou, 1),
                    between(found.mean_iou_low, found.mean_iou_high)),
    ]  # fmt: skip


def _notes(t: Words, scene: Scene, by: Reader, truth: MapScores | None, farmed: MapScores | None) -> None:
    """Say what the figures are worth."""
    notes = []
    simulated = scene.place.kind == "territory"
    if simulated and truth is None:
        notes.append(t("landcover.series.map.other_classes"))
    if simulated and by.source == "territory" and int(scene.key[2]) in TRAIN_SEEDS:
        notes.append(t("landcover.series.map.learnt_here"))
    if not simulated and by.source == "territory":
        notes.append(t("landcover.series.map.only_simulated"))
    if not simulated and by.source == "france":
        notes.append(t("landcover.series.map.only_fields"))
    if farmed is not None:
        notes.append(t("landcover.series.map.not_truth"))
    for note in notes:
        st.caption(note)


def _classes(t: Words, by: Reader, found: MapScores) -> None:
    """Draw intersection over union of each class of the place, the largest first."""
    table = found.table[found.table["n"] > 0].sort_values("n", ascending=False)
    names = dict(zip(by.classes, map_draw.class_names(t, by.classes), strict=True))
    st.markdown(f"**{t('landcover.series.map.per_class')}**")
    rows = [
        Bar(names[name], float(row.iou), main=True, note=t("landcover.series.map.recall", share=float(row.recall),
            n=int(row.n)))
        for name, row in table.iterrows()
    ]  # fmt: skip
    bars(rows, t, label=t("landcover.series.map.per_class"), room="landcover")


def _shares(t: Words, answer: Answer) -> None:
    """Draw which part of the place each class has, by the model."""
    label = answer.found["label"].values
    known = label[label >= 0]
    share = np.bincount(known, minlength=len(answer.classes)) / max(len(known), 1)
    names = map_draw.class_names(t, answer.classes)
    st.markdown(f"**{t('landcover.series.map.shares')}**")
    rows = [Bar(names[k], float(share[k]), main=True) for k in np.argsort(-share) if share[k] > 0]
    bars(rows, t, label=t("landcover.series.map.shares"), room="landcover")


def no_model(t: Words, scene: Scene) -> None:
    """Say why no model maps this place, and what each class covers where a mask is there."""
    if scene.year is None:
        dates = scene.shown.sizes["time"]
        st.info(t(f"landcover.series.map.why_not.{scene.place.kind}", dates=dates), icon=":material/info:")
    if "clear" in scene.shown and scene.shown.sizes["time"] > 1:
        clear = scene.shown["clear"].values.mean((1, 2))
        st.caption(t("landcover.series.map.clear", share=float(clear.mean()), dates=len(clear)))
    if "label" in scene.shown:
        answer = Answer(scene.shown[["label"]], tuple(scene.shown.attrs["classes"]), 0.0)
        _shares(t, answer)
