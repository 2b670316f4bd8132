"""The interval of a share, against its definition and against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from eogen.intervals import wilson


def test_wilson_is_the_interval_of_the_score_test():
    """Its ends solve (p - share)^2 = z^2 p (1 - p) / n; it covers 95 % on average; it never leaves 0 to 1."""
    n, z = 23, 1.959963984540054
    k = np.arange(n + 1)
    low, high = wilson(k, np.full(n + 1, n))
    for end in (low, high):
        np.testing.assert_allclose((end - k / n) ** 2, z**2 * end * (1 - end) / n, atol=1e-12)
    assert low[0] == 0
    assert high[-1] == pytest.approx(1)
    assert (low < high).all()
    truth = np.linspace(0.02, 0.98, 193)
    covered = (binom.pmf(k, n, truth[:, None]) * ((low <= truth[:, None]) & (truth[:, None] <= high))).sum(1)
    assert covered.mean() == pytest.approx(0.95, abs=0.015)


@given(st.integers(1, 500), st.data())
def test_the_wilson_interval_agrees_with_scipy(n, data):
    k = data.draw(st.integers(0, n))
    theirs = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_no_trial_says_nothing():
    low, high = wilson(np.array([0, 1]), np.array([0, 2]))
    assert (low[0], high[0]) == pytest.approx((0, 1))
    assert 0 < low[1] < 0.5 < high[1] < 1
