"""The rounds of the public's game: two images with known differences, and what the machine makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr

from eogen.change.calibrate import Usual, p_values, usual
from eogen.change.methods import score
from eogen.change.seven import seven
from eogen.change.simulate import simulate
from pages.kit.provenance import Provenance
from pages.kit.words import Words, typeset
from pages.parts.change import draw, science, sources
from pages.parts.change.state import digest

#: Whose surprise the public sees, at which expected share of false alarms, and the least object, pixels.
MODEL, RATE, LEAST = "gaussian_pmi", 0.002, 10
#: Side of the pictures, pixels.
SIDE = 176
#: Rounds before they come again; played ahead when the app starts.
COUNT, AHEAD = 24, 3
#: A difference is found by the machine when so much of it lies in its objects.
COVERED = 0.2


@dataclass(frozen=True)
class Round:
    """One pair with differences.

    Attributes:
        key: names the content.
        images: a pair with the coordinate ``difference`` (y, x), numbers from 1 on.
        kinds: what each difference is.
        p_value: (y, x) of the machine.
        machine: numbers of the differences that the machine found.
        false: (y, x) numbers from 1 on: the machine's objects where nothing was planted.
    """

    key: str
    images: xr.DataArray
    kinds: tuple[str, ...]
    p_value: np.ndarray
    machine: frozenset[int]
    false: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """Return (y, x) the number of the difference, 0 elsewhere."""
        return self.images.difference.values

    @property
    def real(self) -> bool:
        """Whether the images are real ones."""
        return self.images.attrs.get("kind") == "real"

    @property
    def false_alarms(self) -> int:
        """Return how many objects the machine raised where nothing was planted."""
        return int(self.false.max())


@st.cache_resource(show_spinner=False, max_entries=2)
def _usual(model: str) -> Usual:
    """Return what is usual where nothing was planted: other places, other seasons, no difference."""
    return usual(
        [score(simulate("none", seed), model) for seed in (101, 102, 103, 104)],
    )


@st.cache_resource(show_spinner=False, max_entries=COUNT)
def play(number: int) -> Round:
    """Return a round; the numbers go round. About a second the first time."""
    images = seven(number % COUNT, SIDE)
    found = p_values(score(images, MODEL), _usual(MODEL))
    kinds = tuple(str(images.attrs["kinds"]).split(","))
    key = digest(number % COUNT, images.values[0, 0, ::8, ::8], MODEL, RATE)
    return judged(key, images, kinds, found, RATE)


def judged(key: str, images: xr.DataArray, kinds: tuple[str, ...], found: xr.Dataset, rate: float) -> Round:
    """Return the round of a pair with ``difference``: what the machine finds at a rate, and its false alarms."""
    difference = images.difference.values
    _, numbers = science.objects(found, rate, LEAST)
    planted = range(1, int(difference.max()) + 1)
    machine = {k for k in planted if (numbers.values[difference == k] > 0).mean() >= COVERED}
    false = np.zeros(difference.shape, np.int32)
    for k in range(1, int(numbers.max()) + 1):
        if not difference[numbers.values == k].any():
            false[numbers.values == k] = false.max() + 1
    return Round(key, images, kinds, found.p_value.values, frozenset(machine), false)


def finder(made: Round, number: int, you: tuple[int, ...]) -> str:
    """Return who found a difference: ``both``, ``you``, ``machine`` or ``nobody``."""
    mine, its = number in you, number in made.machine
    return "both" if mine and its else "you" if mine else "machine" if its else "nobody"


def decoys(made: Round, count: int = 5) -> list[tuple[float, float]]:
    """Return centres (x, y), as parts of the sides, of places where nothing was planted."""
    rng = np.random.default_rng(int(made.difference.sum()))
    rows, columns = made.difference.shape
    found: list[tuple[float, float]] = []
    for x, y in rng.uniform(0.12, 0.88, (400, 2)):
        reach = slice(max(int((y - 0.1) * rows), 0), int((y + 0.1) * rows))
        across = slice(max(int((x - 0.1) * columns), 0), int((x + 0.1) * columns))
        near = any(np.hypot(x - a, y - b) < 0.15 for a, b in found)
        if not near and not made.difference[reach, across].any():
            found.append((round(float(x), 3), round(float(y), 3)))
        if len(found) == count:
            break
    return found


def picture(made: Round, which: int) -> np.ndarray:
    """Return a date as uint8 (y, x, 3)."""
    return draw.natural(made.key, made.images, which)


def provenance(t: Words, made: Round) -> Provenance:
    """Return what is said under the pictures of a round."""
    images = made.images
    days = [str(day)[:10] for day in images.time.values] if images.time.dtype.kind == "M" else []
    when = t("change.place.dates", first=t.date(days[0]), second=t.date(days[1])) if days else ""
    if not made.real:
        return Provenance("simulated", place=t("change.place.simulated"), quantity=when)
    place = str(images.attrs.get("pair", "")).replace("_", " ")
    return Provenance(
        "real", place=place, quantity=when, source=sources.dataset(t, str(images.attrs.get("dataset", ""))),
        licence=typeset(str(images.attrs.get("licence", "")), t.lang),
    )  # fmt: skip
