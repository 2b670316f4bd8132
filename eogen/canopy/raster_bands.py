"""From the samples of a GeoTIFF to a scene: which band is which, what is missing, where it lies."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import rioxarray  # noqa: F401 - registers the .rio accessor
import xarray as xr
from rasterio.io import DatasetReader

from eogen import geotiff
from eogen.canopy.dataset import ten_bands
from eogen.canopy.geometry import to_degrees
from eogen.canopy.sensors import BANDS
from eogen.errors import InputError
from eogen.geotiff import MAX_DECODED_BYTES, Samples, check_size

#: All bands of Sentinel-2 by number, and the orders of files without names by their number of bands.
SENTINEL2 = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
LAYOUTS: dict[int, tuple[str, ...]] = {
    13: SENTINEL2,
    12: tuple(band for band in SENTINEL2 if band != "B10"),
    10: BANDS,
}
MOST_BANDS = 40
#: Values from here on are codes for no data.
FILLED = 1e18

_BAND = re.compile(r"(?i)(?:^|[^a-z0-9])b(?:and)?[ _-]?0*(\d{1,2})(a?)(?![a-z0-9])")


def samples(data: bytes, name: str) -> Samples:
    """Return the samples of a GeoTIFF of at most ``MOST_BANDS`` bands.

    Raises:
        InputError: ``corrupt_file``, ``too_small``, ``too_many_pixels``, ``canopy_band_count``.
    """

    def check(source: DatasetReader) -> None:
        if source.count > MOST_BANDS:
            raise band_count(name, source.count)
        # Four times what is decoded is held at once: samples, reflectances, what is missing, the ten bands in order.
        check_size(source.width, source.height, source.count, name, most=MAX_DECODED_BYTES // 2)

    return geotiff.read(data, name, check)


def band_name(text: str) -> str | None:
    """Return "B04" from "B4", "Band 4", "b04 (red)" …; None where no band of Sentinel-2 is named."""
    if not (match := _BAND.search(text)):
        return None
    found = f"B{int(match[1]):02d}" if not match[2] else f"B{int(match[1])}A"
    return found if found in SENTINEL2 else None


def band_names(found: Samples, given: Sequence[str] | None, name: str) -> tuple[str, ...]:
    """Return the name of each band of a file, "" for one that is none of Sentinel-2's.

    Args:
        found: the file's samples.
        given: names that overrule the file's, in its order.
        name: of the file, for sentences.

    Raises:
        InputError: ``canopy_band_count``, ``canopy_band_twice``.
    """
    count = len(found.values)
    texts = found.descriptions if given is None else tuple(given)
    names = tuple(band_name(text) or "" for text in texts)
    if not any(names):
        if count not in LAYOUTS:
            raise band_count(name, count)
        names = _thirteen(found.values) if count == len(SENTINEL2) else LAYOUTS[count]
    if len(names) != count:
        raise band_count(name, count)
    twice = sorted({band for band in names if band and names.count(band) > 1})
    if twice:
        raise band_twice(name, twice)
    return names


def band_twice(name: str, twice: list[str]) -> InputError:
    """Return the error for a file in which a band comes more than once."""
    return InputError(
        "canopy_band_twice",
        "{name} names {bands} more than once; each band must come once.",
        name=name,
        bands=", ".join(twice),
    )


def band_count(name: str, found: int) -> InputError:
    """Return the error for a file whose bands cannot be told."""
    return InputError(
        "canopy_band_count",
        "{name} has {found} band(s) that are not named as Sentinel-2's. Name them B02 to B12 in the file, or give 10 "
        "(B02 to B12 without B09 and B10), 12 (L2A: B01 to B12 without B10) or 13 (L1C) in that order.",
        name=name,
        found=found,
    )


def quantities(found: Samples) -> np.ndarray:
    """Return float32 (band, y, x): samples scaled as the file declares, NaN where it declares no data.

    Missing: the declared value, 65535 in uint16 (saturated, ESA's products specification), infinities, 1e18 and more
    (numpy writes 1e20 for what is masked), and the pixels that are 0 in every band (the products' own code; one band
    alone may truly be 0 over water).
    """
    raw = found.values
    if raw.dtype.kind == "c":
        raw = raw.real
    missing = np.broadcast_to((raw == 0).all(axis=0), raw.shape) | ~(np.abs(raw) < FILLED)
    if found.nodata is not None:
        missing = missing | (raw == found.nodata)
    if raw.dtype == np.uint16:
        missing = missing | (raw == np.iinfo(np.uint16).max)
    per_band = (-1, 1, 1)
    with np.errstate(
        invalid="ignore", over="ignore"
    ):  # damaged numbers and tags: what comes of them is refused later
        out = raw.astype(np.float32)
        out *= np.reshape(found.scales, per_band).astype(np.float32)
        out += np.reshape(found.offsets, per_band).astype(np.float32)
    out[missing] = np.nan
    return out


def _thirteen(values: np.ndarray) -> tuple[str, ...]:
    """Tell the order of band numbers from EuroSAT's, where B8A comes last: B10, black but for high clouds, shows it."""
    tenth, eleventh = (
        np.median(band[np.isfinite(band)]) if np.isfinite(band).any() else 0 for band in values[9:11]
    )
    last = (*(band for band in SENTINEL2 if band != "B8A"), "B8A")
    return last if tenth < eleventh else SENTINEL2


def scene(values: np.ndarray, names: Sequence[str], found: Samples) -> xr.Dataset:
    """Return reflectances as a scene with coordinates: pixel centres in CRS units, or pixel numbers without a place.

    Args:
        values: (band, y, x).
        names: of the bands.
        found: the file's samples, for their place.
    """
    height, width = values.shape[1:]
    rows, columns = np.arange(height), np.arange(width)
    dataset = xr.Dataset(
        {"reflectance": (("band", "y", "x"), ten_bands(values, names))},
        coords={"band": list(BANDS), "y": rows, "x": columns},
        attrs={"georeferenced": found.crs is not None and found.transform is not None},
    )
    if not dataset.attrs["georeferenced"]:
        return dataset
    t = found.transform
    dataset = dataset.assign_coords(y=t.f + t.e * (rows + 0.5), x=t.c + t.a * (columns + 0.5))
    return dataset.rio.write_crs(found.crs).rio.write_transform(t)


def centre(dataset: xr.Dataset) -> tuple[float, float]:
    """Return longitude and latitude (degrees) of the middle of a georeferenced scene; InputError ``canopy_place``."""
    x, y = float(dataset.x.mean()), float(dataset.y.mean())
    name = str(dataset.attrs.get("source", "the image"))
    (longitude,), (latitude,) = to_degrees(dataset.rio.crs, [x], [y], name)
    return float(longitude), float(latitude)
