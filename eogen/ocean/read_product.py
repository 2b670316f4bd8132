"""Any gridded product of chlorophyll, sea-surface temperature or a driver -> the room's cube."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import read_axes, read_bins, read_mask, read_open, read_sensors, read_variable
from eogen.ocean.cube import cube, missing_share
from eogen.ocean.variables import VARIABLES

#: Cells (time, lat, lon) beyond which values stay on disk as dask blocks.
EAGER = 40_000_000
#: Values looked at to tell units by their range.
_SAMPLE = 400_000
_RELATIVE = {"%": 1.0, "percent": 1.0, "0.01%": 0.01, "1e-2%": 0.01}


def read(
    source: Path | bytes | Sequence[Path],
    variable: str | None = None,
    *,
    name: str | None = None,
    most: int | None = None,
    sea: np.ndarray | None = None,
    **attributes: Any,
) -> xr.DataArray:
    """Return the cube in a CF NetCDF file, a Zarr folder, several files of one grid, or the bytes of a file.

    Chlorophyll becomes log10(mg m-3), temperature degrees Celsius. Values that no sea has, and chlorophyll of zero or
    less, become missing and are counted. Nothing is filled or resampled (binned exports excepted, see ``read_bins``).

    Args:
        source: the file, the folder, the files (joined in time) or the bytes.
        variable: its name in the file, or a key of ``VARIABLES``; found by CF attributes and names when None.
        name: shown in sentences.
        most: refuse grids of more cells than this.
        sea: (lat, lon) bool on the cube's own axes, overruling what the file says.
        **attributes: added to the cube's (``dataset``, ``licence``, …).

    Returns:
        A cube; values are dask blocks when it has more than ``EAGER`` cells. Coordinate ``uncertainty`` (time, lat,
        lon; log10 units, 1 s.d.) where the product gives one. attrs: ``conversion`` (what was done to the numbers),
        ``negative_cells``, ``out_of_range_cells`` (of a sample of frames when lazy), ``sea_mask`` (the mask's variable,
        or ``"ever_seen"``), ``time_source``, ``year`` where the file has no proper times, ``missing_share`` (0 to 1).

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_not_netcdf``, ``ocean_damaged``, ``ocean_too_large``, ``ocean_no_variable``,
            ``ocean_variable_choice``, ``ocean_no_axis``, ``ocean_curvilinear``, ``ocean_axis_degrees``,
            ``ocean_no_time``, ``ocean_time_units``, ``ocean_extra_axis``, ``ocean_units``, ``ocean_units_range``,
            ``ocean_negative``, ``ocean_mask_hides``, ``ocean_all_missing``, ``ocean_duplicate_times``,
            ``ocean_mixed_grids``.
    """
    paths = _files(source)
    if paths is not None:
        from eogen.ocean.read_many import read_many

        return read_many(paths, variable, name=name, most=most, **attributes)
    shown = name or (source.name if isinstance(source, Path) else "file")
    with read_open.open_dataset(source, shown) as dataset:
        return from_dataset(dataset, variable, name=shown, most=most, sea=sea, **attributes)


def from_dataset(
    dataset: xr.Dataset,
    /,
    variable: str | None = None,
    *,
    name: str = "data",
    most: int | None = None,
    sea: np.ndarray | None = None,
    **attributes: Any,
) -> xr.DataArray:
    """Return the cube of an opened dataset (times undecoded or decoded); as :func:`read`."""
    try:
        return _cube(dataset, variable, name, most, sea, attributes)
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError) as fault:  # HDF5 finds damaged blocks when they are read
        raise read_open.damaged(name, fault) from fault


def _cube(
    dataset: xr.Dataset,
    variable: str | None,
    name: str,
    most: int | None,
    given_sea: np.ndarray | None,
    attributes: dict[str, Any],
) -> xr.DataArray:
    if variable is None and read_sensors.by_sensor(dataset):
        dataset, about = read_sensors.merged(dataset, name=name)
        attributes = about | attributes
    if read_bins.is_binned(dataset):
        dataset = read_bins.gridded(dataset, name)
    lat_dim, lat = read_axes.degrees(dataset, "lat", name)
    lon_dim, lon = read_axes.degrees(dataset, "lon", name)
    key, kind = read_variable.find(dataset, variable, (lat_dim, lon_dim), name)
    time_dim, time, about = read_axes.times(dataset, name)
    raw = _flat(dataset[key], time_dim, lat_dim, lon_dim, name)
    _bounded(raw, most, name)
    rows, (columns, lon) = np.argsort(lat, kind="stable"), read_axes.unrolled(lon)
    frames = np.argsort(time, kind="stable")
    lazy = raw.size > EAGER

    def placed(array: xr.DataArray) -> xr.DataArray:
        array = read_open.chunked(array) if lazy else array.load()
        order = {"lat": rows, "lon": columns, "time": frames}
        return array.isel(
            {dim: at for dim, at in order.items() if dim in array.dims and not _sorted(at, array[dim])}
        )

    raw = placed(raw)
    seen = _sample(raw)
    if not len(seen):
        raise InputError(
            "ocean_all_missing", "Every value of the sea is missing: there is nothing to fill from."
        )
    conversion = read_variable.conversion(dataset[key], kind, seen, name)
    values, counts = _converted(raw, conversion, kind, seen, name, lazy)
    sea, said = _sea(dataset, values, (lat_dim, lon_dim), placed, given_sea)
    if not lazy:
        _not_hidden(values, sea, said, name)
    floor = read_mask.bathymetry(dataset, (lat_dim, lon_dim))
    held = cube(
        values.data, time[frames], lat[rows], lon, sea.data,
        name=kind, bathymetry=None if floor is None else placed(_named(floor, lat_dim, lon_dim)).values,
        **_described(dataset, name) | about | counts
        | {"conversion": conversion.said, "sea_mask": said, "variable": key} | attributes,
    )  # fmt: skip
    if kind == "log10_chl" and (spread := _uncertainty(dataset, key)) is not None:
        laid = placed(_flat(spread, time_dim, lat_dim, lon_dim, name)).data
        held = held.assign_coords(uncertainty=(held.dims, laid, {"units": held.units, "long_name": "1 s.d."}))
    return held if lazy else held.assign_attrs(missing_share=missing_share(held))


def _flat(array: xr.DataArray, time: str | None, lat: str, lon: str, name: str) -> xr.DataArray:
    """Return ``array`` as (time, lat, lon) without coordinates: axes of one value (altitude) are dropped."""
    array = array.drop_vars(list(array.coords), errors="ignore")
    kept = {time, lat, lon}
    array = array.isel({dim: 0 for dim, size in array.sizes.items() if dim not in kept and size == 1})
    if extra := [str(dim) for dim in array.dims if dim not in kept]:
        if time is None or time not in array.dims:
            raise read_axes.no_time(name)
        raise InputError(
            "ocean_extra_axis",
            "{name} has an axis {axis} besides time, latitude and longitude; keep one of its values (the surface, one "
            "member) first.",
            name=name,
            axis=", ".join(extra),
        )
    if time is None or time not in array.dims:
        array = array.expand_dims("time").rename({lat: "lat", lon: "lon"})
    else:
        array = array.rename({time: "time"} if time != "time" else {})
        array = _named(array, lat, lon)
    return array.transpose("time", "lat", "lon")


def _named(array: xr.DataArray, lat: str, lon: str) -> xr.DataArray:
    array = array.drop_vars(list(array.coords), errors="ignore")
    return array.rename({old: new for old, new in ((lat, "lat"), (lon, "lon")) if old != new})


def _sorted(order: np.ndarray, axis: xr.DataArray) -> bool:
    return len(order) == axis.size and bool((order == np.arange(len(order))).all())


def _bounded(array: xr.DataArray, most: int | None, name: str) -> None:
    if most is not None and array.size > most:
        raise InputError(
            "ocean_too_large",
            "{name} has {cells} million cells ({shape}: time, latitude, longitude); at most {most} million are "
            "accepted here. Cut out a region or a season, or use python -m eogen inpaint.",
            name=name, cells=round(array.size / 1e6, 1), shape=" x ".join(map(str, array.shape)),
            most=round(most / 1e6, 1),
        )  # fmt: skip


def _sample(raw: xr.DataArray) -> np.ndarray:
    """Return finite values from frames spread over the cube (from every frame while none is found)."""
    count, found = raw.sizes["time"], np.empty(0, np.float32)
    if raw.chunks is None:
        flat = raw.values.ravel()
        flat = flat[np.isfinite(flat)]
        return flat[:: max(len(flat) // _SAMPLE, 1)]
    spread = np.unique(np.linspace(0, count - 1, min(count, 6)).round().astype(int))
    for at in [*spread, *(k for k in range(count) if k not in spread)]:
        frame = raw.isel(time=int(at)).values.ravel()
        found = np.append(found, frame[np.isfinite(frame)][:: max(frame.size // _SAMPLE, 1)])
        if len(found) and at == spread[-1]:
            break
    return found


def _converted(
    raw: xr.DataArray, how: read_variable.Conversion, kind: str, seen: np.ndarray, name: str, lazy: bool
) -> tuple[xr.DataArray, dict[str, int]]:
    """Return (values in the room's units, counts of what became missing)."""
    counts = {}
    if how.linear:
        looked = seen if lazy else raw.values[np.isfinite(raw.values)]
        wrong = int((looked <= 0).sum())
        if wrong > len(looked) / 2:
            raise InputError(
                "ocean_negative",
                "{percent}% of the chlorophyll of {name} is zero or negative: a concentration cannot be. Is it a "
                "logarithm (set units to log10(mg m-3)), an anomaly, or filled with 0 where nothing was seen?",
                name=name,
                percent=round(100 * wrong / len(looked), 1),
            )
        counts["negative_cells"] = wrong
    values, row = how.does(raw), VARIABLES[kind]
    inside = (values >= row.low) & (values <= row.high)
    if not lazy:
        beyond = np.isfinite(values.values) & ~inside.values
        counts["out_of_range_cells"] = int(beyond.sum())
    return values.where(inside), counts


def _sea(
    dataset: xr.Dataset, values: xr.DataArray, dims: tuple[str, str], placed: Any, given: np.ndarray | None
) -> tuple[xr.DataArray, str]:
    if given is not None:
        return xr.DataArray(np.asarray(given, bool), dims=("lat", "lon")), "given"
    mask, said = read_mask.sea_mask(dataset, dims)
    if mask is None:
        return np.isfinite(values).any("time"), said
    return placed(_named(mask, *dims)), said


def _not_hidden(values: xr.DataArray, sea: xr.DataArray, said: str, name: str) -> None:
    seen = np.isfinite(values).any("time")
    if bool(seen.any()) and not bool((seen & sea).any()):
        raise InputError(
            "ocean_mask_hides",
            "The mask {mask} of {name} hides every value: no cell was seen where it says sea. Is it 1 at sea and 0 on "
            "land?",
            mask=said,
            name=name,
        )


def _uncertainty(dataset: xr.Dataset, key: str) -> xr.DataArray | None:
    """Return one s.d. of log10 chlorophyll, from an error in per cent (GlobColour, CMEMS) or in log10 (OC-CCI)."""
    stem = key.removesuffix("_mean")
    for beside in (f"{key}_log10_rmsd", f"{stem}_error", f"{stem}_uncertainty"):
        if beside in dataset and dataset[beside].dims == dataset[key].dims:
            held = dataset[beside]
            if beside.endswith("rmsd"):
                return held
            factor = _RELATIVE.get(str(held.attrs.get("units", "")).replace(" ", ""))
            return None if factor is None else held * (factor / 100 / np.log(10))
    return None


def _described(dataset: xr.Dataset, name: str) -> dict[str, str]:
    """Return where the cube comes from, as its file says it."""
    attrs = dataset.attrs
    licence = next((attrs[k] for k in ("license", "distribution_statement", "copyright") if k in attrs), "")
    return {
        "kind": "real",
        "dataset": "",
        "title": _clean(attrs.get("title", name)),
        "licence": _clean(licence),
        "source": name,
    }


def _clean(text: Any) -> str:
    """Return one printable line: some files hold bytes that are no text."""
    raw = str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(raw.split())


def _files(source: Path | bytes | Sequence[Path]) -> list[Path] | None:
    """Return the files of a sequence, or of a folder of NetCDF files that is no Zarr; None for one source."""
    if isinstance(source, bytes):
        return None
    if isinstance(source, Path):
        return sorted(source.glob("*.nc")) or None if source.is_dir() else None
    return list(source)
