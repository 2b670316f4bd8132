"""The daily cubes of the north-east Pacific: several sensors and algorithms side by side in one file.

Sources: Clay, Layton, Devred 2021, PhytoFit, doi:10.5281/zenodo.4770754; NASA OBPG.
"""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from eogen.ocean import read_open, read_sensors
from eogen.ocean.read_product import from_dataset

_ABOUT = {"dataset": "nep_daily", "licence": "MIT (PhytoFit); data NASA OBPG, free and open"}


def nep(path: Path, sensors: str = "merged", algorithm: str | None = None) -> xr.DataArray:
    """Return the daily cube of one file.

    Args:
        path: the file, ``nep_<year>_daily_<sensors>[_<algorithm>].nc``.
        sensors: ``"merged"``: mean over sensors of log10, where several saw the cell; or one sensor ("modis", "viirs",
            "seawifs").
        algorithm: "poly4", "gsm" or "ocx"; the first of these that the file has when None. Never mixed.

    Returns:
        A cube of log10_chl; attrs ``sensors`` and ``algorithm``.

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_sensor``, and those of ``read``.
    """
    with read_open.open_dataset(path) as dataset:
        return _cube(dataset, sensors, algorithm, path.name)


def sensor_pair(path: Path) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the cubes of the two sensors of a file that share an algorithm, on one grid: fill one, ask the other.

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_sensor`` when the file has a single sensor.
    """
    with read_open.open_dataset(path) as dataset:
        if (found := read_sensors.pair(dataset)) is None:
            wanted = "two sensors, one algorithm"
            raise read_sensors.no_sensor(path.name, wanted, read_sensors.by_sensor(dataset))
        first, second, algorithm = found
        return (
            _cube(dataset, first, algorithm, path.name),
            _cube(dataset, second, algorithm, path.name),
        )


def _cube(dataset: xr.Dataset, sensors: str, algorithm: str | None, name: str) -> xr.DataArray:
    one, about = read_sensors.merged(dataset, sensors, algorithm, name)
    return from_dataset(one, "log10chl", name=name, **_ABOUT, **about)
