"""Reading what cannot be read: one sentence each, and never anything but InputError."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import xarray as xr
from rasterio.io import MemoryFile

from eogen.errors import InputError
from eogen.landcover import decode
from eogen.landcover.bands import ALL
from eogen.landcover.read import (
    read_image,
    read_upload,
)
from tests.landcover_files import PICTURE, UTM, encoded, scene, tiff

GOOD = tiff(scene(ALL, size=32))


def code_of(data: bytes, **arguments) -> str:
    with pytest.raises(InputError) as caught:
        read_upload(data, "visitor.tif", **arguments)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "\n" not in sentence
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.7 not an image at all", "not_an_image"),
        (b"<VRTDataset rasterXSize='20' rasterYSize='20'></VRTDataset>", "not_an_image"),
        (encoded(PICTURE, "GIF"), "not_an_image"),
        (GOOD[: len(GOOD) // 2], "corrupt_file"),
        (GOOD[:8], "corrupt_file"),
        (encoded(PICTURE, "JPEG")[:400], "corrupt_file"),
        (encoded(PICTURE, "PNG")[:400], "corrupt_file"),
        (b"\x89PNG\r\n\x1a\n", "corrupt_file"),
        (encoded(PICTURE[..., 0], "PNG"), "grey_image"),
        (encoded(PICTURE[..., 0], "JPEG"), "grey_image"),
        (encoded(PICTURE[:15], "PNG"), "too_small"),
        (tiff(scene(ALL, size=15)), "too_small"),
        (tiff(scene(ALL[:5])), "band_count"),
        (tiff(scene(("B02",) * 200)), "band_count"),
        (tiff(PICTURE.transpose(2, 0, 1).astype(np.uint16) * 100), "band_count"),
        (tiff(scene(("B02", "B03", "B08")), ("B02", "B03", "B08")), "band_names"),
        (tiff(scene(("B02", "B03", "B04", "B04")), ("B02", "B03", "B04", "B04")), "band_names"),
        (tiff(scene(ALL).astype(np.uint8)), "value_type"),
        (tiff(scene(ALL).astype(np.complex64)), "value_type"),
        (tiff(scene(ALL).astype(np.float32) / 100), "value_range"),
        (tiff(scene(ALL).astype(np.int16) % 7), "value_range"),
        (tiff(scene(ALL).astype(np.float32) / 1e4 - 1), "value_range"),
        (tiff(np.zeros((13, 20, 20), np.uint16)), "no_valid_pixels"),
        (tiff(np.full((13, 20, 20), np.nan, np.float32)), "no_valid_pixels"),
    ],
)  # fmt: skip
def test_every_fault_has_its_sentence(data, code):
    assert code_of(data) == code


def test_wrong_names_given_for_the_bands():
    assert code_of(GOOD, bands=("B02", "B03", "B04")) == "band_count"
    assert code_of(GOOD, bands=("B02",) * 13) == "band_names"


def test_a_missing_file_has_its_sentence(tmp_path):
    with pytest.raises(InputError, match=r"no file .*nowhere\.tif") as caught:
        read_image(tmp_path / "nowhere.tif")
    assert caught.value.code == "file_not_found"


def test_a_large_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("eogen.landcover.images.MAX_FILE_BYTES", 100)
    (tmp_path / "a.tif").write_bytes(GOOD)
    with pytest.raises(InputError) as caught:
        read_image(tmp_path / "a.tif")
    assert caught.value.code == "file_too_large"
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", 100)
    assert code_of(GOOD) == "file_too_large"


def test_decompression_bombs_are_refused_from_their_header():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
    assert code_of(bomb) == "too_many_pixels"
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", count=13, height=30_000, width=30_000, dtype="uint16", sparse_ok=True, tiled=True,
            compress="deflate", **UTM,
        ):  # fmt: skip
            pass
        sparse = memory.read()
    assert len(sparse) < 10_000_000
    assert code_of(sparse) == "too_many_pixels"


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        tiff(scene(ALL, size=32), compress="deflate", tiled=True, blockxsize=16, blockysize=16),
        tiff(scene(ALL, size=32).astype(np.float32), ALL, nodata=-1, compress="lzw", interleave="pixel"),
        encoded(PICTURE, "PNG"),
        encoded(PICTURE, "JPEG"),
    ],
    ids=["tiff", "tiled tiff", "named tiff", "png", "jpeg"],
)
def test_mutated_files_give_an_image_or_a_sentence(good):
    """80 seeded mutations of each of five files: bytes changed (half of them early), cut, repeated."""
    rng = np.random.default_rng(3)
    outcomes = {"image": 0, "sentence": 0}
    for k in range(80):
        data = bytearray(good)
        if k % 4 == 0:
            data = data[: rng.integers(1, len(data))]
        if k % 4 == 1:
            start = int(rng.integers(0, len(data) - 40))
            data[start:start] = data[start : start + 40]
        reach = min(len(data), 600 if k % 2 else len(data))
        for position in rng.integers(8, max(reach, 9), rng.integers(1, 12)):
            if position < len(data):
                data[position] = rng.integers(0, 256)
        try:
            image = read_upload(bytes(data), "mutant")
        except InputError:
            outcomes["sentence"] += 1
        else:
            assert isinstance(image, xr.DataArray)
            outcomes["image"] += 1
    assert outcomes["sentence"] >= 10
