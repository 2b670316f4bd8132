"""DINEOF against what is known: low-rank matrices, the truncated decomposition, and the paper's own reference case."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.errors import Cancelled, InputError
from eogen.ocean.cube import cube
from eogen.ocean.dineof import _diffusion, _withheld, decompose
from eogen.ocean.problem import Problem, problem
from tests.real import real_data

TIMES, LAT, LON = 20, 24, 30


def case(values: np.ndarray, days: np.ndarray | None = None) -> Problem:
    days = np.arange(len(values)) if days is None else days
    time = np.datetime64("2020-01-01") + days * np.timedelta64(1, "D")
    sea = np.ones(values.shape[1:], bool)
    sea[:4, :5] = False
    lat, lon = 40 + np.arange(values.shape[1]) / 24, np.arange(values.shape[2]) / 24
    return problem(cube(values, time, lat, lon, sea, name="sst"))


def low_rank(rank: int, seed: int = 0) -> np.ndarray:
    """Smooth patterns times smooth amplitudes; about zero on average."""
    rng = np.random.default_rng(seed)
    patterns = gaussian_filter(rng.standard_normal((rank, LAT, LON)), (0, 4, 4))
    patterns /= patterns.std((1, 2), keepdims=True)
    amplitude = rng.standard_normal((TIMES, rank)) * (2.0 ** -np.arange(rank))
    return np.tensordot(amplitude, patterns, 1).astype(np.float32)


def cloudy(values: np.ndarray, share: float = 0.3, seed: int = 1) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(values.shape), (0, 3, 3))
    clouds = np.stack([n > np.quantile(n, 1 - share) for n in noise])
    return np.where(clouds, np.nan, values)


def test_hidden_cells_of_a_low_rank_matrix_are_recovered():
    truth = low_rank(2)
    p = case(cloudy(truth))
    made = decompose(p, tolerance=1e-7, rounds=2000).frames(np.arange(TIMES))
    error = (made - truth)[:, p.sea]
    assert np.sqrt(np.mean(error**2)) < 1e-3 * truth.std()


def test_the_count_of_modes_is_that_of_the_truth_when_noise_hides_the_rest():
    truth = low_rank(3)
    noise = 0.1 * np.random.default_rng(3).standard_normal(truth.shape).astype(np.float32)
    p = case(cloudy(truth + noise))
    found = decompose(p, tolerance=1e-3)
    assert found.modes in (3, 4)  # a fourth, of the size of noise, may win by a hair
    assert (found.cv_errors[:2] > 1.15 * found.cv_errors.min()).all()
    assert found.cv_errors[2] < 1.02 * found.cv_errors.min()
    assert 0.08 < found.cv_errors[2] < 0.2  # not below the noise, not far above it
    made = found.frames(np.arange(TIMES))
    hidden = ~p.observed & p.sea
    assert np.sqrt(np.mean((made - truth)[hidden] ** 2)) < 0.12


def test_with_nothing_missing_it_is_the_truncated_decomposition():
    truth = low_rank(6) + 3.0
    p = case(truth)
    found = decompose(p, most=6)
    matrix = truth[:, p.sea].astype(float)
    u, s, vt = np.linalg.svd(matrix - matrix.mean(), full_matrices=False)
    k = found.modes
    np.testing.assert_allclose(found.singular, s[:k], rtol=1e-4)
    np.testing.assert_allclose(found.explained, s[:k] ** 2 / (s**2).sum(), rtol=1e-4)
    expected = (u[:, :k] * s[:k]) @ vt[:k] + matrix.mean()
    np.testing.assert_allclose(found.frames(np.arange(TIMES))[:, p.sea], expected, atol=2e-3)
    assert not found.real_clouds


def test_patterns_and_amplitudes_are_orthonormal_and_on_the_map():
    p = case(cloudy(low_rank(4)))
    found = decompose(p, most=4)
    flat = found.spatial[:, p.sea].astype(float)
    np.testing.assert_allclose(found.temporal.T @ found.temporal, np.eye(found.modes), atol=1e-6)
    np.testing.assert_allclose(flat @ flat.T, np.eye(found.modes), atol=1e-3)
    assert np.isnan(found.spatial[:, ~p.sea]).all()
    assert (np.diff(found.singular) <= 0).all()
    assert 0 < found.explained.sum() <= 1 + 1e-6


def test_the_same_seed_gives_the_same_bits():
    p = case(cloudy(low_rank(3)))
    a, b = (decompose(p, seed=4, filter_days=0.5) for _ in range(2))
    np.testing.assert_array_equal(a.frames(np.arange(TIMES)), b.frames(np.arange(TIMES)))
    np.testing.assert_array_equal(a.cv_errors, b.cv_errors)
    other = decompose(p, seed=5, filter_days=0.5)
    assert not np.array_equal(a.cv_errors, other.cv_errors)


def test_withheld_cells_are_pieces_under_other_dates_clouds():
    p = case(cloudy(low_rank(3)))
    held, real = _withheld(p.observed, p.sea, np.arange(TIMES), np.random.default_rng(0))
    assert real
    assert not (held & ~p.observed).any()
    share = held.sum((1, 2)) / p.observed.sum((1, 2))
    assert (share <= 0.1).all()
    assert (share > 0.05).mean() > 0.8
    # Pieces, not specks: most of a withheld cell's neighbours are withheld or under a cloud.
    dark = held | ~p.observed
    beside = held[:, 1:-1, 1:-1]
    assert dark[:, 2:, 1:-1][beside].mean() > 0.7


def test_an_empty_frame_lies_between_its_neighbours_and_takes_no_part():
    truth = low_rank(2)
    values = cloudy(truth)
    values[7] = np.nan
    days = np.arange(TIMES) + (np.arange(TIMES) > 7)  # frame 7 is one day after 6 and two before 8
    found = decompose(case(values, days))
    assert list(np.flatnonzero(~found.used)) == [7]
    np.testing.assert_allclose(found.temporal[7], (2 * found.temporal[6] + found.temporal[8]) / 3, atol=1e-9)


def test_cells_never_seen_take_their_neighbours_patterns():
    values = low_rank(2)
    values[:, 10, 10] = np.nan
    found = decompose(case(cloudy(values)))
    assert np.isfinite(found.spatial[:, 10, 10]).all()
    near = [found.spatial[:, y, x] for y, x in ((9, 10), (11, 10), (10, 9), (10, 11))]
    assert any((found.spatial[:, 10, 10] == n).all() for n in near)


def test_diffusion_in_time_keeps_constants_and_widens_a_pulse_by_its_length():
    days = np.arange(201.0)
    smoothing = _diffusion(days, 5.0)
    np.testing.assert_allclose(smoothing @ np.ones(201), 1, atol=1e-10)
    pulse = smoothing @ np.eye(201)[100]
    assert pulse.sum() == pytest.approx(1, abs=1e-6)
    assert np.sqrt((pulse * (days - 100) ** 2).sum()) == pytest.approx(5.0, rel=1e-3)
    uneven = np.cumsum(np.random.default_rng(0).uniform(0.5, 4, 30))
    np.testing.assert_allclose(_diffusion(uneven, 3.0) @ np.ones(30), 1, atol=1e-10)


def test_the_filter_makes_neighbouring_times_alike():
    p = case(cloudy(low_rank(3)))
    rough, smooth = (decompose(p, filter_days=d).temporal[:, 0] for d in (0.0, 2.0))
    jumps = [np.square(np.diff(t)).sum() / np.square(t).sum() for t in (rough, smooth)]
    assert jumps[1] < 0.5 * jumps[0]


def test_anomalies_are_put_back_in_the_units_of_the_values():
    truth = low_rank(2) + 15.0 + np.linspace(0, 4, LON, dtype=np.float32)
    p = case(cloudy(truth))
    found = decompose(p, anomalies=True)
    hidden = ~p.observed & p.sea
    error = (found.frames(np.arange(TIMES)) - truth)[hidden]
    assert np.sqrt(np.mean(error**2)) < 0.3 * truth[:, p.sea].std()
    assert found.mean == 0


def test_too_few_frames_that_saw_something_get_a_sentence():
    values = cloudy(low_rank(2))
    values[2:] = np.nan
    values[2:, 12, 12] = 0.0
    with pytest.raises(InputError, match=r"2 frames saw at least 0\.02 of the sea") as told:
        decompose(case(values))
    assert told.value.code == "ocean_eofs"


def test_it_stops_between_rounds():
    calls = []

    def third(done: int, total: int, what: str = "") -> None:
        calls.append(what)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        decompose(case(cloudy(low_rank(3))), progress=third)
    assert calls == ["fit"] * 3


def alboran() -> tuple[Problem, xr.Dataset, np.ndarray]:
    """The reference case: the problem, the reference EOFs, and its errors with 1, 2, … modes."""
    folder = real_data("ocean")
    names = [f"dineof_alboran_{n}.nc" for n in ("sst", "reference_eof", "reference_diagnostics")]
    if not all((folder / n).is_file() for n in names):
        pytest.skip("the reference case of DINEOF is not among the real data")
    with (
        xr.open_dataset(folder / names[0], decode_times=False) as data,
        xr.open_dataset(folder / names[1]) as eofs,
        xr.open_dataset(folder / names[2]) as diagnostics,
    ):
        time = np.datetime64("2016-01-01") + data.time.values.astype(int) * np.timedelta64(1, "D")
        given = cube(
            data.SST.values, time, data.lat.values, data.lon.values, data.mask.values > 0, name="sst"
        )
        return problem(given), eofs.load(), diagnostics.valc.values


def alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosines of the principal angles between the spans of the columns, descending."""
    return np.linalg.svd(np.linalg.qr(a)[0].T @ np.linalg.qr(b)[0], compute_uv=False)


def test_the_reference_case_of_the_papers_program():
    p, eofs, errors = alboran()
    # The reference's withheld cells are shuffled (their values are stored, not their places): ours are our own, so the
    # error is compared over several draws.
    found = [decompose(p, seed=s, filter_days=0.5) for s in range(4)]
    least = [f.cv_errors.min() for f in found]
    assert abs(np.median(least) - errors[errors > 0].min()) < 0.1
    assert all(0.34 < e < 0.54 for e in least)
    assert all(f.modes <= 5 for f in found)
    three = decompose(p, filter_days=0.5)
    assert three.modes == 3
    temporal = alike(three.temporal, eofs.V.values.T)
    spatial = alike(three.spatial[:, p.sea].T.astype(float), eofs.Usst.values[:, p.sea].T)
    assert temporal.min() > 0.9
    assert spatial[:2].min() > 0.95
    assert spatial.min() > 0.85
