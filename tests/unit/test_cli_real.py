"""``explain`` with nothing replaced: the committed weights, the readers and the scores fit together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eogen.landcover import simulate
from eogen.raster import geotiff_bytes
from tests.unit.test_cli import run


def test_a_real_network_explains_a_simulated_patch(tmp_path: Path) -> None:
    patch = simulate.patch("River", 3).reflectance
    placed = patch.assign_coords(y=5_000_000.0 - 10 * np.arange(64), x=500_000.0 + 10 * np.arange(64))
    file = tmp_path / "river.tif"
    file.write_bytes(geotiff_bytes(placed.rio.write_crs("EPSG:32631")))
    out = tmp_path / "out"
    result = run("explain", file, "--model", "rgb_cnn", "--method", "grad_cam", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)[0]
    assert set(card["srg"]) == {"evidence", "random", "sobel"}
    assert sum(card["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert {f.suffix for f in out.iterdir()} == {".png", ".tif", ".json"}
