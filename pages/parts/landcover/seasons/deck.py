"""The fields of the game: a fixed shuffled order in which every class comes back, and who answers each of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr

from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, sources
from pages.parts.landcover.seasons.state import State

#: Seed of the deck; rounds of all classes in it; answers offered for each bet.
DECK, ROUNDS, CHOICES = 2026, 10, 4
#: A field is dealt when so many of its months were seen, where its class has such fields.
LEAST_SEEN = 8


@dataclass(frozen=True)
class Field:
    """One field of the game.

    Attributes:
        source: of its parcels.
        row: its number there, from 0.
        label: its true class.
        offered: the answers to choose from, the true one among them.
    """

    source: str
    row: int
    label: str
    offered: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what names the field in a session."""
        return f"{self.source}_{self.row}"


def source() -> str:
    """Return the parcels the game is played on: real ones where some have a known class, else simulated ones."""
    for name in sources.offered():
        held = sources.parcels(name)
        if "label" in held and (held["label"].values >= 0).any():
            return name
    return "territory"


def deal(name: str) -> list[Field]:
    """Return the fields of a source, a shuffled round of its classes after the other."""
    held = sources.parcels(name)
    return _dealt(name, compute.stamp(held["reflectance"].values), held)


@st.cache_resource(show_spinner=False, max_entries=4)
def _dealt(name: str, content: bytes, _held: xr.Dataset) -> list[Field]:
    label = _held["label"].values
    classes = tuple(_held.attrs["classes"])
    seen = np.isfinite(_held["reflectance"].values).all(2).sum(1)
    dice = random.Random(DECK)
    piles = []
    for number in range(len(classes)):
        rows = np.flatnonzero(label == number)
        pile = rows[seen[rows] >= LEAST_SEEN].tolist() or rows.tolist()
        dice.shuffle(pile)
        piles.append(pile)
    fields = []
    for turn in range(min(ROUNDS, max(len(pile) for pile in piles))):
        this = [(pile[turn % len(pile)], number) for number, pile in enumerate(piles) if pile]
        dice.shuffle(this)
        for row, number in this:
            others = dice.sample(
                [c for c in classes if c != classes[number]], k=min(CHOICES, len(classes)) - 1
            )
            fields.append(Field(name, row, classes[number], (classes[number], *others)))
    return fields


def players(name: str) -> tuple[str, str | None]:
    """Return the model that plays the machine, and the one that plays beside it as the baseline (None: it is it)."""
    known = compute.offered(name)
    return known[0], compute.LIVE if known[0] != compute.LIVE else None


def state(field: Field, method: str, t: Words | None = None) -> State:
    """Return a field as a model that did not learn from it reads it; what is explained is its answer.

    Without words (in the background) it has no provenance.

    Raises:
        Unavailable: ``no_weights``.
    """
    held = sources.parcels(field.source)
    kept = compute.knows(field.source, method)
    series = held["reflectance"].values[field.row]
    model, learnt = kept.unseen_by(series)
    key = (
        field.source,
        str(held.attrs.get("title")),
        method,
        str(model is kept.whole),
        str(kept.fold(series)),
    )
    answer = int(compute.probability(key, model, series).argmax())
    told = sources.provenance(field.source, t) if t is not None else None
    return State(field.source, held, field.row, method, model, kept.whole, learnt, answer, told, key)  # type: ignore[arg-type]


def answer(field: Field, method: str) -> str:
    """Return the class a model answers."""
    here = state(field, method)
    return here.classes[here.target]
