"""The frame of the seasons: whose classes, which background, which parcels, which model is kept under which key."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series import cube, kept, territory
from eogen.landcover.series.sets import SeriesSet
from pages.kit.provenance import Provenance
from pages.parts.landcover.seasons import compute, sources
from pages.parts.landcover.seasons.state import State
from tests.pages.reading import address, boxes, visit


class Model:
    """A model that is asked for its classes only."""

    classes = ("maize", "grassland", "water")
    bands = cube.USUAL
    months = 12


def parcels(n=6, classes=("grassland", "maize", "town"), label=(0, 1, 2, -1, 0, 1), seed=0):
    values = np.random.default_rng(seed).uniform(0.05, 0.4, (n, 12, len(cube.USUAL))).astype(np.float32)
    time = np.array([f"2023-{k:02d}" for k in range(1, 13)], "datetime64[M]")
    return cube.parcels(
        values, time, cube.USUAL, label=np.array(label), classes=classes, title="same", licence=""
    )


def state(held, row=0):
    return State("france", held, row, "tempcnn", Model(), Model(), False, 0, Provenance("real"), ("a",))


def test_labels_are_the_model_s_own_numbers():
    assert state(parcels()).labels.tolist() == [1, 0, -1, -1, 1, 0]
    assert state(parcels(), 3).label == -1
    assert state(parcels(), 1).label == 0
    bare = parcels().drop_vars("label")
    assert state(bare).labels.tolist() == [-1] * 6


def test_a_month_nobody_saw_is_no_black_month_of_the_background():
    held = parcels()
    held["reflectance"].values[:, 4] = np.nan
    found = state(held).background
    assert found.shape == (1, 12, len(cube.USUAL))
    np.testing.assert_allclose(found[0, 4], (found[0, 3] + found[0, 5]) / 2, rtol=1e-5)
    np.testing.assert_allclose(found[0, 0], held["reflectance"].values[:, 0].mean(0), rtol=1e-5)


def test_one_damaged_file_does_not_close_the_page(tmp_path, monkeypatch):
    def opened(each):
        if each.name == "broken":
            raise InputError("series_damaged", "{name} is damaged.", name="broken", reason="cut")
        if each.name == "unlabelled":
            return parcels(40, label=(-1,) * 40)
        return parcels(12, label=(0, 1) * 6) if each.name == "large" else parcels()

    names = ("broken", "unlabelled", "small", "large")
    found = [SeriesSet(name, "worldcereal", "parcels", (tmp_path / name,)) for name in names]
    monkeypatch.setattr(sources.sets, "sets", lambda _: found)
    monkeypatch.setattr(sources.sets, "open", opened)
    assert sources._largest(str(tmp_path), 0.0)[1] == "large"
    monkeypatch.setattr(sources.sets, "sets", lambda _: found[:2])
    assert sources._largest(str(tmp_path), 1.0) is None


def test_no_data_leaves_the_territory(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    assert sources.offered() == ["territory"]


def test_a_forest_is_that_of_its_parcels(monkeypatch):
    monkeypatch.setattr(kept, "forest", lambda source, held, **_: object())
    monkeypatch.setattr(sources, "parcels", lambda _: parcels())
    first = compute.knows("france", compute.LIVE)
    assert compute.knows("france", compute.LIVE) is first
    monkeypatch.setattr(sources, "parcels", lambda _: parcels(seed=1))
    assert compute.knows("france", compute.LIVE) is not first, "of other parcels, though of the same title"


def test_another_background_is_another_explanation(monkeypatch):
    asked = []

    def run(model, series, target, *, background, seed):
        asked.append(float(background.mean()))
        return np.zeros((1, 12))

    monkeypatch.setattr(compute, "EXPLANATIONS", {"x": type("E", (), {"run": staticmethod(run)})})
    one, other = parcels(), parcels()
    other["reflectance"].values[1:] += 0.1
    for held in (one, one, other):
        compute.explain(state(held), "x")
    assert len(asked) == 2


@pytest.mark.parametrize(("given", "kept_in"), [("water", True), ("3", False), ("rapeseed_of_mars", False)])
def test_the_class_explained_is_named_in_the_address(given, kept_in, tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    one = kept.prepared(territory.parcels(1, 60))
    fitted = kept.MODELS["random_forest"].fit(
        one["reflectance"].values, one["label"].values, tuple(one.attrs["classes"]), kept.USUAL
    )
    monkeypatch.setattr(
        compute, "_forest", lambda *_: kept.Kept("f", "territory", compute.LIVE, (fitted,), fitted)
    )
    held = sources.parcels("territory")
    row = int(np.flatnonzero(held["label"].values == list(held.attrs["classes"]).index("maize"))[0]) + 1
    at = visit(
        "landcover", lang="en", view="expert", topic="season", reader=compute.LIVE, look_at="what_if",
        parcel=str(row), explained=given,
    )  # fmt: skip
    assert not at.exception
    assert boxes(at) == []
    assert (address(at).get("explained") == given) is kept_in
    assert isinstance(held, xr.Dataset)
