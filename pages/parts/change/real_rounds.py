"""Rounds of the game on real images: windows of labelled pairs in which a few separate things have changed."""

from __future__ import annotations

import numpy as np
import streamlit as st
import xarray as xr
from scipy.ndimage import binary_dilation, label

from eogen.change.calibrate import p_values, self_usual
from eogen.change.methods import method as row_of
from eogen.change.methods import score, unavailable
from pages.parts.change import rounds, science, sources
from pages.parts.change.rounds import Round
from pages.parts.change.state import digest

#: Side of a window and step between windows, pixels; differences wanted, least and most.
SIDE, STEP, FEWEST, MOST = 192, 64, 3, 9
#: A difference has so many pixels; things nearer than this are one.
LEAST, NEAR = 40, 3
#: Expected share of false alarms: that of the simulated rounds rests on history, this one on the pair itself.
RATE = 0.01
#: Pairs looked at in each set.
PAIRS = 4


def offered() -> list[tuple[str, str]]:
    """Return the labelled pairs that can be played, as (set, pair), one set after the other; from names of files only.

    Radar and false colours are left out: a visitor could not read them.
    """
    found = []
    held = [f for f in science.folders().values() if f.labelled and f.row.bands[:1] == ("red",)]
    for number in range(PAIRS):
        found += [(folder.name, folder.pairs[number]) for folder in held if number < len(folder.pairs)]
    return found


def differences(images: xr.DataArray) -> np.ndarray:
    """Return (y, x; int8) the numbers of the separate labelled changes, the largest first, at most 35; 0 elsewhere."""
    truth = images.label.values == 1
    joined, _ = label(binary_dilation(truth, iterations=NEAR))
    joined[~truth] = 0
    sizes = np.bincount(joined.ravel())
    sizes[0] = 0
    kept = [k for k in np.argsort(-sizes, kind="stable") if sizes[k] >= LEAST][:35]
    out = np.zeros(truth.shape, np.int8)
    for number, k in enumerate(kept, 1):
        out[joined == k] = number
    return out


def window(images: xr.DataArray) -> xr.DataArray | None:
    """Return the window whose number of differences is nearest to seven; None where none has a playable number."""
    rows, columns = images.sizes["y"], images.sizes["x"]
    tall, wide = min(SIDE, rows), min(SIDE, columns)
    best, found = 99.0, None
    for top in range(0, rows - tall + 1, STEP):
        for left in range(0, columns - wide + 1, STEP):
            cut = images[:, :, top : top + tall, left : left + wide]
            if not cut.valid.values.all() or (cut.label.values == 1).mean() > 0.35:
                continue
            number = differences(cut)
            count = int(number.max())
            if FEWEST <= count <= MOST and abs(count - 7) < best:
                best, found = abs(count - 7), cut.assign_coords(difference=(("y", "x"), number))
    return found


@st.cache_resource(show_spinner=False, max_entries=2)
def _deck(key: str) -> list[tuple[str, str]]:
    """Return the pairs that have a playable window."""
    return [
        (s, n) for s, n in offered() if _cut(s, n, digest(science.stamp(science.files(s, n)))) is not None
    ]


def deck() -> list[tuple[str, str]]:
    """Return the pairs that have a playable window; reads them once."""
    return _deck(digest(offered()))


@st.cache_resource(show_spinner=False, max_entries=64)
def _cut(source: str, name: str, stamp: str) -> xr.DataArray | None:
    found = sources.opened(source, name)
    if found is None or "label" not in found.images.coords or unavailable(row_of(rounds.MODEL), found.images):
        return None
    return window(found.images)


@st.cache_resource(show_spinner=False, max_entries=64)
def _play(source: str, name: str, stamp: str) -> Round:
    images = _cut(source, name, stamp)
    scores = score(images, rounds.MODEL)
    found = p_values(scores, self_usual(scores))
    kinds = ("real",) * int(images.difference.max())
    return rounds.judged(digest(source, name, stamp), images, kinds, found, RATE)


def play(number: int) -> Round:
    """Return a round on real images; the numbers go round. There must be one (:func:`deck`)."""
    held = deck()
    source, name = held[number % len(held)]
    return _play(source, name, digest(science.stamp(science.files(source, name))))
