"""A day of rain maps as a film, with a row for each satellite: a Streamlit element (components v2), in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
WORDS = ("play", "pause", "hour", "fleet", "off")
"""Labels the element needs: the two faces of its button, names of the slider and of the list of satellites, and what is
written beside a satellite that is switched off."""

_HTML = """<div class="sky"><div class="all"><div class="left"><div class="skins" role="group"></div>
<div class="maps"></div></div><div class="right"><div class="clock"></div><output class="said" aria-live="polite"></output>
<div class="gauge"><div class="head"><span class="note-name"></span><span class="note-value"></span></div>
<div class="rail" aria-hidden="true"><span class="full"></span><span class="guess"></span><span class="dot"></span></div>
<span class="note-full"></span><span class="note-guess"></span></div>
<div class="day"><div class="curve-row"><span class="curve-name"></span>
<svg class="curve" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"></svg></div><div class="keys"></div>
<div class="hour-row"><button type="button" class="play"></button>
<input type="range" class="hour" min="0" step="1" value="0"></div>
<div class="ticks-row"><span></span><div class="ticks" aria-hidden="true"></div></div><ul class="fleet"></ul></div>
</div></div></div>"""

_mount = st.components.v2.component(
    "eogen_sky",
    html=_HTML,
    css=(HERE / "sky.css").read_text("utf-8"),
    js=(HERE / "sky.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Skin:
    """One way to colour a map: its name, a sheet of all its hours (:func:`pages.parts.rain.draw.sheet`), its legend."""

    label: str
    url: str
    legend: str


@dataclass(frozen=True)
class Picture:
    """One map of the row.

    Attributes:
        title: written on it.
        skins: ways to colour it; the first map's names are offered as a choice.
        swaths: whether the passes of the hour are outlined on it.
        places: whether towns are named on it.
    """

    title: str
    skins: tuple[Skin, ...]
    swaths: bool = False
    places: bool = False


@dataclass(frozen=True)
class Row:
    """One satellite: its name, how it is written, one sentence about it, its passes as (start, end, share) in hours."""

    name: str
    label: str
    about: str
    passes: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Note:
    """The note of the map over the day, each list with a value an hour (0 to 1, None where it has no meaning).

    Attributes:
        label: of the gauge; curve: of the curve; keys: HTML of what the lines are.
        now, text: with the satellites that are on, and as written.
        full, full_text: with all of them, or None.
        guess, guess_text: what the model says without the radar, or None.
    """

    label: str
    curve: str
    keys: str
    now: Sequence[float | None]
    text: Sequence[str]
    full: Sequence[float | None] | None = None
    full_text: Sequence[str] | None = None
    guess: Sequence[float | None] | None = None
    guess_text: Sequence[str] | None = None


def sky(
    pictures: Sequence[Picture],
    rows: Sequence[Row],
    *,
    key: str,
    token: str,
    lang: str,
    labels: Mapping[str, str],
    clock: Sequence[str],
    said: Sequence[Sequence[str]],
    swaths: Sequence[Sequence[Mapping[str, Any]]],
    land: str,
    places: Sequence[Mapping[str, Any]],
    shape: float,
    columns: int,
    at: int,
    off: Sequence[str],
    note: Note | None = None,
    ticks: Sequence[tuple[int, str]] = (),
    most: int | None = None,
    wide: bool = False,
    on_asked: Callable[[], None] | None = None,
) -> None:
    """Draw the day.

    Python hears of it when a switch is turned and when the hour has rested for half a second: the element's state
    ``asked`` is then ``{"off": names, "at": hour}`` and ``on_asked`` is called before the page is drawn again.

    Args:
        pictures: one or more maps of one place.
        rows: the satellites.
        key: of the element.
        token: names the day: for another one the hour is set anew.
        lang: of the reader.
        labels: :data:`WORDS`.
        clock: how each hour is written.
        said: sentences for each hour.
        swaths: for each hour the outlines of what was seen: ``name``, ``d`` (SVG path in parts of the sides), and
            ``x``, ``y`` of the name.
        land: SVG path of the land, in parts of the sides.
        places: towns: ``name``, ``x``, ``y``.
        shape: width over height.
        columns: of the sheets.
        at: the hour at first.
        off: names of rows that are switched off.
        note: the note, or None.
        ticks: (hour, text) under the slider.
        most: at most so many may be on, or None.
        wide: maps over the whole width, the rest under them.
        on_asked: see above.

    Raises:
        KeyError: a label is missing.
    """
    if missing := [w for w in WORDS if w not in labels]:
        raise KeyError(f"labels missing: {', '.join(missing)}")
    data = {
        "token": token, "lang": lang, "labels": dict(labels), "count": len(clock), "clock": list(clock),
        "said": [list(s) for s in said], "swaths": [[dict(s) for s in slot] for slot in swaths], "land": land,
        "places": [dict(p) for p in places], "shape": round(shape, 4), "columns": columns, "at": at, "off": list(off),
        "ticks": [list(t) for t in ticks], "most": most, "wide": wide,
        "maps": [
            {"title": p.title, "swaths": p.swaths, "places": p.places,
             "skins": [{"label": s.label, "url": s.url, "legend": s.legend} for s in p.skins]}
            for p in pictures
        ],
        "rows": [{"name": r.name, "label": r.label, "about": r.about, "passes": [list(p) for p in r.passes]} for r in rows],
        "note": None if note is None else {
            "label": note.label, "curve": note.curve, "keys": note.keys, "now": _list(note.now), "text": _list(note.text),
            "full": _list(note.full), "fullText": _list(note.full_text), "guess": _list(note.guess),
            "guessText": _list(note.guess_text),
        },
    }  # fmt: skip
    _mount(key=key, data=data, default={"asked": None}, on_asked_change=on_asked or (lambda: None))


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)
