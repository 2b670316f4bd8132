"""The fields of the public view: the one whose leaves are added, and the deck of the game."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
import xarray as xr

from eogen.canopy.crops import COVERS
from eogen.canopy.observation import Observation
from eogen.canopy.space import GEOMETRY
from eogen.canopy.territory import leafed
from eogen.raster import features_geojson
from pages.parts.canopy import sources

#: Rows and columns shown around a field.
WINDOW = (52, 84)
#: Smallest field shown, pixels, and territories the game is played on.
LEAST, SEEDS = 160, (2, 3, 5, 6)
#: Places on the line of leaf layers: the deck goes through them, so that all kinds of fields come.
STEPS = ((0, 1.2), (1.2, 2.4), (2.4, 3.6), (3.6, 4.8), (4.8, 9))


@dataclass(frozen=True)
class Shown:
    """A field in its surroundings.

    Attributes:
        key: names the content.
        data: the window of the territory.
        mask: where the field is (y, x).
        seen: its mean spectrum, one pixel.
        lai: its mean leaf area.
    """

    key: str
    data: xr.Dataset
    mask: np.ndarray
    seen: Observation
    lai: float

    @property
    def outline(self) -> dict[str, Any]:
        """Return the field's outline as GeoJSON in degrees."""
        return _outline(self.key, self)


@st.cache_data(show_spinner=False, max_entries=64)
def _outline(key: str, _field: Shown) -> dict[str, Any]:
    mask = _field.data.parcel.copy(data=_field.mask)
    return features_geojson(mask.rio.write_crs(_field.data.rio.crs), min_pixels=LEAST // 4)


def _around(seed: int, parcel: int) -> xr.Dataset:
    """Return the window around a field, inside the territory."""
    whole = sources.territory_of(seed, calm=True)
    rows, columns = np.nonzero(whole.parcel.values == parcel)
    corner = []
    for middle, size, most in zip(
        (rows.mean(), columns.mean()), WINDOW, (whole.sizes["y"], whole.sizes["x"]), strict=True
    ):
        corner.append(int(np.clip(round(middle - size / 2), 0, most - size)))
    return whole.isel(y=slice(corner[0], corner[0] + WINDOW[0]), x=slice(corner[1], corner[1] + WINDOW[1]))


def _shown(key: str, data: xr.Dataset, parcel: int) -> Shown:
    mask = data.parcel.values == parcel
    mean = torch.from_numpy(data.reflectance.values[:, mask].mean(1))[None].float()
    angles = torch.tensor([[float(data[name]) for name in GEOMETRY]])
    return Shown(key, data, mask, Observation(mean, angles), float(data.lai.values[mask].mean()))


@st.cache_data(show_spinner=False, max_entries=8)
def _fields(seed: int) -> list[tuple[int, float]]:
    """Return (parcel, mean leaf area) of every field of a territory that is large enough and away from the edge."""
    whole = sources.territory_of(seed, calm=True)
    parcel, cover, lai = whole.parcel.values, whole.cover.values, whole.lai.values
    edge = {*parcel[0], *parcel[-1], *parcel[:, 0], *parcel[:, -1]}
    woods = list(COVERS).index("forest")
    found = []
    for number in np.unique(parcel):
        here = parcel == number
        if here.sum() >= LEAST and number not in edge and cover[here][0] != woods:
            found.append((int(number), float(lai[here].mean())))
    return found


@st.cache_data(show_spinner=False, max_entries=1)
def _parcel() -> int:
    """Return the field of the slider: the largest of its territory."""
    parcel = sources.territory_of(sources.SEED, calm=True).parcel.values
    return max((p for p, _ in _fields(sources.SEED)), key=lambda p: int((parcel == p).sum()))


@st.cache_data(show_spinner=False, max_entries=1)
def deck() -> list[tuple[int, int]]:
    """Return (seed, parcel) in the order of the game: all kinds of fields in every round."""
    dice = random.Random(2026)
    every = [(seed, p, lai) for seed in SEEDS for p, lai in _fields(seed)]
    every = [f for f in every if f[:2] != (sources.SEED, _parcel())]
    piles = [[f for f in every if low <= f[2] < high] for low, high in STEPS]
    for pile in piles:
        dice.shuffle(pile)
    found = []
    for number in range(max(map(len, piles))):
        round_ = [pile[number][:2] for pile in piles if number < len(pile)]
        dice.shuffle(round_)
        found += round_
    return found


@st.cache_resource(show_spinner=False, max_entries=64)
def card(number: int) -> Shown:
    """Return a field of the game; the deck starts again after its last."""
    seed, parcel = deck()[number % len(deck())]
    return _shown(f"field-{seed}-{parcel}", _around(seed, parcel), parcel)


@st.cache_resource(show_spinner=False, max_entries=32)
def with_leaves(lai: float) -> Shown:
    """Return the field of the slider with ``lai`` layers of leaves."""
    seed, parcel = sources.SEED, _parcel()
    found = _shown(
        f"leaves-{seed}-{parcel}-{lai}",
        leafed(_around(seed, parcel), parcel, lai, noise=sources.CALM),
        parcel,
    )
    return Shown(found.key, found.data, found.mask, found.seen, lai)
