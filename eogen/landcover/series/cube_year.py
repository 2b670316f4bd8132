"""A cube of any dates as the twelve calendar months that models of series read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series.cube import USUAL, cube, pixels
from eogen.landcover.series.months import calendar_year

#: Months that must have been seen somewhere in the place for its year to be read at all.
LEAST = 8


def calendar_cube(image: xr.Dataset, bands: Sequence[str] = USUAL) -> xr.Dataset:
    """Return a cube of twelve calendar months, January first, each pixel the mean of what was clear in it.

    Pixels go the way of parcels (:func:`eogen.landcover.series.months.calendar_year`): a model reads both alike.

    Args:
        image: a cube (:mod:`eogen.landcover.series.cube`) of any dates.
        bands: those that are kept, in their order.

    Returns:
        A cube with ``label``, ``cropland``, ``probability`` and ``parcel`` as far as ``image`` has them, and ``taken``
        (time), the months that were read.

    Raises:
        InputError: ``series_model_bands`` when a band is missing; ``series_no_year`` when fewer than ``LEAST`` of the
            twelve months were seen.
    """
    if missing := [b for b in bands if b not in image["band"].values]:
        raise InputError("series_model_bands", "The series lack the band {given} that this model reads.",
                         given=missing[0])  # fmt: skip
    rows, columns = image.sizes["y"], image.sizes["x"]
    y, x = np.divmod(np.arange(rows * columns), columns)
    year = calendar_year(pixels(image.sel(band=list(bands)), y, x))
    there = int((year["seen"].values > 0).any(0).sum())
    if there < LEAST:
        raise InputError(
            "series_no_year",
            "{name} was seen in {found} of the twelve months; models of a year need at least {least}.",
            name=str(image.attrs.get("title", "")), found=there, least=LEAST,
        )  # fmt: skip
    values = year["reflectance"].transpose("time", "band", "parcel").values
    about = {k: v for k, v in image.attrs.items() if k not in ("classes", "step_days")}
    made = cube(
        values.reshape(12, len(bands), rows, columns), np.isfinite(values).all(1).reshape(12, rows, columns),
        year["time"].values, list(bands), image["y"].values, image["x"].values, crs=image.rio.crs,
        label=image["label"].values if "label" in image else None, classes=image.attrs.get("classes", ()),
        step_days=30.4, **about,
    )  # fmt: skip
    for name in ("cropland", "probability", "parcel"):
        if name in image:
            made[name] = (("y", "x"), image[name].values)
    made["taken"] = ("time", year["taken"].values)
    return made
