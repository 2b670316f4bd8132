"""Bringing an image onto the grid of another."""

from __future__ import annotations

import numpy as np
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import Resampling, reproject

from eogen.change.read_image import Picture
from eogen.errors import InputError

#: Two grids are one when no corner of the image moves by more than this part of a pixel.
SAME = 0.02
#: A re-projected pixel is valid when this share of its weight fell on valid pixels.
WHOLE = 0.99


def on_grid(image: Picture, values: np.ndarray, first: Picture) -> tuple[np.ndarray, np.ndarray, str]:
    """Return an image on the grid of ``first``.

    Where both say where they lie and the grids differ, it is re-projected: bilinearly among its valid pixels, not valid
    outside it (GDAL widens the kernel where its pixels are the finer). Where one does not say, or neither, equal
    sizes are taken for equal grids.

    Args:
        image: the image to bring.
        values: its samples (band, y, x) float32.
        first: whose grid is kept.

    Returns:
        Values (band, y, x); valid (y, x); what was done: ``""`` (same grid), ``"assumed"`` (equal sizes, at least one
        without a georeference) or ``"EPSG:32631 -> EPSG:4326, bilinear"``.

    Raises:
        InputError: ``change_sizes``; ``change_no_overlap``; ``change_crs``.
    """
    valid, rows, columns = image.valid & np.isfinite(values).all(0), *first.values.shape[1:]
    if not (_placed(image) and _placed(first)):
        if image.values.shape[1:] != (rows, columns):
            raise InputError(
                "change_sizes",
                "{first} is {columns} x {rows} pixels and {second} is {width} x {height}, and they do not both say "
                "where they lie: give two images of one size, or two georeferenced ones.",
                first=first.name, second=image.name, columns=columns, rows=rows,
                width=image.values.shape[2], height=image.values.shape[1],
            )  # fmt: skip
        return values, valid, "assumed" if _placed(image) or _placed(first) else ""
    if same_grid(image, first):
        return values, valid, ""
    moved = _warped(np.where(valid, values, np.float32(np.nan)), image, first, Resampling.bilinear)
    # GDAL shares the weight of what is missing among the neighbours that are there, which shifts the image by up to
    # half a pixel along its edge: a pixel counts only where all of its weight was there.
    support = _warped(valid[None].astype(np.float32), image, first, Resampling.bilinear, edge=1)[0]
    there = np.isfinite(moved).all(0) & (support > WHOLE)
    if not there.any():
        raise InputError(
            "change_no_overlap",
            "{first} and {second} do not overlap: one lies around {here}, the other around {there} ({first_crs} and "
            "{second_crs}). Give two images of one place.",
            first=first.name, second=image.name, here=_centre(first), there=_centre(image),
            first_crs=_label(first.crs), second_crs=_label(image.crs),
        )  # fmt: skip
    return moved, there, f"{_label(image.crs)} -> {_label(first.crs)}, bilinear"


def label_on_grid(label: np.ndarray, image: Picture, first: Picture) -> np.ndarray:
    """Return a label (y, x) int8 of :func:`eogen.change.read_label.changed` on the grid of ``first``; -1 outside it.

    Raises:
        InputError: ``change_sizes``; ``change_crs``.
    """
    if not (_placed(image) and _placed(first)) or same_grid(image, first):
        return on_grid(image, label[None].astype(np.float32), first)[0][0].astype(np.int8)
    moved = _warped(label[None].astype(np.float32), image, first, Resampling.nearest)[0]
    return np.where(np.isfinite(moved), moved, -1).astype(np.int8)


def same_grid(one: Picture, other: Picture) -> bool:
    """Whether two georeferenced images have the same size, CRS and, within ``SAME`` of a pixel, corners."""
    if one.values.shape[1:] != other.values.shape[1:] or one.crs != other.crs:
        return False
    rows, columns = one.values.shape[1:]
    back = ~other.transform @ one.transform
    corners = [(back @ at, at) for at in ((0, 0), (columns, 0), (0, rows), (columns, rows))]
    return max(abs(p - q) for found, at in corners for p, q in zip(found, at, strict=True)) <= SAME


def _placed(image: Picture) -> bool:
    return image.crs is not None and image.transform is not None


def _warped(values: np.ndarray, image: Picture, first: Picture, how: Resampling, edge: int = 0) -> np.ndarray:
    """Return values (band, y, x) on the grid of ``first``, NaN outside; ``edge`` pixels of 0 are put around them."""
    values = np.pad(values, ((0, 0), (edge, edge), (edge, edge)))
    place = image.transform @ Affine.translation(-edge, -edge)
    out = np.full((len(values), *first.values.shape[1:]), np.nan, np.float32)
    try:
        reproject(
            values, out, src_transform=place, src_crs=image.crs, src_nodata=np.nan,
            dst_transform=first.transform, dst_crs=first.crs, dst_nodata=np.nan, resampling=how, tolerance=0.01,
        )  # fmt: skip
    except (RasterioError, CPLE_BaseError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(
            "change_crs",
            "{second} ({second_crs}) cannot be brought onto the grid of {first} ({first_crs}). Re-project one onto the "
            "other's grid first.",
            first=first.name, second=image.name, first_crs=_label(first.crs), second_crs=_label(image.crs),
        ) from error  # fmt: skip
    return out


def _label(crs: CRS) -> str:
    """Return ``EPSG:4326``, or the name of a CRS without a code."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_dict().get("proj", "local"))


def _centre(image: Picture) -> str:
    """Return the place of the middle of an image, in degrees where they can be had, else in its own units."""
    from rasterio.warp import transform

    rows, columns = image.values.shape[1:]
    x, y = image.transform @ (columns / 2, rows / 2)
    try:
        (longitude,), (latitude,) = transform(image.crs, CRS.from_epsg(4326), [x], [y])
    except (RasterioError, CPLE_BaseError, ValueError):
        return f"x {x:.0f}, y {y:.0f}"
    return (
        f"{latitude:.4f}, {longitude:.4f}"
        if np.isfinite([latitude, longitude]).all()
        else f"x {x:.0f}, y {y:.0f}"
    )
