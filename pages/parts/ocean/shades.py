"""How a quantity is shown: unit, ends of the scale, colours. Of a logarithm, the number itself is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eogen.colour import Scale
from eogen.ocean.display import COLOURS, is_log, scale, shown
from eogen.ocean.size_classes import CLASSES
from pages.kit.maps.legend import scale_legend, ticks
from pages.kit.words import Words

__all__ = ["COLOURS", "is_log", "scale", "shown"]

#: Unit in which values of a variable are read on the page.
UNITS = {
    "log10_chl": "mg m⁻³", "sst": "°C", "sea_level": "m", "wind_speed": "m s⁻¹", "log_ratio_1": "", "log_ratio_2": "",
    **dict.fromkeys(CLASSES, "%"),
}  # fmt: skip


def unit(name: str) -> str:
    """Return the unit of :func:`shown`; ``""`` for a pure number."""
    return UNITS.get(name, "")


def error_unit(name: str) -> str:
    """Return the unit of errors, spreads and differences, see :func:`error`."""
    return "log₁₀" if is_log(name) else unit(name)


def error(name: str, values: np.ndarray) -> np.ndarray:
    """Return errors, spreads and differences as they are read: those of the filled values, of fractions in percent."""
    return np.asarray(values) * (100 if name in CLASSES else 1)


def legend(t: Words, name: str, scale: Scale, title: str, missing: str | None = None) -> str:
    """Return the drawn legend of a variable's scale."""
    return scale_legend(scale, title=title, unit=unit(name), number=t.number, missing=missing)


def colour_bar(t: Words, scale: Scale, title: str, unit: str) -> dict[str, Any]:
    """Return plotly's colour bar under a map whose ``z`` is :func:`height_of` the values."""
    at: Sequence[float] = ticks(scale, 4)
    where = np.log10(at) if scale.log else np.asarray(at)
    return {
        "orientation": "h", "thickness": 11, "len": 1.0, "outlinewidth": 0,
        "yref": "container", "y": 0, "yanchor": "bottom",
        "title": {"text": f"{title} ({unit})" if unit else title, "side": "bottom"},
        "tickvals": where.tolist(), "ticktext": [t.number(v) for v in at],
    }  # fmt: skip


def height_of(scale: Scale, values: np.ndarray) -> np.ndarray:
    """Return what is handed to plotly: logarithms where the scale is one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values) if scale.log else np.asarray(values, float)


#: Ratios named on their axes.
RATIOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)


def logarithmic(t: Words, at: Sequence[float]) -> dict[str, Any]:
    """Return the options of a logarithmic axis that names the values ``at``."""
    return {"type": "log", "tickvals": list(at), "ticktext": [t.number(float(v)) for v in at]}


def decades(t: Words, low: float, high: float) -> dict[str, Any]:
    """Return the options of a logarithmic axis that names 1, 2 and 5 times powers of ten from ``low`` to ``high``."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if high / low < 200 else (1,)
    return logarithmic(t, [m * 10.0**p for p in powers for m in steps])


def dates(t: Words, times: np.ndarray, most: int = 7) -> dict[str, Any]:
    """Return the options of an axis of dates in the reader's language: days, or years where there are many."""
    days = np.asarray(times, "datetime64[D]")
    if len(days) and (days[-1] - days[0]).astype(int) > 900:
        years = np.unique(days.astype("datetime64[Y]"))
        years = years[:: max(-(-len(years) // most), 1)]
        return {"tickvals": [f"{y}-01-01" for y in years], "ticktext": [str(y) for y in years]}
    reach = (days[-1] - days[0]).astype(int) if len(days) else 0
    some = (
        days[0] + np.unique(np.linspace(0, reach, min(most, len(days))).round().astype(int))
        if len(days)
        else days
    )
    short = [t.date(str(d)).rpartition(" ")[0] for d in some]  # the year is in the axis' title
    return {"tickvals": [str(d) for d in some], "ticktext": short}


def years(times: np.ndarray) -> str:
    """Return the year of some dates, or the first and the last."""
    held = np.unique(np.asarray(times, "datetime64[Y]")).astype(str)
    return held[0] if len(held) == 1 else f"{held[0]}–{held[-1]}"
