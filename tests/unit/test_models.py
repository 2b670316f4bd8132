"""The networks of the land-cover room: what every one of them must do, and what each promises."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
import xarray as xr
from scipy import ndimage

from eogen.errors import InputError, Unavailable
from eogen.landcover import arrays, augment, folds, models, train, train_index, train_ms, train_rgb
from eogen.landcover.bands import ALL, CLASSES, RGB
from eogen.landcover.classifier import Classifier
from eogen.landcover.measurements import Measurements, box
from eogen.landcover.models import MODELS
from eogen.nn import weights
from eogen.nn.weights import Card
from tests.real import real_data

EVERY = pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)


def image(bands=ALL, size=(64, 64), seed=0):
    values = np.random.default_rng(seed).uniform(0.01, 0.4, (len(bands), *size)).astype(np.float32)
    return xr.DataArray(
        values, {"band": list(bands)}, ("band", "y", "x"), name="reflectance", attrs={"units": "1"}
    )


def card(name, temperature=1.0):
    return Card(name, "landcover", [], 0, "0", "2", "2026-01-01", 1, {}, temperature=temperature, sha256="ab")


def classifier(spec, temperature=1.0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = spec.build()
    return Classifier(spec.name, module, spec.bands, CLASSES, card(spec.name, temperature))


@EVERY
def test_it_is_as_small_as_promised(spec):
    assert weights.count(spec.build()) <= spec.largest
    assert list(MODELS)[list(MODELS.values()).index(spec)] == spec.name


@EVERY
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (45, 71)])
def test_any_size_from_32_works_and_gradients_reach_every_pixel_used(spec, size):
    module = spec.build().eval()
    x = torch.from_numpy(image(spec.bands, size).values)[None].clamp(0.01, 0.27).requires_grad_(True)
    logits = module(x)
    assert logits.shape == (1, 10)
    logits.square().sum().backward()
    unused = [] if spec.name != "index_network" else ["B01", "B09", "B10"]
    for band, gradient in zip(spec.bands, x.grad[0], strict=True):
        assert gradient.isfinite().all()
        assert bool(gradient.abs().sum() > 0) == (band not in unused), band


@EVERY
def test_every_parameter_is_trained(spec):
    module = spec.build()
    module.train()
    module(torch.rand(4, len(spec.bands), 32, 32) * 0.27).square().sum().backward()
    assert [name for name, p in module.named_parameters() if p.grad is None or not p.grad.any()] == []


@EVERY
def test_a_batch_is_answered_like_its_images(spec):
    module = spec.build().eval()
    x = torch.rand(3, len(spec.bands), 64, 64) * 0.3
    with torch.no_grad():
        torch.testing.assert_close(
            module(x), torch.cat([module(one[None]) for one in x]), rtol=1e-4, atol=1e-5
        )


@EVERY
def test_the_baseline_is_the_mean_of_each_band(spec):
    module = spec.build().eval()
    module.mean.copy_(torch.arange(len(spec.bands))[None, :, None, None] / 50)
    base = module.baseline(torch.zeros(2, len(spec.bands), 40, 50))
    assert base.shape == (2, len(spec.bands), 40, 50)
    torch.testing.assert_close(base[0, :, 3, 4], torch.arange(len(spec.bands)) / 50)


@pytest.mark.parametrize("spec", [s for s in MODELS.values() if s.additive], ids=lambda s: s.name)
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (45, 71)])
def test_evidence_adds_up_at_native_resolution(spec, size):
    model = classifier(spec) if not spec.path.exists() else models.load(spec.name)
    x = torch.from_numpy(image(spec.bands, size).values)[None]
    with model.exclusive() as module, torch.no_grad():
        evidence = module.evidence(x)
        assert evidence.shape == (1, 10, *size)
        assert (evidence.double().mean((2, 3)) - module(x)).abs().max() <= 1e-5


@pytest.mark.parametrize("spec", [s for s in MODELS.values() if not s.additive], ids=lambda s: s.name)
def test_the_cam_layer_keeps_where_things_are(spec):
    module = spec.build().eval()
    shapes = []
    handle = module.cam_layer.register_forward_hook(lambda m, i, o: shapes.append(o.shape[2:]))
    module(torch.zeros(1, len(spec.bands), 64, 64))
    handle.remove()
    assert shapes[0] in [(8, 8), (16, 16)]


@EVERY
def test_probabilities_are_calibrated_by_the_temperature_and_samples_stay_apart(spec):
    plain, cool = classifier(spec), classifier(spec, 0.5)
    images = [image(seed=1), image(seed=2), image(size=(40, 33), seed=3)]
    many = cool.predict(images)
    assert many["probability"].dims == ("sample", "class")
    np.testing.assert_allclose(many["probability"].sum("class"), 1)
    one = plain.predict(images[1])
    np.testing.assert_allclose(one["logit"], many["logit"][1], rtol=1e-4, atol=1e-5)
    expected = np.exp(one["logit"] / 0.5) / np.exp(one["logit"] / 0.5).sum()
    np.testing.assert_allclose(many["probability"][1], expected, rtol=1e-3)
    assert list(one["class"].values) == list(CLASSES)


def test_the_order_of_the_bands_in_the_image_does_not_matter():
    model = classifier(MODELS["ms_cnn"])
    given = image()
    np.testing.assert_array_equal(model.tensor(given), model.tensor(given.isel(band=slice(None, None, -1))))
    assert model.tensor(given)[0, ALL.index("B8A"), 3, 4] == given.sel(band="B8A")[3, 4]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (image(RGB), "missing_bands"),
        (image(size=(31, 64)), "too_small_for_model"),
        (image() * np.nan, "no_valid_pixels"),
    ],
)
def test_what_cannot_be_answered_is_told(given, code):
    with pytest.raises(InputError) as caught:
        classifier(MODELS["ms_cnn"]).predict(given)
    assert caught.value.code == code


def test_missing_pixels_count_as_the_baseline():
    model = classifier(MODELS["ms_cnn"])
    given = image()
    gaps = given.where(np.arange(64) > 20)
    filled = gaps.fillna(0.0)  # the untrained network's mean is 0
    np.testing.assert_allclose(model.predict(gaps)["logit"], model.predict(filled)["logit"], rtol=1e-5)


def test_exclusive_restores_modes_and_gradients_and_lets_one_in():
    model = classifier(MODELS["rgb_cnn"])
    with model.exclusive() as module:
        module.train()
        module.head.weight.requires_grad_(True)
        busy = threading.Thread(target=lambda: model.predict(image(RGB)))
        busy.start()
        busy.join(0.2)
        assert busy.is_alive(), "two callers at once"
    busy.join()
    with model.exclusive() as module:
        assert not any(m.training for m in module.modules())
        assert not any(p.requires_grad for p in module.parameters())


@pytest.mark.parametrize("fails", [False, True])
def test_a_hook_left_behind_is_found_and_removed(fails):
    model = classifier(MODELS["rgb_cnn"])

    def careless():
        with model.exclusive() as module:
            module.cam_layer.register_forward_hook(lambda *a: None)
            if fails:
                raise KeyError("explanation failed")

    with pytest.raises(RuntimeError, match="1 hooks"):
        careless()
    with model.exclusive() as module:
        assert not any(m._forward_hooks for m in module.modules())


def test_unknown_and_absent_models_are_told(tmp_path):
    with pytest.raises(InputError, match="rgb_cnn"):
        models.load("oracle")
    with pytest.raises(Unavailable, match="python -m eogen train landcover ms_cnn") as caught:
        models.load("ms_cnn", tmp_path / "none.safetensors")
    assert caught.value.code == "no_model_weights"


@EVERY
def test_committed_weights_answer(spec):
    model = models.load(spec.name)
    found = model.predict(image(ALL))
    assert found["probability"].notnull().all()
    assert model.card.parameters <= spec.largest
    assert models.weights_stamp(spec.name) != "none"


def test_measurements_have_names_and_no_sense_of_direction():
    measure = Measurements(ALL)
    x = torch.from_numpy(image().values)[None]
    maps = measure.raw(x)
    assert maps.shape == (1, len(measure.names), 64, 64)
    assert len(set(measure.names)) == len(measure.names)
    torch.testing.assert_close(measure.raw(x.rot90(1, (2, 3))), maps.rot90(1, (2, 3)), rtol=1e-3, atol=2e-4)
    torch.testing.assert_close(measure.raw(x.flip(3)), maps.flip(3), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("size", [(64, 64), (40, 300)])
@pytest.mark.parametrize("window", [3, 25])
def test_a_window_mean_agrees_with_scipy(size, window):
    x = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(0))
    for mine, given in zip(box(x, window), x, strict=True):
        theirs = ndimage.uniform_filter(given[0].double().numpy(), window, mode="mirror")
        np.testing.assert_allclose(mine[0], theirs, atol=1e-5)


def test_indices_are_normalised_differences():
    measure = Measurements(ALL, texture=False)
    x = torch.from_numpy(image().values)[None]
    nir, red = x[0, ALL.index("B08")] + 0.01, x[0, ALL.index("B04")] + 0.01
    ndvi = measure.raw(x)[0, measure.names.index("NDVI")]
    torch.testing.assert_close(ndvi, (nir - red) / (nir + red), rtol=1e-4, atol=1e-5)


def test_lines_are_lines_to_the_measurements():
    measure = Measurements(RGB)
    x = torch.full((1, 3, 64, 64), 0.05)
    x[:, :, 30:32] = 0.15
    maps = dict(zip(measure.names, measure.raw(x)[0], strict=True))
    for name in ("coherence 7", "bright line 1", "bright detail 3"):
        assert maps[name][31, 32] > maps[name][10, 32] + 0.1, name
    assert maps["dark line 1"][31, 32] < maps["bright line 1"][31, 32]


def test_augmentation_keeps_pixels():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(16, 3, 64, 64)
    turned = augment.turned(x)
    torch.testing.assert_close(turned.flatten(1).sort(1).values, x.flatten(1).sort(1).values)
    assert (
        len({tuple(t.argmax(1).flatten()[:20].tolist()) for t in augment.turned(x[:1].repeat(8, 1, 1, 1))})
        == 8
    )
    moved = augment.shifted(x, 4, generator)
    assert moved.shape == x.shape
    hidden = augment.hidden(x, torch.full((1, 3, 1, 1), -1.0), generator, share=1.0)
    gone = (hidden == -1).all(1).float().mean((1, 2))
    assert ((gone > 0.01) & (gone < 0.3)).all()
    torch.testing.assert_close(torch.where(hidden == -1, x, hidden), x)


def test_folds_are_stratified_and_seeded():
    labels = np.repeat(np.arange(10), [9, 9, 7, 7, 7, 7, 7, 7, 7, 7])
    fold = folds.stratified(labels, 0)
    for k in range(5):
        counts = np.bincount(labels[fold == k], minlength=10)
        assert counts.min() >= 1
        assert counts.max() <= 2
        assert 14 <= counts.sum() <= 15
    np.testing.assert_array_equal(fold, folds.stratified(labels, 0))
    assert (fold != folds.stratified(labels, 1)).any()


def test_no_patch_is_answered_by_a_network_that_saw_it():
    labels = np.repeat(np.arange(10), 7)

    def fold(rows, test, seed):
        assert not set(rows) & set(test)
        assert len(rows) + len(test) == 70
        return np.eye(10)[labels[test]]

    found = folds.cross_validate(labels, fold, seeds=2)
    assert found.right.mean() == 1
    assert len(found.fold_accuracies) == 10


def test_the_split_is_by_content_without_reserved_names():
    root = real_data("landcover")
    reserved = train_rgb.reserved_names(root)
    assert len(reserved) == 106
    names = (*sorted(reserved)[:3], *(f"River_{k}" for k in range(200)))
    rng = np.random.default_rng(0)
    images = arrays.Images(
        names, np.zeros(203, np.int64), tuple(rng.bytes(32).hex() for _ in names), np.zeros((203, 1))
    )
    parts = train_rgb.split(images, root)
    assert not set.intersection(*(set(p.names) for p in parts))
    assert sum(map(len, parts)) == 203 - len(reserved & set(names))
    back = images.take(np.arange(203)[::-1])
    assert [set(p.names) for p in train_rgb.split(back, root)] == [set(p.names) for p in parts]


def test_training_says_what_is_missing(tmp_path):
    for name in MODELS:
        with pytest.raises(Unavailable) as caught:
            train.train(name, tmp_path, tmp_path / "out")
        assert caught.value.code == "no_training_data"
    assert not (tmp_path / "out").exists()


def test_the_shortcut_of_the_plain_network_is_still_there():
    """B10 (cirrus) sees no ground; the plain network learnt its training patches by it all the same."""
    patches = arrays.multispectral(real_data("landcover"))
    model = models.load("ms_cnn")
    known = weights.beside(MODELS["ms_cnn"].path)["fingerprints"].numpy()
    seen = patches.take(np.isin(patches.fingerprints, known))
    x, labels = torch.from_numpy(seen.pixels), torch.from_numpy(seen.labels)
    with model.exclusive() as module, torch.no_grad():
        plain = (module(x).argmax(1) == labels).float().mean()
        x[:, ALL.index("B10")] = module.mean[0, ALL.index("B10")]
        without = (module(x).argmax(1) == labels).float().mean()
    assert plain - without > 0.03
    assert train_ms.build().mean.shape[1] == 13
    assert "B10" not in train_index.TEN
