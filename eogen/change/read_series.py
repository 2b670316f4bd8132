"""Many dates of one place -> a stack, with a simple cloud mask for Sentinel-2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.change.read_bands import bands_of, values_of
from eogen.change.read_dates import date_in
from eogen.change.read_grid import on_grid
from eogen.change.read_image import MAX_VALUES, read_image
from eogen.change.sensors import common
from eogen.change.stack import stack
from eogen.errors import InputError, Unavailable

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
#: Blue reflectance above which a pixel is cloud; excess of a date's blue over the pixel's own lower quartile of all
#: dates, at the median pixel, above which the whole date is hazy. Clear land rarely exceeds 0.15 in blue, and the test
#: of Hagolle et al. 2010 (doi:10.1016/j.rse.2010.03.002) calls 0.03 in a day, growing with time, a cloud.
CLOUD, HAZE = 0.15, 0.05


def read_series(
    images: Path | Sequence[Path] | Mapping[str, bytes],
    *,
    sensor: str | None = None,
    cloud: float | None = CLOUD,
    haze: float | None = HAZE,
    **about: object,
) -> xr.DataArray:
    """Return the dates of one place, oldest first, on the grid of the first.

    Args:
        images: a folder (its images whose names hold a date), the files, or name -> bytes. Each name holds its date.
        sensor: as of :func:`eogen.change.read_pair.read_pair`.
        cloud: blue reflectance above which a pixel is not valid; None for no cloud mask. Sentinel-2 reflectance only.
        haze: excess of blue above which a whole date is not valid; None for no such test.
        about: attributes of the stack.

    Returns:
        A stack. Values under clouds are kept, so that a picture shows the cloud, but are not valid. Coordinates besides
        those of every stack: ``clear`` (time) share of valid pixels, ``hazy`` (time) bool. Attributes besides those of
        a pair: ``cloud_rule``, the test, or "". The rule is a threshold on brightness: it misses thin clouds and
        shadows, and takes snow and bright roofs for clouds.

    Raises:
        Unavailable: ``change_absent``.
        InputError: ``change_no_dates``; ``change_same_date``; ``change_series_large``; ``change_bands_differ``;
            those of ``read_pair``.
    """
    files = _dated(images)
    first = read_image(files[0][1], files[0][2])
    if len(files) * first.values.size > 2 * MAX_VALUES:
        raise InputError(
            "change_series_large",
            "{dates} dates of {width} x {height} pixels and {bands} bands are more than the {most} million values that "
            "are kept at once here. Cut out the part of interest, or give fewer dates.",
            dates=len(files), width=first.values.shape[2], height=first.values.shape[1], bands=len(first.values),
            most=2 * MAX_VALUES // 1_000_000,
        )  # fmt: skip
    kind, named, quantity = bands_of(first, sensor)
    values, valid, done = [values_of(first, kind)], [first.valid], set()
    for _, given, name in files[1:]:
        picture = read_image(given, name)
        _, others, _ = bands_of(picture, kind, named if len(picture.values) == len(named) else None)
        if tuple(others) != tuple(named):
            raise InputError(
                "change_bands_differ",
                "{first} has the bands {one}; {second} has {two}. Give two images with the same bands.",
                first=first.name, second=picture.name, one=", ".join(named), two=", ".join(others),
            )  # fmt: skip
        moved, there, how = on_grid(picture, values_of(picture, kind), first)
        values.append(moved)
        valid.append(there)
        done |= {how} if how else set()
    facts = {"title": first.name, "source": ", ".join(f[2] for f in files), "kind": "real", "sensor": kind}
    facts |= {"quantity": quantity, "resampled": "; ".join(sorted(done)), "dated": "name"}
    made = stack(
        np.stack(values), named, times=[day for day, *_ in files], crs=first.crs if first.transform else None,
        transform=first.transform if first.crs else None, valid=np.stack(valid), **facts | about,
    )  # fmt: skip
    return _clouds_off(made, cloud, haze)


def cloudy(
    blue: np.ndarray, valid: np.ndarray, cloud: float | None = CLOUD, haze: float | None = HAZE
) -> tuple[np.ndarray, np.ndarray]:
    """Return where a series is cloudy (time, y, x), and which dates are hazy (time), from blue reflectance.

    Args:
        blue: (time, y, x).
        valid: (time, y, x) bool.
        cloud, haze: see ``CLOUD`` and ``HAZE``; None leaves that test out.
    """
    hidden = valid & (blue > cloud) if cloud is not None else np.zeros_like(valid)
    hazy = np.zeros(len(blue), bool)
    everywhere = valid.all(0)
    if haze is not None and len(blue) > 2 and everywhere.any():
        seen = blue[:, everywhere]
        hazy = np.median(seen - np.quantile(seen, 0.25, axis=0), axis=1) > haze
    return hidden | hazy[:, None, None], hazy


def _clouds_off(images: xr.DataArray, cloud: float | None, haze: float | None) -> xr.DataArray:
    hidden, hazy = np.zeros(images.valid.shape, bool), np.zeros(images.sizes["time"], bool)
    rule = ""
    if "blue" in common(images) and images.attrs["quantity"] == "reflectance":
        blue = images.values[:, common(images).index("blue")]
        hidden, hazy = cloudy(blue, images.valid.values, cloud, haze)
        tests = [] if cloud is None else [f"blue > {cloud:g}"]
        tests += [] if haze is None else [f"median blue of the date > its lower quartile + {haze:g}"]
        rule = "; ".join(tests)
    valid = images.valid.values & ~hidden
    return images.assign_coords(
        valid=(("time", "y", "x"), valid), clear=("time", valid.mean((1, 2))), hazy=("time", hazy)
    ).assign_attrs(cloud_rule=rule)


def _dated(
    source: Path | Sequence[Path] | Mapping[str, bytes],
) -> list[tuple[np.datetime64, Path | bytes, str]]:
    """Return date, file and name, oldest first."""
    if isinstance(source, Path):
        if not source.is_dir():
            raise Unavailable(
                "change_absent",
                "There is no file {name} in {folder}.",
                name=source.name,
                folder=str(source.parent),
            )
        source = [p for p in sorted(source.iterdir()) if p.suffix.lower() in SUFFIXES and date_in(p.name)]
    pairs = list(source.items()) if isinstance(source, Mapping) else [(path.name, path) for path in source]
    dates = [(date_in(name), given, name) for name, given in pairs]
    undated = [name for day, _, name in dates if day is None]
    if undated or len(dates) < 2:
        raise InputError(
            "change_no_dates",
            "A series needs two or more images whose names hold their dates, such as place_2020-01-31.tif; {found} "
            "were given, without a date: {undated}.",
            found=len(dates), undated=", ".join(undated) or "–",
        )  # fmt: skip
    dates.sort(key=lambda each: (each[0], each[2]))
    for one, other in pairwise(dates):
        if one[0] == other[0]:
            raise InputError(
                "change_same_date", "{first} and {second} are of the same date; give one of them.",
                first=one[2], second=other[2],
            )  # fmt: skip
    return dates
