"""Maps of classes: every pixel of a cube asked as the series it is, and cubes through the months that models read."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.months import calendar
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import Progress, silent

#: Pixels asked at once.
CHUNK = 4096


def prepared_cube(image: xr.Dataset) -> xr.Dataset:
    """Return a cube of twelve calendar months, each the mean of its clear dates, with the nine bands models read.

    The months are chosen as by :func:`eogen.landcover.series.months.calendar_year`; a month without a clear date is NaN
    and not ``clear``.

    Raises:
        InputError: ``series_model_bands`` when a band is missing.
    """
    if missing := [b for b in USUAL if b not in image["band"].values]:
        raise InputError("series_model_bands", "The series lack the band {given} that this model reads.",
                         given=missing[0])  # fmt: skip
    values = image["reflectance"].sel(band=list(USUAL)).transpose("time", "band", "y", "x").values
    clear = image["clear"].values & np.isfinite(values).all(1)
    at = image["time"].values.astype("datetime64[M]")
    first, taken = calendar(at)
    made = np.full((len(taken), *values.shape[1:]), np.nan, np.float32)
    seen = np.zeros((len(taken), *clear.shape[1:]), bool)
    for k, month in enumerate(taken):
        total, count = np.zeros(values.shape[1:], np.float32), np.zeros(clear.shape[1:], np.int16)
        for t in np.flatnonzero(at == month):
            total += np.where(clear[t], values[t], 0)
            count += clear[t]
        seen[k] = count > 0
        made[k] = np.where(seen[k], total / np.maximum(count, 1), np.nan)
    found = image.drop_dims(["time", "band"])
    found = found.assign_coords(
        time=(first + np.arange(len(taken))).astype("datetime64[ns]"), band=list(USUAL)
    )
    found["reflectance"] = (("time", "band", "y", "x"), made, dict(image["reflectance"].attrs))
    found["clear"] = (("time", "y", "x"), seen)
    found["taken"] = ("time", taken.astype("datetime64[ns]"))
    return found.assign_attrs(image.attrs | {"step_days": 30.4})


def by_pixel(model: Any, image: xr.Dataset, progress: Progress = silent) -> xr.Dataset:
    """Return the map of a cube whose every pixel is asked alone.

    Args:
        model: a ``SeriesModel``, or a :class:`eogen.landcover.series.kept.Kept`, then its whole.
        image: a cube of the model's months (:func:`prepared_cube`).
        progress: told of the pixels done; stage ``pixels``.

    Returns:
        ``label`` (y, x) int16 into ``attrs["classes"]``, ``confidence`` (y, x) 0..1, with the cube's coordinates and
        CRS; -1 and NaN where no month was clear.

    Raises:
        InputError: ``series_model_bands`` when a band is missing; ``series_model_shape`` when the dates are not as many
            as the months of the model.
    """
    asked: SeriesModel = getattr(model, "whole", model)
    if missing := [b for b in asked.bands if b not in image["band"].values]:
        raise InputError("series_model_bands", "The series lack the band {given} that this model reads.",
                         given=missing[0])  # fmt: skip
    values = image["reflectance"].sel(band=list(asked.bands)).transpose("y", "x", "time", "band").values
    clear = image["clear"].transpose("y", "x", "time").values
    high, wide = clear.shape[:2]
    rows, seen = values.reshape(-1, *values.shape[2:]), clear.reshape(-1, clear.shape[2])
    label, confidence = np.full(len(rows), -1, np.int16), np.full(len(rows), np.nan, np.float32)
    known = np.flatnonzero(seen.any(1))
    if not len(known):
        asked.predict_proba(rows[:0])  # what is wrong with the shape is said all the same
    for start in range(0, len(known), CHUNK):
        progress(start, len(known), "pixels")
        part = known[start : start + CHUNK]
        said = asked.predict_proba(np.where(seen[part][..., None], rows[part], np.nan))
        label[part], confidence[part] = said.argmax(1), said.max(1)
    progress(len(known), len(known), "pixels")
    return mapped(image, asked.classes, label.reshape(high, wide), confidence.reshape(high, wide))


def mapped(
    image: xr.Dataset, classes: tuple[str, ...], label: np.ndarray, confidence: np.ndarray
) -> xr.Dataset:
    """Return ``label`` and ``confidence`` (y, x) on the pixels of a cube, with its coordinates and CRS."""
    about = {k: v for k, v in image.attrs.items() if k != "classes"}
    made = xr.Dataset(
        {"label": (("y", "x"), label), "confidence": (("y", "x"), confidence)},
        coords={name: image[name] for name in ("y", "x", "spatial_ref") if name in image.coords},
        attrs={**about, "classes": list(classes), "kind": "derived"},
    )
    made["label"].attrs = {
        "flag_values": np.arange(len(classes), dtype=np.int16), "flag_meanings": " ".join(classes),
    }  # fmt: skip
    return made
