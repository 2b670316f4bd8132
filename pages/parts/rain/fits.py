"""Models of the page: committed weights where they are, else what is fitted in a second on the kept past maps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from eogen.progress import Progress, silent
from eogen.rain.archive import FILES, archive, step_of
from eogen.rain.basis import Basis, basis
from eogen.rain.examples import Examples, join, of_maps
from eogen.rain.methods import METHODS
from eogen.rain.models import FOLDER
from eogen.rain.past import Past, committed, ready, run_of
from eogen.rain.score_model import ScoreModel
from pages.kit.words import Words
from pages.parts.rain import more_days, names

#: What is shown first, the first that can be had.
FIRST = ("desom_aware", "som_aware", "dcec_aware", "autoencoder_aware", "pca_kmeans", "forest")


def offered(clusters: bool | None = None) -> list[str]:
    """Return the methods, those that can be asked first; with or without clusters only, where told."""
    known = [n for n, row in METHODS.items() if clusters is None or row.clusters == clusters]
    return sorted(known, key=lambda n: not ready(n))


def first(among: Sequence[str]) -> str:
    """Return the method that is shown first."""
    return next((n for n in FIRST if n in among and ready(n)), among[0])


def best(among: Sequence[str]) -> str:
    """Return the method that is asked first for scores: a trained one, else the forest, which is hard to beat."""
    found = first(among)
    return found if committed(found) or "forest" not in among else "forest"


def label(t: Words, name: str) -> str:
    """Return a method's title, marked where it cannot be asked here."""
    return names.method(t, name) + ("" if ready(name) else f" · {t('rain.common.no_weights')}")


def absent(t: Words, name: str) -> bool:
    """Say that a method cannot be asked here, and how it could be; return whether that is so."""
    if ready(name):
        return False
    st.info(t("rain.common.absent", method=names.method(t, name), name=name), icon=":material/science:")
    return True


def stamp(name: str) -> float:
    """Return what a method's answers depend on beside its name: when its files were written."""
    files = (FOLDER / f"{stem}.safetensors" for stem in (name, FILES[run_of(name)]))
    return sum(f.stat().st_mtime for f in files if f.is_file())


def card(name: str) -> dict[str, Any] | None:
    """Return the card beside a method's weights; None where there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if committed(name) and path.is_file() else None


def found(name: str) -> Basis:
    """Return a method and what it is known by (:func:`eogen.rain.basis.basis`).

    Raises:
        Unavailable: ``no_weights``.
    """
    return basis(name)


def told(of: Basis, held: Past) -> pd.DataFrame:
    """Return what the kept past maps tell of the maps in ``held`` that are among them.

    Returns:
        One row a map: ``row`` in ``held``, ``regime`` and hand features.
    """
    kept = archive(run_of(of.name)).train
    table = kept.features.assign(seed=kept.block, step=step_of(kept.time), regime=kept.regime)
    mine = pd.DataFrame({"seed": held.seed, "step": held.step, "row": np.arange(len(held.seed))})
    return mine.merge(table, on=["seed", "step"], how="inner")


def centres(of: Basis) -> np.ndarray:
    """Return (cluster, d) the centres of a model with clusters, where it places maps."""
    if isinstance(of.model, ScoreModel):
        return of.model.centres.detach().numpy()
    return np.asarray(of.model.means.cluster_centers_)


def counts(of: Basis, held: Past) -> np.ndarray:
    """Return (cluster,) how many maps of all that it learnt from each cluster holds."""
    if isinstance(of.model, ScoreModel):
        return of.model.cluster_count.numpy()
    return np.bincount(held.cluster, minlength=of.model.clusters)


@st.cache_resource(show_spinner=False, max_entries=6)
def _examples(
    seeds: tuple[int, ...], real_time: bool, size: tuple[int, int], _progress: Progress
) -> Examples:
    parts = []
    for k, seed in enumerate(seeds):
        _progress(k, len(seeds), "simulate")
        day = more_days.of_seed(seed, "early" if real_time else "late")
        parts.append(of_maps(day, real_time, seed).some(np.arange(1, day.sizes["time"] - 1, 2)))
    return join(parts)


def examples(seeds: Sequence[int], real_time: bool = False, progress: Progress = silent) -> Examples:
    """Return the examples of simulated days, see :func:`eogen.rain.examples.simulated`."""
    return _examples(tuple(seeds), real_time, more_days.CELLS, progress)
