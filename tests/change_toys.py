"""Small pairs whose change is known, for the tests of the room change."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.change.methods import METHODS, unavailable
from eogen.change.stack import stack

SIDE = 64
#: Where something was planted, and which way each band then goes: a flooded, or burnt, or built place.
PLACE = (slice(20, 34), slice(30, 44))
TURN = {"red": 1, "green": 1, "blue": 1, "swir2": 1, "nir": -1, "swir": -1, "vv": -1}


def bands(name: str) -> tuple[str, ...]:
    """Red, green, blue, or what the row asks for and one band more."""
    needed = tuple(group[0] for group in METHODS[name].needs)
    return ("red", "green", "blue") if not needed else tuple(dict.fromkeys((*needed, "blue")))


def images(names: tuple[str, ...], change: float = 70.0, side: int = SIDE, seed: int = 0) -> np.ndarray:
    """Return (2, band, y, x): textures of two scales, brighter and a little noisier on the second date."""
    make = np.random.default_rng(seed)
    shared = gaussian_filter(make.standard_normal((side, side)), 5, mode="wrap")
    fine = gaussian_filter(make.standard_normal((len(names), side, side)), (0, 1, 1), mode="wrap")
    before = 120 + 25 * shared / shared.std() + 8 * fine / fine.std()
    after = 0.9 * before + 25 + make.normal(0, 2, before.shape)
    before = before + make.normal(0, 2, before.shape)
    for k, band in enumerate(names):
        after[k][PLACE] += change * TURN.get(band, 1)
    return np.stack([before, after]).clip(1, 255)


def truth(side: int = SIDE) -> np.ndarray:
    """Return (y, x) bool: where the change was planted."""
    planted = np.zeros((side, side), bool)
    planted[PLACE] = True
    return planted


def pair_of(name: str, values: np.ndarray | None = None, valid: np.ndarray | None = None) -> xr.DataArray:
    """Return a pair with the bands a row needs."""
    names = bands(name)
    return stack(images(names) if values is None else values, names, valid=valid, kind="simulated")


def absent(name: str) -> str:
    """Return why an estimator cannot be tried here, or ``""``."""
    return unavailable(METHODS[name])
