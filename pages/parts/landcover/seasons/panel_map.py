"""The map of a place through the year: the image on the left of a bar, the classes on its right; click for the why."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from eogen.raster import Overlay
from pages.kit import progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.landcover import draw
from pages.parts.landcover.seasons import (
    map_compute,
    map_draw,
    map_exports,
    map_pixel,
    map_places,
    map_views,
)  # fmt: skip
from pages.parts.landcover.seasons.map_compute import Answer, Reader
from pages.parts.landcover.seasons.map_places import Place, Scene
from pages.parts.landcover.seasons.state import State


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.map.lead"))
    place, size, seed, name = _controls(t, state)
    scene = progress.run(
        t("landcover.series.map.opening"), partial(map_places.opened, place, size, seed), t,
        key="map_open_" + "_".join(map_places.key(place, size, seed)),
    )  # fmt: skip
    if scene is None:
        return
    by, answer = _answered(t, scene, name)
    time, look, side, errors = _looks(t, scene, answer)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        at = _map(t, scene, by, answer, time, look, side, errors)
        provenance.caption(scene.provenance(t), t)
    with right:
        _legend(t, scene, by, answer, side)
        if by is not None and answer is not None:
            map_views.quality(t, scene, by, answer)
        else:
            map_views.no_model(t, scene)
    map_pixel.show(t, scene, by, answer, at)
    map_exports.bar(t, scene, by, answer, at)


def _controls(t: Words, state: State) -> tuple[Place, int, int, str]:
    """Draw which place and which model; return the place, size and seed of a territory, and the model's name."""
    places = {place.name: place for place in map_places.offered()}
    columns = st.columns([1.4, 1.4, 0.8, 0.8], vertical_alignment="bottom")
    place = places[
        choose(
            columns[0].selectbox, t("landcover.series.map.place"), list(places), name="place", default="territory",
            format_func=lambda p: places[p].title(t),
        )
    ]  # fmt: skip
    name, size, seed = "", map_places.SIZES[0], map_places.default_seed()
    if place.yearly:
        offered = map_compute.readers(place)
        own = f"{state.source}-{state.method}"
        simulated = place.kind == "territory"
        first = offered[0] if simulated or own not in offered or state.source != "france" else own
        name = choose(
            columns[1].selectbox, t("landcover.series.map.model"), offered, name="map_model", default=first,
            key=f"map_model_{'territory' if simulated else 'real'}", format_func=partial(map_views.model_name, t),
        )  # fmt: skip
    if place.kind == "territory":
        sizes = [str(s) for s in map_places.SIZES]
        size = int(
            choose(
                columns[2].selectbox, t("landcover.series.map.size"), sizes, name="size", default=sizes[0],
                format_func=lambda s: t("landcover.series.map.pixels", n=int(s)),
            )
        )  # fmt: skip
        seed = number(
            columns[3].number_input, t("landcover.series.map.seed"), 0, 9999, name="seed", default=seed,
            help=t("landcover.series.map.seed_help"),
        )  # fmt: skip
    return place, size, seed, name


def _answered(t: Words, scene: Scene, name: str) -> tuple[Reader | None, Answer | None]:
    """Return the model and its map; None where the place has no year, or it was stopped."""
    if scene.year is None or not name:
        return None, None
    label = map_views.model_name(t, name)
    by = progress.run(
        t("landcover.series.map.learning", model=label), lambda _: map_compute.reader(name), t,
        key=f"map_reader_{name}",
    )  # fmt: skip
    if by is None:
        return None, None
    answer = progress.run(
        t("landcover.series.map.segmenting", model=label), partial(map_compute.segmented, scene, by), t,
        key="map_segment_" + "_".join((*scene.key, *by.key)),
    )  # fmt: skip
    return by, answer


def _looks(t: Words, scene: Scene, answer: Answer | None) -> tuple[int, str, str, bool]:
    """Draw which date, how it looks, what is beside it; return the date's number, both, and whether errors show."""
    times = map_places.dates(scene)
    columns = st.columns([1.6, 1, 1.2, 1], vertical_alignment="bottom")
    time = 0
    if len(times) > 1:
        options = [str(k) for k in range(len(times))]
        time = int(
            choose(
                columns[0].select_slider, t("landcover.series.map.date"), options, name="date",
                default=options[len(options) // 2], key=f"map_date_{scene.place.name}",
                format_func=lambda k: map_views.date(t, scene, times[int(k)]),
            )
        )  # fmt: skip
    look = "true"
    if "ndvi" not in scene.shown:
        look = choose(
            partial(columns[1].segmented_control, required=True), t("landcover.series.map.look"), map_draw.LOOKS,
            name="look", default="true", format_func=lambda name: t(f"landcover.series.map.looks.{name}"),
        )  # fmt: skip
    sides = _sides(scene, answer)
    side = choose(
        columns[2].selectbox, t("landcover.series.map.beside"), sides, name="beside", default=sides[0],
        key=f"map_side_{'_'.join(sides)}", format_func=lambda s: t(f"landcover.series.map.sides.{s}"),
    )  # fmt: skip
    errors = False
    if answer is not None and ("truth" in sides or "cropland" in sides):
        errors = columns[3].toggle(
            t(f"landcover.series.map.{'errors' if 'truth' in sides else 'differences'}"),
            key="map_errors",
            value=True,
        )
    return time, look, side, errors


def _sides(scene: Scene, answer: Answer | None) -> list[str]:
    """Return what can be shown on the right of the bar."""
    sides = [] if answer is None else ["classes", "confidence"]
    if "label" in scene.shown:
        sides.append(
            "truth" if scene.place.kind == "territory" else "mask" if scene.year is None else "other"
        )
    if "cropland" in scene.shown:
        sides.append("cropland")
    return sides or ["look"]


def _side(scene: Scene, by: Reader | None, answer: Answer | None, side: str, time: int, look: str) -> Overlay:
    if answer is not None and side == "classes":
        return map_draw.classes(scene, (*by.key, "answer"), answer.found["label"].values, answer.classes)
    if answer is not None and side == "confidence":
        return map_draw.confidence(scene, by.key, answer.found["confidence"].values)
    if side == "cropland":
        values = np.where(scene.shown["cropland"].values, 0, 1)
        return map_draw.classes(scene, (side,), values, ("cropland", "other"))
    if side == "look":
        return map_draw.image(scene, time, next(each for each in map_draw.LOOKS if each != look))
    return map_draw.classes(scene, (side,), scene.shown["label"].values, scene.shown.attrs["classes"])


def _wrong(scene: Scene, by: Reader | None, answer: Answer | None) -> np.ndarray | None:
    """Return where the map is not the truth, or not WorldCereal's cropland (y, x); None where that cannot be said."""
    if by is None or answer is None:
        return None
    said = answer.found["label"].values
    if (truth := map_compute.true_label(scene, by)) is not None:
        return (said != truth) & (said >= 0) & (truth >= 0)
    if "cropland" in scene.shown:
        ours = map_compute.farmed(by.classes)[said] == 0
        return (ours != scene.shown["cropland"].values) & (said >= 0)
    return None


def _map(
    t: Words, scene: Scene, by: Reader | None, answer: Answer | None, time: int, look: str, side: str, errors: bool
) -> tuple[int, int]:  # fmt: skip
    """Draw the two sides under one bar; return the pixel that is chosen."""
    at = map_pixel.chosen(scene)
    wrong = _wrong(scene, by, answer) if errors else None
    lines: dict[str, Any] | None = None
    if wrong is not None and wrong.any():
        lines = map_draw.outline((*scene.key, *by.key), wrong, scene.grid)
    when = map_views.date(t, scene, map_places.dates(scene)[time])
    left = t("landcover.series.map.greenness_of" if "ndvi" in scene.shown else f"landcover.series.map.{look}_of",
             date=when)  # fmt: skip
    right = t(f"landcover.series.map.sides.{side}")
    if side == "look":
        other = next(each for each in map_draw.LOOKS if each != look)
        right = t(f"landcover.series.map.looks.{other}")
    told = swipe(
        map_draw.image(scene, time, look),
        _side(scene, by, answer, side, time, look),
        key="seasons_map",
        labels=draw.map_labels(
            t, map=t("landcover.series.map.alt", left=left, right=right), before=left, after=right,
            bar=t("landcover.series.map.bar"),
        ),
        height=None, rectangle=draw.square(scene.grid, *at, 1), outline=lines,
    )  # fmt: skip
    found = draw.pixel(scene.grid, told.clicked)
    if found is not None and found != at:
        map_pixel.put(scene, found)
        st.rerun()  # the square on the map is drawn before the click is known
    return at


def _legend(t: Words, scene: Scene, by: Reader | None, answer: Answer | None, side: str) -> None:
    """Draw what the colours mean."""
    if side == "confidence":
        map_draw.confidence_legend(t)
    elif side == "classes" and answer is not None:
        map_draw.legend(t, answer.classes, answer.found["label"].values)
    elif side == "cropland":
        map_draw.legend(t, ("cropland", "other"), np.where(scene.shown["cropland"].values, 0, 1))
    elif side in ("truth", "other", "mask"):
        map_draw.legend(t, scene.shown.attrs["classes"], scene.shown["label"].values)
    if "ndvi" in scene.shown:
        map_draw.greenness_legend(t)
