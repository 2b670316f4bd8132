"""Size classes: published relations at their limits, log-ratios exactly undone, every method's answer closed."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eogen.errors import InputError, Unavailable
from eogen.ocean import compositions
from eogen.ocean.cube import cube
from eogen.ocean.methods import METHODS
from eogen.ocean.psc import as_fractions, fill_fractions, fractions, from_log_ratio, to_log_ratio
from eogen.ocean.simulate import ocean
from eogen.ocean.size_classes import CLASSES, RELATIONS

CHL = np.geomspace(0.01, 60, 400)


def stacked(composition: xr.Dataset, ending: str = "") -> np.ndarray:
    return np.stack([composition[name + ending].values for name in CLASSES])


@pytest.fixture(scope="module")
def sea():
    return ocean(5, frames=8, shape=(24, 24))


# --- published relations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_relation_gives_compositions_from_small_to_large(relation):
    parts = RELATIONS[relation](CHL)
    np.testing.assert_allclose(parts.sum(0), 1, atol=1e-12)
    assert parts.min() >= 0
    assert parts.max() <= 1
    micro, _, pico = parts
    assert (np.diff(micro) >= 0).all()
    assert (np.diff(pico) <= 0).all()
    assert parts[:, 0].argmax() == 2  # pico rules at 0.01 mg m-3
    assert pico[0] > 0.7
    assert parts[:, -1].argmax() == 0  # micro at 60
    assert micro[-1] > 0.95


def test_brewin_2010_in_its_limits():
    """At vanishing CHL the parts are the slopes of the exponentials; at high CHL the small classes reach ceilings."""
    low = RELATIONS["brewin2010"](np.array(1e-5))
    assert low[2] == pytest.approx(0.107 * 6.801, rel=1e-4)
    assert low[1] + low[2] == pytest.approx(1.057 * 0.851, rel=1e-4)
    high = RELATIONS["brewin2010"](np.array(50.0)) * 50.0
    assert high[2] == pytest.approx(0.107, rel=1e-6)
    assert high[1] + high[2] == pytest.approx(1.057, rel=1e-6)


def test_brewin_2015_in_its_limits():
    low = RELATIONS["brewin2015"](np.array(1e-5))
    assert low[2] == pytest.approx(0.80, rel=1e-3)
    assert low[1] + low[2] == pytest.approx(0.94, rel=1e-3)
    high = RELATIONS["brewin2015"](np.array(50.0)) * 50.0
    assert high[2] == pytest.approx(0.13, rel=1e-6)
    assert high[1] + high[2] == pytest.approx(0.77, rel=1e-6)


def test_hirata_2011_by_hand_and_closed_only_where_its_fits_leave_the_simplex():
    """At 1 mg m-3 (x = 0) the exponentials are those of the constants; 1.150 at 0.01 is cut."""
    micro, nano, pico = RELATIONS["hirata2011"](np.array(1.0))
    assert micro == pytest.approx(1 / (0.9117 + np.exp(0.4003)), abs=1e-12)
    assert pico == pytest.approx(2.9954 - 1 / (0.1529 + np.exp(-1.5576)), abs=1e-12)
    assert nano == pytest.approx(1 - micro - pico, abs=1e-12)
    assert RELATIONS["hirata2011"](np.array(0.01))[2] == pytest.approx(
        1 - 1 / (0.9117 + np.exp(5.8663)), abs=1e-6
    )


def test_the_relations_agree_where_they_were_fitted():
    """Between 0.05 and 3 mg m-3 three fits to overlapping pigment data differ by less than 0.25 in any class."""
    some = CHL[(CHL > 0.05) & (CHL < 3)]
    both = np.stack([f(some) for f in RELATIONS.values()])
    assert np.ptp(both, axis=0).max() < 0.25


def test_derived_fractions_carry_their_origin_and_the_gaps_of_chl(sea):
    derived = fractions(sea.observed, "hirata2011")
    assert derived.attrs["kind"] == "derived"
    assert derived.attrs["relation"] == "hirata2011"
    assert derived.attrs["dataset"] == sea.observed.attrs["dataset"]
    np.testing.assert_array_equal(np.isfinite(derived.micro.values), np.isfinite(sea.observed.values))
    with pytest.raises(InputError, match="no relation called uitz"):
        fractions(sea.observed, "uitz")


# --- log-ratios ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(arrays(np.float64, (5, 7), elements=st.floats(1e-3, 1e3)))
def test_log_ratios_are_undone_exactly_whatever_the_number_of_parts(raw):
    for count in (2, 3, 5):
        whole = raw[:count] / raw[:count].sum(0)
        np.testing.assert_allclose(compositions.parts(compositions.log_ratios(whole)), whole, rtol=1e-10)


def test_log_ratios_are_an_isometry():
    """Distances between coordinates are Aitchison's: those of the logarithms about their mean."""
    a, b = np.random.default_rng(0).dirichlet([1, 2, 3], (2, 50)).transpose(0, 2, 1)
    centred = [np.log(x) - np.log(x).mean(0) for x in (a, b)]
    aitchison = np.sqrt(((centred[0] - centred[1]) ** 2).sum(0))
    apart = np.sqrt(((compositions.log_ratios(a) - compositions.log_ratios(b)) ** 2).sum(0))
    np.testing.assert_allclose(apart, aitchison, rtol=1e-10)


def test_coordinates_any_size_come_back_as_compositions():
    wild = np.random.default_rng(1).normal(0, 300, (2, 1000))
    back = compositions.parts(wild)
    assert back.min() >= 0
    assert back.max() <= 1
    np.testing.assert_allclose(back.sum(0), 1, atol=1e-12)


def test_a_zero_becomes_a_trace_and_leaves_the_other_ratios_alone():
    whole = compositions.without_zeros(np.array([[0.0], [0.25], [0.75]]))
    assert whole[0, 0] == compositions.TRACE
    assert whole[2, 0] / whole[1, 0] == pytest.approx(3)
    assert whole.sum() == pytest.approx(1)


def test_the_cubes_of_log_ratios_come_back(sea):
    first, second = to_log_ratio(sea.fractions)
    assert (first.name, second.name) == ("log_ratio_1", "log_ratio_2")
    np.testing.assert_allclose(stacked(from_log_ratio(first, second)), stacked(sea.fractions), atol=2e-6)


def test_what_is_no_composition_is_refused(sea):
    broken = sea.fractions.copy(deep=True)
    where = np.argwhere(np.isfinite(broken.micro.values))[0]
    broken.micro.values[tuple(where)] += 0.1
    with pytest.raises(InputError, match="1 cells are not"):
        to_log_ratio(broken)
    with pytest.raises(InputError, match="missing: pico"):
        to_log_ratio(sea.fractions.drop_vars("pico"))


# --- filling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "with_chl"), [("nearest", False), *((name, True) for name in METHODS)])
def test_every_method_answers_with_compositions(sea, method, with_chl):
    """The promise of the room: sum 1 to 1e-6, nothing outside [0, 1] in any member, observed cells untouched."""
    chl = sea.observed if with_chl else None
    try:
        made = fill_fractions(
            sea.fractions_observed, method, [3, 6], members=2, seed=1, drivers=sea.drivers, log10_chl=chl
        )
    except Unavailable as absent:
        pytest.skip(str(absent))
    water = sea.truth.sea.values
    members = stacked(made, "_member")
    assert members.shape == (3, 2, 2, 24, 24)
    for some in (stacked(made)[..., water], members[..., water]):
        assert np.abs(some.astype(np.float64).sum(0) - 1).max() <= 1e-6
        assert some.min() >= 0
        assert some.max() <= 1
    given = stacked(sea.fractions_observed)[:, [3, 6]]
    seen = np.isfinite(given[0])
    assert seen.any()
    np.testing.assert_array_equal(stacked(made)[:, seen], given[:, seen])
    for k in range(2):
        np.testing.assert_array_equal(members[:, k][:, seen], given[:, seen])
    np.testing.assert_array_equal(made.filled.values, ~seen & water)
    assert np.isnan(stacked(made)[..., ~water]).all()
    chlorophyll = 10.0 ** sea.truth.values[[3, 6]]
    assert (stacked(made) * chlorophyll <= chlorophyll)[..., water].all()
    assert (members * chlorophyll <= chlorophyll)[..., water].all()


def test_filling_is_reproducible_and_members_differ(sea):
    ask = lambda seed: fill_fractions(sea.fractions_observed, "convolution", [4], members=2, seed=seed)
    one, again, other = ask(3), ask(3), ask(4)
    xr.testing.assert_identical(one.drop_attrs(), again.drop_attrs())
    assert not np.array_equal(one.micro_member.values, other.micro_member.values, equal_nan=True)
    hidden = one.filled.values
    assert (one.micro_member.values[0][hidden] != one.micro_member.values[1][hidden]).mean() > 0.99


def test_chlorophyll_helps():
    """Where CHL is seen and the fractions are not, what CHL says takes off a sixth of the squared error."""
    wide = ocean(5, frames=16, shape=(64, 64))
    truth = stacked(wide.fractions)
    error = []
    for chl in (None, wide.observed):
        made = fill_fractions(wide.fractions_observed, "convolution", log10_chl=chl)
        error.append(np.mean((stacked(made) - truth)[:, made.filled.values] ** 2))
    assert error[1] < 0.84 * error[0]


def test_the_standard_deviation_is_that_of_the_errors():
    wide = ocean(6, frames=16, shape=(64, 64))
    made = fill_fractions(wide.fractions_observed, "convolution")
    hidden = made.filled.values
    error = np.abs(stacked(made) - stacked(wide.fractions))[:, hidden]
    inside = (error < 1.645 * stacked(made, "_sd")[:, hidden]).mean()
    assert 0.85 < inside < 0.98


def test_another_grid_is_refused(sea):
    with pytest.raises(InputError, match="differ along time"):
        fill_fractions(sea.fractions_observed, "nearest", log10_chl=sea.observed.isel(time=slice(1, None)))


def test_too_little_chlorophyll_is_refused(sea):
    values = np.full_like(sea.observed.values, np.nan)
    values[0, sea.truth.sea.values] = 0.1
    hidden = cube(values, sea.truth.time, sea.truth.lat, sea.truth.lon, sea.truth.sea.values)
    few = as_fractions(hidden, np.where(np.arange(8)[:, None, None] > 0, stacked(sea.fractions), np.nan))
    with pytest.raises(InputError, match="seen together in 0 cells"):
        fill_fractions(few, "nearest", log10_chl=hidden)
