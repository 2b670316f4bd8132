"""What the seasons ask of the science wing, kept per content and parameters so that a rerun costs nothing."""

from __future__ import annotations

import hashlib
from time import perf_counter
from typing import Any

import numpy as np
import streamlit as st

from eogen.landcover.series import kept
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import Progress, silent
from pages.parts.landcover.seasons import sources
from pages.parts.landcover.seasons.state import State

#: Results kept per kind.
KEPT = 512
#: The model that is not committed: it is fitted when it is first asked for.
LIVE = "random_forest"


def offered(source: str) -> list[str]:
    """Return the models that know a source, the one shown first at the head."""
    return [*kept.offered(source), LIVE]


def knows(source: str, method: str, progress: Progress = silent) -> Any:
    """Return a trained model with ``whole`` and ``unseen_by`` (:class:`eogen.landcover.series.kept.Kept`).

    Raises:
        Unavailable: ``no_weights``.
    """
    if method != LIVE:
        return kept.load(source, method)
    # The territory's forest learns from parcels of its own; that of real ones is another for other parcels.
    learnt = b"" if source == "territory" else stamp(sources.parcels(source)["reflectance"].values)
    return _forest(source, learnt, progress)


@st.cache_resource(show_spinner=False, max_entries=2)
def _forest(source: str, learnt: bytes, _progress: Progress) -> Any:
    return kept.forest(source, sources.parcels(source), progress=_progress)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _probability(key: tuple[str, ...], series: bytes, _model: SeriesModel, _series: np.ndarray) -> np.ndarray:
    return _model.predict_proba(_series[None])[0]


def probability(key: tuple[str, ...], model: SeriesModel, series: np.ndarray) -> np.ndarray:
    """Return (class,) probabilities of one series (month, band); ``key`` names the model."""
    return _probability(key, stamp(series), model, series)


def stamp(series: np.ndarray) -> bytes:
    """Return what names a series."""
    return hashlib.sha256(np.ascontiguousarray(series)).digest()


def explanations(method: str) -> list[str]:
    """Return the explanations a model can give."""
    row = MODELS[method]
    able = {
        "nothing": True, "forward": True, "gradient": row.gradient, "attention": row.attentive,
        "shapelets": row.kind == "shapelet",
    }  # fmt: skip
    # Shapelets slide over the months without a layer of convolution, which Grad-CAM needs.
    lacks = ("grad_cam",) if row.kind == "shapelet" else ()
    return [name for name, each in EXPLANATIONS.items() if able[each.needs] and name not in lacks]


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _explain(
    key: tuple[str, ...], series: bytes, background: bytes, name: str, target: int, _model: SeriesModel,
    _series: np.ndarray, _background: np.ndarray,
) -> tuple[np.ndarray, float]:  # fmt: skip
    began = perf_counter()
    found = EXPLANATIONS[name].run(_model, _series[None], np.array([target]), background=_background, seed=0)
    return found[0], perf_counter() - began


def explain(state: State, name: str) -> tuple[np.ndarray, float]:
    """Return the importance, (month,) or (month, band), for the class explained, and the seconds it took."""
    return _explain(
        state.key,
        stamp(state.series),
        stamp(state.background),
        name,
        state.target,
        state.model,
        state.series,
        state.background,
    )
