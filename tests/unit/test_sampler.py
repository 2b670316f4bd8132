"""The sampler of any log-likelihood: its parts one by one, then laws whose posterior and evidence are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.autograd.functional import jacobian

from eogen.canopy import bridge, diagnostics, proposals, straighten, tempering
from eogen.canopy.sampler import Sampled, Settings, sample
from eogen.errors import Cancelled

DOUBLE = torch.float64


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bananas(groups: int = 2, count: int = 3000, seed: int = 0) -> torch.Tensor:
    """Points (g, n, 3): the first coordinate follows the square of the last, the second is shifted and narrow."""
    x = torch.randn(groups, count, 3, generator=seeded(seed), dtype=DOUBLE)
    bent = 0.1 * x[..., 0] + 0.7 * x[..., 2].square() - 0.2 * x[..., 2] ** 3
    return torch.stack([bent, 3 + 0.05 * x[..., 1], x[..., 2]], -1)


# --- straightening ---


def test_straightening_is_undone_exactly():
    points = bananas()
    line = straighten.fit(points)
    assert torch.allclose(line.bent(line.straight(points)), points, atol=1e-10)


def test_straightening_makes_a_bent_cloud_normal():
    points = bananas()
    y = straighten.fit(points).straight(points)
    # The residual is the narrow normal around the ridge: nothing of the square is left.
    assert stats.kstest(stats.zscore(y[0, :, 2].numpy()), "norm").pvalue > 0.01
    assert stats.kstest(stats.zscore(points[0, :, 0].numpy()), "norm").pvalue < 1e-6
    assert float(y[0, :, 2].std()) < 0.3


def test_straightening_changes_volumes_as_it_says():
    points = bananas()
    line = straighten.fit(points)
    for i in range(3):

        def at(z, i=i):
            return line.straight(torch.cat([points[:1, :1] * 0 + z, points[1:, :1]]))[0, 0]

        slopes = jacobian(at, points[0, i])
        assert float(torch.linalg.slogdet(slopes)[1]) == pytest.approx(float(line.log_slope[0, 0]), abs=1e-9)


# --- proposals ---


@pytest.fixture(scope="module")
def law() -> proposals.Proposal:
    return proposals.fit(bananas(), 4, seeded(1))


def within(law: proposals.Proposal, count: int) -> torch.Tensor:
    """Return draws of both groups that landed within reach."""
    z, _ = law.anew(2 * count, seeded(3))
    return torch.stack([row[~row.isnan().any(-1)][:count] for row in z])


def test_a_proposals_density_is_that_of_its_draws(law):
    """The mean of N(z; m, s² I) / q(z) over draws of q is one, if q is normalised and its draws follow it."""
    z, log_q = law.anew(200_000, seeded(2))
    held = ~z.isnan().any(-1)
    assert torch.allclose(law.log_prob(z)[held], log_q[held], atol=1e-6)
    centre = torch.tensor([0.2, 3.0, 0.3], dtype=DOUBLE)
    spread = torch.tensor([0.08, 0.03, 0.2], dtype=DOUBLE)
    log_other = torch.distributions.Normal(centre, spread).log_prob(z.nan_to_num()).sum(-1)
    ratio = torch.where(held, (log_other - log_q).exp(), 0.0)
    assert ratio.mean(1).numpy() == pytest.approx(1, abs=0.05)


def test_a_step_leaves_the_proposal_as_it_is(law):
    """Draws of q moved by steps of any size are draws of q, and pairs are met in both orders alike."""
    z = within(law, 20_000)
    for size in (0.1, 0.5, 1.0):
        before, moved, after = law.near(z, torch.full((2,), size, dtype=DOUBLE), seeded(4))
        assert torch.allclose(before, law.log_prob(z), atol=1e-9)
        far = moved.isnan().any(-1, keepdim=True)
        assert torch.allclose(after[~far[..., 0]], law.log_prob(moved)[~far[..., 0]], atol=1e-6)
        assert float(far.double().mean()) < 0.01
        moved = torch.where(far, z, moved)  # as the sampler does
        for i in range(3):
            found = stats.ks_2samp(z[0, :, i].numpy(), moved[0, :, i].numpy())
            assert found.statistic < 0.025, (size, i)
        # Reversible: E[f(x) g(y)] = E[g(x) f(y)].
        f, g = (lambda x: (x[0, :, 0] > 0.5).double()), (lambda x: x[0, :, 2])
        forth, back = f(z) * g(moved), g(z) * f(moved)
        error = float((forth - back).std()) / math.sqrt(len(forth))
        assert abs(float((forth - back).mean())) < 4 * error


def test_short_steps_stay_near(law):
    z = within(law, 1000)
    moved = [
        float((law.near(z, torch.full((2,), s, dtype=DOUBLE), seeded(6))[1] - z)[..., 2].abs().nanmedian())
        for s in (0.02, 0.2, 1.0)
    ]
    assert moved[0] < 0.2 * moved[1] < 0.2 * moved[2]


# --- temperatures and evidence ---


def test_a_fall_in_temperature_leaves_the_share_it_was_asked_for():
    value = 50 * torch.randn(3, 4000, generator=seeded(), dtype=DOUBLE)
    beta = torch.tensor([0.0, 0.001, 0.9999], dtype=DOUBLE)
    after = tempering.following(value, beta, 0.6)
    weight = ((after - beta)[:, None] * value).softmax(1)
    share = 1 / weight.square().sum(1) / 4000
    assert share[:2].numpy() == pytest.approx(0.6, abs=1e-6)
    assert (after > beta).all()
    assert float(after[2]) == 1


def test_particles_go_on_in_proportion_to_their_weights():
    weight = torch.rand(2, 30, generator=seeded(), dtype=DOUBLE)
    chosen = tempering.resample(weight.log(), 3000, seeded(1))
    counts = torch.stack([torch.bincount(row, minlength=30) for row in chosen])
    # Systematic: each count is within one of its expectation.
    assert ((counts - 3000 * weight / weight.sum(1, keepdim=True)).abs() <= 1).all()


def test_the_bridge_finds_a_known_constant():
    """f = 7 N(0, 1), q = N(0.5, 1.3²)."""
    normal = torch.distributions.Normal(torch.tensor(0.0, dtype=DOUBLE), 1.0)
    other = torch.distributions.Normal(torch.tensor(0.5, dtype=DOUBLE), 1.3)
    x = torch.randn(1, 20_000, generator=seeded(), dtype=DOUBLE)
    y = 0.5 + 1.3 * torch.randn(1, 10_000, generator=seeded(1), dtype=DOUBLE)

    def ratio(z):
        return math.log(7) + normal.log_prob(z) - other.log_prob(z)

    assert float(bridge.log_evidence(ratio(x), ratio(y))) == pytest.approx(math.log(7), abs=0.01)


# --- the whole ---


def evidence(found: Sampled) -> float:
    return float(found.log_evidence.logsumexp(0)) - math.log(len(found.log_evidence))


def test_nothing_seen_leaves_the_prior():
    found = sample(lambda z: torch.zeros(len(z), dtype=DOUBLE), 3, seed=0)
    assert evidence(found) == pytest.approx(0, abs=0.01)
    flat = found.draws.flatten(0, 1).numpy()
    for column in flat.T:
        assert stats.kstest(column, "norm").statistic < 0.03


def test_a_normal_posterior_of_eleven_variables_and_its_evidence_are_found():
    """Prior N(0, I), likelihood N(y; A z, s²): posterior and evidence in closed form."""
    a = torch.randn(10, 11, generator=seeded(3), dtype=DOUBLE)
    y, s = torch.randn(10, generator=seeded(4), dtype=DOUBLE), 0.1
    cov = torch.linalg.inv(torch.eye(11, dtype=DOUBLE) + a.T @ a / s**2)
    mean = cov @ a.T @ y / s**2
    constant = 10 * math.log(s * math.sqrt(2 * math.pi))
    found = sample(lambda z: -0.5 * ((y - z @ a.T) / s).square().sum(-1) - constant, 11, seed=1)
    flat, sd = found.draws.flatten(0, 1), cov.diagonal().sqrt()
    ess = torch.as_tensor(diagnostics.bulk_ess(found.draws.numpy()))
    assert (ess > 1000).all()
    assert ((flat.mean(0) - mean).abs() < 4.5 * sd / ess.sqrt()).all()
    assert (flat.std(0) / sd).numpy() == pytest.approx(1, abs=0.06)
    assert np.abs(np.corrcoef(flat.T.numpy()) - (cov / sd[:, None] / sd).numpy()).max() < 0.08
    marginal = torch.distributions.MultivariateNormal(
        torch.zeros(10, dtype=DOUBLE), s**2 * torch.eye(10, dtype=DOUBLE) + a @ a.T
    )
    assert evidence(found) == pytest.approx(float(marginal.log_prob(y)), abs=0.03)


def test_a_narrow_bent_ridge_is_walked_to_both_ends():
    """L = exp(-(z0 - 1.5 (z1² - 1))² / 2 s²) over six coordinates: the law of z1 and the evidence by quadrature."""
    s = 0.05

    def log_likelihood(z):
        return -0.5 * ((z[:, 0] - 1.5 * (z[:, 1].square() - 1)) / s).square()

    x = np.linspace(-6, 6, 4001)
    density = (
        stats.norm.pdf(x)
        * s
        * math.sqrt(2 * math.pi)
        * stats.norm.pdf(1.5 * (x**2 - 1), scale=math.hypot(1, s))
    )
    total = np.trapezoid(density, x)
    found = sample(log_likelihood, 6, seed=2)
    assert evidence(found) == pytest.approx(math.log(total), abs=0.04)
    drawn = found.draws[..., 1].flatten().numpy()
    for end in (-1.5, -1, 0, 1, 1.5):
        assert np.mean(drawn < end) == pytest.approx(
            np.trapezoid(density[x < end], x[x < end]) / total, abs=0.03
        ), end
    assert diagnostics.rhat(found.draws.numpy()).max() < 1.02


def test_two_modes_keep_their_shares():
    """One narrow law at +2 with share 0.7, one at -2 with 0.3, in eight coordinates."""
    centre = torch.full((8,), 2 / math.sqrt(8), dtype=DOUBLE)

    def log_likelihood(z):
        prior = -0.5 * z.square().sum(-1)
        parts = [
            math.log(share) - 0.5 * ((z - sign * centre) / 0.25).square().sum(-1)
            for share, sign in ((0.7, 1), (0.3, -1))
        ]
        return torch.logaddexp(*parts) - prior

    # The likelihood over-corrects the prior far out: kept finite by construction, bounded by the modes.
    found = sample(log_likelihood, 8, seed=3)
    share = (found.draws.sum(-1) > 0).double().mean(1)
    assert float(share.mean()) == pytest.approx(0.7, abs=0.06)
    assert evidence(found) == pytest.approx(8 * math.log(0.25), abs=0.06)


def test_a_seed_is_a_run_and_another_is_another():
    quick = Settings(first=512, particles=128, chains=32, least=30, most=30)

    def run(seed: int) -> Sampled:
        return sample(lambda z: -8 * z[:, 0].square(), 3, settings=quick, seed=seed)

    first, again, other = run(0), run(0), run(1)
    assert torch.equal(first.draws, again.draws)
    assert not torch.equal(first.draws, other.draws)
    assert first.draws.shape == (4, 32 * 3, 3)
    assert torch.allclose(first.log_likelihood, -8 * first.draws[..., 0].square())


def test_populations_are_diagnosed_apart():
    """Chains of a population lie one after the other: stuck chains are worth one draw each, not many."""
    stuck = np.repeat(np.random.default_rng(0).standard_normal((4, 64, 1)), 30, axis=1).reshape(4, -1)
    assert 100 < float(diagnostics.bulk_ess(stuck)) < 500


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        sample(lambda z: torch.where(z[:, 0] > 2, -torch.inf, 0.0).double(), 2)


def test_a_reader_may_stop_it_and_is_told_where_it_is():
    told = []

    def progress(done, total, what=""):
        told.append((what, done, total))
        if what == "sample":
            raise Cancelled

    with pytest.raises(Cancelled):
        sample(lambda z: -20 * z[:, 0].square(), 3, progress=progress)
    assert {what for what, _, _ in told} == {"temper", "sample"}
    assert all(0 <= done <= total for _, done, total in told)
    tempers = [done for what, done, _ in told if what == "temper"]
    assert tempers == sorted(tempers)


def test_torchs_threads_stay_as_they_were():
    before = torch.get_num_threads()
    sample(
        lambda z: -z[:, 0].square(),
        2,
        settings=Settings(first=512, particles=128, chains=32, most=30, least=30),
    )
    assert torch.get_num_threads() == before
    assert not torch.is_inference_mode_enabled()
