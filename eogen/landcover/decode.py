"""Bytes of an untrusted file -> pixels, with every limit checked before anything large is decoded.

Only three formats are accepted, by their first bytes: GeoTIFF, JPEG and PNG. GeoTIFF is left to
:mod:`eogen.geotiff`; JPEG and PNG are decoded by Pillow, as the EuroSAT archives are, so that a network sees the
same pixels in both.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import rasterio
from affine import Affine
from PIL import Image, JpegImagePlugin, PngImagePlugin
from rasterio.io import DatasetReader

from eogen import geotiff
from eogen.errors import InputError
from eogen.geotiff import MAX_FILE_BYTES, SIGNATURES, check_size, corrupt, too_large

#: Smallest side of an image: below this a 64-pixel patch would be mostly invented by padding.
MIN_SIDE = 16
#: Bands that any accepted layout can have; a file with more is refused before it is decoded.
MAX_BANDS = 16

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"

#: What Pillow raises on damaged files. OSError is the rule; the others come from mutated files: undecodable tags,
#: broken chunks, sizes beyond what memory can give.
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
        raise too_large(name, len(data))
    if data.startswith(SIGNATURES):
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
        raise corrupt(name) from error
    check_size(width, height, 4, name, least=MIN_SIDE)
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
        raise corrupt(name) from error
    array = np.asarray(rgba)
    return array[..., :3], array[..., 3] > 0 if transparent else None


def _tiff(data: bytes, name: str) -> Pixels:
    def check(source: DatasetReader) -> None:
        check_size(source.width, source.height, source.count, name, least=MIN_SIDE)
        if source.count > MAX_BANDS:
            raise band_count(name, source.count)

    found = geotiff.read(data, name, check)
    opaque = found.values[3] > 0 if len(found.values) == 4 and found.alpha else None
    return Pixels(
        found.values, found.descriptions, found.crs, found.transform, found.nodata, opaque, format="tiff"
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
