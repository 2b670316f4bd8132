"""Which pairs lie under a folder: the sets of the room in our layout and in those they are published in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import xarray as xr

from eogen.change.read_image import Picture
from eogen.change.read_label import Rule
from eogen.change.read_pair import image_of, read_pair
from eogen.change.sets_layouts import LAYOUTS, Pair, oscd, oscd_pictures
from eogen.change.sets_rows import ROWS, UNKNOWN, Row, row, row_of
from eogen.errors import InputError

__all__ = ["ROWS", "UNKNOWN", "Pair", "Row", "SetFolder", "both_sensors", "open", "row", "row_of", "sets"]

#: Folders are searched this deep: a download unpacked in a folder of its own, with its splits.
DEPTH = 5


@dataclass(frozen=True)
class SetFolder:
    """One set that lies here.

    Attributes:
        name: its path under the data folder (``LEVIR-CD_1024``, ``SECOND/train``), unique.
        row: what is known of it.
        files: the files of each pair, by name.
    """

    name: str
    row: Row
    files: dict[str, Pair] = field(repr=False)

    @property
    def pairs(self) -> tuple[str, ...]:
        """Return the names of its pairs."""
        return tuple(self.files)

    @property
    def labelled(self) -> int:
        """Return how many of its pairs have a label."""
        return sum(pair.label is not None for pair in self.files.values())


def sets(root: Path | None) -> list[SetFolder]:
    """Return the sets under a folder, by name; reads names of files only.

    Args:
        root: the room's data folder, or any folder; None or an absent one gives nothing.
    """
    if root is None or not root.is_dir():
        return []
    found: list[SetFolder] = []
    _search(root, root, DEPTH, found)
    return sorted(found, key=lambda each: each.name)


def open(folder: SetFolder, name: str) -> xr.DataArray:  # noqa: A001 - sets.open(...), as the room says it
    """Return one pair of a set, with its label if it has one.

    Returns:
        A stack; besides the attributes of :func:`eogen.change.read_pair.read_pair`: ``set`` (the folder), ``pair``,
        ``changed`` (what the label calls a change) and, when it is known, ``pixel`` (m).

    Raises:
        InputError: ``change_no_pair``; those of ``read_pair``.
        Unavailable: ``change_absent``.
    """
    if name not in folder.files:
        raise InputError(
            "change_no_pair", "{set} has no pair called {name}; there are: {known}.",
            set=folder.name, name=name, known=", ".join(folder.pairs),
        )  # fmt: skip
    files, about = folder.files[name], folder.row
    facts: dict[str, object] = {"dataset": about.dataset, "licence": about.licence, "source": about.url}
    facts |= {"title": f"{folder.name} / {name}", "set": folder.name, "pair": name, "changed": about.changed}
    if about.pixel is not None:
        facts["pixel"] = about.pixel
    images = [_one_band(image_of(dates, name, name), about) for dates in (files.before, files.after)]
    # A row speaks of a whole set; another number of bands beside it is guessed from the file.
    fits = bool(about.bands) and all(len(image.values) == len(about.bands) for image in images)
    dates = files.dates if files.dates and files.dates[0] < files.dates[1] else None
    return read_pair(
        *images, files.label, sensor=about.sensor or None, bands=about.bands if fits else None, dates=dates,
        rule=_rule(files, about), **facts,
    )  # fmt: skip


def both_sensors(root: Path | None, name: str) -> dict[str, xr.DataArray]:
    """Return the pairs called ``name`` of OMBRIA's two sensors: "sentinel1" and "sentinel2", those that are here.

    Both show one place and one flood, on the same 256 x 256 pixels of 10 m.
    """
    pairs: dict[str, xr.DataArray] = {}
    for folder in sets(root):
        if folder.row.name in ("ombria_s1", "ombria_s2") and name in folder.files:
            pairs.setdefault(folder.row.sensor, open(folder, name))
    return pairs


def _search(folder: Path, root: Path, depth: int, found: list[SetFolder]) -> None:
    place = folder.relative_to(root).as_posix()
    name = place if place != "." else root.name
    cities, pictures = oscd(folder), oscd_pictures(folder)
    if cities or pictures:
        found += [SetFolder(f"{name}/13 bands", row("oscd_13"), _named(cities))] if cities else []
        found += [SetFolder(f"{name}/pair", row("oscd_rgb"), _named(pictures))] if pictures else []
        return
    for layout in LAYOUTS:
        if pairs := layout(folder):
            found.append(SetFolder(name, _row(root, place), _named(pairs)))
            return
    if depth > 0:
        for inner in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
            _search(inner, root, depth - 1, found)


def _row(root: Path, place: str) -> Row:
    """Return the row of a folder by its path under the root, and where that says nothing with the root's own name."""
    found = row_of(place)
    return found if found is not UNKNOWN else row_of(f"{root.name}/{place}")


def _named(pairs: tuple[Pair, ...]) -> dict[str, Pair]:
    return {pair.name: pair for pair in pairs}


def _one_band(image: Picture, about: Row) -> Picture:
    """Return one band of a grey picture saved in three colours, for sensors of one band."""
    if len(about.bands) == 1 and len(image.values) == 3 and bool((image.values == image.values[:1]).all()):
        return replace(image, values=image.values[:1], names=("",))
    return image


def _rule(files: Pair, about: Row) -> Rule:
    """Return how the label is written: OSCD's own cm.tif counts 1 and 2, its masks made elsewhere do not."""
    if about.name.startswith("oscd") and files.label is not None and files.label.stem.endswith("-cm"):
        return "oscd"
    return about.rule
