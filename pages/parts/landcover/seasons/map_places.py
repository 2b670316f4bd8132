"""The places that can be mapped: the simulated territory, and whatever cubes of images lie on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import xarray as xr

from eogen import catalog
from eogen.landcover.series import sets
from eogen.landcover.series.kept import TEST_SEEDS
from eogen.landcover.series.segment import prepared_cube
from eogen.landcover.series.sets import SeriesSet
from eogen.landcover.series.territory import territory
from eogen.progress import Progress, silent
from pages.kit.provenance import Provenance
from pages.kit.words import Words
from pages.parts.landcover.seasons.sources import ROOM

SIZES = (128, 256)
#: Kinds of sets whose images make a year that models can read; the others are looked at date by date.
YEARS = ("territory", "worldcereal_cube", "pastis")
#: Months that must have been seen somewhere for a year to be read at all.
LEAST = 8
#: Metres between two pixels, where the place does not say.
PIXEL = 10.0


@dataclass(frozen=True)
class Place:
    """A place in the menu.

    Attributes:
        name: stable, as the address has it.
        kind: ``"territory"`` or the kind of its set.
        number: of the sets of its kind, from 1; 0 where it is the only one.
        found: its set; None for the territory.
        member: the patch of the set, where it has several.
        stamp: names the state of its files.
    """

    name: str
    kind: str
    number: int = 0
    found: SeriesSet | None = None
    member: str | None = None
    stamp: str = ""

    @property
    def yearly(self) -> bool:
        """Return whether models of a year can read it."""
        return self.kind in YEARS

    def title(self, t: Words) -> str:
        """Return how the menu calls it."""
        kind = t(f"landcover.series.map.kinds.{self.kind}")
        if self.kind == "dated_images":
            return f"{kind} · {self.found.name.rsplit('/', 1)[-1].replace('_', ' ')}"
        return f"{kind} · {self.number}" if self.number else kind


def offered() -> list[Place]:
    """Return the places on this machine; the simulated one always is, and stands first."""
    folder = catalog.room_folder(ROOM)
    return [Place("territory", "territory"), *(_found(str(folder), folder.stat().st_mtime) if folder else ())]


@st.cache_resource(show_spinner=False, max_entries=2)
def _found(folder: str, stamp: float) -> tuple[Place, ...]:
    made = []
    for each in sets.sets(folder):
        if each.shape == "parcels":
            continue
        moment = str(max(_changed(path) for path in each.paths))
        for member in each.members or (None,):
            name = each.name if member is None else f"{each.name}/{member}"
            made.append(Place(name, each.kind, 0, each, member, moment))
    alike = {place.kind: [p for p in made if p.kind == place.kind] for place in made}
    order = (*YEARS, "eopatch", "dated_images", "terramesh")
    numbered = [
        Place(p.name, p.kind, alike[p.kind].index(p) + 1 if len(alike[p.kind]) > 1 else 0, p.found, p.member, p.stamp)
        for p in made
    ]  # fmt: skip
    return tuple(sorted(numbered, key=lambda p: order.index(p.kind) if p.kind in order else len(order)))


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


@dataclass(frozen=True)
class Scene:
    """A place that was opened.

    Attributes:
        place: which.
        key: names its content.
        images: cube of all its dates (NDVI alone for a patch of eo-learn).
        year: cube of twelve calendar months; None where models of a year cannot read it.
        seconds: what it took to make or read.
    """

    place: Place
    key: tuple[str, ...]
    images: xr.Dataset
    year: xr.Dataset | None

    @property
    def shown(self) -> xr.Dataset:
        """Return what the pictures and curves are of: the year, or all dates."""
        return self.images if self.year is None else self.year

    @property
    def grid(self) -> xr.DataArray:
        """Return an image (y, x) that says where the place lies."""
        return self.shown["clear"].isel(time=0, drop=True)

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return self.shown.sizes["y"], self.shown.sizes["x"]

    @property
    def pixel(self) -> float:
        """Return about how many metres lie between two pixels."""
        step = abs(float(self.shown["x"][1] - self.shown["x"][0]))
        crs = self.shown.rio.crs
        return PIXEL if crs is None else step * 111_320 if crs.is_geographic else step

    def provenance(self, t: Words) -> Provenance:
        """Return what is said under its pictures."""
        about = self.images.attrs
        where = self.place.title(t)
        if self.place.kind != "territory" and self.images.rio.crs is not None:
            west, south, east, north = self.images.rio.transform_bounds("EPSG:4326")
            lat, lon = (south + north) / 2, (west + east) / 2
            side = t(f"landcover.series.map.{'north' if lat >= 0 else 'south'}")
            other = t(f"landcover.series.map.{'east' if lon >= 0 else 'west'}")
            where += f" · {t.number(abs(lat), 2)}° {side}, {t.number(abs(lon), 2)}° {other}"
        simulated = self.place.kind == "territory"
        source = "eogen.landcover.series.territory" if simulated else about["dataset"].replace("_", " ")
        # The licences are English sentences; a semicolon there has no space before it in French either.
        return Provenance(
            "simulated" if simulated else "real", place=where, sensor="Sentinel-2", source=source,
            licence=about["licence"].replace("; ", " · "),
        )  # fmt: skip


def key(place: Place, size: int, seed: int) -> tuple[str, ...]:
    """Return what names the content of a place."""
    return (place.name, str(size), str(seed)) if place.found is None else (place.name, place.stamp)


def opened(place: Place, size: int, seed: int, progress: Progress = silent) -> Scene:
    """Return a place, made or read once.

    Raises:
        InputError, Unavailable: those of its reader.
    """
    return _opened(key(place, size, seed), place, size, seed, progress)


@st.cache_resource(show_spinner=False, max_entries=6)
def _opened(named: tuple[str, ...], _place: Place, _size: int, _seed: int, _progress: Progress) -> Scene:
    if _place.found is None:
        images = territory(_seed, _size, monthly=True, progress=_progress)
    else:
        images = sets.open(_place.found, member=_place.member)
    year = prepared_cube(images) if _place.yearly else None
    if year is not None and int(year["clear"].values.any((1, 2)).sum()) < LEAST:
        year = None
    return Scene(_place, named, images, year)


def default_seed() -> int:
    """Return the seed of the territory shown first: nothing was learnt from it."""
    return TEST_SEEDS[0]


def dates(scene: Scene) -> np.ndarray:
    """Return the dates of the pictures (time,), datetime64[D]."""
    return scene.shown["time"].values.astype("datetime64[D]")
