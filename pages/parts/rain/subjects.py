"""Which maps a panel looks at: the simulated day of the page, real ones of this machine, or the visitor's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
import xarray as xr

from eogen.catalog import room_folder
from eogen.errors import InputError
from eogen.rain import read_gauges, read_imerg, sets
from eogen.rain.sets import RainSet
from pages.kit.address import choose
from pages.kit.provenance import Provenance
from pages.kit.words import Words, typeset
from pages.parts.rain import score_upload
from pages.parts.rain.state import State

DAY, UPLOAD = "day", "upload"
#: Bytes under which a set is opened before it is offered: it may be a sample without any rain.
SMALL = 2_000_000


@dataclass(frozen=True)
class Subject:
    """Maps, with what judges them where there is something.

    Attributes:
        name: in the address.
        key: names the content.
        maps: IMERG, a pair, or ``precipitation`` and ``radar`` at stations.
        provenance: said under pictures.
        run: ``"early"``, ``"late"`` or what the files say.
    """

    name: str
    key: str
    maps: xr.Dataset
    provenance: Provenance
    run: str

    @property
    def simulated(self) -> bool:
        """Return whether it is the simulated day of the page."""
        return self.name == DAY

    @property
    def grid(self) -> bool:
        """Return whether it has maps of both sides, and not places."""
        return "radar" in self.maps and self.maps["radar"].dims == ("time", "lat", "lon")


@st.cache_resource(show_spinner=False, max_entries=4)
def _imerg(root: str, stamp: float) -> dict[str, RainSet]:
    found = {}
    for one in sets.sets(Path(root)):
        if one.kind != "imerg":
            continue
        if sum(p.stat().st_size for p in one.paths) < SMALL:
            try:
                sets.open(one)
            except InputError:
                continue  # not one drop: there is nothing to look at
        found[one.name] = one
    return dict(
        sorted(found.items(), key=lambda kv: -len(kv[1].paths) - sum(p.stat().st_size for p in kv[1].paths))
    )


@st.cache_resource(show_spinner=False, max_entries=4)
def _gauged(root: str, stamp: float) -> dict[str, tuple[RainSet, RainSet]]:
    found: dict[str, tuple[RainSet, RainSet]] = {}
    for satellite, gauges in sets.beside_gauges(Path(root)):
        # The longest sequence of a folder, with the gauges that are most: the others are parts of it.
        found.setdefault(satellite.name.partition("/")[0], (satellite, gauges))
    return found


def imerg() -> dict[str, RainSet]:
    """Return the real IMERG sequences on this machine, the largest first."""
    root = room_folder("rain")
    return {} if root is None else _imerg(str(root), root.stat().st_mtime)


def gauged() -> dict[str, tuple[RainSet, RainSet]]:
    """Return the real IMERG sequences with gauges beside them: name of the folder -> both."""
    root = room_folder("rain")
    return {} if root is None else _gauged(str(root), root.stat().st_mtime)


def pick(t: Words, column: Any, offered: Sequence[str], *, key: str, label: str) -> str:
    """Draw the choice of maps; return its name."""
    return choose(
        column.selectbox, label, list(offered), name="maps", default=offered[0], key=key,
        format_func=lambda name: title(t, name),
    )  # fmt: skip


def title(t: Words, name: str) -> str:
    """Return the name of a choice; of a real set, its folder's."""
    return t(f"rain.subjects.{name}") if name in (DAY, UPLOAD) else name.replace("_", " ").replace("/", " · ")


def day(state: State) -> Subject:
    """Return the simulated day of the page."""
    return Subject(DAY, state.key, state.day.pair, state.provenance, state.choice.run)


@st.cache_resource(show_spinner=False, max_entries=3)
def _read(name: str, stamp: tuple[float, ...], _paths: Sequence[Path]) -> xr.Dataset:
    return read_imerg.read(list(_paths)).load()


@st.cache_resource(show_spinner=False, max_entries=3)
def _beside(name: str, stamp: tuple[float, ...], _two: tuple[RainSet, RainSet]) -> xr.Dataset:
    satellite, gauges = _two
    found = read_gauges.beside(sets.open(gauges), read_imerg.read(list(satellite.paths))["precipitation"])
    return found.rename(satellite="precipitation", gauge="radar")


def real(t: Words, name: str) -> Subject:
    """Return a real IMERG sequence.

    Raises:
        InputError: from the reader.
    """
    one = imerg()[name]
    maps = _read(name, _stamp(one.paths), one.paths)
    return Subject(name, f"real-{name}", maps, told(t, maps), str(maps.attrs.get("run", "")))


def with_gauges(t: Words, name: str) -> Subject:
    """Return a real IMERG sequence at the gauges beside it, hourly: ``precipitation``, and ``radar`` are the gauges.

    Raises:
        InputError: from the readers.
    """
    two = gauged()[name]
    maps = _beside(name, _stamp([*two[0].paths, *two[1].paths]), two)
    about = _read(two[0].name, _stamp(two[0].paths), two[0].paths)
    return Subject(name, f"gauges-{name}", maps, told(t, about), str(about.attrs.get("run", "")))


def uploaded(t: Words) -> Subject | None:
    """Return the maps of the visitor's files; None without them."""
    if (held := score_upload.current()) is None:
        return None
    key, maps = held
    return Subject(UPLOAD, f"upload-{key}", maps, told(t, maps, "upload"), str(maps.attrs.get("run", "")))


def told(t: Words, maps: xr.Dataset, origin: str = "") -> Provenance:
    """Return what is said under pictures of maps that were read."""
    about = maps.attrs
    first, last = (str(maps["time"].values[k])[:10] for k in (0, -1))
    when = (
        t.date(first) if first == last else t("rain.subjects.dates", first=t.date(first), last=t.date(last))
    )
    lat, lon = maps["lat"].values, maps["lon"].values
    place = t(
        "rain.subjects.place", south=t.number(float(lat.min()), 1), north=t.number(float(lat.max()), 1),
        west=t.number(float(lon.min()), 1), east=t.number(float(lon.max()), 1),
    )  # fmt: skip
    kind = str(about.get("kind", "real"))
    return Provenance(
        origin or (kind if kind in ("real", "simulated", "derived") else "real"), place=place,
        sensor=str(about.get("title", "IMERG")), quantity=when, licence=typeset(str(about.get("licence", "")), t.lang),
    )  # fmt: skip


def _stamp(paths: Sequence[Path]) -> tuple[float, ...]:
    return (len(paths), max(p.stat().st_mtime for p in paths), float(sum(p.stat().st_size for p in paths)))
