"""IMERG V06 and V07, half-hourly and daily, whole HDF5 granules and subsets in NetCDF, onto ascending IMERG cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.rain import maps
from eogen.rain.read_open import Opened, Variable, opened, since, text

#: West, south, east, north, degrees.
Box = tuple[float, float, float, float]
_RAIN = ("precipitationCal", "precipitation")
_QUALITY = ("precipitationQualityIndex",)
_SOURCE = ("MWprecipSource", "HQprecipSource")
_INFRARED = ("IRinfluence", "IRkalmanFilterWeight")
_LICENCE = "NASA, free and open; cite doi:10.5067/GPM/IMERG/3B-HH/07 (or /06)"
_DAY, _HALF_HOUR = 1440.0, 30.0


def read(
    source: Path | bytes | Sequence[Path],
    *,
    box: Box | None = None,
    name: str | None = None,
    empty: bool = False,
) -> xr.Dataset:
    """Return what IMERG files say, in the order of time.

    V06 names (``precipitationCal``, ``HQprecipSource``, ``IRkalmanFilterWeight``) and V07 names (``precipitation``,
    ``Intermediate/MWprecipSource``, ``Intermediate/IRinfluence``) give the same dataset (Huffman et al. 2023,
    IMERG V07 technical documentation). ``microwave_age`` is counted along the sequence that is given.

    Args:
        source: one file (path or bytes), a folder of granules, or several paths.
        box: (west, south, east, north), degrees; the cells whose centres lie in it.
        name: of the bytes, in sentences.
        empty: accept files in which every cell is fill (else refused: no map can be made of them).

    Returns:
        the dataset of ``eogen.rain.maps.imerg``; attributes ``version``, ``run`` (early, late, final or unknown).

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``, ``rain_damaged``, ``rain_product``, ``rain_group``, ``rain_no_axes``,
            ``rain_not_cells``, ``rain_units``, ``rain_box``, ``rain_time_units``, ``rain_time_order``,
            ``rain_fill_only``, ``rain_mixed``.
    """
    if isinstance(source, Path) and source.is_dir():
        source = sorted(
            path for path in source.iterdir() if re.search(r"IMERG", path.name) and path.is_file()
        )
    if isinstance(source, Path | bytes):
        parts, shown = (
            [_one(source, box, name)],
            name or (source.name if isinstance(source, Path) else "file"),
        )
    else:
        parts = sorted((_one(path, box, None) for path in source), key=lambda part: part["time"].values[0])
        shown = f"{source[0].name} … {source[-1].name}" if source else "-"
        if not parts:
            raise _product(shown, "-")
    for other in parts[1:]:
        same = all(np.array_equal(other[axis], parts[0][axis]) for axis in ("lat", "lon"))
        if not same or other["time"].attrs["step_minutes"] != parts[0]["time"].attrs["step_minutes"]:
            raise InputError(
                "rain_mixed",
                "{name}: the files cover different boxes or different lengths of time; give those of one request.",
                name=shown,
            )
    common = [key for key in parts[0].data_vars if all(key in part for part in parts)]
    whole = xr.concat([part[common] for part in parts], "time", combine_attrs="override", join="exact")
    maps.in_order(whole["time"].values, shown)
    whole["time"].attrs = dict(parts[0]["time"].attrs)
    if not empty and not bool(whole["precipitation"].notnull().any()):
        raise InputError(
            "rain_fill_only",
            "{name} holds only fill values in this box: no cell has rain or its absence. Choose another box or another "
            "file.",
            name=shown,
        )
    return _with_ages(whole)


def is_imerg(file: Opened) -> bool:
    """Return whether a file is IMERG's by its header, its name or its variables."""
    header = str(file.attrs.get("FileHeader", "")) + str(file.attrs.get("AlgorithmID", "")) + file.name
    return "IMERG" in header or any(file.find(key) for key in ("precipitationCal", *_SOURCE, *_INFRARED))


def _one(source: Path | bytes, box: Box | None, name: str | None) -> xr.Dataset:
    with opened(source, name) as file:
        header = _header(file)
        algorithm = header.get("AlgorithmID", "")
        if not is_imerg(file) or "IMERGM" in algorithm or re.search(r"3B-MO", file.name):
            raise _product(file.name, algorithm or ", ".join(list(file.variables)[:6]))
        rain = file.find(*_RAIN)
        if rain is None:
            raise InputError(
                "rain_group",
                "{name} has no group Grid with precipitation (V07) or precipitationCal (V06); what it has: {found}. "
                "Ask for that variable when you make a subset.",
                name=file.name, found=", ".join([*file.groups, *file.variables][:8]) or "-",
            )  # fmt: skip
        time, step = _times(file, header)
        lat, rows = _cells(file, "lat", box)
        lon, columns = _cells(file, "lon", box)
        where = {"time": slice(None), "lat": rows, "lon": columns}
        attributes = {
            "kind": "real", "dataset": "imerg_nasa", "licence": _LICENCE, "source": file.name,
            "title": f"IMERG {_run(file, header)} {_version(file, header)}".strip(),
            "version": _version(file, header), "run": _run(file, header),
        }  # fmt: skip
        # A file written here in IMERG's layout says what it is; a granule has no such attributes.
        own = ("kind", "dataset", "title", "licence", "run")
        attributes |= {key: text(file.attrs[key]) for key in own if key in file.attrs}
        values = _window(rain, where, file.name) * _rate(rain, step, file.name)
        if np.nanmin(values, initial=0.0) < 0:
            values = np.where(values < 0, np.nan, values)  # fill of derived files that do not declare it
        array = maps.precipitation(values, time, lat, lon, step_minutes=step, **attributes)
        beside: dict[str, np.ndarray] = {}
        if (held := file.find(*_QUALITY)) is not None:
            beside["quality_index"] = _window(held, where, file.name)
        if (held := file.find(*_SOURCE)) is not None and step == _HALF_HOUR:
            codes = _window(held, where, file.name)
            beside["microwave_source"] = np.where(np.isfinite(codes), codes, -1)
        if (held := file.find(*_INFRARED)) is not None and step == _HALF_HOUR:
            beside["infrared_share"] = _window(held, where, file.name) / 100.0
        return maps.imerg(array, **beside)


def _with_ages(whole: xr.Dataset) -> xr.Dataset:
    if "microwave_source" not in whole:
        return whole
    codes = whole["microwave_source"].values
    found = maps.ages(codes, whole["time"].values, step_minutes=whole["time"].attrs["step_minutes"])
    beside = {key: whole[key].values for key in whole.data_vars if key != "precipitation"}
    return maps.imerg(whole["precipitation"], **beside, microwave_age=found)


def _window(held: Variable, where: dict[str, slice | np.ndarray], name: str) -> np.ndarray:
    """Return (time, lat, lon) values of the cells asked for, whatever the order of the file's axes."""
    dims = [{"latitude": "lat", "longitude": "lon"}.get(dim, dim) for dim in held.dims]
    if set(dims) - {"time"} != {"lat", "lon"} or len(dims) != len(set(dims)):
        raise _no_axes(name, ", ".join(held.dims))
    # HDF5 reads a bounding slice quickly and a list of indices slowly: order and holes are applied afterwards.
    bounds, inside = [], []
    for dim in dims:
        chosen = where[dim]
        if isinstance(chosen, slice):
            bounds.append(chosen)
            inside.append(slice(None))
        else:
            bounds.append(slice(int(chosen.min()), int(chosen.max()) + 1))
            inside.append(chosen - int(chosen.min()))
    values = held.values(tuple(bounds))
    for axis, chosen in enumerate(inside):
        if not isinstance(chosen, slice):
            values = np.take(values, chosen, axis)
    if "time" not in dims:
        values, dims = values[None], ["time", *dims]
    return np.transpose(values, [dims.index(dim) for dim in maps.DIMS])


def _cells(file: Opened, axis: str, box: Box | None) -> tuple[np.ndarray, np.ndarray]:
    """Return (ascending centres, their places in the file) of the cells in ``box``."""
    held = file.find(axis, {"lat": "latitude", "lon": "longitude"}[axis])
    if held is None or len(held.shape) != 1:
        raise _no_axes(file.name, ", ".join(list(file.variables)[:8]))
    written = held.values().astype(float)
    if axis == "lon":
        written = np.where(written > 180.0, written - 360.0, written)
    cells = np.floor(written / maps.CELL + 1e-3)
    centres = np.round((cells + 0.5) * maps.CELL, 2)
    if not np.isfinite(written).all() or np.abs(written - centres).max(initial=0.0) > 0.01:
        raise InputError(
            "rain_not_cells",
            "The {axis} of {name} are not the centres of IMERG's cells of 0.1 degree (the first is {first}); give the "
            "file without regridding, or as a radar or CF file.",
            axis=axis, name=file.name, first=f"{written[0]:.4f}",
        )  # fmt: skip
    order = np.argsort(centres, kind="stable")
    if box is not None:
        low, high = (box[1], box[3]) if axis == "lat" else (box[0], box[2])
        kept = order[(centres[order] >= low) & (centres[order] <= high)]
        if not kept.size:
            raise wrong_box(file.name, box, axis, float(centres.min()), float(centres.max()))
        order = kept
    return centres[order], order


def _times(file: Opened, header: dict[str, str]) -> tuple[np.ndarray, float]:
    """Return (starts, minutes): of the bounds where there are some, else of the axis."""
    held = file.find("time")
    if held is None:
        raise _no_axes(file.name, ", ".join(list(file.variables)[:8]))
    units, calendar = str(held.attrs.get("units", "")), str(held.attrs.get("calendar", ""))
    time = since(held.values(), units, calendar, file.name)
    daily = "IMERGD" in header.get("AlgorithmID", "") or "3B-DAY" in file.name or units.startswith("day")
    step = _DAY if daily else _HALF_HOUR
    bounds = file.find("time_bnds")
    if bounds is not None and bounds.shape == (len(time), 2):
        both = since(bounds.values(), str(bounds.attrs.get("units", units)), calendar, file.name).reshape(
            -1, 2
        )
        long = (both[:, 1] - both[:, 0]) / np.timedelta64(1, "m")
        # Daily bounds end at 23:59:59.999 or at the next midnight; both are a day.
        if np.allclose(long, step, atol=1.0):
            time = both[:, 0]
    return time.astype("datetime64[s]").astype("datetime64[ns]"), step


def _rate(held: Variable, step: float, name: str) -> float:
    """Return what turns the stored unit into mm h-1: a rate is kept, an amount is spread over its interval."""
    units = re.sub(
        r"\s+", " ", str(held.attrs.get("units", held.attrs.get("Units", "mm/hr"))).strip().lower()
    )
    if units in ("mm/hr", "mm/h", "mm h-1", "mm hr-1", "mm hour-1", "mm/hour", "kg m-2 h-1"):
        return 1.0
    if units in ("mm", "mm/day", "mm day-1", "mm d-1", "kg m-2") and (
        step == _DAY or units in ("mm", "kg m-2")
    ):
        return 60.0 / step
    raise InputError(
        "rain_units",
        "The rain of {name} is in {units}; mm/h, mm per interval or kg m-2 s-1 is needed.",
        name=name,
        units=units or "?",
    )


def _header(file: Opened) -> dict[str, str]:
    lines = str(file.attrs.get("FileHeader", "")).replace("\n", "").split(";")
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    return {**{k: str(file.attrs[k]) for k in ("AlgorithmID", "ProductVersion") if k in file.attrs}, **found}


def _version(file: Opened, header: dict[str, str]) -> str:
    mark = re.search(r"V0\d[A-Z]?", header.get("ProductVersion", "") or "") or re.search(
        r"V0\d[A-Z]?", file.name
    )
    if mark:
        return mark[0]
    return "V06" if file.find("precipitationCal") else "V07"


def _run(file: Opened, header: dict[str, str]) -> str:
    given = header.get("FileName", "") or file.name
    for pattern, run in (
        (r"3B-(HHR|DAY)-E", "early"),
        (r"3B-(HHR|DAY)-L", "late"),
        (r"3B-(HHR|DAY)\.", "final"),
    ):
        if re.search(pattern, given):
            return run
    return "early" if "early" in file.name.lower() else "late" if "late" in file.name.lower() else "unknown"


def wrong_box(name: str, box: Box, axis: str, low: float, high: float) -> InputError:
    """Return the error for a box that a file does not reach."""
    return InputError(
        "rain_box",
        "The box {box} (west, south, east, north) holds no cell of {name}: its {axis} runs from {low} to {high}.",
        box=" ".join(f"{side:g}" for side in box), name=name, axis=axis, low=f"{low:.2f}", high=f"{high:.2f}",
    )  # fmt: skip


def _product(name: str, found: str) -> InputError:
    return InputError(
        "rain_product",
        "{name} is not a half-hourly or daily IMERG file ({found}); give 3B-HHR or 3B-DAY, Early, Late or Final.",
        name=name,
        found=found or "-",
    )


def _no_axes(name: str, found: str) -> InputError:
    return InputError(
        "rain_no_axes",
        "{name} has no time, latitude and longitude for its rain; what it has: {found}.",
        name=name,
        found=found or "-",
    )
