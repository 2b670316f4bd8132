"""The visitor's own IMERG files on the rain page: what works, and the sentence for everything that does not."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from eogen.rain.examples import day_of
from eogen.rain.simulate import simulate
from eogen.rain.simulate_files import write
from pages.kit.words import LANGUAGES, load
from pages.parts.rain import score_upload
from tests.pages.reading import bodies, boxes, texts, visit
from tests.pages.test_rain import well


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three half-hours in IMERG's files, and their truth."""
    day = simulate(42_000, 3, start=day_of(42_000), shape=(40, 40))
    paths = write(day, tmp_path_factory.mktemp("granules"))
    return [(p.name, p.read_bytes()) for p in paths]


def give(lang, imerg, radar=()):
    at = visit("rain", lang=lang, view="expert", panel="score", maps="upload", method="pca_kmeans")
    assert load(lang)("rain.score.waiting") in texts(at)
    kind = "application/octet-stream"
    at.file_uploader(key="rain_imerg").set_value([(name, data, kind) for name, data in imerg])
    if radar:
        at.file_uploader(key="rain_radar").set_value([(name, data, kind) for name, data in radar])
    return at.run()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_several_granules_are_scored(lang, files):
    at = give(lang, files[:-1])
    well(at, lang)
    assert "eo-badge upload" in bodies(at)
    words = load(lang)
    table = at.dataframe[0].value
    assert len(table) == 6
    assert words("rain.score.truth") not in table.columns, "no radar was given"


def test_a_radar_beside_gives_the_true_score(files):
    at = give("en", files[:-1], files[-1:])
    well(at, "en")
    assert load("en")("rain.score.truth") in at.dataframe[0].value.columns


def test_one_map_alone_is_scored(files):
    at = give("fr", files[:1])
    shown = well(at, "fr")
    assert any(load("fr")("rain.facts.no_after") in text for text in shown)


def changed(data, change):
    """Return a granule after ``change`` was made to its file."""
    held = io.BytesIO(data)
    with h5py.File(held, "r+") as file:
        change(file)
    return held.getvalue()


def fill(file):
    file["Grid/precipitation"][...] = -9999.9


def without_rain(file):
    for name in ("precipitation", "Intermediate/precipitationUncal"):
        if name in file["Grid"]:
            del file["Grid"][name]


def other_box(file):
    file["Grid/lat"][...] = file["Grid/lat"][...] + np.float32(1.0)


def far_units(file):
    file["Grid/time"].attrs["units"] = np.bytes_("fortnights since the flood")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", ["empty", "no file of rain", "cut short", "fill only", "no group", "two boxes",
                                  "twice", "time"])  # fmt: skip
def test_what_cannot_be_used_is_said_and_the_page_stays(lang, case, files):
    name, data = files[0]
    given = {
        "empty": [(name, b"")], "no file of rain": [("map.nc", b"GIF89a" + bytes(90))],
        "cut short": [(name, data[:3000])],
        "fill only": [(name, changed(data, fill))], "no group": [(name, changed(data, without_rain))],
        "two boxes": [files[0], (files[1][0], changed(files[1][1], other_box))], "twice": [files[0], files[0]],
        "time": [(name, changed(data, far_units))],
    }[case]  # fmt: skip
    at = give(lang, given)
    assert not at.exception
    (box,) = boxes(at)
    words = load(lang)
    assert words("kit.errors.title") in box
    assert len(box) > 60, "a sentence, not a code"
    assert words("rain.score.waiting") in texts(at), "the page stays"


def test_a_radar_of_another_day_is_refused_in_a_sentence(files, tmp_path):
    other = write(simulate(42_001, 2, start="2021-03-01", shape=(40, 40)), tmp_path / "other")[-1]
    at = give("en", files[:1], [(other.name, other.read_bytes())])
    (box,) = boxes(at)
    assert "share no time" in box


def test_a_daily_map_is_refused(files, monkeypatch):
    real = score_upload.read_imerg.read

    def daily(*args, **more):
        found = real(*args, **more)
        found["time"].attrs["step_minutes"] = 1440.0
        return found

    monkeypatch.setattr(score_upload.read_imerg, "read", daily)
    at = give("fr", files[:1])
    (box,) = boxes(at)
    assert "1" in box
    assert "3B-HHR" in box


def test_the_same_name_twice_keeps_both_contents(files, tmp_path):
    paths = score_upload.written([("a.nc", b"1"), ("a.nc", b"2")], tmp_path / "in")
    assert [p.read_bytes() for p in paths] == [b"1", b"2"]
    assert {p.name for p in paths} == {"a.nc"}


def test_a_large_file_is_cut_to_the_window(files):
    west, south, east, _ = score_upload.extent(files[0][1], files[0][0])
    assert 3 < east - west < 5
    held = score_upload.read(files[:1], box=(west - 0.05, south - 0.05, west + 1.95, south + 1.95))
    assert held.sizes["lat"] == held.sizes["lon"] == 20
