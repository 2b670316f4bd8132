"""The plan of the simulated territory: fields, woods, a river, a town and roads, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.change.covers import USES

#: Grid cells of the plan along a pixel of 10 m: edges and houses are finer than the sensor.
FINE = 2


@dataclass(frozen=True)
class Ground:
    """A plan on a square grid of ``FINE`` cells to a pixel.

    Attributes:
        use: (y, x) numbers of :data:`eogen.change.covers.USES`.
        parcel: (y, x) a number for each field, wood or block: what is sown and cut together.
        height: (y, x) metres above the river.
        texture: (y, x) unit variance, what makes neighbours of one cover differ, at all scales.
        soil: (y, x) brightness of bare soil, around 1.
        town: (y, x) bool, the built-up area.
    """

    use: np.ndarray
    parcel: np.ndarray
    height: np.ndarray
    texture: np.ndarray
    soil: np.ndarray
    town: np.ndarray

    def of(self, *names: str) -> np.ndarray:
        """Return (y, x) bool: where the use is one of ``names``."""
        return np.isin(self.use, [USES.index(name) for name in names])

    def using(self, here: np.ndarray, name: str) -> Ground:
        """Return the plan with another use where ``here``."""
        return replace(self, use=np.where(here, USES.index(name), self.use))


def rough(rng: np.random.Generator, cells: int, slope: float, longest: float | None = None) -> np.ndarray:
    """Return (cells, cells) a Gaussian field whose power falls as frequency ** -slope; mean 0, variance 1.

    Args:
        longest: wavelength (cells) above which the power no longer grows.
    """
    fy, fx = np.fft.fftfreq(cells)[:, None], np.fft.rfftfreq(cells)[None]
    frequency = np.hypot(fy, fx)
    amplitude = np.maximum(frequency, 1 / (longest or cells)) ** (-slope / 2)
    amplitude[0, 0] = 0
    found = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((cells, cells))) * amplitude, (cells, cells))
    return (found / found.std()).astype(np.float32)


def ground(seed: int, pixels: int) -> Ground:
    """Return a plan of ``pixels`` x ``pixels`` pixels of 10 m; equal arguments give equal plans."""
    rng = np.random.default_rng((seed, 101))
    n = FINE * pixels
    y, x = np.mgrid[:n, :n].astype(np.float32)
    if rng.random() < 0.5:
        y, x = x, y
    away, bank, width = _river(rng, x, y, n)
    relief = rough(rng, n, 3.4)
    height = np.maximum(0, away - width) * 10 / FINE * 0.012 + 2.0 * (relief - relief.min())
    height *= 1 - np.exp(-np.maximum(0, away - width) / (FINE * 6))
    use, parcel = _fields(rng, x, y, bank)
    wood = rough(rng, n, 3.6, n / 3)
    wood = wood + 0.25 * relief - 2.5 * np.exp(-away / (FINE * 12))
    woods = wood > np.quantile(wood, rng.uniform(0.72, 0.84))
    conifers = rough(rng, n, 3.6, n / 3) > 0.4
    use[woods] = np.where(conifers[woods], USES.index("conifer"), USES.index("broadleaf"))
    parcel[woods] = parcel.max() + 1 + conifers[woods]
    town, centre = _town(rng, x, y, away, width, n, use, parcel)
    _roads(rng, x, y, n, centre, use)
    use[away < width] = USES.index("water")
    texture = 0.75 * rough(rng, n, 2.4, FINE * 24) + 0.66 * rough(rng, n, 0.6)
    soil = np.exp(0.22 * rough(rng, n, 2.6, n / 2))
    return Ground(use, parcel, height, texture, soil, town & (away >= width))


def _river(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the distance from the river's middle (cells), which bank, and half its width."""
    line = np.arange(n, dtype=np.float64)
    bend = np.full(n, rng.uniform(0.3, 0.7) * n)
    slant = rng.uniform(-0.3, 0.3)
    bend += slant * (line - n / 2)
    for k in (1, 2, 3, 5):
        bend += n * rng.uniform(0.02, 0.07) / k * np.sin(2 * np.pi * k * line / n + rng.uniform(0, 2 * np.pi))
    steep = np.gradient(bend)
    row = y.astype(int)
    across = x - bend[row].astype(np.float32)
    return np.abs(across) / np.sqrt(1 + steep[row] ** 2), across > 0, FINE * rng.uniform(1.2, 3.2)


def _fields(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, bank: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return uses and parcels: strips of rectangles, turned one way on each bank; grass tracks between some strips."""
    n = len(x)
    use, parcel = np.empty(x.shape, np.int8), np.zeros(x.shape, np.int32)
    crops = [USES.index(name) for name in ("cereal", "maize", "meadow", "vineyard")]
    for side in (False, True):
        here, turn = bank == side, np.deg2rad(rng.uniform(-35, 35))
        u = np.cos(turn) * (x[here] - n / 2) + np.sin(turn) * (y[here] - n / 2)
        v = -np.sin(turn) * (x[here] - n / 2) + np.cos(turn) * (y[here] - n / 2)
        edges = np.cumsum(FINE * rng.gamma(6, 2.6, int(n / FINE / 4) + 8)) - 1.5 * n
        strip = np.searchsorted(edges, u)
        long = FINE * rng.gamma(6, 4.0, len(edges) + 1)
        cell = np.floor((v + rng.uniform(0, 99, len(edges) + 1)[strip]) / long[strip]).astype(int)
        _, number = np.unique(strip * 10_000 + cell, return_inverse=True)
        sown = rng.choice(crops, number.max() + 1, p=(0.34, 0.28, 0.28, 0.10))
        use[here], parcel[here] = sown[number], number + parcel.max() + 1
        near = np.abs(u - edges[np.minimum(strip, len(edges) - 1)]) < 0.5 * FINE
        track = near & (rng.random(len(edges) + 1) < 0.4)[strip]
        use[here] = np.where(track, USES.index("meadow"), use[here])
    return use, parcel


def _town(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, away: np.ndarray, width: float, n: int,
    use: np.ndarray, parcel: np.ndarray,
) -> tuple[np.ndarray, tuple[float, float]]:  # fmt: skip
    """Build a town in place; return where it is and its centre: streets, houses, gardens, some halls."""
    at = rng.uniform(0.2, 0.8, 2) * n
    radius = rng.uniform(0.11, 0.17) * n
    ragged = 1 + 0.25 * gaussian_filter(rng.standard_normal((n, n)), n / 30, mode="wrap") * n / 30 * 2
    town = np.hypot(x - at[0], y - at[1]) < radius * ragged
    turn, block = rng.uniform(0, np.pi / 2), FINE * rng.uniform(5, 8)
    u = np.cos(turn) * (x - at[0]) + np.sin(turn) * (y - at[1])
    v = -np.sin(turn) * (x - at[0]) + np.cos(turn) * (y - at[1])
    street = (np.mod(u, block) < 0.8 * FINE) | (np.mod(v, block * 1.4) < 0.8 * FINE)
    lot = (np.floor(u / (1.5 * FINE)) * 7919 + np.floor(v / (1.5 * FINE)) * 104729).astype(int)
    kind = rng.choice(4, 9973, p=(0.36, 0.34, 0.11, 0.19))[np.mod(lot, 9973)]
    hall = rng.random(997)[
        np.mod((np.floor(u / block) * 31 + np.floor(v / (block * 1.4)) * 57).astype(int), 997)
    ]
    built = np.choose(kind, [USES.index(k) for k in ("meadow", "tile", "bright_roof", "dark_roof")])
    built = np.where(
        hall < 0.08, USES.index("bright_roof"), np.where(hall < 0.15, USES.index("dark_roof"), built)
    )
    built = np.where((hall > 0.9), USES.index("broadleaf"), built)
    use[town] = np.where(street, USES.index("asphalt"), built)[town]
    parcel[town] = parcel.max() + 1
    return town & (away >= width), (float(at[0]), float(at[1]))


def _roads(
    rng: np.random.Generator,
    x: np.ndarray,
    y: np.ndarray,
    n: int,
    centre: tuple[float, float],
    use: np.ndarray,
) -> None:
    """Lay two or three roads through the town, in place."""
    for k in range(rng.integers(2, 4)):
        angle = rng.uniform(0, np.pi) + k * np.pi / 3
        u = np.cos(angle) * (x - centre[0]) + np.sin(angle) * (y - centre[1])
        v = -np.sin(angle) * (x - centre[0]) + np.cos(angle) * (y - centre[1])
        bent = v + n * rng.uniform(0.005, 0.02) * np.sin(u / n * rng.uniform(4, 9))
        use[np.abs(bent) < FINE * rng.uniform(0.3, 0.65)] = USES.index("asphalt")
