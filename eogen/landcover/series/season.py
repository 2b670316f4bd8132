"""Greenness of a series through the year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eogen.errors import InputError


def ndvi(series: np.ndarray, bands: Sequence[str]) -> np.ndarray:
    """Return the normalised difference vegetation index (n, month), -1..1, of series (n, month, band).

    NaN where nothing was seen; reflectances below 0 count as 0, and two of 0 as an index of 0.

    Raises:
        InputError: ``series_when_bands`` without B04, or without both B08 and B8A.
    """
    bands = list(bands)
    near = next((b for b in ("B08", "B8A") if b in bands), None)
    if near is None or "B04" not in bands:
        raise InputError(
            "series_when_bands",
            "The growing season is read from B04 and B08 (or B8A); the model has {given}.",
            given=", ".join(bands),
        )
    light = np.maximum(np.asarray(series, np.float64), 0)
    red, infrared = light[..., bands.index("B04")], light[..., bands.index(near)]
    return (infrared - red) / np.maximum(infrared + red, 1e-6)
