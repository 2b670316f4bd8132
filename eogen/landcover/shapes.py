"""Ground plans for simulated patches: regions, parcels, rows, curves, buildings, and textures.

All work on a fine grid, ``FINE`` x ``FINE`` points in a 10 m pixel, so that a road narrower than a pixel
mixes with its fields as it does in a real image. Lengths are in 10 m pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import cKDTree

#: Fine points along a pixel.
FINE = 4


@dataclass(frozen=True)
class Ground:
    """The fine grid of one patch, and the randomness that fills it.

    Attributes:
        size: side of the patch, pixels.
        rng: source of every random choice.
    """

    size: int
    rng: np.random.Generator

    @property
    def fine(self) -> int:
        """Side of the fine grid, points."""
        return self.size * FINE

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return coordinates (u, v) of every fine point from the centre, on axes turned by a random angle."""
        angle = self.rng.uniform(0, np.pi)
        y, x = self.plane()
        return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)

    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """Return coordinates (y, x) of every fine point from the centre."""
        line = (np.arange(self.fine) + 0.5) / FINE - self.size / 2
        return tuple(np.meshgrid(line, line, indexing="ij"))

    def texture(self, length: float) -> np.ndarray:
        """Return a Gaussian random field of mean 0, variance 1 and correlation length ``length``."""
        # Long waves need no fine grid: drawn by pixel and interpolated, ten times as fast.
        step = FINE if length >= 2 else 1
        side = self.fine // step
        field = gaussian_filter(self.rng.standard_normal((side, side)), length * FINE / step, mode="reflect")
        field = zoom(field, step, order=1, mode="nearest", grid_mode=True) if step > 1 else field
        return ((field - field.mean()) / field.std()).astype(np.float32)

    def region(self, fraction: float, length: float = 9.0) -> np.ndarray:
        """Return a boolean region of one or few smooth blobs that covers ``fraction`` of the patch."""
        field = self.texture(length)
        return field >= np.quantile(field, 1 - fraction)

    def parcels(self, width: float, stretch: float = 1.8, disorder: float = 0.15) -> tuple[np.ndarray, int]:
        """Return field numbers 0…n-1 of every fine point, and n.

        Voronoi cells of a grid, ``width`` wide and ``stretch`` times as long, all turned alike; ``disorder``
        is the jitter of the grid in widths (0: rectangles).
        """
        u, v = self.axes()
        half = self.size * 0.75
        rows, columns = np.arange(-half, half, width * stretch), np.arange(-half, half, width)
        seeds = np.stack(np.meshgrid(rows / stretch, columns, indexing="ij"), -1).reshape(-1, 2)
        seeds = seeds + self.rng.normal(0, width * disorder, seeds.shape)
        _, number = cKDTree(seeds).query(np.stack([u / stretch, v], -1).reshape(-1, 2))
        used, number = np.unique(number, return_inverse=True)
        return number.reshape(u.shape), len(used)

    def rows(self, period: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Return the height (0…1) of rows planted ``period`` apart in direction ``angle``, given by point."""
        y, x = self.plane()
        v = y * np.cos(angle) - x * np.sin(angle)
        return (0.5 + 0.5 * np.cos(2 * np.pi * v / period)).astype(np.float32)

    def distance_to_curve(self, swing: float, wavelength: float) -> np.ndarray:
        """Return the distance of every fine point to a curve that crosses near the middle of the patch.

        The curve is the sum of two sines of amplitude ``swing`` and ``swing / 3``; the distance is the one
        along v divided by the local slope's secant (exact for a straight line).
        """
        u, v = self.axes()
        centre = self.rng.uniform(-0.18, 0.18) * self.size
        slope = np.zeros_like(u)
        for amplitude, length in ((swing, wavelength), (swing / 3, wavelength * self.rng.uniform(0.4, 0.6))):
            phase = self.rng.uniform(0, 2 * np.pi)
            centre = centre + amplitude * np.sin(2 * np.pi * u / length + phase)
            slope += amplitude * 2 * np.pi / length * np.cos(2 * np.pi * u / length + phase)
        return np.abs(v - centre) / np.sqrt(1 + slope**2)

    def buildings(
        self, cell: tuple[float, float], fill: tuple[float, float], present: float, kinds: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return streets (bool) and roofs (kind 0…kinds-1, -1: none) of a town on a turned grid.

        Args:
            cell: lot size along and across the streets.
            fill: least and largest part of a lot's side that its building takes.
            present: probability that a lot is built on.
            kinds: number of roof kinds, drawn at random for each lot.
        """
        u, v = self.axes()
        i, j = np.floor(u / cell[0]).astype(int), np.floor(v / cell[1]).astype(int)
        table = (i - i.min(), j - j.min())
        shape = (table[0].max() + 1, table[1].max() + 1)
        across, along = self.rng.uniform(*fill, (2, *shape))
        shift_u, shift_v = self.rng.uniform(-0.5, 0.5, (2, *shape))
        kind = self.rng.integers(0, kinds, shape)
        kind[self.rng.random(shape) > present] = -1
        du = np.abs(u / cell[0] - i - 0.5 - (shift_u * (1 - across))[table])
        dv = np.abs(v / cell[1] - j - 0.5 - (shift_v * (1 - along))[table])
        roof = np.where((du < across[table] / 2) & (dv < along[table] / 2), kind[table], -1)
        return (v / cell[1] / 2 - np.floor(v / cell[1] / 2)) * cell[1] * 2 < 0.8, roof


def to_pixels(fine: np.ndarray) -> np.ndarray:
    """Average the fine points of each pixel; last two axes."""
    *lead, height, width = fine.shape
    return fine.reshape(*lead, height // FINE, FINE, width // FINE, FINE).mean(axis=(-3, -1))
