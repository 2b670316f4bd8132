"""Scores read off a network, against networks whose answer is known, and every row-ready function at once."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import multivariate_normal, spearmanr
from sklearn.metrics import roc_auc_score
from torch import Tensor

from eogen.change import elbo, likelihoods, masked, reconstruct, roundtrip, scorenorm
from eogen.change.bands import three_bands
from eogen.change.complexity import complexity
from eogen.change.flow_likelihood import likelihood
from eogen.change.noise import Noise
from eogen.change.problem import Problem
from eogen.change.protocol import told, untold
from eogen.change.steady import steadied
from eogen.change.tiles import whole
from eogen.change.typicality import typicality, windowed
from eogen.errors import Cancelled
from tests.change_flows import MaskedNet, Net, PixelFlow

TIE = 0.8
BASE = np.eye(3) * 0.4 + 0.6
FLOW = PixelFlow(torch.from_numpy(np.block([[BASE, TIE * BASE], [TIE * BASE, BASE]])))


def drawn(seed: int = 0, rows: int = 12, columns: int = 10) -> tuple[Tensor, Tensor]:
    return tuple(torch.from_numpy(d)[None].double() for d in FLOW.draw(seed, rows, columns))


def root(s: Tensor, power: float = 0.5) -> Tensor:
    values, axes = torch.linalg.eigh(s)
    return axes @ torch.diag(values**power) @ axes.T


def times(matrix: Tensor, x: Tensor) -> Tensor:
    return torch.einsum("ij,njyx->niyx", matrix, x)


# --- round trip ---


def test_what_comes_back_keeps_its_noise_and_takes_the_law_of_the_other_date() -> None:
    one, two = drawn()
    gain, spread = FLOW.law(True)
    expected = times(gain, one) + times(root(spread) @ root(FLOW.law(False)[1], -0.5), two)
    torch.testing.assert_close(roundtrip.returned(FLOW, two, one, steps=30), expected, atol=8e-3, rtol=0)
    near = roundtrip.returned(FLOW, two, one)
    assert float((near - expected).abs().max()) < 0.15


def test_differences_are_those_of_values_and_of_edges() -> None:
    ramp = torch.arange(6.0).expand(1, 2, 5, 6)
    value, edge = roundtrip.differences(ramp, torch.zeros_like(ramp))[:, 0]
    torch.testing.assert_close(value, 2**0.5 * ramp[0, 0])
    torch.testing.assert_close(edge[:, 1:-1], torch.full((5, 4), 2**0.5))
    assert not roundtrip.differences(ramp, ramp).any()
    torch.testing.assert_close(
        roundtrip.differences(ramp, ramp + 1)[1], torch.zeros(1, 5, 6)
    )  # a shift of all has no edge


# --- reconstruction ---


def test_a_reconstruction_is_where_the_flow_of_a_gaussian_goes() -> None:
    one, two = drawn()
    field = Noise(0)
    draw = lambda k: field.normal(k, 3, whole((12, 10))).double()
    found = reconstruct.errors(FLOW, two, told(one), draw, levels=(0.2, 0.7), steps=40)
    gain, spread = FLOW.law(True)
    mean = times(gain, one)
    for k, t in enumerate((0.2, 0.7)):
        now = (1 - t) ** 2 * torch.eye(3, dtype=torch.float64) + t**2 * spread
        start = (1 - t) * draw(k) + t * two
        made = mean + times(root(spread) @ root(now, -0.5), start - t * mean)
        torch.testing.assert_close(found[k, 0], (made - two).square().sum(1), atol=5e-3, rtol=0)
        slopes = (roundtrip.slopes(made) - roundtrip.slopes(two)).square().sum((1, 2))
        torch.testing.assert_close(found[k, 1], slopes, atol=5e-3, rtol=0)


def test_levels_weigh_alike_whatever_their_scale() -> None:
    maps = np.random.default_rng(0).gamma(2.0, size=(3, 20, 20))
    valid = np.ones((20, 20), bool)
    valid[:3] = False
    maps[:, :3] = 1e6  # what is not valid must not weigh
    scores = reconstruct.robust(maps, valid)
    np.testing.assert_allclose(np.median(scores[:, valid], 1), 0, atol=1e-12)
    np.testing.assert_allclose(1.4826 * np.median(np.abs(scores[:, valid]), 1), 1)
    np.testing.assert_allclose(reconstruct.robust(maps * 100 + 7, valid), scores, rtol=1e-6, atol=1e-6)
    assert not reconstruct.robust(np.ones((1, 20, 20)), valid).any()


# --- score norm ---


def test_score_norms_are_those_of_the_blurred_law() -> None:
    one, two = drawn()
    found = scorenorm.norms(FLOW, two, told(one), levels=(0.4, 0.9))
    gain, spread = FLOW.law(True)
    for k, t in enumerate((0.4, 0.9)):
        s = (1 - t) / t
        precision = torch.linalg.inv(spread + s**2 * torch.eye(3, dtype=torch.float64))
        expected = s * times(precision, two - times(gain, one)).square().sum(1).sqrt()
        torch.testing.assert_close(found[k], expected, atol=1e-5, rtol=1e-4)


def test_rarity_is_the_density_of_one_gaussian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorenorm, "RIDGE", 0.0)
    values = np.random.default_rng(0).gamma(3.0, size=(4, 15, 15))
    valid = np.ones((15, 15), bool)
    valid[0] = False
    seen = values[:, valid]
    law = multivariate_normal(seen.mean(1), np.cov(seen, bias=True))
    found = scorenorm.rarity(values, valid)
    np.testing.assert_allclose(found, -law.logpdf(np.moveaxis(values, 0, -1)), rtol=1e-4)
    assert np.isfinite(scorenorm.rarity(np.ones((4, 15, 15)), valid)).all()


# --- typicality and complexity ---


def test_what_is_too_usual_is_not_typical_either() -> None:
    x = np.random.default_rng(0).normal(size=(3, 96, 96))
    x[:, 10:30, 10:30] = 0.0  # the mode: the most likely patch there is, and one that never occurs
    x[:, 60:80, 60:80] *= 1.6
    nll = (x**2).sum(0) / 2 + 1.5 * np.log(2 * np.pi)
    valid = np.ones((96, 96), bool)
    found, entropy = typicality(nll, valid, 3)
    assert entropy == pytest.approx(0.5 * np.log(2 * np.pi * np.e), abs=0.05)
    usual = np.percentile(found[35:55], 99)
    assert found[20, 20] > 2 * usual
    assert found[70, 70] > 2 * usual
    assert nll[20, 20] < np.median(nll)  # the likelihood alone calls it the most usual of all


def test_a_window_counts_valid_pixels_only() -> None:
    values = np.where(np.arange(20) < 10, 1.0, np.nan) * np.ones((20, 1))
    valid = np.isfinite(values)
    found = windowed(values, valid, 5)
    np.testing.assert_allclose(found[:, :12], 1)
    assert np.isnan(found[:, 13:]).all()


def test_the_code_is_longer_where_there_is_more_to_say() -> None:
    g = np.random.default_rng(0)
    image = np.concatenate([g.normal(size=(2, 40, 40)), np.tile(np.linspace(0, 1, 40), (2, 40, 1))], 2)
    found = complexity(image)
    assert found[:, 10:30].mean() > found[:, 50:70].mean() + 2
    np.testing.assert_allclose(
        complexity(image * np.e)[:, 10:30], found[:, 10:30] + 2, atol=1e-4
    )  # a nat for each band
    np.testing.assert_allclose(complexity(image + 5), found, atol=1e-4)
    # an edge along rows or columns is foretold: it costs no more than a flat patch
    step = np.where(np.arange(40) < 20, 0.0, 3.0) * np.ones((1, 40, 1))
    assert complexity(step)[20, 25] == complexity(np.zeros((1, 40, 40)))[20, 25]


# --- masked ---


class Told:
    """The exact law of a pixel given the other date (b = 1 of each band alone), deaf to its neighbours."""

    law = "gaussian"

    def predict(self, x: Tensor, condition: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        assert not (x * hidden).any()
        assert set(hidden.unique().tolist()) <= {0.0, 1.0}
        return TIE * condition[:, :-1], torch.full_like(x, 0.5 * np.log(1 - TIE**2))


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_every_pixel_is_foretold_unseen_once_at_each_scale(groups: int) -> None:
    one, two = drawn(rows=40, columns=30)
    field = Noise(0)
    deal = lambda draw, count, side: field.labels(draw, count, side, whole((40, 30)))
    found = masked.hidden_nll(Told(), two, told(one), deal, groups=groups, law="gaussian")
    law = torch.distributions.Normal(TIE * one, (1 - TIE**2) ** 0.5)
    for scale in found:
        torch.testing.assert_close(scale, -law.log_prob(two).sum(1))


def test_looking_at_what_is_hidden_does_not_help() -> None:
    class Copy:
        def predict(self, x: Tensor, condition: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
            return x, torch.zeros_like(x)

    _, two = drawn()
    deal = lambda draw, count, side: Noise(1).labels(draw, count, side, whole((12, 10)))
    found = masked.hidden_nll(Copy(), two, told(two), deal, scales=(4,))
    torch.testing.assert_close(found[0], two.abs().sum(1) + 3 * np.log(2))


def test_densities_are_those_of_torch() -> None:
    x, m, s = torch.randn(50), torch.randn(50), torch.randn(50) / 3
    for law, kind in (("gaussian", torch.distributions.Normal), ("laplace", torch.distributions.Laplace)):
        torch.testing.assert_close(masked.density(x, m, s, law), -kind(m, s.exp()).log_prob(x))
    with pytest.raises(ValueError, match="law"):
        masked.density(x, m, s, "cauchy")


# --- the functions of the rows ---

FLOWS = (
    "flow_nll", "likelihood_ratio", "typicality", "elbo_conditional", "elbo_unconditional", "elbo_pmi", "round_trip",
    "reconstruction", "score_norm",
)  # fmt: skip
MASKED = ("masked_nll", "masked_unconditional", "conditional_network")
ROWS = (*FLOWS, *MASKED)


def small(name: str) -> object:
    torch.manual_seed(0)
    return (MaskedNet if name in MASKED else Net)((8, 8)).eval()


def question(seed: int = 0, rows: int = 30, columns: int = 22) -> Problem:
    one, two = FLOW.draw(seed, rows, columns)
    valid = np.random.default_rng(seed).random((rows, columns)) > 0.05
    return Problem(
        np.where(valid, one, 0).astype(np.float32), np.where(valid, two, 0).astype(np.float32), valid,
        ("red", "green", "blue"),
    )  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_every_row_answers_alike_both_ways_and_with_the_same_bits(name: str) -> None:
    ask, network, asked = getattr(likelihoods, name), small(name), question()
    steps: list[tuple[int, int]] = []
    found = ask(asked, 0, lambda done, total, what="": steps.append((done, total)), network=network)
    assert found.nll.shape == (30, 22)
    assert found.nll.dtype == np.float32
    assert np.isfinite(found.nll[asked.valid]).all()
    assert {"forward", "backward"} < set(found.parts) | {""}
    assert all(v.shape == (30, 22) and v.dtype == np.float32 for v in found.parts.values())
    assert [done for done, _ in steps] == list(range(steps[0][1]))
    again = ask(asked, 0, network=network)
    np.testing.assert_array_equal(again.nll, found.nll)
    back = ask(asked.swapped, 0, network=network)
    np.testing.assert_allclose(back.nll, found.nll, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(back.parts["forward"], found.parts["backward"], rtol=1e-4, atol=1e-4)
    if name not in ("round_trip", "score_norm", "conditional_network"):
        assert not np.array_equal(ask(asked, 1, network=network).nll, found.nll)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_can_be_stopped(name: str) -> None:
    def stop(done: int, total: int, what: str = "") -> None:
        if done == min(1, total - 1):
            raise Cancelled

    with pytest.raises(Cancelled):
        getattr(likelihoods, name)(question(), 0, stop, network=small(name))


@pytest.mark.parametrize("name", ROWS)
def test_every_row_asks_for_its_network_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    models = types.ModuleType("models")
    asked: list[str] = []
    models.load = lambda which: (asked.append(which), (small(name), None))[1]
    monkeypatch.setitem(sys.modules, "eogen.change.models", models)
    getattr(likelihoods, name)(question(rows=16, columns=16), 0)
    own = {"conditional_network": "conditional"}
    assert asked == [own.get(name, "masked" if name in MASKED else "flow")]


@pytest.fixture(scope="module")
def changed() -> tuple[Problem, np.ndarray]:
    """A pair with a patch of the later date that goes with nothing: another draw of the same law."""
    one, two = FLOW.draw(3, 72, 72)
    label = np.zeros((72, 72), bool)
    label[20:44, 30:50] = True
    two[:, label] = FLOW.draw(4, 72, 72)[1][:, label]
    return Problem(one, two, np.ones((72, 72), bool), ("red", "green", "blue")), label


@pytest.mark.parametrize("name", [n for n in FLOWS if n != "elbo_unconditional"])
def test_a_patch_that_does_not_go_with_the_other_date_stands_out(name: str, changed: tuple) -> None:
    asked, label = changed
    found = getattr(likelihoods, name)(asked, 0, network=FLOW)
    assert roc_auc_score(label.ravel(), gaussian_filter(found.nll, 1.5).ravel()) > 0.95


def test_alone_the_same_patch_is_usual(changed: tuple) -> None:
    asked, label = changed
    found = likelihoods.elbo_unconditional(asked, 0, network=FLOW)
    assert 0.35 < roc_auc_score(label.ravel(), gaussian_filter(found.nll, 1.5).ravel()) < 0.65


def test_the_rows_of_the_exact_likelihood_are_the_density(changed: tuple) -> None:
    asked, _ = changed
    scaled = three_bands(asked)
    one, two = (torch.from_numpy(d)[None] for d in (scaled.before, scaled.after))
    given = (FLOW.nll(two, one, True) + FLOW.nll(one, two, True))[0] / 2
    alone = (FLOW.nll(two, one, False) + FLOW.nll(one, two, False))[0] / 2
    found = likelihoods.flow_nll(asked, 0, network=FLOW)
    assert found.facts["nats_per_dim"] == pytest.approx(float(given.mean()) / 3, abs=0.02)
    ratio = likelihoods.likelihood_ratio(asked, 0, network=FLOW)
    assert ratio.nll.mean() == pytest.approx(float((given - alone).mean()), abs=0.06)
    assert spearmanr(ratio.nll.ravel(), (given - alone).numpy().ravel())[0] > 0.95
    bound = likelihoods.elbo_pmi(asked, 0, network=FLOW)
    smooth = lambda m: gaussian_filter(np.asarray(m), 1.5).ravel()
    assert spearmanr(smooth(bound.nll), smooth(given - alone))[0] > 0.9


@pytest.mark.parametrize("name", ["flow_nll", "elbo_conditional"])
def test_an_image_in_tiles_is_the_image_at_once(name: str) -> None:
    asked = question(rows=24, columns=600)
    scaled = three_bands(asked)
    x = torch.from_numpy(np.stack([scaled.after, scaled.before]))
    window, field = whole((24, 600)), Noise(5)
    if name == "flow_nll":
        signs = field.signs(0, 3, window)[None]
        plain = -likelihood(FLOW, x, told(x.flip(0)), signs).contribution.numpy()
        once = torch.from_numpy(steadied(plain, signs.numpy(), asked.valid).mean(0))
    else:
        draw = lambda k: field.normal(k, 3, window)
        levels = elbo.terms(FLOW, x, [told(x.flip(0))], draw, weighting=likelihoods.WEIGHTING)[0].numpy()
        steady = [steadied(m, draw(k)[None].numpy(), asked.valid) for k, m in enumerate(levels)]
        once = torch.from_numpy(np.sum(steady, 0).mean(0))
    found = getattr(likelihoods, name)(asked, 5, network=FLOW)
    assert np.abs(found.nll - once.numpy()).max() < 1e-4


def test_told_and_untold_differ_by_what_is_told() -> None:
    x = torch.randn(2, 3, 4, 5)
    assert told(x).shape == untold(x).shape == (2, 4, 4, 5)
    assert (told(x)[:, -1] == 1).all()
    assert torch.equal(told(x)[:, :-1], x)
    assert not untold(x).any()
