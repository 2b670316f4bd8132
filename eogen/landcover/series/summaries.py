"""What a model looks at in a class as a whole: the mean importance of each month and band, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr


def summary(
    importance: np.ndarray,
    label: np.ndarray,
    classes: Sequence[str],
    *,
    bands: Sequence[str] = (),
    group: np.ndarray | None = None,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> xr.Dataset:
    """Average an explanation over the series of each class, with bootstrap intervals (Efron 1979, percentiles).

    Args:
        importance: (n, month) or (n, month, band).
        label: (n,) class of each series into ``classes``; -1 is left out.
        classes: names.
        bands: names of the bands, where they are told apart.
        group: (n,) series that are drawn together (a farm, a tile): their explanations are not independent.
        level: of the intervals, 0..1.
        draws: bootstrap samples.
        seed: of the draws.

    Returns:
        over "class", "month" (from 0) and, where told apart, "band": ``mean``, ``low``, ``high``; summed over the bands
        ``month_mean``, ``month_low``, ``month_high``; over "class" ``n``. NaN for a class without series; an interval
        is NaN for a class of one group.
    """
    values = np.asarray(importance, np.float64)
    values = values[..., None] if values.ndim == 2 else values
    months, count = values.shape[1:]
    sides = np.full((3, len(classes), months, count), np.nan)
    over_bands = np.full((3, len(classes), months), np.nan)
    n = np.zeros(len(classes), np.int64)
    generator = np.random.default_rng(seed)
    cluster = np.arange(len(values)) if group is None else np.asarray(group)
    for k in range(len(classes)):
        rows = np.flatnonzero(np.asarray(label) == k)
        n[k] = len(rows)
        if len(rows):
            made = _bootstrap(values[rows], cluster[rows], draws, generator)
            sides[:, k] = _sides(values[rows].mean(0), made, level)
            over_bands[:, k] = _sides(values[rows].sum(2).mean(0), made.sum(-1), level)
    coords = {"class": list(classes), "month": np.arange(months)}
    held = {
        f"month_{name}": (("class", "month"), side)
        for name, side in zip(("mean", "low", "high"), over_bands, strict=True)
    }
    if np.ndim(importance) == 3:
        coords["band"] = list(bands) if len(bands) else np.arange(count)
        for name, side in zip(("mean", "low", "high"), sides, strict=True):
            held[name] = (("class", "month", "band"), side)
    held["n"] = ("class", n)
    return xr.Dataset(held, coords, {"level": level})


def _bootstrap(
    values: np.ndarray, cluster: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return the means (draw, month, band) of samples of whole clusters, with replacement."""
    _, which = np.unique(cluster, return_inverse=True)
    size = np.bincount(which)
    total = np.zeros((len(size), *values.shape[1:]))
    np.add.at(total, which, values)
    if len(size) < 2:
        return np.full((draws, *values.shape[1:]), np.nan)
    drawn = generator.multinomial(len(size), np.full(len(size), 1 / len(size)), draws)
    return np.tensordot(drawn, total, 1) / (drawn @ size)[:, None, None]


def _sides(mean: np.ndarray, made: np.ndarray, level: float) -> np.ndarray:
    low, high = np.quantile(made, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.stack([mean, low, high])
