"""The visit's score: a star for each room whose game was won, kept for the session and gone with the visitor."""

from __future__ import annotations

import streamlit as st

from pages.kit.rooms import open_rooms
from pages.kit.stand.mode import standing

_KEPT = "_games"


def record(room: str, game: str, *, won: bool) -> None:
    """Keep how a game of a room ended; the first end of each ``game`` counts, a second look at it does not.

    Away from a stand nothing is kept: there each game has its own score.

    Args:
        room: one of the rooms.
        game: names the round: which card, which cloud.
        won: whether the visitor won it.
    """
    if not standing():
        return
    games: dict[str, dict[str, bool]] = st.session_state.setdefault(_KEPT, {})
    before = star(room)
    games.setdefault(room, {}).setdefault(game, won)
    if star(room) and not before:
        st.rerun()  # the whole page: the line of stars stands outside of the game's fragment


def star(room: str) -> bool:
    """Return whether a game of the room was won in this visit."""
    return any(st.session_state.get(_KEPT, {}).get(room, {}).values())


def tally() -> tuple[int, int, int, int]:
    """Return stars, stars there are, games won, games played in this visit."""
    games = [won for room in st.session_state.get(_KEPT, {}).values() for won in room.values()]
    rooms = open_rooms()
    return sum(map(star, rooms)), len(rooms), sum(games), len(games)
