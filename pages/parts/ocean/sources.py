"""Where a sea comes from: real cubes on this machine, simulated oceans, the visitor's own file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen import catalog
from eogen.errors import InputError
from eogen.ocean import simulate
from eogen.ocean.cube import composite
from pages.kit.provenance import Provenance
from pages.kit.words import Words
from pages.parts.ocean import thin, upload
from pages.parts.ocean.state import digest

#: Seed of the simulated oceans by default, and the names of those on offer: name -> gaps.
SEED = 3
SIMULATED = {"simulated": "composite", "simulated_clear": "project", "simulated_daily": "daily"}
#: Cells of a side of the region that is shown first.
SIDE = 96


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
    """

    name: str
    key: str
    cube: xr.DataArray
    origin: str
    truth: np.ndarray | None = None
    drivers: xr.Dataset | None = None


def offered() -> list[str]:
    """Return the names of the sources on this machine, real ones first."""
    folder = catalog.room_folder("ocean")
    stems = [path.stem for path in thin.files(folder)] if folder else []
    real = [f"{stem}.{step}" for step in ("8day", "daily") for stem in reversed(stems)]
    return [*real, *SIMULATED, "upload"]


def real(name: str) -> bool:
    """Return whether a source is a file of this machine."""
    return "." in name


@st.cache_resource(show_spinner=False, max_entries=3)
def _daily(path: str, stamp: float) -> xr.DataArray:
    return thin.read(Path(path))


@st.cache_resource(show_spinner=False, max_entries=6)
def _composite(path: str, stamp: float) -> xr.DataArray:
    whole = composite(_daily(path, stamp))
    return _with_something(whole)


def _with_something(whole: xr.DataArray) -> xr.DataArray:
    """Return the frames of which at least one cell in fifty was seen: the others show nothing."""
    seen = np.isfinite(whole.values[:, whole.sea.values]).mean(1)
    keep = seen >= 0.02
    return whole.isel(time=keep) if keep.any() else whole


@st.cache_resource(show_spinner=False, max_entries=8)
def _simulated(seed: int, gaps: str) -> simulate.Simulated:
    return simulate.ocean(seed, 24, (SIDE, SIDE), gaps=gaps)


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
    stem, _, step = name.rpartition(".")
    folder = catalog.room_folder("ocean")
    path = next((p for p in thin.files(folder) if p.stem == stem), None) if folder else None
    if path is None:
        raise InputError("ocean_page_source", "The file {name} is not on this machine.", name=stem)
    stamp = path.stat().st_mtime
    cube = _composite(str(path), stamp) if step == "8day" else _with_something_daily(str(path), stamp)
    return Source(name, digest(str(path), stamp, step), cube, cube.attrs.get("kind", "real"))


@st.cache_resource(show_spinner=False, max_entries=3)
def _with_something_daily(path: str, stamp: float) -> xr.DataArray:
    return _with_something(_daily(path, stamp))


def title(t: Words, name: str) -> str:
    """Return the name of a source in the reader's language."""
    if not real(name):
        return t(f"ocean.sources.{name}")
    stem, _, step = name.rpartition(".")
    found = re.fullmatch(r"nep_(\d{4})_daily_(\w+)", stem)
    if found is None:
        return stem
    return t(f"ocean.sources.nep_{step}", year=found[1], sensors=_sensors(found[2]))


def _sensors(text: str) -> str:
    known = {"modis": "MODIS", "viirs": "VIIRS", "seawifs": "SeaWiFS", "olci": "OLCI", "meris": "MERIS"}
    return " + ".join(known[part] for part in text.split("_") if part in known)


def provenance(t: Words, source: Source, date: Any = "", *, expert: bool = True) -> Provenance:
    """Return what is said under pictures of a source."""
    quantity = t("ocean.chl")
    if source.origin == "simulated":
        place = t("ocean.place.simulated")
        return Provenance(
            "simulated", place=place, quantity=quantity, date=date, source=source.key if expert else ""
        )
    if source.origin == "upload":
        return Provenance(
            "upload", place=str(source.cube.attrs.get("title", "")), quantity=quantity, date=date
        )
    stem = source.name.rpartition(".")[0]
    found = re.fullmatch(r"nep_(\d{4})_daily_(\w+)", stem)
    return Provenance(
        source.origin,
        place=t("ocean.place.nep") if found else str(source.cube.attrs.get("title", stem)),
        sensor=_sensors(found[2]) if found else "",
        quantity=quantity,
        date=date,
        source=str(source.cube.attrs.get("source", "")) if expert else "",
    )


def window(
    cube: xr.DataArray, size: tuple[int, int] = (SIDE, SIDE), frame: int | None = None
) -> tuple[slice, slice]:
    """Return the rows and columns of a rectangle that was seen most (on one date, or on average)."""
    height, width = cube.shape[1:]
    tall, wide = min(size[0], height), min(size[1], width)
    frames = cube.values if frame is None else cube.values[frame : frame + 1]
    seen = np.isfinite(frames).mean(0)
    table = np.zeros((height + 1, width + 1))
    table[1:, 1:] = seen.cumsum(0).cumsum(1)
    total = table[tall:, wide:] - table[:-tall, wide:] - table[tall:, :-wide] + table[:-tall, :-wide]
    row, column = np.unravel_index(int(total.argmax()), total.shape)
    return slice(int(row), int(row) + tall), slice(int(column), int(column) + wide)
