"""What cannot be read is said in a sentence of the reader's language: what was given, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS

from eogen.change import read_image as limits
from eogen.change import read_series as series_limits
from eogen.change import sets
from eogen.change.read import read_image, read_pair, read_series, upload
from eogen.errors import InputError, Unavailable
from pages.kit import errors
from pages.kit.words import load
from tests import change_files as files
from tests.change_files import PLACE, SIZE

GOOD = files.tif(files.noise(1))
PNG = files.picture(files.noise(1))
_MOON = CRS.from_wkt(
    'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],PRIMEM["Reference",0],UNIT["degree",0.0174532925199433]]'
)


def _far() -> bytes:
    return files.tif(files.noise(2), transform=PLACE @ Affine.translation(5000, 0))


def _series(tmp: Path, *names: str) -> dict[str, bytes]:
    return dict.fromkeys(names, PNG)


def _files(tmp: Path, *names: str) -> list[Path]:
    return [files.put(tmp / name, PNG) for name in names]


def _nothing_valid() -> bytes:
    return files.tif(np.full((3, SIZE, SIZE), 9, np.uint8), nodata=9)


def _unknown_pair(tmp: Path) -> None:
    files.beside(tmp / "levir", ("A", "B"), ("1", "2"))
    sets.open(sets.sets(tmp)[0], "3")


FAULTS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "absent": ("change_absent", lambda tmp: read_pair(tmp / "gone.tif", PNG), "gone.tif"),
    "absent folder": ("change_absent", lambda tmp: read_series(tmp / "gone"), "gone"),
    "empty": ("change_empty", lambda tmp: read_pair(b"", PNG), "before"),
    "text": ("change_not_image", lambda tmp: read_pair(PNG, b"hello", names=("a", "b.tif")), "b.tif"),
    "vrt": ("change_not_image", lambda tmp: read_pair(b"<VRTDataset></VRTDataset>", PNG), "before"),
    "gif": ("change_not_image", lambda tmp: read_pair(b"GIF89a" + bytes(40), PNG), "before"),
    "cut tif": ("corrupt_file", lambda tmp: read_pair(GOOD[:400], PNG), "before"),
    "cut png": ("corrupt_file", lambda tmp: read_pair(PNG[: len(PNG) // 2], PNG), "before"),
    "bmp head": ("corrupt_file", lambda tmp: read_pair(b"BM" + bytes(60), PNG), "before"),
    "small": ("too_small", lambda tmp: read_pair(files.picture(files.noise(1, size=9)), PNG), "9 x 9"),
    "bands": ("change_too_large", lambda tmp: read_pair(files.tif(files.noise(1, 65)), PNG), "65 band"),
    "complex": ("change_complex", lambda tmp: read_pair(files.tif(files.noise(1).astype("complex64")), PNG), "complex"),
    "sizes": ("change_sizes", lambda tmp: read_pair(PNG, files.picture(files.noise(1, size=30))), "30 x 30"),
    "label size": (
        "change_sizes",
        lambda tmp: read_pair(PNG, PNG, files.picture(np.zeros((30, 30), np.uint8))),
        "label is 30 x 30",
    ),
    "half placed": ("change_sizes", lambda tmp: read_pair(GOOD, files.picture(files.noise(1, size=30))), "where"),
    "far": ("change_no_overlap", lambda tmp: read_pair(GOOD, _far()), "48.8"),
    "other planet": ("change_crs", lambda tmp: read_pair(GOOD, files.tif(files.noise(2), _MOON, PLACE)), "EPSG:32631"),
    "band count": ("change_bands_differ", lambda tmp: read_pair(PNG, files.picture(files.noise(1, 1))), "grey"),
    "band names": (
        "change_bands_differ",
        lambda tmp: read_pair(*(files.tif(files.noise(1, 2), names=("B02", b)) for b in ("B03", "B04"))),
        "B04",
    ),
    "sensor": ("change_sensor", lambda tmp: read_pair(PNG, PNG, sensor="kodak"), "kodak"),
    "names": ("change_band_names", lambda tmp: read_pair(PNG, PNG, bands=("red",)), "3 band"),
    "label": ("change_label", lambda tmp: read_pair(PNG, PNG, PNG), "label is no label"),
    "dates": ("change_date", lambda tmp: read_pair(PNG, PNG, dates=("yesterday", "today")), "yesterday"),
    "three dates": ("change_date", lambda tmp: read_pair(PNG, PNG, dates=("2000", "2001", "2002")), "2002"),
    "order": (
        "change_date_order",
        lambda tmp: read_pair(PNG, PNG, names=("a_20210101.png", "b_20200101.png")),
        "2021-01-01",
    ),
    "all missing": ("change_nothing_valid", lambda tmp: read_pair(_nothing_valid(), GOOD), "valid"),
    "separate": ("change_separate", lambda tmp: read_pair(_files(tmp, "a.png", "b.png"), PNG), "a.png"),
    "undated": ("change_no_dates", lambda tmp: read_series(_series(tmp, "a.png", "b_20200101.png")), "a.png"),
    "one date": ("change_no_dates", lambda tmp: read_series(_series(tmp, "b_20200101.png")), "1 were given"),
    "no image": ("change_no_dates", lambda tmp: read_series(tmp), "0 were given"),
    "same date": ("change_same_date", lambda tmp: read_series(_series(tmp, "a_20200101", "b_20200101")), "b_2020"),
    "other bands": (
        "change_bands_differ",
        lambda tmp: read_series({"a_20200101": PNG, "b_20200102": files.picture(files.noise(1, 1))}),
        "grey",
    ),
    "no files": ("change_files", lambda tmp: upload([("a.png", PNG)]), "1 image"),
    "label of many": ("change_files", lambda tmp: upload([("a.png", PNG)] * 3, ("l.png", PNG)), "3 image"),
    "upload twice": ("change_same_date", lambda tmp: upload([("a_20200101.png", PNG)] * 3), "2 a_20200101"),
    "no pair": ("change_no_pair", _unknown_pair, "levir"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_sentence_in_both_languages(fault: str, tmp_path: Path) -> None:
    code, do, said = FAULTS[fault]
    with pytest.raises(InputError) as caught:
        do(tmp_path)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert isinstance(caught.value, Unavailable) == (code == "change_absent")
    for language in ("fr", "en"):
        sentence = errors.sentence(caught.value, load(language))
        assert "{" not in sentence
        assert len(sentence) < 500
    assert errors.sentence(caught.value, load("fr")) != str(caught.value)


def test_what_is_too_large_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(limits, "MAX_VALUES", SIZE * SIZE * 3 - 1)
    for given_ in (GOOD, PNG):
        with pytest.raises(InputError, match="24 x 24") as caught:
            read_pair(given_, given_)
        assert caught.value.code == "change_too_large"
    monkeypatch.setattr(limits, "MAX_VALUES", 10**6)
    monkeypatch.setattr(series_limits, "MAX_VALUES", SIZE * SIZE * 3)
    many = {f"a_2020010{k}.png": PNG for k in (1, 2, 3)}
    assert read_series(dict(list(many.items())[:2])).sizes["time"] == 2
    with pytest.raises(InputError, match="3 dates of 24 x 24") as caught:
        read_series(many)
    assert caught.value.code == "change_series_large"


def test_a_picture_that_lies_about_its_size_is_not_decoded() -> None:
    """A PNG header that declares 60,000 x 60,000 pixels: a decompression bomb."""
    import struct
    import zlib

    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = PNG[:8] + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + PNG[33:]
    with pytest.raises(InputError) as caught:
        read_image(bomb)
    assert caught.value.code in ("too_many_pixels", "change_too_large")


def test_names_are_shown_short_and_harmless() -> None:
    with pytest.raises(InputError, match="passwd is not") as caught:
        read_image(b"x" * 50, "../../etc/{name}\n/passwd")
    assert "/" not in str(caught.value).split(" is not")[0]
    assert read_image(PNG, "a{b}c.png").name == "abc.png"


_SAMPLES = {
    "tif": GOOD,
    "s2": files.tif(files.noise(1, 13, dtype="uint16"), names=[f"B{k:02d}" for k in range(1, 14)], nodata=0),
    "png": PNG,
    "alpha": files.picture(files.noise(1, 4)),
    "jpeg": files.picture(files.noise(1), "JPEG"),
    "bmp": files.picture(files.noise(1), "BMP"),
    "palette": files.picture(np.asarray(files.square())),
}


# Rasterio cannot report an exception in the callback that logs a tag of broken text; it then reads on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", _SAMPLES)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_gives_a_traceback(kind: str, data: st.DataObject) -> None:
    """Bytes changed, cut or doubled: an image comes out, or a sentence."""
    whole = bytearray(_SAMPLES[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        # Heads are where the meaning is.
        reach = data.draw(st.sampled_from((60, 400, len(whole))))
        whole[data.draw(st.integers(0, min(reach, len(whole)) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        pair = read_pair(bytes(whole), _SAMPLES[kind], bytes(whole))
    except InputError:
        return
    assert np.isfinite(pair.values).all()
    assert pair.valid.values.any()
