"""Bytes of an untrusted image -> samples of one date, every limit checked before anything large is decoded.

Four formats are accepted, by their first bytes: GeoTIFF (left to :mod:`eogen.geotiff`), PNG, JPEG and BMP (Pillow).
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin
from rasterio.crs import CRS
from rasterio.io import DatasetReader

from eogen import geotiff
from eogen.errors import InputError, Unavailable

#: Shortest side, most bands, and most values (bands × rows × columns) of one date: 160 MB as float32, so that two
#: dates, their map and its parts fit on a laptop, and reading them in a gigabyte.
MIN_SIDE, MAX_BANDS, MAX_VALUES = 16, 64, 40_000_000

_PLUGINS = {
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"BM": BmpImagePlugin.BmpImageFile,
}
#: What Pillow raises on damaged files. OSError is the rule; the others come from mutated files.
_FAULTS = (
    *(
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        IndexError,
        EOFError,
        MemoryError,
        OverflowError,
    ),
    *(AttributeError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError),
)
#: Modes kept as one number a pixel; others become red, green and blue.
_GREY = ("1", "L", "I", "F", "I;16", "I;16B", "I;16L")


@dataclass(frozen=True)
class Picture:
    """One image, before anything is known about its meaning.

    Attributes:
        values: (band, y, x), the file's own type; floats carry the scale and offset the file declares.
        valid: (y, x) bool; False where the file says there is nothing (declared value, transparency, not finite).
        names: band names in the file ("" where there is none).
        crs, transform: where it lies; None where the file does not say (or has a turned grid).
        name: how to call it in sentences.
        scaled: whether the file declared a scale or an offset, which ``values`` already carry.
    """

    values: np.ndarray
    valid: np.ndarray
    names: tuple[str, ...]
    crs: CRS | None
    transform: Affine | None
    name: str
    scaled: bool = False


def read_image(
    source: Path | bytes, name: str | None = None, what: str = "image", least: int = MIN_SIDE
) -> Picture:
    """Return the samples of a GeoTIFF, PNG, JPEG or BMP.

    A value declared as missing makes a pixel not valid when any band has it; a declared 0 only when all bands have it,
    because 0 is also a measurement.

    Args:
        source: a file, or the bytes of one.
        name: how to call it in sentences, and where dates are searched for; the file's own name when None.
        what: how to call it when it has no name.
        least: shortest side that is accepted.

    Raises:
        Unavailable: ``change_absent``.
        InputError: ``change_empty``; ``file_too_large``; ``change_not_image``; ``corrupt_file``; ``too_small``;
            ``change_too_large``; ``change_complex``.
    """
    shown = printable(name or (source.name if isinstance(source, Path) else what))
    data = source if isinstance(source, bytes) else _bytes(source, shown)
    if not data:
        raise InputError(
            "change_empty", "{name} is empty (0 bytes); give a GeoTIFF, PNG, JPEG or BMP.", name=shown
        )
    if len(data) > geotiff.MAX_FILE_BYTES:
        raise geotiff.too_large(shown, len(data))
    if data.startswith(geotiff.SIGNATURES):
        return _tiff(data, shown, least)
    for signature, plugin in _PLUGINS.items():
        if data.startswith(signature):
            return _drawn(data, shown, plugin, least)
    raise InputError(
        "change_not_image",
        "{name} is not a GeoTIFF, PNG, JPEG or BMP image, whatever its extension says; give two of these.",
        name=shown,
    )


def printable(name: str) -> str:
    """Return the last part of a file's name, short and printable."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable() and c not in "{}").strip(".")[-150:] or "image"


def _bytes(path: Path, shown: str) -> bytes:
    if not path.is_file():
        raise Unavailable(
            "change_absent", "There is no file {name} in {folder}.", name=shown, folder=str(path.parent)
        )
    if path.stat().st_size > geotiff.MAX_FILE_BYTES:
        raise geotiff.too_large(shown, path.stat().st_size)
    return path.read_bytes()


def _check(width: int, height: int, bands: int, name: str, least: int) -> None:
    geotiff.check_size(width, height, 1, name, least=least)
    if bands > MAX_BANDS or width * height * bands > MAX_VALUES:
        raise InputError(
            "change_too_large",
            "{name} has {width} x {height} pixels and {bands} band(s); at most {most} million values and {limit} bands "
            "are compared at once here. Cut out the part of interest.",
            name=name, width=width, height=height, bands=bands, most=MAX_VALUES // 1_000_000, limit=MAX_BANDS,
        )  # fmt: skip


def _tiff(data: bytes, name: str, least: int) -> Picture:
    def check(source: DatasetReader) -> None:
        _check(source.width, source.height, source.count, name, least)
        if any("complex" in str(kind) for kind in source.dtypes):
            raise InputError(
                "change_complex",
                "{name} holds complex numbers (a radar image before detection); give its amplitude or backscatter.",
                name=name,
            )

    found = geotiff.read(data, name, check)
    values, names = found.values, found.descriptions
    valid = np.isfinite(values).all(0)
    if found.nodata is not None and np.isfinite(found.nodata):
        missing = values == found.nodata
        valid &= ~(missing.all(0) if found.nodata == 0 else missing.any(0))
    scales, offsets = np.array(found.scales), np.array(found.offsets)
    if found.alpha and len(values) > 1:
        valid &= values[-1] > 0
        values, names, scales, offsets = values[:-1], names[:-1], scales[:-1], offsets[:-1]
    scaled = bool((scales != 1).any() or (offsets != 0).any())
    if scaled:
        with np.errstate(all="ignore"):  # a damaged scale gives infinities, which are then not valid
            values = (values * scales[:, None, None] + offsets[:, None, None]).astype(np.float64)
        valid &= np.isfinite(values).all(0)
    return Picture(values, valid, names, found.crs, found.transform, name, scaled)


def _drawn(data: bytes, name: str, plugin: Callable[[io.BytesIO], Image.Image], least: int) -> Picture:
    # The format's own class, not Image.open: no other format can be guessed, no module-wide limit is touched.
    try:
        image = plugin(io.BytesIO(data))
        mode, (width, height) = image.mode, image.size
    except _FAULTS as error:
        raise geotiff.corrupt(name) from error
    _check(width, height, 4, name, least)
    try:
        if mode in _GREY and "transparency" not in image.info:
            values = np.asarray(image)[None]
            valid = np.isfinite(values[0])
        else:
            transparent = mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            rgba = np.asarray(image.convert("RGBA" if transparent else "RGB"))
            values = rgba[..., :3].transpose(2, 0, 1)
            valid = rgba[..., 3] > 0 if transparent else np.ones((height, width), bool)
    except _FAULTS as error:
        raise geotiff.corrupt(name) from error
    values = values.astype(np.uint8) if values.dtype == bool else values
    return Picture(values, valid, ("",) * len(values), None, None, name)
