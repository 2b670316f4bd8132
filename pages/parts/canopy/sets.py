"""Sets of many spectra: the picture of the page, forest stands, field points; some thousands of each at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import torch
import xarray as xr

from eogen import catalog
from eogen.canopy import read
from eogen.canopy.dataset import pixels
from eogen.canopy.observation import Observation, observe
from eogen.canopy.priors import prior
from eogen.canopy.sensors import BANDS
from eogen.canopy.simulate import simulate
from eogen.canopy.space import INFERRED
from eogen.errors import InputError
from pages.parts.canopy.sources import Scene

#: The real sets, by the name of their words; each is read from the room's data folder.
REAL: dict[str, Callable[[Path], xr.Dataset]] = {
    "forest": read.forest,
    "cesbio": read.cesbio,
    "eth_rtminv": read.eth_rtminv,
    "eth_croptraits": read.eth_croptraits,
}
#: Spectra of one set that are shown: more hide each other, and a browser slows down.
MOST = 4000
#: Labels that a set may have, as coordinates along ``pixel``.
LABELS = ("species", "site", "s2_date", "field_date", "land_cover", "stand", "esu", "row", "column")


@dataclass(frozen=True)
class Spectra:
    """A set of spectra.

    Attributes:
        name: ``"scene"``, ``"simulated"`` or one of ``REAL``.
        key: names the content.
        origin: of :data:`pages.kit.provenance.ORIGINS`.
        data: (pixel) ``reflectance`` (pixel, band), the angles, what was measured, and labels as coordinates.
    """

    name: str
    key: str
    origin: str
    data: xr.Dataset

    @property
    def seen(self) -> Observation:
        """Return the spectra for the models."""
        return observe(self.data)


@st.cache_resource(show_spinner=False, max_entries=8)
def _real(name: str, folder: str, stamp: float) -> xr.Dataset | None:
    """Return the complete spectra of a set, thinned; None where it is not on this machine or cannot be read."""
    try:
        return thinned(pixels(REAL[name](Path(folder))))
    except InputError:
        return None


@st.cache_resource(show_spinner=False, max_entries=2)
def _simulated(believed: str) -> xr.Dataset:
    made = simulate(prior(believed), MOST // 2, torch.Generator().manual_seed(0))
    held = {name: ("pixel", made.theta[:, i].numpy()) for i, name in enumerate(INFERRED)}
    angles = made.observation.geometry.numpy()
    names = ("solar_zenith", "view_zenith", "relative_azimuth")
    held |= {name: ("pixel", angles[:, i]) for i, name in enumerate(names)}
    return xr.Dataset(
        {"reflectance": (("pixel", "band"), made.observation.reflectance.numpy()), **held},
        {"band": list(BANDS)},
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _of_scene(key: str, _scene: xr.Dataset) -> xr.Dataset:
    return thinned(pixels(_scene))


def thinned(data: xr.Dataset, most: int = MOST) -> xr.Dataset:
    """Return at most ``most`` pixels, the same at every call, in their order."""
    count = data.sizes["pixel"]
    if count <= most:
        return data
    kept = np.sort(np.random.default_rng(0).choice(count, most, replace=False))
    return data.isel(pixel=kept)


def offered(scene: Scene | None, *, simulated: bool = True) -> list[str]:
    """Return the names of the sets on this machine, the picture of the page first."""
    names = ["scene"] if scene is not None else []
    folder = catalog.room_folder("canopy")
    if folder is not None:
        names += [name for name in REAL if _real(name, str(folder), folder.stat().st_mtime) is not None]
    return names + (["simulated"] if simulated else [])


def load(name: str, scene: Scene | None, believed: str = "legacy") -> Spectra:
    """Return a set of :func:`offered`; ``believed`` names the prior of the simulated one."""
    if name == "scene":
        assert scene is not None
        return Spectra(name, scene.key, scene.provenance.origin, _of_scene(scene.key, scene.data))
    if name == "simulated":
        return Spectra(name, f"simulated-{believed}", "simulated", _simulated(believed))
    folder = catalog.room_folder("canopy")
    assert folder is not None
    found = _real(name, str(folder), folder.stat().st_mtime)
    assert found is not None
    return Spectra(name, f"{name}-{folder.stat().st_mtime}", "real", found)
