"""Distance of features: our transformer against torch's own attention, strict loading, and the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import nn

from eogen.change.adapters import satdino
from eogen.change.adapters.vit import ViT, vit
from eogen.change.methods import METHODS, score, unavailable
from eogen.change.problem import problem
from eogen.change.stack import stack
from eogen.errors import InputError

DIM, DEPTH, HIDDEN, PATCH, GRID = 128, 2, 192, 8, 4
SIDE = PATCH * GRID


def random_vit(register: bool = True, seed: int = 0) -> ViT:
    made = ViT(DIM, DEPTH, HIDDEN, PATCH, GRID, register)
    generator = torch.Generator().manual_seed(seed)
    for parameter in made.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.15
    return made.eval()


def layout(register: bool = True) -> dict[str, torch.Size]:
    """The published layout, written out: what DINO, timm and SatDINO files hold for this size."""
    names = {
        "cls_token": (1, 1, DIM),
        "pos_embed": (1, 1 + GRID**2 + register, DIM),
        "patch_embed.proj.weight": (DIM, 3, PATCH, PATCH),
        "patch_embed.proj.bias": (DIM,),
        "norm.weight": (DIM,),
        "norm.bias": (DIM,),
    } | ({"gsd_register": (1, 1, DIM)} if register else {})
    for k in range(DEPTH):
        for name, out, inner in (
            ("attn.qkv", 3 * DIM, DIM), ("attn.proj", DIM, DIM), ("mlp.fc1", HIDDEN, DIM), ("mlp.fc2", DIM, HIDDEN),
        ):  # fmt: skip
            names |= {f"blocks.{k}.{name}.weight": (out, inner), f"blocks.{k}.{name}.bias": (out,)}
        for norm in ("norm1", "norm2"):
            names |= {f"blocks.{k}.{norm}.weight": (DIM,), f"blocks.{k}.{norm}.bias": (DIM,)}
    return {name: torch.Size(shape) for name, shape in names.items()}


def reference(state: dict[str, torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """The same transformer wired by hand in float64 on torch's MultiheadAttention and an unfolded patch product."""
    state = {name: value.double() for name, value in state.items()}
    patches = F.unfold(images.double(), PATCH, stride=PATCH).transpose(1, 2)
    x = patches @ state["patch_embed.proj.weight"].flatten(1).T + state["patch_embed.proj.bias"]
    ends = [state["gsd_register"]] if "gsd_register" in state else []
    x = (
        torch.cat([t.expand(len(images), -1, -1) for t in (state["cls_token"], x, *ends)], 1)
        + state["pos_embed"]
    )
    for k in range(DEPTH):
        own = {n.removeprefix(f"blocks.{k}."): v for n, v in state.items() if n.startswith(f"blocks.{k}.")}
        attention = nn.MultiheadAttention(DIM, DIM // 64, batch_first=True, dtype=torch.float64)
        attention.load_state_dict({
            "in_proj_weight": own["attn.qkv.weight"], "in_proj_bias": own["attn.qkv.bias"],
            "out_proj.weight": own["attn.proj.weight"], "out_proj.bias": own["attn.proj.bias"],
        })  # fmt: skip
        y = F.layer_norm(x, (DIM,), own["norm1.weight"], own["norm1.bias"], 1e-6)
        x = x + attention(y, y, y, need_weights=False)[0]
        y = F.layer_norm(x, (DIM,), own["norm2.weight"], own["norm2.bias"], 1e-6)
        y = y @ own["mlp.fc1.weight"].T + own["mlp.fc1.bias"]
        y = y * 0.5 * (1 + torch.erf(y / 2**0.5))
        x = x + y @ own["mlp.fc2.weight"].T + own["mlp.fc2.bias"]
    x = F.layer_norm(x, (DIM,), state["norm.weight"], state["norm.bias"], 1e-6)
    return x[:, 1 : 1 + GRID**2].reshape(len(images), GRID, GRID, DIM)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EOGEN_MODELS", str(tmp_path))
    (tmp_path / "satdino").mkdir()
    return tmp_path / "satdino"


def save(folder: Path, state: dict[str, torch.Tensor]) -> Path:
    safetensors.torch.save_file(
        {k: v.contiguous().clone() for k, v in state.items()}, folder / "m.safetensors"
    )
    return folder / "m.safetensors"


def pair(side: tuple[int, int] = (40, 56), seed: int = 0):
    images = np.random.default_rng(seed).integers(1, 256, (2, 3, *side)).astype(float)
    images[1] = images[0]
    square = images[1, :, 8:24, 24:40]
    square[:] = np.random.default_rng(9).integers(1, 256, square.shape)
    return stack(images, ["red", "green", "blue"])


@pytest.mark.parametrize("register", [True, False])
def test_it_has_the_published_tensors(register):
    assert {k: v.shape for k, v in random_vit(register).state_dict().items()} == layout(register)


@pytest.mark.parametrize("register", [True, False])
def test_it_agrees_with_torchs_own_attention(register):
    state = random_vit(register).state_dict()
    images = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    made = vit(state, Path("m.pt"))
    with torch.inference_mode():
        found, expected = made(images), reference(state, images)
    assert found.shape == (2, GRID, GRID, DIM)
    assert expected.std() > 0.1
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("register", [True, False])
def test_positions_are_interpolated_and_the_extra_tokens_keep_theirs(register):
    made = random_vit(register)
    assert made.positions(GRID, GRID) is made.pos_embed
    rows, columns = 6, 3
    found = made.positions(rows, columns)
    assert found.shape == (1, 1 + rows * columns + register, DIM)
    torch.testing.assert_close(found[:, 0], made.pos_embed[:, 0])
    if register:
        torch.testing.assert_close(found[:, -1], made.pos_embed[:, -1])
    # bicubic interpolation (cubic convolution, a = -3/4) of each axis by hand, edges repeated
    grid = made.pos_embed[0, 1 : 1 + GRID**2].detach().double().view(GRID, GRID, DIM).numpy()

    def matrix(new: int) -> np.ndarray:
        out = np.zeros((new, GRID))
        for i in range(new):
            at = (i + 0.5) * GRID / new - 0.5
            for k in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
                t, a = abs(at - k), -0.75
                weight = (a + 2) * t**3 - (a + 3) * t**2 + 1 if t <= 1 else a * (t**3 - 5 * t**2 + 8 * t - 4)
                out[i, min(max(k, 0), GRID - 1)] += weight
        return out

    expected = np.einsum("ai,bj,ijd->abd", matrix(rows), matrix(columns), grid).reshape(-1, DIM)
    np.testing.assert_allclose(found[0, 1 : 1 + rows * columns].detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("prefix", ["", "backbone.", "module.backbone."])
def test_prefixes_and_the_training_head_are_left_out(prefix):
    state = random_vit().state_dict()
    named = {prefix + name: value for name, value in state.items()} | {"head.mlp.0.weight": torch.ones(2, 2)}
    made = vit(named, Path("m.pt")).state_dict()
    assert all(torch.equal(made[name], state[name]) for name in state)


@pytest.mark.parametrize("key", ["blocks.0.attn.qkv.bias", "blocks.1.mlp.fc2.weight", "norm.weight"])
def test_a_missing_key_is_named(key):
    state = random_vit().state_dict()
    del state[key]
    with pytest.raises(InputError, match=key.replace(".", r"\.")) as caught:
        vit(state, Path("m.pt"))
    assert caught.value.code == "weights_missing"


@pytest.mark.parametrize(
    "key", ["cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.0.mlp.fc1.weight"]
)
def test_without_what_its_shape_is_read_off_it_is_refused_by_name(key):
    state = random_vit().state_dict()
    del state[key]
    with pytest.raises(InputError) as caught:
        vit(state, Path("m.pt"))
    assert caught.value.code == ("weights_missing" if key == "cls_token" else "change_vit")
    assert key in str(caught.value)


def test_a_key_too_many_and_a_wrong_shape_are_named():
    state = random_vit().state_dict()
    with pytest.raises(InputError, match=r"blocks\.0\.ls1\.gamma") as caught:
        vit(state | {"blocks.0.ls1.gamma": torch.ones(DIM)}, Path("m.pt"))
    assert caught.value.code == "weights_unexpected"
    with pytest.raises(InputError, match="pos_embed") as caught:
        vit(state | {"pos_embed": torch.ones(1, 12, DIM)}, Path("m.pt"))
    assert caught.value.code == "weights_shape"
    with pytest.raises(InputError) as caught:
        vit({"conv1.weight": torch.ones(3)}, Path("m.pt"))
    assert caught.value.code == "change_vit"


def test_a_change_is_found_where_it_is(folder):
    save(folder, random_vit().state_dict())
    images = pair()
    assert unavailable(METHODS["satdino"], images) == ""
    made = score(images, "satdino")
    assert made.nll.dtype == np.float32
    assert float(made.nll.min()) >= -1e-6
    assert float(made.nll.max()) <= 2
    inside = made.nll[10:22, 26:38].values
    far = made.nll[34:, :10].values
    assert inside.mean() > 3 * far.mean()
    assert made.attrs["weights"] == "m.safetensors"
    assert made.attrs["patch"] == PATCH
    assert made.attrs["scale"] == "255"
    swapped = score(images.isel(time=[1, 0]), "satdino")
    np.testing.assert_allclose(swapped.nll, made.nll, atol=1e-5)


def test_identical_images_are_at_no_distance_and_the_order_of_bands_does_not_matter(folder):
    save(folder, random_vit().state_dict())
    images = pair()
    same = images.copy(data=np.repeat(images.values[:1], 2, 0))
    answer = satdino.distance(problem(same))
    np.testing.assert_allclose(answer.nll, 0, atol=1e-6)
    turned = images.isel(band=[2, 0, 1])
    np.testing.assert_array_equal(score(turned, "satdino").nll, score(images, "satdino").nll)


def test_what_one_date_lacks_is_nan_and_what_the_other_saw_there_says_nothing(folder):
    save(folder, random_vit().state_dict())
    images = pair()
    seen = np.ones((2, 40, 56), bool)
    seen[1, :12, :30] = False
    strange = images.values.copy()
    strange[0, :, :12, :30] = 77
    one, two = (
        score(stack(v, ["red", "green", "blue"], valid=seen), "satdino") for v in (images.values, strange)
    )
    np.testing.assert_array_equal(np.isfinite(one.nll), seen[1])
    np.testing.assert_array_equal(one.nll, two.nll)


def test_new_weights_in_the_same_place_are_used(folder):
    first = save(folder, random_vit(seed=0).state_dict())
    before = score(pair(), "satdino")
    save(folder, random_vit(seed=5).state_dict())
    after = score(pair(), "satdino")
    assert first.is_file()
    assert before.attrs["sha256"] != after.attrs["sha256"]
    assert np.abs(before.nll - after.nll).max() > 1e-3


def test_reflectances_are_stretched_and_other_bands_are_refused(folder):
    save(folder, random_vit(register=False).state_dict())
    images = pair((32, 32)) * 40.0
    images.attrs["sensor"] = "sentinel2"
    named = images.assign_coords(band=["B04", "B03", "B02"])
    made = score(named, "satdino")
    assert made.attrs["scale"] == "percentiles 1-99"
    assert np.isfinite(made.nll).all()
    assert unavailable(METHODS["satdino"], images.assign_coords(band=["B12", "B08", "B04"])) == "bands"


def test_colours_are_standardised_with_the_published_statistics():
    images = pair((16, 16))
    one, _, _ = satdino.colours(problem(images), satdino.FMOW)
    expected = (images.values[0, 0] / 255 - 0.433) / 0.198
    np.testing.assert_allclose(one[0], expected, rtol=1e-5)
