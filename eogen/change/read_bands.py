"""What the bands of an image are: their names, their sensor, and what their numbers mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from eogen.change.read_image import Picture
from eogen.change.sensors import SENSORS
from eogen.errors import InputError

_S2 = tuple(SENSORS["sentinel2"])
#: Sensor -> number of bands -> their names, in the order in which products and data sets deliver them: L1C, L2A (no
#: cirrus) and the bands of 10 and 20 m of Sentinel-2; the reflective bands of TM and ETM+; one or two polarisations.
LAYOUTS: dict[str, dict[int, tuple[str, ...]]] = {
    "sentinel2": {
        13: _S2,
        12: tuple(b for b in _S2 if b != "B10"),
        10: tuple(b for b in _S2 if b not in ("B01", "B09", "B10")),
        4: ("B02", "B03", "B04", "B08"),
        3: ("red", "green", "blue"),
    },
    "landsat_tm": {6: ("B1", "B2", "B3", "B4", "B5", "B7"), 3: ("red", "green", "blue")},
    "sentinel1": {1: ("backscatter",), 2: ("vv", "vh")},
    "aerial": {1: ("grey",), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "nir")},
    "unknown": {1: ("grey",), 3: ("red", "green", "blue")},
}
#: Sentinel-2 digital numbers for a reflectance of 1 (Sentinel-2 Products Specification Document, QUANTIFICATION_VALUE).
S2_ONE = 10_000
_NUMBERED = re.compile(r"b(?:and)?[ _]?(\d{1,2})(a?)(?![a-z0-9])")


def bands_of(
    image: Picture, sensor: str | None = None, bands: Sequence[str] | None = None
) -> tuple[str, tuple[str, ...], str]:
    """Return the sensor, the band names and the quantity of an image, guessed where they are not given.

    Names in the file win; then the number of bands and the type of the numbers: 13, 12 or 10 bands in more than 8 bits
    are Sentinel-2, 6 bands in 8 bits are Landsat TM. Anything else is ``unknown``: three bands are red, green and blue.

    Args:
        image: the samples.
        sensor: a row of :data:`eogen.change.sensors.SENSORS`.
        bands: names, one a band.

    Returns:
        The sensor; its band names; ``"reflectance"``, ``"digital number"`` or ``"physical value"``.

    Raises:
        InputError: ``change_sensor``; ``change_band_names``.
    """
    if sensor is not None and sensor not in SENSORS:
        raise InputError(
            "change_sensor", "There is no sensor called {name}; there are: {known}.",
            name=sensor, known=", ".join(SENSORS),
        )  # fmt: skip
    count, wide = len(image.values), image.values.dtype != np.uint8
    if bands is not None and len(bands) != count:
        raise InputError(
            "change_band_names", "{name} has {found} band(s) and {given} names were given for them.",
            name=image.name, found=count, given=len(bands),
        )  # fmt: skip
    named = _named(image.names)
    guess = sensor or _guess(count, wide, named)
    fallback = LAYOUTS[guess].get(count) or tuple(f"band{k}" for k in range(1, count + 1))
    names = tuple(bands or named or fallback)
    if len(set(names)) < count:
        names = tuple(f"band{k}" for k in range(1, count + 1))
    return guess, names, _quantity(image, guess)


def values_of(image: Picture, sensor: str) -> np.ndarray:
    """Return the samples (band, y, x) float32: Sentinel-2 numbers of 16 bits as reflectance, others as they are.

    The offset of -1000 of products since January 2022 is not undone, as files do not say whether it was: it moves one
    date by 0.1, which every normalisation but ``none`` removes.
    """
    scale = 1 / S2_ONE if _numbers(image, sensor) else 1
    with np.errstate(all="ignore"):  # numbers too large for float32 become infinite, and not valid
        values = image.values.astype(np.float32) * np.float32(scale)
    return values


def _numbers(image: Picture, sensor: str) -> bool:
    kind = image.values.dtype
    return sensor == "sentinel2" and kind.kind in "iu" and kind.itemsize > 1 and not image.scaled


def _quantity(image: Picture, sensor: str) -> str:
    if _numbers(image, sensor):
        return "reflectance"
    return "digital number" if image.values.dtype.kind in "iu" else "physical value"


def _named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names a file gives its bands, those of ``SENSORS`` where they fit; () where one is missing."""
    plain = [name.strip().lower() for name in names]
    if not all(plain):
        return ()
    marks = [_NUMBERED.match(name) for name in plain]
    if all(marks):
        numbers = [(int(mark[1]), mark[2].upper()) for mark in marks]
        short = tuple(f"B{number}{letter}" for number, letter in numbers)
        if set(short) == set(SENSORS["landsat_tm"]) and not any(mark[1].startswith("0") for mark in marks):
            return short
        padded = tuple(f"B{n}{a}" if a else f"B{n:02d}" for n, a in numbers)
        if set(padded) <= set(_S2):
            return padded
    return tuple(plain)


def _guess(count: int, wide: bool, named: tuple[str, ...]) -> str:
    if named:
        for sensor in ("sentinel2", "landsat_tm"):
            if set(named) <= set(SENSORS[sensor]):
                return sensor
        return "sentinel1" if set(named) <= {"vv", "vh", "hh", "hv"} else "unknown"
    if wide and count in (13, 12, 10):
        return "sentinel2"
    return "landsat_tm" if count == 6 and not wide else "unknown"
