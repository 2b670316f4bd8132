"""Simulated clouds: what was asked for, to the cell; nested, static on land, with the measured sizes, edges, memory."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import InputError
from eogen.ocean.cloud_statistics import measure
from eogen.ocean.clouds import STYLES, bank, below, clouds, coverages, veil
from eogen.ocean.cube import cube

SHAPE = (60, 70)


def sea_with_land():
    sea = np.ones(SHAPE, bool)
    sea[:20, :30] = False
    return sea


def real_like(hidden, sea):
    values = np.where(hidden, np.nan, 0.5)
    time = np.datetime64("2021-01-01") + np.arange(len(values))
    return cube(values, time, 40 + np.arange(SHAPE[0]) / 24, np.arange(SHAPE[1]) / 16, sea)


@pytest.mark.parametrize("kind", STYLES)
@pytest.mark.parametrize("coverage", [0.1, 0.5, 0.6, 0.95])
def test_the_mean_coverage_is_what_was_asked_for_to_a_cell(kind, coverage):
    sea = sea_with_land()
    hidden = clouds(np.random.default_rng(0), 12, SHAPE, coverage, sea, kind)
    assert hidden.shape == (12, *SHAPE)
    assert abs(hidden[:, sea].sum() - coverage * 12 * sea.sum()) <= 1
    assert not hidden[:, ~sea].any()


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    draw = lambda seed: clouds(np.random.default_rng(seed), 5, SHAPE, 0.4)
    np.testing.assert_array_equal(draw(3), draw(3))
    assert (draw(3) != draw(4)).mean() > 0.2


def test_masks_of_one_veil_are_nested():
    sea = sea_with_land()
    thick = veil(np.random.default_rng(1), 6, SHAPE)
    few, many = (below(thick, np.full(6, share), sea) for share in (0.2, 0.6))
    assert (many | ~few).all()
    assert many.sum() > 2.9 * few.sum()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_frame_may_be_clear_or_closed(share):
    sea = sea_with_land()
    hidden = below(veil(np.random.default_rng(1), 2, SHAPE), np.full(2, share), sea)
    np.testing.assert_array_equal(hidden, np.broadcast_to(sea & (share == 1), hidden.shape))


def test_coverages_vary_and_remember():
    """Long series: the logit spreads and persists as the style says."""
    for kind, row in STYLES.items():
        share = coverages(np.random.default_rng(2), 20_000, 0.6, kind)
        logit = np.log(share / (1 - share))
        assert share.mean() == pytest.approx(0.6, abs=1e-9)
        assert logit.std() == pytest.approx(row.spread, rel=0.05)
        assert np.corrcoef(logit[1:], logit[:-1])[0, 1] == pytest.approx(row.persistence, abs=0.03)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, float("nan")])
def test_impossible_coverages_are_refused(coverage):
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        clouds(np.random.default_rng(0), 3, SHAPE, coverage)


def test_unknown_clouds_are_refused():
    with pytest.raises(InputError, match="no clouds called cirrus"):
        clouds(np.random.default_rng(0), 3, SHAPE, 0.5, kind="cirrus")


# --- statistics ------------------------------------------------------------------------------------------------------


def test_statistics_tell_white_noise_from_clouds():
    """White masks: flat spectrum, no memory, edges that fill the plane; a Voronoi half-plane: the contrary."""
    rng = np.random.default_rng(0)
    sea = np.ones((120, 120), bool)
    white = measure(rng.random((12, 120, 120)) < 0.3, sea)
    assert abs(white.slope) < 0.1
    assert abs(white.memory) < 0.02
    assert white.length < 1
    assert white.fractal > 1.8
    disc = np.hypot(*(np.indices((120, 120)) - 60))
    discs = np.stack([disc < r for r in rng.uniform(28, 55, 30)])
    smooth = measure(discs, sea)
    assert smooth.fractal == pytest.approx(1.0, abs=0.1)
    assert smooth.slope < -2.3
    assert smooth.memory > 0.5


def test_stretch_and_drift_are_those_asked_for():
    sea = np.ones((96, 96), bool)
    from eogen.ocean.turbulence import evolving

    wide = evolving(np.random.default_rng(0), 30, (96, 96), 3.0, 30.0, stretch=2.0)
    assert measure(wide > 0, sea).stretch == pytest.approx(2.0, rel=0.2)
    moved = evolving(np.random.default_rng(0), 2, (96, 96), 3.0, 30.0, (1e9, 1e9), drift=(0.0, 5.0))
    np.testing.assert_allclose(moved[1][:, 10:90], moved[0][:, 5:85], atol=1e-3)


@pytest.mark.parametrize("slope", [2.0, 3.0])
def test_turbulence_has_its_spectrum_and_unit_variance(slope):
    """Independent reference: the periodogram of the whole torus, over wavenumbers well above k0."""
    from eogen.ocean import turbulence

    field = turbulence.evolving(
        np.random.default_rng(5), 40, (197, 197), slope, 200.0
    )  # the torus is 257 wide
    assert field.std() == pytest.approx(1, abs=0.1)
    cut = field[:, :192, :192] * np.outer(np.hanning(192), np.hanning(192))
    power = (np.abs(np.fft.fft2(cut)) ** 2).mean(0)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(192), np.fft.fftfreq(192))).ravel()
    inside = (k > 0.04) & (k < 0.25)
    found = np.polyfit(np.log(k[inside]), np.log(power.ravel()[inside]), 1)[0]
    assert found == pytest.approx(-slope, abs=0.15)


def test_waves_are_forgotten_as_asked():
    """One e-folding after ``memory`` frames: of long waves and of short ones."""
    from eogen.ocean.turbulence import evolving

    field = evolving(np.random.default_rng(1), 60, (96, 96), 2.0, 48.0, (6.0, 2.0))
    wave = np.fft.fft2(field)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(96), np.fft.fftfreq(96)))

    def kept(band, lag):
        a, b = wave[:-lag][:, band], wave[lag:][:, band]
        return (a * b.conj()).sum().real / np.sqrt((abs(a) ** 2).sum() * (abs(b) ** 2).sum())

    assert kept((k > 0) & (k < 0.018), 6) == pytest.approx(np.exp(-1), abs=0.12)
    assert kept(k > 0.3, 2) == pytest.approx(np.exp(-1), abs=0.03)


# --- real masks ------------------------------------------------------------------------------------------------------


def test_the_bank_cuts_windows_of_sea_within_the_limits():
    sea = sea_with_land()
    hidden = clouds(np.random.default_rng(0), 8, SHAPE, 0.5, sea)
    masks = bank([real_like(hidden, sea)], (24, 24), np.random.default_rng(1), 30, 0.2, 0.8)
    assert masks.shape == (30, 24, 24)
    share = masks.mean((1, 2))
    assert share.min() >= 0.2
    assert share.max() <= 0.8
    every = np.lib.stride_tricks.sliding_window_view(hidden, (24, 24), (1, 2)).reshape(-1, 24 * 24)
    packed = {row.tobytes() for row in every}
    assert all(mask.ravel().tobytes() in packed for mask in masks)


def test_a_bank_without_a_window_says_so():
    sea = sea_with_land()
    hidden = clouds(np.random.default_rng(0), 3, SHAPE, 0.5, sea)
    with pytest.raises(InputError, match="No window of 24 x 24 cells of sea in the 1 cubes"):
        bank([real_like(hidden, sea)], (24, 24), np.random.default_rng(1), 5, 0.999, 1.0, tries=3)
    with pytest.raises(InputError, match="in the 0 cubes"):
        bank([real_like(hidden, sea)], (200, 200), np.random.default_rng(1))
