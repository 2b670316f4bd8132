"""The page for the person at the stand: A4, what to say, what to do, what not to claim."""

from __future__ import annotations

from collections.abc import Sequence

from pages.kit.rooms import open_rooms
from pages.kit.words import Words
from pages.printed.sheet import ACCENT, INK, QUIET, Sheet

#: A4 upright, mm.
SIZE = (210.0, 297.0)
EDGE, BODY = 14.0, 11.2


def draw(t: Words) -> Sheet:
    """Return the page.

    Raises:
        ValueError: the words of the language need more than one page.
    """
    sheet = Sheet(*SIZE, ground="#FFFFFF")
    width = SIZE[0] - 2 * EDGE
    y = sheet.write(EDGE, 12, t("stand.guide.title"), 20, width, serif=True, bold=True) + 2
    y = _list(sheet, t, "begin", EDGE, y, width)
    y = _head(sheet, t("stand.guide.rooms"), EDGE, y + 3, width)
    for room in open_rooms():
        top = y
        label = t("stand.guide.room", name=t(f"rooms.{room}.name"), question=t(f"rooms.{room}.question"))
        y = sheet.write(EDGE + 5, y, label, BODY + 0.9, width - 5, bold=True, colour=ACCENT[room])
        y = sheet.write(EDGE + 5, y + 0.3, t(f"stand.guide.{room}"), BODY, width - 5)
        sheet.bar(EDGE, top + 0.4, 1.6, y - top - 1, ACCENT[room])
        y += 2
    half = (width - 8) / 2
    first = _list(sheet, t, "when", EDGE, y + 1, half)
    second = _list(sheet, t, "never", EDGE + half + 8, y + 1, half)
    if (end := max(first, second)) > SIZE[1] - 8:
        raise ValueError(f"the guide in {t.lang!r} ends at {end:.0f} mm of {SIZE[1]:.0f}")
    return sheet


def _head(sheet: Sheet, text: str, x: float, y: float, width: float) -> float:
    y = sheet.write(x, y, text, 12.5, width, serif=True, bold=True)
    sheet.bar(x, y - 0.4, width, 0.35, QUIET)
    return y + 1.6


def _points(t: Words, name: str) -> Sequence[str]:
    """Return the numbered texts under a heading."""
    keys = [f"stand.guide.{name}_{number}" for number in range(1, 10)]
    return [t.text(key).replace("`", "") for key in keys if key in t]


def _list(sheet: Sheet, t: Words, name: str, x: float, y: float, width: float) -> float:
    y = _head(sheet, t(f"stand.guide.{name}"), x, y, width)
    for text in _points(t, name):
        sheet.bar(x + 0.6, y + 1.35, 1.2, 1.2, INK)
        y = sheet.write(x + 4, y, text, BODY, width - 4) + 1
    return y
