"""Models of series: they learn what was planted, say probabilities, repeat themselves, and bear missing months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from eogen.errors import InputError
from eogen.landcover.series import network, shapelets
from eogen.landcover.series.augment import shifted
from eogen.landcover.series.gaps import bridge
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.months import filled
from eogen.landcover.series.protocol import Attentive, SeriesModel

BANDS = ("B04", "B08", "B11")
CLASSES = ("bare", "green_in_june", "never_met")
LEARNERS = [name for name in MODELS if name != "majority"]
NETWORKS = [name for name, row in MODELS.items() if row.gradient]


def planted(seed: int, n: int = 64, months: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Series of noise; those of class 1 have a near-infrared bump in month 5; one month in ten is missing."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    series = 0.2 + 0.02 * rng.standard_normal((n, months, len(BANDS)))
    series[label == 1, 4:7, 1] += np.array([0.06, 0.15, 0.06])
    series[rng.random((n, months)) < 0.1] = np.nan
    return series.astype(np.float32), label


@pytest.fixture(autouse=True, scope="module")
def short_fits() -> Iterator[None]:
    """What is planted is plain: few epochs and members learn it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "SETTINGS", replace(network.SETTINGS, epochs=20))
        patch.setattr(shapelets, "SETTINGS", replace(shapelets.SETTINGS, epochs=20))
        patch.setattr(network, "MEMBERS", 2)
        yield


@cache
def model(name: str):
    return MODELS[name].fit(*planted(0), CLASSES, BANDS, seed=0)


@pytest.mark.parametrize("name", MODELS)
def test_probabilities(name: str) -> None:
    series, _ = planted(1, 10)
    series[0] = np.nan
    found = model(name).predict_proba(series)
    assert isinstance(model(name), SeriesModel)
    assert found.shape == (10, 3)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert model(name).predict_proba(series[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", LEARNERS)
def test_learns_the_planted_month(name: str) -> None:
    series, label = planted(2, 200)
    assert (model(name).predict_proba(series).argmax(1) == label).mean() > 0.93


@pytest.mark.parametrize("name", LEARNERS)
def test_same_seed_same_bits(name: str) -> None:
    again = MODELS[name].fit(*planted(0), CLASSES, BANDS, seed=0)
    series, _ = planted(3, 20)
    np.testing.assert_array_equal(again.predict_proba(series), model(name).predict_proba(series))


@pytest.mark.parametrize("name", MODELS)
def test_other_months_are_refused(name: str) -> None:
    with pytest.raises(InputError) as raised:
        model(name).predict_proba(np.zeros((2, 5, 3), np.float32))
    assert raised.value.code == "series_model_shape"


def test_one_label_is_too_few() -> None:
    with pytest.raises(InputError) as raised:
        MODELS["random_forest"].fit(np.zeros((3, 8, 3)), np.array([0, -1, -1]), CLASSES, BANDS)
    assert raised.value.code == "series_few_labels"


@pytest.mark.parametrize("name", [name for name, row in MODELS.items() if row.attentive])
def test_attention_sums_to_one(name: str) -> None:
    series, _ = planted(4, 6)
    series[0] = np.nan
    series[1, 2] = np.nan
    found = model(name).attention(series)
    assert isinstance(model(name), Attentive)
    assert found.shape in ((6, 8), (6, 8, 3))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.reshape(6, -1).sum(1), 1, atol=1e-5)
    # A month that was not seen is not attended to.
    assert found[1, 2].sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_module_is_differentiable_and_agrees(name: str) -> None:
    series, _ = planted(5, 7)
    x, seen = model(name).inputs(series)
    logits = model(name).module(x.requires_grad_(), seen)
    np.testing.assert_allclose(
        logits.softmax(1).detach().numpy(), model(name).predict_proba(series), atol=1e-5
    )
    logits[:, 1].sum().backward()
    assert x.grad.abs().sum(2).sum(0)[5] > 0
    assert torch.isfinite(model(name).module(x)).all()


def test_shapelets_add_up_and_lie_on_the_bump() -> None:
    fitted = model("shapelets")
    series, label = planted(6, 30)
    target = np.ones(30, int)
    x, _ = fitted.inputs(series)
    with torch.no_grad():
        logit = fitted.module(x)[:, 1].numpy()
    evidence = fitted.evidence(series, target)
    np.testing.assert_allclose(evidence.sum(1) + fitted.bias()[1], logit, atol=1e-4)
    start, away = fitted.places(series)
    assert start.shape == away.shape == evidence.shape
    assert (start >= 0).all()
    assert (start + fitted.lengths <= 8).all()
    assert [len(one) for one in fitted.shapelets()] == list(fitted.lengths)
    # The shapelet that tells most between the classes covers the planted months where it lies.
    gap = evidence[label == 1].mean(0) - evidence[label == 0].mean(0)
    best = gap.argmax()
    first = np.median(start[label == 1, best])
    assert first <= 6
    assert first + fitted.lengths[best] > 4


def test_bridge_is_filled() -> None:
    series, _ = planted(7, 40)
    series[0] = np.nan
    known = np.isfinite(series)
    x = torch.from_numpy(np.nan_to_num(series))
    np.testing.assert_allclose(bridge(x, torch.from_numpy(known.all(2))).numpy(), filled(series), atol=1e-6)
    known[:, 3, 1] = False
    series[:, 3, 1] = np.nan
    np.testing.assert_allclose(bridge(x, torch.from_numpy(known)).numpy(), filled(series), atol=1e-6)


def test_shift_by_whole_months_moves_them() -> None:
    x = torch.arange(6.0)[None, :, None].repeat(3, 1, 2)
    seen = torch.tensor([[True, True, False, True, True, True]]).repeat(3, 1)
    moved, kept = shifted(x, seen, torch.tensor([0.0, 1.0, -1.5]))
    assert moved[0, :, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert moved[1, :, 0].tolist() == [0, 0, 1, 2, 3, 4]
    assert moved[2, :, 0].tolist() == [1.5, 2.5, 3.5, 4.5, 5, 5]
    assert kept[1].tolist() == [True, True, True, False, True, True]
