"""Training end to end on tiny made-up sets: weights, cards, the same bits again, resume after a kill."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
from PIL import Image
from rasterio.transform import from_origin

from eogen.errors import Cancelled, InputError
from eogen.landcover import models, train, train_index, train_ms, train_rgb
from eogen.landcover.bands import CLASSES
from eogen.nn import weights
from eogen.nn.weights import Card


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A room folder with 80 pictures and 50 patches, and fits of two epochs."""
    rng = np.random.default_rng(0)
    root = tmp_path / "data" / "landcover"
    root.mkdir(parents=True)
    with zipfile.ZipFile(root / "EuroSAT_RGB_01.zip", "w") as opened:
        for k in range(80):
            label = CLASSES[k % 10]
            packed = io.BytesIO()
            colour = 30 + 20 * (k % 10) + rng.integers(-10, 10, (64, 64, 3))
            Image.fromarray(colour.astype(np.uint8)).save(packed, "JPEG")
            opened.writestr(f"2750/{label}/{label}_{k}.jpg", packed.getvalue())
    for k in range(50):
        path = root / "eurosat_ms" / CLASSES[k % 10] / f"{CLASSES[k % 10]}_{k}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(
            path, "w", driver="GTiff", width=32, height=32, count=13, dtype="uint16", crs="EPSG:32631",
            transform=from_origin(0, 640, 10, 10),
        ) as opened:  # fmt: skip
            opened.write((300 + 200 * (k % 10) + rng.integers(0, 100, (13, 32, 32))).astype(np.uint16))
    for module, name in ((train_rgb, "SETTINGS"), (train_ms, "SETTINGS"), (train_index, "COLOUR_SETTINGS"),
                         (train_index, "SPECTRUM_SETTINGS")):  # fmt: skip
        monkeypatch.setattr(module, name, replace(getattr(module, name), epochs=2, bfloat16=False))
    monkeypatch.setattr(train_ms, "BATCH", 25)
    monkeypatch.setattr(train_rgb, "BATCH", 8)
    monkeypatch.setattr(train_index, "BATCH", 8)
    return tmp_path / "data"


@pytest.mark.parametrize("name", models.MODELS)
def test_training_writes_weights_that_load_and_a_card_that_tells(data, tmp_path, name):
    out = tmp_path / "out"
    card = train.train(name, data, out, seed=3)
    assert sorted(f.name for f in out.iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    assert Card.from_json((out / f"{name}.json").read_text()) == Card.from_json(card.to_json())
    model = models.load(name, out / f"{name}.safetensors")
    assert model.card.seed == 3
    assert model.card.stored == models.load(name).card.stored == weights.HALF
    assert {"accuracy", "ece", "macro_f1"} <= set(card.metrics)
    prints = weights.beside(out / f"{name}.safetensors")["fingerprints"]
    assert len(prints) == sum(row["n"] for row in card.data)
    with model.exclusive() as module:
        assert (module.mean > 0).all()


@pytest.mark.parametrize("name", ["rgb_cnn", "index_network"])
def test_a_killed_training_ends_with_the_same_weights(data, tmp_path, name):
    whole = train.train(name, data, tmp_path / "whole")

    def stop(done, total, what=""):
        if what == "fit" and done > total // 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        train.train(name, data, tmp_path / "broken", progress=stop)
    assert [f.name for f in (tmp_path / "broken").iterdir()] == [f"{name}.ckpt"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        resumed = train.train(name, data, tmp_path / "broken")
    assert resumed.sha256 == whole.sha256
    assert train.train(name, data, tmp_path / "other", seed=1).sha256 != whole.sha256


def test_too_few_images_are_told(data, monkeypatch):
    monkeypatch.setattr(train_rgb, "BATCH", 128)
    with pytest.raises(InputError) as caught:
        train.train("rgb_cnn", data, data)
    assert caught.value.code == "too_few_images"
