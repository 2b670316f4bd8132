"""The shape of what the room reads: one Dataset of reflectances, angles and what else is known, named as by CF.

Field points have the dimension ``pixel``; scenes have ``y`` and ``x``, which :func:`pixels` lays out as ``pixel``.
Bands are always the ten of ``sensors.BANDS``, in that order; a band that the source does not have is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from eogen.canopy.sensors import BANDS
from eogen.errors import InputError

ANGLES = ("solar_zenith", "view_zenith", "relative_azimuth")
#: The one band that may be missing: field tables and chips of Sentinel-2 often leave out the broad infrared.
OPTIONAL = "B08"
NEEDED = tuple(band for band in BANDS if band != OPTIONAL)

#: Units and names (CF standard names where the table has one) of every variable and coordinate of the readers.
ATTRS: dict[str, dict[str, str]] = {
    "reflectance": {"units": "1", "standard_name": "surface_bidirectional_reflectance"},
    "solar_zenith": {"units": "degree", "standard_name": "solar_zenith_angle"},
    "view_zenith": {"units": "degree", "standard_name": "sensor_zenith_angle"},
    "relative_azimuth": {"units": "degree", "long_name": "azimuth between sun and view, folded to 0..180"},
    "lai": {
        "units": "m2/m2",
        "standard_name": "leaf_area_index",
        "long_name": "leaf area index in the field",
    },
    "lai_sd": {"units": "m2/m2", "long_name": "standard deviation of the field's leaf area index"},
    "lai_snap": {"units": "m2/m2", "long_name": "leaf area index of ESA's SNAP, as published"},
    "fapar_snap": {"units": "1", "long_name": "absorbed fraction of PAR of ESA's SNAP, as published"},
    "ccc": {"units": "g/m2", "long_name": "canopy chlorophyll content in the field, per ground area"},
    "cab": {"units": "µg/cm2", "long_name": "leaf chlorophyll a+b in the field"},
    "green_canopy_cover": {"units": "%", "long_name": "ground covered by green leaves, seen from above"},
    "bbch": {"units": "1", "long_name": "growth stage, BBCH scale"},
    "scl": {"units": "1", "long_name": "scene classification of Sen2Cor"},
    "offset_removed": {"units": "1", "long_name": "reflectance subtracted: the offset of baseline 04.00"},
    "days": {"units": "days", "long_name": "days from the field visit to the image; negative: image first"},
    "longitude": {"units": "degrees_east", "standard_name": "longitude"},
    "latitude": {"units": "degrees_north", "standard_name": "latitude"},
    "field_date": {"long_name": "day of the field visit"},
    "s2_date": {"long_name": "day of the image"},
    "lai_kind": {"long_name": "how the leaf area was measured"},
    "land_cover": {"long_name": "crop or cover, in the words of the field sheet"},
}
#: What the field calls leaf area: not the same quantity from one instrument to the next.
LAI_KINDS: dict[str, str] = {
    "PAIeff": "effective plant area index by hemispherical photographs: stems count, clumping is not undone",
    "LAI-2000": "effective plant area index by the LI-COR plant canopy analyser",
    "AccuPAR": "plant area index from the light under the canopy",
    "GLAI": "green leaf area index of harvested leaves",
}


def fold(azimuth: np.ndarray) -> np.ndarray:
    """Return angles in degrees folded to 0..180: a canopy looks the same from both sides of the sun's plane."""
    return 180 - np.abs(np.asarray(azimuth, dtype=float) % 360 - 180)


def described(dataset: xr.Dataset, **attrs: Any) -> xr.Dataset:
    """Return ``dataset`` with units and names on its variables, and ``attrs`` of its own added."""
    for name in {*dataset.variables} & {*ATTRS}:
        dataset[name].attrs.update(ATTRS[name])
    return dataset.assign_attrs(attrs)


def points(
    reflectance: np.ndarray,
    angles: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    **attrs: Any,
) -> xr.Dataset:
    """Return field points as a Dataset.

    Args:
        reflectance: (pixel, 10), NaN where missing.
        angles: the three of ``ANGLES``, each (pixel), degrees; the azimuth is folded here.
        values: further quantities, each (pixel).
        labels: coordinates along ``pixel``: sites, dates, names.
        **attrs: attributes of the Dataset.
    """
    folded = {**angles, "relative_azimuth": fold(angles["relative_azimuth"])}
    variables = {name: ("pixel", np.asarray(folded[name], dtype=np.float32)) for name in ANGLES}
    variables |= {name: ("pixel", np.asarray(array)) for name, array in values.items()}
    dataset = xr.Dataset(
        {"reflectance": (("pixel", "band"), np.asarray(reflectance, dtype=np.float32)), **variables},
        coords={
            "band": list(BANDS),
            **{name: ("pixel", np.asarray(array)) for name, array in labels.items()},
        },
    )
    return described(dataset, **attrs)


def ten_bands(values: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return (10, ...) in the order of ``BANDS`` from (band, ...) named ``names``; a band that is not there is NaN."""
    out = np.full((len(BANDS), *values.shape[1:]), np.nan, dtype=np.float32)
    for place, band in enumerate(BANDS):
        if band in names:
            out[place] = values[list(names).index(band)]
    return out


def known(reflectance: np.ndarray) -> np.ndarray:
    """Return reflectance with NaN where it is a code for no data: 0, NaN, 1e20, or a mean that 1e20 went into."""
    return np.where((reflectance > 0) & (reflectance < 2), reflectance, np.nan)


def complete(dataset: xr.Dataset) -> xr.DataArray:
    """Return where every band but ``OPTIONAL`` has a value: (pixel) or (y, x)."""
    return dataset.reflectance.sel(band=list(NEEDED)).notnull().all("band")


def pixels(dataset: xr.Dataset) -> xr.Dataset:
    """Lay out the pixels of a scene that have values along ``pixel``, with their ``row`` and ``column``.

    Args:
        dataset: a scene (y, x), or points (pixel), of which the incomplete ones are left out.

    Raises:
        InputError: ``canopy_no_valid_pixel``.
    """
    valid = complete(dataset)
    if not valid.any():
        raise no_valid_pixel(dataset)
    if "pixel" in dataset.dims:
        return dataset.isel(pixel=np.flatnonzero(valid.values))
    row, column = np.nonzero(valid.transpose("y", "x").values)
    return _laid_out(dataset, row, column)


def pixel(dataset: xr.Dataset, row: int, column: int) -> xr.Dataset:
    """Return one pixel of a scene (y, x), with the dimension ``pixel`` of length 1.

    Raises:
        InputError: ``canopy_outside`` where there is no such pixel, ``canopy_nodata_pixel`` where it has no value.
    """
    height, width = dataset.sizes["y"], dataset.sizes["x"]
    if not (0 <= row < height and 0 <= column < width):
        raise InputError(
            "canopy_outside",
            "There is no pixel at row {row}, column {column}: the image has {height} rows and {width} columns.",
            row=row,
            column=column,
            height=height,
            width=width,
        )
    one = _laid_out(dataset, np.array([row]), np.array([column]))
    if not bool(complete(one)[0]):
        raise InputError(
            "canopy_nodata_pixel",
            "The pixel at row {row}, column {column} has no value (cloud, edge or outside the field): choose another.",
            row=row,
            column=column,
        )
    return one


def no_valid_pixel(dataset: xr.Dataset) -> InputError:
    """Return the error for a set in which no pixel has all the bands needed."""
    return InputError(
        "canopy_no_valid_pixel",
        "{name} holds no valid pixel: all are marked as missing in one band or another.",
        name=str(dataset.attrs.get("source", "the image")),
    )


def _laid_out(dataset: xr.Dataset, row: np.ndarray, column: np.ndarray) -> xr.Dataset:
    flat = dataset.isel(y=xr.DataArray(row, dims="pixel"), x=xr.DataArray(column, dims="pixel"))
    flat = flat.assign_coords(row=("pixel", row), column=("pixel", column))
    for name in {*ANGLES} & {*flat.data_vars}:
        flat[name] = flat[name].broadcast_like(flat.row)
    return flat.assign(reflectance=flat.reflectance.transpose("pixel", "band"))
