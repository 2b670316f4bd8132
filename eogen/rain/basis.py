"""What a model is judged by: its past maps, its errors on days kept apart, and what is usual to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from eogen.rain.archive import archive, fitted, step_of
from eogen.rain.baselines import GROUPS, Forest
from eogen.rain.conformal import Conformal, calibrate
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.methods import method
from eogen.rain.models import FOLDER, load
from eogen.rain.protocol import Model, Prediction
from eogen.rain.score_model import FEATURES, ScoreModel
from eogen.rain.scores import BY_NAME

#: Shares of the past maps below and above which a feature is unlike them.
TAILS = (0.001, 0.999)
#: Added to errors before their logarithm is taken: the least spread of a score.
_LEAST = 0.01


@dataclass(frozen=True)
class Basis:
    """A model and what it is known by.

    Attributes:
        name: in the registry.
        model: fitted.
        past: table of past maps: ``seed``, ``step`` (half-hour of the day) and true scores, row by row of ``latent``.
        latent: (n, d) where the model places them, or None.
        limit: 99th percentile of the distance in training, NaN where the model has none.
        low, high: (feature,) range of the hand features of past maps (:data:`TAILS`).
        predicted, true: (m, score) on days kept apart; days: (m,) datetime64.
        real_time: whether it never sees the map after.
    """

    name: str
    model: Model
    past: pd.DataFrame
    latent: np.ndarray | None
    limit: float
    low: np.ndarray
    high: np.ndarray
    predicted: np.ndarray
    true: np.ndarray
    days: np.ndarray
    real_time: bool


@lru_cache(maxsize=16)
def basis(name: str, missing: frozenset[str] = frozenset(), folder: Path = FOLDER) -> Basis:
    """Return the basis of a method of the registry.

    Args:
        name: of the method.
        missing: groups of features (:data:`eogen.rain.baselines.GROUPS`) that the maps to judge do not tell: a method
            that answers otherwise without them is calibrated without them too. Networks keep errors, not maps, and
            are calibrated on complete ones.
        folder: of weights and archives.

    Raises:
        InputError: ``rain_method``.
        Unavailable: ``no_weights``.
    """
    row = method(name)
    kept = archive("early" if row.real_time else "late", folder)
    values = kept.train.features[list(FEATURES)].to_numpy(float)
    known = np.isfinite(values).any(0)
    edges = np.full((2, len(FEATURES)), [[-np.inf], [np.inf]])
    edges[:, known] = np.nanquantile(values[:, known], TAILS, axis=0)
    if row.model:
        model, _ = load(row.model)
        return Basis(name, model, *_of_network(model), edges[0], edges[1], *_errors(model), row.real_time)
    model = fitted(name, folder)
    train = kept.train
    past = train.scores[list(TARGETS)].assign(seed=train.block, step=step_of(train.time))
    apart = without(kept.calibration, missing) if isinstance(model, Forest) else kept.calibration
    return Basis(
        name, model, past, model.predict(train).latent, float(getattr(model, "limit", np.nan)), edges[0], edges[1],
        model.predict(apart).scores[list(TARGETS)].to_numpy(float), apart.scores[list(TARGETS)].to_numpy(float),
        apart.days, row.real_time,
    )  # fmt: skip


def without(examples: Examples, missing: frozenset[str]) -> Examples:
    """Return examples whose features of some groups are not told."""
    gone = [name for group in missing for name in GROUPS[group] if name in examples.features]
    return replace(examples, features=examples.features.assign(**dict.fromkeys(gone, np.nan)))


def missing_groups(features: pd.DataFrame) -> list[frozenset[str]]:
    """Return for each map (n,) the groups of features that it does not tell."""
    told = {
        g: features.reindex(columns=list(names))[names[0]].notna().to_numpy() for g, names in GROUPS.items()
    }
    return [frozenset(g for g in told if not told[g][k]) for k in range(len(features))]


class Margins:
    """Conformal intervals of every score, wider where errors were larger on maps predicted alike.

    The spread is a ridge regression of the logarithm of absolute errors on the predicted scores (the scale of locally
    weighted conformal prediction: Lei et al. 2018, section 5.2). Measured on days kept apart, it narrows intervals of
    the forest by up to a tenth at the same coverage.

    Args:
        of: predictions and truth on days kept apart.
        level: share of maps of a new day that shall be inside.

    Raises:
        InputError: ``rain_conformal_level``.
    """

    def __init__(self, of: Basis, level: float) -> None:
        self.mean = np.nan_to_num(_mean(of.predicted))
        self.weights = np.full((len(TARGETS), len(TARGETS) + 1), np.nan)
        self.margins: list[Conformal | None] = []
        for k, name in enumerate(TARGETS):
            errors = np.abs(of.true[:, k] - of.predicted[:, k])
            good = np.isfinite(errors)
            if not good.any():
                self.margins.append(None)
                continue
            design = self._design(of.predicted[good])
            ridge = np.eye(design.shape[1]) * np.array([0.0, *[1.0] * len(TARGETS)])
            self.weights[k] = np.linalg.solve(
                design.T @ design + ridge, design.T @ np.log(errors[good] + _LEAST)
            )
            span = BY_NAME[name].low, BY_NAME[name].high
            margin = calibrate(
                of.true[good, k],
                of.predicted[good, k],
                of.days[good],
                level,
                self._scale(of.predicted[good])[:, k],
                span,
            )
            self.margins.append(margin)

    def interval(self, scores: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds (n, score) of predictions, NaN where there is none."""
        values = scores[list(TARGETS)].to_numpy(float)
        scale = self._scale(values)
        low, high = np.full((2, *values.shape), np.nan)
        for k, margin in enumerate(self.margins):
            if margin is not None:
                low[:, k], high[:, k] = margin.interval(values[:, k], scale[:, k])
        return low, high

    def _design(self, predicted: np.ndarray) -> np.ndarray:
        apart = np.nan_to_num(predicted - self.mean)
        return np.column_stack([np.ones(len(apart)), apart])

    def _scale(self, predicted: np.ndarray) -> np.ndarray:
        # Nobody extrapolates a logarithm far: kept within what errors of scores can be.
        return np.exp(np.clip(self._design(predicted) @ self.weights.T, np.log(_LEAST) - 2, 2))


def _mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)


def _of_network(model: ScoreModel) -> tuple[pd.DataFrame, np.ndarray, float]:
    past = pd.DataFrame(model.past_scores.numpy().astype(float), columns=list(TARGETS))
    past = past.assign(seed=model.past_seed.numpy(), step=model.past_step.numpy())
    return past, model.past_latent.numpy(), float(model.limit)


def _errors(model: ScoreModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    block = model.calibration_block.numpy().astype("timedelta64[D]")
    days = np.datetime64("2000-01-01", "ns") + block
    return (
        model.calibration_predicted.numpy().astype(float),
        model.calibration_true.numpy().astype(float),
        days,
    )


__all__ = ["Basis", "Margins", "Prediction", "basis", "missing_groups", "without"]
