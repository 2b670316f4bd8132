"""Exports of NASA's level-3 bins (a list of bins with latitude and longitude) -> a grid of their native rows.

The integerised sinusoidal grid (Campbell, Blaisdell, Darzi 1995, NASA TM 104566 vol. 32) has rows of equal latitude
whose bins have nearly equal area, so fewer of them lie in a row near the poles. The rows become the latitudes; along
each row every longitude of a regular axis takes the nearest bin of that row. Nothing is interpolated.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.ocean import read_axes


def is_binned(dataset: xr.Dataset) -> bool:
    """Return whether latitude and longitude are columns along one and the same dimension of bins."""
    lat, lon = (read_axes.find_axis(dataset, axis) for axis in ("lat", "lon"))
    if lat is None or lon is None or lat == lon:
        return False
    return dataset[lat].ndim == 1 and dataset[lat].dims == dataset[lon].dims


def gridded(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """Return the bins of ``dataset`` on a grid (lat, lon): native rows, nearest bin of the row within one spacing.

    Args:
        dataset: with 1-D latitude and longitude along a dimension of bins.
        name: of the file, for sentences.
    """
    held = {axis: read_axes.find_axis(dataset, axis) for axis in ("lat", "lon")}
    dim = dataset[held["lat"]].dims[0]
    flat_lat = np.asarray(dataset[held["lat"]].values, float)
    flat_lon = np.asarray(dataset[held["lon"]].values, float)
    lat, row = np.unique(np.round(flat_lat, 4), return_inverse=True)
    _, around = read_axes.unrolled(np.unique(np.round(flat_lon, 6)))
    start, stop = around[0], around[-1]
    placed = np.mod(flat_lon - start + 1e-6, 360.0) - 1e-6 + start
    # The spacing of the equatorward row is the finest in degrees that its neighbours can follow.
    widest = int(np.argmin(np.abs(lat)))
    inside = np.sort(placed[row == widest])
    step = float(np.median(np.diff(inside))) if len(inside) > 1 else 1.0
    lon = start + step * np.arange(max(round((stop - start) / step), 0) + 1)
    index = np.full((len(lat), len(lon)), -1)
    for k in range(len(lat)):
        bins = np.flatnonzero(row == k)
        bins = bins[np.argsort(placed[bins])]
        at = placed[bins]
        spacing = step * np.cos(np.deg2rad(lat[widest])) / max(np.cos(np.deg2rad(lat[k])), 1e-3)
        right = (
            np.clip(np.searchsorted(at, lon), 1, max(len(at) - 1, 1))
            if len(at) > 1
            else np.zeros(len(lon), int)
        )
        left = np.maximum(right - 1, 0)
        near = np.where(np.abs(at[left] - lon) <= np.abs(at[right] - lon), left, right)
        close = np.abs(at[near] - lon) <= 0.75 * spacing
        index[k, close] = bins[near[close]]
    pick = xr.DataArray(np.maximum(index, 0), dims=("lat", "lon"))
    there = xr.DataArray(index >= 0, dims=("lat", "lon"))
    columns = [key for key in dataset.variables if dim in dataset[key].dims and key not in held.values()]
    made = {}
    for key in columns:
        if dataset[key].dtype.kind not in "fiub":
            continue
        values = dataset[key].variable.isel({dim: pick.variable})
        made[str(key)] = xr.DataArray(values).where(there)
        made[str(key)].attrs = dict(dataset[key].attrs)
    rest = {key: dataset[key].variable for key in dataset.variables if dim not in dataset[key].dims}
    coords = {
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
    }
    grid = xr.Dataset({**made, **rest}, coords, dataset.attrs)
    return grid if any(key in made for key in ("ocean", "sea")) else grid.assign(ocean=there.astype(np.int8))
