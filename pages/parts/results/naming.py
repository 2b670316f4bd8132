"""Names of figures, methods and data sets of any report, in the words of its own room; where a data set comes from."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import cache, partial

from pages.kit.words import Words

#: Reports in the order of the rooms; a report of the land cover's seasons is one of its own.
REPORTS = ("canopy", "ocean", "change", "rain", "landcover", "landcover_series")
Namer = Callable[[Words, str], str]
#: Report -> where its room says its names: of methods, of figures, of data sets.
_NAMERS = {
    "canopy": ("canopy.results_views:method", "canopy.results_views:figure_name", "canopy.results_views:dataset"),
    "ocean": ("ocean.titles:method", "ocean.results_views:figure_name", "ocean.results_views:dataset"),
    "change": ("change.titles:method", "change.panel_results:figure_name", ""),
    "rain": ("rain.names:method", "rain.results_views:figure_name", "rain.results_views:dataset"),
    "landcover": ("", "", ""),
    "landcover_series": (
        "landcover.seasons.results_views:who", "landcover.seasons.results_views:figure_name",
        "landcover.seasons.results_views:dataset",
    ),
}  # fmt: skip
#: Data sets that a program made: the truth is known because it was drawn.
_SIMULATED = re.compile(r"simulated\b|territory\b|twins\b|\d+x\d+ pixels")
#: Data sets that a program put together from real ones.
_DERIVED = re.compile(r"eurosat_mosaics\b|phytoplankton types\b")
#: How the names of real data sets begin.
_REAL = re.compile(
    r"cesbio|eth\b|all field points|nep_|occci_|dineof_alboran|h8_sst|modis_aqua|dsifn|levir|landsat|ombria|oscd|sztaki"
    r"|whu|imerg_|knmi_|meteonet|mrms_|nwcsaf_|opera|radolan|eurosat|terramesh|worldcereal",
    re.IGNORECASE,
)


@cache
def _namer(report: str, which: int) -> Namer | None:
    """Return a room's own function; rooms are imported when their report is first named."""
    place = _NAMERS.get(report, ("", "", ""))[which]
    if not place:
        return None
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"pages.parts.{module}"), name)


def title(t: Words, report: str) -> str:
    """Return the name of a report: that of its room, and of the seasons their own."""
    key = f"results.reports.{report}"
    return t(key) if key in t else report.replace("_", " ")


def room_of(report: str) -> str:
    """Return the room of a report."""
    return report.removesuffix("_series")


def method(t: Words, report: str, name: str) -> str:
    """Return the name of a method as it is read."""
    own = f"results.methods.{name}"
    if own in t:
        return t(own)
    if (said := re.fullmatch(r"(\w+) \(published\)", name)) is not None:
        return t("results.methods.their_maps", method=method(t, report, said[1]))
    if report == "landcover":
        model, _, explanation = name.partition("/")
        parts = [_landcover(t, part) for part in (explanation, model) if part]
        return " · ".join(parts)
    namer = _namer(report, 0)
    return namer(t, name) if namer else name.replace("_", " ")


def _landcover(t: Words, name: str) -> str:
    for key in (
        f"models.{name}.name",
        f"explanations.{name}.name",
        f"metrics.{name}",
        f"results.methods.{name}",
    ):
        if key in t:
            return t(key)
    return name.replace("_", " ")


def figure(t: Words, report: str, name: str) -> str:
    """Return the name of a figure as it is read, with what it is about."""
    kind, _, about = name.partition("/")
    own = f"results.figures.{kind}"
    if own in t:
        return f"{t(own)} · {_about(t, report, about)}" if about else t(own)
    if report == "landcover":
        return t(f"metrics.{name}") if f"metrics.{name}" in t else name.replace("_", " ")
    namer = _namer(report, 1)
    return namer(t, name) if namer else name.replace("_", " ")


def _about(t: Words, report: str, about: str) -> str:
    """Return the part of a figure's name after the stroke as its room says it, by taking it from a name it knows."""
    namer = _namer(report, 1)
    known = {"ocean": "rmse", "rain": "r2", "canopy": "width_90"}.get(report)
    if namer is None or known is None:
        return about.replace("_", " ")
    whole, bare = namer(t, f"{known}/{about}"), namer(t, known)
    return whole.removeprefix(bare).strip(" ·,") or about


def dataset(t: Words, report: str, name: str) -> str:
    """Return the name of a data set as it is read."""
    own = f"results.sets.{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}"
    if own in t:
        return t(own)
    namer = _namer(report, 2)
    return namer(t, name) if namer else name.replace("_", " ")


def origin(name: str) -> str:
    """Return ``"real"``, ``"simulated"`` or ``"derived"``; ``"upload"`` for a data set that nobody here knows."""
    for kind, pattern in (("simulated", _SIMULATED), ("derived", _DERIVED), ("real", _REAL)):
        if pattern.match(name):
            return kind
    return "upload"


#: Report -> the three names, for callers that name many things of one report.
def of(t: Words, report: str) -> tuple[Callable[[str], str], Callable[[str], str], Callable[[str], str]]:
    """Return how methods, figures and data sets of a report are named."""
    return partial(method, t, report), partial(figure, t, report), partial(dataset, t, report)


def with_unit(t: Words, report: str, name: str, unit_name: str) -> str:
    """Return the name of a figure and its unit, where it has one that its name does not say already."""
    said, written = figure(t, report, name), unit(t, unit_name)
    return f"{said} ({written})" if written and f"({written})" not in said else said


_UNITS = {
    "1": "", "log10(mg m-3)": "log₁₀ mg/m³", "degree_Celsius": "°C", "m2/m2": "m²/m²", "g/m2": "g/m²",
    "µg/cm2": "µg/cm²", "g/cm2": "g/cm²", "degree": "°",
}  # fmt: skip


def unit(t: Words, name: str) -> str:
    """Return a unit as it is written on the page; nothing for shares and scores."""
    if (key := f"results.units.{name}") in t:
        return t(key)
    return _UNITS.get(name, name)
