"""Tests of calibration on posteriors whose faults are known: each sees what it should, and nothing it should not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from eogen.canopy import calibration, compare

M, N = 1500, 199


def world(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return draws (n, m, 2) and truths (m, 2) on the unit cube; data tell both variables, correlated."""
    g = torch.Generator().manual_seed(0)
    factor = torch.linalg.cholesky(torch.tensor([[1.0, 0.95], [0.95, 1.0]]))
    prior_sd, noise = 1.0, 0.3
    centre = prior_sd * torch.randn(M, 2, generator=g)
    truth = centre + noise * torch.randn(M, 2, generator=g) @ factor.T
    shape = (N, M, 2)
    if kind == "right":
        draws = centre + noise * torch.randn(shape, generator=g) @ factor.T
    elif kind == "sure":
        draws = centre + 0.5 * noise * torch.randn(shape, generator=g) @ factor.T
    elif kind == "unsure":
        draws = centre + 2 * noise * torch.randn(shape, generator=g) @ factor.T
    elif kind == "biased":
        draws = centre + 0.15 + noise * torch.randn(shape, generator=g) @ factor.T
    elif kind == "independent":
        draws = centre + noise * torch.randn(shape, generator=g)
    else:  # the prior
        draws = (prior_sd**2 + noise**2) ** 0.5 * torch.randn(shape, generator=g)
    return torch.special.ndtr(draws), torch.special.ndtr(truth)


def worst_ks(kind: str) -> float:
    draws, truth = world(kind)
    return float(calibration.ks_uniform(calibration.sbc_ranks(draws, truth), N).max())


def deviation(kind: str) -> float:
    return calibration.tarp_deviation(*calibration.tarp(*world(kind), seed=3))


def test_a_right_posterior_passes_all():
    draws, truth = world("right")
    assert worst_ks("right") < calibration.ks_critical(M, 0.01)
    assert deviation("right") < 0.05
    assert calibration.coverage(draws[..., 0], truth[..., 0], 0.9)[0] == pytest.approx(0.9, abs=0.025)


@pytest.mark.parametrize("kind", ["sure", "unsure", "biased"])
def test_a_wrong_margin_is_seen_by_ranks(kind):
    assert worst_ks(kind) > 0.1


def test_the_prior_passes_ranks_and_coverage_and_is_exposed_by_its_width():
    draws, truth = world("prior")
    right, _ = world("right")
    assert worst_ks("prior") < calibration.ks_critical(M, 0.01)
    share, width = calibration.coverage(draws[..., 0], truth[..., 0], 0.9)
    assert share == pytest.approx(0.9, abs=0.025)
    assert width > 2 * calibration.coverage(right[..., 0], truth[..., 0], 0.9)[1]
    better = calibration.crps(right[..., 0], truth[..., 0]).mean()
    assert calibration.crps(draws[..., 0], truth[..., 0]).mean() > 1.5 * better


def test_lost_correlation_passes_ranks_and_is_exposed_together():
    """The exhibit of the page: every margin is right, the whole is not."""
    draws, truth = world("independent")
    assert worst_ks("independent") < calibration.ks_critical(M, 0.01)
    for i in (0, 1):
        assert calibration.coverage(draws[..., i], truth[..., i], 0.9)[0] == pytest.approx(0.9, abs=0.025)
    assert deviation("independent") > 2 * deviation("right")
    spread = calibration.coverage(draws.diff(dim=-1)[..., 0], truth.diff(dim=-1)[..., 0], 0.9)[0]
    assert spread > 0.97


def test_critical_values_are_those_of_the_tables():
    assert calibration.ks_critical(2000) == pytest.approx(1.358 / 2000**0.5, rel=0.01)
    assert calibration.ecdf_band(2000) == pytest.approx(1.358 / 2000**0.5, rel=0.01)


def test_an_interval_of_few_draws_covers_what_it_says():
    generator = torch.Generator().manual_seed(0)
    draws, truth = torch.randn(19, 40_000, generator=generator), torch.randn(40_000, generator=generator)
    assert calibration.coverage(draws, truth, 0.9)[0] == pytest.approx(0.9, abs=0.006)


def test_the_score_of_a_normal_is_its_closed_form():
    draws = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    truth = torch.tensor([0.0, 1.0, -2.5], dtype=torch.float64)
    z = truth.numpy()
    expected = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    assert calibration.crps(draws, truth).numpy() == pytest.approx(expected, abs=0.02)


def test_ranks_share_out_ties():
    draws = torch.tensor([0.0, 0.0, 0.0, 1.0]).reshape(4, 1, 1)
    assert calibration.sbc_ranks(draws, torch.tensor([[0.0]])).item() == 1
    assert calibration.sbc_ranks(draws, torch.tensor([[2.0]])).item() == 4


def test_a_classifier_tells_what_is_different_and_not_what_is_the_same():
    random = np.random.default_rng(0)
    base = random.normal(0, 1, (1000, 4))
    assert compare.c2st(base, random.normal(0, 1, (1000, 4))) < 0.56
    assert compare.c2st(base, random.normal(1.5, 1, (1000, 4))) > 0.8
    mixed = random.normal(0, 1, (1000, 4))
    mixed[:, 1] = 0.98 * mixed[:, 0] + 0.2 * mixed[:, 1]
    assert compare.c2st(base, mixed) > 0.7  # the margins are the same


def test_moving_along_lines_is_scipys_distance():
    random = np.random.default_rng(1)
    first, second = random.normal(0, 1, (4000, 1)), random.normal(0.5, 1.4, (4000, 1))
    expected = stats.wasserstein_distance(first[:, 0], second[:, 0])
    assert compare.sliced_wasserstein(first, second) == pytest.approx(expected, rel=0.03)
    shifted = np.zeros((3000, 5)) + random.normal(0, 1, (3000, 5))
    moved = compare.sliced_wasserstein(shifted, shifted + np.array([1.0, 0, 0, 0, 0]), lines=4000)
    direction = np.random.default_rng(2).standard_normal((20_000, 5))
    length = np.abs(direction[:, 0] / np.linalg.norm(direction, axis=1)).mean()
    assert moved == pytest.approx(length, rel=0.03)


def test_total_correlation_of_normals_is_closed_form():
    random = np.random.default_rng(0)
    factor = np.linalg.cholesky(np.array([[1, 0.8, 0], [0.8, 1, 0.3], [0, 0.3, 1]]))
    draws = torch.tensor(random.standard_normal((20_000, 3)) @ factor.T)
    expected = -0.5 * np.log(np.linalg.det(factor @ factor.T))
    assert compare.total_correlation(draws) == pytest.approx(expected, abs=0.03)
    assert compare.total_correlation(torch.exp(2 * draws)) == pytest.approx(expected, abs=0.03)


def test_nats_between_normals_are_closed_form():
    reference, family = torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(0.5, 2.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = reference.sample((40_000,))
    found = compare.nats_to_reference(family.log_prob(x), reference.log_prob(x))
    assert found == pytest.approx(float(torch.distributions.kl_divergence(reference, family)), abs=0.02)
