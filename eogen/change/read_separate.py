"""One date whose bands lie in separate files, as products and OSCD deliver them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eogen.change.read_image import MAX_VALUES, MIN_SIDE, Picture, read_image
from eogen.errors import InputError
from eogen.geotiff import check_size

_BAND = re.compile(r"(?:^|[_\-. ])(B(?:0?[1-9]|1[0-2]|8A))$", re.IGNORECASE)


def band_in(name: str) -> str:
    """Return the Sentinel-2 band at the end of a file's stem (``..._B8A``, ``B04``), or ``""``."""
    found = _BAND.search(name)
    if not found:
        return ""
    mark = found[1].upper()
    return mark if mark == "B8A" else f"B{int(mark[1:]):02d}"


def read_separate(paths: Sequence[Path], name: str) -> Picture:
    """Return one image made of single-band files, in the order of the bands, on the grid of the finest of them.

    Coarser bands take their nearest pixel, so that none is invented; a band that ends up to one of its own pixels short
    of the grid is continued by its last one.

    Args:
        paths: files of one band each.
        name: how to call the whole in sentences.

    Raises:
        Unavailable: ``change_absent``.
        InputError: ``change_separate``; those of :func:`eogen.change.read_image.read_image`.
    """
    ordered = sorted(paths, key=lambda path: (band_in(path.stem).replace("B8A", "B08A"), path.name))
    images = [read_image(path, least=1) for path in ordered]
    wrong = next((i.name for i in images if len(i.values) != 1), None)
    if wrong or not images:
        raise InputError(
            "change_separate", "{name} cannot be put together from {count} files: {wrong} does not hold one band.",
            name=name, count=len(images), wrong=wrong or "none",
        )  # fmt: skip
    finest = max(images, key=lambda image: (image.values[0].size, band_in(Path(image.name).stem) == "B04"))
    rows, columns = finest.values.shape[1:]
    check_size(columns, rows, 1, name, least=MIN_SIDE)
    if rows * columns * len(images) > MAX_VALUES:
        raise InputError(
            "change_too_large",
            "{name} has {width} x {height} pixels and {bands} band(s); at most {most} million values and {limit} bands "
            "are compared at once here. Cut out the part of interest.",
            name=name, width=columns, height=rows, bands=len(images), most=MAX_VALUES // 1_000_000, limit=len(images),
        )  # fmt: skip
    values, valid = zip(*(_nearest(image, finest) for image in images), strict=True)
    names = tuple(band_in(Path(image.name).stem) for image in images)
    return Picture(
        np.stack(values), np.all(valid, axis=0), names, finest.crs, finest.transform, name,
        any(image.scaled for image in images),
    )  # fmt: skip


def _nearest(image: Picture, finest: Picture) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = finest.values.shape[1:]
    own_rows, own_columns = image.values.shape[1:]
    if image.crs is not None and image.crs == finest.crs and image.transform and finest.transform:
        back = ~image.transform @ finest.transform
        row = np.floor(back.f + back.e * (np.arange(rows) + 0.5)).astype(int)
        column = np.floor(back.c + back.a * (np.arange(columns) + 0.5)).astype(int)
    else:
        row = (np.arange(rows) + 0.5) * own_rows // rows
        column = (np.arange(columns) + 0.5) * own_columns // columns
    row, column = row.astype(int), column.astype(int)
    near = np.ix_((row >= -1) & (row <= own_rows), (column >= -1) & (column <= own_columns))
    inside = np.zeros((rows, columns), bool)
    inside[near] = True
    taken = np.ix_(row.clip(0, own_rows - 1), column.clip(0, own_columns - 1))
    return image.values[0][taken], image.valid[taken] & inside
