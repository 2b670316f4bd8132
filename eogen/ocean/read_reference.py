"""Answers of others to compare with: DINEOF's own run on the Alboran Sea, regional series of phytoplankton types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import read_open
from eogen.ocean.read_product import read

_BOX = {"lon_min": "west", "lon_max": "east", "lat_min": "south", "lat_max": "north"}
#: A GHER file begins with ten empty Fortran records.
_EMPTY = 80


@dataclass(frozen=True)
class Alboran:
    """The small example of DINEOF (Alvera-Azcárate et al. 2005, doi:10.1016/j.ocemod.2004.08.001) and its result.

    Attributes:
        sst: the cube, degrees Celsius, 10 days.
        sigma: (mode,) singular values.
        temporal: (mode, time) V.
        spatial: (mode, lat, lon) U, NaN on land.
        variance: (mode,) explained, per cent.
        cv_error: (tried modes,) expected error by cross-validation with 1, 2, … modes, degrees Celsius.
        cv_initial: (n,) values withheld, the mean removed as DINEOF does.
        cv_best: (n,) what the best number of modes made of them.
    """

    sst: xr.DataArray
    sigma: np.ndarray
    temporal: np.ndarray
    spatial: np.ndarray
    variance: np.ndarray
    cv_error: np.ndarray
    cv_initial: np.ndarray
    cv_best: np.ndarray


def alboran(folder: Path) -> Alboran:
    """Return the Alboran case of the room's folder.

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_damaged``; those of ``read``.
    """
    stem = folder / "dineof_alboran_reference"
    with read_open.open_dataset(Path(f"{stem}_eof.nc")) as eof:
        spatial = next(str(name) for name in eof.data_vars if str(name).startswith("U"))
        sigma, temporal, modes = (eof[name].values for name in ("Sigma", "V", spatial))
    with read_open.open_dataset(Path(f"{stem}_diagnostics.nc")) as diagnostics:
        variance = diagnostics["varEx"].values
    errors = gher(Path(f"{stem}_valc.dat"))
    return Alboran(
        read(folder / "dineof_alboran_sst.nc", dataset="dineof_alboran"),
        sigma,
        temporal,
        np.where(np.abs(modes) < 9000, modes, np.nan),
        variance,
        errors[errors > 0],  # the first and last places are not used
        gher(Path(f"{stem}_CVpoints_initial.dat")),
        gher(Path(f"{stem}_CVpoints_best_estimate.dat")),
    )


def gher(path: Path) -> np.ndarray:
    """Return the array of a GHER binary file, flat arrays as (n,), else (k, j, i); the exclusion value is NaN.

    Ten empty Fortran records, one of (imax, jmax, kmax, bytes per value, values per record, exclusion value), then the
    values, i fastest, split into records. Either byte order (told by the second record's length, 24).

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_damaged``.
    """
    if not path.is_file():
        raise read_open.absent(path, "dineof_alboran")
    raw = path.read_bytes()
    order = next(
        (o for o in (">", "<") if np.frombuffer(raw[_EMPTY : _EMPTY + 4], f"{o}i4").tolist() == [24]), None
    )
    try:
        if order is None:
            raise ValueError("no header")
        head = np.frombuffer(raw, f"{order}i4", 5, _EMPTY + 4)
        i, j, k, size, _ = (int(value) for value in head)
        exclusion = float(np.frombuffer(raw, f"{order}f4", 1, _EMPTY + 24)[0])
        at, parts = _EMPTY + 32, []
        while at < len(raw):
            length = int(np.frombuffer(raw, f"{order}i4", 1, at)[0])
            parts.append(np.frombuffer(raw, f"{order}f{size}", length // size, at + 4))
            at += length + 8
        values = np.concatenate(parts)[: i * j * k].astype(float).reshape(k, j, i)
    except (ValueError, TypeError) as fault:
        raise read_open.damaged(path.name, fault) from fault
    values[values == exclusion] = np.nan
    return values.ravel() if j == k == 1 else values


def pft(folder: Path) -> dict[str, xr.Dataset]:
    """Return the regional means by kind: ``"test"`` (withheld observations), ``"dineof"``, ``"dincae"`` …

    Each has CHL and the phytoplankton types in its file (region, time; log10 of mg m-3; NaN = none) and, where the
    table of regions is there, the boxes ``west``, ``east``, ``south``, ``north`` (region; degrees).

    Raises:
        Unavailable: ``ocean_absent`` when there is none.
        InputError: ``ocean_damaged``.
    """
    found = {}
    boxes = next(iter(sorted(folder.glob("pft_*_regions.csv"))), None)
    for path in sorted(folder.glob("pft_*_regionmean_*.nc")):
        with read_open.open_dataset(path) as dataset:
            held = xr.decode_cf(dataset).load()
        held.attrs |= {"dataset": "pft_atlantic", "units": "log10(mg m-3)"}
        found[re.sub(r".*_regionmean_", "", path.stem)] = held if boxes is None else _boxed(held, boxes)
    if not found:
        raise read_open.absent(folder / "pft_*_regionmean_*.nc", "pft_atlantic")
    return found


def _boxed(held: xr.Dataset, path: Path) -> xr.Dataset:
    table = pd.read_csv(path)
    if lacking := [name for name in ("regions", *_BOX) if name not in table]:
        raise InputError(
            "ocean_regions_table",
            "{name} has no column {lacking}; regions, lon_min, lon_max, lat_min and lat_max are needed.",
            name=path.name,
            lacking=", ".join(lacking),
        )
    table = table.set_index("regions").reindex(held["region"].values)
    return held.assign_coords({new: ("region", table[old].to_numpy(float)) for old, new in _BOX.items()})
