"""Where a sea comes from: real cubes on this machine, simulated oceans, the visitor's own file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen import catalog
from eogen.errors import InputError
from eogen.ocean import seas, simulate
from eogen.ocean.seas import SIDE, SIMULATED, window, with_something
from eogen.ocean.sources import Source as Held
from eogen.ocean.sources import sources as lying
from pages.kit.provenance import Provenance
from pages.kit.words import Words, typeset
from pages.parts.ocean import upload
from pages.parts.ocean.state import digest

__all__ = ["SIDE", "SIMULATED", "window"]

#: Seed of the simulated oceans by default.
SEED = 3


@dataclass(frozen=True)
class Source:
    """A sea that can be looked at.

    Attributes:
        name: stable; in the address.
        key: names the content.
        cube: log10 of CHL, or another variable.
        origin: of :data:`pages.kit.provenance.ORIGINS`.
        truth: (time, lat, lon) without gaps or noise, where it is simulated.
        drivers: complete physical fields, where there are any.
        held: the file it was read from, where it is real.
    """

    name: str
    key: str
    cube: xr.DataArray
    origin: str
    truth: np.ndarray | None = None
    drivers: xr.Dataset | None = None
    held: Held | None = None


def held() -> dict[str, Held]:
    """Return the real seas on this machine by name, best series first."""
    return {one.key: one for one in lying(catalog.room_folder("ocean"))}


def offered() -> list[str]:
    """Return the names of the sources on this machine, real ones first."""
    return [*held(), *SIMULATED, "upload"]


@st.cache_resource(show_spinner=False, max_entries=4)
def _loaded(name: str, stamp: float, _source: Held) -> xr.DataArray:
    return with_something(_source.load().load())


@st.cache_resource(show_spinner=False, max_entries=8)
def _simulated(seed: int, gaps: str) -> simulate.Simulated:
    return seas.simulated(gaps, seed)


def simulated(name: str, seed: int = SEED) -> Source:
    """Return a simulated sea."""
    made = _simulated(seed, SIMULATED[name])
    return Source(name, f"{name}-{seed}", made.observed, "simulated", made.truth.values, made.drivers)


def opened(name: str, seed: int = SEED) -> Source | None:
    """Return the source of this name; None where the visitor has given no file yet.

    Raises:
        InputError: from the readers; ``ocean_page_source`` when the file has gone.
    """
    if name == "upload":
        if (found := upload.current()) is None:
            return None
        key, cube = found
        return Source(name, f"upload-{key}", cube, "upload")
    if name in SIMULATED:
        return simulated(name, seed)
    if (found := held().get(name)) is None:
        raise InputError("ocean_page_source", "The sea {name} is not on this machine.", name=name)
    stamp = found.path.stat().st_mtime
    cube = _loaded(name, stamp, found)
    return Source(name, digest(str(found.path), stamp, found.step), cube, "real", held=found)


def title(t: Words, name: str) -> str:
    """Return the name of a source in the reader's language."""
    if (found := held().get(name)) is None:
        return t(f"ocean.sources.{name}")
    if found.dataset != "nep_daily":
        return typeset(str(found.title[t.lang]), t.lang)
    return t(f"ocean.sources.nep_{found.step}", year=_year(found), sensors=_sensors(found) or found.path.stem)


def _year(found: Held) -> str:
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", found.path.stem)
    return year[0] if year else ""


def _sensors(found: Held) -> str:
    known = {"modis": "MODIS", "viirs": "VIIRS", "seawifs": "SeaWiFS", "olci": "OLCI", "meris": "MERIS"}
    return " + ".join(known[part] for part in found.path.stem.lower().split("_") if part in known)


def provenance(t: Words, source: Source, date: Any = "", *, expert: bool = True) -> Provenance:
    """Return what is said under pictures of a source."""
    quantity = t(f"ocean.named.{source.cube.name}")
    if source.origin == "simulated":
        key = source.key if expert else ""
        return Provenance(
            "simulated", place=t("ocean.place.simulated"), quantity=quantity, date=date, source=key
        )
    if source.held is None:
        name = str(source.cube.attrs.get("title", ""))
        return Provenance("upload", place=name, quantity=quantity, date=date)
    real = source.held
    return Provenance(
        "real",
        place=t("ocean.place.nep")
        if real.dataset == "nep_daily"
        else typeset(str(real.title[t.lang]), t.lang),
        sensor=_sensors(real) if real.dataset == "nep_daily" else "",
        quantity=quantity,
        date=date,
        source=real.path.name if expert else "",
        licence=str(source.cube.attrs.get("licence", "")) if expert else "",
    )
