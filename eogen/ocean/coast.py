"""A coast that is nobody's: land, islands, a shelf and river mouths from seeded noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter

from eogen.ocean.turbulence import evolving

#: Part of the grid that is land, smallest and largest.
LAND = (0.08, 0.28)
#: Width of the shelf (km), depth of its edge and of the abyss (m).
SHELF_KM, EDGE, ABYSS = 45.0, 180.0, 3200.0


@dataclass(frozen=True)
class Coast:
    """Where the sea is.

    Attributes:
        sea: (lat, lon) bool.
        bathymetry: (lat, lon) float32 m, negative below sea level, positive on land.
        offshore: (lat, lon) float32 km to the nearest land; 0 on land.
        mouths: (river, 2) int, cells of the sea where a river ends.
        landward: (north, east) unit vector towards the land.
    """

    sea: np.ndarray
    bathymetry: np.ndarray
    offshore: np.ndarray
    mouths: np.ndarray
    landward: tuple[float, float]


def coast(rng: np.random.Generator, shape: tuple[int, int], km: tuple[float, float]) -> Coast:
    """Return a coast on one side of the grid.

    Args:
        rng: draws it.
        shape: (lat, lon).
        km: size of a cell, north-south and east-west.
    """
    y, x = (np.linspace(-1, 1, n) for n in shape)
    angle = rng.uniform(-0.6, 0.6)  # the land lies to the east, as on the NE-Pacific cube, or to the west
    landward = (float(np.sin(angle)), float(np.cos(angle) * rng.choice([-1.0, 1.0])))
    slope = landward[0] * y[:, None] + landward[1] * x
    rough = evolving(rng, 1, shape, 3.4, 60.0)[0]
    height = slope + 0.22 * rough
    sea = height < np.quantile(height, 1 - rng.uniform(*LAND))
    offshore = distance_transform_edt(sea, sampling=km).astype(np.float32)
    depth = EDGE * np.clip(offshore / SHELF_KM, 0, 1) ** 1.5
    depth = depth + (ABYSS - EDGE) / (1 + np.exp(-(offshore - 2.2 * SHELF_KM) / 15.0)) * (
        offshore > SHELF_KM / 2
    )
    depth = gaussian_filter(depth, 1.0) * np.exp(0.15 * evolving(rng, 1, shape, 3.0, 40.0)[0])
    inland = distance_transform_edt(~sea, sampling=km)
    bathymetry = np.where(sea, -np.maximum(depth, 3.0), 5.0 * inland).astype(np.float32)
    shore = np.argwhere(sea & binary_dilation(~sea))
    rivers = min(int(rng.integers(1, 4)), len(shore))
    mouths = shore[rng.choice(len(shore), rivers, replace=False)] if rivers else np.zeros((0, 2), int)
    return Coast(sea, bathymetry, offshore, mouths, landward)
