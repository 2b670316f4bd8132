"""Intervals for a predicted score that hold on new days, whatever the predictor.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018, J. Am. Stat. Assoc. 113, 1094) takes the errors of maps
that the predictor has not seen, and their quantile as the half-width. Its promise needs exchangeable errors; those of
one day are alike, so days are what is exchangeable here, and each weighs the same: hierarchical conformal prediction
(Lee, Barber & Willett 2023, arXiv:2306.06342; Dunn, Wasserman & Ramdas 2023, J. Am. Stat. Assoc. 118, 2491). A map of a
new day then lies in its interval with at least the probability that is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.errors import InputError
from eogen.rain.blocks import DRAWS, LEVEL, bounds, day_blocks, draws_of


@dataclass(frozen=True)
class Conformal:
    """A calibrated margin.

    Attributes:
        margin: half-width in the units of the score, or in multiples of its scale where scales were given; infinite
            where there are fewer days than the level needs.
        level: asked for.
        days: that it was calibrated on.
        range: of the score, which intervals are cut to.
    """

    margin: float
    level: float
    days: int
    range: tuple[float, float]

    def interval(
        self, predicted: np.ndarray, scale: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds (n,) around predictions (n,), NaN where those are.

        Args:
            scale: (n,) > 0, how uncertain each prediction is; given exactly when calibrating had it.
        """
        half = self.margin if scale is None else self.margin * np.asarray(scale, float)
        return tuple(np.clip(np.asarray(predicted, float) + sign * half, *self.range) for sign in (-1, 1))

    def around(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return predicted quantiles (n,) moved outward (or inward) by the margin of :func:`calibrate_quantiles`."""
        outer = np.asarray(low, float) - self.margin, np.asarray(high, float) + self.margin
        middle = (outer[0] + outer[1]) / 2
        # A negative margin wider than the interval would cross its bounds.
        outer = np.fmin(outer[0], middle), np.fmax(outer[1], middle)
        return tuple(np.clip(o, *self.range) for o in outer)


def calibrate(
    truth: np.ndarray,
    predicted: np.ndarray,
    time: np.ndarray,
    level: float = LEVEL,
    scale: np.ndarray | None = None,
    span: tuple[float, float] = (-np.inf, np.inf),
    cautious: bool = True,
) -> Conformal:
    """Return the margin of predictions on days that the predictor has not seen.

    Args:
        truth, predicted: (n,) true and predicted scores; NaN pairs are left out. Predictions made by leaving out the
            map's own day may be used too: then the promise is of the kind of CV+ (Barber et al. 2021, Ann. Stat. 49,
            486), in practice at the level, in theory at ``2 level - 1``.
        time: (n,) datetime64 (UTC), for the days.
        level: share of maps of a new day that shall be inside.
        scale: (n,) > 0, the spread that the predictor gives each map; errors are measured in it, so that certain maps
            get narrow intervals (Lei et al. 2018, section 5.2).
        span: least and greatest value of the score.
        cautious: keep the promise with few days too, at the price of holding up to 1 / (days + 1) more than asked; else
            the plain quantile of equal days, which holds the level on average only when days are many (Dunn et al.
            2023, pooled distribution functions).

    Raises:
        InputError: ``rain_conformal_size``, ``rain_conformal_level``, ``rain_conformal_none``,
            ``rain_conformal_scale``.
    """
    truth, predicted = (np.asarray(v, float) for v in (truth, predicted))
    _check(level, truth, predicted, time, *(() if scale is None else (scale,)))
    errors = np.abs(truth - predicted)
    if scale is not None:
        scale = np.asarray(scale, float)
        if (scale <= 0).any():
            raise InputError(
                "rain_conformal_scale",
                "The smallest spread of the predictions is {least}; every spread must be above 0.",
                least=float(np.nanmin(scale)),
            )
        errors = errors / scale
    return _calibrated(errors, time, level, span, cautious)


def calibrate_quantiles(
    truth: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    time: np.ndarray,
    level: float = LEVEL,
    span: tuple[float, float] = (-np.inf, np.inf),
    cautious: bool = True,
) -> Conformal:
    """Return the margin that predicted quantiles need (conformalised quantile regression, Romano et al. 2019, NeurIPS).

    Args and errors: as :func:`calibrate`; ``low`` and ``high`` (n,) are the predicted quantiles. The margin may be
    negative: then they were too wide. Use :meth:`Conformal.around`.
    """
    truth, low, high = (np.asarray(v, float) for v in (truth, low, high))
    _check(level, truth, low, high, time)
    return _calibrated(np.maximum(low - truth, truth - high), time, level, span, cautious)


def day_quantile(
    errors: np.ndarray, time: np.ndarray, level: float, cautious: bool = True
) -> tuple[float, int]:
    """Return the conformal quantile of errors (n,) with equal days, and the number of days.

    Of K days, each error of a day of n maps weighs 1 / ((K + 1) n), and the day to come weighs 1 / (K + 1) at infinity
    (Lee et al. 2023, theorem 1): infinite unless K + 1 >= 1 / (1 - level). Not ``cautious``: without the day to come.
    """
    good = np.isfinite(errors)
    days, index = day_blocks(np.asarray(time)[good])
    weight = 1 / ((len(days) + cautious) * np.bincount(index)[index])
    order = np.argsort(errors[good], kind="stable")
    reached = np.cumsum(weight[order]) >= level - 1e-9
    return (float(errors[good][order][reached.argmax()]) if reached.any() else np.inf), len(days)


def coverage(
    truth: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    time: np.ndarray,
    level: float = 0.9,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, float]:
    """Return how often intervals (n,) hold the truth (n,), with the day-block interval of that share.

    Returns:
        ``share`` (of maps), ``low``, ``high`` (at ``level``), ``width`` (mean), ``worst_day`` (least share of a day),
        ``n``, ``days``. NaN where nothing is known.
    """
    truth, low, high = (np.asarray(v, float) for v in (truth, low, high))
    good = np.isfinite(truth) & ~np.isnan(low) & ~np.isnan(high)
    if not good.any():
        return dict.fromkeys(("share", "low", "high", "width", "worst_day"), np.nan) | {"n": 0, "days": 0}
    inside = ((truth >= low) & (truth <= high))[good].astype(float)
    days, index = day_blocks(np.asarray(time)[good])
    held, count = np.bincount(index, inside), np.bincount(index).astype(float)
    weights = draws_of(len(days), draws, seed)
    edges = bounds((weights @ held) / (weights @ count), len(days), level)
    return {
        "share": float(inside.mean()),
        "low": float(edges[0]),
        "high": float(edges[1]),
        "width": float((high - low)[good].mean()),
        "worst_day": float((held / count).min()),
        "n": int(good.sum()),
        "days": len(days),
    }


def calibration_slope(
    truth: np.ndarray,
    predicted: np.ndarray,
    time: np.ndarray,
    level: float = 0.9,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return the slope of truth (n,) on prediction (n,), 1 when those mean what they say, and its interval by days.

    Below 1 they are too far apart, above 1 too timid (Cox 1958, Biometrika 45, 562). NaN where predictions do not vary.
    """
    good = np.isfinite(truth) & np.isfinite(predicted)
    y, x = (np.asarray(v, float)[good] for v in (truth, predicted))
    if len(x) < 2 or np.ptp(x) == 0:
        return (float("nan"),) * 3
    days, index = day_blocks(np.asarray(time)[good])
    # Centred first: slopes do not move with the origin, and sums then lose no digits.
    x, y = x - x.mean(), y - y.mean()
    parts = np.array([np.bincount(index, v, len(days)) for v in (np.ones_like(x), x, y, x * x, x * y)]).T
    n, sx, sy, sxx, sxy = (draws_of(len(days), draws, seed) @ parts).T
    spread = sxx - sx * sx / n
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.where(spread > 1e-12 * sxx, (sxy - sx * sy / n) / spread, np.nan)
    low, high = bounds(drawn, len(days), level)
    return float((x @ y) / (x @ x)), float(low), float(high)


def _calibrated(
    errors: np.ndarray, time: np.ndarray, level: float, span: tuple[float, float], cautious: bool
) -> Conformal:
    if not np.isfinite(errors).any():
        raise InputError(
            "rain_conformal_none",
            "None of the {count} maps has both a true and a predicted score; calibrate on maps that radar has seen.",
            count=len(errors),
        )
    margin, days = day_quantile(errors, time, level, cautious)
    return Conformal(margin, level, days, (float(span[0]), float(span[1])))


def _check(level: float, *columns: np.ndarray) -> None:
    if not 0 < level < 1:
        raise InputError(
            "rain_conformal_level",
            "The level of an interval is {level}; a share between 0 and 1 is expected, such as 0.8.",
            level=level,
        )
    sizes = {np.shape(c) for c in columns}
    if len(sizes) > 1:
        raise InputError(
            "rain_conformal_size",
            "Truth, prediction and time have the sizes {found}; one of each is needed for every map.",
            found=", ".join(" × ".join(map(str, np.shape(c))) or "1" for c in columns),
        )
