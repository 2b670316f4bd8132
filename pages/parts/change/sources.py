"""Where images come from: sets on this machine, simulated scenes, the visitor's own two files."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
import xarray as xr

from eogen.catalog import catalog
from eogen.catalog.entries import entry
from eogen.change.sets_series import open_series
from eogen.change.simulate import KINDS, simulate
from eogen.change.simulate_sequence import sequence
from eogen.errors import InputError
from pages.kit.provenance import Provenance
from pages.kit.words import Words, typeset
from pages.parts.change import science, upload
from pages.parts.change.state import digest

#: Seed of the simulated scenes by default; the simulated sources.
SEED = 3
SIMULATED = ("simulated", "sequence")
#: The set that is opened first where it is here: rare change, registered pairs.
MAIN = "oscd_rgb"
#: Dates of the simulated sequence.
DATES = 16


@dataclass(frozen=True)
class Source:
    """Images of one place.

    Attributes:
        source: stable name of the source; in the address.
        name: of the pair within it.
        key: names the content.
        images: every date of the place.
        origin: of :data:`pages.kit.provenance.ORIGINS`.
    """

    source: str
    name: str
    key: str
    images: xr.DataArray
    origin: str


def held() -> dict[str, tuple[str, ...]]:
    """Return the real sets on this machine: name -> names of their pairs; the main set first."""
    found = science.folders()
    first = sorted(found, key=lambda name: found[name].row.name != MAIN)
    return {name: found[name].pairs for name in first}


def offered() -> list[str]:
    """Return the names of the sources, real ones first."""
    return [*held(), *science.series(), *SIMULATED, "upload"]


def names(source: str) -> tuple[str, ...]:
    """Return the names of the pairs of a source."""
    if source == "simulated":
        return KINDS
    return held().get(source, (source,))


@st.cache_resource(show_spinner=False, max_entries=24)
def _simulated(kind: str, seed: int) -> xr.DataArray:
    return sequence(seed, DATES) if kind == "sequence" else simulate(kind, seed)


@st.cache_resource(show_spinner=False, max_entries=12)
def _real(source: str, name: str, stamp: str) -> xr.DataArray:
    return science.opened(source, name).load()


@st.cache_resource(show_spinner=False, max_entries=2)
def _series(source: str, stamp: str) -> xr.DataArray:
    return open_series(science.series()[source]).load()


def opened(source: str, name: str, seed: int = SEED) -> Source | None:
    """Return the images of this name; None where the visitor has given no files yet.

    Raises:
        InputError: from the readers; ``change_page_source`` when the set or the pair has gone.
    """
    if source == "upload":
        if (found := upload.current()) is None:
            return None
        key, images = found
        return Source(source, str(images.attrs.get("title", "")), f"upload-{key}", images, "upload")
    if source in SIMULATED:
        kind = "sequence" if source == "sequence" else name
        return Source(source, name, f"{kind}-{seed}", _simulated(kind, seed), "simulated")
    if (folder := science.series().get(source)) is not None:
        stamp = digest(science.stamp(sorted(folder.path.iterdir())))
        return Source(source, name, stamp, _series(source, stamp), "real")
    if name not in held().get(source, ()):
        raise InputError(
            "change_page_source",
            "The images {name} of {source} are not on this machine.",
            name=name,
            source=source,
        )
    stamp = digest(science.stamp(science.files(source, name)))
    return Source(source, name, stamp, _real(source, name, stamp), "real")


def title(t: Words, source: str) -> str:
    """Return the name of a source in the reader's language; of a set of this machine, its folder's."""
    key = f"change.sources.{source}"
    if key in t:
        return t(key)
    if (found := science.series().get(source)) is not None and found.dataset:
        return typeset(entry(found.dataset).title[t.lang], t.lang)
    return source.replace("_", " ")


def name_of(t: Words, source: str, name: str) -> str:
    """Return the name of a pair in the reader's language; of a real one, its own."""
    key = f"change.scenes.{name}"
    return t(key) if source in SIMULATED and key in t else name.replace("_", " ")


def provenance(t: Words, found: Source, dates: tuple[str, str]) -> Provenance:
    """Return what is said under pictures of a source."""
    about = found.images.attrs
    if all(dates):
        when = t("change.place.dates", first=t.date(dates[0]), second=t.date(dates[1]))
    else:
        when = ""
    if found.origin == "simulated":
        place = t("change.place.simulated")
        named = name_of(t, found.source, found.name)
        return Provenance("simulated", place=place, sensor=named, quantity=when)
    sensor = str(about.get("sensor", ""))
    key = f"change.sensors.{sensor}"
    return Provenance(
        found.origin,
        place=str(about.get("title") or found.name).replace("_", " "),
        sensor=t(key) if key in t else "",
        quantity=when,
        source=dataset(t, str(about.get("dataset", ""))),
        licence=typeset(str(about.get("licence", "")), t.lang),
    )


def dataset(t: Words, name: str) -> str:
    """Return the title of a catalogue entry; of what is in no catalogue, its own name."""
    if name not in catalog():
        return name.replace("_", " ")
    return typeset(entry(name).title[t.lang], t.lang)
