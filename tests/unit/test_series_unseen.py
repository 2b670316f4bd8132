"""Parcels asked of the model that had not seen them; and what a summary says most."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.errors import Cancelled, InputError
from eogen.landcover.series import unseen
from eogen.landcover.series.leading import leading
from eogen.landcover.series.methods import EXPLANATIONS
from eogen.landcover.series.summaries import summary
from tests.series_models import BANDS, Linear, series


class Kept:
    """Two linear models; each has seen every second of the series it was given, and none of the others."""

    def __init__(self, x: np.ndarray) -> None:
        self.models = Linear(seed=1), Linear(seed=2)
        self.place = {one.tobytes(): k for k, one in enumerate(x)}

    def unseen_by(self, one: np.ndarray) -> tuple[Linear, bool]:
        """Return the model that has not seen it."""
        where = self.place.get(one.tobytes())
        return (self.models[0], False) if where is None else (self.models[where % 2], True)


def parcels(x: np.ndarray, label: np.ndarray, classes: tuple[str, ...] = ("no", "yes")) -> xr.Dataset:
    """Return series as parcels."""
    return xr.Dataset(
        {"reflectance": (("parcel", "time", "band"), x), "label": ("parcel", label)},
        coords={"band": list(BANDS)}, attrs={"classes": list(classes)},
    )  # fmt: skip


def test_each_parcel_is_answered_by_the_model_that_had_not_seen_it() -> None:
    x = series(41)
    label = np.arange(41) % 3 - 1
    kept = Kept(x[:40])
    found = unseen.answers(kept, parcels(x, label))
    assert found.held.row.tolist() == np.flatnonzero(label >= 0).tolist()
    for place, row in enumerate(found.held.row):
        one = kept.models[row % 2 if row < 40 else 0].predict_proba(x[row : row + 1])[0]
        np.testing.assert_allclose(found.held.probability[0, place], one, atol=1e-6)
    assert found.learnt.tolist() == (found.held.row < 40).tolist()
    np.testing.assert_allclose(found.certainty, found.held.probability[0].max(1))


def test_labels_are_matched_by_name() -> None:
    held = parcels(series(4), np.array([0, 1, 2, -1]), ("yes", "other", "no"))
    assert unseen.labels(held, ("no", "yes")).tolist() == [1, -1, 0, -1]
    assert unseen.labels(held.drop_vars("label"), ("no", "yes")).tolist() == [-1] * 4
    with pytest.raises(InputError) as caught:
        unseen.answers(Kept(series(4)), parcels(series(4), np.full(4, -1)))
    assert caught.value.code == "series_few_labels"


def test_explanations_in_batches_are_those_of_each_alone() -> None:
    x, background = series(37), series(1, seed=9)
    kept, target = Kept(x), np.arange(37) % 2
    for name in ("occlusion", "attention"):
        found = unseen.explained(kept, EXPLANATIONS[name], x, target, background)
        for row in range(37):
            alone = EXPLANATIONS[name].run(
                kept.models[row % 2], x[row : row + 1], target[row : row + 1], background=background
            )
            np.testing.assert_allclose(found[row], alone[0], atol=1e-6)
    drawn = unseen.explained(kept, EXPLANATIONS["random"], x, target, background)
    assert len(np.unique(drawn)) == drawn.size, "chance does not repeat itself"


def test_a_wish_to_stop_is_heard() -> None:
    def stop(done: int, total: int, what: str = "") -> None:
        if done:
            raise Cancelled

    x = series(37)
    with pytest.raises(Cancelled):
        unseen.explained(Kept(x), EXPLANATIONS["occlusion"], x, np.zeros(37, int), x[:1], progress=stop)


def test_some_of_each_class_are_drawn_evenly() -> None:
    label = np.array([0] * 100 + [1] * 3 + [-1] * 9)
    found = unseen.some_of_each(label, 5)
    assert np.bincount(label[found]).tolist() == [5, 3]
    assert {0, 99} <= set(found)
    assert len(unseen.some_of_each(np.full(3, -1), 5)) == 0


def test_months_that_stand_out_are_named_and_chance_is_not() -> None:
    generator = np.random.default_rng(0)
    importance = generator.normal(0, 0.01, (60, 12, 4))
    importance[:, 3, :2] += 0.2
    importance[:, 4, 0] += 0.3
    importance[:, 8] += 0.02  # clear, but far behind
    found = leading(summary(importance, np.zeros(60, int), ("one",), bands=("B03", "B04", "B08", "B11")), 0)
    assert found.months == (3, 4)
    assert found.groups == ("visible",)
    assert 0.8 < found.share < 1
    both = importance.copy()
    both[:, 3, 2] += 0.3
    both[:, 4, 2:] += 0.4, 0.3
    found = leading(summary(both, np.zeros(60, int), ("one",), bands=("B03", "B04", "B08", "B11")), 0)
    assert set(found.groups) == {"nir", "visible"}
    by_month = leading(summary(importance.sum(2), np.zeros(60, int), ("one",)), 0)
    assert (by_month.months, by_month.groups) == ((3, 4), ())


def test_nothing_is_said_of_noise_of_one_group_or_of_no_parcel() -> None:
    generator = np.random.default_rng(1)
    noise = generator.normal(0, 1, (40, 12))
    label = np.zeros(40, int)
    of_noise = [
        leading(summary(generator.normal(0, 1, (40, 12)), label, ("one",)), 0).months for _ in range(40)
    ]
    assert np.mean([len(m) for m in of_noise]) < 0.6
    assert leading(summary(-np.abs(noise), label, ("one",)), 0).months == ()
    assert leading(summary(noise, label, ("one",), group=label), 0).months == ()
    assert leading(summary(noise, label, ("one", "none")), 1).months == ()
    same = leading(summary(np.full((40, 12), 1 / 12), label, ("one",)), 0)
    assert same.months == ()
