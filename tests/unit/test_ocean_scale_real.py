"""Real clouds, real chlorophyll: store to store a method is as good as in memory, and tiles show no seam."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eogen.ocean import convolution, holdout
from eogen.ocean.cube import composite
from eogen.ocean.problem import Problem, problem
from eogen.ocean.read_nep import nep
from eogen.ocean.scale.run import inpaint
from tests.ocean_stores import store
from tests.real import available, real_data


@pytest.fixture(scope="module")
def hidden() -> tuple[Problem, np.ndarray, holdout.Fold]:
    folder = real_data("ocean")
    files = sorted(folder.glob("nep_*_daily_*.nc"))
    if not files:
        pytest.skip(f"no cube of the NE Pacific in {folder}")
    cube = composite(available(nep, files[-1]))
    asked = problem(cube)
    return asked, cube.time.values, holdout.folds(asked.observed, asked.sea, np.arange(len(asked.days)))[0]


def written(path: Path, asked: Problem, time: np.ndarray) -> Path:
    held = xr.Dataset(
        {"log10_chl": (("time", "lat", "lon"), asked.values), "sea": (("lat", "lon"), asked.sea)},
        {"time": time, "lat": asked.lat, "lon": asked.lon},
    )
    return store(path, held, packed=False)


def test_as_good_as_in_memory_and_without_a_seam(hidden, tmp_path):
    whole, time, fold = hidden
    asked = whole.without(fold.held)
    source = written(tmp_path / "in.zarr", asked, time)
    inpaint(source, tmp_path / "one.zarr", "convolution", count=0)
    inpaint(source, tmp_path / "tiles.zarr", "convolution", count=0, longest=144)
    one, tiles = (xr.open_zarr(tmp_path / f"{name}.zarr").log10_chl.values for name in ("one", "tiles"))
    assert np.nanmax(np.abs(one - tiles)) <= 0.01 * np.nanstd(one)
    memory = convolution.smooth(asked, fold.targets).mean
    held, truth = fold.held[fold.targets], whole.values[fold.targets]
    error = lambda mean: float(np.sqrt(((mean - truth)[held] ** 2).mean()))
    # The frame's own shift, which a globe does not have, is the difference: 1.3 % at most where it was measured.
    assert error(one[fold.targets]) <= 1.03 * error(memory)
    assert error(memory) <= 0.23
