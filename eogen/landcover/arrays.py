"""Whole EuroSAT sets as plain arrays, for training and evaluation, with the hash of every file.

The pages read one image at a time (``read.py``); a fit needs 21,600 at once, with as little in between as can be.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from eogen.errors import InputError
from eogen.landcover.bands import ALL, CLASSES, EUROSAT_ORDER
from eogen.progress import Progress, silent

#: The official JPEGs hold digital numbers 0..2750 as grey levels 1..255; reflectance = DN / 10000.
CEILING = 0.2750


@dataclass(frozen=True)
class Images:
    """A set of labelled images of one size.

    Attributes:
        names: file stems, e.g. ``"River_12"``.
        labels: class number in ``CLASSES``, int64 (n,).
        sha256: of the bytes of each file, hex.
        pixels: (n, C, H, W); uint8 grey levels (B04, B03, B02) for JPEGs, float32 reflectance for GeoTIFFs.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    sha256: tuple[str, ...]
    pixels: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def take(self, chosen: np.ndarray | Sequence[int]) -> Images:
        """Return the images of these numbers (or of this boolean mask)."""
        index = np.arange(len(self))[np.asarray(chosen)]
        return replace(
            self,
            names=tuple(self.names[i] for i in index),
            labels=self.labels[index],
            sha256=tuple(self.sha256[i] for i in index),
            pixels=self.pixels[index],
        )

    @property
    def fingerprints(self) -> np.ndarray:
        """First 64 bits of each SHA-256, int64 (n,): what weights remember of the samples they were fitted on."""
        return np.array([int(s[:16], 16) for s in self.sha256], dtype=np.uint64).view(np.int64)

    @property
    def content(self) -> str:
        """SHA-256 of the sorted file hashes: names this very set of files, in whatever order or archive."""
        return hashlib.sha256("".join(sorted(self.sha256)).encode()).hexdigest()

    def part(self, parts: int = 10) -> np.ndarray:
        """Return a number 0..parts-1 per image that depends on its content only, int64 (n,).

        Taken from the last digits of the hash: the shared archive was itself selected by the first ones.
        """
        return np.array([int(s[-8:], 16) % parts for s in self.sha256])


def to_reflectance(grey: np.ndarray) -> np.ndarray:
    """Return the reflectance (float32) that the official rendering shows as these grey levels (uint8)."""
    return ((grey.astype(np.float32) - 1.0) * np.float32(CEILING / 254.0)).clip(0.0)


def rgb(root: Path, *, progress: Progress = silent) -> Images:
    """Read every EuroSAT JPEG under ``root``: ``EuroSAT_RGB_*.zip`` archives and ``2750/<Class>/*.jpg`` folders.

    A file that occurs twice (by content) is read once. The order is that of the names, then of the hashes.

    Raises:
        InputError: ``image_size`` when the JPEGs differ in size; ``corrupt_image`` when one cannot be read.
    """
    files = {hashlib.sha256(data).hexdigest(): (stem, label, data) for stem, label, data in _jpegs(root)}
    order = sorted(files, key=lambda sha: (files[sha][0], sha))
    pixels = []
    for done, sha in enumerate(order):
        if done % 500 == 0:
            progress(done, len(order), "read")
        stem, _, data = files[sha]
        try:
            image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        except OSError as error:
            raise InputError("corrupt_image", "{name} is not a readable image ({reason}).",
                             name=f"{stem}.jpg", reason=str(error)) from error  # fmt: skip
        if pixels and image.shape[:2] != pixels[0].shape[1:]:
            raise InputError("image_size", "{name} has {found} pixels, the other images {expected}.",
                             name=f"{stem}.jpg", found=image.shape[:2], expected=pixels[0].shape[1:])  # fmt: skip
        pixels.append(image.transpose(2, 0, 1))
    return Images(
        names=tuple(files[sha][0] for sha in order),
        labels=np.array([files[sha][1] for sha in order], dtype=np.int64),
        sha256=tuple(order),
        pixels=np.stack(pixels) if pixels else np.zeros((0, 3, 64, 64), np.uint8),
    )


def multispectral(root: Path) -> Images:
    """Read every 13-band EuroSAT GeoTIFF under ``root/eurosat_ms/<Class>/``.

    Pixels are reflectance, bands in the order of ``ALL`` (in the files B8A comes last).

    Raises:
        InputError: ``corrupt_image`` when a file cannot be read; ``band_count`` when it has not 13 bands.
    """
    names, labels, hashes, pixels = [], [], [], []
    order = [EUROSAT_ORDER.index(band) + 1 for band in ALL]
    for path in sorted(root.glob("eurosat_ms/*/*.tif")):
        if path.parent.name not in CLASSES:
            continue
        content = path.read_bytes()
        try:
            with MemoryFile(content) as memory, memory.open() as opened:
                if opened.count != len(ALL):
                    raise InputError("band_count", "{name} has {found} bands; {expected} are needed.",
                                     name=path.name, found=opened.count, expected=len(ALL))  # fmt: skip
                pixels.append(opened.read(order).astype(np.float32) / 10_000)
        except RasterioError as error:
            raise InputError("corrupt_image", "{name} is not a readable image ({reason}).",
                             name=path.name, reason=str(error)) from error  # fmt: skip
        names.append(path.stem)
        labels.append(CLASSES.index(path.parent.name))
        hashes.append(hashlib.sha256(content).hexdigest())
    return Images(
        names=tuple(names),
        labels=np.array(labels, dtype=np.int64),
        sha256=tuple(hashes),
        pixels=np.stack(pixels) if pixels else np.zeros((0, len(ALL), 64, 64), np.float32),
    )


def _jpegs(root: Path) -> Iterator[tuple[str, int, bytes]]:
    for archive in sorted(root.glob("EuroSAT_RGB_*.zip")):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                path = Path(name)
                if path.suffix.lower() == ".jpg" and path.parent.name in CLASSES:
                    yield path.stem, CLASSES.index(path.parent.name), opened.read(name)
    for folder in ("2750", "eurosat_rgb"):
        for path in sorted(root.glob(f"{folder}/*/*.jpg")):
            if path.parent.name in CLASSES:
                yield path.stem, CLASSES.index(path.parent.name), path.read_bytes()
