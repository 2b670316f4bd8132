"""Small pictures of fields in a grid that follows the width of the screen; land, gap and fill told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr
from scipy.ndimage import label

from eogen.colour import Scale
from eogen.ocean.cube import pixel_km
from eogen.raster import data_url
from pages.kit.style import escape

#: Land, and the line between what was seen and what was filled: readable on both grounds.
LAND, EDGE = (128, 128, 128, 150), (213, 94, 0, 255)
#: Shortest side of a picture, in pixels: small fields are drawn with large cells, so that the line is thin.
SMALLEST, LARGEST = 180, 512
#: Holes smaller than this many cells get no rim.
SPECK = 25


@dataclass(frozen=True)
class Tile:
    """A picture and what is written under it.

    Attributes:
        url: ``data:`` address.
        caption: in the reader's language; also read aloud.
        ratio: width over height on the ground.
    """

    url: str
    caption: str
    ratio: float


def paint(
    values: np.ndarray, scale: Scale, sea: np.ndarray, filled: np.ndarray | None = None, line: bool = True
) -> np.ndarray:
    """Return a field as uint8 (y, x, 4), north up, cells drawn as squares.

    Args:
        values: (lat, lon), south first, as read on the page (see :mod:`pages.parts.ocean.shades`).
        scale: colours.
        sea: (lat, lon) bool; what is not sea is grey.
        filled: (lat, lon) bool; its outline is drawn.
        line: whether to draw it.
    """
    step = max(-(-max(values.shape) // LARGEST), 1)
    values, sea = values[::step, ::step], sea[::step, ::step]
    size = max(-(-SMALLEST // min(values.shape)), 1)
    colours = scale.colour(np.where(sea, values, np.nan))
    colours[~sea] = LAND
    large = colours[::-1].repeat(size, 0).repeat(size, 1)
    if filled is not None and line and size > 1:
        inside = holes(filled[::step, ::step] & sea)[::-1].repeat(size, 0).repeat(size, 1)
        water = sea[::-1].repeat(size, 0).repeat(size, 1)
        large[_edge(inside, water)] = EDGE
    return large


def holes(filled: np.ndarray, least: int = SPECK) -> np.ndarray:
    """Return ``filled`` (lat, lon; bool) without holes of fewer than ``least`` cells: their rims would hide the map."""
    named, _ = label(filled)
    large = np.bincount(named.ravel()) >= least
    large[0] = False
    return large[named]


def _edge(inside: np.ndarray, water: np.ndarray) -> np.ndarray:
    """Return the pixels of ``inside`` that touch water outside of it."""
    outside = ~inside & water
    found = np.zeros_like(inside)
    found[1:] |= inside[1:] & outside[:-1]
    found[:-1] |= inside[:-1] & outside[1:]
    found[:, 1:] |= inside[:, 1:] & outside[:, :-1]
    found[:, :-1] |= inside[:, :-1] & outside[:, 1:]
    return found


def tile(
    values: np.ndarray, scale: Scale, grid: xr.DataArray, caption: str, filled: np.ndarray | None = None
) -> Tile:
    """Return the picture of a field (see :func:`paint`); ``grid``, with the coordinate ``sea``, gives it its shape."""
    north, east = pixel_km(grid)
    rows, columns = values.shape
    return Tile(
        data_url(paint(values, scale, grid.sea.values, filled)), caption, columns * east / (rows * north)
    )


def grid_html(tiles: Sequence[Tile], least: str = "9.5rem") -> str:
    """Return the pictures in rows as wide as the screen allows, none narrower than ``least`` (CSS) but on phones."""
    cells = "".join(
        '<figure style="margin:0">'
        f'<img alt="{escape(t.caption)}" src="{escape(t.url)}" style="display:block;width:100%;border-radius:6px;'
        f'aspect-ratio:{t.ratio:.4f};object-fit:fill;image-rendering:pixelated">'
        f'<figcaption style="font-size:.85rem;padding-top:.2rem">{escape(t.caption)}</figcaption></figure>'
        for t in tiles
    )
    columns = f"repeat(auto-fill,minmax(min({least},46%),1fr))" if len(tiles) > 1 else "1fr"
    return f'<div style="display:grid;gap:.7rem;grid-template-columns:{columns}">{cells}</div>'


def grid(tiles: Sequence[Tile], least: str = "9.5rem") -> None:
    """Draw the pictures (see :func:`grid_html`)."""
    st.html(grid_html(tiles, least))
