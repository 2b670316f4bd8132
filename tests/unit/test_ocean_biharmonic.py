"""The thin plate: planes are kept, the energy is what calculus says, the coast is free, and another library agrees."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.restoration import inpaint_biharmonic

from eogen.ocean.biharmonic import SPRING, TENSION, bending, plate

SIDE = 24


def open_sea() -> np.ndarray:
    return np.ones((SIDE, SIDE), bool)


def holed(values: np.ndarray, half: int = 4) -> np.ndarray:
    cut = values.astype(float).copy()
    middle = slice(SIDE // 2 - half, SIDE // 2 + half)
    cut[middle, middle] = np.nan
    return cut


def test_the_energy_of_a_plane_is_nought_and_of_a_parabola_what_calculus_says():
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    energy = bending(open_sea(), tension=0.0)
    plane = (3 + 0.5 * x - 2 * y).ravel()
    assert plane @ (energy @ plane) == pytest.approx(0, abs=1e-6)
    parabola = (0.5 * x**2).ravel()  # second derivative 1 at every inner column
    assert parabola @ (energy @ parabola) == pytest.approx(SIDE * (SIDE - 2))
    saddle = (x * y).ravel()  # mixed derivative 1, counted twice
    assert saddle @ (energy @ saddle) == pytest.approx(2 * (SIDE - 1) ** 2)
    tense = bending(open_sea(), tension=1.0)
    assert plane @ (tense @ plane) == pytest.approx((0.25 + 4) * SIDE * (SIDE - 1))


def test_the_energy_does_not_depend_on_the_side_of_a_square_pixel_and_is_symmetric():
    a, b = bending(open_sea(), (1.0, 1.0)), bending(open_sea(), (4.6, 4.6))
    assert abs(a - b).max() < 1e-9
    assert abs(a - a.T).max() < 1e-12
    assert np.linalg.eigvalsh(bending(open_sea()[:8, :8]).toarray()).min() > -1e-9


def test_a_gap_in_a_plane_is_filled_by_the_plane():
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    plane = 0.4 * x - 0.3 * y
    filled = plate(holed(plane), open_sea(), bending(open_sea(), tension=0.0))
    # Only the weak spring to nought pulls it off.
    np.testing.assert_allclose(filled, plane, atol=1e-3)


def test_another_library_fills_the_same_hole_alike():
    field = gaussian_filter(np.random.default_rng(0).standard_normal((SIDE, SIDE)), 5)
    field /= field.std()
    cut = holed(field, 3)
    own = plate(cut, open_sea(), bending(open_sea(), tension=0.0))
    theirs = inpaint_biharmonic(np.nan_to_num(cut), np.isnan(cut))
    hole = np.isnan(cut)
    assert np.sqrt(np.mean((own - theirs)[hole] ** 2)) < 0.02
    assert np.sqrt(np.mean((own - field)[hole] ** 2)) < 0.25 * field[hole].std() + 0.05


def test_nothing_passes_through_land():
    sea = open_sea()
    sea[:, 11:13] = False
    anomaly = np.full(sea.shape, np.nan)
    anomaly[:, :4] = 1.0
    west = plate(anomaly, sea, bending(sea))
    assert np.abs(west[:, 13:]).max() < 1e-6  # the eastern basin saw nothing: the background's anomaly, 0
    assert west[:, 4:9].min() > 0.5
    anomaly[:, 20:] = -1.0
    both = plate(anomaly, sea, bending(sea))
    np.testing.assert_allclose(both[:, :11], west[:, :11], atol=1e-6)
    assert np.isnan(both[:, 11:13]).all()


def test_what_was_seen_stays_and_far_from_it_the_background_returns():
    sea = np.ones((6, 1600), bool)
    anomaly = np.full(sea.shape, np.nan)
    anomaly[:, :5] = 1.0
    filled = plate(anomaly, sea, bending(sea))
    assert (filled[:, :5] == 1).all()
    fade = np.sqrt(
        TENSION / SPRING
    )  # of the membrane on springs: the plate's stiffness is felt near the data only
    np.testing.assert_allclose(filled[3, 4:1000:50], np.exp(-np.arange(0, 996, 50) / fade), atol=0.02)
    assert np.abs(filled[:, 1500:]).max() < 0.05


def test_a_frame_without_observations_is_the_background_and_a_full_one_itself():
    energy = bending(open_sea())
    assert (plate(np.full((SIDE, SIDE), np.nan), open_sea(), energy) == 0).all()
    full = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)
    np.testing.assert_array_equal(plate(full, open_sea(), energy), full)
