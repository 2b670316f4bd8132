"""Whole EuroSAT sets as plain arrays, for training and evaluation, with the hash of every file.

The pages read one image at a time (``read.py``); a fit needs 21,600 at once, with as little in between as can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eogen.landcover import archives
from eogen.landcover.bands import ALL, CLASSES
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
    """Read every EuroSAT JPEG under ``root``, in the order of the names; see :func:`archives.eurosat_rgb`.

    Raises:
        InputError: as :func:`archives.pixels`.
    """
    samples = sorted(archives.eurosat_rgb(root), key=lambda sample: sample.name)
    return _images(samples, archives.pixels(samples, progress).transpose(0, 3, 1, 2))


def multispectral(root: Path) -> Images:
    """Read every 13-band EuroSAT GeoTIFF under ``root``, in the order of the names.

    Pixels are reflectance, bands in the order of ``ALL``; see :func:`archives.eurosat_ms`.

    Raises:
        InputError: as :meth:`archives.Sample.load`.
    """
    samples = sorted(archives.eurosat_ms(root), key=lambda sample: sample.name)
    pixels = [sample.load().sel(band=list(ALL)).values for sample in samples]
    empty = np.zeros((0, len(ALL), archives.PATCH, archives.PATCH), np.float32)
    return _images(samples, np.stack(pixels) if pixels else empty)


def _images(samples: Sequence[archives.Sample], pixels: np.ndarray) -> Images:
    return Images(
        names=tuple(sample.name for sample in samples),
        labels=np.array([CLASSES.index(sample.label) for sample in samples], dtype=np.int64),
        sha256=tuple(sample.sha256 for sample in samples),
        pixels=np.ascontiguousarray(pixels),
    )
