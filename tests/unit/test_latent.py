"""The latent plane and the walks through it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from eogen.canopy import heads, latent
from eogen.canopy.likelihood import log_likelihood
from eogen.canopy.posteriors.truncated import Truncated
from eogen.canopy.priors import prior
from eogen.canopy.simulate import simulate, view
from eogen.canopy.space import INFERRED
from eogen.errors import Cancelled, InputError


def spectra(count=40):
    return simulate(prior("legacy"), count, torch.Generator().manual_seed(0)).observation


def network():
    torch.manual_seed(0)
    return heads.Independent(prior("legacy"), width=16, blocks=1).eval().requires_grad_(False)


def test_means_are_those_of_many_draws_in_normal_coordinates():
    seen = spectra(5)
    found = latent.encode(network(), seen, draws=3000)
    with torch.inference_mode():
        draws = network()(seen).sample(3000, torch.Generator().manual_seed(9))
    normal = prior("legacy").to_normal(draws)
    assert found.mean == pytest.approx(normal.mean(0).numpy(), abs=0.12)
    assert found.sd == pytest.approx(normal.std(0).numpy(), rel=0.12)
    assert found.theta == pytest.approx(draws.mean(0).numpy(), rel=0.1, abs=0.02)


def test_a_few_draws_of_a_flow_tell_its_means():
    torch.manual_seed(0)
    flow = heads.Flow(prior("legacy"), width=16, blocks=1, flow_width=16)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    seen = spectra(6)
    few = latent.encode(flow.eval(), seen)
    with torch.inference_mode():
        many = flow(seen).sample(4000, torch.Generator().manual_seed(3))
    expected = prior("legacy").to_normal(many).mean(0).numpy()
    assert np.abs(few.mean - expected).mean() < 0.1
    assert few.theta.shape == (6, 11)
    assert (few.theta[:, INFERRED.index("cab")] > 15).all(), "columns are in the order of INFERRED"


def test_pieces_do_not_show_and_progress_can_stop(monkeypatch):
    monkeypatch.setattr(latent, "PIECE", 7)
    told = []
    found = latent.encode(network(), spectra(20), draws=2, progress=lambda *a: told.append(a))
    assert len(found) == 20
    assert told == [(0, 3, "predict"), (1, 3, "predict"), (2, 3, "predict"), (3, 3, "predict")]

    def stop(done, total, what=""):
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        latent.encode(network(), spectra(20), draws=2, progress=stop)


def test_no_pixel_is_said():
    for call in (lambda: latent.encode(network(), spectra(3)[:0]), lambda: latent.plane(np.zeros((1, 11)))):
        with pytest.raises(InputError) as error:
            call()
        assert error.value.code == "latent_empty"


def test_the_plane_holds_the_widest_two_directions():
    random = np.random.default_rng(0)
    turn = np.linalg.qr(random.normal(size=(11, 11)))[0]
    scale = np.array([3.0, 2.0] + [0.1] * 9)
    points = random.normal(size=(4000, 11)) * scale @ turn.T
    found = latent.plane(points)
    for axis in range(2):
        assert abs(found.axes[axis] @ turn[:, axis]) > 0.99
        name, weight = found.loadings(axis)[0]
        assert weight > 0
        assert name == INFERRED[int(np.abs(found.axes[axis]).argmax())]
    assert found.share == pytest.approx(np.array([9, 4]) / (13 + 0.09), abs=0.03)
    assert found.axes @ found.axes.T == pytest.approx(np.eye(2), abs=1e-9)


def test_the_centre_of_the_plane_is_the_priors_whatever_the_sample():
    points = np.random.default_rng(0).normal(size=(100, 11)) + 5
    assert latent.plane(points).project(np.zeros((1, 11))) == pytest.approx(0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=3, unique=True))
def test_inside_a_triangle_is_what_matplotlib_says(corners):
    outline = np.array(corners)
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    assert (latent.inside(points, outline) != Outline(outline).contains_points(points)).mean() < 0.01


def test_an_outline_may_be_hollow():
    ring = np.array([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (1, 1), (1, 3), (3, 3), (3, 1), (1, 1)], float)
    points = np.array([(0.5, 2), (2, 2), (3.5, 2), (5, 5)])
    assert latent.inside(points, ring).tolist() == [True, False, True, False]


def test_a_walk_along_a_variable_moves_nothing_else():
    theta = prior("atbd").sample(1, torch.Generator().manual_seed(0))[0]
    walk = latent.walk_variable(prior("atbd"), theta, "lai", 9)
    i = INFERRED.index("lai")
    assert walk[:, i].tolist() == pytest.approx(np.linspace(0, 15, 9))
    rest = [j for j in range(11) if j != i]
    assert torch.equal(walk[:, rest], theta[rest].expand(9, -1))
    with pytest.raises(InputError):
        latent.walk_variable(prior("atbd"), theta, "sun")


def test_directions_are_those_of_the_posterior():
    """Two variables tied by the copula make the widest and the narrowest direction of what is known."""
    factor = torch.eye(11)
    i, j = INFERRED.index("lai"), INFERRED.index("ala")
    factor[j, i], factor[j, j] = 0.98, (1 - 0.98**2) ** 0.5
    posterior = Truncated(prior("legacy"), torch.full((1, 11), 0.5), torch.full((1, 11), 0.05), factor[None])
    made = view(posterior.sample(1)[0], torch.tensor([[30.0, 5.0, 100.0]]), torch.Generator().manual_seed(0))
    seen = made.observation
    peak, axes, spread = latent.directions(posterior, seen, draws=4000)
    assert axes @ axes.T == pytest.approx(np.eye(11), abs=1e-6)
    assert (np.diff(spread) <= 1e-9).all()
    draws = prior("legacy").to_normal(posterior.sample(4000, torch.Generator().manual_seed(5))[:, 0])
    along = draws.numpy() @ axes.T
    assert along.std(0) == pytest.approx(spread, rel=0.08)
    theta = prior("legacy").from_normal(torch.from_numpy(peak)).float()[None]

    def joint(x):
        return log_likelihood(x, seen) + prior("legacy").log_prob(x)

    others = posterior.sample(300, torch.Generator().manual_seed(1))[:, 0]
    assert joint(theta) > joint(others).quantile(0.97), "it is a peak"
    assert log_likelihood(theta, seen) > log_likelihood(others, seen).median()
    assert spread[-1] < 0.35 * np.median(spread), "what the tie makes certain"
    assert {int(k) for k in np.argsort(-np.abs(axes[-1]))[:2]} == {i, j}


def test_a_walk_along_a_direction_goes_through_the_centre():
    centre, direction = np.full(11, 0.3), np.eye(11)[6]
    walk = latent.walk_direction(prior("legacy"), centre, direction, 0.5, 5)
    assert torch.isfinite(walk).all()
    normal = prior("legacy").to_normal(walk.double()).numpy()
    assert normal[2] == pytest.approx(centre, abs=1e-3)
    assert (normal[:, 6] - 0.3) == pytest.approx(np.linspace(-1.25, 1.25, 5), abs=1e-3)
