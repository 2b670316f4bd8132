"""The experiment on folders it has never seen: any subset, other file names, nothing at all."""

from __future__ import annotations

import io
import shutil
import zipfile

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from eogen.errors import Cancelled, InputError
from eogen.landcover import arrays, evaluate, models
from eogen.landcover.bands import ALL, CLASSES, EUROSAT_ORDER
from eogen.nn import weights
from eogen.results import Report
from tests.real import real_data

pytestmark = pytest.mark.skipif(not models.MODELS["rgb_cnn"].path.exists(), reason="no committed weights")


def jpeg(seed):
    pixels = np.random.default_rng(seed).integers(20, 120, (64, 64, 3), dtype=np.uint8)
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG", quality=95)
    return packed.getvalue()


def geotiff(path, seed, count=13):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(200, 3000, (count, 64, 64)).astype(np.uint16)
    with rasterio.open(
        path, "w", driver="GTiff", width=64, height=64, count=count, dtype="uint16", crs="EPSG:32631",
        transform=from_origin(0, 640, 10, 10),
    ) as opened:  # fmt: skip
        opened.write(values)
    return values


@pytest.fixture(autouse=True)
def no_explanations(monkeypatch):
    """They have tests of their own."""
    monkeypatch.setattr(evaluate, "_explanations", lambda bench, root: None)
    monkeypatch.setattr(evaluate, "_series", lambda *_: None)


@pytest.fixture
def archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "EuroSAT_RGB_07.zip", "w") as opened:
        for k in range(20):
            label = CLASSES[k % 10]
            opened.writestr(f"2750/{label}/{label}_{k}.jpg", jpeg(k))
        opened.writestr("2750/readme.txt", "no image")
        opened.writestr("2750/Moon/Moon_1.jpg", jpeg(99))
    return tmp_path


def numbers(report, **wanted):
    return [f for f in report.figures if all(getattr(f, k) == v for k, v in wanted.items())]


def test_an_empty_folder_is_all_absent(tmp_path):
    report = evaluate.evaluate(tmp_path)
    assert report.figures == []
    assert any("EuroSAT RGB" in s for s in report.absent)
    assert any("13 bands" in s for s in report.absent)


def test_archives_and_folders_are_one_set_in_which_no_file_counts_twice(archive):
    name, label = arrays.rgb(archive).names[0], CLASSES[arrays.rgb(archive).labels[0]]
    extracted = archive / "2750" / label / f"{name}.jpg"
    extracted.parent.mkdir(parents=True)
    extracted.write_bytes(jpeg(3))  # one that is in the archive too
    (extracted.parent / f"{label}_1000.jpg").write_bytes(jpeg(1000))
    images = arrays.rgb(archive)
    assert len(images) == 21
    assert images.pixels.shape == (21, 3, 64, 64)
    assert sorted(np.unique(images.labels)) == list(range(10))


@pytest.mark.parametrize("nested", [False, True])
def test_an_unseen_archive_is_scored(archive, tmp_path, nested):
    root = archive
    if nested:
        (tmp_path / "landcover").mkdir()
        shutil.move(archive / "EuroSAT_RGB_07.zip", tmp_path / "landcover")
        root = tmp_path
    report = evaluate.evaluate(root)
    (accuracy,) = numbers(report, name="accuracy", method="rgb_cnn", dataset="EuroSAT RGB")
    assert accuracy.n == 20
    assert accuracy.target == 0.95
    assert accuracy.low <= accuracy.value <= accuracy.high
    assert report.data[0]["seen_in_training"] == 0
    assert report.weights["rgb_cnn"] == models.load("rgb_cnn").sha256
    assert report.tables["confusion: rgb_cnn, EuroSAT RGB"].to_numpy().sum() == 20
    assert numbers(report, name="accuracy", method="majority")[0].value == 0.1
    back = Report.from_json(report.to_json())
    assert back.to_json() == report.to_json()


def test_samples_seen_in_training_do_not_count(archive, monkeypatch):
    images = arrays.rgb(archive)
    import torch

    prints = {"fingerprints": torch.from_numpy(images.fingerprints[:15])}
    monkeypatch.setattr(evaluate.weights, "beside", lambda path: prints)
    report = evaluate.evaluate(archive)
    assert report.data[0]["seen_in_training"] == 15
    assert numbers(report, name="accuracy", method="rgb_cnn")[0].n == 5
    prints["fingerprints"] = torch.from_numpy(images.fingerprints)
    report = evaluate.evaluate(archive)
    assert not numbers(report, name="accuracy")
    assert any("seen all 20" in s for s in report.absent)


def test_patches_are_read_in_the_order_of_wavelengths(tmp_path):
    values = geotiff(tmp_path / "eurosat_ms" / "River" / "River_1.tif", 0)
    images = arrays.multispectral(tmp_path)
    assert images.pixels.shape == (1, 13, 64, 64)
    for band in ALL:
        np.testing.assert_allclose(
            images.pixels[0, ALL.index(band)], values[EUROSAT_ORDER.index(band)] / 10_000, rtol=1e-6
        )


def test_thirteen_bands_are_scored_by_all_networks(tmp_path):
    for k in range(10):
        geotiff(tmp_path / "eurosat_ms" / CLASSES[k] / f"{CLASSES[k]}_{k}.tif", k)
    report = evaluate.evaluate(tmp_path, quick=True)
    for name in models.MODELS:
        assert numbers(report, name="accuracy", method=name)[0].n == 10
    assert numbers(report, name="accuracy_lost_without_b10", dataset="EuroSAT 13 bands, unseen")
    assert any("quick" in s for s in report.absent)
    small = evaluate.evaluate(tmp_path)
    assert any("at least 5" in s for s in small.absent)


def test_damaged_files_are_told(tmp_path):
    folder = tmp_path / "2750" / "River"
    folder.mkdir(parents=True)
    (folder / "River_1.jpg").write_bytes(b"no jpeg")
    with pytest.raises(InputError, match=r"River_1") as caught:
        evaluate.evaluate(tmp_path)
    assert caught.value.code == "corrupt_file"
    (folder / "River_1.jpg").unlink()
    geotiff(tmp_path / "eurosat_ms" / "River" / "River_1.tif", 0, count=4)
    with pytest.raises(InputError, match=r"has 4 band"):
        evaluate.evaluate(tmp_path)


def test_it_can_be_cancelled(archive):
    def stop(done, total, what=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        evaluate.evaluate(archive, progress=stop)


def test_the_committed_weights_know_their_own_patches():
    patches = arrays.multispectral(real_data("landcover"))
    known = weights.beside(models.MODELS["index_network"].path)["fingerprints"].numpy()
    assert np.isin(patches.fingerprints, known).mean() > 0.5
    rgb = weights.beside(models.MODELS["rgb_cnn"].path)["fingerprints"].numpy()
    assert not np.isin(patches.fingerprints, rgb).any()
