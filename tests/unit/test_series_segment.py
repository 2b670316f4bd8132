"""Maps pixel by pixel, and cubes through the months that models read."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import Cancelled, InputError
from eogen.landcover.series import segment
from eogen.landcover.series.cube import USUAL, cube, pixels
from eogen.landcover.series.kept import Kept, prepared

CLASSES = ("dark", "bright")


class Bright:
    """Says how bright the months seen are."""

    classes, bands, months = CLASSES, ("B08",), 12

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        if series.shape[1:] != (12, 1):
            raise InputError("series_model_shape", "{found} {months} {bands}", found="", months=12, bands=1)
        yes = np.nanmean(series, (1, 2)) if len(series) else np.zeros(0)
        return np.stack([1 - yes, yes], 1)


def scene(side: int = 20, days: int = 30):
    rng = np.random.default_rng(0)
    time = np.datetime64("2022-11-01") + 12 * np.arange(days)
    values = rng.uniform(0, 1, (days, len(USUAL), side, side))
    clear = rng.random((days, side, side)) < 0.7
    clear[:, :2, :2] = False
    return cube(values, clear, time, USUAL, np.arange(side) * -10.0, np.arange(side) * 10.0, crs=32631,
                kind="simulated", classes=CLASSES)  # fmt: skip


def test_a_cube_is_prepared_as_its_pixels_are():
    image = scene()
    made = segment.prepared_cube(image)
    y, x = np.mgrid[:20, :20].reshape(2, -1)
    series = prepared(pixels(image, y, x))
    assert made["time"].values.tolist() == series["time"].values.tolist()
    assert made["taken"].values.tolist() == series["taken"].values.tolist()
    found = made["reflectance"].values.transpose(2, 3, 0, 1).reshape(400, 12, -1)
    np.testing.assert_allclose(found, series["reflectance"].values, atol=1e-6)
    assert (made["clear"].values == np.isfinite(made["reflectance"].values).all(1)).all()
    assert made.rio.crs == image.rio.crs
    with pytest.raises(InputError) as raised:
        segment.prepared_cube(image.drop_sel(band="B12"))
    assert raised.value.code == "series_model_bands"


def test_each_pixel_is_asked_as_its_series(monkeypatch):
    monkeypatch.setattr(segment, "CHUNK", 37)
    image, told = segment.prepared_cube(scene()), []
    found = segment.by_pixel(Bright(), image, lambda done, total, what="": told.append((done, total)))
    mean = np.nanmean(image["reflectance"].sel(band="B08").values[:, 2:], 0)
    np.testing.assert_array_equal(found["label"].values[2:], mean > 0.5)
    np.testing.assert_allclose(found["confidence"].values[2:], np.maximum(mean, 1 - mean), atol=1e-6)
    assert (found["label"].values[:2, :2] == -1).all()
    assert np.isnan(found["confidence"].values[:2, :2]).all()
    assert told[-1] == (396, 396)
    assert found.attrs["classes"] == list(CLASSES)
    assert found.rio.crs == image.rio.crs
    kept = Kept("made", "territory", "made", (Bright(),), Bright())
    assert segment.by_pixel(kept, image).equals(found)


def test_it_can_be_stopped_and_refuses_other_months():
    def stop(done: int, total: int, what: str = "") -> None:
        raise Cancelled

    image = segment.prepared_cube(scene(32, 3))
    with pytest.raises(Cancelled):
        segment.by_pixel(Bright(), image, stop)
    for wrong in (
        image.isel(time=slice(0, 5)),
        image.isel(time=slice(0, 5)).assign(clear=image["clear"][:5] & False),
    ):
        with pytest.raises(InputError) as raised:
            segment.by_pixel(Bright(), wrong)
        assert raised.value.code == "series_model_shape"
    with pytest.raises(InputError) as raised:
        segment.by_pixel(Bright(), image.drop_sel(band="B08"))
    assert raised.value.code == "series_model_bands"
