"""The estimator that is asked first, by what the images are: the best validated one, not the newest.

Chosen on the labelled pairs at hand of a few sets (figures in the README); the pairs kept apart never had a say.
"""

from __future__ import annotations

from collections.abc import Collection

import xarray as xr

from eogen.change.sensors import common

#: Pixels at most this wide (m) show objects many pixels wide.
FINE = 5.0


def default(images: xr.DataArray, among: Collection[str] | None = None) -> str:
    """Return the estimator to ask first of a pair.

    Args:
        images: a stack.
        among: those that can be asked; all by default. The next best of them when the best is not there; "" when none.
    """
    wanted = (*_first(images), "consensus", "gaussian_scales", "gaussian_pmi", "cva_median")
    return next((name for name in wanted if among is None or name in among), "")


def _first(images: xr.DataArray) -> tuple[str, ...]:
    bands, sensor = set(common(images)), str(images.attrs.get("sensor", "unknown"))
    if len(bands) == 1 or sensor == "sentinel1":
        return ("cva_median",)
    if "swir" in bands and "blue" not in bands:  # false colours: water is told by its colour
        return ("spectral_angle", "cva_raw")
    if sensor == "landsat_tm":
        return ("cva_zscore",)
    if sensor == "aerial" or pixel_size(images) <= FINE:
        return ("texture_blocks", "texture_cva", "cva_zscore")
    return ()


def pixel_size(images: xr.DataArray) -> float:
    """Return the side of a pixel in metres; infinite when it is not known."""
    if "pixel" in images.attrs:
        return float(images.attrs["pixel"])
    crs = images.rio.crs
    if crs is None:
        return float("inf")
    step = abs(float(images.rio.transform().a))
    return step * 111_320 if crs.is_geographic else step * crs.linear_units_factor[1]
