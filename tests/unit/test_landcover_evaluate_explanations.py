"""The experiment runs through on few images and says what it could not measure."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from eogen.errors import Cancelled, Unavailable
from eogen.landcover import cases as images
from eogen.landcover import evaluate_explanations as experiment
from eogen.landcover.bands import CLASSES
from tests.real import real_data
from tests.unit.landcover_stubs import AdditiveNet, Stub, TinyCNN, image


class Obliging(Stub):
    """A stub that gives every image the class it is asked about in turn."""

    def predict(self, picture):
        probability = np.full(10, 0.05)
        probability[CLASSES.index(picture.attrs.get("label", "River"))] = 0.55
        return xr.Dataset({"probability": ("class", probability)}, {"class": list(CLASSES)})


def labelled(label, seed):
    picture = image((16, 16), seed=seed)
    picture.attrs["label"] = label
    return picture


@pytest.fixture
def models(monkeypatch):
    """Two models: one that works, one without weights."""
    stub = Obliging(AdditiveNet())

    def load(name):
        if name == "missing_net":
            raise Unavailable("no_weights", "The weights of {name} are not here.", name=name)
        return stub

    fake = SimpleNamespace(MODELS={"index_network": None, "missing_net": None}, load=load)
    monkeypatch.setitem(sys.modules, "eogen.landcover.models", fake)
    cases = [images.Case(labelled(c, k), c) for k, c in enumerate(("River", "Forest") * 2)]
    truth = np.zeros((16, 16), bool)
    truth[4:9] = True
    monkeypatch.setattr(images, "patches", lambda *_: iter(cases))
    seen = [images.Case(c.image, c.label, truth) for c in cases]
    monkeypatch.setattr(images, "simulated", lambda *_: iter(seen[:2]))
    monkeypatch.setattr(images, "windows", lambda *_: iter(()))
    return fake


def test_every_number_of_every_method(models, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "QUICK", 4)
    told = []
    found, tables, absent = experiment.figures(
        tmp_path, quick=True, progress=lambda done, total, what="": told.append((done, total, what))
    )
    names = {(f.name, f.method.split("/")[1]) for f in found}
    for method in ("exact_evidence", "occlusion", "gradient_shap"):
        for number in ("milliseconds", "srg", "sanity", "noise", "focus_share", "pointing_hit", "mass_share"):
            assert (number, method) in names
    assert ("srg", "random") in names
    assert ("sanity", "random") not in names
    by = {(f.name, f.method, f.dataset): f for f in found}
    goal = by["srg", "index_network/exact_evidence", "eurosat"]
    assert goal.target == 0.30
    assert goal.low < goal.value < goal.high
    assert goal.n == 4
    assert by["additivity_error", "index_network/band_shapley", "eurosat"].value < 1e-4
    assert len(absent) == 2
    assert any("TerraMesh" in s for s in absent)
    assert any("missing_net" in s for s in absent)
    assert "srg" in tables["explanations"].columns
    curves = tables["removal_curves"]["index_network/exact_evidence/most"]
    assert curves.index[0] == 0
    assert curves.index[-1] == 1
    assert told[-1][2] == "explaining"
    assert all(done <= total for done, total, _ in told)


def test_it_can_be_stopped(models, tmp_path):
    def stop(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        experiment.figures(tmp_path, quick=True, progress=stop)


def test_real_and_simulated_cases_are_what_the_model_says():
    """On the real sets: every case carries the model's own answer, and masks that can be pointed at."""
    root = real_data("landcover")
    stub = Stub(TinyCNN())
    always = lambda label: (
        lambda picture: xr.Dataset(
            {"probability": ("class", np.eye(10)[CLASSES.index(label)])}, {"class": list(CLASSES)}
        )
    )
    stub.predict = always("Forest")
    generator = np.random.default_rng(0)
    found = list(images.take(images.patches(stub, root, generator), 3))
    assert [c.label for c in found] == ["Forest"] * 3
    assert found[0].image.sizes["band"] == 13
    windows = list(images.take(images.windows(stub, root, generator), 3))
    assert windows
    for case in [*windows, *images.take(images.simulated(stub, 0), 2)]:
        assert case.label == "Forest"
        assert case.truth.shape == case.image.shape[1:]
        assert 0.02 <= case.truth.mean() <= 0.6


def test_mosaics_of_every_pair_of_classes():
    four = [images.Case(labelled(c, k), c) for k, c in enumerate(("River", "Forest") * 2)]
    found = list(images.mosaics(four, 0))
    assert {c.label for c in found} == {"River", "Forest"}
    assert all(c.image.shape == (13, 32, 32) and c.truth.mean() == 0.5 for c in found)
    assert list(images.mosaics(four[:3], 0)) == []
