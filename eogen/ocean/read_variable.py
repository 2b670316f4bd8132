"""Which variable of a product is chlorophyll, temperature or a driver, and in which units it is written.

Names follow CF (standard-name table) and the habits of the products: ``chlor_a`` (NASA, OC-CCI), ``CHL`` (Copernicus
Marine), ``CHL1_mean`` (GlobColour), ``chla``, ``chlorophyll`` (ERDDAP), ``conc_chl`` (OLCI C2RCC).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean.variables import VARIABLES


@dataclass(frozen=True)
class _Kind:
    """How to know a variable: patterns of its standard name, of its name, of its long name."""

    standard: str
    name: str
    long: str


_KINDS = {
    "log10_chl": _Kind(
        r"(mass_)?concentration_(of_)?(chlorophyll|chl)(?!.*expressed).*",
        r"(log10_?|lg_?)?(chl|chla|chlor|chlor_?a|chl_?a|chl[_-]?oc\w*|chl_?nn|chl[12](_?mean)?|chl[_-]oc5_mean"
        r"|conc_chl|chlorophyll(_?a)?|chl_gapfree|chl_interp)(_mean)?|log10chl\w*",
        r".*chlorophyll.*conc.*|.*conc.*chlorophyll.*|chlorophyll([ -]?a)?",
    ),
    "sst": _Kind(
        r"sea_surface(_(sub)?skin|_foundation)?_temperature|sea_water_(potential_)?temperature",
        r"sst\d?|analysed_sst|sea_surface_temperature|thetao",
        r".*sea surface( foundation| skin| sub-?skin)? temperature.*",
    ),
    "sea_level": _Kind(
        r"sea_surface_height_above_(geoid|sea_level|mean_sea_level)",
        r"sla|adt|ssh|zos",
        r"sea surface height.*",
    ),
    "wind_speed": _Kind(r"wind_speed", r"wind_speed|wspd|ws10", r"wind speed.*"),
}
#: Companions of a variable that are not the variable itself.
_BESIDE = re.compile(
    r"(?i)(^|[_\W])(error|err|uncertainty|unc|flags?|count|nobs|weight|bias|rmsd|rmse|std|stdev|sigma|sd|quality|qual"
    r"|climatology|anomaly|gradient|mask|variance|fluorescence)($|[_\W])"
)
_MILLI = {
    r"(mg|milligrams?)(m-3|/m3|percubicmet(er|re))": 1.0,
    r"(ug|µg|μg|mcg|micrograms?)(l-1|/l|dm-3)": 1.0,
    r"(kg|kilograms?)(m-3|/m3|percubicmet(er|re))": 1e6,
    r"(g|grams?)(m-3|/m3|percubicmet(er|re))": 1e3,
    r"(ug|µg|μg|mcg|micrograms?)(m-3|/m3)": 1e-3,
}
_KELVIN = ("k", "kelvin", "degk", "degree_kelvin", "degrees_kelvin", "degkelvin")
_CELSIUS = (
    "c",
    "celsius",
    "degc",
    "deg_c",
    "degree_c",
    "degrees_c",
    "degree_celsius",
    "degrees_celsius",
    "°c",
)
_LENGTHS = {"m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "cm": 0.01}
_SPEEDS = ("ms-1", "m/s", "meters/second", "metres/second")


@dataclass(frozen=True)
class Conversion:
    """What brings a product's numbers to the units of the room.

    Attributes:
        does: from numbers to numbers, the same for numpy and dask.
        said: one line for ``attrs["conversion"]``.
        linear: whether the numbers must be above zero (their logarithm is taken).
    """

    does: Callable[[xr.DataArray], xr.DataArray]
    said: str
    linear: bool = False


def find(dataset: xr.Dataset, wanted: str | None, dims: tuple[str, str], name: str) -> tuple[str, str]:
    """Return (the variable's name in the file, its key in ``VARIABLES``).

    Args:
        dataset: opened.
        wanted: a name in the file, or a key of ``VARIABLES``; None: chlorophyll if there is, else temperature …
        dims: of latitude and longitude.
        name: of the file, for sentences.

    Raises:
        InputError: ``ocean_no_variable``; ``ocean_variable_choice``.
    """
    gridded = {str(key): value for key, value in dataset.data_vars.items() if {*dims} <= {*value.dims}}
    if wanted in gridded:
        kind = next((key for key in _KINDS if _rank(wanted, gridded[wanted], key)), None)
        if kind is None:
            raise _no_variable(name, gridded)
        return wanted, kind
    kinds = [wanted] if wanted in _KINDS else list(_KINDS) if wanted is None else []
    for kind in kinds:
        ranks = {key: _rank(key, value, kind) for key, value in gridded.items()}
        best = max(ranks.values(), default=0)
        found = [key for key, rank in ranks.items() if rank == best]
        if best and len(found) > 1:
            raise InputError(
                "ocean_variable_choice",
                "{name} has several variables of the same kind: {found}; name the one to read.",
                name=name,
                found=", ".join(found),
            )
        if best:
            return found[0], kind
    raise _no_variable(name, gridded)


def conversion(array: xr.DataArray, kind: str, sample: np.ndarray, name: str) -> Conversion:
    """Return what brings ``array`` to the units of ``kind``: by its attributes, else by the range of its values.

    Args:
        array: as in the file.
        kind: key of ``VARIABLES``.
        sample: (n,) finite values of it, at least one.
        name: of the file, for sentences.

    Raises:
        InputError: ``ocean_units`` when the units are unknown; ``ocean_units_range`` when they cannot be true.
    """
    units = str(array.attrs.get("units", "")).strip()
    plain = re.sub(r"[\s^*.]", "", units.casefold().replace("**", ""))
    named = f"{array.name} {array.attrs.get('long_name', '')}".casefold()
    if kind == "log10_chl":
        found = _chlorophyll(plain, named, sample)
    elif kind == "sst":
        found = _temperature(units.casefold().replace(" ", "_"), sample)
    else:
        found = _driver(plain, kind)
    row = VARIABLES[kind]
    if found is None:
        raise InputError(
            "ocean_units",
            "The units of {variable} in {name} are {units}, its values lie between {low} and {high}: that is not a "
            "known way to write it (expected: {expected}). Set the attribute units.",
            variable=str(array.name), name=name, units=units or "?", low=_short(sample.min()),
            high=_short(sample.max()), expected=_EXPECTED[kind],
        )  # fmt: skip
    usable = sample[sample > 0] if found.linear else sample
    if len(usable):
        middle = float(np.median(found.does(xr.DataArray(usable)).values))
        if not row.low <= middle <= row.high:
            raise InputError(
                "ocean_units_range",
                "{name} says that {variable} is in {units}, but its middle value would then be {middle} {target}, "
                "which no sea has; correct the attribute units.",
                name=name, variable=str(array.name), units=units or "?", middle=_short(middle), target=row.units,
            )  # fmt: skip
    return found


_EXPECTED = {
    "log10_chl": "mg m-3, kg m-3, ug/L, log10(mg m-3)",
    "sst": "degree_Celsius, K",
    "sea_level": "m, cm",
    "wind_speed": "m s-1",
}


def _chlorophyll(plain: str, named: str, sample: np.ndarray) -> Conversion | None:
    if mark := re.match(r"(log10|lg|log|ln)\(?(re:?1?)?(.*?)\)?$", plain):
        factor = _factor(mark[3]) if mark[3] not in ("", "1") else 1.0
        if factor is None:
            return None
        natural = mark[1] == "ln"
        scale, shift = (1 / np.log(10) if natural else 1.0), np.log10(factor)
        return Conversion(lambda x: x * scale + shift, f"{'ln' if natural else 'log10'} by the units")
    if plain not in ("", "1", "none", "dimensionless"):
        factor = _factor(plain)
        return None if factor is None else _log(factor, "by the units")
    if re.search(r"log_?10", named) and "not log" not in named:
        return Conversion(lambda x: x, "log10 by the name")
    positive = sample[sample > 0]
    if (sample < 0).mean() > 0.05:  # more than the noise of an algorithm over clear water
        return (
            Conversion(lambda x: x, "log10 by the range") if sample.min() > -5 and sample.max() < 4 else None
        )
    if not len(positive):
        return _log(1.0, "mg m-3 supposed")
    middle, top = float(np.median(positive)), float(positive.max())
    if top <= 1e-3 and 1e-9 <= middle <= 1e-4:
        return _log(1e6, "kg m-3 by the range")
    return _log(1.0, "mg m-3 by the range") if 1e-3 <= middle <= 100 and top <= 1e4 else None


def _factor(plain: str) -> float | None:
    return next((factor for pattern, factor in _MILLI.items() if re.fullmatch(pattern, plain)), None)


def _log(factor: float, how: str) -> Conversion:
    shift = np.float32(np.log10(factor))
    unit = {1.0: "mg m-3", 1e6: "kg m-3"}.get(factor, f"{factor:g} mg m-3")
    said = f"{unit} {how}" if "m-3" not in how else how
    return Conversion(lambda x: np.log10(x.where(x > 0)) + shift, f"log10 taken; {said}", linear=True)


def _temperature(units: str, sample: np.ndarray) -> Conversion | None:
    middle = float(np.median(sample))
    if units in _KELVIN or (not units and 260 < middle < 320):
        return Conversion(lambda x: x - 273.15, f"kelvin by the {'units' if units else 'range'}")
    if units in _CELSIUS or (not units and -3 <= middle <= 45):
        return Conversion(lambda x: x, f"degrees Celsius by the {'units' if units else 'range'}")
    return None


def _driver(plain: str, kind: str) -> Conversion | None:
    if kind == "wind_speed":
        return Conversion(lambda x: x, "m s-1 by the units") if plain in _SPEEDS else None
    scale = _LENGTHS.get(plain)
    return None if scale is None else Conversion(lambda x: x * scale, f"{plain} by the units")


def _rank(key: str, array: xr.DataArray, kind: str) -> int:
    """Return how surely ``array`` is of ``kind``: 0 not, 1 by its long name, 2 by its name, 3 by its standard name."""
    given, long = str(array.attrs.get("standard_name", "")), str(array.attrs.get("long_name", "")).casefold()
    if _BESIDE.search(key) or _BESIDE.search(given.split(" ")[-1] if " " in given else ""):
        return 0
    row = _KINDS[kind]
    by_name = re.fullmatch(row.name, key.casefold()) is not None
    if re.fullmatch(row.standard, given):
        return 4 if by_name else 3
    if "expressed_as" in given:
        return 0
    return 2 if by_name else 1 if re.fullmatch(row.long, long) and not _BESIDE.search(long) else 0


def _no_variable(name: str, gridded: dict[str, xr.DataArray]) -> InputError:
    return InputError(
        "ocean_no_variable",
        "{name} has no variable known to be chlorophyll, sea-surface temperature, sea level or wind speed; its gridded "
        "variables are: {found}. Give a standard_name.",
        name=name,
        found=", ".join(gridded) or "-",
    )


def _short(value: float) -> str:
    return f"{float(value):.4g}"
