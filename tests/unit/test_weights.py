"""Weights on disk: strict, sealed by their card, small."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
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


NORMAL = st.floats(2.0**-14, 6e4, width=32)
MATRICES = arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=4, max_side=5), elements=NORMAL)


@given(MATRICES, st.randoms(use_true_random=False))
def test_a_rounded_matrix_is_within_half_a_unit_in_the_last_place(values, random):
    signs = np.array([random.choice((-1, 0, 1)) for _ in range(values.size)], np.float32).reshape(
        values.shape
    )
    matrix = torch.from_numpy(values * signs)
    half = weights.rounded(matrix)
    assert half.dtype == torch.float16
    assert bool(((half.float() - matrix).abs() <= 2.0**-11 * matrix.abs()).all())
    assert torch.equal(weights.rounded(half), half)
    assert torch.equal(weights.rounded(half.float()), half)


@given(MATRICES, st.sampled_from([6.1e4, -7e4, 1e30, float("nan"), float("inf")]), st.data())
def test_one_number_that_float16_cannot_hold_keeps_the_matrix(values, odd, data):
    matrix = torch.from_numpy(values.copy())
    matrix.view(-1)[data.draw(st.integers(0, matrix.numel() - 1))] = odd
    assert weights.rounded(matrix) is matrix


@given(MATRICES, st.sampled_from([1e-8, -(2.0**-26), 1e-30]), st.data())
def test_a_number_too_small_for_float16_becomes_its_least_and_never_zero(values, odd, data):
    matrix = torch.cat([torch.from_numpy(values.copy()).flatten(), torch.tensor([1.0, 0.0])])[None]
    at = data.draw(st.integers(0, matrix.numel() - 2))
    plain = weights.rounded(matrix.clone())
    matrix[0, at] = odd
    half = weights.rounded(matrix)
    if half is matrix:  # nothing else is left that weighs: the error would be all of it
        assert at == matrix.numel() - 2
        return
    assert float(half[0, at]) == (2.0**-24 if odd > 0 else -(2.0**-24))
    assert half[0, -1] == 0
    others = torch.arange(matrix.numel()) != at
    assert torch.equal(half[:, others], plain[:, others])
    assert torch.equal(weights.rounded(half.float()), half)


@pytest.mark.parametrize(
    "kept",
    [
        torch.ones(5), torch.tensor(3.0), torch.full((3, 3), 3e-7), torch.ones(2, 2, dtype=torch.float64),
        torch.full((2, 2), 2**40), torch.ones(2, 2, dtype=torch.bool),
    ],
    ids=["vector", "scalar", "subnormals", "float64", "integers", "mask"],
)  # fmt: skip
def test_what_is_no_matrix_of_float32_or_would_lose_much_stays(kept):
    assert weights.rounded(kept) is kept


class Odd(nn.Module):
    """A matrix, one that float16 cannot hold, a vector, and buffers: statistics, whole numbers."""

    def __init__(self, seed: int = 0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.plain = nn.Parameter(torch.randn(40, 30, generator=generator))
        self.large = nn.Parameter(1e5 * torch.randn(4, 3, generator=generator))
        self.vector = nn.Parameter(torch.randn(30, generator=generator))
        self.register_buffer("statistics", torch.randn(6, 6, generator=generator))
        self.register_buffer("counts", torch.randint(0, 2**60, (3, 3), generator=generator))


def test_half_precision_is_chosen_in_the_card_and_touches_matrices_only(tmp_path):
    full, half, before, after = tmp_path / "f.safetensors", tmp_path / "h.safetensors", Odd(), Odd(1)
    plain = weights.save(before, full, card())
    saved = weights.save(before, half, card(stored="float16"), {"kept": torch.eye(2)})
    assert (plain.stored, plain.before) == ("float32", "")
    assert saved.stored == "float16"
    assert saved.before not in (plain.sha256, saved.sha256)  # of this very file, what is beside included
    assert saved.before == weights.save(before, full, card(), {"kept": torch.eye(2)}).sha256
    assert weights.load(after, half) == saved
    assert after.plain.dtype == torch.float32
    assert torch.equal(after.plain, before.plain.half().float())
    for name in ("large", "vector", "statistics", "counts"):
        assert torch.equal(getattr(after, name), getattr(before, name)), name
    assert torch.equal(weights.beside(half)["kept"], torch.eye(2))
    assert full.stat().st_size - half.stat().st_size == pytest.approx(2 * before.plain.numel(), abs=16)


def test_what_a_module_needs_exactly_stays(tmp_path):
    file, made = tmp_path / "m.safetensors", nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5))
    made.EXACT = ("0.",)
    weights.save(made, file, card(stored="float16"))
    found = safetensors.torch.load_file(file)
    assert (found["0.weight"].dtype, found["1.weight"].dtype) == (torch.float32, torch.float16)
    assert torch.equal(found["0.weight"], made[0].weight)


class Masks(nn.Module):
    """Masks of several shapes beside a matrix, one of them of no axis."""

    def __init__(self, seed: int = 0, width: int = 21):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.plain = nn.Parameter(torch.randn(4, 5, generator=generator))
        for name, shape in {"flat": (9,), "wide": (30, width), "deep": (2, 3, 16), "one": ()}.items():
            self.register_buffer(name, torch.rand(shape, generator=generator) < 0.5)


def test_masks_lie_as_bits_beside_half_precision_and_come_back_exactly(tmp_path):
    full, half, before, after = tmp_path / "f.safetensors", tmp_path / "h.safetensors", Masks(), Masks(1)
    weights.save(before, full, card())
    weights.save(before, half, card(stored="float16"))
    found = safetensors.torch.load_file(half)
    assert {name: found["bits." + name].shape for name in ("flat", "wide", "deep")} == {
        "flat": (2,), "wide": (30, 3), "deep": (2, 3, 2)
    }  # fmt: skip
    assert not any(name.startswith("bits.") for name in safetensors.torch.load_file(full))
    weights.load(after, half)
    for name, mask in before.named_buffers():
        assert getattr(after, name).dtype == torch.bool
        assert torch.equal(getattr(after, name), mask), name
    with pytest.raises(InputError, match="wide"):
        weights.load(Masks(width=30), half)
    with pytest.raises(InputError, match="bits"):
        weights.load(nn.ParameterDict({"plain": torch.zeros(4, 5)}), half)


def test_what_was_halved_before_masks_were_packed_is_written_anew(tmp_path):
    file, made = tmp_path / "m.safetensors", Masks()
    written = weights.save(made, file, card(stored="float16"))
    tensors = safetensors.torch.load_file(file)
    content = safetensors.torch.save({n.removeprefix("bits."): getattr(made, n.removeprefix("bits."))
                                      if n.startswith("bits.") else t for n, t in tensors.items()})  # fmt: skip
    file.write_bytes(content)
    old = card(stored="float16", before=written.before, sha256=hashlib.sha256(content).hexdigest())
    weights.card_path(file).write_text(old.to_json())
    assert weights.halve(Masks(1), file) == written
    assert weights.read_card(file) == written


def test_weights_are_halved_in_place_once(tmp_path):
    file, made = tmp_path / "m.safetensors", Odd()
    was = weights.save(made, file, card(notes=["as trained"]), {"fingerprints": torch.tensor([2**62])})
    found = weights.halve(Odd(1), file)
    assert found == weights.read_card(file)
    assert (found.before, found.stored, found.notes) == (was.sha256, "float16", was.notes)
    assert found.sha256 == weights.save(made, tmp_path / "o.safetensors", card(stored="float16"),
                                        {"fingerprints": torch.tensor([2**62])}).sha256  # fmt: skip
    content = file.read_bytes()
    assert weights.halve(Odd(1), file) == found
    assert file.read_bytes() == content
    with pytest.raises(InputError):
        weights.load(network(), file)


def test_a_card_that_does_not_say_how_its_weights_are_stored_means_float32():
    values = json.loads(card().to_json())
    del values["stored"], values["before"]
    assert Card.from_json(json.dumps(values)) == card()
    with pytest.raises(InputError, match="int4"):
        Card.from_json(json.dumps(values | {"stored": "int4"}))


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({**json.loads(card().to_json()), "odd": 1})])
def test_a_damaged_card_is_told(text):
    with pytest.raises(InputError) as caught:
        Card.from_json(text)
    assert caught.value.code == "card_invalid"


@pytest.mark.parametrize("file", COMMITTED, ids=lambda f: f.stem)
def test_committed_weights_are_small_sealed_and_described(file):
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
    rounded = any(t.dtype == torch.float16 for t in safetensors.torch.load_file(file).values())
    assert rounded == (row.stored == "float16") == bool(row.before)
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
    if row.model == "series_territory_unet":
        return  # cubes have no fingerprints: their seeds are told
    beside = weights.beside(file)
    assert len(beside["fingerprints"]) == sum(d["n"] for d in row.data)
    if row.model.startswith("series"):
        assert beside["fold"].shape == beside["fingerprints"].shape
        assert sorted(set(beside["fold"].tolist())) == list(range(row.extra["folds"]))


def test_there_are_committed_weights_and_a_clone_stays_light():
    assert COMMITTED
    assert sum(file.stat().st_size for file in COMMITTED) < 25_000_000


def test_devices():
    assert device.choose("cpu") == torch.device("cpu")
    assert device.choose().type in ("cpu", "cuda", "mps")
    with pytest.raises(InputError, match="abacus"):
        device.choose("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_an_absent_device_is_unavailable():
    with pytest.raises(Unavailable):
        device.choose("cuda")
