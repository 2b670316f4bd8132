"""Where a spectrum comes from: the simulated territory, the visitor's own canopy, real points and chips, a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
import torch
import xarray as xr

from eogen.canopy.dataset import complete
from eogen.canopy.field_points import Field
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.space import DERIVED, INFERRED
from eogen.canopy.territory import territory
from pages.kit.provenance import Provenance
from pages.kit.words import Words
from pages.parts.canopy import compute

#: Noise of the pictures of the public view; a field's mean spectrum, which the machine is shown, has less.
CALM = Noise(0.003, 0.01)
#: Seed of the territory of both views.
SEED = 2


@dataclass(frozen=True)
class Spot:
    """One spectrum, and what is known of its canopy.

    Attributes:
        key: names the content.
        seen: one pixel.
        origin: of :data:`pages.kit.provenance.ORIGINS`.
        name: in the reader's language, for captions.
        truth: the canopy itself where it is simulated (11), else None.
        measured: field values by variable.
        facts: shown beside it, in the reader's language.
    """

    key: str
    seen: Observation
    origin: str
    name: str
    truth: torch.Tensor | None = None
    measured: Mapping[str, Field] = field(default_factory=dict)
    facts: tuple[str, ...] = ()

    @property
    def real(self) -> bool:
        """Return whether the satellite saw it."""
        return self.origin != "simulated"


@dataclass(frozen=True)
class Scene:
    """A picture, every pixel of which can be asked.

    Attributes:
        key: names the content.
        source: of the menu.
        data: ``reflectance`` (band, y, x), the angles, and the truth where it is known.
        provenance: said under the picture.
    """

    key: str
    source: str
    data: xr.Dataset
    provenance: Provenance


def digest(*parts: Any) -> str:
    """Return a short hash of arrays and texts: what caches are keyed by."""
    found = hashlib.sha256()
    for part in parts:
        found.update(np.ascontiguousarray(part).tobytes() if hasattr(part, "shape") else repr(part).encode())
    return found.hexdigest()[:16]


@st.cache_resource(show_spinner=False, max_entries=8)
def territory_of(seed: int, calm: bool = False) -> xr.Dataset:
    """Return the simulated territory of a seed, made once per process; ``calm`` with the noise of a good image."""
    return territory(seed, noise=CALM if calm else NOISE)


def simulated_provenance(t: Words, *, expert: bool = True) -> Provenance:
    """Return what is said under a picture of the territory; where it comes from to experts only."""
    more = {"source": "eogen.canopy.territory", "licence": "GPL-3.0"} if expert else {}
    return Provenance("simulated", place=t("canopy.place.territory"), sensor=t("canopy.place.sensor"), **more)


def simulated(t: Words, seed: int = SEED) -> Scene:
    """Return the simulated territory."""
    return Scene(f"territory-{seed}", "territory", territory_of(seed), simulated_provenance(t))


def spot(scene: Scene, row: int, column: int, t: Words) -> Spot | None:
    """Return the pixel of a scene; None where it has no value."""
    here = scene.data.isel(y=slice(row, row + 1), x=slice(column, column + 1))
    if not bool(complete(here).values[0, 0]):
        return None
    seen, _ = compute.pixels(here)
    truth = None
    if all(name in here for name in INFERRED):
        truth = torch.tensor([float(here[name].values[0, 0]) for name in INFERRED])
    name = t("canopy.place.pixel", row=row + 1, column=column + 1)
    return Spot(f"{scene.key}-{row}-{column}", seen, scene.provenance.origin, name, truth)


def of_canopy(theta: tuple[float, ...], angles: tuple[float, ...], t: Words) -> Spot:
    """Return what the satellite would see, without noise, of a canopy that the visitor made."""
    _, bands = compute.spectrum(theta, angles)
    seen = Observation(torch.from_numpy(bands)[None].float(), torch.tensor([angles]))
    return Spot(digest(theta, angles), seen, "simulated", t("canopy.place.own"), torch.tensor(theta))


def known(here: Spot, name: str) -> Field | None:
    """Return the true or measured value of an inferred or derived quantity, where there is one."""
    if here.truth is not None:
        from eogen.canopy.space import column

        return Field(float(column(here.truth, name)))
    return here.measured.get(name)


#: Every quantity the inspector shows, those that matter most first.
QUANTITIES: tuple[str, ...] = (
    "lai", "ccc", "cwc", "ala", "cab", "cw", "cm", "cbrown", "n", "car", "hspot", "psoil", "rsoil"
)  # fmt: skip
assert set(QUANTITIES) == {*INFERRED, *DERIVED}
