"""The expert's choice of a spectrum: which source, and in it which pixel, point or canopy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.canopy.dataset import pixels as lay_out
from eogen.canopy.priors import prior
from eogen.canopy.space import GEOMETRY, INFERRED
from eogen.canopy.variables import LEGACY, Prior
from eogen.raster import Bounds
from pages.kit import progress, provenance
from pages.kit.address import choose, number
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.maps.view import clicked
from pages.kit.words import Words
from pages.parts.canopy import compute, draw, names, real, scatter, sources, upload
from pages.parts.canopy.choice import place, put
from pages.parts.canopy.sources import Scene, Spot

#: Angles on the sliders, and the canopy they start from.
ANGLES = {**{name: LEGACY[name] for name in GEOMETRY}, "relative_azimuth": Prior(0, 180, "uniform")}
ANGLES["view_zenith"] = Prior(0, 10, "uniform")
OWN = {
    "n": 1.4, "cab": 45, "car": 10, "cbrown": 0.1, "cw": 0.02, "cm": 0.005, "lai": 3, "ala": 57, "hspot": 0.2,
    "psoil": 0.5, "rsoil": 1.0, "solar_zenith": 34, "view_zenith": 6, "relative_azimuth": 118,
}  # fmt: skip
#: What lies right of the divider.
LAYERS = ("lai", "sd", "truth", "published")
#: Layer -> the variable of the scene it shows.
HELD = {"truth": "lai", "published": "lut_lai"}


def source(t: Words, column: Any) -> str:
    """Draw the choice of the source; return it."""
    here = real.available()
    offered = [name for name in OFFERED if name in here or name in ALWAYS]
    return choose(
        column.selectbox,
        t("canopy.controls.source"),
        offered,
        name="source",
        default=offered[0],
        format_func=lambda s: t(f"canopy.sources.{s}"),
    )


def reference(t: Words, column: Any) -> bool:
    """Draw the switch of the reference posterior; return whether it is on."""
    asked = choose(
        partial(column.segmented_control, required=True),
        t("canopy.controls.reference"),
        ["off", "on"],
        name="reference",
        default="off",
        format_func=lambda r: t(f"canopy.controls.reference_{r}"),
    )
    return asked == "on"


def of_territory(t: Words, column: Any) -> tuple[Spot, Scene] | None:
    """Draw the simulated territory."""
    seed = choose(
        column.selectbox,
        t("canopy.controls.territory"),
        [str(n) for n in range(1, 9)],
        name="seed",
        default=str(sources.SEED),
    )
    return on_map(t, sources.simulated(t, int(seed)))


def on_map(t: Words, scene: Scene) -> tuple[Spot, Scene] | None:
    """Draw a scene under the divider; return the pixel that is looked at."""
    data = scene.data
    shape = data.sizes["y"], data.sizes["x"]
    seen, there = compute.pixels_of(scene.key, data)
    offered = compute.suited(seen)
    if not offered:
        raise compute.no_field_model()
    family = "field" if scene.provenance.origin != "simulated" and "field" in offered else offered[0]
    found = progress.run(
        t("canopy.map.working"),
        lambda report: compute.leaf_area(family, scene.key, seen, report),
        t,
        key=f"leaf_area_{scene.key}_{family}",
    )
    if found is None:
        return None
    rows, columns = np.nonzero(there)
    # Beside the divider, which would hide it.
    first = np.argmin((rows - shape[0] / 2) ** 2 + (columns - shape[1] / 4) ** 2)
    key = f"map_{scene.key}"
    # A click is in the state before the map is drawn again: no second run is needed to follow it.
    touched = draw.pixel(data, clicked(st.session_state.get(key) or {}))
    if touched is not None and there[touched]:
        put("pixel", touched)
    at = place("pixel", (int(rows[first]), int(columns[first])), shape)
    offered = [layer for layer in LAYERS if HELD.get(layer, "reflectance") in data]
    bar = st.container()
    layer = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("canopy.map.layer"),
        offered,
        name="layer",
        default="lai",
        format_func=lambda name: t(f"canopy.map.{name}"),
    )
    values = np.full((2, *shape), np.nan, np.float32)
    values[:, there] = found
    shades = draw.SPREAD if layer == "sd" else draw.LAI
    shown = data[HELD[layer]].values if layer in HELD else values[1 if layer == "sd" else 0]
    with bar:
        swipe(
            draw.natural(scene.key, data),
            draw.coloured((layer, scene.key, family), shown, shades, data),
            key=key,
            labels=draw.map_labels(
                t,
                map=t("canopy.map.map"),
                before=t("canopy.map.natural"),
                after=t(f"canopy.map.{layer}"),
                bar=t("canopy.map.bar"),
            ),
            height=430,
            rectangle=_square(scene.key, *at, data),
            pixelated=True,
        )
    st.html(scale_legend(shades, title=t(f"canopy.map.{layer}_long"), unit="m²/m²", number=t.number))
    provenance.caption(scene.provenance, t)
    here = sources.spot(scene, *at, t)
    if here is None:
        st.info(t("canopy.map.empty"), icon=":material/touch_app:")
        return None
    st.caption(t("canopy.map.chosen", place=here.name))
    return here, scene


def of_sliders(t: Words, column: Any) -> tuple[Spot, None]:
    """Draw a slider per variable; return what the satellite would see of that canopy."""
    believed = prior("legacy").priors
    column.caption(t("canopy.own.note"))
    st.markdown(t("canopy.own.lead"))
    chosen: dict[str, float] = {}
    for name, place_ in zip((*INFERRED, *GEOMETRY), st.columns(3) * 5, strict=False):
        law = believed[name] if name in believed else ANGLES[name]
        steps = 100 if name not in GEOMETRY else round(law.high - law.low)
        step = (law.high - law.low) / steps
        number = _slider(t, place_, name, law.low, step, steps, OWN[name])
        chosen[name] = law.low + step * number
    theta = compute.canopy(**chosen)
    here = sources.of_canopy(theta, tuple(chosen[name] for name in GEOMETRY), t)
    provenance.caption(
        provenance.Provenance(
            "simulated", place=here.name, sensor=t("canopy.place.sensor"), source="PROSAIL"
        ),
        t,
    )
    return here, None


def _slider(t: Words, column: Any, name: str, low: float, step: float, steps: int, first: float) -> int:
    """Draw the slider of one variable; its step number lives in the address."""
    unit = "°" if name in GEOMETRY else names.unit(name)
    said = t(f"canopy.angles.{name}") if name in GEOMETRY else t(f"canopy.variables.{name}.name")
    values = [low + step * i for i in range(steps + 1)]
    digits = 0 if name in GEOMETRY else names.DIGITS.get(name, 2)
    return int(
        choose(
            column.select_slider,
            f"{said} ({unit})" if unit else said,
            [str(i) for i in range(steps + 1)],
            name=f"own_{name}",
            default=str(round((first - low) / step)),
            format_func=lambda i: t.number(values[int(i)], digits),
        )
    )


def of_points(source_: str) -> Callable[[Words, Any], tuple[Spot, None] | None]:
    """Return what draws the points of a source."""

    def draw_points(t: Words, column: Any) -> tuple[Spot, None] | None:
        data = real.points(source_)
        if data is None:
            st.info(t("canopy.points.none"), icon=":material/database_off:")
            return None
        at = scatter.choose_point(t, column, source_, data)
        here = real.spot(source_, data, at, t)
        scatter.show(t, source_, data, at)
        provenance.caption(real.provenance(source_, data, at, t), t)
        st.caption(" · ".join([here.name, *here.facts]))
        return here, None

    return draw_points


def of_chips(t: Words, column: Any) -> tuple[Spot, Scene] | None:
    """Draw one of the field chips."""
    found = real.chips()
    name = choose(
        column.selectbox,
        t("canopy.controls.chip"),
        [chip.name for chip in found],
        name="chip",
        default=found[len(found) // 2].name,
        format_func={
            c.name: f"{c.site} · {t.date(c.date)}" if not np.isnat(c.date) else c.site for c in found
        }.get,
    )
    return on_map(t, real.chip(next(chip for chip in found if chip.name == name), t))


def of_dense(t: Words, column: Any) -> tuple[Spot, Scene] | None:
    """Draw the dense piece."""
    column.caption(t("canopy.place.dense_note"))
    found = real.dense(t)
    if found is None:
        st.info(t("canopy.points.none"), icon=":material/database_off:")
        return None
    return on_map(t, found)


def of_upload(t: Words, column: Any) -> tuple[Spot, Scene | None] | None:
    """Draw the visitor's own image, or the choice of a row of their table."""
    upload.offer(t, column)
    if (own := upload.current()) is None:
        st.info(t("canopy.upload.waiting"), icon=":material/upload:")
        return None
    name, data, key = own
    if "pixel" not in data.dims:
        return on_map(t, upload.scene(name, data, key))
    data = lay_out(data)
    row = number(
        column.number_input,
        t("canopy.controls.row", count=data.sizes["pixel"]),
        1,
        data.sizes["pixel"],
        name="row",
        default=1,
    )
    here = real.of_table(data, row - 1, t)
    if "lai" in data:
        scatter.show(t, f"upload-{key}", data, row - 1)
    else:
        scatter.bands(t, here)
    provenance.caption(upload.scene(name, data, key).provenance, t)
    return here, None


#: Sources that need no data.
ALWAYS = ("territory", "sliders", "upload")
OFFERED: dict[str, Callable[[Words, Any], tuple[Spot, Scene | None] | None]] = {
    "territory": of_territory,
    "sliders": of_sliders,
    **{name: of_points(name) for name in real.POINTS},
    "chips": of_chips,
    "dense": of_dense,
    "upload": of_upload,
}


@st.cache_data(show_spinner=False, max_entries=256)
def _square(key: str, row: int, column: int, _scene: xr.Dataset) -> Bounds:
    """Return the corners of a pixel, asked of the projection once per place."""
    return draw.square(_scene, row, column)
