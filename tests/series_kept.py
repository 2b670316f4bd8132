"""Trained models of series for tests of pages: fitted in a second, with the interface of the committed ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

from eogen.landcover.series import kept, territory
from eogen.landcover.series.protocol import SeriesModel

TREES = 12


class Live:
    """Two little forests of half the parcels each, and one of all: a parcel is asked of the half without it."""

    card = None

    def __init__(self, held: xr.Dataset, seed: int = 0, mine: bool = True) -> None:
        self.series = held["reflectance"].values
        label = held["label"].values
        self.classes = tuple(held.attrs["classes"])
        self.place = {one.tobytes(): k % 2 for k, one in enumerate(self.series)} if mine else {}
        halves = [np.arange(len(label)) % 2 != k for k in (0, 1)]
        bands = tuple(str(b) for b in held["band"].values)
        self.models = tuple(Small(self.series[h], label[h], self.classes, bands, seed) for h in halves)
        learnt = held if mine else simulated(seed=1)
        self.whole: SeriesModel = Small(
            learnt["reflectance"].values, learnt["label"].values, self.classes, bands, seed
        )

    def fold(self, one: np.ndarray) -> int | None:
        """Return the half that had not seen a series."""
        return self.place.get(one.tobytes())

    def unseen_by(self, one: np.ndarray) -> tuple[SeriesModel, bool]:
        """Return the model that had not seen a series."""
        where = self.fold(one)
        return (self.whole, False) if where is None else (self.models[where], True)


class Small:
    """A forest of a few trees that can also be asked where it attended (nowhere in particular)."""

    def __init__(
        self, series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], seed: int
    ) -> None:  # fmt: skip
        from sklearn.ensemble import RandomForestClassifier

        self.classes, self.bands, self.months = classes, bands, series.shape[1]
        self.forest = RandomForestClassifier(TREES, random_state=seed, n_jobs=1)
        self.forest.fit(np.nan_to_num(series[label >= 0]).reshape((label >= 0).sum(), -1), label[label >= 0])

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class)."""
        made = np.zeros((len(series), len(self.classes)), np.float32)
        if len(series):
            flat = np.nan_to_num(series).reshape(len(series), -1)
            made[:, self.forest.classes_] = self.forest.predict_proba(flat)
        return made

    def attention(self, series: np.ndarray) -> np.ndarray:
        """Return (n, month) equal weights."""
        return np.full(series.shape[:2], 1 / series.shape[1])


@lru_cache(maxsize=4)
def simulated(seed: int = 101, n: int = 60) -> xr.Dataset:
    """Return a few parcels of the territory as models read them."""
    return kept.prepared(territory.parcels(seed, n))


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages find quick models in the place of the committed ones, and a small territory."""
    from pages.parts.landcover.seasons import compute, sources

    made: dict[Any, Live] = {}

    def live(source: str, method: str, held: xr.Dataset | None = None) -> Live:
        held = sources.parcels(source) if held is None else held
        key = (source, method, held.sizes["parcel"])
        if key not in made:
            made[key] = Live(held, seed=len(method), mine=source == "france")
        return made[key]

    monkeypatch.setattr(kept, "offered", lambda source: ["ltae"], raising=False)
    monkeypatch.setattr(kept, "load", live, raising=False)
    monkeypatch.setattr(
        kept, "forest", lambda source, held, **_: live(source, "random_forest", held), raising=False
    )
    monkeypatch.setattr(sources, "_simulated", lambda seed: simulated(seed))
    compute._forest.clear()
