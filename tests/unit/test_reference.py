"""The reference posterior of a spectrum against brute force, and its diagnostics against ArviZ."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from arviz_stats.base import array_stats
from scipy import stats

from eogen.canopy import diagnostics
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.priors import prior
from eogen.canopy.reference import reference
from eogen.canopy.sampler import Settings
from eogen.canopy.simulate import simulate
from eogen.canopy.space import INFERRED, column
from eogen.errors import InputError
from tests import pace

LEGACY = prior("legacy")
#: For what needs no fine answer.
QUICK = Settings(first=2048, particles=256, chains=128, most=60)


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
    assert float(diagnostics.rhat(draws)) == pytest.approx(float(array_stats.rhat(draws, **axes)), abs=1e-6)
    # Where chains are worth a few draws only, the two end their sums of correlations a term apart.
    close = 0.01 if kind == "apart" else 1e-6
    bulk = float(array_stats.ess(draws, method="bulk", **axes))
    tail = float(array_stats.ess(draws, method="tail", prob=(0.05, 0.95), **axes))
    assert float(diagnostics.bulk_ess(draws)) == pytest.approx(bulk, rel=close)
    assert float(diagnostics.tail_ess(draws)) == pytest.approx(tail, rel=close)
    assert (float(diagnostics.rhat(draws)) > 1.05) == (kind != "well")


@pytest.fixture(scope="module")
def timed():
    """The reference of a spectrum that is easy for brute force (its posterior is wide), and how long it took."""
    seen = simulate(LEGACY, 200, torch.Generator().manual_seed(11)).observation[50]
    found, begin = [], time.perf_counter()
    spent = pace.spent(lambda: found.append(reference(seen, LEGACY, seed=0)))
    return seen, found[0], spent, time.perf_counter() - begin


@pytest.fixture(scope="module")
def sampled(timed):
    """That reference, and its spectrum."""
    return timed[:2]


def brute_force(seen, noise, count: int):
    """Return draws of the prior, their weights and the log evidence: no sampler at all."""
    with torch.inference_mode():
        theta = LEGACY.sample(count, torch.Generator().manual_seed(1))
        weight = noise.log_prob(seen.reflectance, bands(theta, seen.geometry)).double()
    return theta, weight.softmax(0), float(weight.logsumexp(0)) - math.log(count)


def test_a_spectrums_posterior_is_that_of_brute_force(sampled):
    seen, found = sampled
    theta, weight, log_evidence = brute_force(seen, NOISE, 500_000)
    effective = 1 / float(weight.square().sum())
    assert effective > 300
    every = found.draws.flatten(0, 1)
    for name in (*INFERRED, "ccc", "cwc"):
        values, drawn = column(theta, name).double(), column(every, name).double()
        mean = float((weight * values).sum())
        sd = float((weight * (values - mean).square()).sum().sqrt())
        assert float(drawn.mean()) == pytest.approx(mean, abs=4 * sd / effective**0.5), name
        assert float(drawn.std()) == pytest.approx(sd, rel=4 / effective**0.5), name
    assert found.log_evidence == pytest.approx(log_evidence, abs=4 / effective**0.5)


def test_a_noisy_spectrums_whole_distribution_is_that_of_brute_force():
    """With three times the noise, brute force is worth thousands of draws: quantiles compare, and go both ways."""
    noise = Noise(0.03, 0.05)
    seen = simulate(LEGACY, 200, torch.Generator().manual_seed(11)).observation[20]
    found = reference(seen, LEGACY, noise, seed=3)
    theta, weight, log_evidence = brute_force(seen, noise, 150_000)
    assert 1 / float(weight.square().sum()) > 5000
    assert found.log_evidence == pytest.approx(log_evidence, abs=0.06)
    every = found.draws.flatten(0, 1)
    for i, name in enumerate(INFERRED):
        order = theta[:, i].argsort()
        below = weight[order].cumsum(0)
        ends = theta[order, i][[int((below < p).sum()) for p in (0.05, 0.25, 0.5, 0.75, 0.95)]]
        share = (every[:, i, None] <= ends).double().mean(0)
        assert share.numpy() == pytest.approx([0.05, 0.25, 0.5, 0.75, 0.95], abs=0.04), name


def test_a_spectrum_without_any_band_leaves_each_prior_as_it_was():
    """Of the mixture of covers too, which is no standard normal in the coordinates where it is sampled."""
    nothing = Observation(torch.full((1, 10), torch.nan), torch.tensor([[30.0, 5.0, 90.0]]))
    for name in ("atbd", "crops"):
        believed = prior(name)
        found = reference(nothing, believed)
        assert found.log_evidence == pytest.approx(0, abs=0.05)
        drawn, own = found.draws.flatten(0, 1), believed.sample(20_000, torch.Generator().manual_seed(0))
        for i, variable in enumerate(INFERRED):
            found_apart = stats.ks_2samp(drawn[:, i].numpy(), own[:, i].numpy()).statistic
            assert found_apart < 0.03, (name, variable)


def test_a_missing_band_is_left_out_and_widens_the_posterior():
    seen = simulate(LEGACY, 3, torch.Generator().manual_seed(20_000)).observation[0]
    blind = Observation(seen.reflectance.clone(), seen.geometry)
    blind.reflectance[:, [8, 9]] = torch.nan  # both bands that see water
    whole, part = (reference(s, LEGACY, settings=QUICK) for s in (seen, blind))
    i = INFERRED.index("cw")
    assert float(part.draws[..., i].std()) > 1.5 * float(whole.draws[..., i].std())
    assert part.draws.isfinite().all()


def test_draws_stay_within_the_priors_bounds(sampled):
    _, found = sampled
    space = LEGACY.space
    assert ((found.draws >= space.low.float()) & (found.draws <= space.high.float())).all()
    assert found.log_prob(found.draws.flatten(0, 1)[:2000]).isfinite().all()


def test_the_reference_says_how_well_it_did(sampled):
    _, found = sampled
    assert found.draws.shape[0] == 4
    assert found.draws.shape[2] == len(INFERRED)
    assert found.rhat.shape == found.bulk_ess.shape == (len(INFERRED),)
    assert found.rhat.max() < 1.01
    assert min(found.bulk_ess.min(), found.tail_ess.min()) > 400
    assert found.converged
    assert 0.05 < found.acceptance < 0.9
    assert found.log_prob(found.sample(10, torch.Generator().manual_seed(0))[:, 0]).isfinite().all()
    stored = found.to_xarray()
    assert stored.theta.dims == ("chain", "draw", "variable")
    theirs = array_stats.rhat(stored.theta.values, chain_axis=0, draw_axis=1)
    assert float(np.max(theirs)) == pytest.approx(float(found.rhat.max()), abs=0.01)


def test_a_reference_is_quick_and_says_how_long_it_took(timed):
    """It takes 3 to 4 s of a processor; brute force with 50,000 draws, which are worth some thirty, 0.3 s."""
    seen, found, spent, passed = timed
    brute_force(seen, NOISE, 1000)
    yardstick = min(pace.spent(lambda: brute_force(seen, NOISE, 50_000)) for _ in range(3))
    assert spent < 80 * yardstick
    assert 0.99 * spent <= found.seconds <= passed


def test_a_reference_is_that_of_one_pixel():
    seen = simulate(LEGACY, 2, torch.Generator().manual_seed(0)).observation
    with pytest.raises(InputError, match="one pixel"):
        reference(seen, LEGACY)
