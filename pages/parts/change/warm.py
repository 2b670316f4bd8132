"""What is made ready in the background when the app starts: the first rounds of the game."""

from __future__ import annotations

from pages.parts.change import rounds


def warm() -> None:
    """Play the first rounds."""
    for number in range(rounds.AHEAD):
        rounds.play(number)
