"""Rain, right and wrong, age and sensor to colours: sheets with all hours of a day, legends, land and towns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

import numpy as np
import streamlit as st

from eogen.colour import table
from eogen.rain.orbits import SATELLITES
from eogen.rain.sensors import SENSORS
from eogen.raster import data_url
from pages.kit.maps.folium_map import europe
from pages.kit.words import Words
from pages.parts.rain.days import Day

#: Maps in a row of a sheet.
COLUMNS = 8
#: Rain from which each colour begins, mm/h: below the first it is dry. Colours are cmocean's "tempo" (Thyng et al. 2016)
#: without its lightest part, which would not stand out of the land.
STEPS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_FROM, _TO = 0.2, 1.0
#: Right, missed, invented: apart in lightness as well as in hue.
HIT, MISS, ALARM = (18, 90, 160), (222, 84, 16), (246, 200, 60)
#: Age of the observation from which each colour begins, minutes; never = grey. cividis, fresh is bright.
AGES = (0, 30, 60, 120, 180, 240)
NEVER = (150, 150, 150)
#: Sensors: Okabe & Ito 2008.
SENSOR_COLOURS = {
    "GMI": (0, 158, 115), "AMSR2": (0, 114, 178), "SSMIS": (230, 159, 0), "MHS": (204, 121, 167), "ATMS": (86, 180, 233),
}  # fmt: skip
#: Towns that are named: name, latitude, longitude.
TOWNS = (
    ("Paris", 48.857, 2.352), ("Lyon", 45.764, 4.836), ("Bordeaux", 44.838, -0.579), ("Toulouse", 43.604, 1.444),
    ("Marseille", 43.296, 5.37), ("Tours", 47.394, 0.685),
)  # fmt: skip
_OPAQUE = 235


@lru_cache
def _palette(name: str) -> np.ndarray:
    """Return uint8 RGBA rows; the first is "nothing here", wholly transparent."""
    if name == "rain":
        at = np.linspace(_FROM, _TO, len(STEPS))
        rows = table("tempo")[(at * 255).round().astype(int)]
    elif name == "verdict":
        rows = np.array([HIT, MISS, ALARM])
    elif name == "age":
        at = np.linspace(1, 0, len(AGES))
        rows = np.vstack([table("cividis")[(at * 255).round().astype(int)], NEVER])
    else:
        rows = np.array(list(SENSOR_COLOURS.values()))
    made = np.zeros((len(rows) + 1, 4), np.uint8)
    made[1:, :3], made[1:, 3] = rows, _OPAQUE
    return made


def numbers(day: Day, name: str) -> np.ndarray:
    """Return (time, y, x) uint8 rows of the palette, north up.

    Args:
        day: the day.
        name: ``"imerg"``, ``"radar"``, ``"verdict"``, ``"age"`` or ``"sensor"``.
    """
    pair = day.pair
    if name in ("imerg", "radar"):
        rain = pair["precipitation" if name == "imerg" else "radar"].values
        # np.digitize would count NaN as the highest; there is none in a simulation, and none may pass for a cloudburst.
        found = np.digitize(np.nan_to_num(rain), STEPS)
    elif name == "verdict":
        said, true = day.said, day.true
        found = np.select([said & true, true, said], [1, 2, 3], 0)
    elif name == "age":
        age = pair["microwave_age"].values
        found = np.where(np.isnan(age), len(AGES) + 1, np.digitize(np.nan_to_num(age), AGES))
    else:
        order = list(SENSOR_COLOURS)
        rows = np.array([order.index(s.sensor) + 1 for s in SATELLITES] + [0])
        found = rows[pair["satellite"].values]
    return found[:, ::-1].astype(np.uint8)


def palette_of(name: str) -> np.ndarray:
    """Return uint8 RGBA rows for :func:`numbers`."""
    return _palette("rain" if name in ("imerg", "radar") else name)


@st.cache_data(show_spinner=False, max_entries=64)
def sheet(key: str, name: str, _day: Day) -> str:
    """Return one picture of all hours, ``COLUMNS`` in a row, as a ``data:`` address; ``key`` names the day."""
    found = numbers(_day, name)
    count, height, width = found.shape
    rows = -(-count // COLUMNS)
    whole = np.zeros((rows * COLUMNS, height, width), np.uint8)
    whole[:count] = found
    whole = whole.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
    return data_url(palette_of(name)[whole])


def colour(name: str, row: int) -> str:
    """Return a colour of a palette as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*(int(v) for v in palette_of(name)[row][:3]))


def rain_legend(t: Words) -> str:
    """Return the HTML legend of rain."""
    cells = "".join(
        f'<span><i style="background:{colour("radar", k + 1)}"></i>{escape(t.number(step))}</span>'
        for k, step in enumerate(STEPS)
    )
    return f'<div>{escape(t("rain.legend.rain"))}</div><div class="steps" role="img" aria-label="{_range(t)}">{cells}</div>'


def _range(t: Words) -> str:
    return escape(t("rain.legend.range", low=STEPS[0], high=STEPS[-1]))


def kinds_legend(rows: Sequence[tuple[str, str]]) -> str:
    """Return the HTML legend of (colour, name)."""
    return (
        '<ul class="kinds">'
        + "".join(f'<li><i style="background:{c}"></i>{escape(n)}</li>' for c, n in rows)
        + "</ul>"
    )


def verdict_legend(t: Words) -> str:
    """Return the HTML legend of right, missed and invented."""
    return kinds_legend([(colour("verdict", k + 1), t(f"rain.legend.{n}")) for k, n in enumerate(("hit", "miss", "alarm"))])  # fmt: skip


def age_legend(t: Words) -> str:
    """Return the HTML legend of the age of the observation."""
    ends = [*AGES[1:], None]
    names = [t("rain.legend.now")]
    names += [
        t("rain.legend.ages", low=low / 60, high=high / 60) if high else t("rain.legend.older", low=low / 60)
        for low, high in zip(AGES[1:], ends[1:], strict=True)
    ]
    rows = [(colour("age", k + 1), name) for k, name in enumerate(names)]
    return kinds_legend([*rows, (colour("age", len(AGES) + 1), t("rain.legend.never"))])


def sensor_legend() -> str:
    """Return the HTML legend of the sensors."""
    return kinds_legend(
        [(colour("sensor", k + 1), name) for k, name in enumerate(SENSOR_COLOURS) if name in SENSORS]
    )


def shape(lat: Sequence[float], lon: Sequence[float]) -> float:
    """Return width over height of the box on the ground."""
    tall, wide = lat[-1] - lat[0] + 0.1, lon[-1] - lon[0] + 0.1
    return float(wide * np.cos(np.deg2rad((lat[0] + lat[-1]) / 2)) / tall)


@lru_cache
def land(lat: tuple[float, ...], lon: tuple[float, ...]) -> str:
    """Return the SVG path of the countries (Natural Earth 1:110m), in parts of the sides of the box."""
    path = ""
    for feature in europe()["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for part in parts:
            for ring in part:
                xy = np.array([place(lat, lon, b, a) for a, b in ring])
                if (xy.max(0) > 0).all() and (xy.min(0) < 1).all():
                    path += "M" + "L".join(f"{x:.3f} {y:.3f}" for x, y in xy) + "Z"
    return path


def place(lat: Sequence[float], lon: Sequence[float], north: float, east: float) -> tuple[float, float]:
    """Return where a place lies, in parts of the sides of the box, from the upper left corner."""
    return (
        (east - lon[0] + 0.05) / (lon[-1] - lon[0] + 0.1),
        (lat[-1] + 0.05 - north) / (lat[-1] - lat[0] + 0.1),
    )


def towns(lat: Sequence[float], lon: Sequence[float]) -> list[dict[str, float | str]]:
    """Return the towns inside the box."""
    found = [(name, *place(lat, lon, north, east)) for name, north, east in TOWNS]
    return [
        {"name": n, "x": round(x, 3), "y": round(y, 3)} for n, x, y in found if 0 < x < 0.95 and 0 < y < 1
    ]
