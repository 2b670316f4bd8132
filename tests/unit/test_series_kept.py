"""Trained models of series: what is written answers as fitted, and no parcel by a model that learnt from it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eogen.errors import InputError, Unavailable
from eogen.landcover.models import MODELS as MODELS_OF_IMAGES
from eogen.landcover.series import baselines, kept, network, segment, sets, shapelets, train, unet
from eogen.landcover.series.cube import USUAL, parcels
from eogen.landcover.series.kept import BUILT, FOLDS, Kept, fingerprints
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.landcover.series.months import filled
from eogen.landcover.series.network import Front, together
from eogen.landcover.train import NAMES
from eogen.landcover.train import train as train_any
from eogen.nn import weights
from tests.real import available, real_data

CLASSES = ("bare", "green")
#: The reader itself: fits here learn from parcels made up.
FRENCH = train.french


def made(n: int = 60, seed: int = 0):
    """Parcels of which class 1 is green in June; a tenth of the months unseen."""
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 2
    values = 0.2 + 0.02 * rng.standard_normal((n, 12, len(USUAL)))
    values[label == 1, 5, 6] += 0.2
    values[rng.random((n, 12)) < 0.1] = np.nan
    time = np.arange("2023-01", "2024-01", dtype="datetime64[M]")
    return parcels(values, time, USUAL, label=label, classes=CLASSES, group=np.arange(n) // 3, kind="real",
                   title="made", licence="MIT")  # fmt: skip


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Fits of a moment, on parcels made here."""
    for module in (network, shapelets, unet):
        monkeypatch.setattr(module, "SETTINGS", replace(module.SETTINGS, epochs=2))
    monkeypatch.setattr(network, "MEMBERS", 2)
    monkeypatch.setattr(baselines, "TREES", 10)
    monkeypatch.setattr(unet, "STEPS", 2)
    monkeypatch.setattr(train, "french", lambda root: made())
    monkeypatch.setattr(train, "TRAIN_SEEDS", (1,))
    monkeypatch.setattr(train, "TEST_SEEDS", (2,))
    monkeypatch.setattr(train, "EACH", 60)
    monkeypatch.setattr(train, "SIDE", 48)


def trained(method: str, out: Path) -> Kept:
    name = f"series_france_{method}"
    card = train_any(name, out, out)
    return kept.loaded(out / f"{name}.safetensors", "france", method, card.sha256)


@pytest.mark.parametrize("method", BUILT)
def test_what_is_written_answers_as_what_was_fitted(method, tmp_path, monkeypatch):
    written = []
    before = weights.save
    monkeypatch.setattr(
        weights, "save", lambda module, *rest: (written.append(module), before(module, *rest))[1]
    )
    found = trained(method, tmp_path)
    series = kept.prepared(made(20, seed=1))["reflectance"].values
    assert found.name == f"france_{method}"
    assert (found.whole.months, found.whole.bands, found.whole.classes) == (12, USUAL, CLASSES)
    assert found.card.stored == weights.HALF
    for each in (found.whole, *found.models):
        x, seen = each.inputs(series)
        assert torch.equal(x, found.whole.inputs(series)[0])
        assert torch.isfinite(each.module(x.requires_grad_(), seen)).all()
    x, seen = found.whole.inputs(series)
    with torch.no_grad():
        np.testing.assert_allclose(written[0](x, seen), found.whole.module(x, seen), atol=0.02)
        parts = torch.stack([each.module(x, seen) for each in found.models])
        torch.testing.assert_close(parts.mean(0), found.whole.module(x, seen), atol=1e-4, rtol=1e-4)
    if MODELS[method].attentive:
        assert found.whole.attention(series).shape[:2] == (20, 12)
    able = (
        [n for n, e in EXPLANATIONS.items() if e.needs == "shapelets"]
        if method == "shapelets"
        else ["occlusion"]
    )
    told = EXPLANATIONS[able[0]].run(found.whole, series[:2], np.array([0, 1]), background=series[2:5])
    assert told.shape == (2, 12)


def test_no_parcel_is_answered_by_a_model_that_learnt_from_it(tmp_path, monkeypatch):
    learnt = []
    row = MODELS["shapelets"]

    def fit(self, series, label, *rest, **options):
        learnt.append(set(fingerprints(series).tolist()))
        return shapelets.fit_shapelets(series, label, *rest, **options)

    monkeypatch.setattr(type(row), "fit", fit)
    found = trained("shapelets", tmp_path)
    held = kept.prepared(made())
    series = held["reflectance"].values
    assert len(learnt) == len(found.models) == FOLDS
    for one, group in zip(series, held["group"].values, strict=True):
        model, was = found.unseen_by(one)
        assert was
        at = found.fold(one)
        assert model is found.models[at]
        # Nor from a neighbour of its group.
        assert not {int(p) for p in fingerprints(series[held["group"].values == group])} & learnt[at]
        assert all(int(fingerprints(one[None])[0]) in learnt[k] for k in range(FOLDS) if k != at)
    other = kept.prepared(made(4, seed=5))["reflectance"].values
    assert found.unseen_by(other[0]) == (found.whole, False)
    assert found.fold(other[0]) is None
    probability, was = found.predict_unseen(np.concatenate([series[:7], other]))
    assert was.tolist() == [True] * 7 + [False] * 4
    for k in range(7):
        np.testing.assert_allclose(
            probability[k], found.unseen_by(series[k])[0].predict_proba(series[k : k + 1])[0], atol=1e-5
        )
    np.testing.assert_allclose(probability[7:], found.whole.predict_proba(other), atol=1e-5)
    with pytest.raises(InputError) as raised:
        found.unseen_by(series[0, :11])
    assert raised.value.code == "series_model_shape"
    with pytest.raises(InputError) as raised:
        found.predict_unseen(series[:, :, :8])
    assert raised.value.code == "series_model_shape"


def test_one_scale_for_all_folds_changes_no_answer():
    held = made(40)
    series, label = held["reflectance"].values, held["label"].values
    fit = MODELS["tempcnn"].fit
    one, other = (
        fit(series[:20], label[:20], CLASSES, USUAL),
        fit(series[20:] * 1.3, label[20:], CLASSES, USUAL),
    )
    assert not np.allclose(one.mean, other.mean)
    whole, (first, second) = together((one, other))
    np.testing.assert_allclose(first.predict_proba(series), one.predict_proba(series), atol=1e-5)
    np.testing.assert_allclose(second.predict_proba(series), other.predict_proba(series), atol=1e-5)
    assert np.array_equal(first.mean, second.mean)
    assert len(whole.module.members) == 4
    # What is read is only read.
    assert torch.equal(one.module.members[0].front.given_mean, one.module.members[0].front.mean)


def test_a_front_brings_what_it_is_given_to_its_own_scale():
    bands = ("B04", "B08", "B11")
    mean, std = torch.tensor([0.1, 0.3, 0.2]), torch.tensor([0.05, 0.1, 0.04])
    light = torch.rand(4, 12, 3) * 0.5
    own = Front(mean, std, bands)
    given = Front(mean, std, bands)
    given.given_in(np.array([0.2, 0.2, 0.2]), np.array([0.1, 0.1, 0.1]))
    torch.testing.assert_close(given((light - 0.2) / 0.1), own((light - mean) / std), atol=1e-5, rtol=1e-4)


def test_the_forest_is_fitted_at_once_with_the_same_folds(tmp_path):
    held = made()
    found = kept.forest("france", held)
    series = kept.prepared(held)["reflectance"].values
    network_of = trained("shapelets", tmp_path)
    assert [found.fold(one) for one in series] == [network_of.fold(one) for one in series]
    np.testing.assert_allclose(
        found.whole.predict_proba(series), np.mean([m.predict_proba(series) for m in found.models], 0)
    )
    alone = kept.forest("territory")
    assert alone.fold_of == {}
    assert alone.unseen_by(series[0]) == (alone.whole, False)
    with pytest.raises(InputError) as raised:
        kept.forest("moon", held)
    assert raised.value.code == "series_model_unknown"


def test_territory_and_segmentation_are_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "FOLDER", tmp_path)
    assert kept.offered("territory") == []
    with pytest.raises(Unavailable) as absent:
        kept.segmenter()
    assert absent.value.code == "no_weights"
    train_any("series_territory_shapelets", tmp_path, tmp_path)
    card = train_any("series_territory_unet", tmp_path, tmp_path)
    assert (
        card.metrics["accuracy"]["low"]
        <= card.metrics["accuracy"]["value"]
        <= card.metrics["accuracy"]["high"]
    )
    found = kept.load("territory", "shapelets")
    held = train.simulated((7,))
    assert found.whole.predict_proba(held["reflectance"].values).shape == (60, len(held.attrs["classes"]))
    assert kept.offered("territory") == ["shapelets"]
    image = segment.prepared_cube(train.cubes((7,))[0])
    said = kept.segmenter().predict(image)
    assert said["label"].shape == (48, 48)
    assert said.rio.crs == image.rio.crs


def test_models_that_are_not_committed_are_told():
    for learnt_from, method in (("france", "unet"), ("france", "majority"), ("moon", "tempcnn")):
        with pytest.raises(InputError) as raised:
            kept.load(learnt_from, method)
        assert raised.value.code == "series_model_unknown"
    with pytest.raises(InputError):
        kept.offered("moon")
    with pytest.raises(InputError) as raised:
        kept.prepared(made().drop_sel(band="B11"))
    assert raised.value.code == "series_model_bands"


def test_training_the_room_trains_every_committed_model():
    series = [name for name in NAMES if name.startswith("series_")]
    assert len(NAMES) == len(set(NAMES)) == len(MODELS_OF_IMAGES) + 2 * len(BUILT) + 1
    assert all((kept.FOLDER / f"{name}.safetensors").is_file() for name in series)
    assert sorted(file.stem for file in kept.FOLDER.glob("series_*.safetensors")) == sorted(series)


def test_french_parcels_are_those_of_most_classes(tmp_path, monkeypatch):
    with pytest.raises(Unavailable) as absent:
        FRENCH(tmp_path)
    assert absent.value.code == "no_training_data"
    few, many = made(30), made(20)
    few["label"][:] = 0
    monkeypatch.setattr(
        sets, "sets", lambda root: [sets.SeriesSet(n, "worldcereal", "parcels", ()) for n in "ab"]
    )
    monkeypatch.setattr(sets, "open", lambda each: {"a": few, "b": many}[each.name])
    assert FRENCH(tmp_path) is many


def test_fingerprints_are_of_the_numbers():
    series = np.random.default_rng(0).uniform(0, 0.5, (3, 12, 9)).round(4)
    series[1, 2] = np.nan
    prints = fingerprints(series)
    text = b"".join(int(v).to_bytes(4, "little", signed=True) for v in np.rint(series[0].ravel() * 1e4))
    assert prints[0] == np.frombuffer(hashlib.sha256(text).digest()[:8], ">i8")[0]
    assert len(set(prints.tolist())) == 3
    assert fingerprints(series.astype(np.float32)).tolist() == prints.tolist()
    assert fingerprints(series + 2e-5).tolist() == prints.tolist()
    moved = series.copy()
    moved[1, 2] = 0
    assert fingerprints(moved)[1] != prints[1]
    assert fingerprints(series[:0]).shape == (0,)


def test_prepared_twice_is_prepared_once():
    once = kept.prepared(made())
    np.testing.assert_array_equal(kept.prepared(once)["reflectance"].values, once["reflectance"].values)


def test_filled_is_linear_between_months_and_flat_beyond():
    rng = np.random.default_rng(2)
    series = rng.random((30, 12, 4)).astype(np.float32)
    series[rng.random(series.shape) < 0.4] = np.nan
    series[0] = np.nan
    series[1] = 0.5
    made_so = filled(series)
    month = np.arange(12)
    for n, band in np.ndindex(30, 4):
        good = np.isfinite(series[n, :, band])
        expected = np.interp(month, month[good], series[n, good, band]) if good.any() else np.zeros(12)
        np.testing.assert_allclose(made_so[n, :, band], expected, atol=1e-6)
    assert filled(series[:0]).shape == (0, 12, 4)
    assert np.isnan(series[0]).all()


def test_french_parcels_are_recognised_and_answered_as_the_card_says():
    root = real_data("landcover")
    held = kept.prepared(available(FRENCH, root))
    found = kept.load("france", "tempcnn")
    probability, learnt = found.predict_unseen(held["reflectance"].values)
    if not learnt.all():
        pytest.skip("other parcels than those of the committed weights")
    right = (probability.argmax(1) == held["label"].values).mean()
    assert right == pytest.approx(found.card.metrics["accuracy"]["value"], abs=0.003)


@pytest.mark.parametrize("learnt_from", kept.SETS)
def test_committed_models_load(learnt_from):
    offered = kept.offered(learnt_from)
    assert offered == list(BUILT)
    for method in offered:
        found = kept.load(learnt_from, method)
        assert found is kept.load(learnt_from, method)
        assert len(found.models) == (FOLDS if learnt_from == "france" else 1)
        said = found.whole.predict_proba(np.full((1, 12, len(USUAL)), np.nan, np.float32))
        assert np.isfinite(said).all()
