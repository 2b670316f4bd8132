"""Maps: each pixel must say what the posterior of that pixel alone says, on the grid of the scene."""

from __future__ import annotations

import io

import numpy as np
import pytest
import rasterio
import torch
import xarray as xr
from scipy.stats import chi2, ks_2samp

from eogen.canopy import heads, mapping
from eogen.canopy.likelihood import NOISE
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.priors import prior
from eogen.canopy.sensors import BANDS
from eogen.canopy.simulate import simulate
from eogen.canopy.space import INFERRED, column
from eogen.errors import Cancelled, InputError
from eogen.raster import geotiff_bytes

SMALL = {"width": 24, "blocks": 1}


def flow(name="legacy", **more):
    torch.manual_seed(0)
    network = heads.Flow(prior(name), flow_width=16, **SMALL, **more)
    with torch.no_grad():  # an untrained flow is the identity: stir it
        for parameter in network.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return network.eval().requires_grad_(False)


def independent():
    torch.manual_seed(0)
    return heads.Independent(prior("legacy"), **SMALL).eval().requires_grad_(False)


def spectra(count=30, seed=1) -> Observation:
    return simulate(prior("legacy"), count, torch.Generator().manual_seed(seed)).observation


def scene(seen: Observation, height: int, width: int, crs="EPSG:32632") -> xr.Dataset:
    cube = seen.reflectance.numpy().reshape(height, width, len(BANDS)).transpose(2, 0, 1).copy()
    angles = seen.geometry.numpy().reshape(height, width, 3)
    names = ("solar_zenith", "view_zenith", "relative_azimuth")
    data = xr.Dataset(
        {"reflectance": (("band", "y", "x"), cube)}
        | {name: (("y", "x"), angles[..., i]) for i, name in enumerate(names)},
        {"band": list(BANDS), "y": 5e6 - 10.0 * np.arange(height), "x": 4e5 + 10.0 * np.arange(width)},
    )
    return data.rio.write_crs(crs) if crs else data


# --- the flow's first variables ---


@pytest.mark.parametrize("name", ["legacy", "atbd"])
def test_the_first_variables_are_those_of_the_whole_flow(name):
    posterior = flow(name)(spectra(4))
    base = torch.randn(7, 4, 11, generator=torch.Generator().manual_seed(2))
    whole = posterior.prior.from_normal(_through(posterior, base))
    seats = [INFERRED.index(n) for n in ("lai", "cab", "ala")]
    first = posterior.first(base[..., seats])
    assert first.numpy() == pytest.approx(whole[..., seats].numpy(), rel=1e-4, abs=1e-4)


def _through(posterior, base):
    from eogen.canopy.posteriors.flow import _inverse

    for layer in reversed(posterior.flow.transform.transforms):
        base = _inverse(layer, base, posterior.context)
    return base


def test_first_draws_follow_the_law_of_all_draws():
    posterior = flow()(spectra(2))
    generator = torch.Generator().manual_seed(0)
    whole, first = posterior.sample(3000, generator), posterior.sample_first(3000, 2, generator)
    assert first.shape == (3000, 2, 2)
    for pixel in range(2):
        for seat, name in enumerate(("lai", "cab")):
            one, two = whole[:, pixel, INFERRED.index(name)], first[:, pixel, seat]
            assert ks_2samp(one.numpy(), two.numpy()).pvalue > 1e-4
        product = column(whole[:, pixel], "ccc").numpy()
        assert ks_2samp(product, first[:, pixel].prod(-1).numpy()).pvalue > 1e-4


def test_pairs_are_the_first_two_at_every_level():
    posterior = flow("atbd")(spectra(3))
    first, second = mapping.grid(4, 5)
    lai, cab = posterior.pair(first, second)
    assert lai.shape == (4, 3)
    assert cab.shape == (4, 5, 3)
    for i in range(4):
        base = torch.stack([first[i].expand(5), second[i]], -1)[:, None].expand(-1, 3, -1)
        found = posterior.first(base)
        assert found[..., 0].numpy() == pytest.approx(lai[i].expand(5, -1).numpy(), rel=1e-4, abs=1e-4)
        assert found[..., 1].numpy() == pytest.approx(cab[i].numpy(), rel=1e-4, abs=1e-3)


def test_the_law_of_chlorophyll_is_that_of_many_draws():
    posterior = flow()(spectra(20))
    law = mapping.marginal(posterior, "ccc")
    draws = posterior.sample_first(20_000, 2, torch.Generator().manual_seed(0)).prod(-1)
    sd = draws.std(0)
    assert ((law.mean - draws.mean(0)) / sd).abs().max() < 0.05
    assert (law.sd / sd - 1).abs().max() < 0.12
    for p in mapping.QUANTILES:
        assert ((law.quantile(p) - draws.quantile(p, 0)) / sd).abs().max() < 0.15


# --- the map ---


@pytest.mark.parametrize("make", [flow, independent])
def test_a_map_is_the_posterior_of_each_pixel(make):
    seen, network = spectra(12), make()
    maps = mapping.belief_map(network, scene(seen, 3, 4), ("lai", "ccc"))
    with torch.inference_mode():
        for pixel in (0, 5, 11):
            alone = network(seen[pixel])
            here = maps.isel(y=pixel // 4, x=pixel % 4)
            lai = alone.marginal("lai")
            assert float(here.lai_mean) == pytest.approx(float(lai.mean), rel=1e-3)
            assert float(here.lai_q95) == pytest.approx(float(lai.quantile(0.95)), rel=1e-3)
            draws = column(alone.sample(4000, torch.Generator().manual_seed(0)), "ccc")
            assert float(here.ccc_mean) == pytest.approx(float(draws.mean()), abs=0.3 * float(draws.std()))
    for name in ("lai", "ccc"):
        assert (maps[f"{name}_q05"] <= maps[f"{name}_q50"]).all()
        assert (maps[f"{name}_q50"] <= maps[f"{name}_q95"]).all()
        assert (maps[f"{name}_sd"] > 0).all()


def test_pieces_do_not_show(monkeypatch):
    whole = mapping.belief_map(flow(), scene(spectra(30), 5, 6))
    monkeypatch.setattr(mapping, "PIECE", 7)
    cut = mapping.belief_map(flow(), scene(spectra(30), 5, 6))
    assert cut.lai_mean.values == pytest.approx(whole.lai_mean.values, rel=1e-4)


def test_the_grid_the_names_and_the_units_stay():
    given = scene(spectra(30), 5, 6)
    maps = mapping.belief_map(flow(), given, ("lai", "ccc"))
    assert maps.rio.crs == given.rio.crs
    assert maps.lai_mean.rio.transform() == given.reflectance.rio.transform()
    assert maps.lai_mean.dtype == np.float32
    assert maps.lai_mean.attrs["standard_name"] == "leaf_area_index"
    assert (maps.lai_sd.attrs["units"], maps.ccc_q05.attrs["units"]) == ("m2/m2", "µg/cm2")
    plain = mapping.belief_map(flow(), scene(spectra(30), 5, 6, crs=None))
    assert plain.rio.crs is None


def test_a_file_holds_a_band_per_quantile():
    given = scene(spectra(30), 5, 6)
    given.reflectance[:, 2, 3] = np.nan
    maps = mapping.belief_map(flow(), given)
    with rasterio.open(io.BytesIO(geotiff_bytes(mapping.quantile_stack(maps, "lai")))) as file:
        assert file.descriptions == ("lai_mean", "lai_sd", "lai_q05", "lai_q50", "lai_q95")
        assert file.crs.to_epsg() == 32632
        assert set(file.units) == {"m2/m2"}
        assert np.isnan(file.nodata)
        assert np.isnan(file.read()[:, 2, 3]).all()
        assert np.isfinite(file.read()).sum() == 5 * 29
        assert file.read(5) == pytest.approx(maps.lai_q95.values, nan_ok=True)


def test_pixels_without_value_stay_without():
    given = scene(spectra(30), 5, 6)
    given.reflectance[3, 0, 0] = np.nan
    maps = mapping.belief_map(flow(), given)
    assert np.isnan(maps.lai_mean.values[0, 0])
    assert np.isfinite(maps.lai_mean.values).sum() == 29
    given.reflectance[:] = np.nan
    with pytest.raises(InputError) as error:
        mapping.belief_map(flow(), given)
    assert error.value.code == "canopy_no_valid_pixel"


def test_a_scene_without_b08_asks_for_the_model_that_can_do_without():
    given = scene(spectra(30), 5, 6)
    given.reflectance.loc[{"band": "B08"}] = np.nan
    with pytest.raises(InputError) as error:
        mapping.belief_map(flow(), given)
    assert error.value.code == "needs_b08"
    assert np.isfinite(mapping.belief_map(flow(may_miss=True), given).lai_mean.values).all()


def test_progress_is_told_and_can_stop(monkeypatch):
    monkeypatch.setattr(mapping, "PIECE", 10)
    told = []
    mapping.belief_map(flow(), scene(spectra(30), 5, 6), progress=lambda *a: told.append(a))
    assert told == [(0, 3, "predict"), (1, 3, "predict"), (2, 3, "predict"), (3, 3, "predict")]

    def stop(done, total, what=""):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        mapping.belief_map(flow(), scene(spectra(30), 5, 6), progress=stop)


def test_unknown_quantities_are_refused():
    with pytest.raises(InputError) as error:
        mapping.belief_map(flow(), scene(spectra(30), 5, 6), ("cab",))
    assert error.value.code == "canopy_choice"


# --- outside the model ---


class Known(Posterior):
    """A posterior that knows the truth."""

    def __init__(self, theta):
        super().__init__(prior("legacy"))
        self.theta = theta

    def __len__(self):
        return len(self.theta)

    def sample(self, draws, generator=None):
        return self.theta.expand(draws, -1, -1)

    def log_prob(self, theta):
        raise NotImplementedError


def test_the_misfit_of_the_truth_is_the_noise():
    made = simulate(prior("legacy"), 400, torch.Generator().manual_seed(0))
    found = mapping.misfit(Known(made.theta), made.observation, torch.Generator())
    expected = (((made.observation.reflectance - made.clean) / NOISE.sd(made.clean)) ** 2).mean(1).sqrt()
    assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-3)
    assert float(found.square().mean()) == pytest.approx(1, abs=0.1), "chi square over its degrees of freedom"


def test_missing_bands_count_for_nothing():
    made = simulate(prior("legacy"), 20, torch.Generator().manual_seed(0))
    seen = Observation(made.clean.clone(), made.observation.geometry)
    seen.reflectance[:, 6] = torch.nan
    found = mapping.misfit(Known(made.theta), seen, torch.Generator())
    assert found.numpy() == pytest.approx(0, abs=1e-4)


def test_what_prosail_cannot_give_is_outside(monkeypatch):
    made = simulate(prior("legacy"), 24, torch.Generator().manual_seed(4))
    table = iter(range(0, 24, 4))

    def believe(seen):
        if len(seen) == 4:
            start = next(table)
            return Known(made.theta[start : start + 4])
        return Known(draws[: len(seen)])

    draws = simulate(prior("legacy"), 500, torch.Generator().manual_seed(0)).theta
    limit = mapping.misfit_limit(believe, prior("legacy"), count=500, seed=0)
    assert limit == pytest.approx(np.sqrt(chi2.ppf(0.99, 10) / 10), abs=0.15)
    seen = Observation(made.clean.clone(), made.observation.geometry)
    seen.reflectance[5] = torch.tensor([0.5, 0.1] * 5)
    monkeypatch.setattr(mapping, "PIECE", 4)
    maps = mapping.misfit_map(believe, scene(seen, 4, 6), limit)
    flags = maps.out_of_domain.values.ravel()
    assert np.flatnonzero(flags == 1).tolist() == [5]
    assert maps.out_of_domain.attrs["limit"] == limit
