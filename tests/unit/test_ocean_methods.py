"""Every way to fill a gap keeps the same promises: one suite over the registry, rows to come included."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.errors import Cancelled, InputError, Unavailable
from eogen.ocean import diffusion
from eogen.ocean.cube import cube, like
from eogen.ocean.methods import METHODS, fill
from eogen.ocean.variables import VARIABLES

SHAPE = (6, 32, 32)
MEMBERS = 8
EMPTY, LONELY = 3, 5
#: How far a family may be from a constant that is all it was shown. What was trained on fields has seen no such sea.
FLAT = {"simple": 1e-3, "statistical": 1e-3, "network": 0.3, "generative": 0.5}

every = pytest.mark.parametrize("name", METHODS)
classical = pytest.mark.parametrize("name", [n for n, r in METHODS.items() if FLAT[r.kind] < 0.01])


@cache
def truth() -> np.ndarray:
    """Eddies of 6 pixels that last some frames, on a gradient from the coast, like log10 chlorophyll."""
    noise = gaussian_filter(np.random.default_rng(8).standard_normal(SHAPE), (1.5, 6, 6), mode="wrap")
    slope = np.linspace(0.4, -0.4, SHAPE[2])
    return (0.25 * noise / noise.std() + slope).astype(np.float32)


@cache
def sea() -> np.ndarray:
    """All but a corner of land and an island."""
    mask = np.ones(SHAPE[1:], bool)
    mask[:9, :12] = False
    mask[24:27, 20:24] = False
    return mask


@cache
def gaps() -> np.ndarray:
    """Clouds of 15 to 65 % that drift from frame to frame."""
    noise = gaussian_filter(np.random.default_rng(9).standard_normal(SHAPE), (0.6, 4, 4))
    cover = np.random.default_rng(10).uniform(0.15, 0.65, SHAPE[0])
    return np.stack([n > np.quantile(n, 1 - c) for n, c in zip(noise, cover, strict=True)])


@cache
def gappy(extremes: bool = False) -> xr.DataArray:
    """The cube the methods are shown; with ``extremes`` one frame saw nothing and one saw a single cell."""
    values = np.where(gaps(), np.nan, truth())
    if extremes:
        values[[EMPTY, LONELY]] = np.nan
        values[LONELY, 30, 30] = truth()[LONELY, 30, 30]
    time = np.datetime64("2021-03-01") + 8 * np.arange(SHAPE[0]) * np.timedelta64(1, "D")
    lat, lon = 46 + np.arange(SHAPE[1]) / 24, -130 + np.arange(SHAPE[2]) / 16
    depth = np.broadcast_to(np.linspace(-3000, -20, SHAPE[1])[:, None], SHAPE[1:])
    return cube(
        values, time, lat, lon, sea(), bathymetry=depth, kind="simulated", dataset="suite", title="Suite"
    )


def drivers(observed: xr.DataArray, names: tuple[str, ...]) -> xr.Dataset | None:
    """Smooth complete fields of every driver a row asks for."""
    if not names:
        return None
    made = {}
    for k, name in enumerate(names):
        noise = gaussian_filter(np.random.default_rng(k).standard_normal(SHAPE), (1, 5, 5))
        made[name] = (("time", "lat", "lon"), noise.astype(np.float32) / noise.std())
    return xr.Dataset(made, {k: observed[k] for k in ("time", "lat", "lon")})


def filled(name: str, observed: xr.DataArray | None = None, **asked: object) -> xr.Dataset:
    """The fill; skips, saying why, where the row's weights are absent."""
    observed = gappy() if observed is None else observed
    try:
        return fill(observed, name, drivers=drivers(observed, METHODS[name].drivers), **asked)
    except Unavailable as absent:
        pytest.skip(str(absent))


@cache
def answer(name: str) -> xr.Dataset:
    return filled(name, members=MEMBERS, seed=1)


def hidden(made: xr.Dataset) -> np.ndarray:
    return made.filled.values


@every
def test_the_answer_is_on_the_cubes_grid_with_its_units_and_says_where_it_comes_from(name):
    made, given = answer(name), gappy()
    assert made["mean"].dims == made["sd"].dims == made["filled"].dims == ("time", "lat", "lon")
    assert made["member"].dims == ("member", "time", "lat", "lon")
    assert made.sizes["member"] == MEMBERS
    for axis in ("time", "lat", "lon", "sea"):
        xr.testing.assert_identical(made[axis].drop_vars("spatial_ref"), given[axis].drop_vars("spatial_ref"))
    assert made.rio.crs == given.rio.crs
    for part in ("mean", "sd", "member"):
        assert made[part].attrs["units"] == VARIABLES["log10_chl"].units
        assert made[part].dtype == np.float32
    assert made.attrs["kind"] == "simulated"
    assert made.attrs["method"] == name
    assert made.attrs["seed"] == 1
    assert (hidden(made) == (gaps() & sea())).all()


@every
def test_what_was_seen_keeps_its_bits_and_has_no_doubt(name):
    made, given = answer(name), gappy().values
    seen = np.isfinite(given)
    assert (made["mean"].values[seen] == given[seen]).all()
    assert (made["member"].values[:, seen] == given[seen]).all()
    assert (made["sd"].values[seen] == 0).all()


@every
def test_the_sea_is_finite_and_the_land_is_nan(name):
    made = answer(name)
    for part in ("mean", "sd", "member"):
        values = made[part].values
        assert np.isfinite(values[..., sea()]).all(), part
        assert np.isnan(values[..., ~sea()]).all(), part
    assert (made["sd"].values[hidden(made)] > 0).all()


@every
def test_the_same_seed_gives_the_same_bits_and_another_seed_other_members(name):
    made = answer(name)
    again = filled(name, members=MEMBERS, seed=1)
    for part in ("mean", "sd", "member"):
        np.testing.assert_array_equal(made[part].values, again[part].values)
    other = filled(name, members=2, seed=2)
    assert not np.allclose(made["member"].values[0][hidden(made)], other["member"].values[0][hidden(made)])


@every
def test_members_differ_around_the_mean_by_about_the_doubt(name):
    made = answer(name)
    cells = hidden(made)
    members, sd = made["member"].values[:, cells], made["sd"].values[cells]
    assert members.std(0).min() > 0
    off = (members.mean(0) - made["mean"].values[cells]) / sd
    assert np.sqrt(np.mean(off**2)) < 1.0
    ratio = np.sqrt(np.mean(members.var(0, ddof=1)) / np.mean(sd**2))
    assert 0.3 < ratio < 2.0


@every
def test_a_smooth_field_is_told_better_than_by_its_mean(name):
    made = answer(name)
    cells = hidden(made)
    error = made["mean"].values[cells] - truth()[cells]
    plain = np.nanmean(gappy().values) - truth()[cells]
    assert np.sqrt(np.mean(error**2)) < 0.85 * np.sqrt(np.mean(plain**2))


@every
def test_a_constant_sea_stays_constant(name):
    flat = like(gappy(), np.where(np.isfinite(gappy().values), np.float32(-0.5), np.nan))
    made = filled(name, flat)
    assert np.abs(made["mean"].values[hidden(made)] + 0.5).max() <= FLAT[METHODS[name].kind]


@classical
def test_what_is_added_to_the_data_is_added_to_the_answer(name):
    moved = filled(name, like(gappy(), gappy().values + np.float32(0.75)), seed=1)
    off = moved["mean"].values - answer(name)["mean"].values
    # Systems of near-equal observations are solved in single precision: 2 % of a field whose spread is 0.35.
    np.testing.assert_allclose(off[:, sea()], 0.75, atol=2e-2)
    assert np.sqrt(np.mean((off[:, sea()] - 0.75) ** 2)) < 1e-3


@every
def test_a_frame_without_any_or_with_one_observation_is_filled_within_reason(name):
    made = filled(name, gappy(True), members=2)
    for frame in (EMPTY, LONELY):
        for part in ("mean", "sd", "member"):
            values = made[part].values[..., frame, :, :][..., sea()]
            assert np.isfinite(values).all()
        assert np.abs(made["mean"].values[frame][sea()]).max() < 3.0
    assert made["mean"].values[LONELY, 30, 30] == truth()[LONELY, 30, 30]


@every
def test_a_chosen_frame_alone_is_answered_from_all_of_them(name):
    made = filled(name, times=[2, 4])
    assert (made.time.values == gappy().time.values[[2, 4]]).all()
    assert np.isfinite(made["mean"].values[:, sea()]).all()
    assert "member" not in made


@every
def test_progress_is_told_and_a_stop_is_obeyed(name):
    calls = []
    filled(name, times=[1, 4], progress=lambda *told: calls.append(told))
    assert calls
    assert all(0 <= done <= total and what in {"fit", "fill", "calibrate"} for done, total, what in calls)

    def stop(done: int, total: int, what: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        filled(name, times=[1, 4], progress=stop)


@pytest.mark.parametrize("name", ["diffusion", "repaint"])
def test_a_slow_method_shows_what_it_believes_of_the_frame_and_of_nothing_else(name):
    class Watch:
        def __init__(self) -> None:
            self.fields: list[np.ndarray] = []

        def __call__(self, done: int, total: int, what: str = "") -> None: ...

        def look(self, field: np.ndarray) -> None:
            self.fields.append(field)

    watch = Watch()
    filled(name, times=[1], progress=watch)
    observed = gappy().values[1]
    seen = np.isfinite(observed)
    assert len(watch.fields) == diffusion.STEPS - 1
    for field in watch.fields:
        assert field.shape == observed.shape, "windows of the calibration are not shown"
        np.testing.assert_allclose(field[seen], observed[seen], atol=1e-4)
    assert np.abs(watch.fields[0] - watch.fields[-1])[sea() & ~seen].max() > 0


def test_a_method_nobody_wrote_gets_a_sentence_that_names_those_there_are():
    with pytest.raises(InputError, match=r"no method called crystal_ball.*climatology") as told:
        fill(gappy(), "crystal_ball")
    assert told.value.code == "ocean_method"


@pytest.mark.parametrize("name", [n for n, r in METHODS.items() if r.frames > 1])
def test_too_few_frames_get_a_sentence(name):
    fewer = METHODS[name].frames - 1
    with pytest.raises(InputError, match=f"has {fewer} frames") as told:
        filled(name, gappy().isel(time=slice(0, fewer)))
    assert told.value.code == "ocean_frames"


@pytest.mark.parametrize("count", [-1, 65])
def test_too_many_members_get_a_sentence(count):
    with pytest.raises(InputError) as told:
        fill(gappy(), "climatology", members=count)
    assert told.value.code == "ocean_members"


@pytest.mark.parametrize("name", [n for n, r in METHODS.items() if r.drivers])
def test_absent_drivers_get_a_sentence_that_names_them(name):
    with pytest.raises(InputError, match=METHODS[name].drivers[0]) as told:
        fill(gappy(), name)
    assert told.value.code == "ocean_drivers"
