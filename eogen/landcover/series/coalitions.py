"""What a coalition of months and bands is worth to a model: the others become those of the background.

A value that was never seen (NaN) is no player: it stays unseen in every coalition, so that an explanation credits only
what was there. The values of a coalition are averaged over the rows of the background (the interventional value of
Lundberg & Lee 2017, arXiv 1705.07874), which the mean series alone makes cheapest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eogen.errors import InputError
from eogen.landcover.bands import BANDS, GROUPS
from eogen.landcover.series.protocol import SeriesModel

#: Worth (series, coalition) of coalitions (coalition, player), the same for all series or, with a first axis, own ones.
Worth = Callable[[np.ndarray], np.ndarray]

#: Rows handed to a model at once: 4,096 series of 12 months and 9 bands are 1.8 MB.
ROWS = 4096


def checked(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return series (n, month, band) and background (m, month, band) as float32, and target (n,) as int.

    A background (month, band) counts as one row; one target serves all series.

    Raises:
        InputError: ``series_when_shape`` where they are not of the model's months and bands;
            ``series_when_target`` where a target is none of its classes.
    """
    series = np.asarray(series, np.float32)
    background = np.asarray(background, np.float32)
    background = background[None] if background.ndim == 2 else background
    shape = (model.months, len(model.bands))
    for given in (series, background):
        if given.ndim != 3 or given.shape[1:] != shape or not len(background):
            raise InputError(
                "series_when_shape",
                "The model reads {months} months of {bands} bands; a series or background has the shape {found}.",
                months=shape[0], bands=shape[1], found=str(given.shape),
            )  # fmt: skip
    target = np.array(np.broadcast_to(np.asarray(target, np.int64), (len(series),)))
    wrong = target[(target < 0) | (target >= len(model.classes))]
    if len(wrong):
        raise InputError(
            "series_when_target",
            "{given} is no class of the model; its classes are 0 to {last}.",
            given=int(wrong[0]), last=len(model.classes) - 1,
        )  # fmt: skip
    return series, target, background


def probability(model: SeriesModel, series: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the probability (n,) of each series' target, float64, asked :data:`ROWS` at a time."""
    found = [
        model.predict_proba(series[k : k + ROWS])[np.arange(len(series[k : k + ROWS])), target[k : k + ROWS]]
        for k in range(0, len(series), ROWS)
    ]
    return np.concatenate(found).astype(np.float64) if found else np.zeros(0)


def hidden(series: np.ndarray, keep: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return series (..., month, band) with what is not kept from the background; NaN stays NaN."""
    return np.where(keep | np.isnan(series), series, background)


def worth(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, background: np.ndarray, players: np.ndarray
) -> Worth:
    """Return the game: the mean probability of the target while only a coalition's cells are the series' own.

    Args:
        model: what is asked.
        series: (n, month, band), NaN where nothing was seen.
        target: (n,) class of each.
        background: (m, month, band): what stands for "not known".
        players: (month, band) int, the player that owns each cell, from 0.
    """

    def asked(coalitions: np.ndarray) -> np.ndarray:
        own = np.broadcast_to(coalitions, (len(series), *coalitions.shape[-2:]))
        total = np.empty(own.shape[:2])
        step = max(1, ROWS // (own.shape[1] * len(background)))
        for k in range(0, len(series), step):
            keep = own[k : k + step][:, :, None, players]
            rows = hidden(series[k : k + step, None, None], keep, background)
            many = np.repeat(target[k : k + step], keep.shape[1] * len(background))
            scores = probability(model, rows.reshape(-1, *series.shape[1:]), many)
            total[k : k + step] = scores.reshape(len(keep), keep.shape[1], -1).mean(2)
        return total

    return asked


def months_as_players(months: int, bands: int) -> np.ndarray:
    """Return (month, band) players: each month one, with all its bands."""
    return np.repeat(np.arange(months)[:, None], bands, 1)


def groups_of(bands: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the spectral groups present and the group (band,) of each band."""
    names = tuple(g for g in GROUPS if any(BANDS[b].group == g for b in bands))
    return names, np.array([names.index(BANDS[b].group) for b in bands])
