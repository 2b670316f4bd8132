"""How alike two places at two times are, measured on what was seen, gaps and all.

The covariance of anomalies is estimated at every displacement at once from masked products (Wiener-Khinchin with a
mask, as in Marcotte 1996, Computers & Geosciences 22, 1175), then fitted by a sum of separable exponentials and a
nugget, in the units of the standardised anomaly. No held-out value is read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.optimize import least_squares

from eogen.errors import InputError

#: Distances (km, as multiples of a pixel) at which the covariance is fitted, and the number of frame lags.
EDGES = np.array([0.5, 1.5, 2.5, 3.5, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112])
LAGS = 6
MOST_FRAMES = 40
#: Pairs of seen cells at one distance and delay, from which their covariance is told.
PAIRS = 500


@dataclass(frozen=True)
class Covariance:
    """A sum of separable exponentials of distance and of time, and a nugget.

    Attributes:
        variance: (c,) of each component, in units of the standardised anomaly's variance.
        length: (c,) km.
        duration: (c,) days.
        nugget: variance of what no neighbour knows: noise and sub-pixel structure.
    """

    variance: np.ndarray
    length: np.ndarray
    duration: np.ndarray
    nugget: float

    def __call__(self, distance: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Return the covariance at a distance (km) and a delay (days), broadcast, without the nugget."""
        total = 0.0
        for v, length, duration in zip(self.variance, self.length, self.duration, strict=True):
            total = total + v * np.exp(-distance / length - days / duration)
        return total

    @property
    def total(self) -> float:
        """Return the variance of a noise-free anomaly."""
        return float(self.variance.sum())


def empirical(
    anomaly: np.ndarray, days: np.ndarray, pixel: tuple[float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return distances (km), delays (days), covariances and pair counts, each (n,); none where too little was seen.

    A distance of -1 stands for the very same cells.

    Args:
        anomaly: (time, lat, lon) float32, NaN = missing.
        days: (time,).
        pixel: (north-south, east-west) km.
        rng: picks at most 40 frames of each delay.
    """
    shape = anomaly.shape[1:]
    reach = [min(s, int(EDGES[-1]) + 1) for s in shape]
    padded = [fft.next_fast_len(s + r, real=True) for s, r in zip(shape, reach, strict=True)]
    seen = np.isfinite(anomaly)
    step = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    dy = np.arange(-reach[0] + 1, reach[0]) * pixel[0]
    dx = np.arange(-reach[1] + 1, reach[1]) * pixel[1]
    distance = np.hypot(dy[:, None], dx[None, :])
    unit = min(pixel)
    ring = np.digitize(distance.ravel(), EDGES * unit)
    rows = []
    usable = np.flatnonzero(seen.any((1, 2)))
    at: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def transform(k: int) -> tuple[np.ndarray, np.ndarray]:
        if k not in at:
            frame = np.where(seen[k], anomaly[k], 0).astype(np.float32)
            at[k] = (fft.rfft2(frame, padded), fft.rfft2(seen[k].astype(np.float32), padded))
        return at[k]

    first = rng.permutation(usable)[:MOST_FRAMES]
    for lag in range(LAGS):
        products, pairs, delays = 0.0, 0.0, []
        for k in first:
            other = k + lag
            if (
                other >= len(days)
                or not seen[other].any()
                or days[other] - days[k] > (lag + 0.5) * step * 1.5
            ):
                continue
            (a, ma), (b, mb) = transform(k), transform(other)
            products = products + a * np.conj(b)
            pairs = pairs + ma * np.conj(mb)
            delays.append(days[other] - days[k])
        if not delays:
            continue
        total = _centred(fft.irfft2(products, padded), reach)
        count = np.round(_centred(fft.irfft2(pairs, padded), reach))
        for r in range(len(EDGES)):
            inside = ring == r
            n = count.ravel()[inside].sum()
            if n > PAIRS and (r > 0 or lag > 0):
                mean_distance = (distance.ravel()[inside] * count.ravel()[inside]).sum() / n
                rows.append((mean_distance, np.mean(delays), total.ravel()[inside].sum() / n, n))
            elif n > PAIRS:  # the very same cells: holds the nugget
                rows.append((-1.0, 0.0, total.ravel()[inside].sum() / n, n))
    return tuple(np.array(rows, float).reshape(-1, 4).T)  # type: ignore[return-value]


def fitted(
    anomaly: np.ndarray,
    days: np.ndarray,
    pixel: tuple[float, float],
    rng: np.random.Generator,
    offset: bool = False,
    components: int = 3,
) -> Covariance:
    """Return the covariance that fits best; see :func:`empirical` for the arguments.

    ``offset``: also fit a constant that was taken from the pairs of the same frame, for frames whose own mean holds
    much of what is to be known (few frames, far apart in time).

    Raises:
        InputError: ``ocean_seen_little``.
    """
    distance, delay, value, count = empirical(anomaly, days, pixel, rng)
    same = distance < 0
    if same.all():
        frames, rows, columns = anomaly.shape
        raise InputError(
            "ocean_seen_little",
            "This cube ({frames} dates of {rows} × {columns} cells) is too small or too cloudy to measure how alike "
            "its places are, which needs {pairs} pairs of seen cells; give a larger region or more dates, or choose a "
            "simpler method.",
            frames=frames, rows=rows, columns=columns, pairs=PAIRS,
        )  # fmt: skip
    # A sea without any anomaly has a covariance too: next to none.
    total = max(float(value[same][0]) if same.any() else float(value.max()), 1e-6)
    d, t, c = distance[~same], delay[~same], value[~same]
    step = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    unit = min(pixel)
    # Near pairs decide how a gap's edge is filled; far ones are many, and all alike.
    weight = np.minimum(count[~same] / 5000.0, 1.0) ** 0.5 / (1.0 + d / (30.0 * unit))
    weight = weight / weight.mean()

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        v, length, duration = np.exp(x[:-1]).reshape(3, components)
        return v, length, duration

    def residual(x: np.ndarray) -> np.ndarray:
        v, length, duration = unpack(x)
        model = (v[:, None] * np.exp(-d / length[:, None] - t / duration[:, None])).sum(0)
        # Removing each frame's mean has taken a constant from every covariance of the same frame.
        taken = np.where(t == 0, x[-1], 0.0) * offset
        return np.append((model - taken - c) * weight / total, 1e-3 * (x - start))

    lengths = np.geomspace(4, 80, components) * unit
    durations = np.geomspace(1.0, 8.0, components) * step
    start = np.append(
        np.log(np.concatenate([np.full(components, total / components * 0.8), lengths, durations])), 0.0
    )
    one = np.ones(components)
    low = np.append(np.log(np.concatenate([1e-6 * total * one, unit * one, 0.2 * step * one])), -1e-9)
    high = np.append(
        np.log(np.concatenate([2 * total * one, 2000 * unit * one, 200 * step * one])), 0.5 * total
    )
    found = least_squares(residual, start, bounds=(low, high), x_scale=1.0, max_nfev=400)
    v, length, duration = unpack(found.x)
    nugget = max(total + offset * float(found.x[-1]) - float(v.sum()), 0.02 * total)
    return Covariance(v, length, duration, nugget)


def _centred(full: np.ndarray, reach: list[int]) -> np.ndarray:
    rolled = np.roll(full, (reach[0] - 1, reach[1] - 1), (0, 1))
    return rolled[: 2 * reach[0] - 1, : 2 * reach[1] - 1]
