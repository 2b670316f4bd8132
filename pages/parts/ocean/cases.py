"""The clouds of the public's game: a sea seen whole one day, under the clouds of another day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from scipy.ndimage import binary_closing, binary_opening

from pages.kit.provenance import Provenance
from pages.kit.words import Words
from pages.parts.ocean import sources
from pages.parts.ocean.sources import Source
from pages.parts.ocean.state import State, box

#: A date is used when so much of its best window was seen, and a cloud when it hides so much of that.
SEEN, LEAST, MOST = 0.72, 0.2, 0.6
#: The two halves of what is hidden differ by so much (log10: a quarter), and each has so many cells.
DIFFER, CELLS = 0.1, 250
#: Rows and columns of the window: wider than tall on the screen.
SIZE = (78, 112)
#: Clouds of one date at most.
CLOUDS = 3


@dataclass(frozen=True)
class Case:
    """One round: a window of the sea, a date, the date whose clouds are laid over it."""

    rows: slice
    columns: slice
    frame: int
    donor: int


def source_name() -> str:
    """Return which sea the public sees: the newest real one in 8-day means, else a simulated one."""
    return next((name for name, found in sources.held().items() if found.step == "8day"), "simulated_clear")


@st.cache_data(show_spinner=False, max_entries=4)
def deck(key: str, _source: Source) -> list[Case]:
    """Return the clouds that can be played, best seen dates first, one cloud of each before the second of any.

    Args:
        key: names the content of the source.
    """
    cube = _source.cube
    seen = np.isfinite(cube.values)
    best = []
    for frame in range(len(seen)):
        rows, columns = sources.window(cube, SIZE, frame)
        sea = cube.sea.values[rows, columns]
        share = seen[frame, rows, columns].sum() / max(sea.size, 1)
        best.append((float(share), frame, rows, columns))
    found: list[list[Case]] = []
    for share, frame, rows, columns in sorted(best, key=lambda one: -one[0]):
        if share >= SEEN * cube.sea.values[rows, columns].mean():
            donors = np.random.default_rng(frame).permutation(len(seen))
            cases = [Case(rows, columns, frame, int(donor)) for donor in donors if donor != frame]
            found.append([case for case in cases if _fair(cube.values, seen, cube.sea.values, case)][:CLOUDS])
    return [cases[k] for k in range(CLOUDS) for cases in found if len(cases) > k]


def _fair(values: np.ndarray, seen: np.ndarray, sea: np.ndarray, case: Case) -> bool:
    """Return whether a cloud hides enough, not too much, and two halves that differ."""
    place = (case.rows, case.columns)
    hidden = seen[(case.frame, *place)] & whole_cloud(~seen[(case.donor, *place)] & sea[place])
    share = hidden.sum() / max(seen[(case.frame, *place)].sum(), 1)
    if not LEAST <= share <= MOST:
        return False
    left, right = halves(values[(case.frame, *place)], hidden)
    return bool(abs(left - right) >= DIFFER)


def whole_cloud(mask: np.ndarray) -> np.ndarray:
    """Return a cloud without crumbs and pinholes (lat, lon; bool): what is scratched must look like one."""
    disc = np.hypot(*np.mgrid[-3:4, -3:4]) <= 3.2
    padded = np.pad(mask, 4, mode="edge")
    return binary_opening(binary_closing(padded, disc), disc)[4:-4, 4:-4]


def halves(values: np.ndarray, hidden: np.ndarray) -> tuple[float, float]:
    """Return the mean of what is hidden left and right of the middle; 0 where a half has too little."""
    middle = values.shape[1] // 2
    parts = [values[:, :middle][hidden[:, :middle]], values[:, middle:][hidden[:, middle:]]]
    if min(len(part) for part in parts) < CELLS:
        return 0.0, 0.0
    return float(parts[0].mean()), float(parts[1].mean())


@dataclass(frozen=True)
class Round:
    """A case laid out.

    Attributes:
        state: what the methods are given.
    """

    state: State

    @cached_property
    def truth(self) -> np.ndarray:
        """Return (lat, lon) log10: what was seen that day, the hidden cells included."""
        return self.state.cut.values[self.state.frame]

    @property
    def hidden(self) -> np.ndarray:
        """Return (lat, lon) bool."""
        return self.state.hidden


@st.cache_resource(show_spinner=False, max_entries=32)
def laid(key: str, number: int, lang: str, _t: Words, _source: Source, _methods: tuple[str, str]) -> Round:
    """Return round ``number`` of a source, its cloud laid; the numbers go round."""
    cases = deck(key, _source)
    case = cases[number % len(cases)]
    cut = _source.cube[:, case.rows, case.columns]
    seen = np.isfinite(cut.values)
    held = np.zeros_like(seen)
    held[case.frame] = seen[case.frame] & whole_cloud(~seen[case.donor] & cut.sea.values)
    said: Provenance = sources.provenance(_t, _source, cut.time.values[case.frame], expert=False)
    state = State(
        _source.name, key, _source.cube, cut, box(cut), case.frame, "donor", held, _methods, 0, 0, said,
        donor=case.donor,
    )  # fmt: skip
    return Round(state)
