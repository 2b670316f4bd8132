"""A supervised model of the user's: its description, its loading, its answer."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from eogen.change.adapters.supervised import read, surprise
from eogen.change.methods import METHODS, score, unavailable
from eogen.change.stack import stack
from eogen.errors import InputError

MANIFEST = {
    "class": '"their_models:Change"', "weights": '"m.safetensors"', "bands": '["red", "green"]', "divide": "10",
    "mean": "[0.5, 1]", "deviation": "[2, 4]", "window": "32",
}  # fmt: skip


class Change(nn.Module):
    """Logit of change: gain times the mean squared difference, minus one."""

    def __init__(self, classes: int = 1, stacked: bool = False, extra: bool = False) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(()))
        self.classes, self.stacked, self.extra = classes, stacked, extra

    def forward(self, before, after=None):
        if self.stacked:
            before, after = before.chunk(2, 1)
        logit = self.gain * ((after - before) ** 2).mean(1, keepdim=True) - 1
        if self.classes == 2:
            logit = torch.cat([torch.full_like(logit, 0.25), logit + 0.25], 1)
        return (logit, "semantics") if self.extra else logit


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EOGEN_MODELS", str(tmp_path))
    module = ModuleType("their_models")
    module.Change, module.NotOne = Change, dict
    monkeypatch.setitem(sys.modules, "their_models", module)
    made = tmp_path / "supervised"
    made.mkdir()
    safetensors.torch.save_file({"gain": torch.tensor(0.7)}, made / "m.safetensors")
    write(made)
    return made


def write(folder: Path, settings: str = "", **more: str | None) -> Path:
    lines = [f"{k} = {v}" for k, v in (MANIFEST | more).items() if v is not None]
    path = folder / "model.toml"
    path.write_text(
        "\n".join([*lines, "[settings]", settings]) if settings else "\n".join(lines), encoding="utf-8"
    )
    return path


def pair(shape=(45, 70)):
    values = np.random.default_rng(0).uniform(0, 50, (2, 3, *shape))
    return stack(values, ["blue", "green", "red"])


def by_hand(images) -> np.ndarray:
    """log(1 + exp(logit)) on red and green, standardised as the description says, in numpy."""
    values = images.values[:, [2, 1]].astype(np.float64) / 10
    values = (values - np.array([0.5, 1])[:, None, None]) / np.array([2, 4])[:, None, None]
    return np.log1p(np.exp(0.7 * ((values[1] - values[0]) ** 2).mean(0) - 1))


@pytest.mark.parametrize(
    ("settings", "inputs"),
    [
        ("", '"pair"'),
        ("classes = 2", '"pair"'),
        ("stacked = true", '"stacked"'),
        ("classes = 2\nstacked = true\nextra = true", '"stacked"'),
    ],
)
def test_the_score_is_minus_the_log_of_no_change(folder, settings, inputs):
    write(folder, settings, inputs=inputs)
    images = pair()
    assert unavailable(METHODS["supervised"], images) == ""
    made = score(images, "supervised")
    np.testing.assert_allclose(made.nll, by_hand(images), rtol=1e-4, atol=1e-5)
    assert made.attrs["class"] == "their_models:Change"
    np.testing.assert_allclose(score(images.isel(time=[1, 0]), "supervised").nll, made.nll, rtol=1e-5)


def test_an_image_smaller_than_a_window_and_bands_in_another_order(folder):
    images = pair((9, 40))
    np.testing.assert_allclose(score(images, "supervised").nll, by_hand(images), rtol=1e-4, atol=1e-5)
    turned = images.isel(band=[2, 0, 1])
    np.testing.assert_array_equal(score(turned, "supervised").nll, score(images, "supervised").nll)


def test_a_new_description_takes_effect_at_once(folder):
    one = score(pair(), "supervised")
    write(folder, divide="20")
    assert np.abs(score(pair(), "supervised").nll - one.nll).max() > 0.01


def test_large_logits_do_not_overflow():
    logits = torch.tensor([-200.0, 0.0, 200.0, 1e6]).view(1, 1, 2, 2)
    np.testing.assert_allclose(surprise(logits, 2).flatten(), [0, np.log(2), 200, 1e6], rtol=1e-6, atol=1e-12)
    both = torch.cat([torch.zeros_like(logits), logits], 1)
    torch.testing.assert_close(surprise(both, 2), surprise(logits, 2))
    torch.testing.assert_close(surprise((both, None), 2), surprise(logits, 2))


@pytest.mark.parametrize(
    "said",
    [
        torch.zeros(1, 3, 4, 4),
        torch.zeros(1, 1, 2, 2),
        torch.zeros(2, 1, 4, 4),
        torch.zeros(4, 4),
        "x",
        (),
        None,
    ],
)
def test_another_answer_is_refused(said):
    with pytest.raises(InputError) as caught:
        surprise(said, 4)
    assert caught.value.code == "change_model_output"


@pytest.mark.parametrize(
    ("more", "about"),
    [
        ({"class": None}, "class"),
        ({"class": '"their_models"'}, "class"),
        ({"weights": None}, "weights"),
        ({"weights": '"m.pt2"'}, "weights"),
        ({"weights": '"../m.safetensors"'}, "weights"),
        ({"weights": "3"}, "weights"),
        ({"weights": '"other.safetensors"'}, "other.safetensors"),
        ({"bands": "[]"}, "bands"),
        ({"bands": '"red"'}, "bands"),
        ({"bands": "[1, 2]"}, "bands"),
        ({"divide": "0"}, "divide"),
        ({"divide": '"ten"'}, "divide"),
        ({"mean": "[1]"}, "mean"),
        ({"mean": "1"}, "mean"),
        ({"mean": "[nan, 1]"}, "mean"),
        ({"deviation": "[0, 1]"}, "deviation"),
        ({"window": "8"}, "window"),
        ({"window": "32.5"}, "window"),
        ({"inputs": '"both"'}, "inputs"),
        ({"window": "32\nsettings = 3"}, "settings"),
        ({"treshold": "3"}, "treshold"),
        ({"divide": "= 3"}, "line"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(folder, more, about):
    path = write(folder, **more)
    with pytest.raises(InputError, match=about) as caught:
        read(path)
    assert caught.value.code == "change_manifest"
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("no_such_module_here:Change", ""), ("their_models:Other", ""), ("their_models:Change", "depth = 3"),
     ("their_models:NotOne", "")],
)  # fmt: skip
def test_a_class_that_cannot_be_made_is_named(folder, name, settings):
    write(folder, settings, **{"class": f'"{name}"'})
    with pytest.raises(InputError, match=name) as caught:
        score(pair(), "supervised")
    assert caught.value.code == "change_class"


@pytest.mark.parametrize(("state", "code"), [
    ({"other": torch.ones(())}, "weights_missing"),
    ({"gain": torch.ones(()), "other": torch.ones(())}, "weights_unexpected"),
    ({"gain": torch.ones(3)}, "weights_shape"),
])  # fmt: skip
def test_its_weights_are_loaded_strictly(folder, state, code):
    safetensors.torch.save_file(state, folder / "m.safetensors")
    with pytest.raises(InputError) as caught:
        score(pair(), "supervised")
    assert caught.value.code == code


def test_bands_that_the_images_lack_are_named(folder):
    write(folder, bands='["red", "nir"]')
    with pytest.raises(InputError, match="nir") as caught:
        score(pair(), "supervised")
    assert caught.value.code == "change_bands"
