"""Scores that need a map: the fractions skill score and SAL, against plain loops and cases done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import InputError
from eogen.rain.scores import score_maps
from eogen.rain.scores_fss import (
    fractions_sums,
    fss,
    fss_from_sums,
    fss_sums,
    fss_table,
    window_pixels,
)
from eogen.rain.scores_sal import sal, sal_of, sal_summary
from tests.rain_fields import field, on_grid, pair


def plain_fss(x, y, event, window):
    """The score by its definition: a loop over windows, empty beyond the edge and where either has no data."""
    missing = np.isnan(x) | np.isnan(y)
    half = window[0] // 2, window[1] // 2
    apart = most = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if missing[i, j]:
                continue
            rows = slice(max(i - half[0], 0), i + half[0] + 1)
            columns = slice(max(j - half[1], 0), j + half[1] + 1)
            a, b = (((v >= event) & ~missing)[rows, columns].sum() / (window[0] * window[1]) for v in (x, y))
            apart += (a - b) ** 2
            most += a * a + b * b
    return 1 - apart / most


@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("window", [(1, 1), (3, 5), (7, 7)])
def test_fss_is_that_of_a_plain_loop(gaps, window):
    imerg, radar = pair(maps=2, side=16, gaps=gaps)
    found = fss(*fractions_sums(imerg.values, radar.values, 0.5, window))
    expected = [plain_fss(x, y, 0.5, window) for x, y in zip(imerg.values, radar.values, strict=True)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_shift_is_forgiven_by_a_window_wider_than_it():
    rain = np.zeros((1, 31, 31))
    rain[0, 12:16, 10:14] = 3
    moved = np.roll(rain, 5, axis=2)
    exact, wide = (float(fss(*fractions_sums(moved, rain, 0.5, (w, w)))[0]) for w in (1, 15))
    assert exact == 0
    assert wide > 0.6


def test_a_window_is_a_square_on_the_ground():
    """At 60° a degree of longitude is half one of latitude, so twice the pixels make the same width."""
    rain = on_grid(np.zeros((1, 41, 41)), north=58.0)
    rows, columns = window_pixels(rain, 56.0)
    assert (rows, columns) == (5, 11) or (rows, columns) == (5, 9)
    assert rows * 11.12 == pytest.approx(columns * 11.12 * np.cos(np.deg2rad(60)), rel=0.12)
    assert window_pixels(rain, 1.0) == (1, 1)


def test_a_window_wider_than_the_map_is_refused():
    imerg, radar = pair(maps=1, side=12)
    with pytest.raises(InputError) as caught:
        fss_sums(imerg, radar, [0.5], [500.0])
    assert caught.value.code == "rain_fss_window"
    assert caught.value.facts["height"] == 12


def test_the_table_pools_by_sums_and_hides_what_is_too_rare():
    imerg, radar = pair(maps=5)
    table = fss_table(imerg, radar, [0.5, 60.0], [10.0, 50.0])
    fine = fss_sums(imerg, radar, [0.5], [50.0]).isel(event=0, window_km=0)
    whole = 1 - float(fine["fss_apart"].sum()) / float(fine["fss_most"].sum())
    assert float(table["fss"].sel(event=0.5, window_km=50)) == pytest.approx(whole)
    assert whole != pytest.approx(float(fss_from_sums(fine).mean()), abs=1e-6)
    assert float(table["wet_radar"].sel(event=60)) < 0.005
    assert np.isnan(table["fss"].sel(event=60)).all()
    assert float(table["wet_radar"][0]) == pytest.approx((radar.values >= 0.5).mean())
    assert float(table["useful"][0]) == pytest.approx(0.5 + (radar.values >= 0.5).mean() / 2)
    wide, narrow = table["fss"].sel(event=0.5).values[::-1]
    assert wide > narrow


def test_sal_of_cases_done_by_hand():
    y = np.zeros((40, 40))
    y[10:20, 10:20] = 4.0
    # Moved by 10 columns: only the place differs, and by 10 of a diagonal of 40 √2.
    s, a, where = sal_of(np.roll(y, 10, axis=1), y)
    assert (s, a) == (0, 0)
    assert where == pytest.approx(10 / (40 * np.sqrt(2)))
    # Three times as much everywhere: A = (3 - 1) / (0.5 × 4), and neither the shape nor the place differs.
    s, a, where = sal_of(3 * y, y)
    assert a == pytest.approx(1)
    assert (s, where) == pytest.approx((0, 0))
    # Four times the area at a quarter of the rate: the scaled volume is 400 instead of 100.
    x = np.zeros((40, 40))
    x[5:25, 5:25] = 1.0
    s, a, where = sal_of(x, y)
    assert a == pytest.approx(0)
    assert s == pytest.approx((400 - 100) / (0.5 * 500))
    assert where == pytest.approx(0)


def test_sal_measures_on_the_ground_and_takes_corners_for_contact():
    """At 60° a step of longitude is half one of latitude."""
    y = np.zeros((1, 21, 21))
    y[0, 10, 5] = 4.0
    rain = [on_grid(v, north=59.0) for v in (np.roll(y, 10, axis=2), y)]
    assert float(sal(*rain)["location"][0]) == pytest.approx(10 * 0.5 / np.hypot(21, 21 * 0.5))
    corner = np.zeros((12, 12))
    corner[4, 4] = corner[5, 5] = 4.0
    side = np.zeros((12, 12))
    side[4, 4] = side[4, 5] = 4.0
    assert sal_of(corner, side)[0] == pytest.approx(0)


def test_sal_weighs_objects_by_their_rain():
    """The paper's V = sum R_n V_n / sum R_n; the scatter is the distance of objects from the centre, weighed alike."""
    y = np.zeros((40, 40))
    y[20, 20] = 5.0
    x = np.zeros((40, 40))
    x[20, 10] = 6.0
    x[20, 30:34] = 1.0
    centre = (6 * 10 + 30 + 31 + 32 + 33) / 10
    volume = (6 * 1 + 4 * 4) / 10
    scatter = (6 * abs(10 - centre) + 4 * abs(31.5 - centre)) / 10
    s, _, where = sal_of(x, y)
    assert s == pytest.approx((volume - 1) / (0.5 * (volume + 1)))
    assert where == pytest.approx((abs(centre - 20) + 2 * scatter) / (40 * np.sqrt(2)))


def test_sal_swaps_its_sign_with_its_sides_and_ignores_what_one_lacks():
    x, y = field(1, 1, 32)[0], field(2, 1, 32, wet=0.1)[0]
    s, a, where = sal_of(x, y)
    assert sal_of(y, x) == pytest.approx((-s, -a, where))
    gone = np.where(np.arange(32) < 8, np.nan, x)
    dry = [np.where(np.arange(32) < 8, 0, v) for v in (x, y)]
    for name, k in (("structure", 0), ("location", 2)):
        assert sal_of(gone, y)[k] == pytest.approx(sal_of(*dry)[k]), name


def test_sal_of_many_maps_is_told_by_its_quartiles():
    imerg, radar = pair(maps=5)
    found = sal(imerg, radar)
    both = score_maps(imerg, radar, with_sal=True)
    assert both["structure"].values == pytest.approx(found["structure"].values)
    found["structure"][0] = np.nan
    table = sal_summary(found)
    assert table.loc["structure", "n"] == 4
    assert table.loc["amplitude", "median"] == pytest.approx(np.median(found["amplitude"].values))
    assert (table["q25"] <= table["q75"]).all()
