"""What the page asks of the science wing, kept per content and parameters so that a rerun costs nothing.

Keys are hashes and parameters, never arrays: Streamlit samples large arrays and can miss a changed pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter

import numpy as np
import streamlit as st
import torch
import xarray as xr

from eogen.canopy import models
from eogen.canopy.dataset import complete
from eogen.canopy.dataset import pixels as lay_out
from eogen.canopy.encoder import Encoder
from eogen.canopy.likelihood import bands as simulate_bands
from eogen.canopy.likelihood import named, simulator
from eogen.canopy.methods import FAMILIES
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation, observe
from eogen.canopy.posteriors.importance import ImportanceWeighted
from eogen.canopy.priors import prior
from eogen.canopy.sensors import nodes
from eogen.canopy.space import INFERRED, column
from eogen.errors import Unavailable
from eogen.nn.weights import Card
from eogen.progress import Progress, silent

#: Results kept per kind; the draws of one pixel take 90 kB.
KEPT = 128
#: Draws of a posterior, and of a prior, that figures are made of.
DRAWS, PRIOR_DRAWS = 2000, 8000


@dataclass(frozen=True)
class Belief:
    """Draws of one posterior of one pixel.

    Attributes:
        name: of the family, or ``"reference"``.
        draws: (n, 11), in the variables' units.
        prior: name of the prior it was computed under.
        seconds: of computation.
        noise: of the spectra it was computed for.
        facts: what else is known of the draws (``ess``, ``r_hat``, ``log_evidence``...).
    """

    name: str
    draws: torch.Tensor
    prior: str
    seconds: float
    noise: Noise = NOISE
    facts: dict[str, float] = field(default_factory=dict)

    def column(self, name: str) -> np.ndarray:
        """Return the draws of one inferred or derived quantity (n)."""
        return column(self.draws, name).numpy()

    def quantile(self, name: str, levels: Sequence[float]) -> np.ndarray:
        """Return quantiles of one quantity."""
        return np.quantile(self.column(name), levels)


def families() -> list[str]:
    """Return the families whose weights are on this machine, in the order of the registry."""
    return [name for name in FAMILIES if models.path_of(name).is_file()]


@st.cache_resource(show_spinner=False, max_entries=16)
def _encoder(name: str, stamp: str) -> tuple[Encoder, Card]:
    return models.load(name)


def encoder(name: str) -> tuple[Encoder, Card]:
    """Return a trained network and its card, loaded once per process and per weights.

    Raises:
        Unavailable: ``no_model_weights``.
    """
    return _encoder(name, models.weights_stamp(name))


def suited(seen: Observation) -> list[str]:
    """Return the families that can say something of pixels with these bands."""
    whole = bool(seen.present.all())
    return [name for name in families() if whole or encoder(name)[0].may_miss]


@st.cache_data(show_spinner=False, max_entries=32)
def _reference(
    key: tuple[str, str, str],
    _seen: Observation,
    _noise: Noise,
    _truth: torch.Tensor | None,
    _progress: Progress,
) -> Belief:
    from eogen.canopy.reference import reference as sampled

    found = sampled(_seen, prior(key[1]), _noise, progress=_progress)
    facts = {
        "rhat": float(found.rhat.max()),
        "ess": float(min(found.bulk_ess.min(), found.tail_ess.min())),
        "evaluations": float(found.evaluations),
        "log_evidence": found.log_evidence,
        "settled": float(found.converged),
    }
    if _truth is not None:
        facts["nats"] = float(found.log_prob(_truth[None])[0])
    drawn = found.sample(2 * DRAWS, torch.Generator().manual_seed(0))[:, 0]
    return Belief("reference", drawn.clone(), key[1], found.seconds, _noise, facts)


def reference(
    believed: str,
    key: str,
    seen: Observation,
    noise: Noise,
    truth: torch.Tensor | None = None,
    progress: Progress = silent,
) -> Belief:
    """Return draws of the reference posterior of one pixel; some seconds when it is asked for the first time.

    Args:
        believed: name of the prior.
        key: names the pixel's content.
        seen: the pixel.
        noise: of the likelihood.
        truth: canopy (11) whose log density is wanted.
        progress: told where the sampler is.
    """
    return _reference((key, believed, repr(noise)), seen, noise, truth, progress)


def no_field_model() -> Unavailable:
    """Return the error for pixels that no family on this machine can be asked about."""
    return Unavailable(
        "no_model_weights",
        "The weights of {name} are not on this machine; make them with: {command}",
        name="field",
        command="python -m eogen train canopy field",
    )


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _belief(key: tuple[str, str, str], draws: int, _seen: Observation) -> Belief:
    family = key[0]
    network, _ = encoder(family)
    begun = perf_counter()
    with torch.inference_mode():
        found = models.posterior(family, network, _seen)
        drawn = found.sample(draws, torch.Generator().manual_seed(0))[:, 0]
        facts = {}
        if isinstance(found, ImportanceWeighted):
            facts = {"ess": float(found.ess[0]), "log_evidence": float(found.log_evidence[0])}
    return Belief(
        family, drawn.clone(), FAMILIES[family].prior, perf_counter() - begun, FAMILIES[family].noise, facts
    )


def belief(family: str, key: str, seen: Observation, draws: int = DRAWS) -> Belief:
    """Return what a family believes of one pixel; ``key`` names the pixel's content.

    Raises:
        InputError: ``needs_b08``; Unavailable ``no_model_weights``.
    """
    return _belief((family, models.weights_stamp(family), key), draws, seen)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _nats(key: tuple[str, str, str], theta: tuple[float, ...], _seen: Observation) -> float:
    network, _ = encoder(key[0])
    with torch.inference_mode():
        return float(models.posterior(key[0], network, _seen).log_prob(torch.tensor(theta)[None])[0])


def nats(family: str, key: str, seen: Observation, theta: torch.Tensor) -> float:
    """Return the log density (nats per unit cube) that a family gave to the true canopy ``theta`` (11)."""
    return _nats((family, models.weights_stamp(family), key), tuple(theta.tolist()), seen)


@st.cache_data(show_spinner=False, max_entries=8)
def prior_draws(name: str) -> torch.Tensor:
    """Return draws (PRIOR_DRAWS, 11) of a prior."""
    return prior(name).sample(PRIOR_DRAWS, torch.Generator().manual_seed(0))


@st.cache_data(show_spinner=False, max_entries=16)
def _leaf_area(key: tuple[str, str, str], _seen: Observation, _progress: Progress) -> np.ndarray:
    network, _ = encoder(key[0])
    found = np.empty((2, len(_seen)), np.float32)
    with torch.inference_mode():
        for start in range(0, len(_seen), 2048):
            part = slice(start, min(start + 2048, len(_seen)))
            marginal = models.posterior(key[0], network, _seen[part], particles=256).marginal("lai")
            found[0, part], found[1, part] = marginal.mean.numpy(), marginal.sd.numpy()
            _progress(part.stop, len(_seen), "predict")
    return found


def leaf_area(family: str, key: str, seen: Observation, progress: Progress = silent) -> np.ndarray:
    """Return the mean and the standard deviation (2, m) of leaf area of many pixels, m2/m2."""
    return _leaf_area((family, models.weights_stamp(family), key), seen, progress)


@st.cache_data(show_spinner=False, max_entries=16)
def intervals(family: str, stamp: str, key: str, _seen: Observation) -> np.ndarray:
    """Return the 5, 50 and 95 % quantiles (3, m) of leaf area of many pixels, m2/m2."""
    network, _ = encoder(family)
    with torch.inference_mode():
        found = models.posterior(family, network, _seen, particles=512).marginal("lai")
        return found.quantile(torch.tensor([0.05, 0.5, 0.95])).numpy()


@st.cache_data(show_spinner=False, max_entries=KEPT)
def quantiles(family: str, stamp: str, key: str, _seen: Observation) -> np.ndarray:
    """Return 64 quantiles at even levels of leaf area of one pixel, m2/m2, lowest first."""
    network, _ = encoder(family)
    levels = (torch.arange(64) + 0.5) / 64
    with torch.inference_mode():
        return models.posterior(family, network, _seen).marginal("lai").quantile(levels)[:, 0].numpy()


@st.cache_data(show_spinner=False, max_entries=KEPT)
def spectrum(theta: tuple[float, ...], angles: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the reflectance of one canopy at 400-2500 nm (2101) and in the ten bands (10)."""
    rows, geometry = torch.tensor([theta]), torch.tensor([angles])
    with torch.inference_mode():
        return simulator().spectrum(named(rows, geometry))[0].numpy(), simulate_bands(rows, geometry)[
            0
        ].numpy()


@lru_cache(maxsize=1)
def centres() -> np.ndarray:
    """Return the central wavelengths (10) of the bands of Sentinel-2A, nm: the means of their responses."""
    wavelengths, weights = nodes("S2A")
    return weights @ wavelengths


def canopy(**values: float) -> tuple[float, ...]:
    """Return a canopy as a row of ``INFERRED``, from values by name."""
    return tuple(float(values[name]) for name in INFERRED)


@st.cache_resource(show_spinner=False, max_entries=8)
def pixels_of(key: str, _scene: xr.Dataset) -> tuple[Observation, np.ndarray]:
    """Return :func:`pixels` of the scene of that key: all visitors look at the same few."""
    return pixels(_scene)


def pixels(scene: xr.Dataset) -> tuple[Observation, np.ndarray]:
    """Return the complete pixels of a scene, and where they are (y, x), bool.

    Raises:
        InputError: ``canopy_no_valid_pixel``.
    """
    return observe(lay_out(scene)), complete(scene).transpose("y", "x").values
