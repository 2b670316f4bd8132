"""The reference sampler: on laws known in closed form, against brute force, and its diagnostics against ArviZ."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from arviz_stats.base import array_stats

from eogen.canopy import diagnostics
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE
from eogen.canopy.priors import prior
from eogen.canopy.reference import reference
from eogen.canopy.sampler import sample
from eogen.canopy.simulate import simulate
from eogen.canopy.space import INFERRED, column
from eogen.errors import InputError

LEGACY = prior("legacy")


def chains(kind: str) -> np.ndarray:
    """Return draws (4, 500) that mix well, drift apart, or are as good as stuck."""
    random = np.random.default_rng(0)
    white = random.standard_normal((4, 500))
    if kind == "apart":
        return white + np.arange(4)[:, None] * 0.5
    if kind == "slow":
        for i in range(1, 500):
            white[:, i] = 0.95 * white[:, i - 1] + 0.3 * white[:, i]
    return white


@pytest.mark.parametrize("kind", ["well", "apart", "slow"])
def test_diagnostics_are_arvizs(kind):
    draws = chains(kind)
    axes = {"chain_axis": 0, "draw_axis": 1}
    assert float(diagnostics.rhat(draws)) == pytest.approx(float(array_stats.rhat(draws, **axes)), abs=0.002)
    bulk = float(array_stats.ess(draws, method="bulk", **axes))
    tail = float(array_stats.ess(draws, method="tail", prob=(0.05, 0.95), **axes))
    assert float(diagnostics.bulk_ess(draws)) == pytest.approx(bulk, rel=0.02)
    assert float(diagnostics.tail_ess(draws)) == pytest.approx(tail, rel=0.05)
    assert (float(diagnostics.rhat(draws)) > 1.05) == (kind != "well")


def test_a_normal_posterior_and_its_evidence_are_found():
    """Prior N(0, I), likelihood N(y; A z, s²): posterior and evidence in closed form."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(3, 4, generator=generator).double()
    y, s = torch.tensor([1.0, -0.5, 2.0]).double(), 0.2
    precision = torch.eye(4).double() + a.T @ a / s**2
    cov = torch.linalg.inv(precision)
    mean = cov @ a.T @ y / s**2

    def log_likelihood(z):
        return -0.5 * ((y - z.double() @ a.T) / s).square().sum(-1) - 3 * math.log(s * math.sqrt(2 * math.pi))

    found = sample(log_likelihood, 4, seed=1)
    flat = found.draws.flatten(0, 1)
    sd = cov.diagonal().sqrt()
    assert ((flat.mean(0) - mean).abs() < 0.1 * sd).all()
    assert (flat.std(0) / sd).numpy() == pytest.approx(1, abs=0.1)
    assert np.abs(np.corrcoef(flat.T.numpy()) - (cov / sd[:, None] / sd).numpy()).max() < 0.1
    marginal = torch.distributions.MultivariateNormal(torch.zeros(3).double(), s**2 * torch.eye(3) + a @ a.T)
    evidence = float(found.log_evidence.logsumexp(0)) - math.log(len(found.log_evidence))
    assert evidence == pytest.approx(float(marginal.log_prob(y)), abs=0.15)


@pytest.fixture(scope="module")
def sampled():
    seen = simulate(LEGACY, 3, torch.Generator().manual_seed(20_000)).observation[0]
    return seen, reference(seen, LEGACY, seed=0)


def test_a_spectrums_posterior_is_that_of_brute_force(sampled):
    """A quarter of a million draws of the prior, weighted by their likelihood: no sampler at all."""
    seen, found = sampled
    theta = LEGACY.sample(250_000, torch.Generator().manual_seed(1))
    weight = NOISE.log_prob(seen.reflectance, bands(theta, seen.geometry)).double()
    log_evidence = float(weight.logsumexp(0)) - math.log(len(theta))
    weight = weight.softmax(0)
    effective = 1 / float(weight.square().sum())
    assert effective > 10
    every = found.draws.flatten(0, 1)
    for name in ("lai", "cab", "ccc", "cbrown"):
        values, drawn = column(theta, name).double(), column(every, name).double()
        mean = float((weight * values).sum())
        sd = float((weight * (values - mean).square()).sum().sqrt())
        assert float(drawn.mean()) == pytest.approx(mean, abs=5 * sd / effective**0.5), name
    assert found.log_evidence == pytest.approx(log_evidence, abs=5 / effective**0.5)


def test_the_reference_says_how_well_it_did(sampled):
    _, found = sampled
    assert found.draws.shape[0] == 4
    assert found.draws.shape[2] == len(INFERRED)
    assert found.rhat.shape == found.bulk_ess.shape == (len(INFERRED),)
    assert found.rhat.max() < 1.05
    assert found.bulk_ess.min() > 100
    assert 0.05 < found.acceptance < 0.9
    assert found.log_prob(found.sample(10, torch.Generator().manual_seed(0))[:, 0]).isfinite().all()
    stored = found.to_xarray()
    assert stored.theta.dims == ("chain", "draw", "variable")
    theirs = array_stats.rhat(stored.theta.values, chain_axis=0, draw_axis=1)
    assert float(np.max(theirs)) == pytest.approx(float(found.rhat.max()), abs=0.05)


def test_a_reference_is_that_of_one_pixel():
    seen = simulate(LEGACY, 2, torch.Generator().manual_seed(0)).observation
    with pytest.raises(InputError, match="one pixel"):
        reference(seen, LEGACY)
