"""Does a prior explain real spectra? Checked on spectra that come from it, and on spectra that cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.spatial.distance import mahalanobis as of_scipy

from eogen.canopy.observation import Observation
from eogen.canopy.prior_check import edited, mahalanobis, nearest, prior_check, widened
from eogen.canopy.priors import prior
from eogen.canopy.sensors import BANDS
from eogen.canopy.simulate import simulate
from eogen.canopy.space import INFERRED
from eogen.canopy.variables import Prior
from eogen.errors import InputError

LAI = INFERRED.index("lai")


def seen(name="legacy", count=300, seed=7) -> Observation:
    return simulate(prior(name), count, torch.Generator().manual_seed(seed)).observation


def draws(believed, count=4000, seed=3):
    return believed.sample(count, torch.Generator().manual_seed(seed))


def test_distances_are_those_of_scipy():
    random = np.random.default_rng(0)
    cloud = random.normal(size=(200, 4)) @ random.normal(size=(4, 4))
    points = random.normal(size=(20, 4))
    inverse = np.linalg.inv(np.cov(cloud, rowvar=False))
    expected = [of_scipy(point, cloud.mean(0), inverse) for point in points]
    assert mahalanobis(points, cloud) == pytest.approx(expected)
    assert nearest(points, cloud) == pytest.approx(cdist(points, cloud).min(1) / 2)
    assert nearest(cloud[:5], cloud) == pytest.approx(0)


@pytest.mark.parametrize("name", ["legacy", "crops"])
def test_what_comes_from_the_prior_is_explained_by_it(name):
    found = prior_check(prior(name), seen(name), count=3000)
    # Of 300 spectra about 1 % are far by construction: more than 4 % has a probability below 1e-4.
    assert found.far < 0.04
    assert found.lonely < 0.04
    # 10 % per band: within five standard errors.
    assert np.abs(found.outside - 0.1).max() < 0.09
    assert found.bands == BANDS
    assert found.real.shape == found.simulated.shape == (5, 10)
    assert np.abs(found.real - found.simulated)[2].max() < 0.05


def test_spectra_of_another_kind_are_found_out():
    snow = seen()
    snow = Observation(snow.reflectance + torch.tensor([0.5] * 4 + [0.0] * 6), snow.geometry)
    found = prior_check(prior("legacy"), snow, count=2000)
    assert found.far > 0.95
    assert found.lonely > 0.95
    assert (found.outside[:4] > 0.9).all()
    assert (found.outside[4:] < 0.3).all()


def test_a_hole_in_the_cloud_is_seen_by_the_nearest_only():
    """Spectra between two modes are near the centre of the cloud and far from every simulation."""
    low, high = (Prior(a, b, "uniform") for a, b in ((0.0, 0.02), (7.0, 7.02)))
    rows = {"psoil": Prior(0.4, 0.42, "uniform"), "rsoil": Prior(1.0, 1.02, "uniform")}
    modes = [edited(prior("legacy"), rows | {"lai": law}) for law in (low, high)]
    between = edited(prior("legacy"), rows | {"lai": Prior(1.0, 1.5, "uniform")})
    generator = torch.Generator().manual_seed(0)
    cloud = np.concatenate([simulate(m, 1000, generator).observation.reflectance.numpy() for m in modes])
    fresh = np.concatenate([simulate(m, 200, generator).observation.reflectance.numpy() for m in modes])
    middle = simulate(between, 200, generator).observation.reflectance.numpy()
    assert np.median(nearest(middle, cloud)) > 2 * np.median(nearest(fresh, cloud))
    assert np.median(mahalanobis(middle, cloud)) < 1.5 * np.median(mahalanobis(fresh, cloud))


def test_a_missing_band_is_left_out_and_too_few_spectra_are_refused():
    some = seen(count=50)
    some.reflectance[3, BANDS.index("B08")] = torch.nan
    found = prior_check(prior("legacy"), some, count=600)
    assert found.bands == tuple(b for b in BANDS if b != "B08")
    assert found.real.shape == (5, 9)
    with pytest.raises(InputError, match="at least 10") as error:
        prior_check(prior("legacy"), some[:9])
    assert error.value.code == "prior_too_few"


def test_the_same_seed_gives_the_same_check():
    one, two = (prior_check(prior("atbd"), seen(count=40), count=400, seed=5) for _ in range(2))
    assert np.array_equal(one.nearest, two.nearest)
    assert np.array_equal(one.mahalanobis, two.mahalanobis)


@pytest.mark.parametrize("name", ["legacy", "atbd", "crops"])
def test_nothing_edited_is_the_same_prior(name):
    before, after = prior(name), edited(prior(name), {})
    theta = draws(before, 200)
    assert torch.equal(after.log_prob(theta), before.log_prob(theta))
    assert widened(before, after) == []


@pytest.mark.parametrize("name", ["legacy", "atbd", "crops"])
def test_an_edited_law_rules_draws_and_densities(name):
    law = Prior(1.0, 4.0, "uniform")
    after = edited(prior(name), {"ala": replace(prior(name).priors["ala"], low=50, high=70, narrow=None)})
    after = edited(after, {"lai": law})
    theta = draws(after)
    assert theta[:, LAI].min() >= 1
    assert theta[:, LAI].max() <= 4
    ala = theta[:, INFERRED.index("ala")]
    assert 50 <= ala.min() <= ala.max() <= 70
    assert after.log_prob(theta).isfinite().all()
    outside = theta.clone()
    outside[:, LAI] = 6.0
    assert (after.log_prob(outside) == -torch.inf).all()
    assert torch.equal(after.space.low, prior(name).space.low), "nats stay per unit cube of the first prior"


def test_densities_of_an_edited_prior_are_relative_to_the_first_cube():
    """A uniform law on a third of the range has three times the density: log 3 nats more."""
    flat = edited(prior("legacy"), {"psoil": Prior(0, 1 / 3, "uniform")})
    theta = draws(flat, 100)
    assert (flat.log_prob(theta) - prior("legacy").log_prob(theta)).numpy() == pytest.approx(
        np.log(3), abs=1e-4
    )


def test_shares_of_the_covers():
    crops = prior("crops")
    only = edited(crops, {}, {name: float(name == "forest") for name in crops.names})
    assert only.names == ("forest",)
    twice = edited(crops, {}, {"forest": 7 / 6, "sparse": 0})
    assert twice.shares.sum() == pytest.approx(1)
    assert dict(zip(twice.names, twice.shares.tolist(), strict=True))["forest"] == pytest.approx(7 / 11)
    for shares in (dict.fromkeys(crops.names, 0.0), {"forest": -1.0}):
        with pytest.raises(InputError) as error:
            edited(crops, {}, shares)
        assert error.value.code == "prior_shares"


@pytest.mark.parametrize(
    ("name", "law", "code"),
    [
        ("lai", Prior(5, 4, "uniform"), "prior_bounds"),
        ("lai", Prior(0, 16, "uniform"), "prior_reach"),
        ("cab", Prior(-1, 50, "uniform"), "prior_reach"),
        ("cab", Prior(20, 90, "normal", 45, 0.0), "prior_scale"),
        ("cab", Prior(20, 90, "normal", 45, 30, (10, 90)), "prior_narrow"),
        ("ant", Prior(0, 1, "uniform"), "canopy_choice"),
    ],
)
def test_what_cannot_be_a_prior_is_refused(name, law, code):
    with pytest.raises(InputError) as error:
        edited(prior("legacy"), {name: law})
    assert error.value.code == code


def test_widened_names_what_no_weight_can_reach():
    assert widened(prior("legacy"), edited(prior("legacy"), {"lai": Prior(0, 12, "uniform")})) == ["lai"]
    assert widened(prior("legacy"), edited(prior("legacy"), {"lai": Prior(1, 9, "uniform")})) == []
