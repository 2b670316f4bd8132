"""Bytes of an untrusted GeoTIFF -> samples, with every limit checked before anything large is decoded.

GDAL sees a memory file under a name chosen here and one driver: a VRT, or a file that points to another one,
cannot get in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader, MemoryFile

from eogen.errors import InputError

#: Largest file, largest image and largest decoded size (as float32) that are accepted.
MAX_FILE_BYTES = 400_000_000
MAX_PIXELS = 6000 * 6000
MAX_DECODED_BYTES = 400_000_000

#: The first bytes of a TIFF: little and big endian, classic and big.
SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

#: What GDAL raises on damaged files. RasterioError and OSError are the rule; the others come from mutated files:
#: undecodable tags, unknown sample types, broken chunks, sizes beyond what memory can give.
_FAULTS = (RasterioError, CPLE_BaseError, OSError, ValueError, TypeError, KeyError, MemoryError)


@dataclass(frozen=True)
class Samples:
    """What a GeoTIFF holds, before anything is known about its meaning.

    Attributes:
        values: (band, y, x), the file's own type.
        descriptions: band names in the file ("" where there is none).
        crs: coordinate reference system, or None.
        transform: pixel to CRS units, or None where the file has none (or a turned one).
        nodata: the value the file declares as missing, or None.
        scales, offsets: per band, so that the quantity is ``values * scale + offset``; 1 and 0 where undeclared.
        tags: the file's own tags.
        alpha: whether the last band says which pixels are opaque.
    """

    values: np.ndarray
    descriptions: tuple[str, ...]
    crs: rasterio.CRS | None
    transform: Affine | None
    nodata: float | None
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    tags: Mapping[str, str]
    alpha: bool


def read(data: bytes, name: str, check: Callable[[DatasetReader], None]) -> Samples:
    """Return the samples of the GeoTIFF in ``data``.

    Args:
        data: the whole file.
        name: how to call it in sentences; never used to open anything.
        check: called with the open file before its pixels are decoded; refuses it by raising InputError.

    Raises:
        InputError: ``corrupt_file``, and what ``check`` raises.
    """
    options = {"GDAL_PAM_ENABLED": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    try:
        with (
            rasterio.Env(**options),
            MemoryFile(data, filename="image.tif") as memory,
            warnings.catch_warnings(),
        ):
            # A file without a position is welcome: `crs` says so instead of a warning.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with memory.open(driver="GTiff") as source:
                check(source)
                wide = max(np.dtype(kind).itemsize for kind in source.dtypes)
                check_size(source.width, source.height, source.count, name, each=wide)
                return _samples(source)
    except InputError:
        raise
    except _FAULTS as error:
        raise corrupt(name) from error


def check_size(
    width: int,
    height: int,
    bands: int,
    name: str,
    *,
    least: int = 1,
    most: int = MAX_DECODED_BYTES,
    each: int = 4,
) -> None:
    """Refuse an image with a side under ``least`` pixels, or more than ``most`` bytes with ``each`` a value.

    Raises:
        InputError: ``too_small``, ``too_many_pixels``.
    """
    if min(width, height) < least:
        raise InputError(
            "too_small",
            "{name} is {width} x {height} pixels; at least {least} x {least} are needed.",
            name=name,
            width=width,
            height=height,
            least=least,
        )
    if width * height > MAX_PIXELS or width * height * bands * each > most:
        raise InputError(
            "too_many_pixels",
            "{name} is {width} x {height} pixels with {bands} bands, more than fits in memory here (at most "
            "{megapixels} million pixels and {megabytes} MB decoded). Cut out the part of interest.",
            name=name,
            width=width,
            height=height,
            bands=bands,
            megapixels=MAX_PIXELS // 1_000_000,
            megabytes=most // 1_000_000,
        )


def too_large(name: str, size: int) -> InputError:
    """Return the error for a file of ``size`` bytes, too large to be read."""
    return InputError(
        "file_too_large",
        "{name} weighs {megabytes} MB; at most {limit} MB are accepted. Cut out the part of interest.",
        name=name,
        megabytes=round(size / 1e6),
        limit=MAX_FILE_BYTES // 1_000_000,
    )


def corrupt(name: str) -> InputError:
    """Return the error for a file whose pixels cannot be decoded."""
    return InputError(
        "corrupt_file",
        "{name} is damaged or cut short: its pixels cannot be decoded. Copy or download it again.",
        name=name,
    )


def _samples(source: DatasetReader) -> Samples:
    return Samples(
        values=source.read(),
        descriptions=tuple(d or "" for d in source.descriptions),
        crs=source.crs or None,
        transform=_straight(source.transform),
        nodata=source.nodata,
        scales=tuple(map(float, source.scales)),
        offsets=tuple(map(float, source.offsets)),
        tags=source.tags(),
        alpha=source.colorinterp[-1] == ColorInterp.alpha,
    )


def _straight(transform: Affine) -> Affine | None:
    """Return ``transform`` where x depends on the column only and y on the row only, else None."""
    numbers = np.array(transform[:6], dtype=float)
    straight = np.isfinite(numbers).all() and transform.b == transform.d == 0
    # A pixel of less than a micrometre or of more than a globe, or a corner beyond the stars, is damage: nothing can be
    # laid there, and what warps a picture fails on it.
    sides, corner = np.abs(numbers[[0, 4]]), np.abs(numbers[[2, 5]])
    usable = straight and (sides > 1e-9).all() and (sides < 1e8).all() and (corner < 1e15).all()
    return transform if usable and transform != Affine.identity() else None
