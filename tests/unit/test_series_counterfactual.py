"""What-ifs of one series, and real neighbours of another class."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from eogen.errors import InputError
from eogen.landcover.series.counterfactual import cloudy, harvest, later_harvest, move, sweep
from eogen.landcover.series.neighbours import dtw, nearest_other, smallest_change
from eogen.landcover.series.season import ndvi
from tests.series_models import BANDS, Forest, Linear, Product, series


def _field(months: int = 12, reaped: float = 6.0) -> np.ndarray:
    """A field that greens until ``reaped`` and is bare after: (month, band)."""
    month = np.arange(months)
    green = np.where(month <= reaped, np.clip(month / 5, 0, 1), 0)
    red, infrared = 0.2 - 0.16 * green, 0.25 + 0.25 * green
    return np.stack([red * 0.8, red, infrared, 0.3 - 0.1 * green], 1).astype(np.float32)


def test_a_later_harvest_moves_the_fall_and_nothing_before_it() -> None:
    model, field = Linear(12), _field()
    assert harvest(field, BANDS) == 6
    found = later_harvest(model, field, 2)
    np.testing.assert_array_equal(found.series[:7], field[:7])
    np.testing.assert_array_equal(found.series, _field(reaped=8))
    assert np.flatnonzero(found.changed).tolist() == [7, 8]
    np.testing.assert_allclose(found.after, model.predict_proba(found.series[None])[0])
    np.testing.assert_array_equal(later_harvest(model, field, 0).series, field)
    half = later_harvest(model, field, 0.5).series
    np.testing.assert_allclose(half[7], (field[6] + field[7]) / 2, rtol=1e-6)


def test_an_earlier_harvest_and_clouds_that_stay() -> None:
    model, field = Linear(12), _field()
    field[9] = np.nan
    found = later_harvest(model, field, 1)
    assert np.isnan(found.series[9]).all()
    assert np.isfinite(np.delete(found.series, 9, 0)).all()
    early = later_harvest(model, _field(reaped=6), -1)
    np.testing.assert_array_equal(early.series, _field(reaped=5))
    np.testing.assert_array_equal(later_harvest(model, _field(), -1, last=4).series[4], _field()[5])


def test_a_crop_that_dries_is_still_standing() -> None:
    field = _field()
    # It yellows in month 6, by half of what it will have lost when it is cut after it.
    field[6] = (field[5] + field[7]) / 2
    assert harvest(field, BANDS) == 6


def test_no_harvest_in_an_evergreen() -> None:
    with pytest.raises(InputError) as caught:
        later_harvest(Linear(12), np.repeat(_field()[5:6], 12, 0))
    assert caught.value.code == "series_when_no_harvest"


def test_a_cloudy_month_is_unseen_and_the_model_fills_it() -> None:
    model, x = Linear(), series(1)[0]
    found = cloudy(model, x, [2, 3])
    assert np.isnan(found.series[2:4]).all()
    lost = (x[2:4] * model.weight[2:4]).sum()
    assert found.before[1] - found.after[1] == pytest.approx(lost, abs=1e-6)
    assert np.flatnonzero(found.changed).tolist() == [2, 3]
    assert found.distance == 0
    for month in (-1, 6):
        with pytest.raises(InputError) as caught:
            cloudy(model, x, [month])
        assert caught.value.code == "series_when_month"


def test_a_moved_band_of_a_linear_model_moves_the_answer_by_its_weights() -> None:
    model, x = Linear(), series(1)[0]
    found = move(model, x, 0.1, months=[1, 2], bands=["B08"])
    gain = 0.1 * model.weight[1:3, 2].sum()
    assert found.after[1] - found.before[1] == pytest.approx(gain, abs=1e-6)
    curve = sweep(model, x, [-0.01, 0.0, 0.1], months=[1, 2], bands=["B08"])
    np.testing.assert_allclose(curve[2], found.after)
    np.testing.assert_allclose(curve[1], found.before)
    assert (move(model, x, -9.0).series == 0).all()
    with pytest.raises(InputError) as caught:
        move(model, x, 0.1, bands=["B09"])
    assert caught.value.code == "series_when_band"
    with pytest.raises(InputError) as caught:
        move(model, x[:3], 0.1, months=[1])
    assert caught.value.code == "series_when_shape"


def test_the_nearest_other_series_is_found_by_search() -> None:
    pool = series(50, 12, seed=3)
    label = np.arange(50) % 3
    label[7] = -1
    x = pool[7] + 0.001
    found = nearest_other(x, 0, pool, label, count=4)
    spread = pool.std((0, 1))
    away = np.sqrt((((pool - x) / spread) ** 2).mean((1, 2)))
    allowed = np.flatnonzero(label > 0)
    np.testing.assert_array_equal(found.index, allowed[np.argsort(away[allowed])[:4]])
    np.testing.assert_allclose(found.distance, np.sort(away[allowed])[:4], rtol=1e-5)
    assert (label[nearest_other(x, 0, pool, label, count=4, wanted=2).index] == 2).all()
    with pytest.raises(InputError) as caught:
        nearest_other(x, 0, pool, np.zeros(50, int))
    assert caught.value.code == "series_when_no_other"


def test_dtw_is_the_best_of_all_paths_and_forgives_a_shift() -> None:
    generator = np.random.default_rng(0)
    one, many = generator.random((5, 2)), generator.random((3, 5, 2))

    def best(other: np.ndarray, i: int, j: int, window: int) -> float:
        if abs(i - j) > window or min(i, j) < 0:
            return np.inf
        cost = float(((one[i] - other[j]) ** 2).sum())
        if i == j == 0:
            return cost
        return cost + min(best(other, *ways, window) for ways in ((i - 1, j), (i, j - 1), (i - 1, j - 1)))

    for window in (0, 1, 4):
        expected = [np.sqrt(best(other, 4, 4, window)) for other in many]
        np.testing.assert_allclose(dtw(one, many, window=window), expected)
    np.testing.assert_allclose(dtw(one, many, window=0), np.sqrt(((many - one) ** 2).sum((1, 2))))
    late = _field(reaped=7)
    assert dtw(_field(), late[None], window=2)[0] < 0.3 * dtw(_field(), late[None], window=0)[0]


def test_the_smallest_change_flips_and_no_month_can_be_given_back() -> None:
    model = Linear()
    x = series(30, seed=2)
    answers = model.predict_proba(x).argmax(1)
    flips = 0
    for row, answer in zip(x[:10], answers[:10], strict=True):
        donors = x[answers != answer][:3]
        found = smallest_change(model, row, donors)
        assert found.flipped
        flips += int(found.changed.sum())
        # With a linear model greedy is best: no smaller set of any donor's months flips.
        for size in range(int(found.changed.sum())):
            for months in combinations(range(6), size):
                taken = np.isin(np.arange(6), months)[:, None]
                rows = np.where(taken, donors, row)
                assert (model.predict_proba(rows).argmax(1) == answer).all()
    assert flips >= 10


def test_the_smallest_change_of_a_forest_is_its_rule() -> None:
    model, x = Forest(trees=10), series(30, 12, seed=4)
    answer = int(model.predict_proba(x[:1]).argmax())
    others = x[model.predict_proba(x).argmax(1) != answer]
    found = smallest_change(model, x[0], others[:2])
    assert np.flatnonzero(found.changed).tolist() == [6]


def test_where_nothing_flips_it_is_said() -> None:
    model, x = Product(), series(3)
    with pytest.raises(InputError) as caught:
        smallest_change(model, x[0], x[1:])
    assert caught.value.code == "series_when_no_flip"


def test_ndvi_by_hand_and_without_its_bands() -> None:
    assert ndvi(np.array([[[0.1, 0.1, 0.3, 0.2]]]), BANDS)[0, 0] == pytest.approx(0.5)
    assert ndvi(np.zeros((1, 1, 4)), BANDS)[0, 0] == 0
    with pytest.raises(InputError) as caught:
        ndvi(np.zeros((1, 1, 2)), ("B03", "B08"))
    assert caught.value.code == "series_when_bands"
