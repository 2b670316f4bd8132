"""What the map asks of the science wing: classes of every pixel, and why one pixel got its own; kept by content."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover.series import kept, where
from eogen.landcover.series.map_scores import MapScores, score_map
from eogen.landcover.series.methods import EXPLANATIONS
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.segment import by_pixel
from eogen.nn.weights import Card
from eogen.progress import Progress, silent
from pages.parts.landcover.seasons import compute, sources
from pages.parts.landcover.seasons.map_places import Place, Scene

#: Results kept per kind.
KEPT = 48
#: Classes that WorldCereal counts as cropland: sown and harvested within a year.
FARMED = frozenset((
    "winter_cereal", "late_fertilised_cereal", "rapeseed", "forage_rape", "maize", "irrigated_maize", "sunflower",
    "straw_cereals", "sunflower_soy",
))  # fmt: skip
UNET = "unet"


@dataclass(frozen=True)
class Reader:
    """A model that maps a place.

    Attributes:
        name: ``<learnt from>-<method>``, as the address has it.
        source: what it was learnt from.
        method: its method; ``"unet"`` reads neighbours, all others each pixel alone.
        model: a ``Segmenter`` or a ``SeriesModel``.
        card: of its weights; None where it was fitted here.
    """

    name: str
    source: str
    method: str
    model: Any
    card: Card | None

    @property
    def spatial(self) -> bool:
        """Return whether it reads a pixel's neighbours."""
        return self.method == UNET

    @property
    def key(self) -> tuple[str, ...]:
        """Return what names its answers."""
        return (self.name, self.card.sha256 if self.card is not None else "")

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of its classes."""
        return tuple(self.model.classes)


def readers(place: Place) -> list[str]:
    """Return the names of the models that can map a place, those learnt from its like first."""
    simulated = place.kind == "territory"
    held = sources.offered()
    names = []
    for source in ("territory", "france") if simulated else ("france", "territory"):
        known = compute.offered(source) if source in held else kept.offered(source)
        names += [f"{source}-{method}" for method in known]
    if kept.path_of("territory", UNET).is_file():
        names.insert(0 if simulated else len(names), f"territory-{UNET}")
    return names


def reader(name: str) -> Reader:
    """Return a model by its name; a forest is fitted the first time, in seconds.

    Raises:
        Unavailable: ``no_weights``.
    """
    source, method = name.split("-", 1)
    if method == UNET:
        return Reader(name, source, method, kept.segmenter(), _card(source, method))
    known = compute.knows(source, method)
    return Reader(name, source, method, known.whole, known.card)


def _card(source: str, method: str) -> Card:
    from eogen.nn.weights import read_card

    return read_card(kept.path_of(source, method))


@dataclass(frozen=True)
class Answer:
    """The map of a model: ``label`` and ``confidence`` (y, x), its classes, and the seconds it took."""

    found: xr.Dataset
    classes: tuple[str, ...]
    seconds: float


def segmented(scene: Scene, by: Reader, progress: Progress = silent) -> Answer:
    """Return the class and confidence of every pixel.

    Raises:
        InputError: those of the model.
    """
    return _segmented((*scene.key, *by.key), scene, by, progress)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _segmented(key: tuple[str, ...], _scene: Scene, _by: Reader, _progress: Progress) -> Answer:
    began = perf_counter()
    _progress(0, 1, "predict")
    if _by.spatial:
        found = _by.model.predict(_scene.year)
    else:
        found = by_pixel(_by.model, _scene.year, _progress)
    return Answer(found, _by.classes, perf_counter() - began)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _scores(
    key: tuple[str, ...], _truth: np.ndarray, _said: np.ndarray, _classes: tuple[str, ...], _group: Any
) -> Any:
    return score_map(_truth, _said, _classes, group=_group)


def against_truth(scene: Scene, by: Reader, answer: Answer) -> MapScores | None:
    """Return how right a map is where the truth is known in the model's own classes; None elsewhere."""
    truth = true_label(scene, by)
    if truth is None:
        return None
    group = scene.year["parcel"].values
    return _scores((*scene.key, *by.key, "truth"), truth, answer.found["label"].values, by.classes, group)


def true_label(scene: Scene, by: Reader) -> np.ndarray | None:
    """Return the true classes (y, x) as numbers of the model's, -1 where it does not know the class."""
    if scene.place.kind != "territory" or scene.year is None or "label" not in scene.year:
        return None
    named = scene.year.attrs["classes"]
    if not set(named) <= set(by.classes):
        return None
    table = np.array([*(by.classes.index(name) for name in named), -1])
    return table[scene.year["label"].values]


def against_cropland(scene: Scene, by: Reader, answer: Answer) -> MapScores | None:
    """Return how far a map agrees with WorldCereal's on what is cropland; None where there is no such map."""
    if scene.year is None or "cropland" not in scene.year:
        return None
    said = answer.found["label"].values
    ours = np.where(said < 0, -1, farmed(by.classes)[said])
    theirs = np.where(scene.year["cropland"].values, 0, 1)
    return _scores((*scene.key, *by.key, "cropland"), theirs, ours, ("cropland", "other"), None)


def farmed(classes: tuple[str, ...]) -> np.ndarray:
    """Return 0 for each class that is cropland, 1 for the others, int (class,)."""
    return np.array([0 if name in FARMED else 1 for name in classes])


def series(scene: Scene, at: tuple[int, int]) -> np.ndarray:
    """Return one pixel's year (month, band), NaN where it was not clear."""
    held = scene.year.isel(y=at[0], x=at[1])
    values = held["reflectance"].transpose("time", "band").values
    return np.where(held["clear"].values[:, None], values, np.nan)


def greenness(scene: Scene) -> np.ndarray:
    """Return NDVI (time, y, x) of all that is shown, NaN where it was not clear."""
    return _greenness(scene.key, scene)


@st.cache_resource(show_spinner=False, max_entries=6)
def _greenness(key: tuple[str, ...], _scene: Scene) -> np.ndarray:
    shown = _scene.shown
    if "ndvi" in shown:
        values = shown["ndvi"].transpose("time", "y", "x").values
    else:
        bands = [str(b) for b in shown["band"].values]
        values = ndvi(shown["reflectance"].transpose("time", "y", "x", "band").values, bands)
    return np.where(shown["clear"].values, values, np.nan).astype(np.float32)


def probability(scene: Scene, by: Reader, at: tuple[int, int]) -> np.ndarray:
    """Return the probabilities (class,) of one pixel."""
    return _probability((*scene.key, *by.key), at, scene, by)


@st.cache_data(show_spinner=False, max_entries=256)
def _probability(key: tuple[str, ...], at: tuple[int, int], _scene: Scene, _by: Reader) -> np.ndarray:
    if _by.spatial:
        return where.probability(_by.model, _scene.year, at)
    return _by.model.predict_proba(series(_scene, at)[None].astype(np.float32))[0]


@dataclass(frozen=True)
class Why:
    """Why a pixel got its probability of a class.

    Attributes:
        month: (month,) signed importance: Shapley values of a model of pixels (of its probability), the logit
            the U-Net loses without the month.
        own: the same of the U-Net with the month hidden at the pixel alone.
        windows: (side,) probability of the class when only a window is left.
        cam: (month, y, x) Grad-CAM.
        seconds: of all of it.
    """

    month: np.ndarray
    own: np.ndarray | None
    windows: xr.DataArray | None
    cam: xr.DataArray | None
    seconds: float


def why(scene: Scene, by: Reader, at: tuple[int, int], target: int, progress: Progress = silent) -> Why:
    """Return why one pixel got its probability of ``target``."""
    return _why((*scene.key, *by.key), at, target, scene, by, progress)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _why(
    key: tuple[str, ...], at: tuple[int, int], target: int, _scene: Scene, _by: Reader, _progress: Progress
) -> Why:
    began = perf_counter()
    usual = where.usual(_scene.year, _by.model.bands)
    if not _by.spatial:
        row = series(_scene, at)[None].astype(np.float32)
        blank = np.nan_to_num(usual)[None]
        month = EXPLANATIONS["month_shapley"].run(
            _by.model, row, np.array([target]), background=blank, seed=0
        )[0]
        return Why(month, None, None, None, perf_counter() - began)
    lost = []
    for step, whose in enumerate(("all", "pixel")):
        _progress(2 * step, 6, "explain")
        lost.append(
            where.month_occlusion(
                _by.model, _scene.year, at, target, background=usual, whose=whose, unit="logit"
            )
        )
    _progress(4, 6, "explain")
    windows = where.windows(_by.model, _scene.year, at, target, background=usual)
    _progress(5, 6, "explain")
    cam = where.grad_cam(_by.model, _scene.year, at, target, background=usual)
    return Why(*lost, windows, cam, perf_counter() - began)
