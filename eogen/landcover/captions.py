"""What a child can be told about a map of evidence: codes and numbers; the sentences live in the words files.

Only simple facts of the image inside the fifth of it with the most evidence are used, each with its threshold
below; what none of them fits is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.landcover.sanity import rank_correlation

#: Part of the pixels called "where it looked".
LOOKED = 0.2
#: Below this share of the positive evidence in that fifth (0.2 is perfectly even), it looked everywhere.
EVEN = 0.3
#: Part of the looked-at pixels that must have a property for it to be said.
MOST = 0.6
#: Green and near-infrared (McFeeters 1996): water is above 0.
WATER_NDWI = 0.0
#: Red and near-infrared (Rouse 1974): dense green plants are above 0.5, bare or built ground below 0.25.
PLANTS_NDVI, BARE_NDVI = 0.5, 0.25
#: Length over width of the largest looked-at region, and its length over the image's side, to be a line.
LINE_RATIO, LINE_LENGTH = 3.0, 0.4
#: Rank correlation with the Sobel edges to say it followed the edges.
EDGES = 0.5
#: Brighter or darker than the rest by this factor, in the mean of the visible bands.
BRIGHTER = 1.3

#: Every code a page must have words for.
CODES = (
    "looked_nowhere",
    "looked_everywhere",
    "looked_at_line",
    "looked_at_water",
    "looked_at_plants",
    "looked_at_bare_ground",
    "looked_at_edges",
    "looked_at_bright",
    "looked_at_dark",
    "looked_at_middle",
    "looked_at_border",
    "looked_at_part",
    "used_visible",
    "used_red_edge",
    "used_nir",
    "used_swir",
    "used_atmosphere",
    "used_several",
)


@dataclass(frozen=True)
class Caption:
    """One thing that can be said.

    Attributes:
        code: one of :data:`CODES` (``landcover.captions.<code>`` in the words files).
        facts: the numbers behind it, for an expert's tooltip.
    """

    code: str
    facts: Mapping[str, float]


def looked_at(evidence: np.ndarray, part: float = LOOKED) -> np.ndarray:
    """Return the mask of the ``part`` of the valid pixels with the most evidence, positive ones only."""
    values = np.where(np.isnan(evidence), -np.inf, evidence)
    count = max(1, round(part * np.isfinite(values).sum()))
    threshold = np.partition(values.ravel(), -count)[-count]
    return (values >= threshold) & (values > 0)


def captions(
    image: xr.DataArray, evidence: xr.DataArray, groups: xr.Dataset | None = None, *, at_most: int = 2
) -> list[Caption]:
    """Say where the model looked, most telling first, and which light it used.

    Args:
        image: reflectance; true colour is enough, the infrared allows water and plants.
        evidence: (y, x), of :func:`eogen.landcover.methods.explain`.
        groups: of ``group_shapley``, to name the light that mattered most.
        at_most: captions about places; one about the light may follow.

    Returns:
        at least one caption about places.
    """
    values = evidence.values
    area = looked_at(values)
    positive = np.nan_to_num(np.maximum(values, 0))
    # A flat map puts every pixel at the threshold: it looked everywhere, whatever the pixels are.
    flat = not area.any() or area.mean() > 2 * LOOKED
    if not positive.any():
        said = [Caption("looked_nowhere", {})]
    elif flat or (share := float(positive[area].sum() / positive.sum())) < EVEN:
        said = [Caption("looked_everywhere", {"share": 1.0 if flat else share})]
    else:
        said = (
            _shape(area) + _ground(image, area) + _edges(image, values) + _light(image, area) + _place(area)
        )
        said = (said or [Caption("looked_at_part", {"share": share})])[:at_most]
    return said + (_band(groups) if groups is not None else [])


def _shape(area: np.ndarray) -> list[Caption]:
    """Recognise a long thin region: a road, a river, a row."""
    from skimage.measure import label, regionprops

    region = max(regionprops(label(area, connectivity=2)), key=lambda r: r.area)
    length, width = region.axis_major_length, max(region.axis_minor_length, 1.0)
    if length / width >= LINE_RATIO and length >= LINE_LENGTH * max(area.shape):
        return [Caption("looked_at_line", {"length_px": float(length), "width_px": float(width)})]
    return []


def _bands(image: xr.DataArray, *names: str) -> list[np.ndarray] | None:
    """Return the named bands, or None when one is absent."""
    if not set(names) <= set(image["band"].values):
        return None
    return [image.sel(band=n).values for n in names]


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the normalised difference (a - b) / (a + b)."""
    return (a - b) / np.maximum(a + b, 1e-6)


def _ground(image: xr.DataArray, area: np.ndarray) -> list[Caption]:
    """Recognise water, plants and bare or built ground from two band indices."""
    bands = _bands(image, "B03", "B04", "B08")
    if bands is None:
        return []
    green, red, infrared = bands
    ndwi, ndvi = _ratio(green, infrared)[area], _ratio(infrared, red)[area]
    facts = {"ndwi": float(np.nanmedian(ndwi)), "ndvi": float(np.nanmedian(ndvi))}
    if (ndwi > WATER_NDWI).mean() >= MOST:
        return [Caption("looked_at_water", facts)]
    if (ndvi > PLANTS_NDVI).mean() >= MOST:
        return [Caption("looked_at_plants", facts)]
    if (ndvi < BARE_NDVI).mean() >= MOST:
        return [Caption("looked_at_bare_ground", facts)]
    return []


def _visible(image: xr.DataArray) -> np.ndarray | None:
    bands = _bands(image, "B04", "B03", "B02")
    return None if bands is None else np.mean(bands, axis=0)


def _edges(image: xr.DataArray, evidence: np.ndarray) -> list[Caption]:
    """Recognise a map that follows the edges of the picture."""
    from skimage.filters import sobel

    visible = _visible(image)
    if visible is None:
        return []
    found = rank_correlation(evidence, sobel(np.nan_to_num(visible)))
    return [Caption("looked_at_edges", {"correlation": found})] if found > EDGES else []


def _light(image: xr.DataArray, area: np.ndarray) -> list[Caption]:
    """Compare the brightness of where it looked with the rest."""
    visible = _visible(image)
    if visible is None or area.all():
        return []
    ratio = float(np.nanmean(visible[area]) / max(float(np.nanmean(visible[~area])), 1e-6))
    if ratio >= BRIGHTER:
        return [Caption("looked_at_bright", {"ratio": ratio})]
    return [Caption("looked_at_dark", {"ratio": ratio})] if ratio <= 1 / BRIGHTER else []


def _place(area: np.ndarray) -> list[Caption]:
    """Say middle or border when most of the looked-at pixels lie in the inner or outer half of the area."""
    y, x = (np.abs((np.arange(n) + 0.5) / n - 0.5) for n in area.shape)
    inner = np.maximum(y[:, None], x[None]) < np.sqrt(0.125)  # a centred square of half the area
    share = float(inner[area].mean())
    if share >= 0.75:
        return [Caption("looked_at_middle", {"share": share})]
    return [Caption("looked_at_border", {"share": 1 - share})] if share <= 0.25 else []


def _band(groups: xr.Dataset) -> list[Caption]:
    """Name the spectral group with the highest value, if it carries two fifths of the positive sum."""
    values = groups["shapley"]
    total = float(values.where(values > 0).sum())
    if total <= 0 or values.size < 2:
        return []
    top = str(values["group"].values[values.to_numpy().argmax()])
    share = float(values.max()) / total
    return [Caption(f"used_{top}" if share >= 0.4 else "used_several", {"share": share})]
