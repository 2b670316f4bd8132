"""The catalogue says nothing false about the data sets, and refuses an entry that could not be kept."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from eogen.catalog import DataSet, catalog, data_roots, locate, room_folder, write_root
from eogen.catalog import paths as places
from eogen.catalog.download import right
from eogen.catalog.entries import entry, parse
from eogen.catalog.plan import select
from eogen.errors import InputError, Unavailable
from tests.real import real_data

PINNED = re.compile(
    r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/[^ ()?#]+"
    r"|https://zenodo\.org/records/\d+/files/[\w.]+"
)
GOOD = """
room = "cellar"
[sources]
there = "https://host/repo/0123/"
[[dataset]]
name = "wine"
title = {en = "Wine", fr = "Vin"}
licence = "MIT"
citation = "Nobody 2020"
homepage = "https://host"
kind = "files"
reader = "eogen.cellar.read.wine"
files = [{path = "wine/red one.csv", source = "there", remote = "data/red (1).csv", size = 3, sha256 = "%s"}]
""" % ("a" * 64)


@pytest.mark.parametrize("data_set", catalog().values(), ids=lambda each: each.name)
def test_every_entry_is_usable(data_set: DataSet) -> None:
    assert all(data_set.title[language].strip() for language in ("en", "fr"))
    assert data_set.title["en"] != data_set.title["fr"]
    assert re.search(
        r"MIT|Apache|CC|GPL|Licence Ouverte|none declared|Copernicus Marine|free", data_set.licence
    )
    assert re.search(r"\d{4}|Sentinel Hub", data_set.citation)
    assert data_set.homepage.startswith("https://")
    assert data_set.size == sum(file.size for file in data_set.files)
    assert (data_set.size > 0) == (data_set.kind != "manual")
    assert data_set.patterns or data_set.kind != "manual"
    for file in data_set.files:
        assert file.url is None or PINNED.fullmatch(file.url), file.url
        assert file.sha256 or re.fullmatch(r"[0-9a-f]{32}", file.md5)


def test_no_two_files_share_a_place() -> None:
    places = [(each.room, file.path.casefold()) for each in catalog().values() for file in each.files]
    assert len(set(places)) == len(places)


def test_the_counts_are_those_of_the_provenance() -> None:
    counts = {name: len(each.files) for name, each in catalog().items()}
    assert counts["eurosat_ms_sample"] == 106
    assert counts["eurosat_rgb_sample"] == 115
    assert counts["terramesh_lulc"] == 20
    assert counts["boadella"] == 12
    assert counts["snap_sl2p"] == 181
    classes = {file.path.split("/")[1] for file in entry("eurosat_ms_sample").files if file.sample}
    assert len(classes) == 10


@pytest.mark.real
@pytest.mark.parametrize(
    ("room", "least"), [("landcover", 30), ("canopy", 30), ("ocean", 15), ("change", 30), ("rain", 30)]
)
def test_the_files_that_are_here_are_those_of_the_catalogue(room: str, least: int) -> None:
    folder = real_data(room)
    here = [
        (folder / file.path, file)
        for each in catalog().values()
        if each.room == room
        for file in each.files
        if (folder / file.path).exists()
    ]
    chosen = here[:: max(1, len(here) // 40)]
    assert len(chosen) >= least
    for path, file in chosen:
        assert right(path, file), path


@pytest.mark.real
def test_what_is_here_is_recognised() -> None:
    root = real_data("landcover").parent
    status = {name: each.present(root).status for name, each in catalog().items()}
    assert status["eolearn_patch"] == "here"
    assert status["eurosat_rgb_full"] == "partly"  # EuroSAT_RGB_80.zip
    assert status["eurosat_ms_full"] == "absent"


def test_another_site_of_the_same_kind_is_recognised(tmp_path: Path) -> None:
    """Files of a part kept apart have no checksum: their pattern makes the set partly here."""
    folder = tmp_path / "canopy" / "cesbio_insitu"
    folder.mkdir(parents=True)
    assert entry("cesbio_insitu").present(tmp_path).status == "absent"
    (folder / "after_elsewhere_T33TWF_.csv").write_text("x")
    assert entry("cesbio_insitu").present(tmp_path).others == 1


def test_our_readers_exist() -> None:
    for name, each in catalog().items():
        if each.reader.startswith("eogen."):
            module, _, function = each.reader.rpartition(".")
            assert callable(getattr(importlib.import_module(module), function, None)), (name, each.reader)


def test_presence_follows_the_disk(tmp_path: Path) -> None:
    wine = parse(GOOD.replace("files =", 'patterns = ["wine/*.csv"]\nfiles ='), "x.toml")[0]
    folder = tmp_path / "cellar" / "wine"
    folder.mkdir(parents=True)
    assert wine.present(tmp_path).status == "absent"
    (folder / "white.csv").write_text("another of the same kind")
    assert wine.present(tmp_path).status == "partly"
    (folder / "red one.csv").write_text("half a file")
    assert wine.present(tmp_path).found == 0
    (folder / "red one.csv").write_text("red")
    assert (wine.present(tmp_path).status, wine.present(tmp_path).others) == ("here", 1)


def test_an_address_is_percent_encoded() -> None:
    wine = parse(GOOD, "x.toml")[0]
    assert wine.files[0].url == "https://host/repo/0123/data/red%20%281%29.csv"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('licence = "MIT"', 'licence = ""', "licence is missing"),
        ('name = "wine"', 'name = "Wine cellar"', "lower-case"),
        ('fr = "Vin"', 'de = "Wein"', "en and fr"),
        ('kind = "files"', 'kind = "bottles"', "kind is one of"),
        ('kind = "files"', 'kind = "files"\ncolour = "red"', "unknown keys colour"),
        ("size = 3", "size = 0", "size"),
        ("a" * 64, "A" * 64, "hexadecimal"),
        ("a" * 64, "", "no checksum"),
        ('path = "wine/red one.csv"', 'path = "../wine.csv"', "inside"),
        ('path = "wine/red one.csv"', 'path = "/wine.csv"', "inside"),
        ('source = "there"', 'source = "elsewhere"', "not among the sources"),
        ('"https://host/repo/0123/"', '"ftp://host/"', "none of http"),
        ("files = [", 'files = "gone.csv"\nother = [', "unknown keys other"),
        ("[[dataset]]", "[[dataset]", "not TOML"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_reason(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=r"x\.toml") as caught:
        parse(GOOD.replace(old, new), "x.toml")
    assert caught.value.code == "catalog_entry"
    assert said in str(caught.value)


def test_a_name_used_twice_is_refused() -> None:
    table = GOOD[GOOD.index("[[dataset]]") :]
    with pytest.raises(InputError, match="twice"):
        parse(GOOD + table, "x.toml")


def test_the_variable_confines_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    assert data_roots() == (tmp_path,)
    assert write_root() == tmp_path
    assert room_folder("landcover") is None
    assert locate(entry("boadella")).status == "absent"
    (tmp_path / "landcover").mkdir()
    assert room_folder("landcover") is None  # an empty folder is no data
    (tmp_path / "landcover" / "x.tif").write_text("x")
    assert room_folder("landcover") == tmp_path / "landcover"


def test_the_fullest_folder_wins_and_the_first_of_equals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EOGEN_DATA", raising=False)
    monkeypatch.setattr(places.platformdirs, "user_data_path", lambda *_, **__: tmp_path / "own")
    monkeypatch.setattr(places, "_CHECKOUT", tmp_path / "checkout")
    beside = tmp_path / "shared" / "data" / "landcover"
    own = tmp_path / "own" / "landcover"
    assert data_roots() == (tmp_path / "own",)
    for folder in (beside, own):
        folder.mkdir(parents=True)
        (folder / "x.tif").write_text("1234")
    assert data_roots() == (tmp_path / "own", tmp_path / "shared" / "data")
    assert room_folder("landcover") == own
    (beside / "y.tif").write_text("5")
    assert room_folder("landcover") == beside


def test_a_set_brought_by_hand_is_recognised_by_its_pattern_and_says_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    erddap, copernicus = entry("noaa_erddap"), entry("cmems_multi_l3")
    assert erddap.present(tmp_path).status == "absent"
    (tmp_path / "ocean").mkdir()
    (tmp_path / "ocean" / "erdMH1chla1day.nc").write_text("x")
    assert erddap.present(tmp_path).status == "here"
    with pytest.raises(Unavailable, match=r"by hand.*coastwatch\.pfeg\.noaa\.gov.*erd\*\.nc") as caught:
        select([erddap.name])
    assert caught.value.code == "by_hand"
    with pytest.raises(Unavailable, match=r"marine\.copernicus\.eu/register") as caught:
        select([copernicus.name])
    assert caught.value.code == "login_needed"


def test_a_set_brought_by_hand_lists_no_file_and_says_its_pattern() -> None:
    listed = GOOD.replace('kind = "files"', 'kind = "manual"\npatterns = ["*.nc"]')
    with pytest.raises(InputError, match="has patterns and no files"):
        parse(listed, "x.toml")
    bare = GOOD[: GOOD.index("files = [")].replace('kind = "files"', 'kind = "manual"')
    with pytest.raises(InputError, match="has patterns and no files"):
        parse(bare, "x.toml")
    assert parse(bare + 'patterns = ["*.nc"]\n', "x.toml")[0].size == 0
