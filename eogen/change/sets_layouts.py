"""The folders in which sets of pairs are published, and which files in them belong together.

A layout is a function of a folder that returns its pairs, or () when the folder is laid out otherwise:

* ``beside``: two folders and perhaps a third of labels, files of one stem: A, B, label (LEVIR-CD, WHU-CD, CLCD),
  BEFORE, AFTER, MASK (OMBRIA, whose stems also carry ``before``, ``after``, ``mask`` or ``gt``), im1, im2, label1
  (SECOND; label2 is the class after and says nothing more about *whether* something changed), t1, t2, mask (DSIFN),
  time1, time2, label (SYSU-CD), prev, curr, label, Image1, Image2, label (S2Looking), image1, image2, label.
* ``numbered``: a folder for each pair with im1, im2, gt (SZTAKI AirChange).
* ``oscd``: ``... - Images/<city>/{imgs_1_rect, imgs_2_rect}`` (or ``imgs_1``, ``imgs_2``: one file a band), pictures
  ``pair/img1.png``, ``pair/img2.png``, ``dates.txt``; labels ``... Labels/<city>/cm/<city>-cm.tif`` beside it.
* ``hi_ucd``: ``image/<year>/**/<name>.png`` and ``mask/<year>_<year>/**/<name>.png`` (``mask_merge`` in some copies) of
  three channels: classes before, classes after, change. Assumed from the published description: the third channel is 2
  for change, 1 for none, 0 for unlabelled; pairs are the years that have a mask folder, else successive years.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from eogen.change.read_dates import date_in
from eogen.change.read_separate import band_in

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
_BESIDE = (
    ("a", "b", ("label", "labels", "mask", "out", "cm", "gt")),
    ("before", "after", ("mask", "label")),
    ("im1", "im2", ("label1", "label")),
    ("t1", "t2", ("mask", "label")),
    ("time1", "time2", ("label", "mask")),
    ("prev", "curr", ("label", "mask")),
    ("image1", "image2", ("label", "mask")),
)
#: What a stem says besides which pair it is (OMBRIA: S2_before_0013, imbefore_1, gt_1).
_ROLE = re.compile(
    r"(?i)(^|[_\-. ])(?:s[12][_\-. ])?(?:im)?(?:before|after|mask|gt|label|img)(?=[_\-. ]|$)[_\-. ]?"
)


@dataclass(frozen=True)
class Pair:
    """The files of one pair.

    Attributes:
        name: unique in its set.
        before, after: one file, or the single-band files of one date.
        label: the label image, or None.
        dates: both, when a file beside them says so.
    """

    name: str
    before: tuple[Path, ...]
    after: tuple[Path, ...]
    label: Path | None = None
    dates: tuple[np.datetime64, np.datetime64] | None = None


def beside(folder: Path) -> tuple[Pair, ...]:
    """Return the pairs of two folders of images, by the stems of their files."""
    inside = _folders(folder)
    for first, second, labels in _BESIDE:
        if first in inside and second in inside:
            third = next((inside[name] for name in labels if name in inside), None)
            images, drawn = [_images(inside[first]), _images(inside[second])], _images(third) if third else []
            for key in (_stem, _bare):
                one, two, said = ({key(path.stem): path for path in files} for files in (*images, drawn))
                if common := sorted(set(one) & set(two)):
                    return tuple(Pair(k, (one[k],), (two[k],), said.get(k)) for k in common)
    return ()


def numbered(folder: Path) -> tuple[Pair, ...]:
    """Return the pairs of a folder of folders that each hold im1, im2 and perhaps gt."""
    found = []
    for inner in sorted(folder.iterdir()):
        files = {path.stem.lower(): path for path in _images(inner)} if inner.is_dir() else {}
        if "im1" in files and "im2" in files:
            name = f"{folder.name}_{inner.name}"
            found.append(Pair(name, (files["im1"],), (files["im2"],), files.get("gt")))
    return tuple(found)


def oscd(folder: Path) -> tuple[Pair, ...]:
    """Return the pairs of OSCD's images in all bands, one a city."""
    return _oscd(folder, _separate)


def oscd_pictures(folder: Path) -> tuple[Pair, ...]:
    """Return the pairs of OSCD's pictures in three colours, one a city."""
    return _oscd(folder, lambda city, date: _first(city / "pair", f"img{date}"))


def hi_ucd(folder: Path) -> tuple[Pair, ...]:
    """Return the pairs of Hi-UCD: image/<year>/... and mask/<year>_<year>/..."""
    inside = _folders(folder)
    if "image" not in inside:
        return ()
    years = {
        p.name: _relative(p) for p in sorted(inside["image"].iterdir()) if re.fullmatch(r"\d{4}", p.name)
    }
    masks = next((_folders(inside[name]) for name in ("mask", "mask_merge", "label") if name in inside), {})
    couples = [m.split("_") for m in masks if re.fullmatch(r"\d{4}_\d{4}", m)] or pairwise(years)
    found = []
    for one, two in couples:
        if one in years and two in years:
            drawn = _relative(masks[f"{one}_{two}"]) if f"{one}_{two}" in masks else {}
            found += [
                Pair(f"{one}_{two}_{key}", (years[one][key],), (years[two][key],), drawn.get(key))
                for key in years[one]
                if key in years[two]
            ]
    return tuple(found)


LAYOUTS: tuple[Callable[[Path], tuple[Pair, ...]], ...] = (beside, hi_ucd, numbered)


def _oscd(folder: Path, images: Callable[[Path, int], tuple[Path, ...]]) -> tuple[Pair, ...]:
    if not re.search(r"(?i)(^|[- ])images$", folder.name):
        return ()
    labels = [p for p in sorted(folder.parent.iterdir()) if p.is_dir() and re.search(r"(?i)labels$", p.name)]
    found = []
    for city in sorted(p for p in folder.iterdir() if p.is_dir()):
        one, two = images(city, 1), images(city, 2)
        if one and two:
            said = (_first(where / city.name / "cm", f"{city.name}-cm") for where in labels)
            label = next((found_[0] for found_ in said if found_), None)
            found.append(Pair(city.name, one, two, label, _dates(city / "dates.txt")))
    return tuple(found)


def _separate(city: Path, date: int) -> tuple[Path, ...]:
    for name in (f"imgs_{date}_rect", f"imgs_{date}"):
        files = tuple(path for path in _images(city / name) if band_in(path.stem))
        if files:
            return files
    return ()


def _first(folder: Path, stem: str) -> tuple[Path, ...]:
    return tuple(path for path in _images(folder) if path.stem.lower() == stem.lower())[:1]


def _dates(path: Path) -> tuple[np.datetime64, np.datetime64] | None:
    """Return the dates in OSCD's dates.txt (``date_1: 20161130``), or None."""
    if not path.is_file():
        return None
    text = path.read_text("utf-8", errors="replace")[:1000]
    found = {k: date_in(day) for k, day in re.findall(r"date_([12])\s*:\s*(\S+)", text)}
    return (found["1"], found["2"]) if all(found.get(k) is not None for k in "12") else None


def _folders(folder: Path) -> dict[str, Path]:
    """Return the folders inside, by lower-case name."""
    return {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}


def _images(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    ]


def _relative(folder: Path) -> dict[str, Path]:
    """Return the images anywhere under a folder, by their path without suffix, parts joined by ``_``."""
    inner = [
        p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    ]
    return {"_".join(p.relative_to(folder).with_suffix("").parts): p for p in inner}


def _stem(stem: str) -> str:
    return stem


def _bare(stem: str) -> str:
    """Return a stem without what says only which of the images of a pair it is."""
    return _ROLE.sub(r"\1", stem).strip("_-. ") or stem
