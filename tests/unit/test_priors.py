"""Joint priors: a map from the normal law and back, its Jacobian, the ranges that narrow with leaf area."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from eogen.canopy.priors import JointPrior, prior
from eogen.canopy.space import INFERRED, column, unit_of
from eogen.canopy.variables import ATBD, LEGACY, Prior
from eogen.errors import InputError

NAMES = ("legacy", "atbd")


def draws(name: str, count: int = 4000) -> torch.Tensor:
    return prior(name).sample(count, torch.Generator().manual_seed(0)).double()


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name):
    normal = torch.randn(500, 11, generator=torch.Generator().manual_seed(1)).double()
    believed = prior(name)
    assert (believed.to_normal(believed.from_normal(normal)) - normal).abs().max() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_the_determinant_of_the_map(name):
    believed = prior(name)
    normal = torch.randn(8, 11, generator=torch.Generator().manual_seed(2)).double()

    def to_cube(z):
        return believed.space.unit(believed.from_normal(z)).sum(0)

    jacobian = torch.autograd.functional.jacobian(to_cube, normal).movedim(1, 0)
    slope = believed.log_slope(believed.from_normal(normal))
    assert (slope + torch.linalg.slogdet(jacobian)[1]).abs().max() < 1e-9


def test_the_legacy_prior_is_scipys_product_of_truncated_normals():
    theta = draws("legacy", 200).numpy()
    expected = np.zeros(len(theta))
    for i, name in enumerate(INFERRED):
        p = LEGACY[name]
        law = (
            stats.uniform(p.low, p.high - p.low)
            if p.law == "uniform"
            else stats.truncnorm((p.low - p.loc) / p.scale, (p.high - p.loc) / p.scale, p.loc, p.scale)
        )
        expected += law.logpdf(theta[:, i]) + np.log(p.high - p.low)
        assert stats.kstest(draws("legacy").numpy()[:, i], law.cdf).pvalue > 1e-4, name
    assert prior("legacy").log_prob(torch.tensor(theta)).numpy() == pytest.approx(expected, abs=1e-6)


def test_ranges_narrow_as_leaf_area_grows():
    theta = draws("atbd", 20_000)
    share = column(theta, "lai") / ATBD["lai"].high
    for name in ("cab", "cbrown", "ala"):
        law = ATBD[name]
        low = law.low + share * (law.narrow[0] - law.low)
        high = law.high + share * (law.narrow[1] - law.high)
        values = column(theta, name)
        assert (values >= low - 1e-4).all()
        assert (values <= high + 1e-4).all()
    dense, sparse = column(theta, "lai") > 9, column(theta, "lai") < 2
    assert column(theta, "ala")[dense].std() < 0.6 * column(theta, "ala")[sparse].std()


@pytest.mark.parametrize("name", [*NAMES, "crops"])
def test_nothing_outside_the_bounds(name):
    theta = draws(name, 10)
    assert prior(name).log_prob(theta).isfinite().all()
    theta[:, INFERRED.index("cab")] = 500.0
    assert (prior(name).log_prob(theta) == -torch.inf).all()


def test_derived_quantities_are_products():
    theta = draws("legacy", 3)
    assert torch.equal(column(theta, "ccc"), column(theta, "lai") * column(theta, "cab"))
    assert unit_of("ccc") == "µg/cm2"
    with pytest.raises(InputError, match="nonsense"):
        column(theta, "nonsense")


@pytest.mark.parametrize(
    ("name", "law", "code"),
    [
        ("cab", Prior(90, 20, "uniform"), "prior_bounds"),
        ("cab", Prior(20, 90, "normal", 45, 0.0), "prior_scale"),
        ("cab", Prior(20, 90, "normal", 45, 30, (10, 90)), "prior_narrow"),
        ("lai", Prior(0, 10, "normal", 2, 3, (1, 2)), "prior_narrow"),
    ],
)
def test_a_prior_that_means_nothing_is_refused(name, law, code):
    with pytest.raises(InputError) as caught:
        JointPrior("mine", {n: LEGACY[n] for n in INFERRED} | {name: law})
    assert caught.value.code == code


def test_a_prior_must_speak_of_every_variable():
    with pytest.raises(InputError, match="rsoil"):
        JointPrior("mine", {n: LEGACY[n] for n in INFERRED if n != "rsoil"})
