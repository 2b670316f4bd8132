"""What is made ready in the background when the app starts: the fields of the game of the year, and its machine."""

from __future__ import annotations

from pages.parts.landcover.seasons import compute, deck


def warm() -> None:
    """Read the parcels and the machine: the first visitor would wait for seconds."""
    source = deck.source()
    deck.deal(source)
    compute.knows(source, deck.players(source)[0])
