"""Clouds: real masks cut from real cubes, and simulated ones with the same coverage, sizes, edges and memory.

A simulated mask is a power-law Gaussian field that is advected and forgotten in time, hidden where it is above the
level that gives the frame its coverage. The frames' coverages are logit-normal and remember each other; their mean is
what was asked for, exactly. The settings (:data:`STYLES`) were fitted to what was measured on the NE Pacific
(:data:`MEASURED`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean.cloud_statistics import CloudStatistics
from eogen.ocean.turbulence import evolving


@dataclass(frozen=True)
class Style:
    """How one kind of product is clouded.

    Attributes:
        slope: of the Gaussian field's spectrum.
        outer: its largest wavelength, cells of about 4 km.
        stretch: east-west over north-south.
        memory: frames until the largest and the smallest waves are forgotten.
        drift: cells per frame, north and east.
        spread: standard deviation of the frames' logit of the coverage.
        persistence: its correlation from frame to frame.
    """

    slope: float
    outer: float
    stretch: float
    memory: tuple[float, float]
    drift: tuple[float, float]
    spread: float
    persistence: float


STYLES = {
    "composite": Style(2.4, 400.0, 0.85, (0.7, 0.3), (0.0, 3.0), 1.15, 0.5),
    "daily": Style(3.0, 400.0, 0.85, (0.7, 0.3), (0.0, 6.0), 1.45, 0.4),
}


#: What :func:`~eogen.ocean.cloud_statistics.measure` says of the NE-Pacific cube of 2021 (MODIS and VIIRS merged), of
#: the whole sea: 22 composites, 181 days. ``pytest tests/unit/test_ocean_simulate_real.py`` measures them again, and
#: checks that simulated masks come near.
MEASURED = {
    "composite": CloudStatistics(0.5104, 1.012, 0.518, -1.901, 0.863, 12.95, 0.0788, 1.822, 1.616, 1565),
    "daily": CloudStatistics(0.8959, 1.300, 0.377, -2.370, 0.869, 36.35, 0.1060, 1.925, 1.369, 644),
}


def style(name: str) -> Style:
    """Return the row of ``name``.

    Raises:
        InputError: ``ocean_cloud_style``.
    """
    if name not in STYLES:
        raise InputError(
            "ocean_cloud_style",
            "There are no clouds called {name}; there are: {known}.",
            name=name, known=", ".join(STYLES),
        )  # fmt: skip
    return STYLES[name]


def clouds(
    rng: np.random.Generator,
    frames: int,
    shape: tuple[int, int],
    coverage: float,
    sea: np.ndarray | None = None,
    kind: str = "composite",
) -> np.ndarray:
    """Return simulated masks.

    Args:
        rng: draws everything; the same state gives the same bits.
        frames: how many.
        shape: (lat, lon), cells of about 4 km.
        coverage: mean part of the sea that is hidden, 0 to 1 (0 and 1 excluded).
        sea: (lat, lon) bool; all sea by default. Land is never marked.
        kind: one of :data:`STYLES`: 8-day composites or single days.

    Returns:
        (frames, lat, lon) bool, True = hidden; the mean over frames of the hidden part is ``coverage`` to a cell.

    Raises:
        InputError: ``ocean_coverage``; ``ocean_cloud_style``.
    """
    sea = np.ones(shape, bool) if sea is None else sea
    field = veil(rng, frames, shape, kind)
    return below(field, coverages(rng, frames, coverage, kind), sea)


def veil(
    rng: np.random.Generator, frames: int, shape: tuple[int, int], kind: str = "composite"
) -> np.ndarray:
    """Return (frames, lat, lon) float32: how thick the cloud is, in no unit; thresholds of it are nested masks."""
    row = style(kind)
    return evolving(
        rng, frames, shape, row.slope, row.outer, row.memory, stretch=row.stretch, drift=row.drift
    )


def coverages(rng: np.random.Generator, frames: int, mean: float, kind: str = "composite") -> np.ndarray:
    """Return (frames,) the frames' coverages; their mean is ``mean`` to 1e-9.

    Raises:
        InputError: ``ocean_coverage`` unless ``mean`` lies between 0 and 1, both excluded; ``ocean_cloud_style``.
    """
    row = style(kind)
    if not 0 < mean < 1:
        raise InputError(
            "ocean_coverage",
            "A cloud coverage of {coverage} was asked for; it must lie between 0 and 1, both excluded.",
            coverage=float(mean),
        )
    level = np.empty(frames)
    for t in range(frames):
        new = rng.standard_normal()
        level[t] = new if t == 0 else row.persistence * level[t - 1] + np.sqrt(1 - row.persistence**2) * new
    level *= row.spread
    low, high = -40.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-(level + middle)))).mean() < mean:
            low = middle
        else:
            high = middle
    return 1 / (1 + np.exp(-(level + (low + high) / 2)))


def below(field: np.ndarray, share: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return (time, lat, lon) bool: the thickest cells of each frame, ``share`` (time,) of the sea to the cell."""
    hidden = np.zeros(field.shape, bool)
    total = int(sea.sum())
    owed = 0.0  # what rounding one frame to whole cells leaves to the next, so that the mean is met
    for t, part in enumerate(share):
        count = int(np.clip(round(part * total + owed), 0, total))
        owed += part * total - count
        order = np.argpartition(-field[t][sea], min(count, total - 1))[:count]
        flat = np.zeros(total, bool)
        flat[order] = True
        hidden[t][sea] = flat
    return hidden


def bank(
    observed: Iterable[xr.DataArray],
    shape: tuple[int, int],
    rng: np.random.Generator,
    count: int = 200,
    low: float = 0.05,
    high: float = 0.95,
    tries: int = 50,
) -> np.ndarray:
    """Return real masks cut from real cubes.

    Args:
        observed: cubes; what is NaN over their sea was hidden.
        shape: (lat, lon) cells of a mask.
        rng: draws cubes, frames and places.
        count: how many masks are wanted.
        low: smallest hidden part.
        high: largest one.
        tries: places looked at for each mask.

    Returns:
        (mask, lat, lon) bool, True = hidden, all from windows that are sea (97 % or more); in the order drawn.

    Raises:
        InputError: ``ocean_no_masks`` when no window fits.
    """
    cubes = [
        (c.values, c.sea.values)
        for c in observed
        if all(n >= m for n, m in zip(c.shape[1:], shape, strict=True))
    ]
    found: list[np.ndarray] = []
    for _ in range(count * tries if cubes else 0):
        values, sea = cubes[rng.integers(len(cubes))]
        t = rng.integers(len(values))
        y, x = (rng.integers(n - m + 1) for n, m in zip(sea.shape, shape, strict=True))
        window = np.s_[y : y + shape[0], x : x + shape[1]]
        hidden = ~np.isfinite(values[t][window]) & sea[window]
        if sea[window].mean() >= 0.97 and low <= hidden.mean() <= high:
            found.append(hidden)
            if len(found) == count:
                break
    if not found:
        raise InputError(
            "ocean_no_masks",
            "No window of {shape} cells of sea in the {count} cubes given is hidden between {low} and {high}.",
            shape=" x ".join(map(str, shape)), count=len(cubes), low=low, high=high,
        )  # fmt: skip
    return np.stack(found)
