"""Scores of rain maps against plain implementations that share no code with them, and their laws."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.rain import scores_sums
from eogen.rain.scores import BY_NAME, SCORES, all_sums, from_sums, pooled, score_maps
from eogen.rain.scores_sums import sums
from tests.rain_fields import on_grid, pair, stations


def plain(x, y, event):
    """Scores of one map from their textbook formulas, pixel by pixel that both have."""
    good = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[good].astype(float), y[good].astype(float)
    h = sum(1 for a, b in zip(x, y, strict=True) if a >= event and b >= event)
    f = sum(1 for a, b in zip(x, y, strict=True) if a >= event > b)
    m = sum(1 for a, b in zip(x, y, strict=True) if b >= event > a)
    c = len(x) - h - f - m
    lx, ly = np.log(1 + x), np.log(1 + y)
    r = np.corrcoef(x, y)[0, 1]
    right = ((h + m) * (h + f) + (c + m) * (c + f)) / len(x)
    return {
        "cc": r,
        "cc_log": np.corrcoef(lx, ly)[0, 1],
        "log_bias": np.log(x.mean()) - np.log(y.mean()),
        "csi": h / (h + f + m),
        "pod": h / (h + m),
        "far": f / (h + f),
        # Heidke as correct answers beyond those of chance, not by its closed form.
        "hss": (h + c - right) / (len(x) - right),
        "kge": 1 - np.linalg.norm([r - 1, x.std() / y.std() - 1, x.mean() / y.mean() - 1]),
        "rmse_log": np.sqrt(np.mean((lx - ly) ** 2)),
    }


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("event", [0.2, 1.0])
def test_each_map_has_the_scores_of_the_textbook(gaps, event):
    imerg, radar = pair(gaps=gaps)
    found = score_maps(imerg, radar, event=event)
    for k in range(imerg.sizes["time"]):
        for name, value in plain(imerg.values[k], radar.values[k], event).items():
            assert found[name].values[k] == pytest.approx(value, abs=1e-9), name


def test_pooling_is_one_big_map():
    imerg, radar = pair(maps=7, gaps=0.1)
    together = pooled(all_sums(imerg, radar))
    for name, value in plain(imerg.values, radar.values, 0.2).items():
        assert float(together[name]) == pytest.approx(value, abs=1e-9), name
    assert float(together["n"]) == (~np.isnan(imerg.values) & ~np.isnan(radar.values)).sum()


def test_maps_are_scored_alike_one_by_one_and_in_chunks(monkeypatch):
    imerg, radar = pair(maps=7, gaps=0.1)
    whole = score_maps(imerg, radar)
    monkeypatch.setattr(scores_sums, "CHUNK", 3)
    xr.testing.assert_allclose(score_maps(imerg, radar), whole, rtol=1e-12)
    alone = xr.concat([score_maps(imerg[k : k + 1], radar[k : k + 1]) for k in range(7)], "time")
    xr.testing.assert_allclose(alone, whole, rtol=1e-12)


def test_a_perfect_map_has_the_best_of_every_score():
    _, radar = pair(maps=2, gaps=0.1)
    found = score_maps(radar, radar, with_sal=True)
    assert list(found)[: len(SCORES)] == [s.name for s in SCORES]
    for s in SCORES:
        assert found[s.name].values == pytest.approx(s.best, abs=1e-12), s.name


def test_every_score_stays_within_its_range():
    imerg, radar = pair(maps=20, side=16)
    worst = on_grid(np.roll(radar.values[::-1], 8, axis=2).copy())
    for x in (imerg, worst):
        found = score_maps(x, radar, with_sal=True)
        for s in SCORES:
            values = found[s.name].values[np.isfinite(found[s.name].values)]
            assert len(values)
            assert (values >= s.low).all(), s.name
            assert (values <= s.high).all(), s.name


def test_no_data_is_not_zero():
    imerg, radar = pair(maps=1)
    hidden = imerg.copy(data=np.where(np.arange(24) < 12, np.nan, imerg.values))
    cut = score_maps(imerg[:, :, 12:], radar[:, :, 12:])
    kept = score_maps(hidden, radar)
    zero = score_maps(hidden.fillna(0), radar)
    # The fractions skill score too: what has no data is as what lies beyond the edge.
    names = [s.name for s in SCORES if s.name in kept]
    assert "fss" in names
    for name in names:
        assert float(kept[name][0]) == pytest.approx(float(cut[name][0]), abs=1e-9), name
    assert float(kept["pod"][0]) != pytest.approx(float(zero["pod"][0]), abs=0.01)


def test_scores_without_meaning_are_nan_and_the_others_are_not():
    dry, rain = np.zeros((1, 12, 12)), np.zeros((1, 12, 12))
    rain[0, 3:6, 3:6] = 4.0
    missed = score_maps(on_grid(dry), on_grid(rain), with_sal=True).isel(time=0)
    assert float(missed["pod"]) == 0
    assert float(missed["csi"]) == 0
    assert float(missed["fss"]) == 0
    assert float(missed["amplitude"]) == -2
    for name in ("far", "log_bias", "cc_log", "kge", "structure", "location"):
        assert np.isnan(missed[name]), name
    nothing = score_maps(on_grid(dry), on_grid(dry), with_sal=True).isel(time=0)
    for name in BY_NAME:
        assert np.isnan(nothing[name]) or name == "rmse_log", name
    assert float(nothing["rmse_log"]) == 0
    unknown = score_maps(on_grid(np.full((1, 12, 12), np.nan)), on_grid(rain), with_sal=True).isel(time=0)
    assert all(np.isnan(unknown[name]) for name in BY_NAME)
    assert float(unknown["n"]) == 0


def test_a_map_that_does_not_vary_has_no_correlation():
    """Rounding in a sum of squares must not be taken for variance."""
    _, radar = pair(maps=1)
    flat = on_grid(np.full(radar.shape, 0.3))
    assert np.isnan(score_maps(flat, radar)["cc_log"][0])
    assert np.isnan(score_maps(flat, radar)["kge"][0])


def test_a_rate_at_the_threshold_is_an_event_whatever_its_precision():
    values = np.full((1, 8, 8), 0.7, np.float32)
    values[0, 0] = 0
    for x in (on_grid(values), on_grid(values).astype(float).copy(data=np.where(values > 0, 0.7, 0.0))):
        assert float(sums(x, x, (0.7,))["hits"][0, 0]) == 56


def test_gauges_have_the_scores_that_need_no_map():
    imerg, gauge = stations(days=2)
    found = score_maps(imerg, gauge, with_sal=True)
    assert "fss" not in found
    assert "structure" not in found
    assert float(found["csi"][5]) == pytest.approx(plain(imerg.values[5], gauge.values[5], 0.2)["csi"])


def test_more_error_is_a_worse_score():
    """Each score falls when rain is put farther from where it fell: what makes it a score."""
    _, radar = pair(maps=12)
    moved = [radar.copy(data=np.roll(radar.values, k, axis=2)) for k in (0, 2, 6)]
    levels = [pooled(all_sums(m, radar)) for m in moved]
    for name in ("cc_log", "fss", "csi", "hss", "kge", "rmse_log"):
        quality = [float(v[name]) * (1 if BY_NAME[name].higher else -1) for v in levels]
        assert quality[0] > quality[1] > quality[2], name


def test_other_shapes_and_axes_are_refused_in_words():
    imerg, radar = pair()
    with pytest.raises(InputError) as caught:
        sums(imerg, radar[:, 1:])
    assert caught.value.code == "rain_score_grids"
    with pytest.raises(InputError) as caught:
        sums(imerg, radar.assign_coords(lat=radar["lat"] + 1))
    assert caught.value.code == "rain_score_grids"
    with pytest.raises(InputError) as caught:
        sums(imerg, radar.assign_coords(time=radar["time"] + np.timedelta64(30, "m")))
    assert caught.value.code == "rain_score_grids"
    with pytest.raises(InputError) as caught:
        sums(imerg.transpose("lat", "lon", "time"), radar)
    assert caught.value.code == "rain_score_time"


def test_from_sums_takes_any_shape():
    imerg, radar = pair(maps=4)
    of = all_sums(imerg, radar)
    many = xr.concat([of, 2 * of], "draw")
    # Twice every pixel is the same score.
    xr.testing.assert_allclose(
        from_sums(many).isel(draw=1).drop_vars("n"), from_sums(of).drop_vars("n"), rtol=1e-9
    )
