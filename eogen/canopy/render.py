"""Reflectance at the ground <-> what a screen shows."""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.errors import InputError

#: Bands of a natural picture, red first.
RGB = ("B04", "B03", "B02")
#: Reflectance shown as white, and the power that lifts the dark half (a wood is 3 % bright) without adding contrast.
WHITE, LIFT = 0.25, 0.62


def true_colour(reflectance: xr.DataArray) -> np.ndarray:
    """Return natural colours, uint8 (y, x, 4); pixels without a value are transparent.

    The same reflectance always has the same colour: pictures of two dates or of two canopies compare.

    Args:
        reflectance: (band, y, x), 0-1, with B04, B03 and B02.

    Raises:
        InputError: ``missing_display_bands``.
    """
    held = [str(b) for b in reflectance.band.values]
    if missing := [b for b in RGB if b not in held]:
        raise InputError(
            "missing_display_bands",
            "This view needs the bands {missing}, which the image lacks (it has {present}).",
            missing=", ".join(missing),
            present=", ".join(held),
        )
    values = reflectance.sel(band=list(RGB)).transpose("y", "x", "band").values
    return colours(values)


def colours(values: np.ndarray) -> np.ndarray:
    """Return natural colours, uint8 (..., 4), of red, green and blue reflectances (..., 3)."""
    known = np.isfinite(values).all(-1)
    shown = np.clip(np.where(known[..., None], values, 0) / WHITE, 0, 1) ** LIFT
    alpha = np.where(known, 255, 0)[..., None]
    return np.concatenate([(255 * shown).round(), alpha], -1).astype(np.uint8)
