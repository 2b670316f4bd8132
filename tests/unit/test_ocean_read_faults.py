"""What cannot be read is said in one sentence: what was given, what was expected, what to do."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.errors import InputError, Unavailable
from eogen.ocean import read_upload
from eogen.ocean.read import alboran, arrays, from_dataset, gher, nep, pft, read, sensor_pair, sources, upload
from eogen.ocean.read_variable import find
from tests import ocean_files as files


def _chl(values: np.ndarray | None = None, **attrs: str) -> xr.Dataset:
    return files.dataset(
        10 ** files.truth() if values is None else values, "chl", **{"units": "mg m-3"} | attrs
    )


def _no_time() -> xr.Dataset:
    return _chl().drop_vars("time").rename(time="n")


def _single_undated() -> xr.Dataset:
    return _chl().isel(time=0, drop=True)


def _time_in_steps() -> xr.Dataset:
    return _chl().assign_coords(time=("time", [500.0, 600.0, 700.0, 800.0]))


def _time_of_a_calendar() -> xr.Dataset:
    attrs = {"units": "days since 2000-01-01", "calendar": "360_day"}
    return _chl().assign_coords(time=("time", [1.0, 2.0, 3.0, 4.0], attrs))


def _duplicates() -> xr.Dataset:
    return _chl().assign_coords(time=files.TIME[[0, 1, 1, 2]])


def _all_missing() -> xr.Dataset:
    return _chl(np.full(files.truth().shape, np.nan))


def _negative() -> xr.Dataset:
    return _chl(files.truth())


def _hidden() -> xr.Dataset:
    held = _chl()
    held["mask"] = (("lat", "lon"), (~files.sea()).astype(float))
    return held


def _levels() -> xr.Dataset:
    return _chl().expand_dims(depth=[0.5, 10.0], axis=1)


def _metres() -> xr.Dataset:
    return _chl().assign_coords(lat=6_000_000 + 300.0 * np.arange(5))


def _swath() -> xr.Dataset:
    lat, lon = np.meshgrid(files.LAT, files.LON, indexing="ij")
    held = _chl().drop_vars(["lat", "lon"]).rename(lat="y", lon="x")
    return held.assign_coords(latitude=(("y", "x"), lat + 0.1 * lon), longitude=(("y", "x"), lon))


def _no_chlorophyll() -> xr.Dataset:
    return files.dataset(10 ** files.truth(), "nitrate", units="mmol m-3")


def _two() -> xr.Dataset:
    return _chl().assign(chla=_chl().chl)


FAULTS: dict[Callable[[], xr.Dataset], tuple[str, str]] = {
    _no_time: ("ocean_no_time", "no axis of time"),
    _single_undated: ("ocean_no_time", "time_coverage_start"),
    _time_in_steps: ("ocean_time_units", "days since"),
    _time_of_a_calendar: ("ocean_time_units", "days since"),
    _duplicates: ("ocean_duplicate_times", "2019-03-02"),
    _all_missing: ("ocean_all_missing", "nothing to fill from"),
    _negative: ("ocean_negative", r"^\d\d\.?\d*%"),
    _hidden: ("ocean_mask_hides", "1 at sea"),
    _levels: ("ocean_extra_axis", "depth"),
    _metres: ("ocean_axis_degrees", "not degrees"),
    _swath: ("ocean_curvilinear", "regular grid"),
    _no_chlorophyll: ("ocean_no_variable", "nitrate"),
    _two: ("ocean_variable_choice", "chl, chla"),
    lambda: _chl().drop_vars("lat").rename(lat="row"): ("ocean_no_axis", "latitude"),
    lambda: _chl(units="counts"): ("ocean_units", "counts"),
    lambda: _chl(10 ** (files.truth() + 12), units=""): ("ocean_units", "known way"),
    lambda: _chl(units="kg m-3"): ("ocean_units_range", "kg m-3"),
    lambda: files.dataset(files.truth(), "sst", units="degree_F"): ("ocean_units", "degree_F"),
    lambda: files.dataset(files.truth() + 15, "sst", units="K"): ("ocean_units_range", "K"),
}


@pytest.mark.parametrize("make", FAULTS, ids=lambda make: f"{FAULTS[make][0]}-{make.__name__.strip('<>_')}")
def test_each_fault_has_its_sentence(make: Callable[[], xr.Dataset]) -> None:
    code, said = FAULTS[make]
    with pytest.raises(InputError, match=said) as caught:
        from_dataset(make(), name="mine.nc")
    assert caught.value.code == code
    assert "{" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"time,lat,lon\n", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"x" * 100],
    ids=["text", "png", "tiff", "x"],
)
def test_what_is_no_netcdf_is_refused_whatever_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "chl.nc"
    path.write_bytes(content)
    for call in (lambda: read(path), lambda: upload("chl.nc", content)):
        with pytest.raises(InputError, match=r"chl\.nc is neither a NetCDF") as caught:
            call()
        assert caught.value.code == "ocean_not_netcdf"
    with pytest.raises(InputError) as caught:
        read(tmp_path / "empty" if (tmp_path / "empty").mkdir() is None else tmp_path)
    assert caught.value.code == "ocean_not_netcdf"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return files.write(_chl(), tmp_path_factory.mktemp("whole") / "chl.nc").read_bytes()


# h5netcdf 1.x complains, while it is collected, about the half-made object that its own constructor left.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function File.close:pytest.PytestUnraisableExceptionWarning"
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_cut_short_or_scribbled_on_is_an_input_error_or_a_cube(
    whole: bytes, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        bad = whole[: data.draw(st.integers(8, len(whole) - 1))]
    else:
        at = data.draw(st.integers(0, len(whole) - 9))
        bad = whole[:at] + data.draw(st.binary(min_size=8, max_size=8)) + whole[at + 8 :]
    try:
        held = upload("chl.nc", bad)
    except InputError:
        return
    assert held.dims == ("time", "lat", "lon")


def test_a_grid_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compressed file of some kilobytes may promise any number of cells."""
    big = xr.Dataset(
        {"chl": (("time", "lat", "lon"), np.broadcast_to(np.float32(1), (3, 300, 400)), {"units": "mg m-3"})},
        {"time": files.TIME[:3], "lat": np.linspace(-60, 60, 300), "lon": np.linspace(0, 300, 400)},
    )
    path = tmp_path / "big.nc"
    big.to_netcdf(path, engine="h5netcdf", encoding={"chl": {"zlib": True}})
    with pytest.raises(
        InputError, match=r"0\.4 million cells .3 x 300 x 400.*at most 0\.1 million"
    ) as caught:
        read(path, most=100_000)
    assert caught.value.code == "ocean_too_large"
    monkeypatch.setattr(read_upload, "EAGER", 100_000)
    with pytest.raises(InputError, match="million cells"):
        upload("big.nc", path.read_bytes())
    monkeypatch.setattr(read_upload, "MAX_FILE_BYTES", 1000)
    with pytest.raises(InputError) as caught:
        upload("big.nc", path.read_bytes())
    assert caught.value.code == "file_too_large"


@pytest.mark.parametrize("change", ["grid", "variable", "time"])
def test_files_that_do_not_belong_together(change: str, tmp_path: Path) -> None:
    one = files.write(_chl().isel(time=[0]), tmp_path / "a.nc")
    other = _chl().isel(time=[1])
    if change == "grid":
        other = other.assign_coords(lon=other.lon + 0.25)
    elif change == "variable":
        other = files.dataset(files.truth() + 15, "sst", units="celsius").isel(time=[1])
    else:
        other = _chl().isel(time=[0])
    two = files.write(other, tmp_path / "b.nc")
    with pytest.raises(InputError) as caught:
        read([one, two])
    assert caught.value.code == ("ocean_duplicate_times" if change == "time" else "ocean_mixed_grids")


def _zip(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def _npz() -> bytes:
    held = io.BytesIO()
    np.savez(held, chl=np.array([{"a": 1}], object))
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "ocean_empty"),
        (pickle.dumps({"chl": 1}), "ocean_pickle"),
        (_npz(), "ocean_pickle"),
        (_zip({"readme.txt": b"x"}), "ocean_not_netcdf"),
        (_zip({"../out.nc": b"x"}), "archive_unsafe"),
        (_zip({"a.nc": b"x" * 50}), "ocean_not_netcdf"),
    ],
)
def test_uploads_that_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        upload("mine.nc", content)
    assert caught.value.code == code


def test_uploads_that_are_read(whole: bytes, tmp_path: Path) -> None:
    files.write(_chl(), tmp_path / "cube.zarr", "zarr")
    members = {
        f"cube.zarr/{path.relative_to(tmp_path / 'cube.zarr')}": path.read_bytes()
        for path in (tmp_path / "cube.zarr").rglob("*")
        if path.is_file()
    }
    chl = io.BytesIO()
    np.save(chl, 10 ** files.truth())
    axes = {"time": [str(t) for t in files.TIME], "lat": list(files.LAT), "lon": list(files.LON)}
    for name, content in {
        "chl.nc": whole,
        "cube.zarr.zip": _zip(members),
        "days.zip": _zip({"days/a.nc": whole}),
        "arrays.zip": _zip({"Chl.npy": chl.getvalue(), "axes.json": json.dumps(axes).encode()}),
    }.items():
        held = upload(f"C:\\mine\\{name}", content)
        np.testing.assert_allclose(held.values, files.truth(), atol=2e-6)
        assert held.chunks is None
        assert (held.attrs["origin"], held.attrs["title"]) == ("upload", name)


def test_what_is_absent_is_said(tmp_path: Path) -> None:
    for call in (
        lambda: read(tmp_path / "gone.nc"),
        lambda: nep(tmp_path / "gone.nc"),
        lambda: pft(tmp_path),
        lambda: alboran(tmp_path),
        lambda: arrays(tmp_path),
    ):
        with pytest.raises(Unavailable, match="python -m eogen") as caught:
            call()
        assert caught.value.code == "ocean_absent"
    assert sources(None) == sources(tmp_path / "gone") == sources(tmp_path) == ()


def test_a_sensor_or_pair_that_is_not_there(tmp_path: Path) -> None:
    held = files.dataset(files.truth(), "log10chl_modis_poly4", units="log10(mg m-3)")
    path = files.write(held, tmp_path / "nep_2021_daily_modis.nc")
    for call in (lambda: nep(path, "viirs"), lambda: nep(path, "modis", "ocx"), lambda: sensor_pair(path)):
        with pytest.raises(InputError, match="it has: modis poly4") as caught:
            call()
        assert caught.value.code == "ocean_sensor"


@pytest.mark.parametrize("cut", [40, 100, 130, 170])
def test_a_gher_file_cut_short(cut: int, tmp_path: Path) -> None:
    values = np.arange(7.0)
    raw = bytes(80) + b"".join(
        [
            np.array([24, 7, 1, 1, 8, 10], ">i4").tobytes(),
            np.array([9999], ">f4").tobytes(),
            np.array([24, 56], ">i4").tobytes(),
            values.astype(">f8").tobytes(),
            np.array([56], ">i4").tobytes(),
        ]
    )
    path = tmp_path / "x.dat"
    path.write_bytes(raw)
    np.testing.assert_array_equal(gher(path), values)
    path.write_bytes(raw[:cut])
    with pytest.raises(InputError) as caught:
        gher(path)
    assert caught.value.code == "ocean_damaged"


@pytest.mark.parametrize(
    ("files_", "said"),
    [
        ({"Chl.npy": np.array([{}], object)}, "pickled"),
        ({"Chl.npy": np.zeros((3, 5, 6))}, "axes.json says"),
        ({"Chl.npy": np.ones((4, 5, 6)), "PSC.npy": np.ones((2, 4, 5, 6))}, "2 classes"),
        ({"Chl.npy": np.full((4, 5, 6), "x")}, "type"),
    ],
)
def test_arrays_that_do_not_fit_their_axes(files_: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    axes = {"time": [str(t) for t in files.TIME], "lat": list(files.LAT), "lon": list(files.LON)}
    (tmp_path / "axes.json").write_text(json.dumps(axes))
    for name, values in files_.items():
        np.save(tmp_path / name, values)
    with pytest.raises(InputError, match=said) as caught:
        arrays(tmp_path)
    assert caught.value.code == "ocean_arrays"
    (tmp_path / "axes.json").write_text("{}")
    with pytest.raises(InputError, match="lists called time, lat and lon"):
        arrays(tmp_path)


@pytest.mark.parametrize(
    "name", ["CHL_uncertainty", "chlor_a_log10_rmsd", "CHL1_error", "CHL_flags", "chl_count"]
)
def test_companions_are_never_taken_for_the_variable(name: str) -> None:
    held = files.dataset(files.truth(), name, units="%", long_name="Chlorophyll concentration")
    with pytest.raises(InputError, match="no variable known"):
        find(held, None, ("lat", "lon"), "x")
