"""The real field data, read: counts, and the baselines that independent computations gave on the same files.

Each part of a set (a campaign, a year) is checked where it is whole here, by its number of points.
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.canopy.read import (
    cesbio,
    cesbio_series,
    chips,
    dense_chip,
    eth_croptraits,
    eth_rtminv,
    forest,
    pixels,
)
from eogen.canopy.sl2p import sl2p
from eogen.errors import InputError
from tests.canopy_files import well_made
from tests.real import available, real_data

pytestmark = pytest.mark.real


def read(reader) -> xr.Dataset:
    return available(reader, real_data("canopy"))


def scores(found: xr.DataArray, truth: xr.DataArray, where: xr.DataArray) -> tuple[float, float, float]:
    """RMSE, bias, r2 (squared correlation)."""
    x, y = found.values[where.values], truth.values[where.values]
    return float(np.sqrt(np.mean((x - y) ** 2))), float((x - y).mean()), float(np.corrcoef(x, y)[0, 1] ** 2)


#: Site -> points with LAI within 3 days, RMSE of SL2P 3.0, each satellite's own network (reference report, section 2).
CESBIO = {
    "France 2017": (56, 0.958),
    "Italy T33TWF": (None, 0.957),
    "Italy T33TWG": (10, 0.575),
    "Spain 2017": (57, 1.273),
    "Spain 2018": (55, 1.043),
}


def test_sl2p_on_cesbios_points_is_as_in_the_report():
    data = read(cesbio)
    well_made(data)
    near = (np.abs(data.days) <= 3) & data.lai.notnull()
    found = available(sl2p, data, real_data("canopy")).value
    checked = 0
    for site, (count, rmse) in CESBIO.items():
        here = near & (data.site == site)
        if int(here.sum()) == count:
            assert scores(found, data.lai, here)[0] == pytest.approx(rmse, abs=0.002)
            checked += 1
    if not checked:
        pytest.skip("no campaign of the report is whole here")
    if data.sizes["pixel"] == 459:  # all campaigns
        counts = [int(((np.abs(data.days) <= days) & data.lai.notnull()).sum()) for days in (3, 7, 15)]
        assert counts == [224, 350, 436]
        assert int(data.lai.notnull().sum()) == 452


def test_the_series_pass_through_the_paired_images():
    """Each image that the pairs keep is in the series, with the same reflectance."""
    pairs, series = read(cesbio), read(cesbio_series)
    known = {
        (site, day, tuple(np.round(values, 4)))
        for site, day, values in zip(
            series.site.values, series.s2_date.values, series.reflectance.values, strict=True
        )
    }
    sites = np.unique(series.site)
    found = [
        (site, day, tuple(np.round(values, 4))) in known
        for site, day, values in zip(
            pairs.site.values, pairs.s2_date.values, pairs.reflectance.values, strict=True
        )
        if site in sites
    ]
    assert len(found) > 50
    assert np.mean(found) > 0.9


@pytest.mark.parametrize(
    ("count", "expected"), [(224, (1.066, 0.31, 0.496)), (176, (1.124, 0.268, 0.357))], ids=["all", "2022"]
)
def test_sl2p_on_rtminv(count, expected):
    """All: the reference report's figures. 2022: measured on the part that is shared, when this was written."""
    data = read(eth_rtminv)
    well_made(data)
    known = data.lai.notnull()
    if int(known.sum()) != count:
        pytest.skip(f"{int(known.sum())} points with leaf area here, not {count}")
    assert scores(available(sl2p, data, real_data("canopy")).value, data.lai, known) == pytest.approx(
        expected, abs=0.005
    )


#: Field value -> number, RMSE of the published inversion, coverage of its 5-95 % interval (published error tables).
CROPTRAITS = {"lai": (177, 1.1506, 0.82), "ccc": (59, 0.6576, 0.88), "cab": (55, 46.963, 0.05)}


def test_croptraits_reproduce_the_published_errors():
    data = read(eth_croptraits)
    well_made(data)
    checked = 0
    for trait, (count, rmse, covered) in CROPTRAITS.items():
        known = data[trait].notnull()
        if int(known.sum()) != count:
            continue
        checked += 1
        lut = data[f"lut_{trait}"]
        assert scores(lut, data[trait], known)[0] == pytest.approx(rmse, abs=5e-4)
        inside = (data[trait] >= data[f"lut_{trait}_q05"]) & (data[trait] <= data[f"lut_{trait}_q95"])
        assert float(inside.values[known.values].mean()) == pytest.approx(covered, abs=0.01)
    if not checked:
        pytest.skip("no whole table of the report here")


def test_offsets_of_croptraits_are_where_the_same_image_shows_them():
    """After correction no scene is left whose every band stays above 0.1; none is made negative."""
    data = read(eth_croptraits)
    assert float(data.reflectance.min()) > 0
    darkest = data.reflectance.min("band").groupby(data.scene).min()
    assert float(darkest.max()) < 0.1


def test_two_readings_of_one_image_agree_once_the_offset_is_gone():
    """Some images are there twice, as delivered and reprocessed, with and without the offset."""
    root, found, seen = real_data("canopy"), {}, 0
    for chip in chips(root):
        found.setdefault((chip.site, str(chip.date)), []).append(chip)
    for pair in found.values():
        if len(pair) < 2:
            continue
        first, second = (each.load() for each in pair[:2])
        both = first.reflectance.reindex_like(second.reflectance) - second.reflectance
        if bool(both.notnull().any()):
            assert float(np.abs(both).quantile(0.95)) < 0.006
            seen += first.attrs["offset_removed"] != second.attrs["offset_removed"]
    if not found:
        pytest.skip("no chips here")
    if any(len(pair) > 1 for pair in found.values()):
        assert seen >= 1


def test_every_chip_loads_or_says_that_it_is_empty():
    loaded = chips(real_data("canopy"))
    if not loaded:
        pytest.skip("no chips here")
    codes = []
    for chip in loaded:
        try:
            scene = chip.load()
        except InputError as error:
            codes.append(error.code)
            continue
        well_made(scene)
        assert 0 < float(scene.reflectance.max()) < 1
    assert set(codes) <= {"canopy_no_valid_pixel"}
    assert len(codes) <= len(loaded) / 10


def test_the_dense_chip_is_whole():
    scene = read(dense_chip)
    well_made(scene)
    assert scene.attrs["offset_removed"] == 0.1
    assert pixels(scene).sizes["pixel"] == scene.sizes["y"] * scene.sizes["x"]
    assert 0 < float(scene.reflectance.min()) < 0.02


def test_sl2p_on_the_forest_is_snaps_own():
    """SNAP computed its leaf area with the true angles, which are not given: near, not equal."""
    data = read(forest)
    found = available(sl2p, data, real_data("canopy")).value
    assert float(np.abs(found - data.lai_snap).median()) < 0.35
    assert float(xr.corr(found, data.lai_snap)) > 0.9
