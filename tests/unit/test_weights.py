"""Weights on disk: strict, sealed by their card, small."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from eogen.errors import InputError, Unavailable
from eogen.nn import device, weights
from eogen.nn.weights import Card

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "weights"
COMMITTED = sorted(ASSETS.glob("*/*.safetensors"))


def card(**changes):
    row = {
        "model": "m", "room": "r", "data": [{"name": "d", "licence": "MIT", "sha256": "0", "n": 1}], "seed": 0,
        "code_version": "0", "torch": "2", "date": "2026-01-01", "parameters": 3, "cost": {"seconds": 1.0},
        "metrics": {"accuracy": {"value": 0.5, "low": None, "high": None, "n": 2}}, "temperature": 1.5,
    }  # fmt: skip
    return Card(**(row | changes))


def network(inside=3, extra=False):
    layers = {"a": nn.Linear(inside, 2), "b": nn.BatchNorm1d(2)}
    return nn.ModuleDict(layers | ({"c": nn.Linear(1, 1)} if extra else {}))


def test_what_is_saved_comes_back(tmp_path):
    file = tmp_path / "deep" / "m.safetensors"
    before, after = network(), network()
    prints = torch.tensor([2**62, -5])
    saved = weights.save(before, file, card(), {"fingerprints": prints})
    assert weights.load(after, file) == saved == Card.from_json(saved.to_json())
    assert all(
        torch.equal(a, b)
        for a, b in zip(before.state_dict().values(), after.state_dict().values(), strict=True)
    )
    assert torch.equal(weights.beside(file)["fingerprints"], prints)
    assert sorted(f.name for f in file.parent.iterdir()) == ["m.json", "m.safetensors"]


@pytest.mark.parametrize(
    ("other", "code", "key"),
    [
        (network(extra=True), "weights_missing", "c.weight"),
        (network(inside=4), "weights_shape", "a.weight"),
        (nn.ModuleDict({"a": nn.Linear(3, 2)}), "weights_unexpected", "b."),
    ],
)
def test_a_key_that_does_not_fit_is_named(tmp_path, other, code, key):
    weights.save(network(), tmp_path / "m.safetensors", card())
    with pytest.raises(InputError, match=key) as caught:
        weights.load(other, tmp_path / "m.safetensors")
    assert caught.value.code == code


def test_a_changed_byte_breaks_the_seal(tmp_path):
    file = tmp_path / "m.safetensors"
    weights.save(network(), file, card())
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        weights.load(network(), file)
    assert caught.value.code == "weights_hash"


def test_a_file_that_is_no_safetensors_is_told(tmp_path):
    file = tmp_path / "m.safetensors"
    sealed = weights.save(network(), file, card())
    file.write_bytes(b"not tensors at all")
    import hashlib

    sealed.sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    weights.card_path(file).write_text(sealed.to_json())
    with pytest.raises(InputError) as caught:
        weights.load(network(), file)
    assert caught.value.code == "weights_unreadable"


def test_absent_weights_and_cards_are_unavailable(tmp_path):
    file = tmp_path / "m.safetensors"
    with pytest.raises(Unavailable):
        weights.load(network(), file)
    weights.save(network(), file, card())
    weights.card_path(file).unlink()
    with pytest.raises(Unavailable):
        weights.load(network(), file)


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({**json.loads(card().to_json()), "odd": 1})])
def test_a_damaged_card_is_told(text):
    with pytest.raises(InputError) as caught:
        Card.from_json(text)
    assert caught.value.code == "card_invalid"


@pytest.mark.parametrize("file", COMMITTED, ids=lambda f: f.stem)
def test_committed_weights_are_small_sealed_and_described(file):
    import hashlib

    assert file.stat().st_size < 3_000_000
    row = weights.read_card(file)
    assert row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert row.model == file.stem
    assert row.room == file.parent.name
    assert row.data
    assert all(d["licence"] and d["n"] > 0 for d in row.data)
    if row.room == "rain" and row.model.startswith("archive"):
        # Past maps and their scores, no network: what is hashed is what was kept of the simulation.
        assert row.parameters == 0
        assert all(len(d["sha256"]) == 64 for d in row.data)
        return
    # Simulations are made anew by the seed: there is no file to hash.
    assert all(len(d["sha256"]) == (0 if d["name"].startswith("simulated") else 64) for d in row.data)
    if row.room in ("ocean", "change"):
        assert np.isfinite(row.metrics["loss"]["value"])
        return
    if row.room == "rain":
        assert np.isfinite(row.metrics["cluster_csi_r2"]["value"])
        return
    if row.room == "canopy":
        assert np.isfinite(row.metrics["held_out_loss"]["value"])
        return
    assert (
        row.metrics["accuracy"]["low"] <= row.metrics["accuracy"]["value"] <= row.metrics["accuracy"]["high"]
    )
    assert len(weights.beside(file)["fingerprints"]) == sum(d["n"] for d in row.data)


def test_there_are_committed_weights():
    assert COMMITTED


def test_devices():
    assert device.choose("cpu") == torch.device("cpu")
    assert device.choose().type in ("cpu", "cuda", "mps")
    with pytest.raises(InputError, match="abacus"):
        device.choose("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_an_absent_device_is_unavailable():
    with pytest.raises(Unavailable):
        device.choose("cuda")
