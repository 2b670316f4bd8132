"""The stand's poster: A3 upright, five rooms with their question and picture, and a QR code to play at home."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pages.kit.rooms import open_rooms
from pages.kit.words import Words
from pages.printed.sheet import ACCENT, INK, QUIET, Sheet

#: A3 upright, mm.
SIZE = (297.0, 420.0)
EDGE = 18.0


def draw(t: Words, picture: Callable[[str], np.ndarray], url: str | None) -> Sheet:
    """Return the poster.

    Args:
        t: the reader's language.
        picture: room -> uint8 pixels (y, x, 3), square.
        url: where phones reach the app; without one no code is drawn.
    """
    sheet = Sheet(*SIZE)
    width = SIZE[0] - 2 * EDGE
    foot = 66.0
    y = sheet.write(EDGE, 17, t("home.question"), 43, width, serif=True, bold=True, leading=1.13)
    y = sheet.write(EDGE, y + 3, t("stand.poster.public.lead"), 19, width, colour=QUIET)
    rooms = open_rooms()
    top, gap = y + 6, 6.0
    side = (SIZE[1] - foot - top - gap * len(rooms)) / len(rooms)
    for number, room in enumerate(rooms):
        above = top + number * (side + gap)
        right = number % 2 == 1  # pictures left and right in turn: the eye walks down
        at = EDGE + width - side if right else EDGE
        sheet.picture(at, above, side, picture(room))
        sheet.bar(at - 3.2 if right else at + side, above, 3.2, side, ACCENT[room])
        _text(sheet, t, room, EDGE if right else EDGE + side + 11, above, width - side - 14, side)
    _foot(sheet, t, url, foot)
    return sheet


def _text(sheet: Sheet, t: Words, room: str, x: float, y: float, width: float, height: float) -> None:
    """Write a room's name, question and sentence, in the middle of its height."""
    name, question, sentence = (t(f"rooms.{room}.{part}") for part in ("name", "question", "sentence"))
    rows = len(sheet.lines(question, 32, width, serif=True, bold=True))
    more = len(sheet.lines(sentence, 17, width))
    tall = 9 + rows * 32 * 0.3528 * 1.15 + 3 + more * 17 * 0.3528 * 1.28
    y += max(0.0, (height - tall) / 2)
    y = sheet.write(x, y, name.upper(), 15, width, bold=True, colour=ACCENT[room]) + 2
    y = sheet.write(x, y, question, 32, width, serif=True, bold=True, leading=1.15) + 3
    sheet.write(x, y, sentence, 17, width)


def _foot(sheet: Sheet, t: Words, url: str | None, height: float) -> None:
    top = SIZE[1] - height + 4
    sheet.bar(0, top, SIZE[0], height, INK)
    side = 48.0
    width = SIZE[0] - 2 * EDGE - (side + 12 if url else 0)
    y = sheet.write(
        EDGE, top + 8, t("stand.poster.public.bet"), 31, width, serif=True, bold=True, colour="#FFFFFF"
    )
    y = sheet.write(EDGE, y + 1, t("stand.poster.public.here"), 18, width, colour="#FFFFFF")
    if url:
        y = sheet.write(EDGE, y, t("stand.poster.public.scan"), 18, width, colour="#FFFFFF")
        sheet.code(SIZE[0] - EDGE - side, top + 7, side, url)
    sheet.write(EDGE, y + 2, t("stand.poster.public.honest"), 12, width, colour="#C9D2D8")
