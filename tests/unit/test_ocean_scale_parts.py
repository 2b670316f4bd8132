"""The parts of the scale-out path, against what they must be: cuts, windows, packings, sums, the pyramid of blocks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from eogen.ocean import convolution
from eogen.ocean.background import cell_means, local_spread
from eogen.ocean.methods import METHODS
from eogen.ocean.problem import Problem
from eogen.ocean.scale.blend import Axis
from eogen.ocean.scale.manifest import write_whole
from eogen.ocean.scale.packing import Packing, packing
from eogen.ocean.scale.plan import ALIGN, plan
from eogen.ocean.scale.rows import scaled
from eogen.ocean.scale.run import WINDOWED
from eogen.ocean.scale.statistics import Sums, Usual, block_sums, design, finished, ground, shifts
from eogen.ocean.scale.store import wrapped
from eogen.ocean.variables import VARIABLES


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 900),
    st.integers(1, 900),
    st.integers(0, 160),
    st.integers(0, 4),
    st.booleans(),
)
def test_cores_tile_the_cube_in_whole_chunks(t, y, x, halo, reach, periodic):
    cut = plan((t, y, x), periodic=periodic, halo=halo, reach=reach, longest=192, chunk=64, memory=60_000_000)
    written = np.zeros((t, y, x), np.uint8)
    for tile in cut.tiles():
        written[tile.region] += 1
        assert all(a % c == 0 for a, c in zip(tile.start, cut.chunk, strict=True))  # no file is shared
        time, lat, lon = cut.read(tile)
        assert lon.start <= tile.start[2]
        assert lon.stop >= tile.stop[2]
        assert 0 <= time.start <= max(tile.start[0] - reach, 0)
        assert lat.stop == min(tile.stop[1] + cut.halo, y)
    assert (written == 1).all()
    assert cut.halo % ALIGN == 0
    assert all(core % chunk == 0 for core, chunk in zip(cut.core, cut.chunk, strict=True))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("frames", [1068, 8480])
def test_the_whole_cube_is_worked_in_bounded_memory(name, frames):
    row = scaled(name)
    more = WINDOWED if row.window else {}
    cut = plan(
        (frames, 4320, 8640), periodic=True, halo=row.halo, reach=row.reach, memory=1_000_000_000, **more
    )
    assert cut.memory <= 1_000_000_000
    assert np.prod(cut.core) > 5e6  # and not by tiny tiles, whose surroundings cost more than they do


@settings(max_examples=80, deadline=None)
@given(st.integers(30, 700), st.integers(48, 200), st.integers(4, 40), st.integers(0, 15), st.booleans())
def test_windows_are_a_partition_of_unity(length, window, overlap, margin, periodic):
    overlap = min(overlap, window // 2)
    margin = min(margin, (overlap - 2) // 2)
    axis = Axis(length, window, overlap, margin, periodic)
    total = np.zeros(length)
    for start in axis.touching(0, length):
        weight = axis.weight(start)
        assert (weight >= 0).all()
        at = np.arange(start, start + axis.size)
        inside = (at >= 0) & (at < length)
        np.add.at(total, at[inside], weight[inside])
        if start > 0 or periodic:
            assert not weight[:margin].any()
    assert total.min() > 0  # every cell has a say: normalising by it makes a partition
    some = axis.touching(length // 3, length // 2 + 1)
    assert set(some) <= set(axis.touching(0, length))


def test_windows_of_a_periodic_axis_close_on_themselves():
    axis = Axis(360, 64, 24, 4, True)
    starts = axis.touching(-30, 30)
    assert {s % 360 for s in starts} == {s % 360 for s in axis.touching(330, 390)}
    assert min(starts) < 0


@given(st.sampled_from(sorted(VARIABLES)), st.floats(0, 1))
def test_values_come_back_within_half_a_step(name, share):
    row, how = VARIABLES[name], packing(name)
    value = np.array([row.low + share * (row.high - row.low), np.nan], np.float32)
    back = how.decode(how.encode(value))
    assert abs(back[0] - value[0]) <= 0.5 * how.scale + 1e-5 * abs(value[0])
    assert np.isnan(back[1])
    assert how.clipped(how.encode(value)) == 0
    beyond = how.encode(np.array([1e9], np.float32))
    assert how.clipped(beyond) == 1


@given(st.integers(-32767, 32767))
def test_packed_numbers_are_written_as_they_were_read(raw):
    how = Packing("int16", 1e-4, 0.3, -32768)
    numbers = np.array([raw, -32768], np.int16)
    np.testing.assert_array_equal(how.encode(how.decode(numbers)), numbers)


@pytest.mark.parametrize(
    ("how", "raw", "value"),
    [
        (Packing("float32", factor=1e6, log=True), np.array([1e-6, 0, -1], "f4"), [0, np.nan, np.nan]),
        (Packing("int16", 0.01, 273.15, -1, shift=-273.15), np.array([0, 100, -1], "i2"), [0, 1, np.nan]),
        (Packing("float32", fill=-999.0), np.array([-999, 2], "f4"), [np.nan, 2]),
    ],
)
def test_numbers_become_the_rooms_units(how, raw, value):
    np.testing.assert_allclose(how.decode(raw), value, atol=1e-4)
    assert how.plain == (how.fill == -999.0)


@given(st.integers(3, 12), st.integers(-30, 30), st.integers(1, 40))
def test_reading_round_the_globe(n, start, length):
    array = np.arange(2 * n).reshape(2, n)
    expected = array[:, np.arange(start, start + length) % n]
    np.testing.assert_array_equal(wrapped(array, (slice(0, 2), slice(start, start + length))), expected)


def gappy(frames: int, days: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    at = np.arange(frames) * float(days)
    values = rng.normal(0.3, 0.4, (frames, 20, 24)).astype(np.float32)
    values += 0.5 * np.cos(2 * np.pi * at / 365.25)[:, None, None].astype(np.float32)
    values[rng.random(values.shape) < 0.5] = np.nan
    return values, at, (at % 365.25).astype(int) + 1


def summed(values: np.ndarray, at: np.ndarray, day: np.ndarray, middle: float, slab: int) -> Sums:
    rows = design(day, at)
    sums = Sums.zero(rows.shape[1], values.shape[1:])
    for t in range(0, len(values), slab):
        sums.add(values[t : t + slab] - np.float32(middle), rows[t : t + slab])
    return sums


def test_sums_of_a_short_series_are_the_means_and_the_spread():
    values, at, day = gappy(30, 8)
    sea = np.ones(values.shape[1:], bool)
    sea[:3] = False
    values[:, ~sea] = np.nan
    usual, scale, found = finished(summed(values, at, day, 0.2, 7), None, 0.2, 0.15)
    np.testing.assert_array_equal(found, sea)
    seen = np.isfinite(values)
    mean = cell_means(np.where(seen, values - np.float32(0.2), 0), seen, sea) + 0.2
    np.testing.assert_allclose(usual[0][sea], mean[sea], atol=1e-5)
    rest = values - mean
    np.testing.assert_allclose(
        scale[sea], local_spread(rest, sea)[sea], rtol=0.02
    )  # they lean on two samples
    assert np.isnan(usual[0][~sea]).all()


def test_the_year_is_found_in_a_long_series_however_it_is_read():
    values, at, day = gappy(260, 8)
    usual, _, _ = finished(summed(values, at, day, 0.0, 24), None, 0.0, 0.2)
    other, _, _ = finished(summed(values, at, day, 0.0, 260), None, 0.0, 0.2)
    np.testing.assert_allclose(usual, other, atol=1e-5)
    assert usual.shape[0] == 5
    np.testing.assert_allclose(np.hypot(usual[1], usual[2]).mean(), 0.5, atol=0.05)
    rows = design(day, at)
    made = Usual(usual, rows, np.zeros(len(rows), np.float32))
    np.testing.assert_allclose(made[3], np.einsum("k,kyx->yx", rows[3], usual), atol=1e-5)
    np.testing.assert_allclose(
        made[:, 2:5, 3:9][np.array([0, 4])], made[np.array([0, 4])][:, 2:5, 3:9], atol=1e-6
    )
    assert np.asarray(made).shape == values.shape
    tile = ground(values, made, np.full(values.shape[1:], 2, np.float32))
    np.testing.assert_allclose(tile.restore(tile.anomaly[5], 5), values[5], atol=1e-5)


def test_shifts_of_frames_are_found_under_gaps():
    rng = np.random.default_rng(3)
    base = np.linspace(-1, 1, 160)[:, None] + rng.normal(0, 0.2, (160, 50))
    shift = rng.normal(0, 0.3, 25)
    values = (base + shift[:, None, None] + rng.normal(0, 0.05, (25, 160, 50))).astype(np.float32)
    row = np.arange(160)[:, None]
    for t in range(25):  # each frame sees a band of the sea only
        values[t, np.broadcast_to((row - 11 * t) % 160 > 70, (160, 50))] = np.nan
    total, count = block_sums(values, 16)
    assert total.sum() == pytest.approx(np.nansum(values), rel=1e-4)
    assert count.sum() == np.isfinite(values).sum()
    found = shifts(total, count)
    assert np.corrcoef(found, shift)[0, 1] > 0.95
    naive = np.nanmean(values, (1, 2))
    assert np.std(found - shift) < np.std(naive - shift)


def test_a_pyramid_of_blocks_is_the_convolution_it_stands_for():
    """Against the same scales computed cell by cell, with no pyramid."""
    rng = np.random.default_rng(0)
    truth = gaussian_filter(rng.normal(size=(200, 232)), 8).astype(np.float32)
    truth /= truth.std()
    seen = (gaussian_filter(rng.normal(size=truth.shape), 10) > 0).astype(np.float32)
    expected = np.zeros_like(truth)
    for sigma in reversed(convolution.SPACE):
        area = 2 * np.pi * sigma * sigma
        weight = gaussian_filter(seen, sigma, truncate=3.0, mode="constant") * area
        value = gaussian_filter(truth * seen, sigma, truncate=3.0, mode="constant") * area
        trust = weight / (weight + convolution.ENOUGH)
        expected = trust * value / np.maximum(weight, 1e-6) + (1 - trust) * expected
    found = convolution._scales(truth * seen, seen)
    hidden = seen == 0
    error = lambda field: np.sqrt(((field - truth)[hidden] ** 2).mean())
    assert np.sqrt(((found - expected)[hidden] ** 2).mean()) < 0.1
    assert error(found) <= 1.02 * error(expected)


def test_nothing_beyond_the_halo_is_heard():
    rng = np.random.default_rng(1)
    side = 2 * convolution.HALO + 64
    top = rng.normal(size=(side, side)).astype(np.float32)
    seen = (rng.random(top.shape) < 0.02).astype(np.float32)
    core = slice(convolution.HALO, side - convolution.HALO)
    inside = convolution._scales(top * seen, seen)[core, core]
    wide = np.pad(top * seen, 256, mode="reflect"), np.pad(seen, 256, mode="reflect")
    around = slice(256 + convolution.HALO, 256 + side - convolution.HALO)
    np.testing.assert_allclose(inside, convolution._scales(*wide)[around, around], atol=1e-4)


def test_a_given_ground_is_used_as_it_is():
    values, at, day = gappy(12, 8)
    usual = np.full(values.shape, 7, np.float32)
    from eogen.ocean.background import Background, background

    given_ground = Background(usual, np.ones(values.shape[1:], np.float32), values - usual)
    asked = Problem(values, np.ones(values.shape[1:], bool), at, (4.0, 4.0), np.arange(20.0), np.arange(24.0), day,
                    ground=given_ground)  # fmt: skip
    assert background(asked) is given_ground
    held = np.zeros(values.shape, bool)
    held[3] = True
    assert np.isnan(background(asked.without(held)).anomaly[3]).all()
    assert (background(asked.without(held)).usual == 7).all()


def test_a_small_file_is_written_whole(tmp_path):
    write_whole(tmp_path / "a.json", {"x": 1})
    write_whole(tmp_path / "a.json", {"x": 2})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 2}
    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]
