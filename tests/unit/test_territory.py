"""The simulated territory: known everywhere, smooth within parcels, and of the colours of real fields."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eogen.canopy import read, thumbnail
from eogen.canopy.crops import COVERS, cover_prior
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import Noise
from eogen.canopy.render import true_colour
from eogen.canopy.space import DERIVED, GEOMETRY, INFERRED, unit_of
from eogen.canopy.territory import canopies, leafed, territory
from tests.real import real_data

SEEDS = (0, 2, 5)


@pytest.fixture(scope="module", params=SEEDS)
def ground(request):
    return territory(request.param)


def ndvi(reflectance):
    red, infrared = (reflectance.sel(band=b) for b in ("B04", "B08"))
    return ((infrared - red) / (infrared + red)).values


def test_equal_arguments_give_equal_territories_and_others_do_not(ground):
    again = territory(ground.attrs["seed"])
    assert again.identical(ground)
    assert not territory(ground.attrs["seed"] + 1).reflectance.equals(ground.reflectance)


def test_it_says_what_it_is(ground):
    assert ground.attrs["origin"] == "simulated"
    assert ground.rio.crs.to_epsg() == 32631
    assert ground.rio.resolution() == (10.0, -10.0)
    assert ground.reflectance.dims == ("band", "y", "x")
    for name in (*INFERRED, *DERIVED):
        assert ground[name].attrs["units"] == unit_of(name)
        assert ground[name].attrs["long_name"]
    for name in GEOMETRY:
        assert ground[name].attrs["units"] == "degree"
    np.testing.assert_allclose(ground.ccc, ground.lai * ground.cab, rtol=1e-5)


def test_every_canopy_lies_in_the_prior_of_its_cover(ground):
    theta, cover = canopies(ground), ground.cover.values.ravel()
    for number, (name, laws) in enumerate(COVERS.items()):
        assert cover_prior(name, laws).log_prob(theta[torch.from_numpy(cover == number)]).isfinite().all(), (
            name
        )


def test_every_cover_grows_there_and_woods_too(ground):
    shares = np.bincount(ground.cover.values.ravel(), minlength=len(COVERS)) / ground.cover.size
    assert (shares > 0.03).all(), dict(zip(COVERS, shares, strict=True))


def test_reflectance_is_that_of_the_truth_and_noise_of_the_size_said(ground):
    noise = Noise()
    angles = torch.tensor([[float(ground[name]) for name in GEOMETRY]])
    clean = bands(canopies(ground), angles)
    seen = torch.from_numpy(ground.reflectance.transpose("y", "x", "band").values.reshape(-1, 10))
    off = (seen - clean) / noise.sd(clean)
    assert abs(float(off.mean())) < 0.02
    assert float(off.std()) == pytest.approx(1, abs=0.02)


def test_parcels_are_smooth_inside_and_differ_from_each_other(ground):
    lai, parcel = ground.lai.values, ground.parcel.values
    step = np.abs(np.diff(lai, axis=1))
    same = parcel[:, 1:] == parcel[:, :-1]
    assert step[same].mean() < 0.2 * step[~same].mean()
    assert 10 <= len(np.unique(parcel)) <= 120


def test_it_looks_like_real_fields(ground):
    """NDVI from bare soil to dense canopies, and medians of bands within what real Sentinel-2 spectra span."""
    low, high = np.quantile(ndvi(ground.reflectance), [0.02, 0.98])
    assert low < 0.45
    assert high > 0.8
    real = read.cesbio(real_data("canopy")).reflectance
    for band in ground.band.values:
        ends = np.nanquantile(real.sel(band=band), [0.02, 0.98])
        assert ends[0] <= float(ground.reflectance.sel(band=band).median()) <= ends[1], band


def test_more_leaves_are_greener_until_they_no_longer_show(ground):
    parcel = int(np.bincount(ground.parcel.values.ravel()).argmax())
    here = ground.parcel.values == parcel
    quiet = Noise(1e-6, 1e-6)
    found = [
        ndvi(leafed(ground, parcel, lai, noise=quiet).reflectance)[here].mean() for lai in (0, 1, 2, 4, 6, 8)
    ]
    assert np.all(np.diff(found) > 0)
    assert found[1] - found[0] > 20 * (found[5] - found[4]), "saturation"
    changed = leafed(ground, parcel, 3.0)
    assert float(changed.lai.values[here].mean()) == pytest.approx(3, rel=0.02)
    np.testing.assert_array_equal(
        changed.reflectance.values[:, ~here], ground.reflectance.values[:, ~here], err_msg="the rest stays"
    )


@pytest.mark.parametrize(("seed", "side"), [(-1, 96), (0, 8)])
def test_what_cannot_be_a_territory_is_refused(seed, side):
    with pytest.raises(ValueError, match="16 pixels"):
        territory(seed, side, side)


def test_pictures_have_holes_where_there_is_nothing(ground):
    reflectance = ground.reflectance.copy(deep=True)
    reflectance[:, 3, 4] = np.nan
    pixels = true_colour(reflectance)
    assert pixels.shape == (*ground.cover.shape, 4)
    assert pixels[3, 4, 3] == 0
    assert (np.delete(pixels[..., 3].ravel(), 3 * ground.sizes["x"] + 4) == 255).all()


def test_the_door_shows_fields_with_and_without_weights(monkeypatch, tmp_path):
    from eogen.canopy import models

    monkeypatch.setattr(models, "FOLDER", tmp_path)
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    bare = thumbnail.draw()
    assert bare.shape == (512, 512, 3)
    assert bare.dtype == np.uint8
    assert bare.std() > 20
    assert isinstance(thumbnail.key(), str)


def test_a_simulator_first_asked_without_gradients_still_gives_them():
    from eogen.canopy.likelihood import named, simulator

    simulator.cache_clear()
    scene = territory(0, 16, 16)
    theta, angles = canopies(scene)[:2], torch.tensor([[30.0, 5.0, 90.0]])
    with torch.inference_mode():
        bands(theta, angles)
        simulator().spectrum(named(theta, angles))
    free = theta.clone().requires_grad_(True)
    bands(free, angles).sum().backward()
    assert free.grad.abs().sum() > 0
    again = theta.clone().requires_grad_(True)
    simulator().spectrum(named(again, angles)).sum().backward()
    assert again.grad.abs().sum() > 0
