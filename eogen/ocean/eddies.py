"""Eddies that are born, drift west and die: the sea level they raise or lower, and how they stir.

Shapes and sizes follow what altimetry found (Chelton, Schlax & Samelson 2011, Prog. Oceanogr. 91, 167-216): Gaussian in
sea level, radii of 25 to 70 km at mid latitudes, amplitudes of 5 to 15 cm, westward drift of 1 to 5 km a day, lives of
weeks to months, as many cyclones as anticyclones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: One eddy of each sign per this area (km2) at any time.
AREA = 22_000.0
RADIUS_KM, AMPLITUDE_M, DRIFT_KM, LIFE_DAYS = (25.0, 60.0), (0.04, 0.14), (1.0, 4.0), (50.0, 160.0)


@dataclass(frozen=True)
class Eddies:
    """What eddies do to the sea.

    Attributes:
        sea_level: (time, lat, lon) float32 m; cyclones negative.
        turn: (time, lat, lon) float32, sum of the eddies' profiles with their sign, cyclones +1 at the centre.
    """

    sea_level: np.ndarray
    turn: np.ndarray


def eddies(
    rng: np.random.Generator, days: np.ndarray, shape: tuple[int, int], km: tuple[float, float]
) -> Eddies:
    """Return the eddies' fields.

    Args:
        rng: draws births, sizes, lives and paths.
        days: (time,) days since the first frame.
        shape: (lat, lon).
        km: size of a cell, north-south and east-west.
    """
    tall, wide = shape[0] * km[0], shape[1] * km[1]
    north, east = np.arange(shape[0]) * km[0], np.arange(shape[1]) * km[1]
    begin, end = -LIFE_DAYS[1], float(days[-1])
    margin = RADIUS_KM[1] + DRIFT_KM[1] * LIFE_DAYS[1]
    rate = 2 * tall * (wide + margin) / AREA / np.mean(LIFE_DAYS)
    count = rng.poisson(rate * (end - begin))
    born = rng.uniform(begin, end, count)
    life = rng.uniform(*LIFE_DAYS, count)
    radius = rng.uniform(*RADIUS_KM, count)
    size = rng.uniform(*AMPLITUDE_M, count)
    sign = rng.choice([-1.0, 1.0], count)
    drift = rng.uniform(*DRIFT_KM, count)
    wander = (
        rng.normal(0, 0.5, count) + 0.25 * sign
    )  # cyclones drift poleward, anticyclones towards the equator
    y0 = rng.uniform(0, tall, count)
    x0 = rng.uniform(0, wide + margin, count)
    level = np.zeros((len(days), *shape), np.float32)
    turn = np.zeros_like(level)
    for t, day in enumerate(days):
        age = (day - born) / life
        alive = np.flatnonzero((age > 0) & (age < 1))
        grown = np.sin(np.pi * age[alive]) ** 0.5
        since = (day - born)[alive]
        dy = (north[:, None] - (y0[alive] + wander[alive] * since)) / radius[alive]
        dx = (east[:, None] - (x0[alive] - drift[alive] * since)) / radius[alive]
        tall_part, wide_part = np.exp(-0.5 * dy * dy), np.exp(-0.5 * dx * dx)
        turn[t] = (tall_part * (sign[alive] * grown)) @ wide_part.T
        level[t] = -(tall_part * (sign[alive] * grown * size[alive])) @ wide_part.T
    return Eddies(level, turn)
