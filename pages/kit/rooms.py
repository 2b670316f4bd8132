"""The rooms of the house, in the order of their doors."""

from __future__ import annotations

from pathlib import Path

#: Every room there will be; a door is hung only when its page exists.
ROOMS: tuple[str, ...] = ("canopy", "ocean", "change", "rain", "landcover")

#: Where experts work on what the rooms made: judging cases, reviewing results.
DESKS: tuple[str, ...] = ("verdicts", "results")

_PAGES = Path(__file__).resolve().parents[1]


def open_rooms() -> tuple[str, ...]:
    """Return the rooms whose page exists."""
    return tuple(room for room in ROOMS if (_PAGES / f"{room}.py").exists())


def open_desks() -> tuple[str, ...]:
    """Return the desks whose page exists."""
    return tuple(desk for desk in DESKS if (_PAGES / f"{desk}.py").exists())
