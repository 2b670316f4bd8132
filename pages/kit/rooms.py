"""The rooms of the house, in the order of their doors."""

from __future__ import annotations

from pathlib import Path

#: Every room there will be; a door is hung only when its page exists.
ROOMS: tuple[str, ...] = ("canopy", "ocean", "change", "rain", "landcover")

_PAGES = Path(__file__).resolve().parents[1]


def open_rooms() -> tuple[str, ...]:
    """Return the rooms whose page exists."""
    return tuple(room for room in ROOMS if (_PAGES / f"{room}.py").exists())
