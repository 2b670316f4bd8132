"""The rounds of the public's game, played once and kept on disk: the next start of the app shows them at once."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import platformdirs
import streamlit as st
import xarray as xr

import eogen.ocean
from eogen.ocean.cube import cube
from pages.kit.words import Words, load
from pages.parts.ocean import cases, compute, sources
from pages.parts.ocean.state import digest

log = logging.getLogger("eogen.pages")

#: Whose guesses the public sees, and the simple trick it is compared with.
MODEL, SIMPLE = "oi", "climatology"
#: Played ahead when the app starts.
AHEAD = 4


@dataclass(frozen=True)
class Played:
    """One cloud, what is under it, and what was guessed.

    Attributes:
        key: names the content.
        count: how many clouds there are.
        frame: cube of one frame: what was seen that day, the hidden cells included.
        hidden: (lat, lon) bool.
        guess: (lat, lon) log10, the machine's.
        sd: (lat, lon) its standard deviation, log10.
        simple: (lat, lon) log10, the simple trick's.
        source: name of the sea.
    """

    key: str
    count: int
    frame: xr.DataArray
    hidden: np.ndarray
    guess: np.ndarray
    sd: np.ndarray
    simple: np.ndarray
    source: str

    @property
    def truth(self) -> np.ndarray:
        """Return (lat, lon) log10: what was seen."""
        return self.frame.values[0]

    @property
    def sea(self) -> np.ndarray:
        """Return (lat, lon) bool."""
        return self.frame.sea.values


def folder() -> Path:
    """Return where rounds are kept."""
    return platformdirs.user_cache_path("eogen", appauthor=False) / "clouds"


@lru_cache(maxsize=1)
def _code() -> str:
    """Return a hash of the science: other code, other guesses."""
    found = hashlib.sha256()
    for path in sorted(Path(next(iter(eogen.ocean.__path__))).glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def play(number: int) -> Played:
    """Return a round; the numbers go round. A few seconds the first time, 10 ms from disk."""
    name = cases.source_name()
    return _played(number, name, _stamp(name), str(folder()))


def _stamp(name: str) -> str:
    """Return what the rounds of a sea depend on, without reading it."""
    found = sources.held().get(name)
    about = (name, sources.SEED) if found is None else (str(found.path), *found.path.stat()[6:9:2])
    return digest(*about, _code(), MODEL, SIMPLE)


@st.cache_resource(show_spinner=False, max_entries=64)
def _played(number: int, name: str, stamp: str, place: str) -> Played:
    path = Path(place) / f"{stamp}-{number}.npz"
    if path.is_file():
        return _read(path, name)
    made = _made(number, name)
    try:
        _write(path, made)
    except OSError as error:  # a full or read-only disk costs time at the next start, nothing else
        log.warning("clouds are not kept in %s: %s", path.parent, error)
    return made


def _made(number: int, name: str) -> Played:
    source = sources.opened(name)
    if source is None or not cases.deck(source.key, source):
        source = sources.simulated("simulated_clear")
    t = load("fr")  # the words of the state are not kept
    laid = cases.laid(source.key, number, t.lang, t, source, (MODEL, SIMPLE))
    found = compute.filled(laid.state, MODEL, members=0)
    simple = compute.filled(laid.state, SIMPLE, members=0)
    return Played(
        digest(laid.state.signature, laid.state.frame, number), len(cases.deck(source.key, source)),
        laid.state.cut.isel(time=[laid.state.frame]), laid.hidden, found["mean"].values[0], found["sd"].values[0],
        simple["mean"].values[0], source.name,
    )  # fmt: skip


def _write(path: Path, made: Played) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    at = {name: made.frame[name].values for name in ("time", "lat", "lon", "sea")}
    with part.open("wb") as file:
        np.savez_compressed(
            file, key=made.key, count=made.count, values=made.frame.values, hidden=made.hidden, guess=made.guess,
            sd=made.sd, simple=made.simple, source=made.source, **at,
        )  # fmt: skip
    part.replace(path)


def _read(path: Path, name: str) -> Played:
    with np.load(path, allow_pickle=False) as kept:
        frame = cube(*(kept[k] for k in ("values", "time", "lat", "lon", "sea")))
        return Played(
            str(kept["key"]), int(kept["count"]), frame, *(kept[k] for k in ("hidden", "guess", "sd", "simple")),
            str(kept["source"]),
        )  # fmt: skip


def provenance(t: Words, made: Played) -> sources.Provenance:
    """Return what is said under the pictures of a round, without reading the sea."""
    found = sources.held().get(made.source)
    origin = "simulated" if found is None else "real"
    source = sources.Source(made.source, made.key, made.frame, origin, held=found)
    return sources.provenance(t, source, made.frame.time.values[0], expert=False)
