"""Which series of dates lie under a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from eogen.catalog.entries import entry
from eogen.change.read_dates import date_in
from eogen.change.read_series import SUFFIXES, read_series

#: Fewest dates of a series, and how deep folders are searched.
DATES, DEPTH = 3, 3
#: Word in a folder's name -> catalogue entry.
_KNOWN = {"boadella": "boadella"}


@dataclass(frozen=True)
class Series:
    """A folder whose images are dates of one place.

    Attributes:
        name: its path under the folder that was searched.
        path: where it is.
        dataset: its catalogue entry; "" for a folder of no known set.
        dates: how many of its images have a date in their names.
    """

    name: str
    path: Path
    dataset: str
    dates: int


def series(root: Path | None) -> list[Series]:
    """Return the folders under ``root`` that hold three dated images or more; reads names of files only."""
    if root is None or not root.is_dir():
        return []
    found: list[Series] = []
    _search(root, root, DEPTH, found)
    return sorted(found, key=lambda each: each.name)


def open_series(folder: Series, **options: float | None) -> xr.DataArray:
    """Return the dates of a series; ``options`` are ``cloud`` and ``haze`` of ``read_series``.

    Raises:
        InputError: those of :func:`eogen.change.read_series.read_series`.
    """
    about = {"title": folder.name, "set": folder.name}
    if folder.dataset:
        known = entry(folder.dataset)
        about |= {"dataset": folder.dataset, "licence": known.licence, "source": known.homepage}
    return read_series(folder.path, **options, **about)


def _search(folder: Path, root: Path, depth: int, found: list[Series]) -> None:
    inside = sorted(folder.iterdir())
    dated = sum(path.suffix.lower() in SUFFIXES and date_in(path.name) is not None for path in inside)
    if dated >= DATES:
        name = folder.relative_to(root).as_posix() if folder != root else folder.name
        dataset = next((key for word, key in _KNOWN.items() if word in folder.name.lower()), "")
        found.append(Series(name, folder, dataset, dated))
    elif depth > 0:
        for inner in inside:
            if inner.is_dir() and not inner.name.startswith("."):
                _search(inner, root, depth - 1, found)
