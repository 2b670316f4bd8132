"""Canopies that one spectrum cannot tell apart; what draws would send back; what a spectrum tells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE
from eogen.canopy.observation import Observation
from eogen.canopy.predictive import predict, spectrum_quantiles
from eogen.canopy.priors import prior
from eogen.canopy.ridge import fisher, identifiable, ridge
from eogen.canopy.space import INFERRED, column

LEGACY = prior("legacy")
ANGLES = torch.tensor([[35.0, 5.0, 100.0]])


def canopy(**values: float) -> torch.Tensor:
    usual = {
        "n": 1.45,
        "cab": 45.0,
        "car": 10.0,
        "cbrown": 0.1,
        "cw": 0.03,
        "cm": 0.006,
        "lai": 3.0,
        "ala": 57.0,
    }
    usual |= {"hspot": 0.25, "psoil": 0.5, "rsoil": 1.2}
    return torch.tensor([[(usual | values)[name] for name in INFERRED]])


def around(truth: torch.Tensor, spread: float, count: int = 400) -> torch.Tensor:
    normal = LEGACY.to_normal(truth) + spread * torch.randn(
        count, 11, generator=torch.Generator().manual_seed(0)
    )
    return LEGACY.from_normal(normal)


def seen(truth: torch.Tensor) -> Observation:
    return Observation(bands(truth, ANGLES), ANGLES)


def test_along_the_ridge_leaves_grow_and_the_spectrum_stays():
    truth = canopy()
    found = ridge(around(truth, 0.5), seen(truth), LEGACY, points=9)
    lai = column(found.theta, "lai")
    assert found.theta.shape == (9, 11)
    assert (lai.diff() > 0).all()
    assert float(lai[-1] - lai[0]) > 1
    inside = slice(2, 7)
    assert float(found.misfit[inside].max()) < 1
    off = (bands(found.theta, ANGLES) - seen(truth).reflectance) / NOISE.sd(seen(truth).reflectance)
    assert off.square().mean(1).sqrt().numpy() == pytest.approx(found.misfit.numpy(), abs=1e-4)
    u = LEGACY.space.unit(found.theta)
    assert 0 <= float(u.min()) <= float(u.max()) <= 1


def test_information_is_that_of_central_differences():
    truth = canopy()[0]
    found = fisher(truth, ANGLES[0], LEGACY).numpy()
    assert np.allclose(found, found.T)
    normal = LEGACY.to_normal(truth[None].double())[0]
    step = 0.02
    rows = []
    for i in range(11):
        ends = normal.repeat(2, 1)
        ends[0, i] -= step
        ends[1, i] += step
        low, high = bands(LEGACY.from_normal(ends).float(), ANGLES).double()
        rows.append(((high - low) / (2 * step)).numpy())
    scaled = np.array(rows).T / NOISE.sd(bands(truth[None], ANGLES)[0]).double().numpy()[:, None]
    assert found == pytest.approx(scaled.T @ scaled, rel=0.02, abs=0.02 * np.abs(found).max())


def test_a_bare_field_tells_nothing_of_leaves_and_a_dense_one_little_of_soil():
    bare, dense = (fisher(canopy(lai=v)[0], ANGLES[0], LEGACY) for v in (0.001, 8.0))
    cab, soil = INFERRED.index("cab"), INFERRED.index("rsoil")
    assert bare[cab, cab] < 1e-3
    assert dense[cab, cab] > 1
    assert dense[soil, soil] < 0.05 * bare[soil, soil]
    assert 1 <= identifiable(dense) <= 10  # ten bands cannot tell eleven things


def test_an_exact_posterior_reaches_the_noise_and_a_wide_one_does_not():
    truth = canopy()
    generator = torch.Generator().manual_seed(3)
    p, close, wide = [], [], []
    for _ in range(60):
        noisy = Observation(NOISE.sample(bands(truth, ANGLES), generator), ANGLES)
        exact = predict(truth.repeat(300, 1), noisy, seed=int(torch.randint(1000, (), generator=generator)))
        p.append(exact.p_all)
        close.append(exact.rmse)
        wide.append(predict(around(truth, 1.0, 300), noisy).rmse)
    assert stats.kstest(p, "uniform").pvalue > 0.001
    assert np.sqrt(np.mean(np.square(close))) == pytest.approx(exact.floor, rel=0.1)
    assert np.mean(wide) > 2 * np.mean(close)


def test_a_spectrum_far_from_all_draws_is_said_to_be():
    truth = canopy()
    far = Observation(seen(truth).reflectance + 0.15, ANGLES)
    found = predict(around(truth, 0.2), far)
    assert found.p_all < 0.01
    assert (found.residual > 3).all()


def test_a_missing_band_has_no_residual_and_counts_for_nothing():
    truth = canopy()
    whole = seen(truth)
    reflectance = whole.reflectance.clone()
    reflectance[0, 6] = torch.nan
    lacking = Observation(reflectance, ANGLES)
    found = predict(around(truth, 0.2), lacking)
    assert found.p[6].isnan()
    assert np.isfinite([found.p_all, found.rmse, found.floor]).all()
    assert ridge(around(truth, 0.3, 100), lacking, LEGACY, points=3).misfit.isfinite().all()


def test_quantiles_of_the_spectrum_are_in_order_and_meet_the_bands():
    truth = canopy()
    low, middle, high = spectrum_quantiles(around(truth, 0.3, 60), seen(truth))
    assert low.shape == (2101,)
    assert (low <= middle).all()
    assert (middle <= high).all()
    same = spectrum_quantiles(truth.repeat(3, 1), seen(truth))
    assert torch.allclose(same[0], same[2])
