"""Models that the user brings: where they lie, how tensors are read, how windows are put together, what is said."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from eogen.change.adapters.checkpoint import tensors
from eogen.change.adapters.folder import BROUGHT, models_root, require, status
from eogen.change.adapters.tiles import dense
from eogen.change.methods import METHODS, score, unavailable
from eogen.change.stack import stack
from eogen.cli import app
from eogen.errors import InputError, Unavailable
from pages.kit.words import LANGUAGES, load

BRINGING = [row for row in METHODS.values() if row.brings]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("EOGEN_MODELS", str(folder))
    return folder


def colour_pair(side: int = 48, seed: int = 0):
    values = np.random.default_rng(seed).integers(0, 256, (2, 3, side, side))
    return stack(values, ["red", "green", "blue"])


# --- where they lie ---


def test_three_estimators_are_brought_by_the_user():
    assert {row.name: row.brings for row in BRINGING} == {
        "terramind_pmi": "terramind", "satdino": "satdino", "supervised": "supervised",
    }  # fmt: skip
    assert {row.kind for row in BRINGING} == {"adapter"}
    assert all(callable(row.run) for row in BRINGING)


@pytest.mark.parametrize("row", BRINGING, ids=lambda row: row.name)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_has_a_title(row, lang):
    assert load(lang)(row.title)


@pytest.mark.parametrize("row", BRINGING, ids=lambda row: row.name)
def test_an_absent_model_stays_in_the_list_with_the_reason_and_what_brings_it(row, models):
    assert unavailable(row) == "user_weights"
    found = status(row.brings)
    assert not found.ready
    assert found.folder == models / row.brings
    assert str(found.folder) in found.get
    images = stack(
        np.random.default_rng(1).random((2, 13, 32, 32)),
        ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"],
        sensor="sentinel2",
    )
    with pytest.raises(Unavailable) as caught:
        score(images, row.name)
    assert caught.value.code == "change_model_absent"
    assert caught.value.facts["command"] == found.get
    assert found.missing[0] in str(caught.value)


def test_a_package_that_is_not_installed_is_named(models, monkeypatch):
    monkeypatch.setattr("eogen.change.adapters.folder.find_spec", lambda name: None)
    for patterns in BROUGHT["terramind"].files:
        path = models / "terramind" / patterns[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert unavailable(METHODS["terramind_pmi"]) == "terratorch"
    with pytest.raises(Unavailable) as caught:
        require("terramind")
    assert caught.value.code == "change_package_absent"
    assert "pip install" in caught.value.facts["command"]


def test_the_preferred_name_wins_and_a_folder_of_that_name_does_not_count(models):
    (models / "satdino" / "a.safetensors").mkdir(parents=True)
    assert status("satdino").missing == ("*.safetensors",)
    for name in ("b.pth", "z.safetensors", "y.safetensors"):
        (models / "satdino" / name).touch()
    assert require("satdino") == (models / "satdino" / "y.safetensors",)
    assert status("satdino").ready


def test_without_the_variable_they_lie_in_the_data_folder(monkeypatch):
    monkeypatch.delenv("EOGEN_MODELS", raising=False)
    assert models_root() == Path(os.environ["XDG_DATA_HOME"]) / "eogen" / "models"


# --- the command ---


def test_the_command_lists_all_of_them(models, tmp_path):
    (models / "satdino").mkdir(parents=True)
    (models / "satdino" / "some.safetensors").touch()
    said = CliRunner().invoke(app, ["models"])
    assert said.exit_code == 0
    assert "satdino  ready" in said.stdout
    assert "terramind  not here" in said.stdout
    assert (
        f"hf download ibm-esa-geospatial/TerraMind-1.0-base TerraMind_v1_base.pt --local-dir {models}"
        in said.stdout
    )
    rows = json.loads(
        CliRunner().invoke(app, ["models", "--models", str(tmp_path / "other"), "--json"]).stdout
    )
    assert [row["name"] for row in rows] == list(BROUGHT)
    assert {row["reason"] for row in rows} == {"user_weights"}
    assert all(row["licence"] and row["page"].startswith("https://") for row in rows)
    assert rows[0]["folder"] == str(tmp_path / "other" / "terramind")


# --- tensors out of files ---


STATE = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(4, dtype=torch.int64)}


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
@pytest.mark.parametrize("nest", ["", "teacher", "state_dict"])
def test_what_is_written_is_read(tmp_path, suffix, nest):
    path = tmp_path / f"m{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file(STATE, path)
    else:
        torch.save({nest: STATE, "epoch": 3} if nest else STATE, path)
    read = tensors(path)
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("keep", [0, 7, 0.5, 0.95])
def test_a_file_cut_short_is_refused(tmp_path, suffix, keep):
    path = tmp_path / f"m{suffix}"
    (safetensors.torch.save_file if suffix == ".safetensors" else torch.save)(STATE, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(InputError) as caught:
        tensors(path)
    assert caught.value.code == "change_checkpoint"
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"not a model", b"PK\x03\x04 neither", b"\x80\x04K\x01."])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "m.pt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        tensors(path)
    assert caught.value.code == "change_checkpoint"


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_file_with_wrong_bytes_is_read_or_refused_never_a_traceback(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    (safetensors.torch.save_file if suffix == ".safetensors" else torch.save)(STATE, path)
    content, random, refused = path.read_bytes(), np.random.default_rng(0), []
    for _ in range(150):
        wrong = bytearray(content)
        for place in random.integers(0, len(wrong), random.integers(1, 12)):
            wrong[place] = random.integers(256)
        path.write_bytes(wrong)
        try:
            tensors(path)
        except InputError as error:
            refused.append(error.code)
    assert len(refused) > 20
    assert set(refused) <= {"change_checkpoint", "change_checkpoint_objects"}


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_objects_are_refused_and_nothing_in_the_file_is_run(tmp_path):
    path, sign = tmp_path / "m.pt", tmp_path / "it ran"
    for extra in (argparse.Namespace(lr=1), Trap(sign)):
        torch.save(STATE | {"extra": extra}, path)
        with pytest.raises(InputError) as caught:
            tensors(path)
        assert caught.value.code == "change_checkpoint_objects"
    assert not sign.exists()
    torch.load(path, weights_only=False)  # the trap is one
    assert sign.exists()


@pytest.mark.parametrize("suffix", [".pt2", ".pkl", ".onnx", ""])
def test_other_kinds_are_refused(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    torch.save(STATE, path)
    with pytest.raises(InputError) as caught:
        tensors(path)
    assert caught.value.code == "change_checkpoint_kind"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, "no named tensors"),
        ([torch.ones(2)], "no named tensors"),
        (STATE | {"epoch": 3}, "'epoch'"),
        (STATE | {"bad": torch.tensor([1.0, float("nan")])}, "'bad'"),
    ],
)
def test_what_is_not_only_finite_named_tensors_is_refused(tmp_path, state, reason):
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(InputError, match=reason) as caught:
        tensors(tmp_path / "m.pt")
    assert caught.value.code == "change_checkpoint"


# --- windows ---


def patch_means(size: int):
    def cells(one, two):
        gap = np.abs(two - one).sum(0)
        side = gap.shape[0] // size
        return gap.reshape(side, size, side, size).mean((1, 3))

    return cells


@pytest.mark.parametrize("shape", [(1, 1), (7, 30), (32, 32), (33, 95), (100, 41)])
@pytest.mark.parametrize("overlap", [0, 8, 31])
def test_windows_of_a_pixelwise_model_give_the_whole_image(shape, overlap):
    one, two = np.random.default_rng(3).random((2, 2, *shape)).astype(np.float32)
    said = dense(one, two, patch_means(1), window=32, overlap=overlap)
    np.testing.assert_allclose(said, np.abs(two - one).sum(0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(5, 9), (64, 64), (70, 33)])
def test_shifted_grids_average_the_patches_a_pixel_lies_in(shape):
    patch, step = 8, 2
    one, two = np.random.default_rng(4).random((2, 1, *shape))
    said = dense(one, two, patch_means(patch), window=32, patch=patch, step=step, overlap=16)
    gap = np.pad(np.abs(two - one)[0], patch, mode="symmetric")
    expected = np.zeros(shape)
    for y, x in np.ndindex(*shape):
        for dy in range(0, patch, step):
            for dx in range(0, patch, step):
                top, left = (y + dy) // patch * patch - dy, (x + dx) // patch * patch - dx
                expected[y, x] += gap[patch + top : 2 * patch + top, patch + left : 2 * patch + left].mean()
    np.testing.assert_allclose(said, expected / (patch // step) ** 2, rtol=1e-5)


def test_shifts_place_a_change_more_finely_than_a_patch():
    one, two = np.zeros((2, 1, 64, 64))
    two[0, 30:34, 30:34] = 1
    coarse = dense(one, two, patch_means(16), window=64, patch=16)
    fine = dense(one, two, patch_means(16), window=64, patch=16, step=4)
    assert len(np.unique(coarse)) == 2
    y, x = np.unravel_index(fine.argmax(), fine.shape)
    assert 28 <= y < 36
    assert 28 <= x < 36
    assert (fine > 0.9 * fine.max()).sum() < (coarse > 0.9 * coarse.max()).sum() / 4


@pytest.mark.parametrize("answer", [np.zeros((3, 3)), np.full((4, 4), np.nan), np.zeros(16)])
def test_an_answer_of_another_shape_or_not_finite_is_refused(answer):
    with pytest.raises(InputError) as caught:
        dense(np.zeros((1, 8, 8)), np.zeros((1, 8, 8)), lambda *_: answer, window=8, patch=2)
    assert caught.value.code == "change_model_output"


def test_progress_counts_every_window_to_the_end():
    seen = []
    dense(np.zeros((1, 50, 20)), np.zeros((1, 50, 20)), patch_means(4), window=16, patch=4, step=2,
          progress=lambda done, total, what: seen.append((done, total, what)))  # fmt: skip
    assert [done for done, _, _ in seen] == list(range(seen[0][1] + 1))
    assert {what for *_, what in seen} == {"tiles"}
