"""A real check of compositions: five phytoplankton types (PFT) in ten Atlantic boxes, filled by others and by us.

The series (Mehdipour et al., Geosci. Model Dev. 19, 1619, 2026; Copernicus Marine) are daily box means of log10 of CHL
and of the CHL of five types: observations that were withheld, and what DINEOF and DINCAE made of them, each type filled
on its own. Two things are measured: how far the answers are from the observations, and whether the parts make up the
whole. Box means of logarithms, and types that the product retrieves one by one, need not add up even where everything
was observed; the observations' own closure is therefore given beside the answers'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.errors import InputError, Unavailable
from eogen.ocean import compositions

WHOLE = "CHL"
TYPES = ("DIATO", "DINO", "HAPTO", "GREEN", "PROKAR")
VARIABLES = (WHOLE, *TYPES)
#: Days of a block of the bootstrap: longer than the series remember.
BLOCK = 30
#: Relative misfit of the sum beyond which a day does not close.
OFF = 0.10


@dataclass(frozen=True)
class Score:
    """Distance of an answer from withheld observations.

    Attributes:
        variable: one of :data:`VARIABLES`.
        region: number of the box; 0 for all.
        rmsd: root mean square difference, log10.
        low: 2.5 % quantile over resampled blocks of days.
        high: 97.5 % quantile.
        bias: mean difference, log10.
        count: region-days compared.
    """

    variable: str
    region: int
    rmsd: float
    low: float
    high: float
    bias: float
    count: int


@dataclass(frozen=True)
class Closure:
    """Whether the types make up CHL.

    Attributes:
        off: part of the region-days with values where the sum differs from CHL by more than 10 %.
        off_of_all: same, of all region-days of the file, those without values included.
        low: 1 % quantile of sum / CHL.
        middle: median.
        high: 99 % quantile.
        count: region-days with values.
    """

    off: float
    off_of_all: float
    low: float
    middle: float
    high: float
    count: int


def read(folder: Path) -> dict[str, xr.Dataset]:
    """Return the series of every file ``pft_*_regionmean_<name>.nc``, by name; ``test`` holds the observations.

    Each is a Dataset of :data:`VARIABLES` (region, time; log10 of mg m-3; NaN = none).

    Raises:
        Unavailable: ``ocean_pft_absent`` when there are no observations, or nothing to compare with them.
        InputError: ``ocean_pft_file`` when a file lacks a variable or an axis.
    """
    found = {}
    for path in sorted(Path(folder).glob("pft_*_regionmean_*.nc")):
        with xr.open_dataset(path) as file:
            lacking = [v for v in (*VARIABLES, "region", "time") if v not in file.variables]
            if lacking:
                raise InputError(
                    "ocean_pft_file", "{name} has no {lacking}.", name=path.name, lacking=", ".join(lacking)
                )
            found[path.stem.rpartition("_")[2]] = file[list(VARIABLES)].transpose("region", "time").load()
    if "test" not in found or len(found) < 2:
        raise Unavailable(
            "ocean_pft_absent",
            "{folder} has no withheld series of phytoplankton types (pft_*_regionmean_test.nc) with an answer beside "
            "them.",
            folder=str(folder),
        )  # fmt: skip
    return found


def scores(answer: xr.Dataset, observed: xr.Dataset, draws: int = 500, seed: int = 0) -> list[Score]:
    """Return the scores of every variable, over all regions (first) and in each."""
    answer, observed = xr.align(answer, observed, join="inner")
    rows = []
    for variable in VARIABLES:
        error = (answer[variable] - observed[variable]).values.astype(np.float64)
        for region, some in [
            (0, error),
            *zip(map(int, observed.region.values), error[:, None, :], strict=True),
        ]:
            rows.append(_score(variable, region, some, draws, seed))
    return rows


def _score(variable: str, region: int, error: np.ndarray, draws: int, seed: int) -> Score:
    """Return the score of errors (region, time), NaN = not compared."""
    known = np.isfinite(error)
    count = int(known.sum())
    if not count:
        return Score(variable, region, *[float("nan")] * 4, 0)
    square = np.where(known, error**2, 0).sum(0)
    # Days of a block, and all regions of a day, go together: their errors know each other.
    block = np.arange(error.shape[1]) // BLOCK
    total, number = np.bincount(block, square), np.bincount(block, known.sum(0))
    picks = np.random.default_rng(seed).integers(len(total), size=(draws, len(total)))
    again = np.sqrt(total[picks].sum(1) / np.maximum(number[picks].sum(1), 1))
    low, high = np.quantile(again, (0.025, 0.975))
    rmsd = float(np.sqrt(total.sum() / count))
    return Score(variable, region, rmsd, float(low), float(high), float(error[known].mean()), count)


def closure(series: xr.Dataset) -> Closure:
    """Return whether the types of a series make up its CHL."""
    ratio = (total(series) / 10.0 ** series[WHOLE].astype(np.float64)).values
    known = np.isfinite(ratio)
    off = np.abs(ratio[known] - 1) > OFF
    low, middle, high = np.quantile(ratio[known], (0.01, 0.5, 0.99))
    return Closure(
        float(off.mean()), float(off.sum() / ratio.size), float(low), float(middle), float(high), len(off)
    )


def total(series: xr.Dataset) -> xr.DataArray:
    """Return the sum of the types, mg m-3."""
    return sum(
        (10.0 ** series[name].astype(np.float64) for name in TYPES[1:]),
        10.0 ** series[TYPES[0]].astype(np.float64),
    )


def closed(series: xr.Dataset) -> xr.Dataset:
    """Return the series as a composition: each type is its part of the types' sum, of CHL.

    This is what any method gives that fills CHL and the log-ratios of the types. By construction the sum is CHL.
    """
    logs = np.stack([series[name].values for name in TYPES]).astype(np.float64)
    parts = compositions.parts(compositions.log_ratios(10.0**logs))
    made = {WHOLE: series[WHOLE].astype(np.float64)}
    for name, part in zip(TYPES, parts, strict=True):
        made[name] = made[WHOLE] + np.log10(part)
    return xr.Dataset(made)


def latitudes(folder: Path) -> dict[int, float]:
    """Return the middle latitude of each box of ``pft_*_regions.csv``; empty where there is no such file."""
    tables = sorted(Path(folder).glob("pft_*_regions.csv"))
    if not tables:
        return {}
    table = pd.read_csv(tables[0])
    return {int(r.regions): float(r.lat_min + r.lat_max) / 2 for r in table.itertuples()}
