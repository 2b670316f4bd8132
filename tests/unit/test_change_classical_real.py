"""The classical estimators on the real pairs that are here."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import roc_auc_score

from eogen.change import sets
from eogen.change.methods import METHODS, score, unavailable
from tests.real import real_data

pytestmark = pytest.mark.real


def labelled(name: str) -> xr.DataArray:
    """The smallest-named pair of a set; skips where the set is not here."""
    found = {each.name: each for each in sets.sets(real_data("change"))}
    if name not in found:
        pytest.skip(f"{name} is not among the real data")
    return sets.open(found[name], sorted(found[name].pairs)[0])


def auroc(images: xr.DataArray, name: str) -> float:
    made = score(images, name).nll.values
    known = (images.label.values >= 0) & np.isfinite(made)
    return float(roc_auc_score(images.label.values[known] == 1, made[known]))


@pytest.mark.parametrize(
    "name", ["cva_zscore", "ir_mad", "celik", "gaussian_conditional", "context_conditional"]
)
def test_landsat_pixels_that_changed_stand_out(name):
    """Measured on Taizhou: 0.999 for the first three, 0.989 and 0.993 for the Gaussians."""
    assert auroc(labelled("Landsat_WuhanU"), name) > 0.9


def test_floods_make_the_echo_fall():
    assert auroc(labelled("OMBRIA_S1"), "backscatter_drop") > 0.6


def test_floods_make_the_water_index_rise():
    images = labelled("OMBRIA_S2")
    if unavailable(METHODS["water_gain"], images):
        pytest.skip("the bands of this set have no infrared")
    assert auroc(images, "water_gain") > 0.6
    swapped = images.isel(time=[1, 0]).assign_coords(time=images.time.values)
    np.testing.assert_allclose(
        score(swapped, "water_gain").nll, -score(images, "water_gain").nll, rtol=0, atol=1e-6
    )
