"""BreizhCrops: series of parcels in HDF5, an index of them in CSV, and the classes of the French land parcel register.

For a region such as frh01: ``frh01.h5``, an array (date, column) for each parcel; ``frh01.csv``, with ``path`` in that
file, ``CODE_CULTU`` and ``id``; ``classmapping.csv`` (``code``, ``id``, ``classname``), beside it or above;
outlines in ``frh01.shp``, not needed. Level 1C has 17 columns and level 2A 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from eogen import hdf5
from eogen.errors import InputError
from eogen.landcover.bands import ALL
from eogen.landcover.series.cube import UNKNOWN, parcels
from eogen.landcover.series.read_common import (
    FAULTS,
    MOST,
    QUANTIFICATION,
    believable,
    damaged,
    lacking,
    large,
    present,
    table,
    unlike,
)  # fmt: skip

#: Columns of the arrays; ``doa`` is the date of acquisition in nanoseconds since 1970 (Rußwurm et al. 2020,
#: doi:10.5194/isprs-archives-XLIII-B2-2020-1545-2020). Level 1C was published in two orders: see :func:`_columns`.
L2A = ("doa", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12", "CLD", "EDG", "SAT")
_QUALITY = ("QA10", "QA20", "QA60", "doa")
L1C = (*ALL, *_QUALITY)
L1C_FIRST = (
    "B01",
    "B10",
    "B11",
    "B12",
    "B02",
    "B03",
    "B04",
    "B05",
    "B06",
    "B07",
    "B08",
    "B8A",
    "B09",
    *_QUALITY,
)
LEVEL = {17: "L1C", 14: "L2A"}
#: Columns that are above 0 where the ground was not seen.
_HIDDEN = ("QA60", "CLD", "EDG", "SAT")
_NEEDED = ("CODE_CULTU", "path")
MOST_PARCELS = 5000


def regions(folder: Path) -> list[tuple[Path, Path]]:
    """Return (HDF5, index) of the regions in ``folder``."""
    found = []
    for path in sorted(folder.glob("*.h5")):
        try:
            if set(_NEEDED) <= set(table(index := index_of(path), nrows=0).columns):
                found.append((path, index))
        except InputError:
            continue
    return found


def index_of(path: Path) -> Path:
    """Return the index of an HDF5 file: its name with ``.csv``, beside it or above (archives unpack deep)."""
    beside = path.with_suffix(".csv")
    return next((p for folder in path.parents[:7] if (p := folder / beside.name).is_file()), beside)


def read(path: Path, *, most: int = MOST_PARCELS, seed: int = 0) -> xr.Dataset:
    """Return parcels of a region.

    Args:
        path: the HDF5 file; its index lies beside it or above.
        most: parcels to read, drawn with ``seed`` where there are more.
        seed: of that draw.

    Returns:
        Parcels on the days of all their images; cloud is NaN. Each parcel is its own ``group``. Attributes:
        ``level`` ("L1C" is top of atmosphere), ``left_out``, parcels whose crop is in no class, ``of``, parcels in all.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_file_shape``; ``series_large``;
            ``file_points_outside``; those of ``parcels``.
    """
    path = Path(path)
    present(path)
    index = table(index_of(path))
    if missing := [c for c in _NEEDED if c not in index]:
        raise lacking(path.with_suffix(".csv").name, ", ".join(missing))
    classes, code = _classes(path)
    known = index[index["CODE_CULTU"].astype(str).isin(code)]
    drawn = known
    if len(known) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(known), most, replace=False))
        drawn = known.iloc[rows]
    if not len(drawn):
        raise lacking(path.with_suffix(".csv").name, "CODE_CULTU (classmapping.csv: code)")
    try:
        with h5py.File(path, "r") as file:
            held = [hdf5.dataset(file, str(name), path.name) for name in drawn["path"]]
            if (size := sum(each.size for each in held)) > MOST:
                raise large(path.name, size)
            series = [np.asarray(each, float) for each in held]
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(path.name, fault) from fault
    values, time, bands, level = _together(series, path.name)
    ids = drawn["id"] if "id" in drawn else drawn["path"]
    made = parcels(
        values, time, bands, label=np.array([code[str(c)] for c in drawn["CODE_CULTU"]]), classes=classes,
        group=np.arange(len(drawn)), kind="real", dataset="breizhcrops", title=path.stem, source=path.name,
        licence="labels RPG, Licence Ouverte 2.0; contains modified Copernicus Sentinel data", level=level,
        left_out=len(index) - len(known), of=len(index),
    )  # fmt: skip
    made["sample"] = ("parcel", ids.astype(str).to_numpy(str))
    made["crop"] = ("parcel", drawn["CODE_CULTU"].astype(str).to_numpy(str))
    return made


def _together(series: Sequence[np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    """Return (parcel, day, band), days, bands and level of arrays whose days differ."""
    width = {each.shape[1] if each.ndim == 2 else 0 for each in series}
    if len(width) != 1 or not width <= set(LEVEL):
        raise unlike(name, series[0].shape, "n × 17 (L1C), n × 14 (L2A)")
    number = width.pop()
    columns = L2A if number == len(L2A) else _columns(series)
    bands = [b for b in ALL if b in columns]
    doa = columns.index("doa")
    every = [each[:, doa].astype("int64").astype("datetime64[ns]").astype("datetime64[D]") for each in series]
    time = np.unique(np.concatenate(every)) if every else np.array([], "datetime64[D]")
    if len(series) * len(time) * len(bands) > MOST:
        raise large(name, len(series) * len(time) * len(bands))
    values = np.full((len(series), len(time), len(bands)), np.nan, np.float32)
    hidden = [columns.index(c) for c in _HIDDEN if c in columns]
    taken = [columns.index(b) for b in bands]
    for row, (days, each) in enumerate(zip(every, series, strict=True)):
        seen = (each[:, hidden] <= 0).all(1)
        values[row, np.searchsorted(time, days[seen])] = believable(each[seen][:, taken] / QUANTIFICATION)
    return values, time, bands, LEVEL[number]


def _columns(series: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Return the order of level 1C: B10 lies where water vapour absorbs, so of the places it can have it is the darker.

    The first release had it second, later ones have it eleventh, between B09 and B11.
    """
    values = np.concatenate(series)
    second, eleventh = (np.median(values[:, place]) for place in (1, 10))
    return L1C_FIRST if second < eleventh else L1C


def _classes(path: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the classes and code -> class of the nearest ``classmapping.csv``."""
    found = next((p for folder in path.parents[:9] if (p := folder / "classmapping.csv").is_file()), None)
    if found is None:
        present(path.parent / "classmapping.csv")
        raise AssertionError  # present() has raised
    mapping: pd.DataFrame = table(found)
    if missing := [c for c in ("code", "id", "classname") if c not in mapping]:
        raise lacking(found.name, ", ".join(missing))
    named = mapping.groupby("id")["classname"].first().sort_index()
    place = {number: k for k, number in enumerate(named.index)}
    classes = tuple(str(n).strip().lower().replace(" ", "_") for n in named)
    code = {str(c): place.get(n, UNKNOWN) for c, n in zip(mapping["code"], mapping["id"], strict=True)}
    return classes, code
