"""What is hidden on purpose: another date's clouds, this date's own clouds moved, what the visitor drew."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
import xarray as xr

KINDS = ("real", "donor", "moved", "drawn")
#: Longest mask written into an address; a longer one stays in the session.
LONGEST = 1800


def held(cut: xr.DataArray, frame: int, mask: np.ndarray | None) -> np.ndarray | None:
    """Return (time, lat, lon) bool: the observed cells of ``frame`` under ``mask`` (lat, lon; bool); None without."""
    if mask is None:
        return None
    found = np.zeros(cut.shape, bool)
    found[frame] = mask & np.isfinite(cut.values[frame])
    return found


def donated(cut: xr.DataArray, donor: int) -> np.ndarray:
    """Return (lat, lon) bool: where another date has clouds."""
    return ~np.isfinite(cut.values[donor]) & cut.sea.values


def moved(cut: xr.DataArray, frame: int, north: int, east: int) -> np.ndarray:
    """Return (lat, lon) bool: the date's own clouds, moved by some cells; nothing comes in from outside."""
    own = donated(cut, frame)
    found = np.zeros_like(own)
    height, width = own.shape
    rows, columns = np.nonzero(own)
    rows, columns = rows + north, columns + east
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found[rows[inside], columns[inside]] = True
    return found & cut.sea.values


def donors(cut: xr.DataArray, frame: int, least: float = 0.02) -> list[int]:
    """Return the dates whose clouds hide at least a part of what was seen, those that hide about a third first."""
    seen = np.isfinite(cut.values[frame])
    total = max(int(seen.sum()), 1)
    share = {u: float((seen & donated(cut, u)).sum() / total) for u in range(len(cut.values)) if u != frame}
    return sorted((u for u, s in share.items() if s >= least), key=lambda u: abs(share[u] - 0.35))


def packed(mask: np.ndarray) -> str:
    """Return a mask (lat, lon; bool) as a short text for an address."""
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode().rstrip("=")


def unpacked(text: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the mask of a text made by :func:`packed`; None when it is not one of this shape."""
    size = int(np.prod(shape))
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        # A short text could unfold to gigabytes: no more than the mask's own bytes are taken.
        bits = zlib.decompressobj().decompress(data, -(-size // 8) + 1)
    except (binascii.Error, ValueError, zlib.error):
        return None
    if len(bits) != -(-size // 8):
        return None
    return np.unpackbits(np.frombuffer(bits, np.uint8))[:size].reshape(shape).astype(bool)


def of_bits(text: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the mask the browser drew (base64 of packed bits, north first); None when it does not fit."""
    try:
        bits = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError):
        return None
    size = int(np.prod(shape))
    if len(bits) != -(-size // 8):
        return None
    return np.unpackbits(bits)[:size].reshape(shape)[::-1].astype(bool)


def to_bits(mask: np.ndarray) -> str:
    """Return a mask as the browser reads it: the inverse of :func:`of_bits`."""
    return base64.b64encode(np.packbits(mask[::-1]).tobytes()).decode()
