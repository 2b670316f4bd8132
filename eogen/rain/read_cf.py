"""Rain of any NetCDF that follows the CF conventions: on axes of degrees, curved, or on a projection."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from eogen.errors import InputError
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Axes, Curved, Geometry, Projected
from eogen.rain.maps import in_order
from eogen.rain.read_open import Opened, Variable, opened, since, text

_STANDARD = (
    r"(lwe_)?(convective_)?(precipitation|rainfall)_(rate|flux|amount)|lwe_thickness_of_precipitation_amount"
)
_NAMES = r"(total_?)?precip\w*|rain\w*|crr_intensity|rr|tp|radar"
#: What turns a rate into mm h-1 and an amount into mm.
_RATES = {"mm h-1": 1.0, "mm/h": 1.0, "mm/hr": 1.0, "mm hr-1": 1.0, "kg m-2 s-1": 3600.0, "kg/m2/s": 3600.0,
          "mm s-1": 3600.0, "mm/s": 3600.0, "m s-1": 3.6e6, "m/s": 3.6e6, "mm day-1": 1 / 24, "mm/day": 1 / 24,
          }  # fmt: skip
_AMOUNTS = {"mm": 1.0, "kg m-2": 1.0, "kg/m2": 1.0, "m": 1000.0}
_DATES = ("nominal_product_time", "time_coverage_start", "start_time")


def read(
    source: Path | bytes, *, name: str | None = None, variable: str | None = None, clip: float = CLIP
) -> Field:
    """Return the rates of a NetCDF file.

    Args:
        source: NetCDF-3 or NetCDF-4.
        name: of the bytes, in sentences.
        variable: which, where the file has several; else the first with a CF name of rain, or called like it.
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity``; ``rain_units``; ``rain_no_axes``;
            ``rain_time_units``; ``rain_time_order``.
    """
    with opened(source, name) as file:
        held = _variable(file, variable)
        time, step, point = _times(file, held)
        values = held.values()
        dims = list(held.dims)
        clock = next((d for d in dims if d.lower() in ("time", "t")), None)
        values = values[None] if clock is None else np.moveaxis(values, dims.index(clock), 0)
        plane = [d for d in dims if d != clock]
        if len(plane) != 2:
            raise _no_axes(file, held)
        geometry, values = _geometry(file, held, plane, values)
        rate, spikes = clipped(values * _factor(file, held, step), clip)
        about = {
            "title": text(file.attrs.get("title", file.name)), "licence": text(file.attrs.get("license", "not stated")),
            "source": file.name, "dataset": "own", "cell_methods": "time: point" if point else "time: mean",
            "clipped_pixels": spikes, "clipped_above": clip, "variable": held.path,
        }  # fmt: skip
        # A file written here says what it is; others have no such attributes.
        about |= {key: text(file.attrs[key]) for key in ("kind", "dataset", "licence") if key in file.attrs}
    return Field(rate, time, step, geometry, about)


def has_rain(file: Opened) -> bool:
    """Return whether a file has a variable of rain."""
    return _find(file) is not None


def _find(file: Opened) -> Variable | None:
    many = [held for held in file.variables.values() if len(held.shape) in (2, 3)]
    for held in many:
        named = text(held.attrs.get("standard_name", ""))
        if re.fullmatch(_STANDARD, named) and text(held.attrs.get("units", "")) in {**_RATES, **_AMOUNTS}:
            return held
    return next((h for h in many if re.fullmatch(_NAMES, h.path.rsplit("/", 1)[-1], re.IGNORECASE)), None)


def _variable(file: Opened, wanted: str | None) -> Variable:
    held = file.find(re.escape(wanted)) if wanted else _find(file)
    if held is None:
        raise not_rain(file.name, ", ".join(list(file.variables)[:8]))
    return held


def _times(file: Opened, held: Variable) -> tuple[np.ndarray, float, bool]:
    axis = file.find("time", "t")
    point = "time: point" in text(held.attrs.get("cell_methods", ""))
    if axis is not None and " since " in text(axis.attrs.get("units", "")):
        units, calendar = text(axis.attrs["units"]), text(axis.attrs.get("calendar", ""))
        time = since(axis.values(), units, calendar, file.name)
        bounds = file.find(re.escape(text(axis.attrs.get("bounds", "time_bnds"))))
        if bounds is not None and bounds.shape == (len(time), 2):
            both = since(
                bounds.values(), text(bounds.attrs.get("units", units)), calendar, file.name
            ).reshape(-1, 2)
            return both[:, 0], float((both[0, 1] - both[0, 0]) / np.timedelta64(1, "s")) / 60.0, point
        given = axis.attrs.get("step_minutes")
        gaps = np.diff(time) / np.timedelta64(1, "m")
        step = float(np.ravel(given)[0]) if given is not None else float(gaps.min()) if len(gaps) else 60.0
        if step <= 0:
            in_order(time, file.name)
        return time, step, point
    for key in _DATES:
        if mark := re.match(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})", text(file.attrs.get(key, ""))):
            return np.array([f"{mark[1]}T{mark[2]}"], "datetime64[ns]"), 15.0, True
    if mark := re.search(r"(\d{4})(\d{2})(\d{2})[T_-]?(\d{2})(\d{2})", file.name):
        return np.array([f"{mark[1]}-{mark[2]}-{mark[3]}T{mark[4]}:{mark[5]}"], "datetime64[ns]"), 15.0, True
    raise _no_axes(file, held)


def _factor(file: Opened, held: Variable, step: float) -> float:
    units = re.sub(r"\s+", " ", text(held.attrs.get("units", "")))
    if units in _RATES:
        return _RATES[units]
    if units in _AMOUNTS:
        return _AMOUNTS[units] * 60.0 / step
    raise InputError(
        "rain_units",
        "The rain of {name} is in {units}; mm/h, mm per interval or kg m-2 s-1 is needed.",
        name=file.name,
        units=units or "?",
    )


def _geometry(
    file: Opened, held: Variable, plane: list[str], values: np.ndarray
) -> tuple[Geometry, np.ndarray]:
    """Return where the pixels lie, and the values with rows and columns in that order."""
    lat, lon = file.find("lat", "latitude"), file.find("lon", "longitude")
    if lat is not None and lon is not None and len(lat.shape) == len(lon.shape) == 1:
        if set(plane) != {lat.dims[0], lon.dims[0]}:
            raise _no_axes(file, held)
        if plane[0] == lon.dims[0]:
            values = np.swapaxes(values, 1, 2)
        south, east = (each.values().astype(float) for each in (lat, lon))
        east = np.where(east > 180, east - 360, east)
        rows, columns = np.argsort(south), np.argsort(east)
        return Axes(south[rows], east[columns]), values[:, rows][:, :, columns]
    if lat is not None and lon is not None and lat.shape == lon.shape == values.shape[1:]:
        return Curved(lat.values().astype(float), lon.values().astype(float)), values
    y, x = file.find(re.escape(plane[0])), file.find(re.escape(plane[1]))
    proj = _proj(file, held)
    if y is None or x is None or proj is None:
        raise _no_axes(file, held)
    places = [each.values().astype(float) for each in (x, y)]
    if str(x.attrs.get("units", "")) == "km":
        places = [each * 1000.0 for each in places]
    steps = [float(np.diff(each).mean()) for each in places]
    if any(not np.allclose(np.diff(each), d, rtol=1e-3) for each, d in zip(places, steps, strict=True)):
        raise _no_axes(file, held)
    grid = Projected(
        proj, places[0][0] - steps[0] / 2, places[1][0] - steps[1] / 2, *steps, len(places[1]), len(places[0])
    )
    return grid, values


def _proj(file: Opened, held: Variable) -> str | None:
    """Return the projection as WKT: of ``grid_mapping`` (CF), else of the attributes of NWC SAF."""
    mapping = file.find(re.escape(text(held.attrs.get("grid_mapping", "-"))))
    written = text(file.attrs.get("gdal_projection", "")) if mapping is None else ""
    try:
        if mapping is not None:
            return CRS.from_cf(mapping.attrs).to_wkt()
        return CRS.from_user_input(written).to_wkt() if written else None
    except CRSError:
        return None


def _no_axes(file: Opened, held: Variable) -> InputError:
    return InputError(
        "rain_no_axes",
        "{name} has no time, latitude and longitude for its rain; what it has: {found}.",
        name=file.name,
        found=f"{held.path} ({', '.join(held.dims)}); {', '.join(list(file.variables)[:8])}",
    )
