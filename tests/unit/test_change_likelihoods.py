"""Likelihoods of flows against laws whose density is known: the exact one, its estimate, and the denoising bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from eogen.change import elbo
from eogen.change.flow_likelihood import STEPS, likelihood
from eogen.change.noise import Noise
from eogen.change.ode import follow, grid
from eogen.change.protocol import at, clean, noise, path, score, told, untold
from eogen.change.steady import steadied
from eogen.change.tiles import whole
from eogen.errors import Cancelled
from tests.change_flows import DenseFlow, PixelFlow

BANDS, SIDE = 2, (3, 4)
D = BANDS * SIDE[0] * SIDE[1]


def dense(seed: int = 0) -> DenseFlow:
    """Deviations from 0.2 to 1.5 along random axes: neighbours and bands hear each other."""
    g = np.random.default_rng(seed)
    axes = np.linalg.qr(g.normal(size=(D, D)))[0]
    covariance = axes @ np.diag(np.linspace(0.2, 1.5, D) ** 2) @ axes.T
    return DenseFlow(torch.from_numpy(g.normal(size=D)), torch.from_numpy(covariance))


def joint(bands: int = 3, tie: float = 0.8) -> PixelFlow:
    base = 0.5 * np.eye(bands) + 0.5
    return PixelFlow(torch.from_numpy(np.block([[base, tie * base], [tie * base, base]])))


def images(flow: DenseFlow, count: int) -> torch.Tensor:
    draws = np.random.default_rng(1).multivariate_normal(flow.mean.numpy(), flow.covariance.numpy(), count)
    return torch.from_numpy(draws).view(count, BANDS, *SIDE)


def nothing(x: torch.Tensor) -> torch.Tensor:
    return untold(x)


def log_covariance(flow: DenseFlow) -> torch.Tensor:
    """The integral of the Jacobian of the flow to a Gaussian: half the logarithm of its covariance."""
    values, axes = torch.linalg.eigh(flow.covariance)
    return axes @ torch.diag(values.log() / 2) @ axes.T


# --- the path ---


def test_a_velocity_is_a_denoiser_a_guess_of_the_noise_and_a_score() -> None:
    flow = dense()
    x1 = images(flow, 4)
    e = torch.randn(x1.shape, generator=torch.Generator().manual_seed(0), dtype=x1.dtype)
    x = path(x1, e, 0.6)
    v = at(flow, x, 0.6, nothing(x))
    torch.testing.assert_close(path(clean(x, v, 0.6), noise(x, v, 0.6), 0.6), x)
    law = torch.distributions.MultivariateNormal(
        0.6 * flow.mean, 0.16 * torch.eye(D, dtype=x.dtype) + 0.36 * flow.covariance
    )
    x.requires_grad_()
    (slope,) = torch.autograd.grad(law.log_prob(x.flatten(1)).sum(), x)
    torch.testing.assert_close(score(x, v, 0.6).detach(), slope)


def test_the_steps_end_where_they_should_and_are_short_near_the_image() -> None:
    back = grid(1.0, 0.0, 8)
    assert (back[0], back[-1], len(back)) == (1.0, 0.0, 9)
    assert np.all(np.diff(back) < 0)
    assert abs(back[1] - back[0]) < abs(back[-1] - back[-2]) / 4
    assert grid(0.3, 1.0, 3)[0] == pytest.approx(0.3)


# --- the exact likelihood ---


def test_the_exact_likelihood_is_the_density_of_a_gaussian() -> None:
    flow = dense()
    x = images(flow, 5)
    found = likelihood(flow, x, nothing(x), None, steps=16, rule="rk4")
    assert float((found.log_p - flow.log_p(x)).abs().max()) / D < 1e-3
    torch.testing.assert_close(found.contribution.sum((1, 2)), found.log_p)
    torch.testing.assert_close(found.nats, -flow.log_p(x) / D, atol=1e-3, rtol=0)
    torch.testing.assert_close(found.bits * math.log(2), found.nats)
    values, axes = torch.linalg.eigh(flow.covariance)
    latent = (x.flatten(1) - flow.mean) @ axes @ torch.diag(values**-0.5) @ axes.T
    torch.testing.assert_close(found.latent.flatten(1), latent, atol=5e-3, rtol=0)


def test_the_midpoint_rule_converges_at_second_order_and_its_default_is_near_enough() -> None:
    flow = dense()
    x = images(flow, 5)
    errors = [
        float((likelihood(flow, x, nothing(x), None, steps=n).log_p - flow.log_p(x)).abs().max()) / D
        for n in (STEPS, 2 * STEPS, 64)
    ]
    assert errors[0] < 0.015
    assert errors[0] / errors[1] > 3
    assert errors[2] < 1e-3


@pytest.mark.parametrize("known", [True, False])
def test_the_map_of_independent_pixels_is_the_density_of_each(known: bool) -> None:
    flow = joint()
    one, two = (torch.from_numpy(d)[None].double() for d in flow.draw(0, 5, 6))
    condition = told(one) if known else untold(one)
    found = likelihood(flow, two, condition, None, steps=16, rule="rk4")
    torch.testing.assert_close(-found.contribution, flow.nll(two, one, known), atol=3e-3, rtol=0)
    assert found.standard_error.isnan().all()


def test_images_of_a_batch_do_not_hear_each_other() -> None:
    flow = dense()
    x = images(flow, 3)
    both = likelihood(flow, x, nothing(x), None)
    alone = likelihood(flow, x[1:2], nothing(x[1:2]), None)
    torch.testing.assert_close(both.contribution[1:2], alone.contribution)


# --- Hutchinson ---


def rademacher(seed: int, count: int) -> torch.Tensor:
    shape = (count, BANDS, *SIDE)
    return torch.from_numpy(np.random.default_rng(seed).choice([-1.0, 1.0], shape))


def test_hutchinson_is_right_on_average_and_as_noisy_as_theory_says() -> None:
    flow = dense()
    x = images(flow, 2)
    found = likelihood(flow, x, nothing(x), rademacher(0, 800), steps=16)
    exact = likelihood(flow, x, nothing(x), None, steps=16)
    assert ((found.log_p - exact.log_p).abs() < 3 * found.standard_error).all()
    # e'Ae has the variance 2 x the sum of squares off the diagonal of (the symmetric part of) A
    off = log_covariance(flow).clone()
    off.fill_diagonal_(0)
    theory = 2 * float((off**2).sum())
    assert found.probes.var(0).numpy() == pytest.approx(theory, rel=0.25)
    torch.testing.assert_close(found.contribution.sum((1, 2)), found.log_p)


def test_the_variance_falls_as_one_over_the_number_of_probes() -> None:
    flow = dense()
    x = images(flow, 1)
    spread = {
        k: np.var(
            [float(likelihood(flow, x, nothing(x), rademacher(s, k), steps=4).log_p) for s in range(150)],
            ddof=1,
        )
        for k in (1, 6)
    }
    # the ratio of two sample variances of 150 draws lies within 1.5 of its mean 99 times in 100
    assert 4 < spread[1] / spread[6] < 9


def test_probes_leave_the_path_alone_and_the_same_ones_give_the_same_bits() -> None:
    flow = dense()
    x = images(flow, 2)
    one, again, other = (likelihood(flow, x, nothing(x), rademacher(s, 1)) for s in (0, 0, 1))
    assert torch.equal(one.contribution, again.contribution)
    assert torch.equal(one.latent, other.latent)
    assert not torch.equal(one.contribution, other.contribution)


def test_a_likelihood_can_be_asked_under_inference_mode_and_be_cancelled() -> None:
    flow = dense()
    x = images(flow, 1)
    free = likelihood(flow, x, nothing(x), rademacher(0, 1))
    with torch.inference_mode():
        held = likelihood(flow, x.clone(), nothing(x), rademacher(0, 1))
    assert torch.equal(free.contribution, held.contribution)

    def stop(done: int, total: int, what: str = "") -> None:
        assert total == STEPS
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        likelihood(flow, x, nothing(x), None, progress=stop)


def test_following_a_flow_there_and_back_comes_home() -> None:
    flow = dense()
    x = images(flow, 3)
    latent = follow(flow, x, nothing(x), 1.0, 0.0, 60)
    torch.testing.assert_close(follow(flow, latent, nothing(x), 0.0, 1.0, 60), x, atol=5e-3, rtol=0)


# --- the denoising bound ---


def bound(flow: PixelFlow, pair: tuple, **asked: object) -> tuple[np.ndarray, np.ndarray]:
    """Told less untold, and minus the mutual information, (y, x)."""
    one, two = (torch.from_numpy(d)[None] for d in pair)
    field, window = Noise(0), whole(two.shape[2:])
    draw = lambda k: field.normal(k, two.shape[1], window)
    found = elbo.terms(flow, two, [told(one), untold(one)], draw, **asked).sum(1)
    true = flow.nll(two, one, True) - flow.nll(two, one, False)
    return (found[0] - found[1])[0].numpy(), true[0].numpy()


@pytest.mark.parametrize(("bands", "tie"), [(1, 0.9), (3, 0.6)])
def test_told_less_untold_is_minus_the_mutual_information(bands: int, tie: float) -> None:
    flow = joint(bands, tie)
    levels = torch.sigmoid(torch.linspace(-5, 5, 40)).tolist()
    found, true = bound(flow, flow.draw(0, 32, 32), levels=levels, draws=8, weighting="likelihood")
    assert found.mean() == pytest.approx(true.mean(), abs=0.02)
    assert np.polyfit(true.ravel(), found.ravel(), 1)[0] == pytest.approx(1, abs=0.02)
    assert spearmanr(found.ravel(), true.ravel())[0] > 0.95


def test_a_few_levels_already_order_pixels_as_the_mutual_information_does() -> None:
    flow = joint(3, 0.6)
    pair = flow.draw(0, 32, 32)
    ranks = {
        w: spearmanr(*(m.ravel() for m in bound(flow, pair, draws=8, weighting=w)))[0]
        for w in elbo.WEIGHTINGS
    }
    assert ranks["likelihood"] > 0.97
    assert 0.8 < ranks["clean"] < ranks["likelihood"]


def test_common_noise_makes_the_difference_steadier() -> None:
    flow = joint()
    one, two = (torch.from_numpy(d)[None] for d in flow.draw(0, 24, 24))
    field, window = Noise(0), whole((24, 24))

    def ask(condition: torch.Tensor, shift: int) -> torch.Tensor:
        return elbo.terms(flow, two, [condition], lambda k: field.normal(k + shift, 3, window)).sum(1)[0, 0]

    common = torch.stack([ask(told(one), 10 * s) - ask(untold(one), 10 * s) for s in range(20)])
    apart = torch.stack([ask(told(one), 10 * s) - ask(untold(one), 10 * s + 500) for s in range(20)])
    assert float(common.var(0).mean()) < 0.7 * float(apart.var(0).mean())


def test_steadied_maps_keep_their_mean_and_lose_noise() -> None:
    flow = joint()
    one, two = (torch.from_numpy(d)[None] for d in flow.draw(0, 40, 40))
    field, window = Noise(0), whole((40, 40))
    valid = np.ones((40, 40), bool)
    valid[:5] = False
    plain, steady = [], []
    for s in range(30):
        e = field.normal(s, 3, window)
        found = elbo.terms(flow, two, [told(one)], lambda k, e=e: e, levels=(0.5,))[0, 0].numpy()
        plain.append(found)
        steady.append(steadied(found, e[None].numpy(), valid))
    assert np.var(steady, 0)[:, valid].mean() < 0.05 * np.var(plain, 0)[:, valid].mean()
    np.testing.assert_allclose(np.mean(steady), np.mean(plain), rtol=0.01)
    few = np.zeros_like(valid)
    few[0, :5] = True
    np.testing.assert_array_equal(steadied(plain[0], e[None].numpy(), few), plain[0])


def test_steadied_signs_leave_the_trace_and_lose_what_bands_and_neighbours_owe_each_other() -> None:
    # e_i (A e)_i with A the same everywhere: its own band 0.3, another band 2, the pixel to the right and left -0.7
    field, window = Noise(0), whole((64, 64))
    e = field.signs(0, 2, window).numpy()
    wide = np.pad(e, ((0, 0), (0, 0), (1, 1)))
    heard = 0.3 * e + 2 * e[::-1] - 0.7 * (wide[..., 2:] + wide[..., :-2])
    found = (e * heard).sum(0)
    assert found.std() > 3
    steady = steadied(found[None], e[None], np.ones((64, 64), bool))[0]
    # least squares takes the mean of this draw's products too, a part in the square root of the pixels
    np.testing.assert_allclose(steady, 0.6, atol=0.02)


def test_antithetic_noise_cancels_what_is_odd_in_it() -> None:
    # a network that answers nought: the error is x - e, its square x² - 2 x e + e²; the pair has no middle term
    class Deaf:
        def velocity(self, x: torch.Tensor, t: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
            return torch.zeros_like(x)

    x, e = torch.randn(1, 2, 4, 4), torch.randn(2, 4, 4)
    found = elbo.terms(Deaf(), x, [untold(x)], lambda k: e, levels=(0.5,))
    torch.testing.assert_close(found[0, 0], 0.25 * (x**2 + e**2).sum(1))


def test_weights_sum_to_the_integral_they_stand_for() -> None:
    levels = np.linspace(0.05, 0.95, 400)
    # t / (1 - t) dt from a to b
    whole_range = np.log((1 - 0.05) / (1 - 0.95)) - 0.9
    assert sum(elbo.weights(list(levels), "likelihood")) == pytest.approx(whole_range, rel=2e-3)
    assert elbo.weights((0.5,), "clean") == [0.25]
    with pytest.raises(ValueError, match="weighting"):
        elbo.weights((0.5,), "other")
