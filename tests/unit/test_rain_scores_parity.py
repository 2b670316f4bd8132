"""The scores are those of the field's libraries, to 1e-6, wherever those are installed (requirements-dev)."""

from __future__ import annotations

import operator
import os
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
import xarray as xr

from eogen.rain.scores import all_sums, pooled, score_maps
from eogen.rain.scores_fss import fractions_sums, fss
from eogen.rain.scores_sal import sal_of
from tests.rain_fields import pair

EVENT, CLOSE = 0.2, 1e-6
#: Their own deprecations, on import or inside, are not ours to fail on.
pytestmark = pytest.mark.filterwarnings("ignore")


def library(name: str) -> ModuleType:
    """Return a pinned library; a machine without it skips, but CI, which installs the pins, must not."""
    if os.environ.get("CI"):
        return import_module(name)
    return pytest.importorskip(name, reason=f"the library {name} is not installed")


@pytest.fixture(scope="module")
def maps():
    imerg, radar = pair(maps=4, side=40)
    return imerg.astype(float), radar.astype(float)


@pytest.fixture(scope="module")
def ours(maps):
    return score_maps(*maps, event=EVENT)


def test_scores_contingency(maps, ours):
    categorical = library("scores.categorical")
    with_event = categorical.ThresholdEventOperator(
        default_event_threshold=EVENT, default_op_fn=operator.ge
    ).make_contingency_manager(*maps)
    table = with_event.transform(preserve_dims="time")
    theirs = {
        "csi": table.critical_success_index(),
        "pod": table.probability_of_detection(),
        "far": table.false_alarm_ratio(),
        "hss": table.heidke_skill_score(),
    }
    for name, value in theirs.items():
        assert ours[name].values == pytest.approx(value.values, abs=CLOSE), name
    whole = with_event.transform(reduce_dims="all")
    assert float(pooled(all_sums(*maps))["csi"]) == pytest.approx(
        float(whole.critical_success_index()), abs=CLOSE
    )


def test_scores_continuous(maps, ours):
    continuous = library("scores.continuous")
    correlation = library("scores.continuous.correlation")
    imerg, radar = maps
    kge = continuous.kge(imerg, radar, preserve_dims="time")
    assert ours["kge"].values == pytest.approx(kge.values, abs=CLOSE)
    logs = np.log1p(imerg), np.log1p(radar)
    assert ours["rmse_log"].values == pytest.approx(
        continuous.rmse(*logs, preserve_dims="time").values, abs=CLOSE
    )
    assert ours["cc_log"].values == pytest.approx(
        correlation.pearsonr(*logs, preserve_dims="time").values, abs=CLOSE
    )


def test_xskillscore(maps, ours):
    peer = library("xskillscore")
    imerg, radar = maps
    edges = np.array([-1, EVENT, 1e6])
    table = peer.Contingency(radar, imerg, edges, edges, dim=["lat", "lon"])
    theirs = {"pod": table.hit_rate(), "far": table.false_alarm_ratio(), "csi": table.threat_score()}
    theirs["hss"] = table.heidke_score()
    for name, value in theirs.items():
        assert ours[name].values == pytest.approx(value.values, abs=CLOSE), name
    logs = np.log1p(imerg), np.log1p(radar)
    dims = ["lat", "lon"]
    assert ours["cc_log"].values == pytest.approx(peer.pearson_r(*logs, dim=dims).values, abs=CLOSE)
    assert ours["rmse_log"].values == pytest.approx(peer.rmse(*logs, dim=dims).values, abs=CLOSE)


@pytest.mark.parametrize("scale", [1, 3, 5, 9])
def test_pysteps_fractions(maps, scale):
    theirs = pytest.importorskip(
        "pysteps.verification.spatialscores", reason="the library pysteps is not installed"
    )
    imerg, radar = (m.values for m in maps)
    found = fss(*fractions_sums(imerg, radar, 0.5, (scale, scale)))
    expected = [theirs.fss(x, y, 0.5, scale) for x, y in zip(imerg, radar, strict=True)]
    assert found == pytest.approx(expected, abs=CLOSE)


def test_pysteps_categories(maps, ours):
    theirs = pytest.importorskip(
        "pysteps.verification.detcatscores", reason="the library pysteps is not installed"
    )
    imerg, radar = (m.values for m in maps)
    for k in range(len(imerg)):
        # Theirs is above the threshold, ours at or above: no rate of a drawn map lies on it.
        found = theirs.det_cat_fct(imerg[k], radar[k], EVENT, ["POD", "FAR", "CSI", "HSS"])
        for name in ("pod", "far", "csi", "hss"):
            assert float(ours[name][k]) == pytest.approx(found[name.upper()], abs=CLOSE), name


def test_pysteps_sal(maps):
    theirs = pytest.importorskip(
        "pysteps.verification.salscores", reason="the library pysteps is not installed"
    )
    for x, y in zip(*(m.values for m in maps), strict=True):
        assert sal_of(x, y)[1] == pytest.approx(theirs.sal_amplitude(x, y), abs=CLOSE)


def test_the_fractions_of_scores_in_the_inner_of_a_map(maps):
    """``scores`` drops windows that cross the edge: ours on a map with a dry rim wider than the window is the same."""
    spatial = library("scores.spatial")
    imerg, radar = (m.values.copy() for m in maps)
    for values in (imerg, radar):
        values[:, :8] = values[:, -8:] = values[:, :, :8] = values[:, :, -8:] = 0
    found = fss(*fractions_sums(imerg, radar, 0.5, (5, 5)))
    theirs = spatial.fss_2d(
        xr.DataArray(imerg, dims=("time", "lat", "lon")),
        xr.DataArray(radar, dims=("time", "lat", "lon")),
        event_threshold=0.5,
        window_size=(5, 5),
        spatial_dims=("lat", "lon"),
        threshold_operator=np.greater_equal,
        preserve_dims="time",
    )
    assert found == pytest.approx(theirs.values.astype(float), abs=CLOSE)
