"""Every set is found in the layout it is published in, and in ours; what its labels say is read by its own rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eogen.catalog import entry
from eogen.change import sets
from eogen.change.sensors import SENSORS
from tests import change_files as files
from tests.change_files import SIZE
from tests.real import real_data

CHANGED = files.square() > 0


def _label(root: Path, name: str | None = None, pair: str | None = None) -> np.ndarray:
    found = {each.name: each for each in sets.sets(root)}
    folder = found[name] if name else next(iter(found.values()))
    return sets.open(folder, pair or folder.pairs[0]).label.values


# --- Layouts ---


@pytest.mark.parametrize(
    ("place", "names", "row"),
    [
        ("OSCD_pairRGB8", ("A", "B", "label"), "oscd_rgb"),
        ("LEVIR-CD/train", ("A", "B", "label"), "levir_cd"),
        ("WHU-CD", ("A", "B", "OUT"), "whu_cd"),
        ("samples_WHU-CD", ("prev", "curr", "label"), "whu_cd"),
        ("DSIFN-Dataset/val", ("t1", "t2", "mask"), "dsifn"),
        ("SYSU-CD/test", ("time1", "time2", "label"), "unknown"),
        ("S2Looking/test", ("Image1", "Image2", "label"), "unknown"),
        ("my own pairs", ("A", "B", "label"), "unknown"),
    ],
)
def test_folders_beside_each_other(tmp_path: Path, place: str, names: tuple[str, ...], row: str) -> None:
    files.beside(tmp_path / place, names, ("10", "9"))
    (found,) = sets.sets(tmp_path)
    assert (found.name, found.row.name) == (place, row)
    assert (found.pairs, found.labelled) == (("10", "9"), 2)
    pair = sets.open(found, "9")
    np.testing.assert_array_equal(pair.values, np.stack([files.noise(10), files.noise(11)]))
    np.testing.assert_array_equal(pair.label.values, CHANGED)
    assert (pair.attrs["set"], pair.attrs["pair"]) == (place, "9")


def test_labels_may_be_absent_or_few(tmp_path: Path) -> None:
    files.beside(tmp_path / "LEVIR", ("A", "B"), ("1", "2"))
    files.put(tmp_path / "LEVIR" / "label" / "2.png", files.picture(files.square()))
    (found,) = sets.sets(tmp_path)
    assert found.labelled == 1
    assert "label" not in sets.open(found, "1").coords
    assert "label" in sets.open(found, "2").coords


def test_only_pairs_with_both_dates_are_offered(tmp_path: Path) -> None:
    files.beside(tmp_path / "x", ("A", "B"), ("1", "2"))
    (tmp_path / "x" / "B" / "1.png").unlink()
    (tmp_path / "x" / "A" / ".DS_Store").write_text("x")
    assert sets.sets(tmp_path)[0].pairs == ("2",)


@pytest.mark.parametrize("own", [True, False], ids=["our layout", "published"])
@pytest.mark.parametrize(("mark", "sensor"), [("S1", "sentinel1"), ("S2", "sentinel2")])
def test_ombria_of_one_sensor(tmp_path: Path, own: bool, mark: str, sensor: str) -> None:
    bands = 1 if mark == "S1" else 3
    for date, role in enumerate(("before", "after", "mask")):
        image = files.picture(files.square() if role == "mask" else files.noise(date, bands))
        place = f"OMBRIA_{mark}/{'A' if date == 0 else 'B' if date == 1 else 'label'}/0013.png"
        published = f"Ombria{mark}/test/{role.upper()}/{mark}_{role}_0013.png"
        files.put(tmp_path / (place if own else published), image)
    (found,) = sets.sets(tmp_path)
    assert found.pairs == ("0013",)
    assert found.row.name == f"ombria_{mark.lower()}"
    pair = sets.open(found, "0013")
    assert (pair.attrs["sensor"], pair.sizes["band"]) == (sensor, bands)
    assert list(pair.band.values) == (["backscatter"] if bands == 1 else ["swir", "nir", "red"])
    np.testing.assert_array_equal(pair.label.values, CHANGED)


def test_ombrias_events_of_2021_have_their_own_names(tmp_path: Path) -> None:
    for folder, stem in (("BEFORE", "imbefore_7"), ("AFTER", "imafter_7"), ("MASK", "gt_7")):
        image = files.square() if folder == "MASK" else files.noise(len(folder))
        files.put(tmp_path / "OMBRIA/2021/ALBANIA/Sentinel2" / folder / f"{stem}.png", files.picture(image))
    (found,) = sets.sets(tmp_path)
    assert (found.pairs, found.labelled, found.row.name) == (("7",), 1, "ombria_s2")


def test_both_sensors_of_one_flood(tmp_path: Path) -> None:
    files.beside(tmp_path / "OMBRIA_S2", ("A", "B", "label"), ("0013", "0019"))
    files.beside(tmp_path / "OMBRIA_S1", ("A", "B", "label"), ("0013",))
    both = sets.both_sensors(tmp_path, "0013")
    assert set(both) == {"sentinel1", "sentinel2"}
    np.testing.assert_array_equal(both["sentinel1"].label, both["sentinel2"].label)
    assert set(sets.both_sensors(tmp_path, "0019")) == {"sentinel2"}
    assert sets.both_sensors(None, "0013") == {}


def test_radar_saved_in_three_equal_colours_is_one_band(tmp_path: Path) -> None:
    for k, date in enumerate("AB"):
        grey = np.repeat(files.noise(k, 1), 3, 0)
        files.put(tmp_path / "OMBRIA_S1" / date / "1.png", files.picture(grey))
    assert sets.open(sets.sets(tmp_path)[0], "1").sizes["band"] == 1


def test_sztaki_as_published(tmp_path: Path) -> None:
    for k, (site, number) in enumerate((("Szada", 1), ("Szada", 2), ("Tiszadob", 3))):
        home = tmp_path / "SZTAKI_AirChange_Benchmark" / site / str(number)
        for stem, image in (("im1", files.noise(k)), ("im2", files.noise(k + 9)), ("gt", files.square())):
            files.put(home / f"{stem}.bmp", files.picture(image, "BMP"))
    found = sets.sets(tmp_path)
    assert [each.pairs for each in found] == [("Szada_1", "Szada_2"), ("Tiszadob_3",)]
    assert {each.row.name for each in found} == {"sztaki"}
    pair = sets.open(found[0], "Szada_2")
    np.testing.assert_array_equal(pair.values, np.stack([files.noise(1), files.noise(10)]))
    np.testing.assert_array_equal(pair.label.values, CHANGED)
    assert pair.attrs["pixel"] == 1.5


@pytest.mark.parametrize("rect", [False, True], ids=["imgs", "imgs_rect"])
def test_oscd_as_published(tmp_path: Path, rect: bool) -> None:
    files.oscd(tmp_path, "atlantis", rect)
    files.oscd(tmp_path, "lemuria", rect)
    found = {each.row.name: each for each in sets.sets(tmp_path)}
    assert set(found) == {"oscd_13", "oscd_rgb"}
    assert all(each.pairs == ("atlantis", "lemuria") and each.labelled == 2 for each in found.values())
    full = sets.open(found["oscd_13"], "atlantis")
    assert list(full.band.values) == list(SENSORS["sentinel2"])
    assert full.sizes == {"time": 2, "band": 13, "y": SIZE, "x": SIZE}
    assert full.time.values.astype("datetime64[D]").astype(str).tolist() == ["2016-01-01", "2017-02-02"]
    assert full.attrs["dated"] == "given"
    assert full.rio.crs == files.UTM
    # cm.tif counts 1 for no change and 2 for change.
    np.testing.assert_array_equal(full.label.values, CHANGED)
    assert full.attrs["quantity"] == "reflectance"
    red = files.noise(112, 1, SIZE, 5000, "uint16")[0] / 1e4
    np.testing.assert_allclose(full.sel(band="B04").values[0], red, rtol=1e-6)
    picture = sets.open(found["oscd_rgb"], "atlantis")
    np.testing.assert_array_equal(picture.values[0], files.noise(1))
    np.testing.assert_array_equal(picture.label.values, CHANGED)


def test_oscd_without_labels_or_dates(tmp_path: Path) -> None:
    files.oscd(tmp_path)
    for path in [*tmp_path.rglob("*-cm.tif"), *tmp_path.rglob("dates.txt")]:
        path.unlink()
    pictures = next(each for each in sets.sets(tmp_path) if each.row.name == "oscd_rgb")
    pair = sets.open(pictures, "atlantis")
    assert "label" not in pair.coords
    assert pair.time.values.tolist() == [0, 1]


@pytest.mark.parametrize("place", ["SECOND_train_set", "SECOND/test"])
def test_second_as_published(tmp_path: Path, place: str) -> None:
    files.second(tmp_path / place)
    (found,) = sets.sets(tmp_path)
    assert (found.row.name, found.row.rule, found.pairs) == ("second", "second", ("00003", "00013"))
    pair = sets.open(found, "00013")
    np.testing.assert_array_equal(pair.values, np.stack([files.noise(11), files.noise(12)]))
    np.testing.assert_array_equal(pair.label.values, CHANGED)
    assert pair.attrs["changed"] == "land_cover"


@pytest.mark.parametrize("masks", ["mask", "mask_merge"])
def test_hi_ucd_as_published(tmp_path: Path, masks: str) -> None:
    files.hi_ucd(tmp_path / "Hi-UCD_mini" / "train", masks)
    (found,) = sets.sets(tmp_path)
    assert (found.row.name, found.pairs) == ("hi_ucd", ("2018_2019_9_1001_0",))
    pair = sets.open(found, found.pairs[0])
    np.testing.assert_array_equal(pair.values, np.stack([files.noise(1), files.noise(2)]))
    expected = np.where(CHANGED, 1, 0)
    expected[0] = -1
    np.testing.assert_array_equal(pair.label.values, expected)


def test_hi_ucd_without_masks_pairs_successive_years(tmp_path: Path) -> None:
    files.hi_ucd(tmp_path / "HiUCD" / "test")
    for path in (tmp_path / "HiUCD").rglob("mask/**/*.png"):
        path.unlink()
    for folder in sorted((tmp_path / "HiUCD").rglob("mask*/**"), reverse=True):
        folder.rmdir()
    (found,) = sets.sets(tmp_path)
    assert found.pairs == ("2017_2018_9_1001_0", "2018_2019_9_1001_0")
    assert found.labelled == 0


def test_several_sets_under_one_folder_keep_their_names(tmp_path: Path) -> None:
    files.second(tmp_path / "SECOND/train")
    files.second(tmp_path / "SECOND/test")
    files.beside(tmp_path / "deep/er/LEVIR", ("A", "B", "label"), ("1",))
    found = sets.sets(tmp_path)
    assert [each.name for each in found] == ["SECOND/test", "SECOND/train", "deep/er/LEVIR"]
    assert [each.name for each in sets.sets(tmp_path / "SECOND/test")] == ["test"]


def test_nothing_gives_nothing(tmp_path: Path) -> None:
    assert sets.sets(None) == []
    assert sets.sets(tmp_path / "gone") == []
    (tmp_path / "a").mkdir()
    (tmp_path / "file.txt").write_text("x")
    assert sets.sets(tmp_path) == []


# --- What is known of each ---


@pytest.mark.parametrize("row", sets.ROWS, ids=lambda each: each.name)
def test_every_row_is_known_to_the_catalogue_and_to_the_sensors(row: sets.Row) -> None:
    assert entry(row.dataset).room == "change"
    assert row.licence
    assert row.url.startswith("https://")
    assert set(row.title) == {"en", "fr"}
    assert row.sensor in SENSORS
    assert row.pixel is None or 0.05 < row.pixel < 100
    assert sets.row(row.name) is row


def test_an_unknown_folder_says_nothing_of_itself() -> None:
    assert sets.row_of("holiday pictures") is sets.UNKNOWN
    assert sets.UNKNOWN.licence == ""
    assert sets.row("nothing") is sets.UNKNOWN
    # A word that only holds the name of a set is not that set.
    assert sets.row_of("secondary") is sets.UNKNOWN


# --- Real data ---


def _share(path: Path) -> float:
    """Return the share of changed pixels of a label, by Pillow alone."""
    return float((np.asarray(Image.open(path)) == 255).mean())


@pytest.mark.real
def test_every_real_set_is_found_and_its_labels_are_read() -> None:
    root = real_data("change")
    found = sets.sets(root)
    assert found
    folders = {path.name for path in root.iterdir() if (path / "A").is_dir()}
    assert {each.name for each in found} == folders
    for folder in found:
        assert folder.row is not sets.UNKNOWN, folder.name
        assert folder.labelled == len(folder.pairs) == len(list((root / folder.name / "A").iterdir()))
        name = folder.pairs[0]
        pair = sets.open(folder, name)
        label = next((root / folder.name / "label").glob(f"{name}.*"))
        if label.suffix == ".png":
            assert float((pair.label == 1).mean()) == pytest.approx(_share(label), abs=1e-9)
        assert pair.sizes["time"] == 2
        assert pair.attrs["sensor"] == folder.row.sensor
        assert pair.attrs["licence"] == entry(folder.row.dataset).licence
        assert float(pair.valid.mean()) > 0.5
        if folder.row.bands:
            assert tuple(pair.band.values) == folder.row.bands


@pytest.mark.real
def test_real_georeferences_and_unlabelled_pixels_are_kept() -> None:
    found = {each.row.name: each for each in sets.sets(real_data("change"))}
    for name, bands in (("oscd_13", 13), ("landsat_wuhan", 6)):
        if name not in found:
            continue
        pair = sets.open(found[name], found[name].pairs[0])
        assert pair.sizes["band"] == bands
        assert pair.rio.crs is not None
        if name == "landsat_wuhan":
            assert 0.5 < float((pair.label == -1).mean()) < 0.99
        else:
            assert 0 < float(pair.median()) < 0.5


@pytest.mark.real
def test_the_wedges_of_ombria_are_not_valid() -> None:
    """Tiles whose two dates share more than 1 % of pure black have that much not valid; all others are valid."""
    found = {each.row.name: each for each in sets.sets(real_data("change"))}
    if "ombria_s2" not in found:
        pytest.skip("no OMBRIA here")
    folder = found["ombria_s2"]
    chosen = []
    for name in folder.pairs:
        files_ = folder.files[name]
        one, two = (np.asarray(Image.open(p[0])) for p in (files_.before, files_.after))
        black = ((one == 0) & (two == 0)).all(2).mean()
        if black <= 0.01 and len(chosen) > 8:
            continue
        chosen.append(name)
        hidden = 1 - float(sets.open(folder, name).valid.mean())
        assert hidden == pytest.approx(black if black > 0.01 else 0, abs=0.002), name
