"""TerraMind through a library that is played here: its registry, its key layout, its two traps, and the score."""

from __future__ import annotations

import importlib.machinery
import os
import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from eogen.change.adapters import terramind
from eogen.change.adapters.terramind import L1C, L2A, Model, load, offline
from eogen.change.methods import METHODS, score, unavailable
from eogen.change.problem import problem
from eogen.change.sensors import SENSORS
from eogen.change.stack import stack
from eogen.errors import InputError, Unavailable
from tests.unit.terramind_library import (
    CELLS,
    CHECKPOINT,
    CODES,
    DEVIATION,
    MEAN,
    TARGET,
    TOKENIZER,
    Generation,
    Library,
    Tokenizer,
    published,
    tokenizer_state,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EOGEN_MODELS", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    made = tmp_path / "terramind"
    made.mkdir()
    torch.save(published(), made / CHECKPOINT)
    torch.save(tokenizer_state(), made / TOKENIZER)
    terramind._load.cache_clear()
    return made


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library, installed as ``terratorch``."""
    made = Library()
    for name, held in (("terratorch", {}), ("terratorch.registry", {"FULL_MODEL_REGISTRY": made})):
        module = ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return made


def pair(bands=L2A, size=(224, 224)):
    """Levels 2 to 6 in pretraining units; a square rises by 6 on the second date."""
    random = np.random.default_rng(2)
    levels = np.kron(random.uniform(2, 6, (1, -(-size[0] // 32), -(-size[1] // 32))), np.ones((1, 32, 32)))
    levels = np.repeat(np.repeat(levels[:, : size[0], : size[1]], len(bands), 0)[None], 2, 0)
    levels[1, :, 64:128, 96:160] += 6
    return stack(levels * DEVIATION + MEAN, list(bands), sensor="sentinel2")


def loaded(folder: Path, library: Library, modality: str = "S2L2A") -> Model:
    return load(library, folder / CHECKPOINT, folder, modality)


def hand(level: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """-log p of the token of a level under logits -(v - mean)^2, in numpy."""
    token = np.clip(np.round(level), 0, CODES - 1)
    logits = -((np.arange(CODES) - mean[..., None]) ** 2)
    return np.log(np.exp(logits).sum(-1)) + (token - mean) ** 2


# --- loading ---


@pytest.mark.parametrize("modality", ["S2L2A", "S2L1C"])
@pytest.mark.parametrize("prefix", ["", "sampler.model."])
def test_every_tensor_comes_from_the_files_whatever_the_prefix(folder, library, modality, prefix):
    torch.save({prefix + k: v for k, v in published().items()}, folder / CHECKPOINT)
    network = loaded(folder, library, modality).network
    expected = {f"sampler.model.{k}": v for k, v in published().items()}
    expected |= {f"tokenizer.{TARGET}.{k}": v for k, v in tokenizer_state().items()}
    state = network.state_dict()
    assert any(key.startswith("sampler.model.encoder.0") for key in state)
    for key, value in state.items():
        assert torch.equal(value, expected[key]), key
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert library.built == ["terramind_v1_tiny_generate", "terramind_v1_tokenizer_s2l2a"]


def test_the_library_is_forbidden_the_network_meanwhile(folder, library, monkeypatch):
    constants = SimpleNamespace(HF_HUB_OFFLINE=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", constants)
    seen = []
    library.change = lambda made: seen.append(constants.HF_HUB_OFFLINE)
    loaded(folder, library)
    assert library.offline == ["1", "1"]
    assert seen == [True, True]
    assert "HF_HUB_OFFLINE" not in os.environ
    assert constants.HF_HUB_OFFLINE is False
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with pytest.raises(KeyError), offline():
        raise KeyError
    assert os.environ["HF_HUB_OFFLINE"] == "0"


@pytest.mark.parametrize("key", ["encoder.1.weight", "mask_token", f"decoder_embeddings.{TARGET}.to_logits.weight",
                                 "encoder_embeddings.untok_sen2l2a@224.pos_emb"])  # fmt: skip
def test_a_missing_key_is_named(folder, library, key):
    state = published()
    del state[key]
    torch.save(state, folder / CHECKPOINT)
    with pytest.raises(InputError) as caught:
        loaded(folder, library)
    assert caught.value.code == "weights_missing"
    assert caught.value.facts == {"path": str(folder / CHECKPOINT), "key": key}


@pytest.mark.parametrize(
    "key", ["encoder.2.weight", "decoder_embeddings.tok_sen2l2a@224.bias", "nothing", "encoder."]
)
def test_a_key_too_many_is_named(folder, library, key):
    torch.save(published() | {key: torch.ones(1)}, folder / CHECKPOINT)
    with pytest.raises(InputError) as caught:
        loaded(folder, library)
    assert (caught.value.code, caught.value.facts["key"]) == ("weights_unexpected", key)


def test_a_tensor_of_another_size_is_named(folder, library):
    torch.save(published() | {"encoder.0.weight": torch.ones(8, 8)}, folder / CHECKPOINT)
    with pytest.raises(InputError) as caught:
        loaded(folder, library)
    assert caught.value.code == "weights_shape"
    assert caught.value.facts["key"] == "encoder.0.weight"
    assert caught.value.facts["found"] == (8, 8)


def test_a_part_of_the_library_that_the_file_does_not_know_is_refused(folder, library):
    def add(made: nn.Module) -> None:
        if isinstance(made, Generation):
            made.merge = nn.Linear(2, 2)

    library.change = add
    with pytest.raises(InputError) as caught:
        loaded(folder, library)
    assert (caught.value.code, caught.value.facts["key"]) == ("weights_missing", "merge.weight")


@pytest.mark.parametrize(("change", "code"), [
    (lambda state: state.pop("encoder.bias"), "weights_missing"),
    (lambda state: state.update(more=torch.ones(1)), "weights_unexpected"),
    (lambda state: state.update(gain=torch.ones(2)), "weights_shape"),
])  # fmt: skip
def test_a_tokenizer_is_loaded_as_strictly(folder, library, change, code):
    state = tokenizer_state()
    change(state)
    torch.save(state, folder / TOKENIZER)
    with pytest.raises(InputError) as caught:
        loaded(folder, library)
    assert caught.value.code == code
    assert caught.value.facts["path"] == str(folder / TOKENIZER)


def test_a_tokenizer_that_is_absent_or_unknown_is_named(folder, library):
    (folder / TOKENIZER).unlink()
    with pytest.raises(InputError, match=TOKENIZER) as caught:
        loaded(folder, library)
    assert caught.value.code == "change_terramind_tokenizer"
    assert unavailable(METHODS["terramind_pmi"]) == "user_weights"
    with pytest.raises(Unavailable, match=TOKENIZER):
        score(pair(), "terramind_pmi")
    torch.save(tokenizer_state(), folder / TOKENIZER)

    def add(made: nn.Module) -> None:
        if isinstance(made, Generation):
            made.tokenizer["tok_new@224"] = Tokenizer()

    library.change = add
    with pytest.raises(InputError, match="tok_new@224") as caught:
        loaded(folder, library)
    assert caught.value.code == "change_terramind_tokenizer"


@pytest.mark.parametrize("name", [CHECKPOINT, TOKENIZER])
def test_a_file_cut_short_is_named(folder, library, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=name) as caught:
        score(pair(), "terramind_pmi")
    assert caught.value.code == "change_checkpoint"


# --- the score ---


def test_a_cell_is_the_difference_of_two_cross_entropies(folder, library):
    model = loaded(folder, library)
    one, two = (model.standardised(image) for image in pair().values.astype(np.float32))
    level = [image[0].reshape(CELLS, 16, CELLS, 16).mean((1, 3)) for image in (one, two)]
    assert level[0].min() > 1.9
    assert level[0].max() < 6.1
    tokens = model.tokens(torch.from_numpy(two[None]))
    np.testing.assert_array_equal(tokens[0], np.clip(np.round(level[1]), 0, CODES - 1))
    given = torch.from_numpy(one[None])
    told, blind = model.surprise(tokens, given, False)[0], model.surprise(tokens, given, True)[0]
    np.testing.assert_allclose(told, hand(level[1], level[0]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(blind, hand(level[1], np.full_like(level[1], 5.0)), rtol=1e-4, atol=1e-5)


def test_the_map_is_minus_the_pointwise_mutual_information_of_both_directions(folder, library):
    """On two even images every cell and every shift says the same, which is worked out by hand."""
    low, high = np.array([3.0]), np.array([7.0])
    values = np.broadcast_to(np.array([3.0, 7.0])[:, None, None, None], (2, 12, 40, 30))
    images = stack(values * DEVIATION + MEAN, list(L2A), sensor="sentinel2")
    blind = np.array([5.0])
    expected = [hand(high, low) - hand(high, blind), hand(low, high) - hand(low, blind)]
    made = score(images, "terramind_pmi")
    np.testing.assert_allclose(made.nll, np.mean(expected), rtol=1e-4)
    parts = terramind.pmi(problem(images)).parts
    for name, value in zip(("forward", "backward"), expected, strict=True):
        np.testing.assert_allclose(parts[name], value.item(), rtol=1e-4)


def test_the_map_is_dense_and_finds_the_change(folder, library):
    images = pair(size=(230, 250))
    assert unavailable(METHODS["terramind_pmi"], images) == ""
    made = score(images, "terramind_pmi")
    inside, outside = made.nll[70:122, 102:154].values, made.nll[150:, :90].values
    assert made.nll.shape == (230, 250)
    assert inside.min() > outside.max() + 5
    # 16-pixel cells would step every 16 pixels only: along a row through an edge values step every 4
    steps = np.flatnonzero(np.abs(np.diff(made.nll[96, 60:140].values)) > 1e-4) + 61
    assert len(steps) > 5
    assert set(steps % 4) == {0}
    assert {"forward", "backward"} <= set(made.part.values)
    assert made.attrs["modality"] == "S2L2A"
    assert made.attrs["weights"] == CHECKPOINT
    again = score(images.isel(time=[1, 0]), "terramind_pmi")
    np.testing.assert_allclose(again.nll, made.nll, atol=1e-5)
    turned = images.isel(band=np.random.default_rng(0).permutation(12))
    np.testing.assert_allclose(score(turned, "terramind_pmi").nll, made.nll, atol=1e-6)
    assert library.built.count("terramind_v1_tiny_generate") == 1  # kept between pairs


def test_thirteen_bands_are_top_of_atmosphere_and_the_tokenizer_gets_twelve(folder, library):
    images = pair(L1C)
    question = problem(images)
    assert terramind.modality(question) == "S2L1C"
    model = loaded(folder, library, "S2L1C")
    assert model.bands == L1C
    assert model.source == "untok_sen2l1c@224"
    marked = torch.arange(13.0)[None, :, None, None].expand(1, 13, 224, 224)
    seen = []
    model.network.tokenizer[TARGET].encode = lambda x: (
        seen.append(x[0, :, 0, 0]),
        None,
        torch.zeros(1, 14, 14),
    )
    model.tokens(marked)
    assert [L1C[int(k)] for k in seen[0]] == list(L2A)


def test_bands_may_come_by_their_common_names(folder, library):
    images = pair(size=(64, 64))
    common = images.assign_coords(band=[SENSORS["sentinel2"][band] for band in L2A]).assign_attrs(
        sensor="unknown"
    )
    np.testing.assert_array_equal(score(common, "terramind_pmi").nll, score(images, "terramind_pmi").nll)


def test_the_statistics_are_the_librarys(folder, library):
    def other(made: nn.Module) -> None:
        if isinstance(made, Generation):
            made.pretraining_mean["untok_sen2l2a@224"] = torch.arange(12.0).view(1, 12, 1, 1)
            made.pretraining_std["untok_sen2l2a@224"] = torch.full((1, 12, 1, 1), 2.0)

    library.change = other
    image = np.full((12, 3, 3), 20.0)
    found = loaded(folder, library).standardised(image)
    np.testing.assert_allclose(found[:, 1, 1], (20 - np.arange(12)) / 2)


def test_colour_pictures_have_no_tokens(folder, library):
    images = stack(np.random.default_rng(0).random((2, 3, 32, 32)), ["B04", "B03", "B02"], sensor="sentinel2")
    assert unavailable(METHODS["terramind_pmi"], images) == "bands"
    with pytest.raises(InputError, match="B01") as caught:
        terramind.pmi(problem(images))
    assert caught.value.code == "change_terramind_bands"
    with pytest.raises(InputError) as caught:
        score(images, "terramind_pmi")
    assert caught.value.code == "change_bands"
