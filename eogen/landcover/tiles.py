"""Images larger (or smaller) than a patch, seen through windows of a patch's size."""

from __future__ import annotations

import hashlib

import numpy as np
import xarray as xr


def tile_grid(image: xr.DataArray, size: int = 64) -> list[tuple[int, int]]:
    """Return the (row, column) number of every tile of ``image``, row by row.

    Together the tiles cover every pixel; the last row and column of tiles overlap their neighbours where the
    image is no multiple of ``size``.
    """
    height, width = image.sizes["y"], image.sizes["x"]
    return [(row, col) for row in range(-(-height // size)) for col in range(-(-width // size))]


def tile(image: xr.DataArray, row: int, col: int, size: int = 64) -> xr.DataArray:
    """Cut one tile of (size, size) pixels.

    A tile that would reach over the edge is shifted inside; an image smaller than ``size`` is continued by
    reflection below and to the right.

    Args:
        image: (band, y, x).
        row: tile row, from :func:`tile_grid`.
        col: tile column.
        size: side, pixels.

    Returns:
        (band, size, size) with the attrs of ``image`` and ``tile_y``, ``tile_x`` (pixel of its first corner),
        ``padded`` (True where reflection was needed) and, unless the tile is the whole image, a ``sha256`` of
        its own (caches are keyed on it) with the file's in ``source_sha256``.

    Raises:
        IndexError: no such tile.
    """
    if (row, col) not in tile_grid(image, size):
        raise IndexError(f"no tile {(row, col)} of {size} pixels in an image of {dict(image.sizes)}")
    height, width = image.sizes["y"], image.sizes["x"]
    top, left = max(min(row * size, height - size), 0), max(min(col * size, width - size), 0)
    part = image.isel(y=slice(top, top + size), x=slice(left, left + size))
    padded = part.sizes["y"] < size or part.sizes["x"] < size
    if padded:
        part = _reflected(part, size)
    part.attrs = {**image.attrs, "tile_y": top, "tile_x": left, "padded": padded}
    if (height, width) != (size, size) and "sha256" in image.attrs:
        whole = image.attrs["sha256"]
        part.attrs["sha256"] = hashlib.sha256(f"{whole} {top} {left} {size}".encode()).hexdigest()
        part.attrs["source_sha256"] = whole
    return part


def _reflected(part: xr.DataArray, size: int) -> xr.DataArray:
    more = {d: size - part.sizes[d] for d in ("y", "x")}
    coords = {}
    for dim, count in more.items():
        axis = part[dim].values
        step = axis[-1] - axis[-2]
        coords[dim] = np.concatenate([axis, axis[-1] + step * np.arange(1, count + 1)])
    bare = part.drop_vars(("y", "x")).pad({d: (0, n) for d, n in more.items()}, mode="reflect")
    return bare.assign_coords(coords)
