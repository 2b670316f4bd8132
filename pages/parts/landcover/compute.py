"""What the page asks of the science wing, kept per content and parameters so that a rerun costs nothing.

Keys are hashes and parameters, never arrays: Streamlit samples large arrays and can miss a changed pixel.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover import methods, models
from eogen.landcover.classifier import Classifier
from eogen.landcover.faithfulness import faithfulness
from eogen.landcover.hide import Change, SmallestHide, smallest_hide, what_if_hidden
from eogen.landcover.models import MODELS
from eogen.landcover.sanity import check
from eogen.landcover.trust import Verdict, verdict
from eogen.progress import Progress, silent

#: Results kept per kind; an evidence map of 64 x 64 takes 16 kB.
KEPT = 256
#: Removals per curve on the page, as in the committed results.
STEPS = 16


@st.cache_resource(show_spinner=False, max_entries=16)
def _classifier(name: str, weights: str) -> Classifier:
    return models.load(name)


def classifier(name: str) -> Classifier:
    """Return a trained network, loaded once per process and per weights.

    Raises:
        Unavailable: ``no_weights``.
    """
    return _classifier(name, models.weights_stamp(name))


def suited(image: xr.DataArray) -> list[str]:
    """Return the models whose bands the image has, in the order of the registry."""
    here = set(image.band.values.tolist())
    return [name for name, spec in MODELS.items() if set(spec.bands) <= here]


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _predict(key: tuple[str, str], _model: Classifier, _image: xr.DataArray) -> xr.Dataset:
    return _model.predict(_image)


def predict(model: Classifier, image: xr.DataArray) -> xr.Dataset:
    """Return calibrated ``probability`` and ``logit`` over "class"."""
    return _predict((model.sha256, image.attrs["sha256"]), model, image)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _explain(
    key: tuple[str, str],
    target: str,
    method: str,
    seed: int,
    _model: Classifier,
    _image: xr.DataArray,
) -> xr.Dataset:
    return methods.explain(_model, _image, target, method, seed=seed)


def explain(model: Classifier, image: xr.DataArray, target: str, method: str, seed: int = 0) -> xr.Dataset:
    """Return the evidence (or the bands' Shapley values) for ``target``."""
    return _explain((model.sha256, image.attrs["sha256"]), target, method, seed, model, image)


def top(prediction: xr.Dataset) -> tuple[str, float]:
    """Return the most probable class and its probability."""
    probability = prediction.probability
    best = int(probability.values.argmax())
    return str(probability["class"].values[best]), float(probability.values[best])


def ranked(prediction: xr.Dataset, count: int | None = None) -> list[tuple[str, float]]:
    """Return (class, probability), the most probable first."""
    probability = prediction.probability
    order = np.argsort(-probability.values)[:count]
    return [(str(probability["class"].values[i]), float(probability.values[i])) for i in order]


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _trust(
    key: tuple[str, str],
    target: str,
    method: str,
    repeats: int,
    _model: Classifier,
    _image: xr.DataArray,
    _evidence: xr.DataArray,
    _progress: Progress,
) -> tuple[xr.Dataset, Verdict]:
    space = "evidence" if MODELS[_model.name].additive else "image"
    scores = faithfulness(
        _model, _image, target, _evidence, steps=STEPS, repeats=repeats, space=space, progress=_progress
    )
    checks = check(_model, _image, target, method, repeats=repeats)
    return scores, verdict(scores, checks)


def trust(
    model: Classifier,
    image: xr.DataArray,
    evidence: xr.Dataset,
    *,
    repeats: int = 3,
    progress: Progress = silent,
) -> tuple[xr.Dataset, Verdict]:
    """Return the removal curves with their controls, and the verdict on one explanation.

    What is removed turns into the mean image; for the network whose evidence adds up, it stops speaking instead:
    the same question, asked without putting grey squares (and their edges) into the image, and 100 times faster.
    """
    key = (model.sha256, image.attrs["sha256"])
    return _trust(
        key,
        evidence.attrs["target"],
        evidence.attrs["method"],
        repeats,
        model,
        image,
        evidence.evidence,
        progress,
    )


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _hidden(
    key: tuple[str, str],
    target: str,
    places: tuple[tuple[int, int], ...],
    size: int,
    _model: Classifier,
    _image: xr.DataArray,
) -> Change:
    return what_if_hidden(_model, _image, target, list(places), size=size)


def hidden(
    model: Classifier, image: xr.DataArray, target: str, places: Iterable[tuple[int, int]], size: int
) -> Change:
    """Return what the model says with some squares of the image covered."""
    return _hidden((model.sha256, image.attrs["sha256"]), target, tuple(places), size, model, image)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _smallest(key: tuple[str, str], size: int, _model: Classifier, _image: xr.DataArray) -> SmallestHide:
    return smallest_hide(_model, _image, size=size)


def smallest(model: Classifier, image: xr.DataArray, size: int) -> SmallestHide:
    """Return the fewest squares, found greedily, that change the answer: the par of the hiding game."""
    return _smallest((model.sha256, image.attrs["sha256"]), size, model, image)
