"""Edits of a season, the season that would truly have been, and real neighbours of the same or another class."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import InputError
from eogen.landcover.series import edits, territory
from eogen.landcover.series.counterfactual import apart, multiply
from eogen.landcover.series.kept import prepared
from eogen.landcover.series.neighbours import (
    by_month,
    nearest_other,
    nearest_same,
    smallest_change,
    without_kin,
)
from eogen.landcover.series.territory_otherwise import MONTH, otherwise
from tests.series_models import BANDS, Linear, series

WAYS = ("euclidean", "dtw")


@pytest.fixture(scope="module")
def here():
    return prepared(territory.parcels(101, 40))


def _seen(one, other):
    """Return two arrays where both are finite."""
    both = np.isfinite(one) & np.isfinite(other)
    return one[both], other[both]


def test_the_year_as_it_was_is_found_again(here) -> None:
    same = otherwise(here)
    np.testing.assert_array_equal(same["reflectance"].values, here["reflectance"].values)
    assert list(same["band"].values) == list(here["band"].values)


def test_a_month_under_cloud_is_what_the_edit_says_exactly(here) -> None:
    truth = otherwise(here, cloudy_months=(7, 8))["reflectance"].values
    for made, true in zip(here["reflectance"].values, truth, strict=True):
        np.testing.assert_array_equal(edits.hidden(made, [6, 7]), true)


def test_a_later_harvest_of_the_territory_moves_dates_and_only_what_is_harvested(here) -> None:
    truth = otherwise(here, harvest_months=1)
    later = truth["harvest"].values - here["harvest"].values
    assert np.nanmax(np.abs(later - MONTH)[np.isfinite(later)]) < 1e-3
    label = np.array(here.attrs["classes"])[here["label"].values]
    before, after = here["reflectance"].values, truth["reflectance"].values
    for name in ("water", "evergreen_forest", "bare_soil"):
        np.testing.assert_array_equal(before[label == name], after[label == name])
    one, other = _seen(before[label == "maize"], after[label == "maize"])
    assert np.abs(one - other).max() > 0.02
    earlier, later = (otherwise(here, harvest_months=end)["harvest"].values for end in (-2, 3))
    assert (later >= earlier)[np.isfinite(later)].all()


def test_what_is_ploughed_in_spring_is_not_the_harvest() -> None:
    here = prepared(territory.parcels(103, 90, classes=("maize", "sunflower", "winter_cereal")))
    bands, day = list(here["band"].values), here["harvest"].values
    last = np.array([edits.harvest(row, bands) for row in here["reflectance"].values])
    # The harvest is at the end of the last month, or in the one after.
    assert (np.abs(last + 1 - (day - 1) / MONTH) <= 1.5).mean() > 0.85


def test_a_harvest_moved_by_hand_is_nearer_the_truth_than_none() -> None:
    here = prepared(territory.parcels(102, 200))
    bands = list(here["band"].values)
    away, nothing = [], []
    for months in (-2, 2):
        truth = otherwise(here, harvest_months=months)["reflectance"].values
        for one, true, day in zip(here["reflectance"].values, truth, here["harvest"].values, strict=True):
            if not np.isfinite(day):
                continue
            try:
                last = edits.harvest(one, bands)
            except InputError:
                continue
            away.append(apart(edits.later(one, months, last), true))
            nothing.append(apart(one, true))
    assert len(away) > 100
    assert np.mean(away) < 0.9 * np.mean(nothing)


def test_only_simulated_parcels_can_be_otherwise(here) -> None:
    for held, options in ((here.assign_attrs(dataset="worldcereal"), {}), (here, {"harvest_months": 6})):
        with pytest.raises(InputError) as caught:
            otherwise(held, **options)
        assert caught.value.code == "territory_option"


def test_water_has_no_harvest_however_its_index_falls() -> None:
    held = prepared(territory.parcels(102, 60, classes=("water", "evergreen_forest")))
    for row in held["reflectance"].values:
        with pytest.raises(InputError) as caught:
            edits.harvest(row, list(held["band"].values))
        assert caught.value.code == "series_when_no_harvest"


def test_a_band_is_multiplied_where_it_is_asked_and_nowhere_else() -> None:
    model, x = Linear(), series(1)[0]
    found = multiply(model, x, 1.5, months=[2], bands=["B08"])
    expected = x.copy()
    expected[2, 2] *= 1.5
    np.testing.assert_allclose(found.series, expected, rtol=1e-6)
    assert np.flatnonzero(found.changed).tolist() == [2]
    gain = 0.5 * x[2, 2] * model.weight[2, 2]
    assert found.after[1] - found.before[1] == pytest.approx(gain, abs=1e-6)
    assert not multiply(model, x, 1.0).changed.any()
    assert (multiply(model, x, 0.0).series == 0).all()
    assert apart(x, x + 0.1) == pytest.approx(0.1, abs=1e-6)
    assert apart(np.full((2, 2), np.nan), np.ones((2, 2))) == 0


@pytest.mark.parametrize("way", WAYS)
def test_the_nearest_of_the_same_class_is_found_by_search(way) -> None:
    pool, label = series(40, 12, seed=3), np.arange(40) % 3
    found = nearest_same(pool[4], 1, pool, without_kin(label, None, 4), count=3, distance=way)
    assert 4 not in found.index
    assert (label[found.index] == 1).all()
    assert (np.diff(found.distance) >= 0).all()
    # The nearest of each class cannot be nearer than the nearest of all that are not of it.
    other = nearest_other(pool[4], 1, pool, label, count=3, distance=way)
    assert (label[other.index] != 1).all()
    for wrong in (-1, 7):
        with pytest.raises(InputError) as caught:
            nearest_same(pool[4], wrong, pool, label)
        assert caught.value.code == "series_when_no_same"


def test_neighbours_of_the_field_are_left_out() -> None:
    label, group = np.arange(12) % 3, np.arange(12) // 4
    found = without_kin(label, group, 5)
    assert found.tolist() == [0, 1, 2, 0, -1, -1, -1, -1, 2, 0, 1, 2]
    assert label[5] == 2, "the given classes are not touched"
    assert (without_kin(label, None, 5) == -1).sum() == 1


def test_the_months_add_up_to_the_distance() -> None:
    pool, label = series(20, 12, seed=5), np.arange(20) % 2
    found = nearest_other(pool[0], 0, pool, label, count=4)
    months = by_month(pool[0], pool[found.index], pool)
    np.testing.assert_allclose(np.sqrt(np.square(months).mean(1)), found.distance, rtol=1e-5)
    assert (by_month(pool[0], pool[:1], pool) == 0).all()


def test_the_donor_of_the_exchange_is_told() -> None:
    model, x = Linear(), series(30, seed=2)
    answer = model.predict_proba(x).argmax(1)
    donors = x[answer != answer[0]][:4]
    found = smallest_change(model, x[0], donors)
    np.testing.assert_array_equal(found.series[found.changed], donors[found.donor][found.changed])
    np.testing.assert_array_equal(found.series[~found.changed], x[0][~found.changed])
    assert len(BANDS) == found.series.shape[1]
