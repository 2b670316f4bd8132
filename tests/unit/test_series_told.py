"""Which month told, in which light, and what hiding it does: on a linear model, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.landcover.series.told import SECOND, Hiding, hiding, told
from tests.series_models import BANDS, Linear

MONTHS = 6
AVERAGE = np.full((1, MONTHS, len(BANDS)), 0.2, np.float32)


def model(**weights: float) -> Linear:
    """Return a model in which the weights, ``m<month>_<band>``, alone count."""
    made = Linear(MONTHS)
    made.weight = np.zeros((MONTHS, len(BANDS)))
    for name, weight in weights.items():
        month, band = name[1:].split("_")
        made.weight[int(month), BANDS.index(band)] = weight
    return made


def field(**values: float) -> np.ndarray:
    made = AVERAGE[0].copy()
    for name, value in values.items():
        month, band = name[1:].split("_")
        made[int(month), BANDS.index(band)] = value
    return made


@pytest.mark.parametrize(
    ("band", "light"), [("B03", "visible"), ("B04", "visible"), ("B08", "nir"), ("B11", "swir")]
)
@pytest.mark.parametrize(("value", "side"), [(0.4, "strong"), (0.05, "weak")])
def test_the_one_month_and_light_that_count_are_told(band, light, value, side):
    weight = 0.2 / (value - 0.2)
    found = told(model(**{f"m3_{band}": weight}), field(**{f"m3_{band}": value}), 1, AVERAGE)
    assert (found.months, found.lights, found.top) == ((3,), (light,), 3)
    if light != "visible":  # two bands: the mean moves half as far
        assert found.sides == (side,)
    np.testing.assert_allclose(found.value, np.eye(MONTHS)[3] * 0.2, atol=1e-6)


def test_two_months_are_told_only_when_they_say_nearly_as_much():
    both = model(m1_B08=1.0, m4_B11=1.0)
    near = told(both, field(m1_B08=0.4, m4_B11=0.2 + 0.2 * (SECOND + 0.05)), 1, AVERAGE)
    far = told(both, field(m1_B08=0.4, m4_B11=0.2 + 0.2 * (SECOND - 0.05)), 1, AVERAGE)
    assert (near.months, near.lights) == ((1, 4), ("nir", "swir"))
    assert far.months == (1,)


def test_no_light_is_named_where_none_stands_out_and_no_month_where_none_does():
    even = model(m2_B04=1.0, m2_B08=1.0, m2_B11=1.0)
    assert told(even, field(m2_B04=0.3, m2_B08=0.3, m2_B11=0.3), 1, AVERAGE).lights == ("any",)
    quiet = told(model(m0_B08=0.1), field(m0_B08=0.4), 1, AVERAGE)
    assert (quiet.months, quiet.lights, quiet.top) == ((), (), 0)


def test_what_was_never_seen_tells_nothing():
    hidden = field(m3_B08=0.6)
    hidden[3] = np.nan
    assert 3 not in told(model(m3_B08=1.0, m1_B08=1.0), hidden, 1, AVERAGE).months
    nothing = told(model(m3_B08=1.0), np.full_like(hidden, np.nan), 1, AVERAGE)
    assert (nothing.months, nothing.top) == ((), -1)
    assert (nothing.value == 0).all()


def test_hiding_loses_what_the_month_gave_and_lots_lose_nothing():
    series = field(m3_B08=0.5)
    series[0] = np.nan
    found = hiding(model(m3_B08=1.0), series, 1, AVERAGE, (3,))
    assert found.before - found.after == pytest.approx(0.3, abs=1e-6)
    assert len(found.lots) == 4  # the months seen, but for the one
    np.testing.assert_allclose(found.lots, found.before, atol=1e-6)
    assert (found.verdict, found.answer) == ("yes", 1)
    assert found.by_lot == pytest.approx(0, abs=1e-6)


def test_two_months_are_held_against_pairs():
    found = hiding(model(m1_B08=1.0, m4_B08=1.0), field(m1_B08=0.4, m4_B08=0.4), 1, AVERAGE, (1, 4))
    assert len(found.lots) == 6
    assert found.drop == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize(
    ("after", "lots", "verdict"),
    [(0.4, [0.88, 0.9], "yes"), (0.4, [0.5, 0.6], "half"), (0.87, [0.9], "half"), (0.9, [0.5], "no"),
     (0.95, [0.9], "no"), (0.5, [], "yes")],
)  # fmt: skip
def test_a_reason_is_believed_when_hiding_it_does_far_more_than_lots(after, lots, verdict):
    made = Hiding(0.9, after, np.array(lots), 0)
    assert made.verdict == verdict
    assert np.isnan(made.by_lot) == (not lots)
