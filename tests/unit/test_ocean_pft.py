"""The regional series of phytoplankton types: anchors on the real files, and laws on series that are made up."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError, Unavailable
from eogen.ocean import pft
from eogen.ocean.pft_refill import refill
from tests.real import available, real_data


def series(days=300, regions=3, seed=0, off=1.0):
    """Types that sum to ``off`` times CHL."""
    rng = np.random.default_rng(seed)
    time = np.datetime64("2016-04-25") + np.arange(days)
    wave = np.sin(2 * np.pi * np.arange(days) / 90 + rng.uniform(0, 6, (6, regions, 1)))
    chl = -0.5 + 0.3 * wave[0] + 0.02 * rng.standard_normal((regions, days))
    raw = np.exp(0.8 * wave[1:] + 0.05 * rng.standard_normal((5, regions, days)))
    logs = chl + np.log10(off * raw / raw.sum(0))
    made = {
        name: (("region", "time"), values) for name, values in zip(pft.VARIABLES, [chl, *logs], strict=True)
    }
    return xr.Dataset(made, {"region": np.arange(1, regions + 1), "time": time})


def written(folder, **named):
    for name, made in named.items():
        made.to_netcdf(folder / f"pft_somewhere_regionmean_{name}.nc")
    return folder


# --- on series made up -----------------------------------------------------------------------------------------------


def test_files_are_read_by_their_pattern_whatever_the_order_of_axes(tmp_path):
    made = series()
    found = pft.read(written(tmp_path, test=made, mine=made.transpose("time", "region")))
    assert set(found) == {"test", "mine"}
    xr.testing.assert_allclose(found["mine"], made)


def test_what_is_absent_or_incomplete_is_said(tmp_path):
    with pytest.raises(Unavailable, match="no withheld series"):
        pft.read(tmp_path)
    with pytest.raises(Unavailable, match="no withheld series"):
        pft.read(written(tmp_path, test=series()))
    with pytest.raises(InputError, match=r"regionmean_worse.* has no GREEN"):
        pft.read(written(tmp_path, worse=series().drop_vars("GREEN")))


def test_scores_of_a_known_error():
    """A constant shift: RMSD and bias are the shift, the interval has no width; regions are told apart."""
    truth = series()
    shift = xr.DataArray([0.1, 0.2, 0.0], {"region": truth.region})
    rows = {(r.variable, r.region): r for r in pft.scores(truth + shift, truth, draws=50)}
    assert len(rows) == 6 * 4
    for region, size in ((1, 0.1), (2, 0.2), (3, 0.0)):
        row = rows["DIATO", region]
        assert (row.rmsd, row.bias, row.low, row.high) == pytest.approx([size] * 4, abs=1e-9)
        assert row.count == 300
    assert rows["DIATO", 0].rmsd == pytest.approx(np.sqrt(0.05 / 3))


def test_the_interval_covers_the_truth_of_correlated_errors():
    """Errors that remember ten days, r.m.s. 0.1: the 95 % interval holds it in most of 40 worlds."""
    truth = series(days=900)
    inside = 0
    for world in range(40):
        rng = np.random.default_rng((9, world))
        error = rng.standard_normal(truth.CHL.shape)
        keep = np.exp(-0.1)
        for t in range(1, 900):
            error[:, t] = keep * error[:, t - 1] + np.sqrt(1 - keep**2) * error[:, t]
        row = pft.scores(truth + 0.1 * truth.CHL.copy(data=error), truth, draws=200, seed=world)[0]
        inside += row.low < 0.1 < row.high
    assert inside >= 31


def test_missing_days_are_not_compared_and_shared_days_are_found():
    truth = series()
    answer = truth.copy(deep=True)
    answer.DIATO.values[1, :100] = np.nan
    rows = {(r.variable, r.region): r for r in pft.scores(answer.isel(time=slice(50, None)), truth, draws=10)}
    assert rows["DIATO", 2].count == 200
    assert rows["CHL", 2].count == 250


@pytest.mark.parametrize(("off", "share"), [(1.0, 0.0), (1.05, 0.0), (1.2, 1.0), (0.85, 1.0)])
def test_closure_counts_sums_that_miss_by_a_tenth(off, share):
    found = pft.closure(series(off=off))
    assert found.off == share
    assert found.middle == pytest.approx(off)


def test_as_a_composition_the_sum_is_chlorophyll_and_ratios_stay():
    made = series(off=1.7)
    closed = pft.closed(made)
    assert pft.closure(closed).off == 0
    assert pft.closure(closed).high == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(closed.DIATO - closed.GREEN, made.DIATO - made.GREEN, atol=1e-9)
    again = pft.closed(closed)
    xr.testing.assert_allclose(again, closed)


@pytest.mark.parametrize("method", ["climatology", "time_linear"])
def test_filled_together_the_types_close(method):
    found = refill(series(), method)
    assert found.off_together == 0
    assert 0 <= found.off_alone <= 1
    assert 0.15 < found.count / 900 < 0.25
    assert found.together < 0.35


# --- on the real series ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    return available(pft.read, real_data("ocean"))


#: RMSD (log10) that an independent computation gave on the same files, and the parts of all region-days off by > 10 %.
ANCHORS = {
    "dineof": ((0.089, 0.164, 0.135, 0.156, 0.157, 0.110), 0.76),
    "dincae": ((0.086, 0.173, 0.139, 0.158, 0.159, 0.111), 0.73),
}


@pytest.mark.real
@pytest.mark.parametrize("name", ANCHORS)
def test_the_answers_score_as_an_independent_computation_found(real, name):
    if name not in real or real["test"].sizes != {"region": 10, "time": 1096}:
        pytest.skip(f"the series of {name} in ten boxes over 1096 days is not here")
    rmsd, off = ANCHORS[name]
    rows = [r for r in pft.scores(real[name], real["test"]) if r.region == 0]
    for row, anchor in zip(rows, rmsd, strict=True):
        assert row.rmsd == pytest.approx(anchor, abs=6e-4), row.variable
        assert row.low < row.rmsd < row.high
    assert pft.closure(real[name]).off_of_all == pytest.approx(off, abs=5e-3)


@pytest.mark.real
def test_as_compositions_the_answers_close_and_their_ratios_are_no_worse(real):
    """Every series closes to 0 %. Judged as compositions, the types are nearer on average."""
    truth = pft.closed(real["test"])
    for name in set(real) - {"test"}:
        closed = pft.closed(real[name])
        assert pft.closure(closed).off == 0
        before = {r.variable: r.rmsd for r in pft.scores(real[name], real["test"], 10) if r.region == 0}
        after = {r.variable: r.rmsd for r in pft.scores(closed, truth, 10) if r.region == 0}
        assert np.mean([after[v] for v in pft.TYPES]) < np.mean([before[v] for v in pft.TYPES])


@pytest.mark.real
def test_filling_real_types_together_costs_next_to_nothing(real):
    found = refill(real["test"], "climatology", pft.latitudes(real_data("ocean")))
    assert found.off_together == 0
    assert found.together < found.alone + 0.005
