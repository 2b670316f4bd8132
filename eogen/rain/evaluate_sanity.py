"""How real the simulation is: what is known of IMERG and radars, beside the same of simulated days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from eogen.rain.blocks import draws_of
from eogen.rain.breakdown import breakdowns
from eogen.rain.ceiling import ceiling
from eogen.rain.describe import describe
from eogen.rain.evaluate_figures import DRAWS, LEVEL, Said
from eogen.rain.examples import day_of
from eogen.rain.maps import WET
from eogen.rain.scores import score_maps
from eogen.rain.scores_fss import fss_table
from eogen.rain.simulate import simulate
from eogen.results import Figure

if TYPE_CHECKING:
    from eogen.rain.evaluate import Bench

#: Simulated days whose maps are looked at (others only give examples), and how many of them in a quick run.
SEEDS, QUICK = range(30000, 30024), 4
#: What the issue asks of the simulator: (least, most).
WANTED = {"microwave_share": (0.30, 0.42), "gap_mean": (1.2, 1.7), "gaps_within_3h": (0.90, 1.0), "pod": (0.55, 0.75),
          "far": (0.30, 0.50), "cc_drop": (0.20, 2.0)}  # fmt: skip
RUNS = ("early", "late")


def measure(bench: Bench) -> None:
    """Add the figures of the simulator and its breakdowns to the report."""
    seeds = list(SEEDS)[: QUICK if bench.quick else None]
    for run in RUNS:
        parts = []
        for k, seed in enumerate(seeds):
            bench.progress(k, len(seeds), "simulate")
            parts.append(_light(simulate(seed, 48, start=day_of(seed), run=run)))
        dataset = f"simulated, {run}, {len(seeds)} days"
        # Days of one seed each are put in the order of their dates: blocks are days.
        parts.sort(key=lambda p: p["time"].values[0])
        pair = xr.concat(parts, "time", combine_attrs="override")
        pair["time"].attrs = dict(parts[0]["time"].attrs)
        table = breakdowns(pair, level=LEVEL, draws=DRAWS, seed=bench.seed)
        bench.report.tables[f"breakdown: {dataset}"] = table.set_index("by")
        bench.report.figures += _figures(dataset, parts, table)
        bench.report.figures += smoothness(Said("imerg", dataset), pair["precipitation"])
        bench.report.figures += smoothness(Said("truth", dataset), pair["radar"])
        if run == "late":
            most = ceiling(pair["precipitation"], pair["radar"], block=8, splits=4, seed=bench.seed)
            scores = score_maps(pair["precipitation"], pair["radar"])
            bench.report.tables[f"which score: {dataset}"] = describe(scores, most["reliability"])
            fss = fss_table(pair["precipitation"], pair["radar"])["fss"].to_pandas()
            bench.report.tables[f"fss: {dataset}"] = fss


def _light(pair: xr.Dataset) -> xr.Dataset:
    """Return what is needed of a pair: whole days of everything would fill the memory."""
    kept = ["precipitation", "radar", "microwave_source", "microwave_age", "radar_wet_share"]
    return pair[[*kept, *(c for c in ("regime",) if c in pair)]]


def _figures(dataset: str, parts: list[xr.Dataset], table: pd.DataFrame) -> Iterator[Figure]:
    said = Said("simulator", dataset)
    seen = [(p["microwave_source"].values > 0) for p in parts]
    shares = np.array([s.mean() for s in seen])
    gaps = [gap_hours(s) for s in seen]
    note = "Interval: bootstrap over days."
    yield from _wanted(said, "microwave_share", shares.mean(), _ends(shares), len(parts), note)
    long = np.concatenate(gaps)
    means = np.array([g.mean() for g in gaps])
    within = np.array([(g <= 3).mean() for g in gaps])
    yield from _wanted(
        said, "gap_mean", long.mean(), _ends(means), len(long), f"{note} Hours between looks.", "h"
    )
    yield from _wanted(said, "gaps_within_3h", (long <= 3).mean(), _ends(within), len(long), note)
    every = table[table["by"] == "all"].set_index("score")
    for score in ("pod", "far", "cc_log", "csi", "hss", "log_bias"):
        row = every.loc[score]
        yield from _wanted(said, score, row["value"], (row["low"], row["high"]), int(row["maps"]), note)
    ages = table[(table["by"] == "age") & (table["score"] == "cc_log")]
    for _, row in ages.iterrows():
        name = f"cc_log_age/{row['class']}"
        yield said.figure(name, row["value"], (row["low"], row["high"]), int(row["maps"]), note=note)
    values = ages["value"].to_numpy(float)
    if len(values) > 3:
        drop = values[0] - values[3]
        yield from _wanted(said, "cc_drop", drop, (np.nan, np.nan), int(ages["maps"].sum()),
                           "Correlation at age 0 less that at 2-3 h.")  # fmt: skip


def _wanted(
    said: Said, name: str, value: float, ends: tuple[float, float], n: int, note: str, unit: str = "1"
) -> Iterator[Figure]:
    """Yield a figure, and how far it lies outside of what was asked."""
    yield said.figure(name, value, ends, n, None, note, unit)
    if name in WANTED:
        low, high = WANTED[name]
        off = max(low - value, value - high, 0.0)
        asked = Said(said.method, said.dataset, targets={f"{name}_off": 0.0})
        yield asked.figure(
            f"{name}_off", off, n=n, better="lower", note=f"Distance from {low:g} to {high:g}.", unit=unit
        )


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Return the bootstrap interval of the mean of one value a day."""
    if len(values) < 2:
        return (np.nan, np.nan)
    drawn = draws_of(len(values), DRAWS) @ values / len(values)
    return tuple(np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))


def gap_hours(seen: np.ndarray) -> np.ndarray:
    """Return the hours between one look and the next, of every place of a sequence of half hours (time, lat, lon)."""
    flat = seen.reshape(len(seen), -1)
    time, place = np.nonzero(flat.T)[::-1]
    follows = np.diff(place) == 0
    return np.diff(time)[follows] / 2


def smoothness(said: Said, rain: xr.DataArray) -> Iterator[Figure]:
    """Yield wet share and correlation of log(1 + R) one pixel and half an hour away, of maps (time, lat, lon)."""
    values = np.log1p(rain.transpose("time", "lat", "lon").values.astype(float))
    known = np.isfinite(values)
    n = len(values)
    wet = (np.expm1(values) >= WET)[known].mean() if known.any() else np.nan
    yield said.figure("wet_share", wet, n=n, better=None, note=f"At least {WET:g} mm/h.")
    beside = [_alike(values[:, :, 1:], values[:, :, :-1]), _alike(values[:, 1:], values[:, :-1])]
    yield said.figure(
        "cc_log_one_pixel", float(np.mean(beside)), n=n, better=None, note="Pixels of 0.1 degrees."
    )
    moment = rain["time"].values
    for minutes in (30, 60):
        later = np.searchsorted(moment, moment + np.timedelta64(minutes, "m"))
        there = (later < n) & (moment[np.minimum(later, n - 1)] == moment + np.timedelta64(minutes, "m"))
        if there.any():
            value = _alike(values[there], values[later[there]])
            note = f"The same place {minutes} minutes later."
            yield said.figure(f"cc_log_{minutes}_min", value, n=int(there.sum()), better=None, note=note)


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    p, q = a[both], b[both]
    return float(np.corrcoef(p, q)[0, 1]) if len(p) > 2 and np.ptp(p) and np.ptp(q) else float("nan")
