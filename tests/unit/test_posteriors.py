"""Every family of the registry: draws and densities that agree, closed forms, independent references."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from eogen.canopy import losses, models
from eogen.canopy.crops import hierarchical
from eogen.canopy.methods import FAMILIES
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.gaussian import LogitNormal, Mixture
from eogen.canopy.posteriors.importance import ImportanceWeighted
from eogen.canopy.posteriors.truncated import Truncated, TruncatedNormal
from eogen.canopy.priors import prior
from eogen.canopy.simulate import simulate, view
from eogen.canopy.space import DERIVED, INFERRED, column
from eogen.errors import InputError

LEGACY = prior("legacy")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def seen() -> Observation:
    return simulate(LEGACY, 5, generator(3)).observation


@pytest.fixture(scope="module", params=FAMILIES)
def answered(request, seen):
    """A family's posteriors, from weights shaken so that no part of the network is at rest."""
    row = FAMILIES[request.param]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        encoder = row.build()
        for parameter in encoder.parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
    encoder.standardise(simulate(LEGACY, 500, generator()).observation)
    return row, models.posterior(row.name, encoder.eval().requires_grad_(False), seen, particles=256)


def test_draws_have_their_shape_their_bounds_and_their_seed(answered):
    _, posterior = answered
    draws = posterior.sample(40, generator(1))
    assert draws.shape == (40, len(posterior), len(INFERRED))
    u = posterior.prior.space.unit(draws)
    assert u.min() >= -1e-6
    assert u.max() <= 1 + 1e-6
    assert torch.equal(draws, posterior.sample(40, generator(1)))
    assert not torch.equal(draws, posterior.sample(40, generator(2)))


def test_densities_are_finite_on_draws_and_nothing_outside(answered):
    _, posterior = answered
    draws = posterior.sample(20, generator(1))
    assert posterior.log_prob(draws).shape == (20, len(posterior))
    assert posterior.log_prob(draws).isfinite().all()
    outside = draws.clone()
    outside[..., INFERRED.index("lai")] = -1.0
    assert (posterior.log_prob(outside) == -torch.inf).all()


def test_a_density_integrates_to_one(answered):
    """``E_q[p0 / q] = 1`` for the normalised prior p0, estimated where q covers it, and the other way round."""
    row, posterior = answered
    if not row.trained:
        pytest.skip("its evidence is an estimate; tested on its own")
    base = posterior.prior
    half = 1500
    own = posterior.sample(half, generator(4))
    broad = base.sample(half * len(posterior), generator(5)).unflatten(0, (half, -1))
    # Integrate q under the mixture of itself and the prior: the ratio is bounded by two, so the error is small.
    total = torch.zeros(len(posterior))
    for draws in (own, broad):
        log_q, log_p = posterior.log_prob(draws), base.log_prob(draws)
        total += (math.log(2) + log_q - torch.logaddexp(log_q, log_p)).exp().mean(0) / 2
    assert total.numpy() == pytest.approx(1, abs=0.08)


def test_marginals_agree_with_draws(answered):
    _, posterior = answered
    draws = posterior.sample(2000, generator(7))
    for name in ("lai", "cab", "rsoil", *DERIVED):
        marginal, values = posterior.marginal(name), column(draws, name)
        scale = values.std(0)
        assert ((marginal.mean - values.mean(0)).abs() < 0.15 * scale + 1e-6).all(), name
        levels = torch.tensor([0.05, 0.5, 0.95])
        assert marginal.quantile(levels).shape == (3, len(posterior))
        assert ((marginal.quantile(0.5) - values.median(0).values).abs() < 0.25 * scale + 1e-6).all(), name
        ends = column(torch.stack([posterior.prior.space.low, posterior.prior.space.high]), name)
        x = torch.linspace(float(ends[0]), float(ends[1]), 800)
        assert torch.trapezoid(marginal.pdf(x), x, dim=0).numpy() == pytest.approx(1, abs=0.08), name
        assert (marginal.cdf(values) >= 0).all()


def test_pixels_do_not_see_each_other(answered, seen):
    row, posterior = answered
    if not row.trained:
        pytest.skip("its draws come from one stream")
    draws = posterior.sample(6, generator(1))
    alone = posterior.log_prob(draws)[:, 2]
    encoder_like = posterior.log_prob(draws.clone())
    assert torch.allclose(alone, encoder_like[:, 2])
    swapped = draws.clone()
    swapped[:, 0] = draws[:, 1]
    assert torch.allclose(posterior.log_prob(swapped)[:, 2], alone)


@pytest.mark.parametrize("name", [n for n, f in FAMILIES.items() if f.trained])
def test_the_loss_reaches_every_parameter(name):
    row = FAMILIES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = row.build()
        for parameter in encoder.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
        cover = None
        if row.prior == "crops":
            cover, theta = encoder.prior.sample_covers(64, generator())
            seen = view(theta, torch.tensor([[30.0, 5.0, 90.0]]).expand(64, 3), generator()).observation
        else:
            made = simulate(encoder.prior, 64, generator())
            theta, seen = made.theta, made.observation
        encoder.standardise(seen)
        batch = losses.batch_of(encoder, theta, seen, cover)
        loss = {"forward_kl": losses.forward_kl, "moments": losses.moments}.get(
            row.objective, lambda e, b: losses.elbo(e, b, row.noise)
        )(encoder, batch)
    loss.backward()
    assert loss.isfinite()
    for key, parameter in encoder.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.abs().max() > 0, key


def test_the_truncated_normal_is_scipys():
    mu, sigma = torch.tensor([0.5, -0.0, 0.97, 0.2]).double(), torch.tensor([0.2, 0.05, 0.3, 1.3]).double()
    ours = TruncatedNormal(mu, sigma, 2.0, 12.0)
    theirs = stats.truncnorm(-mu / sigma, (1 - mu) / sigma, loc=2 + 10 * mu, scale=10 * sigma)
    assert ours.mean.numpy() == pytest.approx(theirs.mean(), rel=1e-6)
    assert ours.sd.numpy() == pytest.approx(theirs.std(), rel=1e-5)
    for p in (0.025, 0.5, 0.975):
        assert ours.quantile(p).numpy() == pytest.approx(theirs.ppf(p), abs=1e-5)
    x = torch.linspace(2.01, 11.9, 7).double()
    assert ours.pdf(x).numpy() == pytest.approx(np.array([theirs.pdf(float(v)) for v in x]), rel=1e-6)


def test_the_copula_is_scipys_and_keeps_the_margins():
    size = len(INFERRED)
    mixing = torch.randn(size, size, generator=generator(2)).double() * 0.4 + torch.eye(size)
    covariance = mixing @ mixing.T
    spread = covariance.diagonal().sqrt()
    correlation = covariance / spread[:, None] / spread
    factor = torch.linalg.cholesky(correlation)
    mu, sigma = torch.full((1, size), 0.4).double(), torch.full((1, size), 0.3).double()
    posterior = Truncated(LEGACY, mu, sigma, factor[None])
    u = posterior.sample_unit(3, generator(1))
    margins = stats.truncnorm((0 - 0.4) / 0.3, (1 - 0.4) / 0.3, loc=0.4, scale=0.3)
    z = stats.norm.ppf(margins.cdf(u[:, 0].numpy()))
    expected = (
        stats.multivariate_normal(np.zeros(size), correlation.numpy()).logpdf(z)
        - stats.norm.logpdf(z).sum(1)
        + margins.logpdf(u[:, 0].numpy()).sum(1)
    )
    assert posterior.log_density(u)[:, 0].numpy() == pytest.approx(expected, abs=1e-6)
    draws = posterior.sample_unit(4000, generator(3))[:, 0].numpy()
    for i in range(size):
        assert stats.kstest(draws[:, i], margins.cdf).pvalue > 1e-4
    drawn = np.corrcoef(stats.norm.ppf(margins.cdf(draws)).T)
    assert np.abs(drawn - correlation.numpy()).max() < 0.07


def test_the_logit_normal_and_the_mixture_are_scipys():
    size = len(INFERRED)
    factor = torch.tril(0.3 * torch.randn(2, size, size, generator=generator(5)).double(), -1)
    factor = factor + torch.diag_embed(torch.full((2, size), 0.7).double())
    mean = torch.randn(2, size, generator=generator(6)).double()
    laws = [stats.multivariate_normal(mean[k].numpy(), (factor[k] @ factor[k].T).numpy()) for k in range(2)]
    u = torch.rand(4, 1, size, generator=generator(7)).double() * 0.9 + 0.05
    logits = torch.logit(u)[:, 0].numpy()
    ours = LogitNormal(LEGACY, mean[:1], factor[:1]).log_density(u)[:, 0].numpy()
    jacobian = np.log(u[:, 0].numpy()) + np.log1p(-u[:, 0].numpy())
    assert ours == pytest.approx(laws[0].logpdf(logits) - jacobian.sum(1), abs=1e-6)
    share = torch.tensor([[0.3, 0.7]]).double()
    mixed = Mixture(LEGACY, share.log(), mean[None], factor[None])
    z = torch.randn(4, 1, size, generator=generator(8)).double()
    expected = np.log(0.3 * laws[0].pdf(z[:, 0].numpy()) + 0.7 * laws[1].pdf(z[:, 0].numpy()))
    assert mixed.log_density(z)[:, 0].numpy() == pytest.approx(expected, abs=1e-6)


def test_the_flows_leaf_area_needs_no_draws(seen):
    row = FAMILIES["flow"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        encoder = row.build().eval().requires_grad_(False)
        for parameter in encoder.parameters():
            parameter += 0.03 * torch.randn_like(parameter)
    posterior = encoder(seen)
    draws = column(posterior.sample(8000, generator(1)), "lai")
    exact = posterior.marginal("lai")
    for p in (0.05, 0.5, 0.95):
        assert exact.quantile(p).numpy() == pytest.approx(draws.quantile(p, dim=0).numpy(), abs=0.1)
    base = torch.randn(9, len(seen), len(INFERRED), generator=generator(2))
    found = posterior.sample_normal(9, generator(2))
    there = posterior.flow(posterior.context.expand(9, -1, -1)).transform(found)
    assert (there - base).abs().max() < 1e-4


def test_importance_weights_find_the_posterior_whatever_the_proposal(seen):
    """With the prior as the proposal the evidence is that of plain Monte Carlo, on draws of its own."""

    class FromThePrior(Truncated):
        def sample(self, draws, generator=None):
            return self.prior.sample(draws * len(self), generator).unflatten(0, (draws, -1))

        def log_prob(self, theta):
            return self.prior.log_prob(theta)

    one = seen[0]
    proposal = FromThePrior(LEGACY, torch.full((1, 11), 0.5), torch.full((1, 11), 1.0))
    first, second = (ImportanceWeighted(proposal, one, particles=40_000, seed=s) for s in (1, 2))
    assert float(first.log_evidence) == pytest.approx(float(second.log_evidence), abs=0.5)
    assert first.weights.sum(0).numpy() == pytest.approx(1, abs=1e-4)
    assert 1 <= float(first.ess) <= 40_000
    flat = first.log_joint(first.particles) - LEGACY.log_prob(first.particles)
    assert float(first.log_evidence) == pytest.approx(
        float(torch.logsumexp(flat, 0) - math.log(40_000)), abs=1e-3
    )


def test_a_pixel_without_b08_is_refused_by_families_that_never_met_one(seen):
    reflectance = seen.reflectance.clone()
    reflectance[0, 6] = torch.nan
    lacking = Observation(reflectance, seen.geometry)
    with pytest.raises(InputError, match="B08"):
        FAMILIES["flow"].build()(lacking)
    assert len(FAMILIES["field"].build()(lacking)) == len(seen)


def test_two_levels_sum_over_what_grows_there(seen):
    believed = hierarchical()
    assert believed.shares.sum() == pytest.approx(1)
    only = hierarchical({"forest": 2.0})
    assert only.names == ("forest",)
    theta = only.sample(4000, generator())
    assert float(column(theta, "lai").mean()) == pytest.approx(4.5, abs=0.15)
    assert torch.allclose(only.log_prob(theta), only.covers["forest"][1].log_prob(theta), atol=1e-5)
    mixed = torch.stack([p.log_prob(theta[:5]).exp() * s for s, p in believed.covers.values()]).sum(0).log()
    assert torch.allclose(believed.log_prob(theta[:5]), mixed, atol=1e-4)
