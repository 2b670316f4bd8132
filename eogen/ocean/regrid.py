"""Cubes on another grid or in another projection, gaps kept: GDAL's warper through rasterio, frame by frame.

Values and what was seen are warped alike and divided, so that a gap neither spreads nor fills: a target cell is the
mean of what was seen of it, and is missing where less than half of it was (normalised resampling). Onto coarser cells
the mean over the cell is taken, onto finer ones the bilinear interpolation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject, transform_bounds

from eogen.errors import InputError

#: Share of a target cell that must have been seen; how far a coordinate may lie from a regular step, in cells.
LEAST, UNEVEN = 0.5, 0.5
#: A target cell larger than this many source cells takes their mean.
COARSER = 1.25
GEOGRAPHIC = CRS.from_epsg(4326)


def regrid(array: xr.DataArray, target: xr.DataArray, least: float = LEAST) -> xr.DataArray:
    """Return ``array`` on the grid of ``target``.

    Args:
        array: (time, lat, lon) or (time, y, x), any order of the latitudes, with a CRS (EPSG:4326 when it has none);
            longitudes may differ from the target's by whole turns, and a whole globe is turned to it.
        target: anything with the last two dimensions and the CRS wanted; its values are not read.
        least: share of a target cell that must have been seen.

    Returns:
        (time, then the target's dimensions) float32, NaN where too little was seen, the target's coordinates, the
        attributes of ``array``; ``sea`` (bool) when ``array`` has it.

    Raises:
        InputError: ``regrid_axes`` when an axis has no regular step; ``regrid_apart`` when the grids do not overlap.
    """
    dims = target.dims[-2:]
    there = _transform(target)
    crs = target.rio.crs or GEOGRAPHIC
    shape = (target.sizes[dims[0]], target.sizes[dims[1]])
    turned = _turned(array, there, shape, crs)
    here, own = _transform(turned), turned.rio.crs or GEOGRAPHIC
    how = _resampling(here, there, own, crs, shape)

    def warped(field: np.ndarray) -> np.ndarray:
        made = np.zeros(shape, np.float32)
        reproject(
            np.ascontiguousarray(field, np.float32), made, src_transform=here, src_crs=own, dst_transform=there,
            dst_crs=crs, resampling=how, num_threads=1,
        )  # fmt: skip
        return made

    frames = np.empty((turned.shape[0], *shape), np.float32)
    for k in range(len(frames)):
        values = np.asarray(turned[k].values, np.float32)
        seen = np.isfinite(values)
        share, total = warped(seen), warped(np.where(seen, values, 0))
        frames[k] = np.where(share >= least, total / np.maximum(share, 1e-6), np.nan)
    coords: dict[str, Any] = {
        turned.dims[0]: turned[turned.dims[0]],
        dims[0]: target[dims[0]],
        dims[1]: target[dims[1]],
    }
    made = xr.DataArray(frames, coords, (turned.dims[0], *dims), array.name, dict(array.attrs))
    if "sea" in turned.coords:
        made = made.assign_coords(sea=(dims, warped(turned.sea.values.astype(np.float32)) >= 0.5))
    return made.rio.write_crs(crs)


def _transform(array: xr.DataArray) -> Affine:
    """Return the affine transform of the last two axes.

    Raises:
        InputError: ``regrid_axes``.
    """
    steps, starts = [], []
    for axis in array.dims[-2:]:
        at = np.asarray(array[axis].values, float) if axis in array.coords else np.array([])
        step = (at[-1] - at[0]) / (len(at) - 1) if len(at) > 1 else 0.0
        even = at[0] + step * np.arange(len(at)) if len(at) else at
        if step == 0 or np.abs(at - even).max() > UNEVEN * abs(step):
            raise InputError(
                "regrid_axes",
                "The grid has {found}; latitudes and longitudes (or y and x) at a regular step were expected.",
                found=f"no regular axis {axis} ({len(at)} values)",
            )
        steps.append(step)
        starts.append(at[0] - step / 2)
    return Affine(steps[1], 0, starts[1], 0, steps[0], starts[0])


def _turned(array: xr.DataArray, there: Affine, shape: tuple[int, int], crs: CRS) -> xr.DataArray:
    """Return ``array`` with its longitudes turned to where the target is.

    Raises:
        InputError: ``regrid_apart``.
    """
    corners = [there @ (i, j) for i in (0, shape[1]) for j in (0, shape[0])]
    x, y = zip(*corners, strict=True)
    bounds = (min(x), min(y), max(x), max(y))
    own = array.rio.crs or GEOGRAPHIC
    wanted = transform_bounds(crs, own, *bounds) if crs != own else bounds
    across, along = array.dims[-1], array.dims[-2]
    at = array[across].values
    if own.is_geographic:
        west, east = wanted[0], wanted[2] + (360 if wanted[2] < wanted[0] else 0)
        step = abs(at[-1] - at[0]) / max(len(at) - 1, 1)
        if abs(step * len(at) - 360) < step / 2:
            first = (west + east) / 2 - 180
            array = array.assign_coords({across: (at - first) % 360 + first}).sortby(across)
        else:
            turns = np.round(((west + east) / 2 - (at[0] + at[-1]) / 2) / 360)
            array = array.assign_coords({across: at + 360 * turns})
        wanted = (west, wanted[1], east, wanted[3])
    at, up = array[across].values, array[along].values
    if at.max() < wanted[0] or at.min() > wanted[2] or up.max() < wanted[1] or up.min() > wanted[3]:
        raise InputError(
            "regrid_apart",
            "Source and target grid do not overlap: {source} and {target}.",
            source=_box(at.min(), up.min(), at.max(), up.max()), target=_box(*wanted),
        )  # fmt: skip
    return array


def _box(*bounds: float) -> str:
    west, south, east, north = (f"{float(b):.6g}" for b in bounds)
    return f"{west} to {east}, {south} to {north}"


def _resampling(here: Affine, there: Affine, own: CRS, crs: CRS, shape: tuple[int, int]) -> Resampling:
    """Return the mean onto coarser cells, else bilinear."""
    x, y = there @ (shape[1] / 2, shape[0] / 2)
    cell = (x, y, x + abs(there.a), y + abs(there.e))
    west, south, east, north = transform_bounds(crs, own, *cell) if crs != own else cell
    ratio = np.sqrt(abs((east - west) * (north - south)) / abs(here.a * here.e))
    return Resampling.average if ratio > COARSER else Resampling.bilinear
