"""Sentinel-2 images in the layouts that are met in practice -> one reflectance array.

Three things a GeoTIFF of Sentinel-2 bands rarely says are found from its values: the order of 13 bands, the
scale, and the +1000 offset of processing baseline 04.00. Each rule, and the way it can fail, is told where it
is applied; order and offset can be overruled by an argument.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - registers the .rio accessor
import xarray as xr

from eogen.errors import InputError
from eogen.geotiff import MAX_FILE_BYTES, too_large
from eogen.landcover.bands import ALL, EUROSAT_ORDER, RGB
from eogen.landcover.decode import Pixels, band_count, decode
from eogen.landcover.render import to_reflectance

#: Digital number of reflectance 1 in Sentinel-2 products (ESA PSD, QUANTIFICATION_VALUE).
QUANTIFICATION = 10_000
#: Added to every digital number since processing baseline 04.00, 25 January 2022 (BOA_ADD_OFFSET).
OFFSET = 1000
#: Band orders of unnamed files by their number of bands; 13 has two, see :func:`_thirteen`.
LAYOUTS: dict[int, tuple[str, ...]] = {
    12: tuple(b for b in ALL if b != "B10"),
    10: tuple(b for b in ALL if b not in ("B01", "B09", "B10")),
}
#: Reflectance that can be believed: snow and glint reach 2.8; offset and correction errors reach -0.2.
LOWEST, HIGHEST = -0.3, 3.3
#: An image whose largest value is below this holds classes, flags or percentages rather than digital numbers.
LEAST_DN = 101

_BAND_NAME = re.compile(r"(?i)(?:^|[^a-z0-9])b(?:and)?[ _-]?0*(\d{1,2})(a?)(?![a-z0-9])")


def read_image(
    path: str | Path,
    *,
    origin: str = "real",
    bands: Sequence[str] | None = None,
    offset: int | None = None,
) -> xr.DataArray:
    """Read a GeoTIFF, JPEG or PNG file as Sentinel-2 reflectance.

    Args:
        path: the file.
        origin: goes to ``attrs["origin"]``: "real", "simulated" or "upload".
        bands: names of the file's bands in its order; found from the file when None.
        offset: digital number to subtract (0 or 1000); found from the values when None.

    Returns:
        DataArray "reflectance" (band, y, x), float32, NaN where missing; bands in the order of
        :data:`eogen.landcover.bands.ALL`, or B04, B03, B02 for a picture. Coordinates x, y are pixel centres
        in CRS units (pixel numbers where there is no CRS). attrs: units, sha256 (of the file), source,
        origin, processing_level ("L1C" with B10, "L2A" for 12 bands, "rendered" for a picture, else
        "unknown"), georeferenced (bool), offset_removed (digital numbers).

    Raises:
        InputError: ``file_not_found``, ``band_names``, ``value_type``, ``value_range``, ``no_valid_pixels``
            and those of :func:`eogen.landcover.decode.decode`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("file_not_found", "There is no file {name}.", name=str(path))
    if (size := path.stat().st_size) > MAX_FILE_BYTES:
        raise too_large(path.name, size)
    return read_bytes(path.read_bytes(), path.name, origin=origin, bands=bands, offset=offset)


def read_upload(
    data: bytes, name: str, *, bands: Sequence[str] | None = None, offset: int | None = None
) -> xr.DataArray:
    """Read what a visitor dropped in: as :func:`read_image`, from bytes; ``name`` is only ever shown."""
    return read_bytes(data, _shown(name), origin="upload", bands=bands, offset=offset)


def read_bytes(
    data: bytes,
    name: str,
    *,
    origin: str,
    bands: Sequence[str] | None = None,
    offset: int | None = None,
) -> xr.DataArray:
    """Read a file already in memory; arguments, result and errors as :func:`read_image`."""
    pixels = decode(data, name)
    names = _band_names(pixels, bands, name)
    if names is None:
        image, removed, level = _rendered(pixels), 0, "rendered"
    else:
        values, numbers = _reflectance_units(pixels, name)
        if names == EUROSAT_ORDER and bands is None and not any(pixels.descriptions):
            names = _thirteen(values)
        if offset is None:
            offset = _offset(values, names) if numbers else 0
        removed = offset
        values -= np.float32(removed / QUANTIFICATION)
        image = xr.DataArray(
            values, dims=("band", "y", "x"), coords={"band": list(names)}, name="reflectance"
        )
        image = image.sel(band=[b for b in ALL if b in names])
        level = "L1C" if "B10" in names else "L2A" if len(names) == 12 else "unknown"
        _check_range(image.values, name)
    image.attrs = {
        "units": "1",
        "sha256": hashlib.sha256(data).hexdigest(),
        "source": name,
        "origin": origin,
        "processing_level": level,
        "offset_removed": removed,
    }
    return _placed(image, pixels)


def _shown(name: str) -> str:
    """Return the last part of an uploaded file's name, short and printable."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable())[:100] or "image"


def _band_names(pixels: Pixels, given: Sequence[str] | None, name: str) -> tuple[str, ...] | None:
    """Return the file's bands in its order, or None where it is a rendered picture."""
    count, eight_bits = len(pixels.values), pixels.values.dtype == np.uint8
    found = [_band_name(d) for d in pixels.descriptions] if given is None else list(given)
    if found and all(found) and (given is not None or count > 1):
        names = tuple(str(b) for b in found)
        if given is not None and len(names) != count:
            raise band_count(name, count)
        if len(names) != count or len(set(names)) != count or not {*RGB} <= {*names} <= {*ALL}:
            raise InputError(
                "band_names",
                "{name} has {count} band(s), named {found}: the names must all differ, be Sentinel-2 bands "
                "(B01 to B12, B8A) and include B02, B03 and B04.",
                name=name,
                count=count,
                found=", ".join(names),
            )
        return names
    if eight_bits and count in (3, 4):
        return None
    if count == len(EUROSAT_ORDER):
        return EUROSAT_ORDER
    if count not in LAYOUTS:
        raise band_count(name, count)
    return LAYOUTS[count]


def _band_name(description: str) -> str | None:
    """Return "B04" from "B4", "Band 4", "b04 (red)", …; None where no Sentinel-2 band is named."""
    if not (match := _BAND_NAME.search(description)):
        return None
    found = f"B{int(match[1]):02d}" if not match[2] else f"B{int(match[1])}A"
    return found if found in ALL else None


def _thirteen(values: np.ndarray) -> tuple[str, ...]:
    """Tell EuroSAT's order of 13 bands (B8A last) from the order of band numbers (B8A ninth).

    B10 lies in a water-vapour band and is black wherever there is no high cloud: it is the tenth band in the
    first order and the eleventh in the second. Right for all EuroSAT and TerraMesh files at hand; dense
    cirrus over a surface black in the short-wave infrared could deceive it.
    """
    return EUROSAT_ORDER if _median(values[9]) < _median(values[10]) else ALL


def _median(values: np.ndarray) -> float:
    """Return the median of the valid values; 0 where there is none (a missing B10 counts as black)."""
    valid = values[np.isfinite(values)]
    return float(np.median(valid)) if valid.size else 0.0


def _reflectance_units(pixels: Pixels, name: str) -> tuple[np.ndarray, bool]:
    """Return float32 reflectance with NaN where missing, and whether it was digital numbers (÷ 10000).

    Missing: the declared nodata value, 65535 in uint16 (saturated, ESA PSD), infinities, and pixels that are
    0 in all bands (the product's own nodata; one band alone may truly be 0 over dark water).
    """
    raw = pixels.values
    if raw.dtype.kind not in "uif" or raw.dtype == np.uint8 or raw.dtype == np.int8:
        raise InputError(
            "value_type",
            "{name} stores {found} values in {count} bands; 16-bit integers or floating-point reflectances "
            "are needed.",
            name=name,
            found=str(raw.dtype),
            count=len(raw),
        )
    missing = np.broadcast_to((raw == 0).all(axis=0), raw.shape) | ~np.isfinite(raw)
    if pixels.nodata is not None:
        missing = missing | (raw == pixels.nodata)
    if raw.dtype == np.uint16:
        missing = missing | (raw == np.iinfo(np.uint16).max)
    if missing.all():
        raise InputError(
            "no_valid_pixels", "{name} holds no valid pixel: all are marked as missing.", name=name
        )
    least, most = raw[~missing].min(), raw[~missing].max()
    numbers = raw.dtype.kind != "f" or most > HIGHEST
    if numbers and not LEAST_DN <= most <= HIGHEST * QUANTIFICATION:
        raise _value_range(name, least, most)
    values = raw.astype(np.float32)
    if numbers:
        values /= QUANTIFICATION
    values[missing] = np.nan
    return values, numbers


def _offset(values: np.ndarray, names: tuple[str, ...]) -> int:
    """Return the digital number to subtract: 1000 where the values carry baseline 04.00's offset, else 0.

    With valid B10: its median is at least 1000 (without offset B10 is 5 to 100 unless dense cirrus covers
    half the image). Otherwise: 99.5 % of the pixels have at least 1000 in their darkest band. Not the strict
    minimum: with the offset, noise over dark surfaces goes below 1000 (a TerraMesh L2A tile reaches 969). The
    second rule errs on scenes bright in every band, full cloud or pale desert (Boadella of 2020-01-18 is such
    a scene): ``attrs["offset_removed"]`` tells, ``offset=0`` overrules. Reflectances from 0 to 1 are not
    looked at: they are taken as already corrected.
    """
    cirrus = values[names.index("B10")] if "B10" in names else np.empty(0)
    if np.isfinite(cirrus).any():
        level = _median(cirrus)
    else:
        darkest = np.fmin.reduce(values, axis=0)
        level = float(np.percentile(darkest[np.isfinite(darkest)], 0.5))
    return OFFSET if level * QUANTIFICATION >= OFFSET - 0.5 else 0


def _check_range(values: np.ndarray, name: str) -> None:
    if np.nanmin(values) < LOWEST:
        raise _value_range(name, np.nanmin(values), np.nanmax(values))


def _value_range(name: str, least: float, most: float) -> InputError:
    return InputError(
        "value_range",
        "{name} has values from {least:.4g} to {most:.4g}, which are not reflectances: 0 to 1, or 0 to 10000 "
        "(with or without the +1000 offset), are expected. Declare the file's no-data value if it has one.",
        name=name,
        least=float(least),
        most=float(most),
    )


def _rendered(pixels: Pixels) -> xr.DataArray:
    """Return approximate reflectance of a colour picture; a fourth band that is not alpha is left out."""
    image = to_reflectance(pixels.values[:3].transpose(1, 2, 0))
    missing = np.zeros(image.shape[1:], dtype=bool) if pixels.opaque is None else ~pixels.opaque
    if pixels.nodata is not None:
        missing = missing | (pixels.values[:3] == pixels.nodata).all(axis=0)
    return image.where(~missing)


def _placed(image: xr.DataArray, pixels: Pixels) -> xr.DataArray:
    """Give ``image`` its coordinates: pixel centres in CRS units, or pixel numbers."""
    height, width = image.shape[1:]
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    known = pixels.crs is not None and pixels.transform is not None
    image.attrs["georeferenced"] = known
    if not known:
        return image.assign_coords(y=rows - 0.5, x=columns - 0.5)
    t = pixels.transform
    return image.assign_coords(y=t.f + t.e * rows, x=t.c + t.a * columns).rio.write_crs(pixels.crs)
