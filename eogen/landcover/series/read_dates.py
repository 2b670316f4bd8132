"""Images of one place whose names hold their dates (GeoTIFF) -> a cube, with a simple test of clouds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.images import OFFSET, QUANTIFICATION, read_image
from eogen.landcover.series.cube import cube
from eogen.landcover.series.read_common import MOST, believable, day_in, large

#: A pixel is cloud where blue - red / 2 > HAZE_LINE, the haze test of Fmask (Zhu & Woodcock 2012,
#: doi:10.1016/j.rse.2011.10.028), or where blue > CLOUD: bare soil and roofs rarely reach it.
HAZE_LINE, CLOUD = 0.08, 0.25
#: A whole date is hazy where its median blue exceeds the pixels' own lower quartile of all dates by this much, and
#: cloudy where less than half of it is clear.
HAZE, CLEAR = 0.04, 0.5
#: Day from which ESA's products carry an offset of 1000 (processing baseline 04.00).
BASELINE = np.datetime64("2022-01-25")


def read(paths: Sequence[Path]) -> xr.Dataset:
    """Return the cube of images (GeoTIFF of Sentinel-2 bands) whose names hold their dates, oldest first.

    Whether an image carries the offset of 2022 is told from its values, and a cloud deceives that test: the images
    before 25 January 2022 are decided together, by the greater number, and so are those after.

    Returns:
        A cube. Besides what every cube has: ``cloudy`` (time) bool, ``clear_share`` (time); attributes ``cloud_rule``,
        the test, or "unknown" where there is no blue and red, ``offset_removed``, the images it was taken off.
        The test misses thin cloud and shadow, and takes snow for cloud.

    Raises:
        InputError: ``series_no_dates``; ``series_same_date``; ``series_grid_differs``; ``series_bands_differ``;
            ``series_large``; those of ``read_image`` and of ``cube``.
    """
    dated = sorted((day, Path(path)) for path in paths if (day := day_in(Path(path).name)) is not None)
    if len(dated) < 2 or len(dated) < len(list(paths)):
        raise InputError(
            "series_no_dates",
            "A series needs two or more images whose names hold their dates, such as place_2020-01-31.tif; {found} of "
            "{given} do.",
            found=len(dated), given=len(list(paths)),
        )  # fmt: skip
    for one, other in pairwise(dated):
        if one[0] == other[0]:
            raise InputError(
                "series_same_date", "{first} and {second} are of the same date; give one of them.",
                first=one[1].name, second=other[1].name,
            )  # fmt: skip
    images = []
    for _, path in dated:
        image = read_image(path)
        if len(dated) * image.size > MOST:
            raise large(path.name, len(dated) * image.size)
        images.append(image)
        _alike(images[0], image)
    time = np.array([day for day, _ in dated])
    removed = _offsets(time, np.array([i.attrs["offset_removed"] for i in images]))
    values = np.stack([i.values + (i.attrs["offset_removed"] - off) / QUANTIFICATION
                       for i, off in zip(images, removed, strict=True)]).astype(np.float32)  # fmt: skip
    bands = [str(b) for b in images[0]["band"].values]
    values = believable(values)
    hidden, cloudy, rule = clouds(values, bands)
    made = cube(
        values, ~hidden, time, bands, images[0]["y"].values, images[0]["x"].values, crs=images[0].rio.crs,
        kind="real", dataset="dated_images", title=_title([path for _, path in dated]), cloud_rule=rule,
        source=", ".join(path.name for _, path in dated), licence="contains modified Copernicus Sentinel data",
        offset_removed=", ".join(str(day) for day, off in zip(time, removed, strict=True) if off),
    )  # fmt: skip
    return made.assign_coords(
        cloudy=("time", cloudy), clear_share=("time", made["clear"].values.mean((1, 2)).astype(np.float32))
    )


def clouds(values: np.ndarray, bands: Sequence[str]) -> tuple[np.ndarray, np.ndarray, str]:
    """Return where a series is cloudy (time, y, x), which dates are (time), and the rule.

    Args:
        values: (time, band, y, x), 1 = 100 %.
        bands: their names; without B02 and B04 nothing is said to be cloud and the rule is "unknown".
    """
    shape = (values.shape[0], *values.shape[2:])
    if not {"B02", "B04"} <= set(bands):
        return np.zeros(shape, bool), np.zeros(shape[0], bool), "unknown"
    blue, red = values[:, bands.index("B02")], values[:, bands.index("B04")]
    with np.errstate(invalid="ignore"):
        hidden = (blue - red / 2 > HAZE_LINE) | (blue > CLOUD)
    hazy = np.zeros(shape[0], bool)
    everywhere = np.isfinite(blue).all(0)
    if shape[0] > 2 and everywhere.any():
        seen = blue[:, everywhere]
        hazy = np.median(seen - np.quantile(seen, 0.25, axis=0), axis=1) > HAZE
    cloudy = hazy | (hidden.mean((1, 2)) > 1 - CLEAR)
    rule = f"B02 - B04 / 2 > {HAZE_LINE:g} or B02 > {CLOUD:g}; a date: median B02 > lower quartile + {HAZE:g}"
    return hidden | hazy[:, None, None], cloudy, rule


def _offsets(time: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return (time,) digital numbers to take off, one decision for the images of each side of ``BASELINE``."""
    decided = np.zeros(len(time), int)
    for side in (time < BASELINE, time >= BASELINE):
        if side.any():
            decided[side] = OFFSET if (found[side] > 0).mean() > 0.5 else 0
    return decided


def _alike(first: xr.DataArray, other: xr.DataArray) -> None:
    if list(first["band"].values) != list(other["band"].values):
        raise InputError(
            "series_bands_differ",
            "{first} and {second} do not have the same bands; give images of one product.",
            first=first.attrs["source"], second=other.attrs["source"],
        )  # fmt: skip
    step = abs(float(first["x"][1] - first["x"][0])) / 100
    same = first.shape == other.shape and first.rio.crs == other.rio.crs
    if not (same and all(np.allclose(first[a], other[a], rtol=0, atol=step) for a in ("x", "y"))):
        raise InputError(
            "series_grid_differs",
            "{first} and {second} do not lie on the same pixels; resample them to one grid first.",
            first=first.attrs["source"], second=other.attrs["source"],
        )  # fmt: skip


def _title(paths: Sequence[Path]) -> str:
    """Return what the names begin with before the date, else the folder's name."""
    stem = paths[0].stem
    day = str(day_in(stem))
    for written in (day, day.replace("-", ""), day.replace("-", "_"), day.replace("-", ".")):
        if (begin := stem.split(written)[0].strip("_-. ")) and begin != stem:
            return begin
    return paths[0].parent.name
