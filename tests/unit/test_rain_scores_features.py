"""Hand features against plain code on single maps, and what must not matter to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from skimage.measure import label

from eogen.rain import features as module
from eogen.rain.features import features
from eogen.rain.maps import imerg
from tests.rain_fields import field, on_grid


def archive(maps=7, gaps=0.1, seed=0):
    rng = np.random.default_rng(seed)
    values = field(seed, maps)
    values[rng.random(values.shape) < gaps] = np.nan
    shape = values.shape
    age = rng.integers(0, 8, shape) * 30.0
    age[rng.random(shape) < 0.1] = np.nan
    return imerg(
        on_grid(values),
        quality_index=rng.random(shape),
        microwave_source=np.where(age == 0, 9, 0),
        microwave_age=age,
        infrared_share=rng.random(shape),
    )


def test_each_map_is_as_plain_code_finds_it():
    given = archive()
    found = features(given)
    assert list(found.index) == list(given["time"].values)
    for k, one in enumerate(given["precipitation"].values.astype(float)):
        row = found.iloc[k]
        good, wet = ~np.isnan(one), one >= np.float32(0.1)
        assert row["known"] == pytest.approx(good.mean())
        assert row["wet"] == pytest.approx(wet.sum() / good.sum())
        assert row["mean"] == pytest.approx(np.nanmean(one))
        for q in (50, 90, 99):
            assert row[f"wet_q{q}"] == pytest.approx(np.quantile(one[wet], q / 100))
        assert row["peak"] == np.nanmax(one)
        assert row["spread"] == pytest.approx(np.nanstd(np.log1p(one)))
        log = pd.DataFrame(np.log1p(one))
        pairs = [(log.values[:, 3:], log.values[:, :-3]), (log.values[3:], log.values[:-3])]
        texture = [pd.Series(a.ravel()).corr(pd.Series(b.ravel())) for a, b in pairs]
        assert row["texture_3"] == pytest.approx(np.mean(texture))
        assert row["stretch"] == pytest.approx(texture[0] - texture[1])
        cells = label(wet, connectivity=2)
        sizes = np.bincount(cells.ravel())[1:]
        assert row["cells"] == cells.max()
        assert row["cell_area"] == pytest.approx(sizes.mean())
        assert row["largest"] == pytest.approx(sizes.max() / wet.sum())
        age = given["microwave_age"].values[k]
        assert row["age"] == pytest.approx(np.nanmean(age))
        assert row["age_wet"] == pytest.approx(np.nanmean(age[wet]))
        assert row["old"] == pytest.approx((age > 90).sum() / (~np.isnan(age)).sum())
        assert row["seen"] == pytest.approx((age == 0).mean())
        assert row["quality_wet"] == pytest.approx(given["quality_index"].values[k][wet].mean(), rel=1e-5)


def test_chunks_change_nothing(monkeypatch):
    given = archive(maps=9)
    whole = features(given)
    for size in (1, 2, 4):
        monkeypatch.setattr(module, "CHUNK", size)
        pd.testing.assert_frame_equal(features(given), whole)


def test_in_real_time_nothing_after_is_looked_at():
    given = archive()
    later = given.copy(deep=True)
    later["precipitation"][4:] = 3.0
    now, other = (features(g, real_time=True) for g in (given, later))
    pd.testing.assert_frame_equal(now.iloc[:4], other.iloc[:4])
    assert not [c for c in now if c.endswith("_after")]
    full, other = features(given), features(later)
    assert full["change_after"].iloc[3] != other["change_after"].iloc[3]


def test_change_is_from_the_step_before_and_not_across_a_hole():
    given = archive(gaps=0)
    found = features(given)
    log = np.log1p(given["precipitation"].values.astype(float))
    expected = 1 - np.corrcoef(log[2].ravel(), log[1].ravel())[0, 1]
    assert found["change_before"].iloc[2] == pytest.approx(expected)
    assert found["change_after"].iloc[1] == pytest.approx(expected)
    assert found["growth_before"].iloc[2] == pytest.approx(found["wet"].iloc[2] - found["wet"].iloc[1])
    assert np.isnan(found["change_before"].iloc[0])
    assert np.isnan(found["change_after"].iloc[-1])
    holed = features(given.isel(time=[0, 1, 3, 4]))
    assert np.isfinite(holed["change_before"].values).tolist() == [False, True, False, True]


def test_dry_and_unknown_maps_have_no_more_than_they_show():
    values = np.zeros((3, 10, 10))
    values[1] = np.nan
    values[2, :5] = np.nan
    found = features(imerg(on_grid(values)))
    assert found["wet"].tolist()[::2] == [0, 0]
    assert np.isnan(found["wet"].iloc[1])
    assert found["known"].tolist() == [1, 0, 0.5]
    assert found["cells"].tolist() == [0, 0, 0]
    assert np.isnan(found["wet_q50"]).all()
    assert not {"age", "quality", "infrared", "seen"} & set(found)


def test_a_shift_of_the_map_does_not_matter_to_what_is_no_place():
    values = np.zeros((1, 30, 30))
    values[0, 5:12, 5:15] = field(3, 1, 30)[0, 5:12, 5:15] + 0.2
    moved = xr.Dataset({"precipitation": on_grid(np.roll(values, (6, 9), axis=(1, 2)))})
    a, b = (features(m).iloc[0] for m in (xr.Dataset({"precipitation": on_grid(values)}), moved))
    assert a.drop(["change_before", "change_after", "growth_before", "growth_after"]).values == pytest.approx(
        b.drop(["change_before", "change_after", "growth_before", "growth_after"]).values, nan_ok=True
    )
