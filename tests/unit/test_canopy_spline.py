"""The flow's spline and its density, against zuko's own; and what they must not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from eogen.canopy.posteriors.flow import SplineFlow, build
from eogen.canopy.posteriors.spline import Spline
from eogen.canopy.priors import prior
from eogen.canopy.space import INFERRED

REPOSITORY = Path(__file__).resolve().parents[2]


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3)])
def test_the_spline_is_zukos(shape):
    parameters = [
        torch.randn(*part, generator=generator(k)) for k, part in enumerate([(3, 8), (3, 8), (3, 7)])
    ]
    ours, theirs = Spline(*parameters), MonotonicRQSTransform(*parameters)
    x = 4 * torch.randn(shape, generator=generator(9))
    assert (x.abs() > 5).any() or x.numel() < 10, "none is outside the spline"
    for found, expected in zip(ours.call_and_ladj(x), theirs.call_and_ladj(x), strict=True):
        assert torch.equal(found, expected)
    assert torch.equal(ours.inv(x), theirs.inv(x))


def test_the_density_is_zukos():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        flow = build(6).requires_grad_(False)
        for parameter in flow.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    context = torch.randn(4, 6, generator=generator(2))
    posterior = SplineFlow(prior("legacy"), flow, context)
    for shape in [(4,), (7, 4)]:
        normal = 2 * torch.randn(*shape, len(INFERRED), generator=generator(3))
        expected = flow(context.expand(*shape, -1)).log_prob(normal)
        assert posterior.log_density(normal).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_no_computer_algebra_is_loaded():
    code = """
import sys
import torch
from eogen.canopy.posteriors.flow import SplineFlow, build
from eogen.canopy.priors import prior
believed = SplineFlow(prior("legacy"), build(6).requires_grad_(False), torch.zeros(2, 6))
draws = believed.sample(3)
believed.log_prob(draws)
believed.marginal("lai").quantile(0.5)
believed.pair(torch.zeros(2), torch.zeros(2, 2))
assert "sympy" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
