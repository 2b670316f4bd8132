"""Tiny files in every layout the landcover readers meet, built in memory."""

from __future__ import annotations

import io
import warnings

import numpy as np
from affine import Affine
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from eogen.landcover.bands import ALL

UTM = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 5_000_000)}


def tiff(values: np.ndarray, names: tuple[str, ...] = (), **profile) -> bytes:
    profile = {**UTM, **profile}
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            count=len(values),
            height=values.shape[1],
            width=values.shape[2],
            dtype=values.dtype,
            **profile,
        ) as out:
            out.write(values)
            for i, name in enumerate(names, 1):
                out.set_band_description(i, name)
        return memory.read()


def bare_tiff(values: np.ndarray) -> bytes:
    """A TIFF without position."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return tiff(values, crs=None, transform=None)


def scene(order: tuple[str, ...], size: int = 20, seed: int = 0, low: int = 300) -> np.ndarray:
    """Digital numbers that differ by band: band k of ALL lies near low + 150 k; B10 is nearly black."""
    rng = np.random.default_rng(seed)
    level = {b: low + 150 * k for k, b in enumerate(ALL)} | {"B10": 12}
    noise = rng.integers(0, 8, (len(order), size, size))
    return (np.array([level[b] for b in order])[:, None, None] + noise).astype(np.uint16)


def encoded(array: np.ndarray, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **options)
    return out.getvalue()


PICTURE = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
