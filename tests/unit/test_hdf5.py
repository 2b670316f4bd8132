"""HDF5 of strangers: nothing is taken from another file, and no memory is asked for that the file cannot need."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from eogen import hdf5
from eogen.errors import InputError
from eogen.landcover.series import read_breizhcrops, read_worldcereal_cube
from tests import series_files


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.full((5, 14), 1234.0)
    return path


def outside(secret: Path) -> dict[str, Callable[[h5py.Group, str], None]]:
    """Every way in which HDF5 takes values from another file: name -> what puts it into a group."""

    def virtual(group: h5py.Group, name: str) -> None:
        layout = h5py.VirtualLayout(shape=(5, 14), dtype="f8")
        layout[:] = h5py.VirtualSource(str(secret), "a", shape=(5, 14))
        group.create_virtual_dataset(name, layout)

    return {
        "link": lambda group, name: group.__setitem__(name, h5py.ExternalLink(str(secret), "/a")),
        "storage": lambda group, name: group.create_dataset(
            name, shape=(5, 14), dtype="f8", external=[(str(secret), 0, 560)]
        ),
        "virtual": virtual,
    }


WAYS = ("link", "storage", "virtual")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("inside", ["x", "deep/er/x"])
def test_a_file_that_points_out_of_itself_is_refused(way: str, inside: str, secret: Path, tmp_path: Path):
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        file["plain"] = np.arange(3)
        group, _, name = inside.rpartition("/")
        outside(secret)[way](file.require_group(group or "/"), name)
    for source in (path, path.read_bytes()):
        with pytest.raises(InputError) as caught, hdf5.opened(source, "f.h5"):
            pass
        assert caught.value.code == "file_points_outside"
        assert "x" in caught.value.facts["what"]


@pytest.mark.parametrize("way", WAYS)
def test_breizhcrops_takes_no_parcel_from_another_file(way: str, secret: Path, tmp_path: Path):
    path = series_files.breizhcrops(tmp_path / "b", "L2A")
    assert read_breizhcrops.read(path).sizes["parcel"] > 1
    index = read_breizhcrops.index_of(path)
    name = str(pd.read_csv(index)["path"].iloc[0])
    with h5py.File(path, "r+") as file:
        del file[name]
        group, _, last = name.rpartition("/")
        outside(secret)[way](file[group or "/"], last)
    with pytest.raises(InputError) as caught:
        read_breizhcrops.read(path)
    assert caught.value.code == "file_points_outside"


def test_breizhcrops_follows_no_group_to_another_file(secret: Path, tmp_path: Path):
    path = series_files.breizhcrops(tmp_path / "b", "L2A")
    index = read_breizhcrops.index_of(path)
    rows = pd.read_csv(index)
    with h5py.File(path, "r+") as file:
        file["far"] = h5py.ExternalLink(str(secret), "/")
    rows.assign(path="far/a").to_csv(index, index=False)
    with pytest.raises(InputError) as caught:
        read_breizhcrops.read(path)
    assert caught.value.code == "file_points_outside"


def test_breizhcrops_counts_before_it_reads(tmp_path: Path):
    path = series_files.breizhcrops(tmp_path / "b", "L2A")
    name = str(pd.read_csv(read_breizhcrops.index_of(path))["path"].iloc[0])
    with h5py.File(path, "r+") as file:
        del file[name]
        file.create_dataset(name, shape=(10**10, 14), dtype="f8", chunks=(1000, 14))
    with pytest.raises(InputError) as caught:
        read_breizhcrops.read(path)
    assert caught.value.code == "series_large"


@pytest.mark.parametrize("way", WAYS)
def test_a_cube_of_months_takes_nothing_from_another_file(way: str, secret: Path, tmp_path: Path):
    paths = series_files.netcdf_cube(tmp_path)
    cube, maps = paths[0], paths[1:]
    with h5py.File(maps[0], "r+") as file:
        outside(secret)[way](file, "more")
    with pytest.raises(InputError) as caught:
        read_worldcereal_cube.read(cube, maps)
    assert caught.value.code == "file_points_outside"
    with h5py.File(cube, "r+") as file:
        outside(secret)[way](file, "more")
    with pytest.raises(InputError) as caught:
        read_worldcereal_cube.read(cube)
    assert caught.value.code == "file_points_outside"
    assert read_worldcereal_cube.kind_of(cube) is None


def lists(path: Path, **how: object) -> bytes:
    """A file with lists of every kind: of references, of texts, of numbers; as attributes and as values."""
    with h5py.File(path, "w", **how) as file:
        file["time"] = np.arange(2.0)
        file["time"].make_scale("time")
        made = file.create_dataset("v", data=np.ones((2, 2)))
        made.dims[0].attach_scale(file["time"])
        made.attrs["said"] = "0123456789" * 3
        odd = np.empty(1, object)
        odd[0] = np.arange(7, dtype="i2")
        made.attrs.create("odd", odd, dtype=h5py.vlen_dtype("i2"))
        file.create_dataset("whole", data=["a" * 21, "b"], dtype=h5py.string_dtype())
        file.create_dataset("chunked", data=["c" * 23, "d"], dtype=h5py.string_dtype(), chunks=(1,))
    return path.read_bytes()


@pytest.mark.parametrize("how", [{}, {"libver": "latest"}, {"track_order": True}])
def test_an_honest_file_is_opened(how: dict[str, object], tmp_path: Path):
    raw = lists(tmp_path / "l.h5", **how)
    for source in (raw, tmp_path / "l.h5"):
        with hdf5.opened(source, "l.h5") as file:
            assert file["v"].attrs["said"] == "0123456789" * 3


@pytest.mark.parametrize(
    ("name", "length"), [("DIMENSION_LIST", 1), ("said", 30), ("odd", 7), ("whole", 21), ("chunked", 23)]
)
def test_a_list_longer_than_its_file_is_never_asked_for(name: str, length: int, tmp_path: Path):
    """The length of each kind of list is overwritten: HDF5 itself would take what it says from the memory first."""
    raw = lists(tmp_path / "l.h5")
    if name in ("whole", "chunked"):
        with h5py.File(tmp_path / "l.h5") as file:
            held = file[name].id
            start = held.get_offset() if name == "whole" else held.get_chunk_info(0).byte_offset
    else:
        start = raw.index(name.encode() + b"\0") + (56 if length == 1 else 0)  # past the type and the space
    at = raw.index(struct.pack("<I", length), start)
    assert at - start < 100
    for wrong in (len(raw) + 1, 2**28, 2**32 - 1):
        with (
            pytest.raises(OSError, match="damaged"),
            hdf5.opened(raw[:at] + struct.pack("<I", wrong) + raw[at + 4 :], "l.h5"),
        ):
            pass


#: Number 0 is free space, whose size counts its own 16 bytes; the last would lead back to where it stands.
STILL = {
    "free space of no size": struct.pack("<HHIQ", 0, 0, 0, 0),
    "back": struct.pack("<HHIQ", 1, 1, 0, 2**64 - 16),
}


@pytest.mark.parametrize("where", ["first", "later", "scribble"])
@pytest.mark.parametrize("still", STILL)
def test_a_collection_without_a_step_to_the_next_list_is_refused_before_hdf5_walks_it(
    where: str, still: str, tmp_path: Path
):
    """HDF5 would go on the spot for ever, and no signal reaches it: this test would never end."""
    raw = lists(tmp_path / "l.h5")
    first = raw.index(b"GCOL\x01") + 16
    number, _, _, size = struct.unpack_from("<HHIQ", raw, first)
    assert number, "the first is a list, not free space"
    at = first if where == "first" else first + 16 + -(-size // 8) * 8
    bad = raw[:at] + STILL[still] + raw[at + 16 :]
    if where == "scribble":  # the first list's size leads into the middle of another one's values
        bad = (
            raw[: first + 8]
            + struct.pack("<Q", 9)
            + raw[first + 16 : first + 32]
            + STILL[still]
            + raw[first + 48 :]
        )
    path = tmp_path / "bad.h5"
    path.write_bytes(bad)
    for source in (bad, path):
        with pytest.raises(OSError, match="damaged"), hdf5.opened(source, "l.h5"):
            pass


def test_a_large_file_of_ones_own_is_not_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    lists(tmp_path / "l.h5")
    monkeypatch.setattr(hdf5, "_SEARCHED", 10)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with hdf5.opened(tmp_path / "l.h5", "l.h5") as file:
        assert "v" in file


@pytest.mark.parametrize("path", ["nowhere", "group", ""])
def test_a_name_of_no_dataset(path: str, tmp_path: Path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_group("group")
    with h5py.File(tmp_path / "f.h5") as file, pytest.raises((KeyError, ValueError)):
        hdf5.dataset(file, path, "f.h5")
