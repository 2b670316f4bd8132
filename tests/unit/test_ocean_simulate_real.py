"""The simulated sea and its clouds against the real cubes of the NE Pacific, by estimators that are not the package's.

Tolerances are stated beside each figure: about the spread between windows of one cube, or between the years.
"""

from __future__ import annotations

from dataclasses import astuple
from functools import cache

import numpy as np
import pytest

from eogen.ocean.cloud_statistics import measure
from eogen.ocean.clouds import MEASURED, clouds
from eogen.ocean.simulate import ocean
from tests.ocean_fields import composites, statistics, windows
from tests.real import data_root, real_data

pytestmark = pytest.mark.real

FILES = sorted((data_root() / "ocean").glob("nep_*_daily_*.nc")) or [None]
#: Figure -> largest ratio, or largest difference for those that may be near 0.
RATIOS = {"spread": 1.7, "anomaly": 1.4, "frame": 1.7, "near": 1.5}
DIFFERENCES = {"variogram": 0.25, "next": 0.2}


@cache
def cubes(path):
    return composites(path)


@cache
def simulated():
    rows = [statistics(ocean(s, 22, gaps="composite", start="2021-01-01").observed.values) for s in range(6)]
    return {name: np.mean([row[name] for row in rows]) for name in rows[0]}


def given(path):
    if path is None:
        real_data("ocean")
        pytest.skip("no cube nep_*_daily_*.nc among the real data")
    return cubes(path)


@pytest.mark.parametrize("path", FILES, ids=lambda p: "none" if p is None else p.stem)
def test_fields_vary_as_the_real_ones(path):
    _, means, sea = given(path)
    if np.isfinite(means[:, sea]).mean() < 0.4:
        pytest.skip("less than 40 % of the 8-day composites was seen: one sensor's noise and swaths rule")
    rows = [statistics(means[(slice(None), *window)]) for window in windows(sea)]
    for name, tolerance in RATIOS.items():
        real = np.mean([row[name] for row in rows])
        assert 1 / tolerance < simulated()[name] / real < tolerance, name
    for name, tolerance in DIFFERENCES.items():
        assert abs(simulated()[name] - np.mean([row[name] for row in rows])) < tolerance, name


@pytest.mark.parametrize("kind", ["composite", "daily"])
@pytest.mark.parametrize("path", FILES, ids=lambda p: "none" if p is None else p.stem)
def test_clouds_look_like_the_real_ones(path, kind):
    daily, means, sea = given(path)
    seen = np.isfinite(means if kind == "composite" else daily)
    real = measure(~seen, sea)
    if kind == "daily" and real.coverage > 0.94:
        pytest.skip("whole swaths of days are missing: no clouds")
    made = measure(clouds(np.random.default_rng(1), len(seen), sea.shape, real.coverage, sea, kind), sea)
    assert made.coverage == pytest.approx(real.coverage, abs=1e-4)
    assert made.slope == pytest.approx(real.slope, abs=0.45)
    assert made.sizes == pytest.approx(real.sizes, abs=0.35)
    assert made.fractal == pytest.approx(real.fractal, abs=0.15)
    assert made.memory == pytest.approx(real.memory, abs=0.1)
    assert made.stretch == pytest.approx(real.stretch, rel=0.3)
    assert 0.5 < made.length / real.length < 2


@pytest.mark.parametrize("kind", MEASURED)
def test_the_stored_figures_are_those_of_the_cube(kind):
    path = real_data("ocean") / "nep_2021_daily_modis_viirs.nc"
    if not path.exists():
        pytest.skip(f"{path.name} is not among the real data")
    daily, means, sea = cubes(path)
    found = measure(~np.isfinite(means if kind == "composite" else daily), sea)
    np.testing.assert_allclose(astuple(found), astuple(MEASURED[kind]), rtol=2e-3)
