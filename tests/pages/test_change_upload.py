"""The visitor's own two images on the change page: what works, and the sentence for everything that does not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from eogen.change.simulate import simulate
from eogen.raster import geotiff_bytes
from pages.kit.words import LANGUAGES, load
from tests.pages.reading import bodies, boxes, texts, visit
from tests.pages.test_change import element, well


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


def png(seed=0, size=(64, 64)):
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(40, 200, (*size, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def tiff(which, step=0, bands=None):
    images = simulate("building", 2, 64).isel(time=which)
    images = images.assign_coords(x=images.x + step)
    if bands:
        images = images.isel(band=slice(bands))
    return geotiff_bytes(images.drop_vars(["time", "valid", "label"]).rio.write_crs(32631))


def give(lang, before, after, ending="png"):
    at = visit("change", lang=lang, view="expert", source="upload")
    assert load(lang)("change.upload.waiting") in texts(at)
    mime = "image/png" if ending == "png" else "image/tiff"
    at.file_uploader(key="change_before").set_value((f"avant.{ending}", before, mime))
    at.file_uploader(key="change_after").set_value((f"après.{ending}", after, mime))
    return at.run()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_pictures_are_compared(lang):
    at = give(lang, png(1), png(2))
    well(at, lang)
    assert "eo-badge upload" in bodies(at)
    assert element(at, "before")["geographic"] is False


def test_two_geotiffs_keep_their_place():
    at = give("en", tiff(0), tiff(1), "tif")
    shown = well(at, "en")
    assert element(at, "before")["geographic"] is True
    assert any("ha" in text or "m²" in text for text in shown)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("before", "after", "ending"),
    [
        pytest.param(b"", png(), "png", id="empty"),
        pytest.param(png()[:200], png(), "png", id="cut short"),
        pytest.param(b"GIF89a" + bytes(50), png(), "png", id="no image"),
        pytest.param(png(), png(size=(40, 52)), "png", id="other size"),
        pytest.param(tiff(0), tiff(1, step=9_000_000), "tif", id="far away"),
        pytest.param(tiff(0), tiff(1, bands=3), "tif", id="other bands"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_page_stays(lang, before, after, ending):
    at = give(lang, before, after, ending)
    assert not at.exception
    (box,) = boxes(at)
    words = load(lang)
    assert words("kit.errors.title") in box
    assert len(box) > 60, "a sentence, not a code"
    assert words("change.upload.waiting") in texts(at)


def test_one_image_is_waited_for():
    at = visit("change", lang="fr", view="expert", source="upload")
    at.file_uploader(key="change_before").set_value(("avant.png", png(), "image/png"))
    at.run()
    assert boxes(at) == []
    assert load("fr")("change.upload.waiting") in texts(at)
