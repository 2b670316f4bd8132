"""Where series come from: the real parcels on this machine, and the simulated territory that is always there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import xarray as xr

from eogen import catalog
from eogen.landcover.series import sets, territory
from eogen.landcover.series.kept import TEST_SEEDS, prepared
from pages.kit.provenance import Provenance
from pages.kit.words import Words

ROOM = "landcover"
#: Names of the sources, in the order of the menu.
ORDER = ("france", "territory")
#: Simulated parcels offered; their seed is one nothing was learnt from.
SIMULATED = 240


def offered() -> list[str]:
    """Return the sources that are on this machine; the simulated one always is."""
    return [name for name in ORDER if name == "territory" or _france() is not None]


def parcels(source: str) -> xr.Dataset:
    """Return monthly parcels of a source as its models read them (:func:`eogen.landcover.series.kept.prepared`)."""
    if source == "territory":
        return _simulated(TEST_SEEDS[0])
    folder, name = _france()
    return _read(str(folder), name, folder.stat().st_mtime)


def provenance(source: str, t: Words) -> Provenance:
    """Return what is said under a picture of this source."""
    held = parcels(source)
    simulated = source == "territory"
    return Provenance(
        "simulated" if simulated else "real",
        place=t(f"landcover.series.places.{source}"),
        sensor="Sentinel-2 L2A",
        source="eogen.landcover.series.territory"
        if simulated
        else f"WorldCereal {_plain(held.attrs['title'])}",
        licence=held.attrs["licence"].replace("; ", " · "),
    )


def _plain(title: str) -> str:
    """Return the title of a set, which is the name of its file, as words."""
    return title.replace("_", " ")


def _france() -> tuple[Path, str] | None:
    """Return the folder and the name of the set of French parcels: of the parcels with labels, the largest."""
    folder = catalog.room_folder(ROOM)
    return _largest(str(folder), folder.stat().st_mtime) if folder else None


@st.cache_resource(show_spinner=False, max_entries=2)
def _largest(folder: str, stamp: float) -> tuple[Path, str] | None:
    best = sets.best_labelled(folder)
    return (Path(folder), best.name) if best else None


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(folder: str, name: str, stamp: float) -> xr.Dataset:
    chosen = next(each for each in sets.sets(folder) if each.name == name)
    return prepared(sets.open(chosen))


@st.cache_resource(show_spinner=False, max_entries=2)
def _simulated(seed: int) -> xr.Dataset:
    return prepared(territory.parcels(seed, SIMULATED))
