"""The sky over the simulated territory: on which days a place is seen, and clouds with the shadows they throw."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, shift, zoom

#: Mean cloud cover of each month over mid-France: this project's round numbers.
COVER = (0.74, 0.70, 0.64, 0.60, 0.58, 0.52, 0.45, 0.45, 0.50, 0.62, 0.72, 0.76)
#: Cells of the coarse grid on which clouds are drawn, pixels.
COARSE = 4
#: Cloud and shadow may touch a pixel this much before it is no longer clear.
THIN = 0.04


def covers(
    rng: np.random.Generator, month: np.ndarray, cloudy: float, cloud_month: int | None, regions: int = 1
) -> np.ndarray:
    """Return the cloud cover (region, t) of each date, 0-1: skies are mostly clear or mostly covered.

    Args:
        rng: of the draws.
        month: (t,) 1-12.
        cloudy: factor of the usual cover; 0: never a cloud.
        cloud_month: a month that is covered throughout; the other dates stay what they were.
        regions: with weather of their own.
    """
    mean = np.clip(np.array(COVER)[np.asarray(month) - 1] * cloudy, 0, 0.97)
    odds = np.maximum(mean, 1e-3) * 0.9, np.maximum(1 - mean, 1e-3) * 0.9
    drawn = rng.beta(*odds, (regions, len(mean)))
    drawn = np.where(mean > 0, drawn, 0.0)
    return np.where(np.asarray(month) == (cloud_month or 0), 1.0, drawn)


def seen(rng: np.random.Generator, cover: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return (n, t) bool: which parcels are seen under covers (region, t).

    Those of one group (n,) are seen together; groups take turns over the regions.
    """
    groups = int(group.max(initial=-1)) + 1
    draws = rng.random((groups, cover.shape[1]))
    return (draws >= cover[np.arange(groups) % len(cover)])[group]


def clouds(
    rng: np.random.Generator, shape: tuple[int, int], cover: float, zenith: float, pixel: float = 10.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return opacity of clouds and depth of their shadows, each (y, x) 0-1.

    Args:
        rng: of the draws.
        shape: (y, x).
        cover: part of the image under cloud.
        zenith: of the sun, degrees; it stands south-south-east, shadows fall the other way.
        pixel: m.
    """
    if cover >= 1 or cover <= 0:
        return np.full(shape, float(cover >= 1)), np.zeros(shape)
    away = rng.uniform(500, 1500) * np.tan(np.deg2rad(zenith)) / pixel
    margin = int(min(np.ceil(away), 2 * max(shape)))
    wide = (shape[0] + margin, shape[1] + margin // 2 + 1)
    # Clouds are wide: they are drawn on a coarse grid, and frayed on the fine one.
    coarse = rng.standard_normal([-(-n // COARSE) + 1 for n in wide])
    broad = zoom(gaussian_filter(coarse, max(1.0, max(shape) / 8 / COARSE)), COARSE, order=1)[
        : wide[0], : wide[1]
    ]
    field = _unit(broad) + 0.25 * _unit(gaussian_filter(rng.standard_normal(wide), 2.0))
    # In a small image "cover" is that of the sky around it: the image itself may be clear or covered.
    opacity = np.clip((field - np.quantile(field, 1 - cover)) / 0.25, 0, 1)
    angle = np.deg2rad(25)
    away = min(away, float(margin))
    moved = shift(opacity, (-away * np.cos(angle), -away * np.sin(angle)), order=1, mode="nearest")
    rows, columns = slice(0, shape[0]), slice(0, shape[1])
    return opacity[rows, columns], np.clip(moved[rows, columns], 0, 1)


def _unit(field: np.ndarray) -> np.ndarray:
    return field / field.std()
