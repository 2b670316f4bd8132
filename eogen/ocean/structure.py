"""Whether a fill looks like the sea: is it as rough at every scale, and do the methods agree?

A mean is smooth where it does not know, rightly; a member that is smooth, or rough, is not a possible sea. Errors of
single cells do not see that. Three measures do, all on hidden cells, all 1 where fill and truth are alike:

* the ratio of mean gradients, on pairs of neighbours that were both hidden;
* the ratio of variograms, on pairs of hidden cells some pixels apart: defined on any mask;
* the ratio of power spectra, on square windows where the truth is known throughout and at least half was hidden (plane
  removed, Hann window). Cells that were not hidden are the same in both, which draws the ratio towards 1: read it with
  the variogram, which has none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

#: Distances (pixels) of the variogram.
LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
#: Side of the windows of the spectrum (pixels), the least hidden share of one, and the most taken of a frame.
SIDE, LEAST, MOST = 32, 0.5, 12


def gradient_sums(truth: np.ndarray, fill: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return (frame, 2): summed |difference| of neighbours, of the fill and of the truth, where both cells were hidden.

    Args:
        truth: (frame, lat, lon), known where ``held``.
        fill: (frame, lat, lon).
        held: (frame, lat, lon) bool.
    """
    total = np.zeros((len(truth), 2))
    for axis in (1, 2):
        both = _pairs(held, 1, axis)
        for k, field in enumerate((fill, truth)):
            step = np.abs(_apart(field, 1, axis))
            total[:, k] += np.where(both, step, 0.0).sum((1, 2))
    return total


def gradient_ratio(truth: np.ndarray, fill: np.ndarray, held: np.ndarray) -> float:
    """Return the mean gradient of the fill over that of the truth, see :func:`gradient_sums`; NaN without pairs."""
    top, bottom = gradient_sums(truth, fill, held).sum(0)
    return float(top / bottom) if bottom > 0 else float("nan")


def variogram(field: np.ndarray, mask: np.ndarray, lags: Sequence[int] = LAGS) -> pd.DataFrame:
    """Return ``gamma`` (half the mean squared difference, Matheron 1963) and ``pairs`` of cells of ``mask``, by lag.

    Args:
        field: (frame, lat, lon).
        mask: (frame, lat, lon) bool; both cells of a pair are in it.
        lags: pixels, along rows and columns.
    """
    rows = []
    for lag in lags:
        square = count = 0.0
        for axis in (1, 2):
            both = _pairs(mask, lag, axis)
            square += float((np.where(both, _apart(field, lag, axis), 0.0).astype(float) ** 2).sum())
            count += float(both.sum())
        rows.append((square / count / 2 if count else np.nan, int(count)))
    return pd.DataFrame(rows, columns=["gamma", "pairs"], index=pd.Index(lags, name="lag"))


def variogram_ratio(
    truth: np.ndarray, fill: np.ndarray, held: np.ndarray, lags: Sequence[int] = LAGS
) -> pd.DataFrame:
    """Return ``ratio`` (fill over truth) and ``pairs`` by lag (pixels), on pairs of hidden cells."""
    below, above = variogram(truth, held, lags), variogram(fill, held, lags)
    return pd.DataFrame({"ratio": above.gamma / below.gamma, "pairs": below.pairs})


def power_spectrum(windows: np.ndarray) -> pd.DataFrame:
    """Return the isotropic power spectral density of square windows (n, side, side), averaged over them.

    A plane is removed from each window, a Hann window applied (its power restored), and the density averaged over rings
    of wavenumber, one cycle per window wide.

    Returns:
        index ``wavelength`` (pixels, ``side`` down to 2), ``power`` (unit² pixel²): flat and equal to the variance for
        white noise.
    """
    fields = np.asarray(windows, float)
    side = fields.shape[-1]
    taper = np.hanning(side + 1)[:-1]
    taper = taper[:, None] * taper
    rough = (fields - _plane(fields)) * taper
    power = np.abs(np.fft.fft2(rough)) ** 2 / (taper**2).sum()
    k = np.fft.fftfreq(side) * side
    ring = np.rint(np.hypot(k[:, None], k)).astype(int)
    rings = np.arange(1, side // 2 + 1)
    mean = [power[:, ring == r].mean() for r in rings]
    return pd.DataFrame({"power": mean}, index=pd.Index(side / rings, name="wavelength"))


def windows(held: np.ndarray, known: np.ndarray, side: int = SIDE, least: float = LEAST) -> np.ndarray:
    """Return corners (n, 3: frame, row, column) of windows known throughout, a share ``least`` of them hidden.

    Windows of one frame overlap by half a side at most; the most hidden of a frame are taken first.
    """
    found: list[tuple[int, int, int]] = []
    for t in range(len(held)):
        hidden, complete = _box_sums(held[t], side), _box_sums(known[t], side)
        good = (complete == side * side) & (hidden >= least * side * side)
        ys, xs = np.nonzero(good)
        order = np.argsort(-hidden[ys, xs], kind="stable")
        taken: list[tuple[int, int]] = []
        for y, x in zip(ys[order].tolist(), xs[order].tolist(), strict=True):
            if all(max(abs(y - v), abs(x - u)) >= side // 2 for v, u in taken):
                taken.append((y, x))
                if len(taken) == MOST:
                    break
        found += [(t, y, x) for y, x in taken]
    return np.array(found, int).reshape(-1, 3)


def spectrum_ratio(
    truth: np.ndarray, fill: np.ndarray, held: np.ndarray, side: int = SIDE, least: float = LEAST
) -> pd.DataFrame:
    """Return ``ratio`` (power of the fill over the truth's) by wavelength (pixels); see the module's text.

    Args:
        truth: (frame, lat, lon), NaN where not known.
        fill: (frame, lat, lon) the answer, or (member, frame, lat, lon): the members' mean power.
        held: (frame, lat, lon) bool.
        side: of the windows, pixels.
        least: hidden share of a window.

    Returns:
        attrs ``windows`` tells how many; no rows when there is none.
    """
    corners = windows(held, np.isfinite(truth), side, least)
    made = pd.DataFrame({"ratio": np.zeros(0)}, index=pd.Index([], dtype=float, name="wavelength"))
    if len(corners):
        members = fill if fill.ndim == 4 else fill[None]
        below = power_spectrum(_cut(truth, corners, side)).power
        above = np.mean([power_spectrum(_cut(m, corners, side)).power for m in members], axis=0)
        made = pd.DataFrame({"ratio": above / below})
    made.attrs["windows"] = len(corners)
    return made


def taylor(truth: np.ndarray, fill: np.ndarray) -> dict[str, float]:
    """Return ``sd_ratio``, ``r`` and ``centred_rmse`` (over the truth's s.d.): a point of Taylor's diagram (2001).

    They obey ``centred_rmse² = 1 + sd_ratio² - 2 r sd_ratio`` (doi:10.1029/2000JD900719).
    """
    t, f = np.asarray(truth, float).ravel(), np.asarray(fill, float).ravel()
    if not (t.size > 1 and t.std() > 0):
        return dict.fromkeys(("sd_ratio", "r", "centred_rmse"), float("nan"))
    centred = (f - f.mean()) - (t - t.mean())
    r = float(np.corrcoef(t, f)[0, 1]) if f.std() > 0 else float("nan")
    return {
        "sd_ratio": float(f.std() / t.std()), "r": r,
        "centred_rmse": float(np.sqrt((centred**2).mean()) / t.std()),
    }  # fmt: skip


def agreement(answers: Mapping[str, np.ndarray]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the root mean square differences and the correlations of methods (n, n) on the same cells (m,) each."""
    names = list(answers)
    values = np.stack([np.asarray(answers[n], float) for n in names])
    apart = np.sqrt(((values[:, None] - values[None]) ** 2).mean(-1))
    spread = values.std(1)
    centred = values - values.mean(1, keepdims=True)
    product = np.outer(spread, spread)
    alike = np.divide(
        centred @ centred.T / values.shape[1], product, out=np.full_like(product, np.nan), where=product > 0
    )
    return pd.DataFrame(apart, names, names), pd.DataFrame(alike, names, names)


def _cut(fields: np.ndarray, corners: np.ndarray, side: int) -> np.ndarray:
    return np.stack([fields[t, y : y + side, x : x + side] for t, y, x in corners])


def _pairs(mask: np.ndarray, lag: int, axis: int) -> np.ndarray:
    first, second = _shifted(mask, lag, axis)
    return first & second


def _apart(field: np.ndarray, lag: int, axis: int) -> np.ndarray:
    first, second = _shifted(field, lag, axis)
    return second - first


def _shifted(a: np.ndarray, lag: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two views, ``lag`` apart along ``axis``; empty ones when the field is shorter."""
    ahead, size = np.moveaxis(a, axis, -1), max(a.shape[axis] - lag, 0)
    first, second = ahead[..., :size], ahead[..., a.shape[axis] - size :]
    return np.moveaxis(first, -1, axis), np.moveaxis(second, -1, axis)


def _plane(fields: np.ndarray) -> np.ndarray:
    side = fields.shape[-1]
    at = np.arange(side) - (side - 1) / 2
    weight = (at**2).sum() * side
    north = (fields * at[:, None]).sum((-2, -1), keepdims=True) / weight
    east = (fields * at).sum((-2, -1), keepdims=True) / weight
    return fields.mean((-2, -1), keepdims=True) + north * at[:, None] + east * at


def _box_sums(mask: np.ndarray, side: int) -> np.ndarray:
    if min(mask.shape) < side:
        return np.zeros((0, 0), int)
    total = np.pad(mask.astype(int).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
