"""The map of the seasons: every kind of place in both languages, what is beside the image, one pixel, exports."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from rasterio.io import MemoryFile

from eogen.landcover.series import territory
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.unet import Segmenter, SeriesUNet
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import (
    compute,
    map_compute,
    map_draw,
    map_exports,
    map_places,
    map_views,
    panel_map,
    sources,
)
from pages.parts.landcover.seasons.map_compute import Answer, Reader
from tests.pages.reading import address, bodies, texts, visit
from tests.pages.test_rain import well
from tests.real import data_root, real_data

HERE = {"view": "expert", "topic": "season", "look_at": "map", "parcels": "territory"}
CLASSES = territory.CLASSES


class Green:
    """A model of pixels whose answer is how green July is."""

    classes, bands, months = CLASSES, USUAL, 12

    def predict_proba(self, given):
        """Return probabilities that move with the greenness of July."""
        green = np.nan_to_num(ndvi(np.asarray(given), USUAL)[:, 6])
        logits = -((green[:, None] * 10 - np.arange(len(CLASSES))) ** 2)
        made = np.exp(logits - logits.max(1, keepdims=True))
        return made / made.sum(1, keepdims=True)


def small_unet() -> Segmenter:
    torch.manual_seed(0)
    module = SeriesUNet(12, len(USUAL), len(CLASSES), 8, (6, 8))
    torch.nn.init.normal_(module.net.last.weight, 0.0, 0.5)
    return Segmenter(module, np.full(9, 0.15, np.float32), np.full(9, 0.1, np.float32), CLASSES, USUAL, 12)


UNET = Reader("territory-unet", "territory", "unet", small_unet(), None)
PIXELS = Reader("territory-tempcnn", "territory", "tempcnn", Green(), None)
READERS = {one.name: one for one in (UNET, PIXELS)}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data, small territories and models that answer at once."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    kept = SimpleNamespace(
        whole=Green(), card=None, unseen_by=lambda _: (Green(), False), fold=lambda _: None
    )
    monkeypatch.setattr(compute, "offered", lambda _: ["tempcnn"])
    monkeypatch.setattr(compute, "knows", lambda *_: kept)
    monkeypatch.setattr(sources, "SIMULATED", 12)
    monkeypatch.setattr(map_places, "SIZES", (40, 48))
    monkeypatch.setattr(map_compute, "readers", lambda _: list(READERS))
    monkeypatch.setattr(map_compute, "reader", READERS.get)


@pytest.fixture(scope="module")
def scene():
    return map_places.opened(map_places.Place("territory", "territory"), 40, 101)


def swiped(at):
    """Return the data of the map under the bar."""
    held = [json.loads(e.proto.json) for e in at.get("bidi_component") if e.proto.json]
    (found,) = [data for data in held if "after" in data]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("model", READERS)
def test_the_territory_is_mapped(lang, model):
    at = visit("landcover", lang=lang, map_model=model, **HERE)
    shown = well(at, lang)
    words = load(lang)
    assert words("landcover.series.map.lead") in shown
    joined = " ".join(shown)
    for said in (
        "kit.provenance.simulated",
        "landcover.series.map.accuracy",
        "landcover.series.map.mean_iou",
    ):
        assert words(said) in joined
    assert words(f"landcover.series.classes.{CLASSES[0]}.name") in joined
    assert (words("landcover.series.map.cam_how") in shown) == (model == UNET.name)
    charts = [c.proto.alt for c in at.get("plotly_chart")]
    assert len(charts) == (3 if model == UNET.name else 2)
    assert swiped(at)["outline"]["features"], "what is wrong is outlined"


def test_what_is_beside_the_image_changes():
    after = {
        side: swiped(visit("landcover", lang="en", map_model=PIXELS.name, beside=side, **HERE))["after"]
        for side in ("classes", "confidence", "truth")
    }
    assert len(set(after.values())) == 3


def test_the_pixel_and_the_month_live_in_the_address():
    at = visit("landcover", lang="en", map_model=PIXELS.name, pixel="3_4", date="2", seed="102", **HERE)
    words = load("en")
    assert words("landcover.series.map.pixel", row=3, column=4) in [h.value for h in at.header]
    assert swiped(at)["labels"]["before"] == words("landcover.series.map.true_of", date="March")
    assert address(at)["seed"] == "102"
    lost = visit("landcover", lang="en", map_model=PIXELS.name, pixel="900_1", **HERE)
    assert words("landcover.series.map.pixel", row=21, column=21) in [h.value for h in lost.header]


def test_scores_are_of_the_truth(scene):
    truth = scene.year["label"].values
    right = map_compute.against_truth(scene, Reader("a-b", "a", "b", Green(), None), answered(scene, truth))
    assert right.accuracy == right.mean_iou == 1
    wrong = np.where(np.arange(40)[:, None] < 10, (truth + 1) % len(CLASSES), truth)
    found = map_compute.against_truth(scene, Reader("c-d", "c", "d", Green(), None), answered(scene, wrong))
    assert found.accuracy == pytest.approx(0.75)
    assert found.accuracy_low <= 0.75 <= found.accuracy_high
    other = SimpleNamespace(classes=("maize",), bands=USUAL, months=12)
    assert (
        map_compute.against_truth(scene, Reader("e-f", "e", "f", other, None), answered(scene, truth)) is None
    )


def answered(scene, label):
    found = scene.year[["label"]].copy(deep=True)
    found["label"] = (("y", "x"), label.astype(np.int16))
    found["confidence"] = (("y", "x"), np.full(label.shape, 0.5, np.float32))
    return Answer(found, CLASSES, 0.1)


def test_rasters_keep_their_place_and_the_table_its_pixel(scene):
    answer = map_compute.segmented(scene, PIXELS)
    with MemoryFile(map_exports.classes(scene, PIXELS, answer)) as memory, memory.open() as held:
        assert held.crs.to_epsg() == scene.year.rio.crs.to_epsg()
        assert held.nodata == -1
        assert held.dtypes == ("int16",)
        assert (held.read(1) == answer.found["label"].values).all()
        assert held.tags()["class_0"] == CLASSES[0]
        assert held.transform == scene.year.rio.transform()
    with MemoryFile(map_exports.confidence(scene, PIXELS, answer)) as memory, memory.open() as held:
        assert np.nanmax(held.read(1)) <= 1
    frame = map_exports.pixel(scene, PIXELS, (3, 4))
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 12
    assert frame["B08"].to_numpy() == pytest.approx(
        scene.year["reflectance"].sel(band="B08").values[:, 3, 4], nan_ok=True
    )
    said = map_compute.probability(scene, PIXELS, (3, 4))
    assert frame[f"p_{CLASSES[0]}"].iloc[0] == pytest.approx(said[0])
    blank = frame["importance"].sum()
    assert said.max() - 1 <= blank <= said.max(), "Shapley values add up to what the months changed"


def test_reasons_of_a_segmentation(scene):
    at = (20, 20)
    found = map_compute.why(scene, UNET, at, 1)
    whole = UNET.model.predict_proba(scene.year)[1][at]
    assert float(found.windows[-1]) == pytest.approx(whole, abs=1e-5)
    assert found.month.shape == found.own.shape == (12,)
    assert found.cam.shape == (12, 40, 40)


def test_outlines_lie_on_the_map(scene):
    mask = np.zeros((40, 40), bool)
    mask[5:9, 5:9] = True
    mask[30, 30] = True
    made = map_draw.outline(("test",), mask, scene.grid)
    assert len(made["features"]) == 1, "a single pixel is no outline"
    ring = np.array(made["features"][0]["geometry"]["coordinates"][0])
    west, south, east, north = scene.year.rio.transform_bounds("EPSG:4326")
    assert ring[:, 0].min() >= west
    assert ring[:, 0].max() <= east
    assert ring[:, 1].min() >= south
    assert ring[:, 1].max() <= north


def test_farmed_classes_are_those_sown_each_year():
    assert map_compute.farmed(("maize", "grassland", "permanent_crops", "rapeseed")).tolist() == [0, 1, 1, 0]


def test_months_and_models_have_names(scene):
    for lang in LANGUAGES:
        t = load(lang)
        assert map_views.date(t, scene, np.datetime64("2023-07-01")) == t("landcover.series.month_names.7")
        assert "_" not in map_views.model_name(t, "france-random_forest")
    assert panel_map._sides(scene, None) == ["truth"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["worldcereal_cube", "eopatch", "dated_images", "terramesh"])
def test_real_places_are_shown(lang, kind, monkeypatch):
    real_data("landcover")
    monkeypatch.setenv("EOGEN_DATA", str(data_root()))
    places = [place for place in map_places.offered() if place.kind == kind]
    if not places:
        pytest.skip(f"no {kind} in {data_root()}")
    at = visit("landcover", lang=lang, place=places[0].name, map_model=PIXELS.name, **HERE)
    shown = well(at, lang)
    words = load(lang)
    assert words("kit.provenance.real") in " ".join(shown)
    if kind == "worldcereal_cube":
        joined = " ".join(texts(at))
        assert words("landcover.series.map.not_truth") in joined
        assert words("landcover.series.map.agreement") in bodies(at)
    else:
        scene = map_places.opened(places[0], 0, 0)
        dates = scene.shown.sizes["time"]
        assert words(f"landcover.series.map.why_not.{kind}", dates=dates) in shown
        assert scene.year is None
