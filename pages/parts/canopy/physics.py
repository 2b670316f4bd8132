"""Believed canopies back through PROSAIL: their bands, their spectra, and those that one spectrum cannot tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from eogen.canopy import mapping, models
from eogen.canopy.methods import FAMILIES
from eogen.canopy.noise import Noise
from eogen.canopy.observation import Observation
from eogen.canopy.predictive import predict, spectrum_quantiles
from eogen.canopy.priors import prior
from eogen.canopy.ridge import ridge as walk
from pages.parts.canopy import compute
from pages.parts.canopy.compute import Belief
from pages.parts.canopy.sources import digest

#: Draws whose whole spectrum is computed, and the wavelengths shown, nm.
SPECTRA, STEP = 160, 5
WAVELENGTHS = np.arange(400, 2501, STEP)
#: Canopies along a ridge, steps of the descent that brings each onto the spectrum, and the weight of the prior in it.
POINTS, STEPS, PULL = 17, 70, 0.05


@dataclass(frozen=True)
class Replay:
    """What believed canopies would send back.

    Attributes:
        fan: 5, 50 and 95 % quantiles of reflectance (3, wavelength).
        bands: of every draw (n, 10), without noise.
        residual: observed minus the draws' mean, in standard deviations of the noise (10); NaN where a band is missing.
        p: share of replicated spectra, noise included, further from that mean than the observed one (10).
        p_all: the same for the sum of squares over the bands.
        rmse: of the draws' bands against the observed ones.
        floor: the noise's standard deviation, root mean square over the bands.
    """

    fan: np.ndarray
    bands: np.ndarray
    residual: np.ndarray
    p: np.ndarray
    p_all: float
    rmse: float
    floor: float


@st.cache_data(show_spinner=False, max_entries=64)
def _replay(key: str, _draws: torch.Tensor, _seen: Observation, _noise: Noise) -> Replay:
    found = predict(_draws, _seen, _noise)
    fan = spectrum_quantiles(_draws[:SPECTRA], _seen)[:, ::STEP]
    return Replay(
        fan.numpy(),
        found.bands.numpy(),
        found.residual.numpy(),
        found.p.numpy(),
        found.p_all,
        found.rmse,
        found.floor,
    )


def replay(one: Belief, key: str, seen: Observation) -> Replay:
    """Return what the draws of a belief would send back."""
    return _replay(digest(one.draws.numpy(), key, one.noise), one.draws, seen, one.noise)


@st.cache_data(show_spinner=False, max_entries=8)
def _limit(family: str, stamp: str) -> float:
    network, _ = compute.encoder(family)
    return mapping.misfit_limit(network, network.prior, noise=FAMILIES[family].noise)


def misfit(family: str, seen: Observation) -> tuple[float, float]:
    """Return how far a family's best draw stays from a spectrum, and the most that its own simulations do.

    Both are root mean squares over the bands, in standard deviations of the noise; beyond the second PROSAIL does not
    know the spectrum (see :mod:`eogen.canopy.mapping`).
    """
    limit = _limit(family, models.weights_stamp(family))
    network, _ = compute.encoder(family)
    with torch.inference_mode():
        found = mapping.misfit(
            network(seen), seen, torch.Generator().manual_seed(0), noise=FAMILIES[family].noise
        )
    return float(found[0]), limit


@st.cache_data(show_spinner=False, max_entries=32)
def _ridge(
    key: str, _draws: torch.Tensor, _seen: Observation, _noise: Noise, believed: str
) -> tuple[np.ndarray, np.ndarray]:
    found = walk(_draws, _seen, prior(believed), _noise, points=POINTS)
    return found.theta.numpy(), found.misfit.numpy()


def ridge(one: Belief, key: str, seen: Observation) -> tuple[np.ndarray, np.ndarray]:
    """Return canopies of growing leaf area (POINTS, 11) that give nearly the same spectrum, and how nearly.

    The second is the root mean square, over the bands, of their distance to the observed spectrum in standard
    deviations of the noise: below 1, the satellite cannot tell them apart.
    """
    return _ridge(digest(one.draws.numpy(), key, one.noise), one.draws, seen, one.noise, one.prior)
