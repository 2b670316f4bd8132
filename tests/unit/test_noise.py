"""The law of errors: the density of its own samples, scipy's normal, missing bands."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from eogen.canopy.noise import ATBD_NOISE, NOISE, Noise

KINDS = [NOISE, ATBD_NOISE, Noise(0.01, 0.03, 0.0, 0.05), Noise(0.01, 0.02, 0.02, 0.0, (1.0, 3.0))]


def covariance(noise: Noise, clean: np.ndarray, scale: float = 1.0) -> np.ndarray:
    own = np.diag(noise.add**2 + (noise.multiply * clean) ** 2)
    shared = noise.add_common**2 + noise.multiply_common**2 * np.outer(clean, clean)
    return scale**2 * (own + shared)


@pytest.mark.parametrize("noise", KINDS, ids=str)
def test_the_density_is_scipys(noise):
    random = np.random.default_rng(0)
    clean = random.uniform(0.01, 0.6, 10)
    observed = clean + random.normal(0, 0.03, (6, 10))
    expected = np.mean(
        [stats.multivariate_normal(clean, covariance(noise, clean, s)).pdf(observed) for s in noise.scales], 0
    )
    ours = noise.log_prob(torch.tensor(observed), torch.tensor(clean))
    assert ours.numpy() == pytest.approx(np.log(expected), abs=1e-6)


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
