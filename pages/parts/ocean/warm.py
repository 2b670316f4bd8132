"""What is made ready in the background when the app starts: the first clouds of the game."""

from __future__ import annotations

from pages.parts.ocean import rounds


def warm() -> None:
    """Play the first rounds; from the second start on they are on disk."""
    for number in range(rounds.AHEAD):
        rounds.play(number)
