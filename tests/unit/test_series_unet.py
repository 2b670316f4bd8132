"""Segmentation of image series."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series import unet
from eogen.landcover.series.cube import cube
from eogen.landcover.series.unet import SETTINGS, Segmenter, fit_unet

BANDS = ("B04", "B08")
CLASSES = ("bare", "crop")


def scene(seed: int, side: int = 24, months: int = 4) -> xr.Dataset:
    """A field that greens in month 2, with clouds and a strip without labels."""
    rng = np.random.default_rng(seed)
    label = np.zeros((side, side), np.int16)
    top, left = rng.integers(3, side // 2, 2)
    label[top : top + 9, left : left + 9] = 1
    values = 0.15 + 0.02 * rng.standard_normal((months, 2, side, side))
    values[2, 1][label == 1] += 0.2
    clear = np.ones((months, side, side), bool)
    clear[0, :6, :6] = False
    values[0, :, :6, :6] = np.nan
    known = label.copy()
    known[:, -2:] = -1
    time = np.array(["2023-01", "2023-04", "2023-06", "2023-09"], "datetime64[M]")
    return cube(values, clear, time, BANDS, np.arange(side) * -10.0, np.arange(side) * 10.0, crs=32631,
                label=known, classes=CLASSES, kind="simulated")  # fmt: skip


@cache
def fitted() -> Segmenter:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unet, "SIDE", 16)
        return fit_unet([scene(0), scene(1)], CLASSES, BANDS, settings=replace(SETTINGS, epochs=5), seed=0)


def test_it_finds_the_field_of_another_place() -> None:
    image = scene(2)
    found = fitted().predict(image)
    known = image["label"].values >= 0
    assert (found["label"].values == image["label"].values)[known].mean() > 0.95
    assert found.rio.crs == image.rio.crs
    assert found.attrs["classes"] == list(CLASSES)


def test_probabilities_and_blind_pixels() -> None:
    image = scene(3)
    probability = fitted().predict_proba(image)
    np.testing.assert_allclose(probability.sum(0), 1, atol=1e-5)
    image["clear"][:, 14:18, 14:18] = False
    found = fitted().predict(image)
    assert (found["label"].values[14:18, 14:18] == -1).all()
    assert np.isnan(found["confidence"].values[14:18, 14:18]).all()


def test_any_size_and_its_refusals() -> None:
    assert fitted().predict_proba(scene(4, side=21)).shape == (2, 21, 21)
    with pytest.raises(InputError) as raised:
        fitted().predict_proba(scene(4).isel(time=slice(0, 3)))
    assert raised.value.code == "series_model_shape"
    with pytest.raises(InputError) as raised:
        fitted().predict_proba(scene(4).isel(band=[0]))
    assert raised.value.code == "series_model_bands"
