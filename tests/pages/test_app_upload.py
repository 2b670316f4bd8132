"""What visitors bring: every good kind of file is explained, every bad one gets its sentence and a usable page."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.landcover import simulate
from eogen.landcover.bands import ALL
from pages.kit.words import LANGUAGES, load
from tests.landcover_files import encoded, scene, tiff
from tests.pages.reading import bodies, boxes, faults_of_typography, raw, says, texts, visit

RGB = {"model_a": "rgb_cnn", "model_b": "rgb_cnn"}


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


def picture(size: int) -> np.ndarray:
    reflectance = simulate.patch("River", 1).reflectance.sel(band=["B04", "B03", "B02"]).values
    pixels = (np.clip(reflectance / 0.275, 0, 1) * 254 + 1).astype(np.uint8).transpose(1, 2, 0)
    return np.tile(pixels, (-(-size // 64), -(-size // 64), 1))[:size, :size]


GOOD = {
    "patch.png": lambda: encoded(picture(64), "PNG"),
    "patch.jpg": lambda: encoded(picture(64), "JPEG", quality=95),
    "bandes é.tif": lambda: tiff(scene(ALL, size=64)),
    "small.png": lambda: encoded(picture(40), "PNG"),
    "large.tif": lambda: tiff(scene(ALL, size=200)),
}
#: name -> (content, code of the error)
BAD = {
    "empty.tif": (lambda: b"", "empty_file"),
    "cut.tif": (lambda: tiff(scene(ALL, size=64))[:9000], "corrupt_file"),
    "noise.png": (lambda: bytes(range(256)) * 8, "not_an_image"),
    "five.tif": (lambda: tiff(scene(ALL[:5], size=64)), "band_count"),
    "grey.png": (lambda: encoded(picture(64)[..., 0], "PNG"), "grey_image"),
    "huge values.tif": (lambda: tiff(np.full((13, 64, 64), 60_000, np.uint16)), "value_range"),
    "nothing.tif": (lambda: tiff(np.zeros((13, 64, 64), np.uint16), nodata=0), "no_valid_pixels"),
    "tiny.png": (lambda: encoded(picture(64)[:3, :3], "PNG"), "too_small"),
    "<b>x.tif": (lambda: b"", "empty_file"),
}


def bring(at, name, content):
    return at.file_uploader[0].set_value((name, content, "application/octet-stream")).run()


@pytest.mark.parametrize("view", ["public", "expert"])
@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_explained(name, view):
    lang = "fr" if view == "public" else "en"
    at = visit(lang=lang, view=view, set="upload", panel="results", **(RGB if view == "expert" else {}))
    bring(at, name, GOOD[name]())
    assert not at.exception
    assert boxes(at) == []
    assert "eo-badge upload" in bodies(at)
    shown = texts(at)
    assert raw(shown) == []
    assert any(name in text for text in shown), "the picture is named"
    if view == "expert":
        assert says(shown, lang, "landcover.overview.lead") == name.startswith("large")
    else:
        assert any("La machine dit" in text for text in shown)


@pytest.mark.parametrize("view", ["public", "expert"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_bad_files_get_their_sentence_and_the_page_stays_usable(lang, view):
    at = visit(lang=lang, view=view, set="upload", panel="results", **(RGB if view == "expert" else {}))
    for name, (make, code) in BAD.items():
        bring(at, name, make())
        assert not at.exception
        (box,) = boxes(at)
        said = load(lang).text(f"errors.{code}").split("{name}")[-1].split("{")[0]
        assert said.strip() in box, name
        assert raw(texts(at)) == []
        assert "<b>x" not in bodies(at), "names are escaped"
        if lang == "fr":
            assert faults_of_typography(texts(at)) == []
    bring(at, "patch.png", GOOD["patch.png"]())
    assert boxes(at) == []
    assert "eo-badge upload" in bodies(at)
    if view == "public":
        at.button(key="another").click().run()
        assert [b for b in at.button if b.key.startswith("choose_")], "back to the deck"


def test_a_batch_says_in_each_row_what_it_is():
    at = visit(lang="fr", view="expert", panel="batch", **RGB)
    files = [("patch.png", GOOD["patch.png"](), "image/png"), ("cut.tif", BAD["cut.tif"][0](), "image/tiff")]
    at.file_uploader(key="batch").set_value(files).run()
    assert not at.exception
    assert boxes(at) == []
    (table,) = at.dataframe
    assert table.value["file"].tolist() == ["patch.png", "cut.tif"]
    assert 0 < table.value["probability"][0] <= 1
    assert "abîmé" in table.value["problem"][1]
    assert "CSV" in next(b.label for b in at.get("download_button"))
