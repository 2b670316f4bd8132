"""Two images of one place, and perhaps a label -> a stack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.change.read_bands import bands_of, values_of
from eogen.change.read_black import wedges
from eogen.change.read_dates import date_in
from eogen.change.read_grid import label_on_grid, on_grid
from eogen.change.read_image import Picture, printable, read_image
from eogen.change.read_label import Rule, changed
from eogen.change.read_separate import read_separate
from eogen.change.stack import stack
from eogen.errors import InputError

#: A file, its bytes, the single-band files of one date, or samples already read.
Given = Path | bytes | Sequence[Path] | Picture


def read_pair(
    before: Given,
    after: Given,
    label: Path | bytes | None = None,
    *,
    sensor: str | None = None,
    bands: Sequence[str] | None = None,
    dates: Sequence[object] | None = None,
    names: Sequence[str] = (),
    rule: Rule = "mask",
    **about: object,
) -> xr.DataArray:
    """Return two images, oldest first, on the grid of the first.

    GeoTIFF, PNG, JPEG and BMP are read. Sentinel-2 digital numbers of 16 bits become reflectance; everything else stays
    as it is. Where both images say where they lie and their grids differ, the second is re-projected (bilinear). Pixels
    are not valid where a file says so (declared value, transparency), outside the overlap, and in black wedges that
    both dates share.

    Args:
        before: the older image.
        after: the newer one.
        label: where something changed, if anybody knows (:mod:`eogen.change.read_label`).
        sensor: a row of :data:`eogen.change.sensors.SENSORS`; guessed from the bands when None.
        bands: their names; from the files, or guessed, when None.
        dates: two dates; from the names of both files when None, and order numbers where those say nothing.
        names: of the files, in the order before, after, label; needed for bytes, whose names are shown in sentences.
        rule: how the label is written.
        about: attributes of the stack (``dataset``, ``title``, ``licence``, ``source``, ...).

    Returns:
        A stack of two. Attributes besides those of every stack: ``quantity`` ("reflectance", "digital number",
        "physical value"), ``resampled`` (what was done to the second image, "" for nothing, "assumed" where one of two
        images of equal size does not say where it lies), ``dated`` ("given", "name", "").

    Raises:
        Unavailable: ``change_absent``.
        InputError: those of ``read_image``, ``bands_of``, ``on_grid``, ``changed`` and ``stack``;
            ``change_bands_differ``; ``change_date_order``; ``change_date``.
    """
    shown = [*names, *("",) * (3 - len(names))]
    first = image_of(before, shown[0], "before")
    second = image_of(after, shown[1], "after")
    kind, named, quantity = bands_of(first, sensor, bands or _lent(first, second))
    other, other_named, _ = bands_of(second, sensor or kind, bands or _lent(second, first))
    order = _order(named, other_named, first.name, second.name)
    values = values_of(first, kind)
    moved, there, how = on_grid(second, values_of(second, other)[order], first)
    valid = np.stack([first.valid & np.isfinite(values).all(0), there]) & ~wedges(values, moved)
    truth = None
    if label is not None:
        drawn = image_of(label, shown[2], "label")
        truth = label_on_grid(changed(drawn, rule), drawn, first)
    times, dated = _times(dates, first.name, second.name)
    placed = first if first.crs is not None and first.transform is not None else second
    crs, transform = (placed.crs, placed.transform) if placed.transform is not None else (None, None)
    facts = {
        "title": f"{first.name}, {second.name}",
        "source": f"{first.name}, {second.name}",
        "kind": "real",
    }
    facts |= {"sensor": kind, "quantity": quantity, "resampled": how, "dated": dated}
    return stack(
        np.stack([values, moved]), named, times=times, crs=crs, transform=transform if crs else None, valid=valid,
        label=truth, **facts | about,
    )  # fmt: skip


def image_of(given: Given, name: str, what: str) -> Picture:
    """Return the samples of one date.

    Raises:
        Unavailable: ``change_absent``.
        InputError: those of ``read_image`` and ``read_separate``.
    """
    if isinstance(given, Picture):
        return given
    if isinstance(given, Path | bytes):
        return read_image(given, name or None, what)
    if len(given) == 1:
        return read_image(given[0])
    return read_separate(given, printable(name or (given[0].parent.name if given else what)))


def _lent(image: Picture, other: Picture) -> tuple[str, ...] | None:
    """Return the band names of the other date where only that one names its bands."""
    if len(image.values) == len(other.values) and not all(image.names) and all(other.names):
        return bands_of(other)[1]
    return None


def _order(named: Sequence[str], other: Sequence[str], first: str, second: str) -> list[int]:
    """Return where each band of the first image is in the second."""
    if sorted(named) != sorted(other):
        raise InputError(
            "change_bands_differ",
            "{first} has the bands {one}; {second} has {two}. Give two images with the same bands.",
            first=first, second=second, one=", ".join(named), two=", ".join(other),
        )  # fmt: skip
    return [list(other).index(band) for band in named]


def _times(dates: Sequence[object] | None, first: str, second: str) -> tuple[list[np.datetime64] | None, str]:
    found = [date_in(first), date_in(second)]
    if dates is not None:
        try:
            found = [np.datetime64(day, "ns") for day in dates]  # type: ignore[call-overload]
        except (ValueError, TypeError) as error:
            raise _no_date(dates) from error
        if len(found) != 2 or np.isnat(found).any():
            raise _no_date(dates)
    if any(day is None for day in found) or found[0] == found[1]:
        return None, ""
    if found[0] > found[1]:
        raise InputError(
            "change_date_order",
            "{first} is dated {one}, after {second} ({two}); give the older image first.",
            first=first, second=second, one=str(found[0])[:10], two=str(found[1])[:10],
        )  # fmt: skip
    return found, "name" if dates is None else "given"


def _no_date(dates: Sequence[object]) -> InputError:
    return InputError(
        "change_date",
        "{given} are not two dates; write them as 2020-01-31.",
        given=", ".join(map(str, dates)),
    )
