"""How good is an IMERG map that no radar sees? Scores with intervals, past maps alike, and what speaks against both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from eogen.rain.basis import Basis, Margins, basis, missing_groups
from eogen.rain.blocks import LEVEL
from eogen.rain.examples import TARGETS, Examples, day_of, of_maps
from eogen.rain.maps import CELL
from eogen.rain.protocol import Prediction
from eogen.rain.score_model import FEATURES
from eogen.rain.scores import BY_NAME
from eogen.rain.windows import windows

#: Past maps shown, each of another day.
NEAREST = 6
#: Cells of a side of the maps that were learnt from; how many times longer or shorter a side may be.
WINDOW, APART = 80, 1.5
#: A map whose share of features beyond nearly all past maps is above this is unusual.
BEYOND = 0.1
#: Least share of pixels with data, and length of a map in minutes, that past maps had.
KNOWN, MINUTES = 0.5, 30
_HALF_HOUR = np.timedelta64(30, "m")


@dataclass(frozen=True)
class Fact:
    """Something a reader must know before trusting the scores.

    Attributes:
        code: ``no_age``, ``no_quality``, ``no_infrared`` (the file does not tell), ``no_before``, ``no_after`` (maps
            without a neighbour in time), ``scale`` (``times``: longest side over that of past maps), ``minutes``
            (``step``), ``gaps`` (half or more without data), ``dry`` (no rain: scores have no meaning), ``unusual``
            (unlike what was learnt from), ``no_score`` (the method says nothing of them), ``simulated`` (all that was
            learnt from is).
        maps: how many it concerns.
        values: numbers of the sentence.
    """

    code: str
    maps: int
    values: dict[str, float]


@dataclass(frozen=True)
class Judgement:
    """What is said of maps without radar.

    Attributes:
        maps: Dataset along ``time``: each score of :data:`~eogen.rain.examples.TARGETS` with ``<score>_low`` and
            ``<score>_high``; ``cluster`` (-1 = none) and ``<score>_cluster`` where the method has clusters;
            ``distance``, ``beyond`` (share of the hand features outside what past maps had) and ``unusual``.
        nearest: one row a map and past map: ``time``, ``rank`` (1 = nearest), ``distance``, ``seed``, ``step`` (that
            make it again: see :func:`past_map`), ``date``, and its true scores.
        facts: what to know first.
        method, level: what was asked for.
    """

    maps: xr.Dataset
    nearest: pd.DataFrame
    facts: tuple[Fact, ...]
    method: str
    level: float

    def table(self) -> pd.DataFrame:
        """Return one row a map and score: ``time score value low high``, and ``cluster_mean`` where there is one."""
        parts = []
        for name in TARGETS:
            found = {"time": self.maps["time"].values, "score": name, "value": self.maps[name].values}
            found |= {edge: self.maps[f"{name}_{edge}"].values for edge in ("low", "high")}
            if f"{name}_cluster" in self.maps:
                found["cluster_mean"] = self.maps[f"{name}_cluster"].values
            parts.append(pd.DataFrame(found))
        return pd.concat(parts, ignore_index=True).sort_values("time", kind="stable", ignore_index=True)


def judge(imerg: xr.Dataset, name: str = "forest", level: float = LEVEL) -> Judgement:
    """Return what a method says of IMERG maps, no radar being looked at.

    Args:
        imerg: ``precipitation`` and what is said beside it (:mod:`eogen.rain.maps`); a radar in it is ignored.
        name: of a method of the registry.
        level: of the intervals: the share of maps of a new day like the simulated ones that lie inside.

    Raises:
        InputError: ``rain_method``; ``rain_conformal_level``.
        Unavailable: ``no_weights`` when the method, or the archive of past maps, is not on this machine.
    """
    known = basis(name)
    told = imerg.drop_vars([v for v in ("radar", "radar_wet_share") if v in imerg])
    examples = of_maps(told, known.real_time)
    said = known.model.predict(examples)
    low, high = _intervals(name, known, said, examples, level)
    beyond = _beyond(known, examples)
    unusual = beyond > BEYOND
    if said.distance is not None and np.isfinite(known.limit):
        unusual = unusual | (said.distance > known.limit)
    held = _dataset(examples, said, low, high, beyond, unusual)
    held.attrs = {
        "title": f"Scores of IMERG maps without radar ({name})", "kind": "derived", "method": name, "level": level,
        "source": "eogen.rain.judge; " + str(imerg["precipitation"].attrs.get("title", "")), "Conventions": "CF-1.11",
    }  # fmt: skip
    facts = _facts(told, examples, known, said, unusual)
    return Judgement(held, _nearest(known, said, examples.time), facts, name, level)


def judge_windows(
    imerg: xr.Dataset, name: str = "forest", level: float = LEVEL, side: int = WINDOW
) -> xr.Dataset:
    """Return the scores of each window of a large map, at the scale that was learnt.

    Args:
        imerg, name, level: of :func:`judge`.
        side: cells of a window; windows overlap where the map is no multiple of it.

    Returns:
        The ``maps`` of :class:`Judgement` with dims (time, lat, lon), ``lat`` and ``lon`` being the middles of windows
        (degrees).

    Raises:
        InputError, Unavailable: those of :func:`judge`.
    """
    rows, columns = (windows(imerg.sizes[dim], side) for dim in ("lat", "lon"))
    parts = [judge(imerg.isel(lat=r, lon=c), name, level).maps for r, c in product(rows, columns)]
    lines = [xr.concat(parts[k : k + len(columns)], "lon") for k in range(0, len(parts), len(columns))]
    found = xr.concat(lines, "lat").transpose("time", "lat", "lon")
    middle = lambda dim, parts: [float(imerg[dim][s].mean()) for s in parts]
    found = found.assign_coords(lat=middle("lat", rows), lon=middle("lon", columns))
    found["lat"].attrs = {"standard_name": "latitude", "units": "degrees_north"}
    found["lon"].attrs = {"standard_name": "longitude", "units": "degrees_east"}
    return found


def past_map(seed: int, step: int, run: str = "late", around: int = 0) -> xr.Dataset:
    """Return the pair of a past map (time 1), or with ``around`` maps before and after it, simulated again.

    Raises:
        InputError: ``rain_simulated``, ``rain_run``.
    """
    from eogen.rain.simulate import simulate

    day = simulate(int(seed), min(int(step) + around + 1, 48), start=day_of(int(seed)), run=run)
    return day.isel(time=slice(max(int(step) - around, 0), int(step) + around + 1))


def _intervals(
    name: str, known: Basis, said: Prediction, examples: Examples, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return bounds (n, score); maps that tell less are given the errors of maps that tell as little."""
    low, high = np.full((2, len(examples), len(TARGETS)), np.nan)
    patterns = missing_groups(examples.features)
    for pattern in set(patterns) or {frozenset()}:
        rows = np.array([p == pattern for p in patterns], bool)
        # The map after is never told in real time: that is what the archive is like already.
        margins = Margins(basis(name, pattern), level)
        low[rows], high[rows] = margins.interval(said.scores[rows])
    return low, high


def _beyond(known: Basis, examples: Examples) -> np.ndarray:
    """Return the share (n,) of told features that lie outside nearly all past maps."""
    values = examples.features.reindex(columns=list(FEATURES)).to_numpy(float)
    told = np.isfinite(values)
    outside = told & ((values < known.low - 1e-3) | (values > known.high + 1e-3))
    return outside.sum(1) / np.maximum(told.sum(1), 1)


def _dataset(
    examples: Examples, said: Prediction, low: np.ndarray, high: np.ndarray, beyond: np.ndarray, unusual: np.ndarray
) -> xr.Dataset:  # fmt: skip
    along = lambda values, text, **more: ("time", values, {"long_name": text, **more})
    found: dict[str, Any] = {}
    for k, name in enumerate(TARGETS):
        about = f"{name}: {BY_NAME[name].formula}"
        found[name] = along(said.scores[name].to_numpy(float), f"predicted {about}", units="1")
        found[f"{name}_low"] = along(low[:, k], f"lower bound of {name}", units="1")
        found[f"{name}_high"] = along(high[:, k], f"upper bound of {name}", units="1")
        if said.cluster_scores is not None:
            mean = said.cluster_scores[name].to_numpy(float)
            found[f"{name}_cluster"] = along(mean, f"mean true {name} of past maps of the cluster", units="1")
    cluster = np.full(len(examples), -1) if said.cluster is None else said.cluster
    distance = np.full(len(examples), np.nan) if said.distance is None else said.distance
    found["cluster"] = along(np.asarray(cluster, np.int16), "cluster of the map; -1 = the method has none")
    found["distance"] = along(np.asarray(distance, float), "distance to what was learnt from", units="1")
    found["beyond"] = along(beyond, "share of hand features outside what past maps had", units="1")
    found["unusual"] = along(unusual.astype(np.int8), "unlike the maps that were learnt from", flag_values=[0, 1],
                             flag_meanings="usual unusual")  # fmt: skip
    held = xr.Dataset(found, coords={"time": examples.time})
    held["time"].attrs = {"standard_name": "time", "long_name": "start of the interval (UTC)"}
    return held


def _nearest(known: Basis, said: Prediction, time: np.ndarray) -> pd.DataFrame:
    """Return the nearest past maps of different days."""
    columns = ["time", "rank", "distance", "seed", "step", "date", *TARGETS]
    if said.latent is None or known.latent is None or not len(time):
        return pd.DataFrame(columns=columns)
    seeds = known.past["seed"].to_numpy()
    _, index = np.unique(seeds, return_inverse=True)
    parts = []
    square = (known.latent**2).sum(1)
    for k, latent in enumerate(said.latent):
        apart = np.sqrt(np.maximum(square - 2 * known.latent @ latent + latent @ latent, 0))
        order = np.argsort(apart, kind="stable")
        # Half-hours of one day look alike: of each, the nearest alone.
        _, first = np.unique(index[order], return_index=True)
        rows = order[np.sort(first)[:NEAREST]]
        part = known.past.iloc[rows].assign(
            time=time[k], rank=np.arange(1, len(rows) + 1), distance=apart[rows]
        )
        parts.append(part)
    found = pd.concat(parts, ignore_index=True)
    dates = [day_of(int(s)) + int(h) * _HALF_HOUR for s, h in zip(found["seed"], found["step"], strict=True)]
    return found.assign(date=np.array(dates, "datetime64[ns]"))[columns]


def _facts(
    imerg: xr.Dataset, examples: Examples, known: Basis, said: Prediction, unusual: np.ndarray
) -> tuple[Fact, ...]:
    found = []
    add = lambda code, maps, **values: found.append(Fact(code, int(maps), values)) if maps else None
    features = examples.features
    count = lambda column: int(features.reindex(columns=[column])[column].isna().sum())
    n = len(examples)
    add("no_age", count("age"))
    add("no_quality", count("quality"))
    add("no_infrared", count("infrared"))
    add("no_before", count("change_before"))
    if not known.real_time:
        add("no_after", count("change_after"))
    times = max(_sides(imerg), key=lambda t: max(t, 1 / t))
    add("scale", n if max(times, 1 / times) > APART else 0, times=times)
    step = float(imerg["time"].attrs.get("step_minutes", MINUTES))
    add("minutes", n if step != MINUTES else 0, step=step)
    add("gaps", (features["known"] < KNOWN).sum(), share=float(features["known"].min()) if n else 1.0)
    add("dry", (features["wet"] == 0).sum())
    add("unusual", unusual.sum())
    add("no_score", said.scores.isna().all(axis=1).sum())
    add("simulated", n)
    return tuple(found)


def _sides(imerg: xr.Dataset) -> Sequence[float]:
    """Return the sides over those of past maps, in degrees, so that other cells are seen too."""
    found = []
    for dim in ("lat", "lon"):
        axis = imerg[dim].values
        cell = float(np.median(np.diff(axis))) if len(axis) > 1 else CELL
        found.append(cell * len(axis) / (WINDOW * CELL))
    return found
