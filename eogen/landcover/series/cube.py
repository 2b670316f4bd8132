"""The exchange types: parcels through the year, and cubes of images.

*Parcels* are a :class:`xarray.Dataset` with ``reflectance`` (parcel, time, band) float32, bottom of atmosphere, 1 =
100 %, NaN where nothing was seen; ``time`` datetime64, the START of a composite (or the moment of an image), ascending;
``band`` Sentinel-2 names. Beside it, where known: ``label`` (parcel) int16 into ``attrs["classes"]`` (-1 unknown),
``group`` (parcel) int, parcels that must never be split between folds (one farm, one tile), ``lon``, ``lat`` (parcel).

A *cube* has ``reflectance`` (time, band, y, x), ``clear`` (time, y, x) bool, ``label`` (y, x) where known, a CRS by
rioxarray. Attributes of both: ``kind`` ("real", "simulated", "derived"), ``dataset``, ``title``, ``licence``,
``source``, ``classes`` (names, stable snake_case), ``step_days`` (length of a composite, 0 for single images).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from pyproj.exceptions import ProjError

from eogen.errors import InputError
from eogen.landcover.bands import BANDS

#: Bands that series are learnt from: those of 10 and 20 m that every source has (B8A is missing in some).
USUAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
UNKNOWN = -1


def parcels(
    reflectance: np.ndarray,
    time: np.ndarray,
    bands: Sequence[str],
    *,
    label: np.ndarray | None = None,
    classes: Sequence[str] = (),
    group: np.ndarray | None = None,
    lon: np.ndarray | None = None,
    lat: np.ndarray | None = None,
    step_days: float = 0,
    **attributes: Any,
) -> xr.Dataset:
    """Return parcels, checked.

    Args:
        reflectance: (parcel, time, band), 1 = 100 %, NaN where nothing was seen.
        time: (time,) datetime64, ascending.
        bands: names of Sentinel-2 bands.
        label: (parcel,) int into ``classes``, -1 unknown.
        classes: names of the classes.
        group: (parcel,) int: parcels of one group are never split between folds.
        lon, lat: (parcel,) degrees.
        step_days: length of a composite, 0 for single images.
        **attributes: ``kind``, ``dataset``, ``title``, ``licence``, ``source`` …

    Raises:
        InputError: ``series_shape``; ``series_bands``; ``series_time``; ``series_range``.
    """
    values = _checked(reflectance, (-1, len(time), len(bands)), time, bands)
    held = xr.Dataset(
        {"reflectance": (("parcel", "time", "band"), values)},
        coords={"time": np.asarray(time, "datetime64[ns]"), "band": list(bands)},
    )
    for name, column in (("label", label), ("group", group), ("lon", lon), ("lat", lat)):
        if column is not None:
            held[name] = ("parcel", np.asarray(column))
    return _said(held, classes, step_days, attributes)


def cube(
    reflectance: np.ndarray,
    clear: np.ndarray,
    time: np.ndarray,
    bands: Sequence[str],
    y: np.ndarray,
    x: np.ndarray,
    *,
    crs: Any = None,
    label: np.ndarray | None = None,
    classes: Sequence[str] = (),
    step_days: float = 0,
    **attributes: Any,
) -> xr.Dataset:
    """Return a cube, checked.

    Args:
        reflectance: (time, band, y, x), 1 = 100 %, NaN where nothing was seen.
        clear: (time, y, x) bool: seen, and no cloud or shadow.
        time, bands, classes, step_days, attributes: as of :func:`parcels`.
        y, x: centres in the units of ``crs``.
        crs: anything rioxarray takes; None for a place without one.
        label: (y, x) int into ``classes``, -1 unknown.

    Raises:
        InputError: as :func:`parcels`; ``series_crs``.
    """
    values = _checked(reflectance, (len(time), len(bands), len(y), len(x)), time, bands)
    held = xr.Dataset(
        {
            "reflectance": (("time", "band", "y", "x"), values),
            "clear": (("time", "y", "x"), np.asarray(clear, bool) & np.isfinite(values).all(1)),
        },
        coords={"time": np.asarray(time, "datetime64[ns]"), "band": list(bands), "y": y, "x": x},
    )
    if label is not None:
        held["label"] = (("y", "x"), np.asarray(label, np.int16))
    if crs is not None:
        try:
            held = held.rio.write_crs(crs)
        except (ProjError, ValueError, TypeError) as fault:  # PROJ's, and rasterio's CRSError
            raise InputError(
                "series_crs",
                "The coordinate reference system “{crs}” is not known; write an EPSG code or WKT into the file.",
                crs=str(crs)[:60],
            ) from fault
    return _said(held, classes, step_days, attributes)


def pixels(image: xr.Dataset, y: np.ndarray, x: np.ndarray) -> xr.Dataset:
    """Return the pixels (n) of a cube at rows ``y`` and columns ``x`` as parcels; what was not clear is NaN."""
    values = image["reflectance"].values[:, :, y, x].transpose(2, 0, 1).copy()
    values[~image["clear"].values[:, y, x].T] = np.nan
    label = image["label"].values[y, x] if "label" in image else None
    about = {k: v for k, v in image.attrs.items() if k not in ("classes", "step_days")}
    return parcels(
        values, image["time"].values, [str(b) for b in image["band"].values], label=label,
        classes=image.attrs.get("classes", ()), step_days=image.attrs.get("step_days", 0), **about,
    )  # fmt: skip


def _checked(
    values: np.ndarray, shape: tuple[int, ...], time: np.ndarray, bands: Sequence[str]
) -> np.ndarray:
    found = np.shape(values)
    if len(found) != len(shape) or any(want not in (-1, n) for want, n in zip(shape, found, strict=True)):
        raise InputError(
            "series_shape",
            "The series has the shape {found}; its dates, bands and places make {expected}.",
            found=str(found), expected=str(shape).replace("-1", "n"),
        )  # fmt: skip
    if unknown := [b for b in bands if b not in BANDS]:
        raise InputError(
            "series_bands",
            "{given} is no Sentinel-2 band; name bands as {known}.",
            given=str(unknown[0]),
            known=", ".join(BANDS),
        )
    steps = np.diff(np.asarray(time, "datetime64[s]").astype(np.int64))
    if not len(time) or (steps <= 0).any():
        raise InputError("series_time", "The dates of a series must go forward, each once; sort them first.")
    values = np.asarray(values, np.float32)
    if values.size and (np.nanmin(values, initial=0) < -0.2 or np.nanmax(values, initial=0) > 3):
        raise InputError(
            "series_range",
            "Reflectance runs from {low} to {high}; 1 is 100 %. Divide digital numbers by 10,000 (and take 1,000 off "
            "first in products after January 2022).",
            low=f"{float(np.nanmin(values)):.3g}", high=f"{float(np.nanmax(values)):.3g}",
        )  # fmt: skip
    return values


def _said(
    held: xr.Dataset, classes: Sequence[str], step_days: float, attributes: dict[str, Any]
) -> xr.Dataset:
    held["reflectance"].attrs = {
        "units": "1", "standard_name": "surface_bidirectional_reflectance", "long_name": "surface reflectance",
    }  # fmt: skip
    if "label" in held:
        held["label"] = held["label"].astype(np.int16)
        held["label"].attrs = {
            "flag_values": np.arange(len(classes), dtype=np.int16), "flag_meanings": " ".join(classes),
        }  # fmt: skip
    held.attrs = {"classes": list(classes), "step_days": step_days, **attributes}
    return held
