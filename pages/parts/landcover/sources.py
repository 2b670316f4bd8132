"""Where an image comes from: the real sets on this machine, the simulated patches, the visitor's own file."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
import xarray as xr
from rasterio.warp import transform

from eogen import catalog
from eogen.landcover import read, simulate
from eogen.landcover.bands import CLASSES
from eogen.landcover.shelf import SETS
from pages.kit.provenance import Provenance
from pages.kit.words import Words

ROOM = "landcover"
#: Names of the sources, in the order of the menu; the visitor's own file comes last.
ORDER = ("eurosat_ms", "eurosat_rgb", "terramesh", "simulated", "upload")
#: Rounds of ten classes in the deck of the public game.
ROUNDS = 5


@dataclass(frozen=True)
class Item:
    """One image on offer: its name, its true class where one is known, how it is read, and its true evidence."""

    source: str
    name: str
    label: str | None
    load: Callable[[], xr.DataArray]
    truth: Callable[[], xr.DataArray] | None = None

    @property
    def origin(self) -> str:
        """``"real"``, ``"simulated"`` or ``"upload"``."""
        return {"simulated": "simulated", "upload": "upload"}.get(self.source, "real")


def provenance(item: Item, t: Words, image: xr.DataArray, *, expert: bool = True) -> Provenance:
    """Return what is said under a picture of this item; its level and size to experts only."""
    name, licence = SETS[item.source]
    place = {"simulated": t("landcover.place.simulated"), "upload": item.name}.get(item.source)
    sensor = "Sentinel-2"
    if expert:
        level = t(f"landcover.levels.{image.attrs['processing_level']}")
        size = f"{len(image.band)} × {image.sizes['y']} × {image.sizes['x']}"
        sensor += f" {level} · {size}"
    if place is None:
        place = t("landcover.place.eurosat") if item.source.startswith("eurosat") else item.name
    if image.rio.crs is not None:
        place += f" ({_centre(item, image, t)})"
    return Provenance(item.origin, place=place, sensor=sensor, source=name, licence=licence)


def _centre(item: Item, image: xr.DataArray, t: Words) -> str:
    """Write the centre of an image; the projection of a file of one's own is asked each time."""
    if item.source == "upload":
        return _where(image, t)
    return _kept(item.source, item.name, float(image.x.mean()), float(image.y.mean()), t.lang, image, t)


@st.cache_data(show_spinner=False, max_entries=512)
def _kept(source: str, name: str, x: float, y: float, lang: str, _image: xr.DataArray, _t: Words) -> str:
    return _where(_image, _t)


def _where(image: xr.DataArray, t: Words) -> str:
    """Write the centre of an image: ``48,85° N 2,35° E``."""
    (longitude,), (latitude,) = transform(
        image.rio.crs, "EPSG:4326", [float(image.x.mean())], [float(image.y.mean())]
    )
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else t("landcover.place.west")
    return f"{t.number(abs(latitude), 2)}° {north} {t.number(abs(longitude), 2)}° {east}"


#: Images by class, all of them under ``None``.
Shelf = dict[str | None, list[Item]]


def _shelved(found: list[Item]) -> Shelf:
    """Sort images by class once: there are thousands, and every run asks for every class."""
    shelf: Shelf = {}
    for item in found:
        if item.label is not None:
            shelf.setdefault(item.label, []).append(item)
    return {**shelf, None: found}


@st.cache_resource(show_spinner=False, max_entries=4)
def _listed(folder: str, source: str, stamp: float) -> Shelf:
    root = Path(folder)
    if source == "terramesh":
        return _shelved([Item(source, s.name, None, s.l1c) for s in read.terramesh(root)])
    samples = read.eurosat_rgb(root) if source == "eurosat_rgb" else read.eurosat_ms(root)
    return _shelved([Item(source, s.name, s.label, s.load) for s in samples])


@cache
def _simulated() -> Shelf:
    return _shelved(
        [
            Item(
                "simulated",
                f"{label}_{seed}",
                label,
                lambda label=label, seed=seed: simulate.patch(label, seed).reflectance,
                lambda label=label, seed=seed: simulate.patch(label, seed).evidence,
            )
            for seed in range(20)
            for label in simulate.LABELS
        ]
    )


def _shelf(source: str) -> Shelf:
    if source == "simulated":
        return _simulated()
    folder = catalog.room_folder(ROOM)
    return _listed(str(folder), source, folder.stat().st_mtime) if folder else {None: []}


def items(source: str) -> Sequence[Item]:
    """Return the images of a source that are on this machine (none when it is absent)."""
    return _shelf(source)[None]


def available() -> list[str]:
    """Return the sources that have something to show, the visitor's own file included."""
    return [s for s in ORDER if s == "upload" or items(s)]


def of_class(source: str, label: str | None) -> list[Item]:
    """Return the images of one class (all of them for ``None``)."""
    return list(_shelf(source).get(label, []))


def classes(source: str) -> list[str]:
    """Return the classes of which a source has an image, in the usual order."""
    shelf = _shelf(source)
    return [label for label in CLASSES if label in shelf]


def deck(seed: int) -> list[Item]:
    """Return the images of the public game, a shuffled round of the ten classes after the other.

    Real ones where there are any: first the 13-band patches, which the network of the public view has never seen
    (they were left out of its training, see its card).
    """
    source = next(s for s in ("eurosat_ms", "eurosat_rgb", "simulated") if items(s))
    dice = random.Random(seed)
    rounds: list[Item] = []
    shelf = _shelf(source)
    piles = {label: shelf.get(label, [])[:ROUNDS] for label in CLASSES}
    for pile in piles.values():
        dice.shuffle(pile)
    for number in range(ROUNDS):
        this = [pile[number] for pile in piles.values() if number < len(pile)]
        dice.shuffle(this)
        rounds += this
    return rounds
