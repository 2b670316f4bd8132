"""Gradients of PROSAIL: against central differences, and finite wherever a parameter may stand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eogen.canopy.prosail import Prosail
from eogen.canopy.variables import VARIABLES
from tests.canopy_draws import draw, ranges

DOUBLE = torch.float64


def slopes(model: Prosail, p: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return d bands / d parameter (n, band), one pass per band."""
    p = {k: v.clone().requires_grad_() for k, v in p.items()}
    bands = model(p)
    rows = [torch.autograd.grad(bands[:, b].sum(), list(p.values()), retain_graph=True) for b in range(10)]
    return {name: torch.stack([row[i] for row in rows], 1) for i, name in enumerate(p)}


@pytest.mark.parametrize(("version", "inclination"), [("5", "campbell"), ("D", "campbell"), ("D", "verhoef")])
def test_gradients_equal_central_differences(version, inclination):
    """To 1e-5 of the slope; slopes that move a band by less than 1e-9 over the whole range are rounding."""
    model = Prosail(version=version, lidf=inclination, dtype=DOUBLE)
    span = ranges(model.variables)
    p = draw(200, model.variables, seed=11)
    # Away from the bounds by the step of the difference.
    p = {
        k: v.clamp(span[k][0] + 0.01 * np.ptp(span[k]), span[k][1] - 0.01 * np.ptp(span[k]))
        for k, v in p.items()
    }
    found = slopes(model, p)
    for name in model.variables:
        width = float(np.ptp(span[name]))
        step = 2e-5 * width

        def at(times: float, name=name, step=step) -> torch.Tensor:
            return model(p | {name: p[name] + times * step})

        # Central differences of fourth order: the error of the second order is not below 1e-5 everywhere.
        expected = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
        excess = (found[name] - expected).abs() - 1e-5 * expected.abs() - 1e-9 / width
        assert excess.max() <= 0, (name, float(excess.max() * width))


def test_spectrum_gradients_survive_being_computed_again():
    """Whole spectra are computed again on the way back, piece by piece: same slopes as in one piece."""
    model = Prosail(dtype=DOUBLE)
    p = {k: v.requires_grad_() for k, v in draw(40, model.variables, seed=12).items()}
    pieces = torch.autograd.grad(model.spectrum(p).sum(), list(p.values()))
    first = {k: v[:3].detach().requires_grad_() for k, v in p.items()}
    whole = torch.autograd.grad(model.spectrum(first).sum(), list(first.values()))
    for a, b in zip(pieces, whole, strict=True):
        assert torch.allclose(a[:3], b, rtol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
@pytest.mark.parametrize(("version", "inclination"), [("5", "campbell"), ("D", "campbell"), ("D", "verhoef")])
def test_values_and_gradients_are_finite_in_every_corner(version, inclination, dtype):
    """Random corners of the box of bounds, singular directions among them (sun = view, azimuth 0, zenith 0)."""
    model = Prosail(version=version, lidf=inclination, dtype=dtype)
    random = np.random.default_rng(13)
    p = {}
    for name in model.variables:
        v = VARIABLES[name]
        choices = [v.low, v.high, random.uniform(v.low, v.high)]
        choices += {
            "solar_zenith": [30, 2.5, 47.5],
            "view_zenith": [30, 2.5],
            "relative_azimuth": [0, 180, 360],
        }.get(name, [])
        choices += {"rsoil": [1.0]}.get(name, [])
        p[name] = torch.from_numpy(random.choice(choices, 3000)).to(dtype)
    if inclination == "verhoef":
        p["lidfb"] = torch.where(p["lidfa"].abs() == 1, 0.0, p["lidfb"] * (1 - p["lidfa"].abs()))
    p["rsoil"] = p["rsoil"].clamp(max=1.9)
    p = {k: v.requires_grad_() for k, v in p.items()}
    bands = model(p)
    assert bands.isfinite().all()
    for name, slope in zip(p, torch.autograd.grad(bands.sum(), list(p.values())), strict=True):
        assert slope.isfinite().all(), name


def test_float32_gradients_equal_float64():
    """Close enough to train with: to 0.1 % of the largest slope of each parameter and band, typically 1e-5."""
    p = draw(500, Prosail().variables, seed=14)
    exact = slopes(Prosail(dtype=DOUBLE), p)
    rough = slopes(Prosail(), {k: v.float() for k, v in p.items()})
    for name, value in exact.items():
        scale = value.abs().amax(0)
        seen = scale > 0  # some contents absorb nothing in some bands
        assert (rough[name][:, ~seen] == 0).all(), name
        error = ((rough[name].double() - value).abs() / scale)[:, seen]
        assert error.max() < 1e-3, name
        assert error.median() < 1e-5, name


def test_second_derivatives_are_refused_rather_than_wrong():
    model = Prosail(dtype=DOUBLE)
    p = {k: v.requires_grad_() for k, v in draw(3, model.variables, seed=15).items()}
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.autograd.grad(model(p).sum(), [p["lai"]], create_graph=True)
