"""What clouds look like, in numbers: measured on real masks, and asked of the simulated ones.

A mask is True where something is hidden. What was measured on the NE Pacific is in :mod:`eogen.ocean.clouds`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, label

#: Smallest gap (cells) that counts for the exponents: below, the grid decides the shape.
SMALLEST = 8
#: Coverages between which a frame tells about gap sizes: with fewer clouds there is nothing to see, with more they
#: merge into one.
FEW, MANY = 0.15, 0.75


@dataclass(frozen=True)
class CloudStatistics:
    """What was measured on masks.

    Attributes:
        coverage: mean over frames of the covered part of the sea.
        spread: standard deviation over frames of the logit of the coverage.
        persistence: correlation of the logit of the coverage from one frame to the next.
        slope: of the masks' power spectrum, power against wavenumber, between 1/48 and 1/6 cycles per cell.
        stretch: correlation length east-west over north-south.
        length: distance (cells) at which a mask's correlation, its frame's coverage removed, falls to 1/e.
        memory: correlation of a cell's mask, its frame's coverage removed, with the next frame's.
        sizes: exponent a of the gaps' areas, density ~ area^-a (largest likelihood).
        fractal: dimension d of the edges, perimeter ~ area^(d/2).
        gaps: how many gaps the last two were measured on.
    """

    coverage: float
    spread: float
    persistence: float
    slope: float
    stretch: float
    length: float
    memory: float
    sizes: float
    fractal: float
    gaps: int


def measure(clouds: np.ndarray, sea: np.ndarray) -> CloudStatistics:
    """Return the statistics of masks.

    Args:
        clouds: (time, lat, lon) bool, True = hidden.
        sea: (lat, lon) bool.
    """
    clouds = clouds & sea
    share = clouds[:, sea].mean(1)
    logit = np.log((share + 0.005) / (1.005 - share))
    persistence = _correlation(logit[:-1], logit[1:]) if len(logit) > 2 else float("nan")
    deviation = np.where(sea, clouds - share[:, None, None], 0.0).astype(np.float32)
    telling = (share > FEW) & (share < MANY)
    east, north = (_length(deviation[telling], sea, axis) for axis in (2, 1))
    size, dimension, count = _gaps(clouds[telling])
    both = telling[:-1] & telling[1:]
    memory = (
        _correlation(deviation[:-1][both][:, sea], deviation[1:][both][:, sea])
        if both.any()
        else float("nan")
    )
    return CloudStatistics(
        float(share.mean()), float(logit.std()), persistence, _slope(deviation[telling], sea),
        east / north, float(np.sqrt(east * north)), memory, size, dimension, count,
    )  # fmt: skip


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    return float((a @ b) / np.sqrt((a @ a) * (b @ b)))


def _length(field: np.ndarray, sea: np.ndarray, axis: int) -> float:
    """Return the lag (cells, fractional) at which the correlation along ``axis`` falls to 1/e."""
    weight = np.broadcast_to(sea, field.shape)
    variance = (field[weight] ** 2).mean()
    last, before = 1.0, 0
    for lag in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96):
        if lag >= field.shape[axis]:
            break
        cut, shifted = [slice(None)] * 3, [slice(None)] * 3
        cut[axis], shifted[axis] = slice(None, -lag), slice(lag, None)
        both = weight[tuple(cut)] & weight[tuple(shifted)]
        now = (field[tuple(cut)] * field[tuple(shifted)])[both].mean() / variance
        if now < np.exp(-1):
            return before + (lag - before) * (last - np.exp(-1)) / (last - now)
        last, before = float(now), lag
    return float(before)


def _slope(field: np.ndarray, sea: np.ndarray, side: int = 96) -> float:
    """Return the slope of the mean isotropic spectrum of windows that are all sea (at least 95 %)."""
    side = min(side, *sea.shape)
    taper = np.hanning(side)[:, None] * np.hanning(side)
    power, count = np.zeros((side, side)), 0
    for y in range(0, sea.shape[0] - side + 1, max(side // 2, 1)):
        for x in range(0, sea.shape[1] - side + 1, max(side // 2, 1)):
            if sea[y : y + side, x : x + side].mean() < 0.95:
                continue
            cut = field[:, y : y + side, x : x + side]
            cut = (cut - cut.mean((1, 2), keepdims=True)) * taper
            power += (np.abs(np.fft.fft2(cut)) ** 2).sum(0)
            count += len(cut)
    if not count:
        return float("nan")
    wave = np.fft.fftfreq(side)
    k = np.hypot(wave[:, None], wave).ravel()
    edges = np.geomspace(1 / 48, 1 / 6, 9)
    band = np.digitize(k, edges) - 1
    inside = (band >= 0) & (band < 8)
    mean = np.bincount(band[inside], power.ravel()[inside], 8) / np.maximum(
        np.bincount(band[inside], None, 8), 1
    )
    middle = np.sqrt(edges[1:] * edges[:-1])
    use = mean > 0
    return float(np.polyfit(np.log(middle[use]), np.log(mean[use]), 1)[0])


def _gaps(clouds: np.ndarray) -> tuple[float, float, int]:
    """Return the exponent of the areas, the dimension of the edges and how many gaps there were."""
    areas, edges = [], []
    for frame in clouds:
        marked, count = label(frame)
        if not count:
            continue
        border = frame & ~binary_erosion(frame, border_value=1)
        areas.append(np.bincount(marked.ravel())[1:])
        edges.append(np.bincount(marked[border], minlength=count + 1)[1:])
    if not areas:
        return float("nan"), float("nan"), 0
    area, edge = np.concatenate(areas), np.concatenate(edges)
    keep = (area >= SMALLEST) & (edge > 0)
    area, edge = area[keep].astype(float), edge[keep].astype(float)
    if len(area) < 10:
        return float("nan"), float("nan"), len(area)
    exponent = 1 + len(area) / np.log(area / (SMALLEST - 0.5)).sum()
    dimension = 2 * np.polyfit(np.log(area), np.log(edge), 1)[0]
    return float(exponent), float(dimension), len(area)
