"""What the numbers on disk mean: scale and offset, units, logarithm; and how the answer's are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import floor, log10
from typing import Any

import numpy as np

from eogen.errors import InputError
from eogen.ocean.variables import VARIABLES

_LOG = re.compile(r"log_?10|lg\(", re.IGNORECASE)
_CHL = re.compile(r"chl", re.IGNORECASE)
_SST = re.compile(r"sst|sea_surface_temperature|sea_surface_skin_temperature", re.IGNORECASE)
_KELVIN = ("k", "kelvin", "degk", "degrees_kelvin")
#: mg m-3 in one of each unit chlorophyll comes in.
_TO_MG = {
    "mgm-3": 1.0,
    "mg/m3": 1.0,
    "mg/m^3": 1.0,
    "milligramm-3": 1.0,
    "ugl-1": 1.0,
    "kgm-3": 1e6,
    "gm-3": 1e3,
}


@dataclass(frozen=True)
class Packing:
    """Numbers on disk: ``value = raw × scale + offset``, then × ``factor`` + ``shift``, then log10 if ``log``.

    Attributes:
        dtype: of the raw numbers.
        fill: the raw number that means "nothing"; None: only NaN does.
    """

    dtype: str
    scale: float = 1.0
    offset: float = 0.0
    fill: float | None = None
    factor: float = 1.0
    shift: float = 0.0
    log: bool = False

    @property
    def plain(self) -> bool:
        """Return whether nothing but scale and offset is between raw and value."""
        return self.factor == 1.0 and self.shift == 0.0 and not self.log

    def decode(self, raw: np.ndarray) -> np.ndarray:
        """Return values, float32, NaN = nothing."""
        value = raw.astype(np.float32)
        if self.scale != 1.0:
            value *= np.float32(self.scale)
        if self.offset != 0.0:
            value += np.float32(self.offset)
        if self.fill is not None and not np.isnan(self.fill):
            value[raw == np.asarray(self.fill, raw.dtype)] = np.nan
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.log10(value) + np.float32(log10(self.factor))
            value[~np.isfinite(value)] = np.nan
        elif not self.plain:
            value = value * np.float32(self.factor) + np.float32(self.shift)
        return value

    def encode(self, value: np.ndarray) -> np.ndarray:
        """Return raw numbers of the nearest value that can be written."""
        if self.dtype == "float32":
            return value.astype(np.float32)
        limit = np.iinfo(self.dtype)
        with np.errstate(invalid="ignore"):
            raw = np.rint((value - np.float32(self.offset)) * np.float32(1 / self.scale))
        missing = np.isnan(raw)
        np.clip(raw, limit.min + 1, limit.max, out=raw)
        raw[missing] = self.fill
        return raw.astype(self.dtype)

    def clipped(self, raw: np.ndarray) -> int:
        """Return how many numbers lie at an end of what can be written: their values may be larger still."""
        if self.dtype == "float32":
            return 0
        limit = np.iinfo(self.dtype)
        return int((raw == limit.max).sum() + (raw == limit.min + 1).sum())


def packing(name: str) -> Packing:
    """Return how a variable is written: int16 in round steps over its believed range; float32 where none is known."""
    if name not in VARIABLES:
        return Packing("float32", fill=float("nan"))
    row = VARIABLES[name]
    least = (row.high - row.low) / 65000
    power = 10.0 ** floor(log10(least))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= least)
    return Packing("int16", round(step, 12), round((row.high + row.low) / 2, 1), -32768)


def meaning(array: str, attributes: dict[str, Any]) -> tuple[str, str, float, float, bool]:
    """Return the variable's name, its units, factor and shift to them, and whether a logarithm is to be taken."""
    given = str(attributes.get("units", ""))
    text = " ".join([array, str(attributes.get("standard_name", ""))])
    squeezed = given.lower().replace(" ", "").replace("**", "").replace("chl", "")
    if _SST.search(text):
        return "sst", VARIABLES["sst"].units, 1.0, -273.15 if squeezed in _KELVIN else 0.0, False
    if array in VARIABLES:
        return array, VARIABLES[array].units, 1.0, 0.0, False
    if _LOG.search(given) or _LOG.search(array):
        name = "log10_chl" if _CHL.search(text) else array
        return name, VARIABLES["log10_chl"].units if name == "log10_chl" else given, 1.0, 0.0, False
    if _CHL.search(text):
        if squeezed not in _TO_MG:
            raise InputError(
                "inpaint_units",
                "{array} seems to be chlorophyll in '{units}'; mg m-3, g m-3, kg m-3 or log10(mg m-3) is needed.",
                array=array, units=given,
            )  # fmt: skip
        return "log10_chl", VARIABLES["log10_chl"].units, _TO_MG[squeezed], 0.0, True
    return array, given, 1.0, 0.0, False


def spread_packing(packed: Packing) -> Packing:
    """Return how a standard deviation is written beside values written as ``packed``."""
    return replace(packed, offset=0.0)
