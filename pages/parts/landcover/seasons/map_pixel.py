"""One pixel of the map: its season, what the model says of it, and which months and places told it."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import streamlit as st

from pages.kit import figures, progress
from pages.kit.address import choose
from pages.kit.card import Bar, bars
from pages.kit.words import Words
from pages.parts.landcover.seasons import colours, map_compute, map_draw, map_places, map_where
from pages.parts.landcover.seasons.map_compute import Answer, Reader
from pages.parts.landcover.seasons.map_places import Scene

#: Classes named beside a pixel, and drawn as curves.
NAMED, CURVES = 5, 8
#: The pixel's own curve, the place's, and the edge of those of classes.
OWN, PLACE, EDGE = "#0072B2", "#8199A5", "rgba(110,110,110,.8)"
#: A class with fewer pixels has no curve.
FEWEST = 20


def chosen(scene: Scene) -> tuple[int, int]:
    """Return the (row, column) in ``?pixel=row_column`` (from 1); the middle where there is none on this place."""
    rows, columns = scene.shape
    if asked := re.fullmatch(r"(\d{1,5})_(\d{1,5})", st.query_params.get("pixel", "")):
        row, column = int(asked[1]) - 1, int(asked[2]) - 1
        if 0 <= row < rows and 0 <= column < columns:
            return row, column
    return rows // 2, columns // 2


def put(scene: Scene, at: tuple[int, int]) -> None:
    """Write a pixel into the address."""
    st.query_params["pixel"] = f"{at[0] + 1}_{at[1] + 1}"


def show(t: Words, scene: Scene, by: Reader | None, answer: Answer | None, at: tuple[int, int]) -> None:
    """Draw what is known of a pixel."""
    st.header(t("landcover.series.map.pixel", row=at[0] + 1, column=at[1] + 1), anchor=False)
    if scene.shown.sizes["time"] == 1:
        _single(t, scene, at)
        return
    if by is None or answer is None:
        _season(t, scene, at)
        return
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _season(t, scene, at)
    with right:
        target = _probabilities(t, scene, by, at)
    if target is None:
        return
    found = progress.run(
        t("landcover.series.map.explaining"), partial(map_compute.why, scene, by, at, target), t,
        key="map_why_" + "_".join((*scene.key, *by.key, str(at), str(target))),
    )  # fmt: skip
    if found is not None:
        map_where.show(t, scene, by, at, target, found)


def true_class(t: Words, scene: Scene, at: tuple[int, int]) -> str:
    """Return what the mask or the truth says of a pixel; empty where there is none."""
    if "label" not in scene.shown:
        return ""
    number = int(scene.shown["label"].values[at])
    if number < 0:
        return t("landcover.series.map.no_class")
    return t(f"landcover.series.classes.{scene.shown.attrs['classes'][number]}.name")


def _said(t: Words, scene: Scene, at: tuple[int, int]) -> str:
    name = true_class(t, scene, at)
    if not name:
        return ""
    kind = "truth" if scene.place.kind == "territory" else "other" if scene.year is not None else "mask"
    return t(f"landcover.series.map.is.{kind}", name=name)


def _single(t: Words, scene: Scene, at: tuple[int, int]) -> None:
    """Write what a place of one date says of a pixel."""
    st.markdown(_said(t, scene, at) + " " + t("landcover.series.map.one_date"))


def _season(t: Words, scene: Scene, at: tuple[int, int]) -> None:
    """Draw the pixel's greenness through the dates, with the place's or, where classes are known, each class's."""
    days = map_places.dates(scene)
    held = map_compute.greenness(scene)
    yearly = scene.year is not None
    # Months of a year stand side by side; dates of several years stand where they are, on an axis of time.
    x = list(range(len(days))) if yearly else [str(d) for d in days]
    axis = figures.axis(t("landcover.series.map.month" if yearly else "landcover.series.map.day"), "")
    if yearly:
        names = [t(f"landcover.series.months.{int(str(day)[5:7])}") for day in days]
        axis |= {"tickmode": "array", "tickvals": x, "ticktext": names, "range": [-0.5, len(x) - 0.5]}
    else:
        axis |= {"type": "date", "tickformat": "%m/%Y", "nticks": 6}
    fig = figures.figure(
        t, x=axis, y=figures.axis(t("landcover.series.map.ndvi"), "", range=[-0.22, 1.02]), height=300, legend=True,
    )  # fmt: skip
    if scene.place.kind == "eopatch" and "label" in scene.shown:
        _curves(t, scene, fig, x, held)
    else:
        with np.errstate(invalid="ignore"):
            seen = np.isfinite(held)
            mean = np.where(seen, held, 0).sum((1, 2)) / np.maximum(seen.sum((1, 2)), 1)
        mean = np.where(seen.any((1, 2)), mean, np.nan)
        fig.add_scatter(x=x, y=mean, name=t("landcover.series.map.whole"), mode="lines", connectgaps=yearly,
                        line={"color": PLACE, "dash": "dash", "width": 2})  # fmt: skip
    own = held[:, at[0], at[1]]
    good = np.isfinite(own)
    # Between dates of an orbit the line is drawn through; a month nobody saw stays a gap.
    shown = (x, own) if yearly else ([each for each, ok in zip(x, good, strict=True) if ok], own[good])
    fig.add_scatter(x=shown[0], y=shown[1], name=t("landcover.series.map.this"), mode="lines+markers",
                    line={"color": OWN, "width": 3}, marker={"size": 7})  # fmt: skip
    figures.show(
        fig, key="seasons_map_curve", expert=True,
        alt=t("landcover.series.map.curve_alt", row=at[0] + 1, column=at[1] + 1, seen=int(good.sum()), n=len(own)),
    )  # fmt: skip
    st.caption(
        " ".join(
            each
            for each in (
                _said(t, scene, at),
                t("landcover.series.map.seen", seen=int(good.sum()), n=len(own)),
            )
            if each
        )
    )


def _curves(t: Words, scene: Scene, fig: object, x: list, held: np.ndarray) -> None:
    """Draw the median greenness of each class of the mask."""
    label, classes = scene.shown["label"].values, scene.shown.attrs["classes"]
    sizes = np.bincount(label[label >= 0], minlength=len(classes))
    for number in np.argsort(-sizes)[:CURVES]:
        if sizes[number] < FEWEST:
            break
        values = held[:, label == number]
        some = np.isfinite(values).mean(1) > 0.2
        median = np.full(len(values), np.nan)
        median[some] = np.nanmedian(values[some], axis=1)
        good = np.isfinite(median)
        when = [each for each, ok in zip(x, good, strict=True) if ok]
        # Colours of maps may be pale: a grey edge holds their line on paper and on ink.
        fig.add_scatter(x=when, y=median[good], mode="lines", line={"color": EDGE, "width": 4.5}, showlegend=False,
                        hoverinfo="skip")  # fmt: skip
        fig.add_scatter(
            x=when, y=median[good], mode="lines", name=t(f"landcover.series.classes.{classes[number]}.name"),
            line={"color": colours.colours(classes)[number], "width": 2.5},
        )  # fmt: skip


def _probabilities(t: Words, scene: Scene, by: Reader, at: tuple[int, int]) -> int | None:
    """Draw what the model says of a pixel; return the class that is explained."""
    if not scene.year["clear"].values[:, at[0], at[1]].any():
        st.caption(t("landcover.series.map.never"))
        return None
    said = map_compute.probability(scene, by, at)
    order = [int(k) for k in np.argsort(-said)]
    names = map_draw.class_names(t, by.classes)
    bars(
        [Bar(names[k], float(said[k]), main=n == 0) for n, k in enumerate(order[:NAMED])], t,
        label=t("landcover.series.map.probabilities"), room="landcover",
    )  # fmt: skip
    target = choose(
        st.selectbox, t("landcover.series.controls.target"), [str(k) for k in order], name="map_target",
        default=str(order[0]), key=f"map_target_{by.name}_{at[0]}_{at[1]}_{scene.place.name}",
        format_func=lambda k: names[int(k)],
    )  # fmt: skip
    return int(target)
