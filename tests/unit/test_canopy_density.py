"""Curves and contours of draws, against laws that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pages.parts.canopy.density import credible, curve


def test_a_curve_is_a_density_close_to_the_law_it_was_drawn_from():
    draws = np.random.default_rng(0).normal(2, 0.5, 20_000)
    x, y = curve(draws, -1, 5)
    assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)
    assert np.abs(y - stats.norm(2, 0.5).pdf(x)).max() < 0.04


def test_a_curve_does_not_fall_at_a_bound():
    draws = np.random.default_rng(0).uniform(0, 1, 20_000)
    _, y = curve(draws, 0, 1)
    assert y.min() > 0.85
    assert y.max() < 1.15


def test_half_and_nine_tenths_of_the_draws_lie_in_their_regions():
    dice = np.random.default_rng(0)
    a, b = dice.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 20_000).T
    x, y, mass = credible(a, b, ((-5, 5), (-5, 5)), cells=60)
    held = mass[np.searchsorted(y, b).clip(0, 59), np.searchsorted(x, a).clip(0, 59)]
    for level in (0.5, 0.9):
        assert np.mean(held <= level) == pytest.approx(level, abs=0.05)
    assert mass.min() > 0
    assert mass.max() == pytest.approx(1)
