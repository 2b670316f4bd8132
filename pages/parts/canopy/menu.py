"""The expert's choice of a spectrum: which source, and in it which pixel, point or canopy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.kit import progress, provenance
from pages.kit.address import choose
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.canopy import compute, draw, sources
from pages.parts.canopy.choice import place, put
from pages.parts.canopy.sources import Scene, Spot

#: What lies right of the divider.
LAYERS = ("lai", "sd", "truth")


def source(t: Words, column: Any) -> str:
    """Draw the choice of the source; return it."""
    offered = list(OFFERED)
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
    return choose(
        partial(column.segmented_control, required=True),
        t("canopy.controls.reference"),
        ["off", "on"],
        name="reference",
        default="off",
        format_func=lambda r: t(f"canopy.controls.reference_{r}"),
    ) == "on"  # fmt: skip


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
    seen, there = compute.pixels(data)
    family = compute.suited(seen)[0]
    found = progress.run(
        t("canopy.map.working"),
        lambda report: compute.leaf_area(family, scene.key, seen, report),
        t,
        key=f"leaf_area_{scene.key}_{family}",
    )
    if found is None:
        return None
    rows, columns = np.nonzero(there)
    middle = np.argmin((rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2)
    at = place("pixel", (int(rows[middle]), int(columns[middle])), shape)
    offered = [layer for layer in LAYERS if layer != "truth" or "lai" in data]
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
    shown = data.lai.values if layer == "truth" else values[1 if layer == "sd" else 0]
    with bar:
        spot = swipe(
            draw.natural(scene.key, data),
            draw.coloured((layer, scene.key, family), shown, shades, data),
            key=f"map_{scene.source}",
            labels=draw.map_labels(
                t,
                map=t("canopy.map.map"),
                before=t("canopy.map.natural"),
                after=t(f"canopy.map.{layer}"),
                bar=t("canopy.map.bar"),
            ),
            height=430,
            rectangle=draw.square(data, *at),
            pixelated=True,
        ).clicked
    st.html(scale_legend(shades, title=t(f"canopy.map.{layer}_long"), unit="m²/m²", number=t.number))
    provenance.caption(scene.provenance, t)
    if (chosen := draw.pixel(data, spot)) is not None and chosen != at and there[chosen]:
        put("pixel", chosen)
        st.rerun()
    here = sources.spot(scene, *at, t)
    if here is None:
        st.info(t("canopy.map.empty"), icon=":material/touch_app:")
        return None
    return here, scene


OFFERED: dict[str, Callable[[Words, Any], tuple[Spot, Scene | None] | None]] = {"territory": of_territory}
