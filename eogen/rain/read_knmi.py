"""KNMI's radar products in its own HDF5 format (specification 3.5): amounts of rain over 5 minutes and more."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np

from eogen import hdf5, limits
from eogen.errors import InputError
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Projected
from eogen.rain.read_open import FAULTS, HDF5, absent, damaged, first_bytes, not_gridded, number, text

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def read(source: Path | bytes, *, name: str | None = None, clip: float = CLIP) -> Field:
    """Return the rates of one KNMI file: the amount of ``image1`` over the time the file declares.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    if isinstance(source, Path) and not source.is_file():
        raise absent(source)
    if first_bytes(source, 8) != HDF5:
        raise not_gridded(shown)
    try:
        with hdf5.opened(source, shown) as file:
            return _read(file, shown, clip)
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault


def is_knmi(file: h5py.File) -> bool:
    """Return whether an HDF5 file follows KNMI's specification."""
    return "image1" in file and "geographic" in file and "overview" in file


def _read(file: h5py.File, name: str, clip: float) -> Field:
    image, overview, geographic = file["image1"], file["overview"].attrs, file["geographic"]
    parameter = text(image.attrs.get("image_geo_parameter", ""))
    if "PRECIP" not in parameter.upper():
        raise not_rain(name, parameter)
    scale = re.match(r"GEO\s*=\s*([-\d.]+)\s*\*\s*PV\s*([+-]\s*[\d.]+)?", text(
        image["calibration"].attrs["calibration_formulas"]
    ))  # fmt: skip
    if scale is None:
        raise ValueError("calibration_formulas")
    limits.check(8 * image["image_data"].size, name)
    raw = image["image_data"][()].astype(float)
    amount = float(scale[1]) * raw + float((scale[2] or "0").replace(" ", ""))
    for key in ("calibration_missing_data", "calibration_out_of_image"):
        if (mark := number(image["calibration"].attrs.get(key))) is not None:
            amount[raw == mark] = np.nan
    start, end = (_stamp(text(overview[f"product_datetime_{edge}"])) for edge in ("start", "end"))
    step = float((end - start) / np.timedelta64(1, "s")) / 60.0
    rate, spikes = clipped(amount * (60.0 / step), clip)
    g = geographic.attrs
    # Offsets are in pixels from the projection's origin to the outer corner; rows go south.
    dx, dy = number(g["geo_pixel_size_x"]), number(g["geo_pixel_size_y"])
    proj = text(geographic["map_projection"].attrs["projection_proj4_params"])
    grid = Projected(
        proj, number(g["geo_column_offset"]) * dx, number(g["geo_row_offset"]) * dy, dx, dy, *rate.shape
    )
    about = {
        "title": "KNMI " + text(image.attrs.get("image_product_name", "")), "licence": "KNMI open data, CC BY 4.0",
        "source": name, "dataset": "knmi", "cell_methods": "time: mean", "clipped_pixels": spikes,
        "clipped_above": clip,
    }  # fmt: skip
    return Field(rate[None], np.array([start]), step, grid, about)


def _stamp(written: str) -> np.datetime64:
    """Return the moment of ``26-AUG-2010;00:05:00.000``; months are English whatever the locale."""
    mark = re.match(r"(\d{2})-([A-Z]{3})-(\d{4});(\d{2}:\d{2}:\d{2})", written.upper())
    if mark is None:
        raise ValueError(written)
    return np.datetime64(f"{mark[3]}-{_MONTHS.index(mark[2]) + 1:02d}-{mark[1]}T{mark[4]}", "ns")
