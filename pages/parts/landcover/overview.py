"""A large image seen whole: what the network says of each of its patches, and which patch is looked at."""

from __future__ import annotations

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover import read
from eogen.landcover.bands import CLASSES
from eogen.landcover.classifier import Classifier
from eogen.progress import Progress
from eogen.raster import overlay
from pages.kit import progress
from pages.kit.maps.layers import Layer, picture
from pages.kit.maps.legend import class_legend
from pages.kit.words import Words
from pages.parts.landcover import draw, sources
from pages.parts.landcover.upload import PATCH, image, is_large

#: One colour per class, told apart by lightness as well as by hue.
COLOURS: dict[str, str] = {
    "AnnualCrop": "#E8C547",
    "Forest": "#1B5E3B",
    "HerbaceousVegetation": "#9CBF5F",
    "Highway": "#3A3A3A",
    "Industrial": "#B35C9E",
    "Pasture": "#5FA777",
    "PermanentCrop": "#C77B2B",
    "Residential": "#D9A6B3",
    "River": "#56B4E9",
    "SeaLake": "#0B4F8A",
}
BATCH = 64


@st.cache_data(show_spinner=False, max_entries=16)
def _classes(
    key: tuple[str, str], _model: Classifier, _whole: xr.DataArray, _progress: Progress
) -> np.ndarray:
    """Return the index of the class of every pixel's patch, uint8 (y, x)."""
    found = np.zeros((_whole.sizes["y"], _whole.sizes["x"]), np.uint8)
    grid = read.tile_grid(_whole, PATCH)
    for start in range(0, len(grid), BATCH):
        tiles = [read.tile(_whole, row, column, PATCH) for row, column in grid[start : start + BATCH]]
        best = _model.predict(tiles).probability.argmax("class").values
        for tile, label in zip(tiles, best, strict=True):
            top, left = tile.attrs["tile_y"], tile.attrs["tile_x"]
            found[top : top + PATCH, left : left + PATCH] = label
        _progress(min(start + BATCH, len(grid)), len(grid), "tiles")
    return found


def show(item: sources.Item, model: Classifier, t: Words) -> None:
    """Draw the whole of a large image with its classes, and let the reader pick the patch to look at."""
    whole = image(item)
    if not is_large(whole):
        return
    classes = progress.run(
        t("landcover.overview.working"),
        lambda report: _classes((model.sha256, whole.attrs["sha256"]), model, whole, report),
        t,
        key=f"overview_{item.name}_{model.name}",
    )
    if classes is None:
        return
    grid = read.tile_grid(whole, PATCH)
    row, column = st.session_state.setdefault(f"tile_{item.name}", grid[len(grid) // 2])
    tile = read.tile(whole, row, column, PATCH)
    colours = np.array([[int(COLOURS[c][i : i + 2], 16) for i in (1, 3, 5)] for c in CLASSES], np.uint8)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        spot = picture(
            draw.base(whole),
            [Layer(overlay(colours[classes], whole), t("landcover.overview.classes"))],
            key="overview",
            labels=draw.map_labels(
                t, map=t("landcover.overview.map", name=item.name), opacity=t("landcover.map.opacity")
            ),
            opacity=0.45,
            height=380,
            rectangle=draw.square(whole, tile.attrs["tile_y"], tile.attrs["tile_x"], PATCH),
        )
    with right:
        st.markdown(t("landcover.overview.lead", tiles=len(grid)))
        here = [c for i, c in enumerate(CLASSES) if (classes == i).any()]
        st.html(class_legend([(COLOURS[c], t(f"classes.{c}.name")) for c in here]))
    if (at := draw.pixel(whole, spot)) is not None:
        chosen = (min(at[0] // PATCH, grid[-1][0]), min(at[1] // PATCH, grid[-1][1]))
        if chosen != (row, column):
            st.session_state[f"tile_{item.name}"] = chosen
            st.rerun()
