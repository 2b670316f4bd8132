"""Reflectance <-> what a screen shows, by the recipe of the official EuroSAT pictures.

The EuroSAT RGB release (Helber et al. 2019, doi:10.1109/JSTARS.2019.2918242) was made from the 13-band files
by ``gdal_translate -scale 0 2750 1 255 -b 4 -b 3 -b 2``, then JPEG of quality 100 with chroma halved (4:2:0).
With both steps every released picture at hand comes out equal to the bit.
"""

from __future__ import annotations

import io

import numpy as np
import xarray as xr
from PIL import Image

from eogen.errors import InputError
from eogen.landcover.bands import RGB

#: Reflectance that the official recipe shows as 255, and its lowest grey level (0 is left for "no data").
WHITE = 0.275
DARKEST, BRIGHTEST = 1, 255


def true_colour(image: xr.DataArray) -> np.ndarray:
    """Render B04, B03, B02 as the official EuroSAT JPEGs do (before their compression).

    Args:
        image: reflectance (band, y, x).

    Returns:
        uint8 (y, x, 3): 1…255 for reflectance 0…0.275, clipped beyond; 0 where any of the bands is missing.

    Raises:
        InputError: ``missing_display_bands``.
    """
    return _grey_levels(_select(image, RGB), 0.0, WHITE)


def bright(image: xr.DataArray) -> np.ndarray:
    """Return true colour with its dark half lifted, uint8 (y, x, 3), for eyes rather than for networks.

    The release's rendering is linear and leaves forests and water near black; a power of 0.62 on the grey levels
    keeps their order and every hue, and adds no contrast that is not there.
    """
    return (255 * (true_colour(image) / 255.0) ** 0.62).round().astype(np.uint8)


def as_released(image: xr.DataArray) -> np.ndarray:
    """Render as :func:`true_colour`, then compress and decompress as the EuroSAT release did.

    The release's JPEGs blur colour (not brightness) over 2 x 2 pixels: 1.6 grey levels on average, 3 to 4.5
    in towns. A network trained on them should be shown the same when the image has bands.

    Returns and raises as :func:`true_colour`, but missing pixels may be slightly above 0.
    """
    packed = io.BytesIO()
    Image.fromarray(true_colour(image)).save(packed, "JPEG", quality=100, subsampling="4:2:0")
    return np.asarray(Image.open(packed, formats=["JPEG"]))


def to_reflectance(rgb: np.ndarray) -> xr.DataArray:
    """Undo :func:`true_colour`: approximate reflectance from a rendered picture.

    Exact to half a grey level (0.0005) between 0 and 0.275; brighter surfaces were clipped by the rendering
    and come back as 0.275. Level 0, which only JPEG compression makes, comes back as 0.

    Args:
        rgb: uint8 (y, x, 3).

    Returns:
        "reflectance" (band = B04, B03, B02; y; x), float32, attrs units="1", processing_level="rendered".
    """
    levels = np.moveaxis(np.asarray(rgb), -1, 0).astype(np.float32)
    values = np.maximum((levels - DARKEST) * np.float32(WHITE / (BRIGHTEST - DARKEST)), 0)
    return xr.DataArray(
        values,
        dims=("band", "y", "x"),
        coords={"band": list(RGB)},
        name="reflectance",
        attrs={"units": "1", "processing_level": "rendered"},
    )


def false_colour(image: xr.DataArray, white: float = 0.4) -> np.ndarray:
    """Render B08, B04, B03 (vegetation red, water black), reflectance 0…``white`` -> 1…255.

    Returns and raises as :func:`true_colour`.
    """
    return _grey_levels(_select(image, ("B08", "B04", "B03")), 0.0, white)


def _select(image: xr.DataArray, bands: tuple[str, ...]) -> np.ndarray:
    present = [str(b) for b in image["band"].values]
    if missing := [b for b in bands if b not in present]:
        raise InputError(
            "missing_display_bands",
            "This view needs the bands {missing}, which the image does not have (it has {present}).",
            missing=", ".join(missing),
            present=", ".join(present),
        )
    return image.sel(band=list(bands)).transpose("band", "y", "x").values


def _grey_levels(shown: np.ndarray, black: float | np.ndarray, white: float | np.ndarray) -> np.ndarray:
    levels = DARKEST + (shown - black) / (white - black) * (BRIGHTEST - DARKEST)
    missing = np.isnan(shown).any(axis=0)
    levels = np.where(missing, 0, np.clip(np.rint(levels), DARKEST, BRIGHTEST))
    return np.moveaxis(levels.astype(np.uint8), 0, -1)


def spotlight(rgb: np.ndarray, evidence: xr.DataArray, floor: float = 0.28) -> np.ndarray:
    """Light the places that spoke for the answer and darken the rest.

    Args:
        rgb: uint8 (y, x, 3).
        evidence: (y, x), any unit; what is negative or not-a-number stays dark.
        floor: brightness left where there is no evidence.

    Returns:
        uint8 (y, x, 3).
    """
    light = np.nan_to_num(evidence.values).clip(0)
    # Up to half of the image stays dark, so that the eye finds what counted most; even evidence stays even.
    median, top = np.quantile(light, (0.5, 0.98))
    dark = min(median, top / 2)
    light = np.sqrt(((light - dark) / ((top - dark) or 1.0)).clip(0, 1))[..., None]
    warm = np.array([1.12, 1.0, 0.72])
    lit = rgb * (floor + (1 - floor) * light) * (1 - light + light * warm) + 38 * light * warm
    return lit.clip(0, 255).astype(np.uint8)
