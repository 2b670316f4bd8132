"""From a radar's pixels to IMERG's cells of 0.1 degree: means weighted by area, and the share of the cell that is wet.

A cell's mean is the sum of rate times shared area over the seen pixels, divided by their shared area: the amount of
water is kept. What the radar does not see takes no part; a cell of which less than ``LEAST_SEEN`` is seen is NaN.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xarray as xr
from scipy import sparse

from eogen.errors import InputError
from eogen.rain import maps
from eogen.rain.field import Field
from eogen.rain.geometry import Axes, Curved, Projected

#: Least share of a cell that the radar must see for the cell to have a value.
LEAST_SEEN = 0.5
#: Points per side of a pixel, where pixels do not lie along meridians: a 2 km pixel is cut at 0.7 km.
_POINTS = 3
_ROWS = 96


def cells(west: float, south: float, east: float, north: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (lat, lon) ascending centres of the IMERG cells whose centres lie in the box, degrees.

    Raises:
        InputError: ``rain_empty_box``.
    """
    found = []
    # A damaged grid may reach anywhere: nothing is laid out for a box that is not on Earth.
    on_earth = (
        np.isfinite([west, south, east, north]).all() and south >= -90 and north <= 90 and east - west <= 361
    )
    for low, high in ((south, north), (west, east)) if on_earth else ():
        first, last = np.ceil(low / maps.CELL - 0.5 - 1e-4), np.floor(high / maps.CELL - 0.5 + 1e-4)
        found.append(np.round((np.arange(first, last + 1) + 0.5) * maps.CELL, 2))
    if not on_earth or not (found[0].size and found[1].size):
        raise InputError(
            "rain_empty_box",
            "The box {box} (west, south, east, north, in degrees) holds no cell; west must be under east and south "
            "under north.",
            box=f"{west:g} {south:g} {east:g} {north:g}",
        )
    return found[0], found[1]


def extent(field: Field) -> tuple[float, float, float, float]:
    """Return the box (west, south, east, north) that the pixels of ``field`` reach."""
    if isinstance(field.geometry, Axes):
        lat, lon = _edges(field.geometry.lat), _edges(field.geometry.lon)
    else:
        lat, lon = field.geometry.lat_lon()
    if not lat.size or not lon.size:
        return (np.nan,) * 4
    return float(np.nanmin(lon)), float(np.nanmin(lat)), float(np.nanmax(lon)), float(np.nanmax(lat))


def to_cells(
    field: Field, box: tuple[float, float, float, float] | None = None, *, least_seen: float = LEAST_SEEN
) -> xr.Dataset:
    """Return ``radar`` (mm h-1) and ``radar_wet_share`` (0-1), both (time, lat, lon) on IMERG's cells.

    Args:
        field: what a radar reader returns.
        box: (west, south, east, north), degrees; the whole reach of the radar when None.
        least_seen: least share of a cell that must be seen.

    Raises:
        InputError: ``rain_empty_box``; ``rain_box`` when the radar does not reach the box.
    """
    lat, lon = cells(*(extent(field) if box is None else box))
    shape = (len(field.time), len(lat), len(lon))
    rain, wet = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    sums, area = _summing(field, lat, lon)
    if not area.any():
        reach = extent(field)
        raise InputError(
            "rain_box",
            "The box {box} (west, south, east, north) holds no cell of {name}: its {axis} runs from {low} to {high}.",
            box=" ".join(f"{side:g}" for side in box or reach), name=str(field.about.get("source", "-")), axis="lat",
            low=f"{reach[1]:.2f}", high=f"{reach[3]:.2f}",
        )  # fmt: skip
    for index, frame in enumerate(field.rate):
        seen = np.isfinite(frame)
        covered = sums(seen.astype(float))
        enough = covered >= max(least_seen, 1e-9) * area
        enough &= area > 0
        safe = np.where(enough, covered, 1.0)
        rain[index] = np.where(enough, sums(np.where(seen, frame, 0.0).astype(float)) / safe, np.nan)
        wet[index] = np.where(enough, sums((seen & (frame >= maps.WET)).astype(float)) / safe, np.nan)
    about = {"kind": "real", **field.about}
    rain = np.where(rain < 0, 0.0, rain)  # sums of zeros may round below zero
    array = maps.precipitation(
        rain, field.time, lat, lon, step_minutes=field.step_minutes, name="radar", **about
    )
    held = xr.Dataset({"radar": array}, attrs=about)
    held["radar_wet_share"] = (maps.DIMS, np.clip(wet, 0, 1))
    held["radar_wet_share"].attrs = {"long_name": "share of the seen part of the cell that is wet", "units": "1",
                                     "wet_from_mm_h": maps.WET}  # fmt: skip
    return held


def _summing(field: Field, lat: np.ndarray, lon: np.ndarray):  # noqa: ANN202 - a closure over the weights
    """Return (function summing (rows, columns) by area into (lat, lon), area of the cells' full squares)."""
    geometry = field.geometry
    if isinstance(geometry, Axes):
        down = overlaps(_edges(geometry.lat), _cell_edges(lat), sine=True)
        across = overlaps(_edges(geometry.lon), _cell_edges(lon))
        band = np.diff(np.sin(np.radians(_cell_edges(lat))))
        whole = band[:, None] * np.diff(_cell_edges(lon))[None, :]
        reached = np.asarray(down.sum(axis=1)).reshape(-1, 1) * np.asarray(across.sum(axis=1)).reshape(1, -1)
        return (lambda frame: np.asarray((across @ (down @ frame).T).T)), np.where(reached > 0, whole, 0.0)
    weights = _weights(geometry, lat.tobytes(), lon.tobytes())
    reached = np.asarray(weights.sum(axis=1)).reshape(len(lat), len(lon))
    whole = np.where(reached > 0, maps.CELL**2, 0.0)
    return (lambda frame: np.asarray(weights @ frame.ravel()).reshape(len(lat), len(lon))), whole


def overlaps(source: np.ndarray, target: np.ndarray, *, sine: bool = False) -> sparse.csr_array:
    """Return (cells, pixels) lengths shared by two ascending partitions of a line, given by their edges.

    Args:
        source: (pixels + 1,) edges, degrees.
        target: (cells + 1,) edges, degrees.
        sine: measure along the sine of the edges (area of a band of latitude).
    """
    measure = (lambda e: np.sin(np.radians(np.clip(e, -90, 90)))) if sine else np.asarray
    edges = np.unique(np.concatenate([source, target]))
    middle = (edges[:-1] + edges[1:]) / 2
    pixel = np.searchsorted(source, middle) - 1
    cell = np.searchsorted(target, middle) - 1
    inside = (pixel >= 0) & (pixel < len(source) - 1) & (cell >= 0) & (cell < len(target) - 1)
    lengths = np.diff(measure(edges))
    shape = (len(target) - 1, len(source) - 1)
    return sparse.coo_array((lengths[inside], (cell[inside], pixel[inside])), shape=shape).tocsr()


def _edges(centres: np.ndarray) -> np.ndarray:
    if len(centres) == 1:
        return np.array([centres[0] - maps.CELL / 2, centres[0] + maps.CELL / 2])
    between = (centres[:-1] + centres[1:]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _cell_edges(centres: np.ndarray) -> np.ndarray:
    return np.append(centres - maps.CELL / 2, centres[-1] + maps.CELL / 2)


@lru_cache(maxsize=4)
def _weights(geometry: Projected | Curved, lat_bytes: bytes, lon_bytes: bytes) -> sparse.csr_array:
    """Return (cells, pixels) shared areas in square degrees, by points spread over each pixel.

    Within a cell a square degree is the same area to 0.2 % at 50 degrees of latitude, so the weights are areas.
    """
    lat, lon = np.frombuffer(lat_bytes), np.frombuffer(lon_bytes)
    rows, columns = geometry.lat_lon()
    south, west = lat[0] - maps.CELL / 2, lon[0] - maps.CELL / 2
    shape = (len(lat) * len(lon), rows.size)
    offsets = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    parts = []
    for first in range(0, rows.shape[0], _ROWS):
        # One row more on each side, so that the gradient at the seam is a centred one.
        low, high = max(first - 1, 0), min(first + _ROWS + 1, rows.shape[0])
        here = slice(first - low, min(first + _ROWS, rows.shape[0]) - low)
        y, x = rows[low:high], columns[low:high]
        if not ((y >= south - 0.2) & (y <= lat[-1] + 0.2) & (x >= west - 0.2) & (x <= lon[-1] + 0.2)).any():
            continue
        steps = [np.gradient(each, axis=axis)[here] for each in (y, x) for axis in (0, 1)]
        y, x = y[here], x[here]
        area = np.abs(steps[0] * steps[3] - steps[1] * steps[2]) / _POINTS**2
        place = np.arange(first * rows.shape[1], first * rows.shape[1] + y.size).reshape(y.shape)
        found = []
        for i in offsets:
            for j in offsets:
                with np.errstate(invalid="ignore"):
                    row = np.floor((y + i * steps[0] + j * steps[1] - south) / maps.CELL)
                    column = np.floor((x + i * steps[2] + j * steps[3] - west) / maps.CELL)
                    inside = (row >= 0) & (row < len(lat)) & (column >= 0) & (column < len(lon))
                found.append(
                    ((row * len(lon) + column)[inside].astype(np.int64), place[inside], area[inside])
                )
        cell, pixel, shared = (np.concatenate(each) for each in zip(*found, strict=True))
        parts.append(sparse.coo_array((shared, (cell, pixel)), shape=shape).tocsr().tocoo())
    if not parts:
        return sparse.csr_array(shape)
    cell, pixel = (np.concatenate([part.coords[axis] for part in parts]) for axis in (0, 1))
    return sparse.coo_array(
        (np.concatenate([part.data for part in parts]), (cell, pixel)), shape=shape
    ).tocsr()
