"""Which months (and bands) an answer came from: the explanations of the registry, all of one signature.

``function(model, series (n, month, band), target (n,), *, background, seed)`` returns (n, month) or (n, month, band),
float64, more is more important. ``background`` (m, month, band) are series that stand for "not known": the mean of the
training set, or samples of it. Months that were not seen get 0 from every method that asks for predictions.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from eogen.landcover.series.coalitions import checked, groups_of, months_as_players, worth
from eogen.landcover.series.months import filled
from eogen.landcover.series.permutations import shapley
from eogen.landcover.series.protocol import Attentive, SeriesModel
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.when_gradient import grad_cam, integrated_gradients, needs

__all__ = [
    "attention",
    "band_group_shapley",
    "grad_cam",
    "group_shapley",
    "integrated_gradients",
    "month_shapley",
    "occlusion",
    "random",
    "season",
    "shapelet_place",
    "shapelet_words",
]  # fmt: skip


@runtime_checkable
class Placed(Protocol):
    """A model of shapelets, which knows where each one lies in a series and what that says."""

    #: (shapelet,) months each shapelet is long.
    lengths: np.ndarray

    def places(self, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where each shapelet lies best (n, shapelet), number of its first month, and its distance there."""
        ...

    def evidence(self, series: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return what each shapelet adds to the logit of ``target`` (n,), (n, shapelet)."""
        ...


def random(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return uniform noise (n, month, band): the control every explanation must beat."""
    series, *_ = checked(model, series, target, background)
    return np.random.default_rng(seed).random(series.shape)


def season(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return the NDVI (n, month) of each series, -1..1: a control that sees the season and never asks the model.

    Raises:
        InputError: ``series_when_bands`` where the model has no red or no near infrared.
    """
    series, *_ = checked(model, series, target, background)
    return ndvi(filled(series), model.bands)


def attention(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return the model's own weights, (n, month) or (n, month, band); they know no target.

    Raises:
        InputError: ``series_when_needs`` for a model without attention.
    """
    if not isinstance(model, Attentive):
        raise needs("attention", "attention")
    series, *_ = checked(model, series, target, background)
    return np.asarray(model.attention(series), np.float64)


def occlusion(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return how much probability (n, month) is lost when a month becomes that of the background.

    Two months that say the same hide each other here: without one the other still speaks (Shapley values do not
    have that blind spot).
    """
    series, target, background = checked(model, series, target, background)
    months = series.shape[1]
    game = worth(model, series, target, background, months_as_players(*series.shape[1:]))
    scores = game(np.vstack([np.ones((1, months), bool), ~np.eye(months, dtype=bool)]))
    return scores[:, :1] - scores[:, 1:]


def month_shapley(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0,
    permutations: int = 8,
) -> np.ndarray:  # fmt: skip
    """Return Shapley values (n, month), which add up to ``p(series) - mean p(background)`` exactly.

    Castro et al. 2009, with the orders of :func:`eogen.landcover.series.permutations.shapley`: 8 of 12 months are 90
    predictions a series at most. Exact up to 5 months.
    """
    series, target, background = checked(model, series, target, background)
    players = months_as_players(*series.shape[1:])
    return _shared(model, series, target, background, players, permutations, seed)


def band_group_shapley(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0,
    permutations: int = 2,
) -> np.ndarray:  # fmt: skip
    """Return Shapley values (n, month, band) of the spectral groups of each month, shared evenly by a group's bands.

    Visible, red edge, near infrared and short waves come and go together within a month: their bands say nearly the
    same, and single ones would cost twice as much. The values of a series add up to ``p(series) - p(background)``.
    """
    series, target, background = checked(model, series, target, background)
    months, _bands = series.shape[1:]
    names, group = groups_of(model.bands)
    players = np.arange(months)[:, None] * len(names) + group
    values = _shared(model, series, target, background, players, permutations, seed)
    return values[:, players] / np.bincount(group)[group]


def _shared(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, background: np.ndarray, players: np.ndarray,
    permutations: int, seed: int,
) -> np.ndarray:  # fmt: skip
    """Return Shapley values (n, player); only those play who were seen in some series, the others get 0."""
    values = np.zeros((len(series), int(players.max()) + 1))
    seen = np.unique(players[np.isfinite(series).any(0)])
    if not len(seen):
        return values
    # Cells nobody saw are the same in every coalition, whoever owns them.
    places = np.minimum(np.searchsorted(seen, players), len(seen) - 1)
    game = worth(model, series, target, background, places)
    values[:, seen] = shapley(game, len(seen), permutations=permutations, seed=seed)
    return values


def group_shapley(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the spectral groups and their exact Shapley values (n, group), over all months at once."""
    series, target, background = checked(model, series, target, background)
    names, group = groups_of(model.bands)
    players = np.broadcast_to(group, series.shape[1:])
    game = worth(model, series, target, background, players)
    return names, shapley(game, len(names), permutations=2 ** len(names), seed=seed)


def shapelet_place(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return what the shapelets say for the target (n, month), each spread over the months where it lies.

    A shapelet's word is its share of the target's logit less its mean share of the other classes, both less what
    they are on the background.

    Raises:
        InputError: ``series_when_needs`` for a model without shapelets.
    """
    if not isinstance(model, Placed):
        raise needs("shapelet_place", "shapelets")
    series, target, background = checked(model, series, target, background)
    start, length = model.places(series)[0], np.asarray(model.lengths)
    word = shapelet_words(model, series, target, background)
    month = np.arange(series.shape[1])
    lies = (month >= start[..., None]) & (month < (start + length)[..., None])
    return np.einsum("nk,nkm->nm", word / length, lies)


def shapelet_words(
    model: Placed, series: np.ndarray, target: np.ndarray, background: np.ndarray
) -> np.ndarray:  # fmt: skip
    """Return what each shapelet says for the target (n, shapelet): its part of the logit less that of the other
    classes, both less what they are on the background (m, month, band).
    """
    classes = len(model.classes)
    word = _said(model, series, target, background)
    mean = np.mean([_said(model, series, np.full(len(series), c), background) for c in range(classes)], 0)
    return (word - mean) * classes / max(classes - 1, 1)


def _said(model: Placed, series: np.ndarray, target: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return what each shapelet adds to the target's logit, less what it adds on the background."""
    usual = {c: model.evidence(background, np.full(len(background), c)).mean(0) for c in np.unique(target)}
    return model.evidence(series, target) - np.array([usual[c] for c in target])
