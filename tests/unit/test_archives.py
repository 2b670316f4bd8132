"""The labelled sets: official layouts, faults, and the real ones."""

from __future__ import annotations

import hashlib
import zipfile

import numpy as np
import pytest
import rasterio

from eogen.errors import Cancelled, InputError
from eogen.landcover.bands import CLASSES
from eogen.landcover.read import (
    eurosat_ms,
    eurosat_rgb,
    pixels,
    terramesh,
)
from eogen.landcover.render import to_reflectance
from tests.landcover_files import PICTURE, encoded
from tests.real import real_data


def jpeg(seed: int) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return encoded(picture, "JPEG", quality=95)


@pytest.mark.parametrize("inside", ["2750/", "EuroSAT_RGB/", "", "EuroSAT/2750/"])
@pytest.mark.parametrize("zipped", [True, False])
def test_archives_and_folders_of_every_official_layout(tmp_path, inside, zipped):
    files = {f"{inside}{c}/{c}_{n}.jpg": jpeg(n) for c in ("River", "Forest") for n in (2, 10)}
    files[f"{inside}River/notes.txt"] = b"?"
    if zipped:
        with zipfile.ZipFile(tmp_path / "EuroSAT_RGB_20.zip", "w") as out:
            for name, data in files.items():
                out.writestr(name, data)
    else:
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
    samples = eurosat_rgb(tmp_path)
    assert [s.name for s in samples] == ["Forest_2", "Forest_10", "River_2", "River_10"]
    assert [s.label for s in samples] == ["Forest", "Forest", "River", "River"]
    assert samples[1].sha256 == hashlib.sha256(jpeg(10)).hexdigest()
    assert samples[1].load().attrs["sha256"] == samples[1].sha256
    stack = pixels(samples)
    assert stack.shape == (4, 64, 64, 3)
    for sample, one in zip(samples, stack, strict=True):
        np.testing.assert_array_equal(sample.load(), to_reflectance(one))


def test_two_archives_add_up_and_a_patch_in_both_counts_once(tmp_path):
    for archive, numbers in {"EuroSAT_RGB_80.zip": (1, 2), "EuroSAT_RGB_20.zip": (2, 3)}.items():
        with zipfile.ZipFile(tmp_path / archive, "w") as out:
            for n in numbers:
                out.writestr(f"2750/River/River_{n}.jpg", jpeg(n))
    assert [s.name for s in eurosat_rgb(tmp_path)] == ["River_1", "River_2", "River_3"]


def test_an_empty_folder_holds_no_samples(tmp_path):
    assert eurosat_rgb(tmp_path) == eurosat_ms(tmp_path) == terramesh(tmp_path) == []


def test_broken_archives_have_a_sentence(tmp_path):
    (tmp_path / "EuroSAT_RGB.zip").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(InputError) as caught:
        eurosat_rgb(tmp_path)
    assert caught.value.code == "archive_damaged"


def test_a_damaged_member_has_a_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "EuroSAT_RGB.zip", "w") as out:
        out.writestr("2750/River/River_1.jpg", jpeg(1))
    data = bytearray((tmp_path / "EuroSAT_RGB.zip").read_bytes())
    data[200:260] = bytes(60)
    (tmp_path / "EuroSAT_RGB.zip").write_bytes(bytes(data))
    with pytest.raises(InputError) as caught:
        eurosat_rgb(tmp_path)[0].load()
    assert caught.value.code == "archive_damaged"


def test_bulk_reading_reports_and_can_be_cancelled(tmp_path):
    (tmp_path / "River").mkdir()
    (tmp_path / "River" / "River_1.jpg").write_bytes(jpeg(1))
    seen = []
    pixels(eurosat_rgb(tmp_path), lambda *step: seen.append(step))
    assert seen == [(1, 1, "read_patches")]

    def stop(done: int, total: int, what: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        pixels(eurosat_rgb(tmp_path), stop)


def test_bulk_reading_refuses_other_sizes(tmp_path):
    (tmp_path / "River").mkdir()
    (tmp_path / "River" / "River_1.jpg").write_bytes(encoded(PICTURE, "JPEG"))
    with pytest.raises(InputError) as caught:
        pixels(eurosat_rgb(tmp_path))
    assert caught.value.code == "patch_size"


@pytest.mark.real
def test_real_multispectral_patches_are_read_as_published():
    samples = eurosat_ms(real_data("landcover"))
    assert {s.label for s in samples} <= set(CLASSES)
    for sample in samples[::5]:
        image = sample.load()
        assert image.shape == (13, 64, 64)
        assert image.attrs["offset_removed"] == 0
        assert image.rio.crs is not None
        with rasterio.open(sample.path) as source:
            np.testing.assert_allclose(image.sel(band="B8A"), source.read(13) / 1e4, atol=1e-6)
            x, y = source.xy(63, 0)
        assert (image["x"][0], image["y"][63]) == (pytest.approx(x), pytest.approx(y))
        assert float(image.sel(band="B10").median()) < 0.01


@pytest.mark.real
def test_real_terramesh_offsets_agree_between_levels_and_with_the_mask():
    """The atmosphere hardly matters in the short-wave infrared: L1C and L2A agree once offsets are right."""
    samples = terramesh(real_data("landcover"))
    for sample in samples:
        l1c, l2a, mask = sample.l1c(), sample.l2a(), sample.mask()
        assert "B10" in l1c["band"]
        assert float(l1c.sel(band="B10").median()) < 0.01
        difference = l1c.sel(band="B12").median() - l2a.sel(band="B12").median()
        assert abs(float(difference)) < 0.03
        assert mask.shape == l1c.shape[1:]
        assert mask.rio.crs == l1c.rio.crs
        water, green = mask == 1, mask == 2
        if water.sum() > 500 and green.sum() > 500:
            green_band, infrared = l1c.sel(band="B03"), l1c.sel(band="B08")
            ndwi = (green_band - infrared) / (green_band + infrared)
            assert float(ndwi.where(water).median()) > float(ndwi.where(green).median()) + 0.2


@pytest.mark.real
def test_the_real_archive_lists_fast_and_matches_the_official_hashes():
    samples = eurosat_rgb(real_data("landcover"))
    assert len(samples) >= 100
    assert len({s.name for s in samples}) == len(samples)
    few = samples[:: len(samples) // 20]
    assert pixels(few).std() > 5
