"""Roughness of fields whose spectrum and variogram are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from eogen.ocean import structure


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def power_law(rng, slope, side=64, count=40):
    """Fields whose two-dimensional spectral density falls as wavenumber to the power ``slope``, of larger ones."""
    big = 4 * side
    k = np.fft.fftfreq(big)
    size = np.hypot(k[:, None], k)
    size[0, 0] = np.inf
    noise = np.fft.fft2(rng.standard_normal((count, big, big)))
    return np.fft.ifft2(noise * size ** (slope / 2)).real[:, :side, :side]


@pytest.mark.parametrize("slope", [-1.0, -2.0, -3.0])
def test_the_spectrum_finds_a_known_slope(rng, slope):
    found = structure.power_spectrum(power_law(rng, slope)).power
    part = found[(found.index <= 20) & (found.index >= 3)]
    fitted = np.polyfit(-np.log(part.index), np.log(part), 1)[0]
    assert fitted == pytest.approx(slope, abs=0.12)


def test_the_spectrum_of_white_noise_is_its_variance(rng):
    found = structure.power_spectrum(1.7 * rng.standard_normal((300, 32, 32))).power
    np.testing.assert_allclose(found.iloc[2:], 1.7**2, rtol=0.06)


def test_a_plane_has_no_spectrum_and_a_wave_has_one_peak():
    y, x = np.mgrid[:32, :32]
    assert structure.power_spectrum((3 * x - 2 * y + 5.0)[None]).power.max() < 1e-20
    wave = structure.power_spectrum(np.sin(2 * np.pi * x / 8)[None]).power
    assert wave.idxmax() == 8
    assert wave[4] < 0.02 * wave[8]


def test_the_spectrum_agrees_with_scipy_on_a_section_average(rng):
    """Rows of isotropic white noise: scipy's one-dimensional density (two-sided) is the same constant."""
    fields = rng.standard_normal((200, 32, 32))
    _, theirs = signal.periodogram(fields, window="hann", detrend="linear", return_onesided=False)
    assert structure.power_spectrum(fields).power.iloc[3:].mean() == pytest.approx(
        theirs[..., 3:14].mean(), rel=0.05
    )


def test_gradients_variograms_and_spectra_are_one_for_the_truth_and_scale_with_it(rng):
    truth = power_law(rng, -3.0, count=6)
    held = np.zeros(truth.shape, bool)
    held[:, 8:50, 10:60] = True
    assert structure.gradient_ratio(truth, truth, held) == 1
    assert structure.gradient_ratio(truth, 0.5 * truth + 3, held) == pytest.approx(0.5)
    np.testing.assert_allclose(structure.variogram_ratio(truth, truth, held).ratio, 1)
    np.testing.assert_allclose(structure.variogram_ratio(truth, 0.5 * truth, held).ratio, 0.25)
    np.testing.assert_allclose(structure.spectrum_ratio(truth, truth, held).ratio, 1)
    np.testing.assert_allclose(structure.spectrum_ratio(truth, 0.5 * truth, held).ratio, 0.25)
    both = np.stack([truth, 0 * truth])
    np.testing.assert_allclose(structure.spectrum_ratio(truth, both, held).ratio, 0.5)


def test_smoothing_loses_the_small_scales_first(rng):
    truth = power_law(rng, -2.0, count=8)
    smooth = ndimage.gaussian_filter(truth, (0, 1.5, 1.5))
    held = np.ones(truth.shape, bool)
    ratio = structure.spectrum_ratio(truth, smooth, held).ratio
    assert ratio[4] < 0.1 < 0.8 < ratio[32]
    assert structure.gradient_ratio(truth, smooth, held) < 0.6
    by_lag = structure.variogram_ratio(truth, smooth, held).ratio
    assert by_lag[1] < by_lag[4] < by_lag[16]


def test_the_variogram_of_a_known_law(rng):
    """An exponential covariance along rows, independent rows: gamma(h) = 1 - rho**h on rows, 1 on columns."""
    rho, shape = 0.8, (40, 60, 400)
    noise = rng.standard_normal(shape)
    noise[..., 1:] *= np.sqrt(1 - rho**2)
    field = signal.lfilter([1.0], [1.0, -rho], noise, axis=-1)
    found = structure.variogram(field, rng.random(shape) < 0.5, (1, 2, 4, 8))
    rows = found.index.to_numpy()
    pairs = (np.array([400 - h for h in rows]) * 60, np.array([60 - h for h in rows]) * 400)
    expected = ((1 - rho**rows) * pairs[0] + pairs[1]) / (pairs[0] + pairs[1])
    np.testing.assert_allclose(found.gamma, expected, rtol=0.02)


def test_only_pairs_of_hidden_cells_are_read(rng):
    truth = rng.standard_normal((2, 20, 20))
    held = np.zeros(truth.shape, bool)
    held[:, 5:12, 5:12] = True
    fill = np.where(held, truth, 1e6)
    assert structure.gradient_ratio(np.where(held, truth, np.nan), fill, held) == 1
    ratio = structure.variogram_ratio(np.where(held, truth, np.nan), fill, held, (1, 3, 9, 30))
    np.testing.assert_allclose(ratio.ratio[[1, 3]], 1)
    assert ratio.pairs.tolist() == [2 * 2 * 7 * 6, 2 * 2 * 7 * 4, 0, 0]
    assert ratio.ratio[[9, 30]].isna().all()


def test_windows_are_known_throughout_half_hidden_and_apart(rng):
    known = np.ones((2, 80, 90), bool)
    known[0, 40, 40] = False
    held = ndimage.uniform_filter(rng.random((2, 80, 90)), (0, 15, 15)) > 0.5
    found = structure.windows(held, known, 16, 0.5)
    assert len(found)
    for t, y, x in found:
        cut = np.s_[t, y : y + 16, x : x + 16]
        assert known[cut].all()
        assert held[cut].mean() >= 0.5
    for t in (0, 1):
        corner = found[found[:, 0] == t][:, 1:]
        apart = np.abs(corner[:, None] - corner).max(-1)
        assert apart[~np.eye(len(apart), dtype=bool)].min() >= 8
    assert structure.spectrum_ratio(
        np.zeros((1, 8, 8)), np.zeros((1, 8, 8)), np.ones((1, 8, 8), bool)
    ).attrs == {"windows": 0}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 3), st.floats(-2, 2))
def test_taylors_identity(seed, scale, shift):
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(50)
    fill = scale * truth + shift + rng.standard_normal(50)
    t = structure.taylor(truth, fill)
    assert t["centred_rmse"] ** 2 == pytest.approx(1 + t["sd_ratio"] ** 2 - 2 * t["r"] * t["sd_ratio"])
    assert t["r"] == pytest.approx(np.corrcoef(truth, fill)[0, 1])


def test_a_constant_has_no_place_on_taylors_diagram():
    assert np.isnan(structure.taylor(np.ones(9), np.arange(9.0))["sd_ratio"])
    flat = structure.taylor(np.arange(9.0), np.ones(9))
    assert flat["sd_ratio"] == 0
    assert np.isnan(flat["r"])
    assert flat["centred_rmse"] == pytest.approx(1)


def test_agreement_is_a_distance_and_a_correlation(rng):
    a = rng.standard_normal(5000)
    apart, alike = structure.agreement({"a": a, "twin": a + 0.5, "mirror": -a, "flat": np.zeros(5000)})
    assert apart.loc["a", "twin"] == pytest.approx(0.5)
    assert (np.diag(apart) == 0).all()
    np.testing.assert_allclose(apart, apart.T)
    assert alike.loc["a", "twin"] == pytest.approx(1)
    assert alike.loc["a", "mirror"] == pytest.approx(-1)
    assert np.isnan(alike.loc["a", "flat"])
