"""What is known of each cell of a map of cells, or of each cluster: its score card, and past maps that stand for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import xarray as xr

from eogen.rain.blocks import LEVEL, mean_bounds
from eogen.rain.examples import TARGETS, Examples, day_of
from eogen.rain.maps import SENSORS
from eogen.rain.score_model import ScoreModel
from eogen.rain.simulate import simulate

#: What is averaged over a cell beside scores: column of a card -> hand feature (age in minutes, the others 0-1).
ABOUT = {"age": "age", "seen": "seen", "quality": "quality", "infrared": "infrared", "wet": "wet"}


def cards(
    model: ScoreModel, examples: Examples, sensors: pd.DataFrame | None = None, level: float = LEVEL
) -> pd.DataFrame:
    """Return one row a cell: what maps it holds, and how good these truly were.

    Args:
        model: with clusters.
        examples: maps whose scores are known; those without are counted, but in no mean.
        sensors: (n, sensor) share of each map's pixels that a sensor saw, from :func:`sensors_of`, or None.
        level: of the intervals, by bootstrap of whole days (:func:`eogen.rain.blocks.mean_bounds`).

    Returns:
        Index ``cell``; ``row`` and ``column`` from 0, the first row on top (0 and the cell's number for a model
        without a grid); ``count`` maps, ``share`` of all, ``days``; of each score s of TARGETS ``s``, ``s_low``,
        ``s_high``; ``age`` (minutes), ``seen``, ``quality``, ``infrared``, ``wet`` (0-1), means of hand features;
        ``regime_r`` share of the cell's maps of regime r, for each regime that examples name; ``sensor_s`` mean share
        of pixels, for each column of ``sensors``. NaN where a cell holds nothing to tell it from.

    Raises:
        ValueError: ``sensors`` has another number of rows than examples.
    """
    if sensors is not None and len(sensors) != len(examples):
        raise ValueError(f"{len(sensors)} rows of sensors for {len(examples)} maps")
    cell = model.assign(model.encoded(examples))[0].numpy()
    names = sorted(set(examples.regime) - {""})
    columns = model.grid[1] if model.grid else model.clusters
    rows = []
    for k in range(model.clusters):
        here = cell == k
        some = examples.some(here)
        held: dict[str, float] = {
            "cell": k, "row": k // columns, "column": k % columns, "count": int(here.sum()),
            "share": float(here.mean()), "days": len(np.unique(some.block)),
        }  # fmt: skip
        for name in TARGETS:
            held[name], held[f"{name}_low"], held[f"{name}_high"], _ = mean_bounds(
                some.scores[name].to_numpy(float), some.days, level
            )
        for name, feature in ABOUT.items():
            held[name] = float(some.features[feature].mean()) if feature in some.features else np.nan
        for name in names:
            held[f"regime_{name}"] = float((some.regime == name).mean()) if len(some) else np.nan
        if sensors is not None:
            held |= {f"sensor_{name}": float(sensors.loc[here, name].mean()) for name in sensors}
        rows.append(held)
    return pd.DataFrame(rows).set_index("cell")


def sensors_of(imerg: xr.Dataset) -> pd.DataFrame:
    """Return (time, sensor) the share of each map's pixels that each sensor saw in the half-hour, ``none`` included.

    Args:
        imerg: with ``microwave_source`` (:mod:`eogen.rain.maps`).
    """
    source = imerg["microwave_source"].transpose("time", "lat", "lon").values
    known = np.maximum((source >= 0).sum((1, 2)), 1)
    codes = sorted({int(code) for code in np.unique(source)} & set(SENSORS))
    shares = {SENSORS[code]: (source == code).sum((1, 2)) / known for code in codes}
    return pd.DataFrame(shares, index=pd.Index(imerg["time"].values, name="time"))


@torch.no_grad()
def medoids(model: ScoreModel, examples: Examples) -> np.ndarray:
    """Return (cell,) the row of examples nearest to each centre among the cell's own maps, -1 where it holds none."""
    return _medoids(model, model.encoded(examples))


@torch.no_grad()
def remembered(model: ScoreModel) -> pd.DataFrame:
    """Return the past map that stands for each cell, of those a trained model remembers: no example is needed.

    Returns:
        Index ``cell``; ``seed`` of the simulated day and ``step``, half-hours since its midnight (:func:`made_again`
        makes the map again), and its true scores, columns of TARGETS; cells that no past map lies in are left out.
    """
    rows = _medoids(model, model.past_latent)
    cells = np.flatnonzero(rows >= 0)
    table = pd.DataFrame(model.past_scores[rows[cells]].numpy(), columns=list(TARGETS))
    table.insert(0, "step", model.past_step[rows[cells]].numpy())
    table.insert(0, "seed", model.past_seed[rows[cells]].numpy())
    return table.set_index(pd.Index(cells, name="cell"))


@torch.no_grad()
def members(model: ScoreModel, cell: int, count: int = 12) -> pd.DataFrame:
    """Return remembered past maps of a cell, nearest to its centre first: seed, step, ``distance`` and true scores."""
    cells, distance = model.assign(model.past_latent)
    rows = torch.nonzero(cells == cell)[:, 0]
    rows = rows[distance[rows].argsort(stable=True)][:count]
    table = pd.DataFrame(model.past_scores[rows].numpy(), columns=list(TARGETS))
    table.insert(0, "distance", distance[rows].numpy())
    table.insert(0, "step", model.past_step[rows].numpy())
    table.insert(0, "seed", model.past_seed[rows].numpy())
    return table


def made_again(seed: int, step: int, run: str = "late") -> xr.Dataset:
    """Return the pair, of one half-hour, that a model remembers by its seed and step: its day is simulated again.

    Args:
        seed, step: from :func:`remembered` or :func:`members`.
        run: ``"late"``, or ``"early"`` for a real-time model.
    """
    return simulate(seed, 48, start=day_of(seed), run=run).isel(time=slice(step, step + 1))


def counterpart(pairs: Sequence[xr.Dataset]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean IMERG map and the mean radar map of pairs on one grid, (lat, lon) mm h-1, north up.

    Args:
        pairs: the maps of a cell, from :func:`made_again` say; each of one or more half-hours.

    Returns:
        Means over pixels that are known, NaN where none is.
    """
    means = []
    for name in ("precipitation", "radar"):
        rain = np.concatenate([pair[name].transpose("time", "lat", "lon").values for pair in pairs])[:, ::-1]
        known = ~np.isnan(rain)
        count = known.sum(0)
        means.append(np.where(count > 0, np.where(known, rain, 0).sum(0) / np.maximum(count, 1), np.nan))
    return means[0], means[1]


def _medoids(model: ScoreModel, latent: torch.Tensor) -> np.ndarray:
    cells, distance = model.assign(latent)
    found = np.full(model.clusters, -1)
    for cell in range(model.clusters):
        if len(rows := torch.nonzero(cells == cell)[:, 0]):
            found[cell] = int(rows[distance[rows].argmin()])
    return found
