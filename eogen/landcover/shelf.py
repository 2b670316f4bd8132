"""Labelled images for people to judge: simulated patches and the real ones on this machine, named by their content.

An image is never named by its place in a list or by its file: lists are sorted by class and files carry the class, and
who judges must not read the answer there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from eogen import catalog
from eogen.errors import Unavailable
from eogen.landcover import read, simulate
from eogen.landcover.archives import Sample

#: source -> (name of the data set, licence), said under every picture.
SETS = {
    "eurosat_rgb": ("EuroSAT (Helber et al. 2019)", "MIT"),
    "eurosat_ms": ("EuroSAT (Helber et al. 2019)", "MIT"),
    "terramesh": ("TerraMesh (IBM/ESA)", "CC BY 4.0"),
    "simulated": ("eogen.landcover.simulate", "GPL-3.0"),
    "upload": ("", ""),
}
#: Sources whose images have a class.
LABELLED = ("simulated", "eurosat_ms", "eurosat_rgb")
#: Images of a class that are offered at most: simulated ones, and real ones.
EACH, EACH_REAL = 20, 60


@dataclass(frozen=True)
class Shelved:
    """One image.

    Attributes:
        source: of :data:`LABELLED`.
        name: of its content: SHA-256 of a file, or the number of a simulated patch, which says nothing of its class.
        label: its class.
        load: reads or makes it.
    """

    source: str
    name: str
    label: str
    load: Callable[[], xr.DataArray]


def sources() -> list[str]:
    """Return the sources that are on this machine; the simulated one always is."""
    return [source for source in LABELLED if source == "simulated" or _index(source)]


def images(source: str) -> list[Shelved]:
    """Return some images of every class, in an order that says nothing of the class."""
    found = _index(source)
    return [found[name] for name in sorted(found)]


def image(source: str, name: str) -> xr.DataArray:
    """Return an image by the name of its content.

    Raises:
        Unavailable: ``landcover_case_gone`` when it is not on this machine (any more).
    """
    found = _index(source).get(name)
    if found is None and source != "simulated" and (folder := catalog.room_folder("landcover")):
        found = next((s for s in map(_shelved(source), _samples(source, folder)) if s.name == name), None)
    if found is None:
        raise Unavailable(
            "landcover_case_gone",
            "The image {name} of {source} is not on this machine any more.",
            name=name[:12], source=source,
        )  # fmt: skip
    return found.load()


def _index(source: str) -> dict[str, Shelved]:
    if source == "simulated":
        return _simulated()
    folder = catalog.room_folder("landcover")
    return _real(source, folder, folder.stat().st_mtime_ns) if folder else {}


@lru_cache(maxsize=1)
def _simulated() -> dict[str, Shelved]:
    made = [(label, seed) for seed in range(EACH) for label in simulate.LABELS]
    order = np.random.default_rng(0).permutation(len(made))
    return {
        f"{place:03d}": Shelved("simulated", f"{place:03d}", made[k][0], _patch(*made[k]))
        for place, k in enumerate(order)
    }


def _patch(label: str, seed: int) -> Callable[[], xr.DataArray]:
    return lambda: simulate.patch(label, seed).reflectance


@lru_cache(maxsize=4)
def _real(source: str, folder: Path, stamp: int) -> dict[str, Shelved]:
    by_class: dict[str, list[Sample]] = {}
    for sample in _samples(source, folder):
        by_class.setdefault(sample.label, []).append(sample)
    some = [
        held[k]
        for held in by_class.values()
        for k in np.unique(np.linspace(0, len(held) - 1, min(EACH_REAL, len(held))).round().astype(int))
    ]
    return {found.name: found for found in map(_shelved(source), some)}


def _shelved(source: str) -> Callable[[Sample], Shelved]:
    return lambda sample: Shelved(source, sample.sha256, sample.label, sample.load)


def _samples(source: str, folder: Path) -> list[Sample]:
    return (read.eurosat_rgb if source == "eurosat_rgb" else read.eurosat_ms)(folder)
