"""Bytes of an untrusted file -> pixels, with every limit checked before anything large is decoded.

Only three formats are accepted, by their first bytes: GeoTIFF, JPEG and PNG. GDAL sees a memory file under a
name chosen here and one driver (a VRT or a file that points to another one cannot get in); JPEG and PNG are
decoded by Pillow, as the EuroSAT archives are, so that a network sees the same pixels in both.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
import rasterio
from affine import Affine
from PIL import Image, JpegImagePlugin, PngImagePlugin
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader, MemoryFile

from eogen.errors import InputError

#: Largest file, largest image and largest decoded size (as float32) that are accepted.
MAX_FILE_BYTES = 400_000_000
MAX_PIXELS = 6000 * 6000
MAX_DECODED_BYTES = 400_000_000
#: Smallest side of an image: below this a 64-pixel patch would be mostly invented by padding.
MIN_SIDE = 16
#: Bands that any accepted layout can have; a file with more is refused before it is decoded.
MAX_BANDS = 16

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"

#: What GDAL and Pillow raise on damaged files. RasterioError and OSError are the rule; the others come from
#: mutated files: undecodable tags, unknown sample types, broken chunks, sizes beyond what memory can give.
_GDAL_FAULTS = (RasterioError, CPLE_BaseError, OSError, ValueError, TypeError, KeyError, MemoryError)
_PILLOW_FAULTS = (
    *(OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError),
    *(struct.error, zlib.error),
)


@dataclass(frozen=True)
class Pixels:
    """Decoded samples, before anything is known about their meaning.

    Attributes:
        values: (band, y, x), the file's own type.
        descriptions: band names in the file ("" where there is none).
        crs: coordinate reference system, or None.
        transform: pixel to CRS units, or None where the file has none (or a rotated one).
        nodata: the value the file declares as missing, or None.
        opaque: boolean (y, x), False where an alpha channel hides the pixel, or None.
        format: "tiff", "jpeg" or "png".
    """

    values: np.ndarray
    descriptions: tuple[str, ...]
    crs: rasterio.CRS | None
    transform: Affine | None
    nodata: float | None
    opaque: np.ndarray | None
    format: str


def decode(data: bytes, name: str) -> Pixels:
    """Return the pixels in ``data``.

    Args:
        data: the whole file.
        name: how to call it in sentences; never used to open anything.

    Raises:
        InputError: ``empty_file``, ``file_too_large``, ``not_an_image``, ``corrupt_file``,
            ``too_many_pixels``, ``too_small``, ``band_count``, ``grey_image``.
    """
    if not data:
        raise InputError("empty_file", "{name} is empty (0 bytes); choose a GeoTIFF, JPEG or PNG.", name=name)
    if len(data) > MAX_FILE_BYTES:
        raise file_too_large(name, len(data))
    if data.startswith(_TIFF):
        return _tiff(data, name)
    if data.startswith((_JPEG, _PNG)):
        rgb, opaque = picture(data, name)
        kind = "png" if data.startswith(_PNG) else "jpeg"
        return Pixels(rgb.transpose(2, 0, 1), ("", "", ""), None, None, None, opaque, kind)
    raise InputError(
        "not_an_image",
        "{name} is not a GeoTIFF, JPEG or PNG image, whatever its extension says; choose one of these.",
        name=name,
    )


def file_too_large(name: str, size: int) -> InputError:
    """Return the error for a file of ``size`` bytes, too large to be read."""
    return InputError(
        "file_too_large",
        "{name} weighs {megabytes} MB; at most {limit} MB are accepted. Cut out the part of interest.",
        name=name,
        megabytes=round(size / 1e6),
        limit=MAX_FILE_BYTES // 1_000_000,
    )


def picture(data: bytes, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Decode a JPEG or PNG.

    Returns:
        uint8 (y, x, 3), and a boolean (y, x) that is False where the picture is fully transparent (or None).

    Raises:
        InputError: ``corrupt_file``, ``too_many_pixels``, ``too_small``, ``grey_image``.
    """
    # The format's own class, not Image.open: no other format can be guessed, no module-wide limit is touched.
    plugin = PngImagePlugin.PngImageFile if data.startswith(_PNG) else JpegImagePlugin.JpegImageFile
    try:
        image = plugin(io.BytesIO(data))
        mode, (width, height) = image.mode, image.size
    except _PILLOW_FAULTS as error:
        raise _corrupt(name) from error
    _check_size(width, height, 4, name)
    if mode in ("1", "L", "LA", "I", "F", "I;16", "I;16B"):
        raise InputError(
            "grey_image",
            "{name} is a grey picture; the networks need colour (red, green, blue) or all Sentinel-2 bands.",
            name=name,
        )
    try:
        transparent = mode == "RGBA" or "transparency" in image.info
        rgba: Image.Image = image.convert("RGBA" if transparent else "RGB")
    except _PILLOW_FAULTS as error:
        raise _corrupt(name) from error
    array = np.asarray(rgba)
    return array[..., :3], array[..., 3] > 0 if transparent else None


def _tiff(data: bytes, name: str) -> Pixels:
    options = {"GDAL_PAM_ENABLED": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    try:
        with (
            rasterio.Env(**options),
            MemoryFile(data, filename="image.tif") as memory,
            warnings.catch_warnings(),
        ):
            # A file without a position is welcome: `georeferenced` says so instead of a warning.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with memory.open(driver="GTiff") as source:
                return _samples(source, name)
    except InputError:
        raise
    except _GDAL_FAULTS as error:
        raise _corrupt(name) from error


def _samples(source: DatasetReader, name: str) -> Pixels:
    _check_size(source.width, source.height, source.count, name)
    if source.count > MAX_BANDS:
        raise band_count(name, source.count)
    values = source.read()
    opaque = None
    if source.count == 4 and source.colorinterp[3] == ColorInterp.alpha:
        opaque = values[3] > 0
    return Pixels(
        values=values,
        descriptions=tuple(d or "" for d in source.descriptions),
        crs=source.crs or None,
        transform=_straight(source.transform),
        nodata=source.nodata,
        opaque=opaque,
        format="tiff",
    )


def _straight(transform: Affine) -> Affine | None:
    """Return ``transform`` where x depends on the column only and y on the row only, else None."""
    numbers = np.array(transform[:6], dtype=float)
    usable = np.isfinite(numbers).all() and transform.b == transform.d == 0 and transform.a * transform.e != 0
    return transform if usable and transform != Affine.identity() else None


def _check_size(width: int, height: int, bands: int, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        raise InputError(
            "too_small",
            "{name} is {width} x {height} pixels; at least {least} x {least} are needed.",
            name=name,
            width=width,
            height=height,
            least=MIN_SIDE,
        )
    if width * height > MAX_PIXELS or width * height * bands * 4 > MAX_DECODED_BYTES:
        raise InputError(
            "too_many_pixels",
            "{name} is {width} x {height} pixels with {bands} bands, more than fits in memory here (at most "
            "{megapixels} million pixels and {megabytes} MB decoded). Cut out the part of interest.",
            name=name,
            width=width,
            height=height,
            bands=bands,
            megapixels=MAX_PIXELS // 1_000_000,
            megabytes=MAX_DECODED_BYTES // 1_000_000,
        )


def band_count(name: str, found: int) -> InputError:
    """Return the error for a file whose number of bands is none of the accepted layouts."""
    return InputError(
        "band_count",
        "{name} has {found} band(s); 13 (Sentinel-2 L1C), 12 (L2A without B10), 10 (20 m stack), or 3 "
        "(colour picture in 8 bits) are accepted, or any number with the bands named B01 to B12 in the file.",
        name=name,
        found=found,
    )


def _corrupt(name: str) -> InputError:
    return InputError(
        "corrupt_file",
        "{name} is damaged or cut short: its pixels cannot be decoded. Copy or download it again.",
        name=name,
    )
