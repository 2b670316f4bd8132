"""The law of errors: the density of its own samples, scipy's normal, missing bands."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import special, stats

from eogen.canopy.noise import ATBD_NOISE, NOISE, Noise

KINDS = [NOISE, ATBD_NOISE, Noise(0.01, 0.03, 0.0, 0.05), Noise(0.01, 0.02, 0.02, 0.0, (1.0, 3.0))]


def covariance(noise: Noise, clean: np.ndarray, scale: float = 1.0) -> np.ndarray:
    own = np.diag(noise.add**2 + (noise.multiply * clean) ** 2)
    shared = noise.add_common**2 + noise.multiply_common**2 * np.outer(clean, clean)
    return scale**2 * (own + shared)


def dense(residual: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return the log density of a normal with the whole covariance matrix ``sigma``, by solving with it."""
    squares = np.einsum("ni,in->n", residual, np.linalg.solve(sigma, residual.T))
    return -0.5 * (squares + np.linalg.slogdet(sigma)[1] + len(sigma) * np.log(2 * np.pi))


@pytest.mark.parametrize("noise", KINDS, ids=str)
def test_the_density_is_that_of_the_dense_covariance(noise):
    random = np.random.default_rng(0)
    clean = random.uniform(0.01, 0.6, 10)
    observed = clean + random.normal(0, 0.03, (6, 10))
    each = [dense(observed - clean, covariance(noise, clean, s)) for s in noise.scales]
    expected = special.logsumexp(each, axis=0) - np.log(len(each))
    ours = noise.log_prob(torch.tensor(observed), torch.tensor(clean))
    assert ours.numpy() == pytest.approx(expected, abs=1e-9)
    scipys = stats.multivariate_normal(clean, covariance(noise, clean)).logpdf(observed)
    assert dense(observed - clean, covariance(noise, clean)) == pytest.approx(scipys, abs=1e-8)


@pytest.mark.parametrize("noise", KINDS, ids=str)
def test_a_missing_band_is_left_out(noise):
    clean = torch.linspace(0.05, 0.5, 10).double()
    observed = clean + 0.02
    observed[6] = torch.nan
    kept = torch.arange(10) != 6
    left_out = noise.log_prob(observed[kept], clean[kept])
    assert float(noise.log_prob(observed, clean)) == pytest.approx(float(left_out), abs=1e-9)


@pytest.mark.parametrize("noise", KINDS, ids=str)
def test_samples_have_the_covariance_and_the_spread_that_is_said(noise):
    clean = torch.linspace(0.05, 0.5, 10)
    drawn = noise.sample(clean.expand(60_000, 10), torch.Generator().manual_seed(0)).double().numpy()
    expected = np.mean([covariance(noise, clean.numpy(), s) for s in noise.scales], 0)
    assert np.abs(np.cov(drawn.T) - expected).max() < 0.03 * expected.max()
    assert drawn.mean(0) == pytest.approx(clean.numpy(), abs=1e-3)
    assert noise.sd(clean).numpy() == pytest.approx(np.sqrt(np.diag(expected)), rel=1e-5)
