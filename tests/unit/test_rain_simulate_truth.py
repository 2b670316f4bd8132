"""The true rain: what it is drawn from, how it moves, and that it forgets as fast as OPERA's."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.fft import irfft2, rfft2

from eogen.errors import InputError
from eogen.rain import truth as sky
from eogen.rain.regimes import NAMES, REGIMES, frequencies, weather
from eogen.rain.truth import CEILING, rain, torus
from tests.rain_statistics import correlation, decorrelation, log, smoothness
from tests.real import real_data

START = np.datetime64("2023-06-01")
PLACE = torus((80, 80))
#: Lagrangian correlation of 10 km OPERA rain, 24 Aug 2018, pysteps' Lucas-Kanade (reference file, section 3.2).
OPERA = {0.5: 0.63, 1.0: 0.44, 2.0: 0.28}


def days(name, seeds=range(3), slots=48):
    return [list(islice(rain(seed, START, PLACE, name), slots)) for seed in seeds]


@pytest.fixture(scope="module")
def drawn():
    return {name: days(name) for name in NAMES}


def lagrangian(run, lag):
    """Correlation with what came, in the frame that moves with the true wind, over the whole torus."""
    found = []
    for t in range(0, len(run) - lag, 3):
        moved = np.sum([s.moved for s in run[t + 1 : t + 1 + lag]], 0) / PLACE.km
        cells = np.rint(moved).astype(int)
        found.append(correlation(np.roll(run[t].rain, cells, (0, 1)), run[t + lag].rain))
    return np.mean(found)


def test_the_region_is_made_of_imergs_own_cells_around_france():
    lat, lon = PLACE.lat[PLACE.inside[0]], PLACE.lon[PLACE.inside[1]]
    assert len(lat) == len(lon) == 80
    np.testing.assert_allclose((lat * 100) % 10, 5, atol=1e-6)
    assert abs(lat.mean() - 46.6) < 0.06
    assert abs(lon.mean() - 2.6) < 0.06
    assert (PLACE.lat[0] < lat[0] - 1) & (PLACE.lon[-1] > lon[-1] + 1)  # a margin the wind can come from
    wide = torus((72, 104))
    assert wide.km[0] * 72 == pytest.approx(800, abs=3)
    assert wide.km[1] * 104 == pytest.approx(800, abs=8)


@pytest.mark.parametrize("name", NAMES)
def test_rain_is_rain(drawn, name):
    for run in drawn[name]:
        for moment in run[::8]:
            assert moment.rain.dtype == np.float32
            assert moment.rain.min() >= 0
            assert moment.rain.max() <= CEILING
            np.testing.assert_array_equal(moment.rain > 0, moment.wet_share > 0)
            assert moment.wet_share.max() <= 1
            assert moment.weather.name == name


@pytest.mark.parametrize("name", NAMES)
def test_wet_part_and_amounts_follow_the_regime(drawn, name):
    values = np.array([moment.rain for run in drawn[name] for moment in run])
    asked = np.mean([moment.weather.mean.wet for run in drawn[name] for moment in run])
    assert (values > 0).mean() == pytest.approx(asked, rel=0.25)  # mountains add some
    law = REGIMES[name]
    wet = values[values > 0]
    assert wet.mean() == pytest.approx(law.scale / (1 - law.tail), rel=0.2)
    assert np.median(wet) == pytest.approx(law.scale / law.tail * (2**law.tail - 1), rel=0.2)


def test_wet_part_and_intensity_are_near_operas(drawn):
    """OPERA over western Europe: 0.106 and 0.109 wetter than 0.1 mm/h, 0.73-1.23 mm/h there, p99 5.3-8.6."""
    values = np.array([moment.rain for run in drawn["convective"] for moment in run])
    wet = values[values > 0.1]
    assert wet.size / values.size == pytest.approx(0.107, abs=0.04)
    assert 0.65 < wet.mean() < 1.35
    assert 5 < np.percentile(wet, 99) < 9.5


@pytest.mark.parametrize(("lag", "real"), OPERA.items())
def test_convective_rain_decorrelates_as_opera_does(drawn, lag, real):
    """S4: within 0.08 at half an hour, one and two hours."""
    found = np.mean([lagrangian(run, round(2 * lag)) for run in drawn["convective"]])
    assert found == pytest.approx(real, abs=0.08)


def test_fronts_last_longer_than_showers(drawn):
    by_name = {name: np.mean([lagrangian(run, 2) for run in runs]) for name, runs in drawn.items()}
    assert by_name["frontal"] > by_name["convective"] > by_name["showers"]


def test_rain_is_as_rough_as_operas(drawn):
    """Log correlation at 10 km 0.75 and 0.78, at 20 km 0.56 and 0.58, at 50 km 0.37 and 0.34."""
    maps = np.array([moment.rain for run in drawn["convective"] for moment in run[::6]])
    for km, real in ((10, 0.765), (20, 0.57), (50, 0.355)):
        assert smoothness(maps, PLACE.km, km) == pytest.approx(real, abs=0.08)


def test_moving_is_exact():
    noise = np.random.default_rng(0).standard_normal(PLACE.shape)
    turn = sky._turn(*PLACE.waves(), (3 * PLACE.km[0], -5 * PLACE.km[1]))
    moved = irfft2(rfft2(noise) * turn, PLACE.shape)
    np.testing.assert_allclose(moved, np.roll(noise, (3, -5), (0, 1)), atol=1e-5)


def test_what_does_not_forget_only_moves(monkeypatch):
    """With an endless memory and a fixed weather, half an hour later is the same rain, elsewhere."""
    [first] = islice(weather(1, START, "frontal"), 1)
    north, east = 2 * PLACE.km[0] / 1.8, -3 * PLACE.km[1] / 1.8
    still = type(first.mean)(**{**vars(first.mean), "memory": 1e12})
    fixed = type(first)(first.shares, still, first.spells, (east, north))
    monkeypatch.setattr(sky, "weather", lambda *_: iter([fixed] * 4))
    monkeypatch.setattr(sky, "MOUNTAINS", ())
    run = list(rain(1, START, PLACE))
    assert run[1].moved == pytest.approx((2 * PLACE.km[0], -3 * PLACE.km[1]))
    np.testing.assert_allclose(run[3].rain, np.roll(run[0].rain, (6, -9), (0, 1)), atol=2e-3, rtol=2e-3)


def test_mountains_get_more():
    lift = sky._lift(PLACE)
    alps = lift[np.abs(PLACE.lat - 45.3).argmin(), np.abs(PLACE.lon - 6.55).argmin()]
    paris = lift[np.abs(PLACE.lat - 48.85).argmin(), np.abs(PLACE.lon - 2.35).argmin()]
    assert alps > 0.4
    assert abs(paris) < 0.02


def test_seasons_bring_their_weather():
    summer, winter = frequencies(196), frequencies(15)
    assert summer.sum() == pytest.approx(1)
    at = NAMES.index
    assert summer[at("convective")] > 3 * winter[at("convective")]
    assert winter[at("frontal")] > 1.5 * summer[at("frontal")]
    year = [w.name for w in islice(weather(2, np.datetime64("2023-01-01"), None), 365 * 48)]
    july, january = year[181 * 48 : 243 * 48], year[: 62 * 48]
    assert july.count("convective") > january.count("convective")
    assert set(year) == set(NAMES)


def test_spells_last_days_and_pass_gradually():
    run = list(islice(weather(3, START), 60 * 48))
    changes = sum(a.name != b.name for a, b in pairwise(run))
    assert 4 < changes < 60
    shares = np.array([w.shares for w in run])
    np.testing.assert_allclose(shares.sum(1), 1)
    assert np.abs(np.diff(shares, axis=0)).max() < 0.1


def test_convective_rain_peaks_in_the_afternoon():
    run = [w for seed in range(20) for w in islice(weather(seed, START, "convective"), 96)]
    wet = np.array([w.mean.wet for w in run]).reshape(20, 2, 24, 2).mean((0, 1, 3))
    assert 14 <= wet.argmax() <= 20
    assert wet.max() > 1.5 * wet.min()


def test_infrared_tops_say_much_of_storms_and_nearly_nothing_of_drizzle(drawn):
    def told(name):
        run = [moment for run in drawn[name] for moment in run[::4]]
        return correlation(log(np.array([m.rain for m in run])), np.maximum([m.cold for m in run], 0))

    assert told("convective") > 0.3
    assert told("frontal") > 0.3
    assert abs(told("drizzle")) < 0.12
    cold = np.mean([(moment.cold > 0).mean() for run in drawn["drizzle"] for moment in run])
    wet = np.mean([(moment.rain > 0).mean() for run in drawn["drizzle"] for moment in run])
    assert cold < 0.35 * wet


def test_an_unknown_regime_is_said():
    with pytest.raises(InputError, match="no weather regime called monsoon; there are: frontal") as caught:
        next(rain(0, START, PLACE, "monsoon"))
    assert caught.value.code == "rain_regime"


@pytest.mark.real
def test_decorrelation_is_within_eight_hundredths_of_the_opera_files(drawn):
    """Carried along its optical flow on the 0.1 degree grid, against simulated rain carried by its true wind."""
    files = sorted(real_data("rain").glob("opera/opera_*_france_0p1deg.nc"))
    long = []
    for file in files:
        with xr.open_dataset(file) as held:
            step = float(np.median(np.diff(held.time.values)) / np.timedelta64(1, "h"))
            if held.sizes["time"] * step > 4:
                long.append((np.nan_to_num(held.precipitation.values), step))
    if not long:
        pytest.skip("no OPERA sequence of more than four hours over France")
    real = [decorrelation(values, step, tuple(OPERA)) for values, step in long]
    for lag in OPERA:
        ours = np.mean([lagrangian(run, round(2 * lag)) for run in drawn["convective"]])
        assert ours == pytest.approx(np.mean([r[lag] for r in real]), abs=0.08), lag
