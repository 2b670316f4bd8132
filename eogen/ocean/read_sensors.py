"""Files that hold one variable per sensor and algorithm (``log10chl_<sensor>_<algorithm>``) -> one variable.

POLY4 (regional) and OCx differ by 0.25 in log10 between sensors: algorithms are never mixed.
"""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from eogen.errors import InputError

_VARIABLE = re.compile(r"log10chl_(?P<sensor>[a-z0-9]+)_(?P<algorithm>[a-z0-9]+)")
#: The algorithm that is taken, first of these that the file has: regional, semi-analytical, global.
_ALGORITHMS = ("poly4", "gsm", "ocx")


def by_sensor(dataset: xr.Dataset) -> dict[tuple[str, str], str]:
    """Return the variables of a file by (sensor, algorithm); empty for any other kind of file."""
    found = {str(key): _VARIABLE.fullmatch(str(key)) for key in dataset.data_vars}
    return {(mark["sensor"], mark["algorithm"]): key for key, mark in found.items() if mark}


def merged(
    dataset: xr.Dataset, sensors: str = "merged", algorithm: str | None = None, name: str = "data"
) -> tuple[xr.Dataset, dict[str, str]]:
    """Return (the dataset with the one variable ``log10chl`` in place of the many, what it was made of).

    Args:
        dataset: opened.
        sensors: ``"merged"``: the mean over sensors of log10 of what each saw; or one sensor.
        algorithm: the first of POLY4, GSM, OCx that the file has when None.
        name: of the file, for sentences.

    Raises:
        InputError: ``ocean_sensor``.
    """
    series = by_sensor(dataset)
    order = (*_ALGORITHMS, *sorted({a for _, a in series}))
    chosen = algorithm or next((each for each in order if any(a == each for _, a in series)), None)
    held = {s: key for (s, a), key in series.items() if a == chosen and sensors in ("merged", s)}
    if not held:
        raise no_sensor(name, f"{sensors}, {algorithm}" if algorithm else sensors, series)
    mean = _mean([dataset[key] for key in held.values()])
    mean.attrs = {"units": "log10(mg m-3)"}
    beside = dataset.drop_vars(list(series.values()))
    return beside.assign(log10chl=mean), {"sensors": ", ".join(held), "algorithm": str(chosen)}


def pair(dataset: xr.Dataset) -> tuple[str, str, str] | None:
    """Return (sensor, other sensor, algorithm they share), None where there is no such pair."""
    series = by_sensor(dataset)
    for algorithm in (*_ALGORITHMS, *sorted({a for _, a in series} - {*_ALGORITHMS})):
        if len(names := sorted(s for s, a in series if a == algorithm)) > 1:
            return names[0], names[1], algorithm
    return None


def no_sensor(name: str, wanted: str, series: dict[tuple[str, str], str]) -> InputError:
    """Return the error for a sensor, algorithm or pair that the file does not have."""
    return InputError(
        "ocean_sensor",
        "{name} has no chlorophyll of {sensors}; it has: {found}.",
        name=name,
        sensors=wanted,
        found=", ".join(f"{s} {a}" for s, a in series) or "-",
    )


def _mean(arrays: list[xr.DataArray]) -> xr.DataArray:
    """Return the mean over arrays of what each saw, one array in memory after the other."""
    total, count = np.float32(0), np.uint8(0)
    for array in arrays:
        values = array.values.astype(np.float32)
        seen = np.isfinite(values)
        total = total + np.where(seen, values, np.float32(0))
        count = count + seen.astype(np.uint8)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.float32("nan"))
    return xr.DataArray(mean, dims=arrays[0].dims)
