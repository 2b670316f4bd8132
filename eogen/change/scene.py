"""How the sensor sees the simulated ground on one day: sun, season, haze, optics, registration and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from eogen.change.covers import BANDS, SPECTRA, reflectance
from eogen.change.ground import FINE, Ground, rough

#: Pixels simulated beyond each edge of the image: blur and shifts then bring in ground, not an edge.
MARGIN = 4
#: Blur of the optics (one standard deviation, pixels); noise: fixed part (reflectance) and part of the signal.
BLUR, NOISE, RELATIVE_NOISE = 0.45, 0.0015, 0.008
#: Contrast of texture within a cover: what stays, and what is new every day (wet soil, wind on leaves).
STAYS, NEW = 0.09, 0.04
#: Wavelengths (um) of the bands; haze falls with them as Angstrom's law, exponent 1.3.
WAVELENGTH = np.array([0.49, 0.56, 0.665, 0.842, 1.61, 2.19], np.float32)
#: How much greener or later than usual a field can be in a year (standard deviations; factor, days).
VIGOUR, LATE = 0.1, 7.0
#: Brightness that is each field's own on each day: tillage, mowing, water on leaves (one standard deviation, log).
TILLED = 0.05


@dataclass(frozen=True)
class Day:
    """One acquisition.

    Attributes:
        date: of it.
        zenith, azimuth: of the sun, degrees.
        haze: optical depth of what the atmospheric correction left in blue (0 none, 0.3 much).
        gain: (6,) factor of each band.
        moved: (y, x) pixels by which the image is misplaced.
        number: makes noise and texture of the day its own.
    """

    date: np.datetime64
    zenith: float
    azimuth: float
    haze: float
    gain: np.ndarray
    moved: tuple[float, float]
    number: int


@dataclass(frozen=True)
class Change:
    """What happened.

    Attributes:
        weight: (y, x) 0-1, on the plan's grid: how much of the ground it took.
        spectrum: (6, y, x) or (6, 1, 1): what is there now.
    """

    weight: np.ndarray
    spectrum: np.ndarray


def usual(rng: np.random.Generator, date: np.datetime64, number: int) -> Day:
    """Return an acquisition with the small nuisances no pair is free of."""
    angle = 2 * np.pi * (day_of_year(date) - 172) / 365.25
    zenith = 41 - 19 * np.cos(angle) + rng.normal(0, 1.5)  # 45 N, half past ten: 22 in June, 60 in December
    return Day(
        date, float(zenith), float(150 + rng.normal(0, 3)), float(abs(rng.normal(0, 0.025))),
        1 + rng.normal(0, 0.015) + rng.normal(0, 0.008, len(BANDS)), tuple(rng.normal(0, 0.07, 2)), number,
    )  # fmt: skip


def day_of_year(date: np.datetime64) -> float:
    """Return days since New Year."""
    return float((date - date.astype("datetime64[Y]")) / np.timedelta64(1, "D"))


def seen(plan: Ground, day: Day, seed: int, change: Change | None = None) -> np.ndarray:
    """Return reflectance (6, y, x) float32 of the image of a plan, ``MARGIN`` pixels cut off each side."""
    rng = np.random.default_rng((seed, 211, day.number))
    year = np.random.default_rng((seed, 223, int(day.date.astype("datetime64[Y]").astype(int))))
    parcels = int(plan.parcel.max()) + 1
    always = np.random.default_rng((seed, 227))
    late = (always.normal(0, 1.6 * LATE, parcels) + year.normal(0, LATE, parcels))[plan.parcel]
    vigour = (always.normal(1, VIGOUR, parcels) + year.normal(0, VIGOUR, parcels))[plan.parcel]
    vigour = np.clip(vigour + 0.05 * plan.texture, 0.3, 1.2)
    n = len(plan.use)
    wet = np.float32(np.exp(rng.normal(0, 0.05)))
    ground = reflectance(plan.use, day_of_year(day.date), late + 2 * plan.texture, vigour, plan.soil * wet)
    if change is not None:
        ground = ground * (1 - change.weight) + change.spectrum * change.weight
    texture = STAYS * plan.texture + NEW * rough(rng, n, 1.0)
    texture = texture + TILLED * rng.standard_normal(parcels)[plan.parcel] * ~plan.town
    wavy = 1 - 0.7 * plan.of("water")
    ground = ground * np.exp(texture * wavy).astype(np.float32) * _shade(plan, day)
    if max(map(abs, day.moved)) > 0:
        ground = shift(ground, (0, *(FINE * m for m in day.moved)), order=1, mode="nearest")
    ground = gaussian_filter(ground, (0, BLUR * FINE, BLUR * FINE), mode="nearest")
    image = blocks(ground, FINE)
    image[4:] = np.repeat(
        np.repeat(blocks(image[4:], 2), 2, 1), 2, 2
    )  # the short-wave bands have 20 m pixels
    depth = day.haze * (WAVELENGTH / WAVELENGTH[0]) ** -1.3
    veil = np.exp(-depth)[:, None, None]
    patchy = 1 + 0.3 * rough(rng, image.shape[1], 3.5)
    image = image * veil + 0.26 * (1 - veil) * patchy
    image = image * day.gain[:, None, None].astype(np.float32)
    image += rng.standard_normal(image.shape) * (NOISE + RELATIVE_NOISE * image)
    return np.maximum(image, 1e-4).astype(np.float32)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


def blocks(values: np.ndarray, side: int) -> np.ndarray:
    """Return means of blocks of ``side`` x ``side`` over the last two axes."""
    *first, y, x = values.shape
    return values.reshape(*first, y // side, side, x // side, side).mean((-3, -1))


def material(*names: str) -> np.ndarray:
    """Return the mean spectrum (6, 1, 1) of materials."""
    return np.mean([SPECTRA[n] for n in names], 0).astype(np.float32)[:, None, None]


def _shade(plan: Ground, day: Day) -> np.ndarray:
    """Return the light on each slope, 1 on flat ground (a Lambertian surface)."""
    smooth = gaussian_filter(plan.height, 2 * FINE)
    dy, dx = np.gradient(smooth, 10 / FINE)
    azimuth = np.deg2rad(day.azimuth)
    towards = -(dx * np.sin(azimuth) - dy * np.cos(azimuth))  # rows go south
    return np.clip(1 + np.tan(np.deg2rad(min(day.zenith, 75.0))) * towards, 0.35, 1.7).astype(np.float32)
