"""Rasters on their way to a screen or to a file: warped pictures, GeoTIFF bytes, GeoJSON objects.

A web map stretches a picture linearly between its corners in Web Mercator (EPSG:3857), so a UTM raster must
be warped there first; only laying its corners down would shear it by several pixels. Pictures are quicklooks
of at most 512 pixels a side; files keep every pixel, the CRS and the transform.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from affine import Affine
from PIL import Image
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import array_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform, transform_bounds

from eogen.errors import InputError

MERCATOR = CRS.from_epsg(3857)
WGS84 = CRS.from_epsg(4326)
QUICKLOOK = 512
"""Longest side of a picture sent to a browser, in pixels."""

Bounds = list[list[float]]


@dataclass(frozen=True)
class Overlay:
    """A picture and where it lies.

    Args:
        url: the picture as a ``data:`` URL.
        bounds: ``[[south, west], [north, east]]`` in degrees (WGS 84) of a picture already in EPSG:3857; on
            the pixel plane, ``[[0, 0], [height, width]]`` in pixels of the image it was made from.
        geographic: False on the pixel plane (the image has no known place on Earth).
        inner: the part of ``bounds`` without the empty wedges that warping leaves at the edges.
        size: width and height, in pixels, of the image the picture was made from.
    """

    url: str
    bounds: Bounds
    geographic: bool = True
    inner: Bounds = field(default_factory=list)
    size: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if not self.inner:
            object.__setattr__(self, "inner", self.bounds)


def data_url(pixels: np.ndarray) -> str:
    """Return uint8 pixels (y, x), (y, x, 3) or (y, x, 4) as a lossless WebP ``data:`` URL."""
    buffer = io.BytesIO()
    # Lossless and fastest: evidence maps are read pixel by pixel, and a visitor is waiting.
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "WEBP", lossless=True, method=0, quality=0)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def warp(array: xr.DataArray, *, limit: int = QUICKLOOK, resampling: str = "nearest") -> xr.DataArray:
    """Warp ``array`` (y, x) or (band, y, x) with a CRS to EPSG:3857 for display.

    At most ``limit`` pixels a side. A small image is sampled finer (up to 8 times), so that its pixels keep
    their shape instead of being shuffled by nearest-neighbour. Outside: NaN in floats, 0 in integers.

    Args:
        resampling: a name of :class:`rasterio.warp.Resampling`; ``nearest`` keeps values, ``average`` suits
            pictures much larger than ``limit``.

    Raises:
        InputError: ``no_crs``; ``place_unusable``.
    """
    try:
        return _warp(array, limit, resampling)
    except (RasterioError, CPLE_BaseError, CRSError, OverflowError, ZeroDivisionError) as fault:
        raise InputError(
            "place_unusable",
            "The image {name} says that it lies where nothing can be drawn on a map (off the Earth, or outside what "
            "its coordinate reference system covers); check its position.",
            name=str(array.attrs.get("source") or array.name or "?"),
        ) from fault


def _warp(array: xr.DataArray, limit: int, resampling: str) -> xr.DataArray:
    crs, height, width = _crs(array), array.sizes["y"], array.sizes["x"]
    source = _place(array)
    edges = array_bounds(height, width, source)
    target, columns, rows = calculate_default_transform(crs, MERCATOR, width, height, *edges)
    longest = max(columns, rows)
    scale = min(8, limit // longest) if longest <= limit else limit / longest
    columns, rows = max(1, round(columns * scale)), max(1, round(rows * scale))
    target, columns, rows = calculate_default_transform(
        crs, MERCATOR, width, height, *edges, dst_width=columns, dst_height=rows
    )
    floating = np.issubdtype(array.dtype, np.floating)
    lead = array.transpose(..., "y", "x")
    out = np.full((*lead.shape[:-2], rows, columns), np.nan if floating else 0, array.dtype)
    reproject(
        lead.values,
        out,
        src_transform=source,
        src_crs=crs,
        dst_transform=target,
        dst_crs=MERCATOR,
        resampling=Resampling[resampling],
        **({"src_nodata": np.nan, "dst_nodata": np.nan} if floating else {}),
    )
    x = target.c + target.a * (np.arange(columns) + 0.5)
    y = target.f + target.e * (np.arange(rows) + 0.5)
    coords = {"y": y, "x": x} | {d: array[d] for d in lead.dims[:-2] if d in array.coords}
    warped = xr.DataArray(out, coords, lead.dims, array.name, array.attrs)
    return warped.rio.write_crs(MERCATOR).rio.write_transform(target)


def overlay(
    pixels: np.ndarray,
    like: xr.DataArray | None = None,
    *,
    limit: int = QUICKLOOK,
    resampling: str = "nearest",
) -> Overlay:
    """Place display pixels where ``like`` lies.

    Args:
        pixels: uint8 (y, x), (y, x, 3) or (y, x, 4), same y and x as ``like``.
        like: the image the pixels were made from. Without it, or when it has no CRS, the picture lies on the
            plain pixel plane and ``geographic`` is False.
        resampling: see :func:`warp`.

    Raises:
        InputError: ``picture_shape``, when the two sizes differ.
    """
    height, width = pixels.shape[:2]
    if like is not None and (like.sizes["y"], like.sizes["x"]) != (height, width):
        raise InputError(
            "picture_shape",
            "The picture has {found} rows and columns and the image it belongs to has {expected}.",
            found=f"{height} × {width}",
            expected=f"{like.sizes['y']} × {like.sizes['x']}",
        )
    rgba = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("RGBA"))
    if like is None or like.rio.crs is None:
        if max(height, width) > limit:
            scale = limit / max(height, width)
            how = Image.Resampling.NEAREST if resampling == "nearest" else Image.Resampling.BOX
            rgba = np.asarray(
                Image.fromarray(rgba).resize(
                    (max(1, round(width * scale)), max(1, round(height * scale))), how
                )
            )
        plane = [[0.0, 0.0], [float(height), float(width)]]
        return Overlay(data_url(rgba), plane, geographic=False, size=(width, height))
    # The transform alone places the pixels: a turned grid has no x and y coordinates.
    placed = xr.DataArray(rgba.transpose(2, 0, 1), dims=("band", "y", "x")).rio.write_crs(like.rio.crs)
    placed = placed.rio.write_transform(_place(like))
    warped = warp(placed, limit=limit, resampling=resampling)
    edges = array_bounds(warped.sizes["y"], warped.sizes["x"], _place(warped))
    west, south, east, north = transform_bounds(MERCATOR, WGS84, *edges)
    return Overlay(
        data_url(warped.values.transpose(1, 2, 0)),
        [[south, west], [north, east]],
        inner=_inner(placed, (west, south, east, north)),
        size=(width, height),
    )


def pixel_at(array: xr.DataArray, latitude: float, longitude: float) -> tuple[int, int] | None:
    """Return the (row, column) of ``array`` that holds a place in degrees, or None when it lies outside."""
    (x,), (y,) = transform(WGS84, _crs(array), [longitude], [latitude])
    column, row = ~_place(array) @ (x, y)
    row, column = int(np.floor(row)), int(np.floor(column))
    inside = 0 <= row < array.sizes["y"] and 0 <= column < array.sizes["x"]
    return (row, column) if inside else None


def cell_bounds(array: xr.DataArray, row: int, column: int, size: int = 1) -> Bounds:
    """Return the bounds (degrees) of the square of ``size`` pixels from (row, column) on."""
    place = _place(array)
    corners = [place @ (column + i * size, row + j * size) for i in (0, 1) for j in (0, 1)]
    longitudes, latitudes = transform(_crs(array), WGS84, *zip(*corners, strict=True))
    return [[min(latitudes), min(longitudes)], [max(latitudes), max(longitudes)]]


def geotiff_bytes(array: xr.DataArray) -> bytes:
    """Return ``array`` (y, x) or (band, y, x) as a GeoTIFF with CRS, transform, nodata and band names.

    Band names come from the ``band`` coordinate (or the array's name), units from ``attrs["units"]``, and the
    other plain attributes are kept as tags. Floats use NaN as nodata unless ``rio.nodata`` says otherwise.

    Raises:
        InputError: ``no_crs``.
    """
    crs = _crs(array)
    cube = (array if "band" in array.dims else array.expand_dims("band")).transpose("band", "y", "x")
    values = cube.values.astype("uint8") if cube.dtype == bool else cube.values
    floating = np.issubdtype(values.dtype, np.floating)
    nodata = array.rio.nodata if array.rio.nodata is not None else (np.nan if floating else None)
    names = [str(b) for b in cube.band.values] if "band" in array.coords and "band" in array.dims else []
    names = names or [str(array.name or f"band {i + 1}") for i in range(len(values))]
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            count=len(values),
            height=values.shape[1],
            width=values.shape[2],
            dtype=values.dtype,
            crs=crs,
            transform=_place(array),
            nodata=nodata,
            compress="deflate",
            predictor=3 if floating else 2,
        ) as file:
            file.write(values)
            file.descriptions = tuple(names)
            file.units = (str(array.attrs.get("units", "")),) * len(values)
            tags = {
                k: v
                for k, v in array.attrs.items()
                if isinstance(v, str | int | float | bool) and k != "_FillValue"
            }
            file.update_tags(**tags, **({"name": str(array.name)} if array.name else {}))
        return memory.read()


def features_geojson(
    mask: xr.DataArray,
    *,
    values: Mapping[str, xr.DataArray] | None = None,
    properties: Mapping[str, Any] | None = None,
    min_pixels: int = 1,
) -> dict[str, Any]:
    """Return the connected parts of a mask (y, x) as a GeoJSON FeatureCollection in WGS 84 (RFC 7946).

    Every feature has ``id`` (1, 2, ... in reading order), ``pixels``, ``area_m2`` (geodesic), the mean of
    each of ``values`` over its pixels (NaN left out; null when there is none) and the common ``properties``.
    Pixels that touch only by a corner belong to different parts.

    Args:
        min_pixels: smaller parts are left out.

    Raises:
        InputError: ``no_crs``.
    """
    from pyproj import Geod
    from rasterio.features import shapes
    from rasterio.warp import transform_geom
    from scipy import ndimage
    from shapely.geometry import mapping, shape
    from shapely.geometry.polygon import orient

    crs, place = _crs(mask), _place(mask)
    labels, count = ndimage.label(mask.values.astype(bool))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    found = {int(k): g for g, k in shapes(labels.astype("int32"), mask=labels > 0, transform=place)}
    kept = [k for k in range(1, count + 1) if sizes[k] >= min_pixels]
    earth = Geod(ellps="WGS84")
    features = []
    for number, part in enumerate(kept, 1):
        polygon = orient(shape(transform_geom(crs, WGS84, found[part])))
        means = {name: _mean(array.values[labels == part]) for name, array in (values or {}).items()}
        facts = {
            "id": number,
            "pixels": int(sizes[part]),
            "area_m2": abs(earth.geometry_area_perimeter(polygon)[0]),
        }
        features.append(
            {
                "type": "Feature",
                "id": number,
                "geometry": mapping(polygon),
                "properties": facts | means | dict(properties or {}),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _crs(array: xr.DataArray) -> CRS:
    if array.rio.crs is None:
        raise InputError(
            "no_crs",
            "The image {name} has no coordinate reference system, so it has no place on a map; "
            "give a georeferenced file (a GeoTIFF, for example), or export it as a picture or a table.",
            name=str(array.attrs.get("source") or array.name or "?"),
        )
    return CRS.from_user_input(array.rio.crs)


def _place(array: xr.DataArray) -> Affine:
    """Return the transform: from the coordinates where there are any, because a slice keeps its parent's."""
    return array.rio.transform(recalc="x" in array.coords and "y" in array.coords)


def _inner(array: xr.DataArray, outer: tuple[float, float, float, float]) -> Bounds:
    """Return the upright rectangle inside the warped outline; ``outer`` where the grid is turned too far."""
    place, h, w = _place(array), array.sizes["y"], array.sizes["x"]
    corners = [place @ c for c in ((0, 0), (w, 0), (w, h), (0, h))]
    lng, lat = transform(_crs(array), WGS84, *zip(*corners, strict=True))
    west, east = max(lng[0], lng[3], outer[0]), min(lng[1], lng[2], outer[2])
    south, north = max(lat[2], lat[3], outer[1]), min(lat[0], lat[1], outer[3])
    if west >= east or south >= north:
        west, south, east, north = outer
    return [[south, west], [north, east]]
