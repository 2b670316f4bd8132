"""From p-values to a list of places: what alarms together, how large, how sure, where; as a table, GeoJSON, GeoTIFF."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pyproj import Transformer
from scipy import ndimage

from eogen import raster
from eogen.change.stack import pixel_area
from eogen.errors import InputError

#: Smallest object kept unless asked otherwise, in pixels.
LEAST = 4
COLUMNS = ("pixels", "area_m2", "mean_surprise", "peak_surprise", "row", "column", "x", "y", "lon", "lat",
           "west", "south", "east", "north")  # fmt: skip


def alarms(p_map: xr.Dataset, rate: float, least_pixels: int = LEAST) -> np.ndarray:
    """Return the objects (y, x; int32: 0 none, else the id) that alarm at a rate.

    Pixels with p <= ``rate`` that touch by a side make one object. Ids go 1, 2, ... from the surest (greatest summed
    surprise) on.

    Args:
        p_map: with ``p_value`` (y, x).
        rate: expected share of unchanged pixels that alarm, in (0, 1).
        least_pixels: smaller objects are left out.

    Raises:
        InputError: ``change_rate``; ``change_least``.
    """
    if not 0 < rate < 1:
        raise InputError(
            "change_rate",
            "The rate of false alarms is {rate}; a number between 0 and 1 was expected.",
            rate=rate,
        )
    if least_pixels < 1:
        raise InputError(
            "change_least",
            "Objects of {found} pixels were asked for; the smallest has 1.",
            found=least_pixels,
        )
    p = p_map.p_value.values
    found, count = ndimage.label(p <= rate)
    surprise = np.where(found > 0, -np.log10(np.where(found > 0, p, 1)), 0)
    sizes = np.bincount(found.ravel(), minlength=count + 1)
    total = np.bincount(found.ravel(), surprise.ravel(), count + 1)
    kept = np.flatnonzero(sizes[1:] >= least_pixels) + 1
    names = np.zeros(count + 1, np.int32)
    names[kept[np.argsort(-total[kept], kind="stable")]] = np.arange(1, len(kept) + 1)
    return names[found]


def objects(
    p_map: xr.Dataset, rate: float, least_pixels: int = LEAST, *, pixel: float | None = None
) -> pd.DataFrame:
    """Return a table of what alarms, the surest first.

    Args:
        p_map: from :func:`eogen.change.calibrate.p_values`.
        rate: expected share of unchanged pixels that alarm, in (0, 1).
        least_pixels: smaller objects are left out.
        pixel: side of a pixel in metres, for images without a CRS whose set tells it.

    Returns:
        Index ``id`` (1, 2, ...); ``pixels``; ``area_m2`` (NaN when unknown); ``mean_surprise``, ``peak_surprise``
        (-log10 p); centroid ``row``, ``column`` (numbers of pixels), ``x``, ``y`` (of the CRS; of the pixel plane
        without one), ``lon``, ``lat`` (degrees, WGS 84; NaN without a CRS); bounding box ``west``, ``south``, ``east``,
        ``north`` in degrees with a CRS, else in pixels of the plane whose y goes down.

    Raises:
        InputError: ``change_rate``; ``change_least``.
    """
    names = alarms(p_map, rate, least_pixels)
    count = int(names.max(initial=0))
    ids = pd.RangeIndex(1, count + 1, name="id")
    if not count:
        return pd.DataFrame({c: pd.Series(dtype=int if c == "pixels" else float) for c in COLUMNS}, ids)
    inside = names > 0
    number = names[inside] - 1
    rows, columns = np.nonzero(inside)
    surprise = -np.log10(p_map.p_value.values[inside].astype(float))
    size = np.bincount(number, minlength=count)
    mean = lambda v: np.bincount(number, v, count) / size
    area = _areas(p_map, pixel)
    row, column = mean(rows), mean(columns)
    made = pd.DataFrame(
        {
            "pixels": size,
            "area_m2": np.bincount(number, area[inside], count) if area is not None else np.nan,
            "mean_surprise": mean(surprise),
            "peak_surprise": ndimage.maximum(surprise, number, np.arange(count)),
            "row": row,
            "column": column,
        },
        ids,
    )
    crs = p_map.p_value.rio.crs
    boxes = ndimage.find_objects(names)
    edges = np.array([[b[1].start, b[0].start, b[1].stop, b[0].stop] for b in boxes], float)
    if crs is None:
        made[["x", "y"]] = np.c_[column + 0.5, row + 0.5]
        made[["lon", "lat"]] = np.nan
        made[["west", "north", "east", "south"]] = edges
        return made[list(COLUMNS)]
    place = p_map.p_value.rio.transform(recalc=True)
    made["x"], made["y"] = place @ (column + 0.5, row + 0.5)
    to_degrees = Transformer.from_crs(crs, raster.WGS84, always_xy=True)
    made["lon"], made["lat"] = to_degrees.transform(made.x.to_numpy(), made.y.to_numpy())
    corners = [place @ (edges[:, i], edges[:, j]) for i, j in ((0, 1), (2, 1), (2, 3), (0, 3))]
    lon, lat = np.stack([to_degrees.transform(*c) for c in corners], 1)
    made["west"], made["east"], made["south"], made["north"] = lon.min(0), lon.max(0), lat.min(0), lat.max(0)
    return made[list(COLUMNS)]


def to_geojson(p_map: xr.Dataset, rate: float, least_pixels: int = LEAST) -> dict[str, Any]:
    """Return the same objects as a GeoJSON FeatureCollection (RFC 7946: degrees of WGS 84, rings counterclockwise).

    Every feature has the table's row as properties, its outline, its box, and ``polygon_m2``: the area of the outline
    on the ellipsoid, which is the pixels' area to within 1 %.

    Raises:
        InputError: ``no_crs``; ``change_rate``; ``change_least``.
    """
    names = alarms(p_map, rate, least_pixels)
    table = objects(p_map, rate, least_pixels)
    about = {k: v for k in _ABOUT if (v := p_map.attrs.get(k)) not in (None, "")} | {"rate": rate}
    mask = p_map.p_value.copy(data=names > 0)
    made = raster.features_geojson(mask, min_pixels=least_pixels)
    # Features come in reading order, which is that of the first pixel of each object.
    first = names[names > 0]
    order = pd.unique(first)
    for feature, number in zip(made["features"], order, strict=True):
        facts = {k: (int(v) if k == "pixels" else float(v)) for k, v in table.loc[number].items()}
        box = [facts.pop(k) for k in ("west", "south", "east", "north")]
        outline = {"polygon_m2": feature["properties"]["area_m2"]}
        feature |= {
            "id": int(number),
            "bbox": box,
            "properties": {"id": int(number), **facts, **outline, **about},
        }
    made["features"].sort(key=lambda f: f["id"])
    return made


#: What every export says of its origin.
_ABOUT = ("kind", "dataset", "title", "licence", "estimator", "calibration", "history_maps", "eogen")


def to_geojson_text(p_map: xr.Dataset, rate: float, least_pixels: int = LEAST) -> str:
    """Return :func:`to_geojson` as text."""
    return json.dumps(to_geojson(p_map, rate, least_pixels), allow_nan=False)


def to_geotiff(p_map: xr.Dataset) -> bytes:
    """Return the p-values as a GeoTIFF, float32, with CRS and origin; NaN where there is none.

    Raises:
        InputError: ``no_crs``.
    """
    about = {k: p_map.attrs[k] for k in (*_ABOUT, "least_p") if k in p_map.attrs}
    return raster.geotiff_bytes(p_map.p_value.astype(np.float32).assign_attrs(**about))


def to_csv(table: pd.DataFrame) -> str:
    """Return the table as CSV text (RFC 4180 with line feeds), the id first."""
    text = io.StringIO()
    table.to_csv(text, lineterminator="\n")
    return text.getvalue()


def _areas(p_map: xr.Dataset, pixel: float | None) -> np.ndarray | None:
    area = pixel_area(p_map.p_value)
    if area is None and pixel is not None:
        return np.full(p_map.p_value.shape, float(pixel) ** 2)
    return area
