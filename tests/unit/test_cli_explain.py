"""``explain``: the files it writes, and what it says of images that cannot be used."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from PIL import Image

from eogen.errors import InputError, Unavailable
from tests.unit.test_cli import run

# rioxarray 0.19 multiplies affine transforms with *, which affine is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use .@. matmul:PendingDeprecationWarning")


class Classifier:
    """Says River everywhere, with some chance of Forest."""

    name, sha256, classes, bands = "rgb_cnn", "f" * 64, ("River", "Forest"), ("B04", "B03", "B02")

    def predict(self, images: list[xr.DataArray]) -> xr.Dataset:
        values = np.tile([0.75, 0.25], (len(images), 1))
        return xr.Dataset({"probability": (("sample", "class"), values)}, {"class": list(self.classes)})


def fake_explain(
    classifier: Classifier, image: xr.DataArray, target: str, method: str, *, seed: int = 0
) -> xr.Dataset:
    """Evidence that grows from the left of a tile to its right."""
    if target not in classifier.classes:
        raise InputError("unknown_class", "There is no class {target}.", target=target)
    place = image.isel(band=0, drop=True)
    values = np.broadcast_to(np.linspace(-1, 1, place.sizes["x"], dtype="float32"), place.shape)
    found = xr.Dataset({"evidence": xr.DataArray(values, place.coords, place.dims)})
    found.attrs = {"method": method, "target": target, "seconds": 0.01, "signed": 1, "seed": seed}
    return found


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for the trained models and the explanations."""
    import eogen.landcover

    def load(name: str) -> Classifier:
        if name != "rgb_cnn":
            raise Unavailable(
                "no_weights", "No weights of {name}; python -m eogen train landcover.", name=name
            )
        return Classifier()

    def faithfulness(*_: Any, **__: Any) -> xr.Dataset:
        return xr.Dataset({"srg": ("order", [0.3, 0.0])}, {"order": ["evidence", "random"]})

    for name, stand_in in (
        ("models", types.SimpleNamespace(load=load)),
        ("faithfulness", types.SimpleNamespace(faithfulness=faithfulness)),
    ):
        monkeypatch.setitem(sys.modules, f"eogen.landcover.{name}", stand_in)
        monkeypatch.setattr(eogen.landcover, name, stand_in, raising=False)
    monkeypatch.setattr("eogen.landcover.methods.explain", fake_explain)


def picture(path: Path, height: int = 64, width: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(1, 256, (height, width, 3), "uint8")).save(path)
    return path


def georeferenced(path: Path, height: int, width: int) -> Path:
    values = np.random.default_rng(0).integers(100, 3000, (13, height, width), "uint16")
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 4_500_000)
    shape = {"height": height, "width": width, "count": 13}
    with rasterio.open(
        path, "w", "GTiff", dtype="uint16", crs="EPSG:32631", transform=place, **shape
    ) as file:
        file.write(values)
    return path


@pytest.mark.usefixtures("network")
def test_explain_one_picture(tmp_path: Path) -> None:
    done = run("explain", picture(tmp_path / "a.png"), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "River (75%); grad_cam" in done.stdout
    assert "SRG +0.30 (random +0.00)" in done.stdout
    card = json.loads((tmp_path / "out/a_grad_cam.json").read_text())
    assert card["files"] == ["a_grad_cam.png", "a_grad_cam.json"]  # no CRS, no GeoTIFF
    assert card["probabilities"] == {"River": 0.75, "Forest": 0.25}
    with Image.open(tmp_path / "out/a_grad_cam.png") as png:
        assert png.size == ((64 + 2 + 64) * 4, 64 * 4)


@pytest.mark.usefixtures("network")
def test_explain_a_large_georeferenced_image(tmp_path: Path) -> None:
    path = georeferenced(tmp_path / "scene.tif", 100, 150)
    done = run("explain", path, "--out", tmp_path / "out", "--target", "Forest", "--json", "--method", "m")
    assert done.exit_code == 0, done.output
    card = json.loads(done.stdout)[0]
    assert (card["class"], card["target"], card["tiles"], card["srg"]) == ("River", "Forest", 6, None)
    with rasterio.open(path) as source, rasterio.open(tmp_path / "out/scene_m.tif") as evidence:
        assert (evidence.crs, evidence.transform, evidence.shape) == (
            source.crs,
            source.transform,
            source.shape,
        )
        values = evidence.read(1)
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values[0, :64], np.linspace(-1, 1, 64), rtol=1e-6)
    np.testing.assert_allclose(values[99, -64:], np.linspace(-1, 1, 64), rtol=1e-6)


@pytest.mark.usefixtures("network")
def test_explain_an_image_smaller_than_a_tile(tmp_path: Path) -> None:
    done = run("explain", georeferenced(tmp_path / "s.tif", 40, 50), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "out/s_grad_cam.tif") as evidence:
        assert evidence.shape == (40, 50)


@pytest.mark.usefixtures("network")
def test_explain_goes_on_after_a_bad_image(tmp_path: Path) -> None:
    picture(tmp_path / "one/a.png")
    picture(tmp_path / "two/a.png")
    (tmp_path / "one/b.tif").write_text("not an image")
    (tmp_path / "one/notes.txt").write_text("not meant")
    done = run(
        "explain", tmp_path / "one", tmp_path / "two", "--json", "--out", tmp_path / "out", "--no-check"
    )
    assert done.exit_code == 1
    assert done.stderr.startswith(str(tmp_path / "one/b.tif"))
    assert done.stderr.count("\n") == 1
    cards = json.loads(done.stdout)
    assert [card["files"][0] for card in cards] == ["a_grad_cam.png", "a_grad_cam-2.png"]
    assert all(card["srg"] is None for card in cards)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--target", "Volcano"], 1, "no class Volcano"),
        (["--model", "none"], 3, "train landcover"),
        (["--out", "{here}/a.png"], 1, "can be written"),
    ],
)
def test_explain_refuses_in_one_sentence(tmp_path: Path, more: list[str], code: int, said: str) -> None:
    done = run("explain", picture(tmp_path / "a.png"), *(each.format(here=tmp_path) for each in more))
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert done.stdout == ""
