"""Arrays in the internship's convention: ``PSC.npy`` [3], ``Dyn.npy`` [10], ``Chl.npy`` [1], NaN = land or missing.

PSC holds micro, nano, pico; Dyn the physical predictors. The arrays say nothing of where and when: ``axes.json`` beside
them does: {"time": ["2010-01-01", …], "lat": […], "lon": […], "chl_units": "mg m-3", "dyn": ["sst", …]}.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import read_open
from eogen.ocean.read_product import from_dataset

SIZES = ("micro", "nano", "pico")
_AXES = ("time", "lat", "lon")


def arrays(folder: Path) -> xr.Dataset:
    """Return the arrays of ``folder`` with their axes.

    Args:
        folder: with ``Chl.npy`` and ``axes.json``; ``PSC.npy`` and ``Dyn.npy`` where there are. The axis of 1, 3 or 10
            may stand first or after time; it may be missing for Chl.

    Returns:
        ``log10_chl`` (time, lat, lon) with coordinate ``sea`` (where the predictors, else anything, were ever there),
        ``psc`` (size, time, lat, lon), ``dyn`` (predictor, time, lat, lon), ascending axes.

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_arrays``; those of ``read``.
    """
    sidecar = folder / "axes.json"
    for path in (sidecar, folder / "Chl.npy"):
        if not path.is_file():
            raise read_open.absent(path)
    try:
        axes = json.loads(sidecar.read_text("utf-8"))
        time = np.asarray(axes["time"], "datetime64[ns]")
        lat, lon = (np.asarray(axes[name], float) for name in ("lat", "lon"))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as fault:
        raise _wrong(
            "axes.json", f"it needs lists called time, lat and lon ({type(fault).__name__})"
        ) from fault
    if any(axis.ndim != 1 for axis in (time, lat, lon)):
        raise _wrong("axes.json", "it needs lists called time, lat and lon")
    shape = (len(time), len(lat), len(lon))
    coords = {
        "time": time,
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
    }
    held = xr.Dataset(coords=coords)
    units = {"units": str(axes.get("chl_units", ""))}
    held["chl"] = (_AXES, _load(folder / "Chl.npy", shape)[0], units)
    for name, dim, labels in (("psc", "size", SIZES), ("dyn", "predictor", axes.get("dyn"))):
        path = folder / f"{'PSC' if name == 'psc' else 'Dyn'}.npy"
        if path.is_file():
            values = _load(path, shape)
            names = list(labels) if labels and len(labels) == len(values) else list(range(len(values)))
            if name == "psc" and len(values) != len(SIZES):
                raise _wrong(path.name, f"it has {len(values)} classes, not micro, nano and pico")
            held[name] = ((dim, *_AXES), values)
            held = held.assign_coords({dim: names})
    if "dyn" in held:
        held["ocean"] = np.isfinite(held.dyn).any(("predictor", "time")).astype(np.int8)
    chl = from_dataset(held, "chl", name="Chl.npy")
    turned = {"time": held.time.argsort(), "lat": held.lat.argsort()}
    if not (beside := [name for name in ("psc", "dyn") if name in held]):
        return chl.to_dataset()
    others = held[beside].isel(turned)
    others = others.assign_coords(lon=np.mod(others.lon - float(chl.lon[0]), 360.0) + float(chl.lon[0]))
    return xr.merge([chl.to_dataset(), others.sortby("lon")], join="override", combine_attrs="override")


def _load(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Return (channel, time, lat, lon) float32."""
    try:
        # Mapped: a header that promises more than the file holds is refused before any memory is asked for.
        values = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, OSError, EOFError, MemoryError, OverflowError) as fault:
        raise _wrong(path.name, "it is no array of numbers (pickled objects are not opened)") from fault
    if values.dtype.kind not in "fiu":
        raise _wrong(path.name, f"its values are of type {values.dtype}")
    for axis in (0, 1):
        if values.ndim == 4 and np.delete(values.shape, axis).tolist() == list(shape):
            return np.moveaxis(values, axis, 0).astype(np.float32)
    if values.shape == shape:
        return values[None].astype(np.float32)
    if shape[0] == 1 and values.shape[-2:] == shape[1:] and values.ndim in (2, 3):
        return values.reshape(-1, *shape).astype(np.float32)
    raise _wrong(path.name, f"its shape is {values.shape}; axes.json says {shape} (time, lat, lon)")


def _wrong(name: str, reason: str) -> InputError:
    return InputError("ocean_arrays", "{name} cannot be used: {reason}.", name=name, reason=reason)
