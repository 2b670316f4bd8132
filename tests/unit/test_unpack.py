"""Archives that nobody vouches for: refused whole, or unpacked whole."""

from __future__ import annotations

import gzip
import io
import random
import stat
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from eogen.catalog import unpack as unpacking
from eogen.catalog.fetch import fetch
from eogen.catalog.unpack import unpack
from eogen.errors import Cancelled, InputError
from tests.unit.faulty_server import serving
from tests.unit.test_fetch import left, remote, wanted

FILES = {"Top/River/River_1.tif": b"river", "Top/Forest/Forest_1.tif": b"forest" * 1000, "Top/empty.txt": b""}


def a_zip(
    path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("Top")
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, body)
    return path


def a_tar(
    path: Path, files: dict[str, bytes], change: Callable[[tarfile.TarInfo], None] | None = None
) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            if change:
                change(info)
            archive.addfile(info, io.BytesIO(body) if info.isreg() else None)
    return path


def refused(archive: Path, code: str = "archive_unsafe") -> str:
    root = archive.parent / "root"
    (root / "work").mkdir(parents=True)
    before = left(archive.parent)
    with pytest.raises(InputError) as caught:
        unpack(archive, root / "room" / "set", root / "work")
    assert caught.value.code == code
    assert left(archive.parent) == before, "something was left behind, or written elsewhere"
    assert not (root / "room" / "set").exists()
    return str(caught.value)


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_an_honest_archive_becomes_the_folder(tmp_path: Path, make: Callable[..., Path]) -> None:
    told: list[tuple[int, int, str]] = []
    target = tmp_path / "room" / "set"
    unpack(make(tmp_path / "x", FILES), target, tmp_path / "w", progress=lambda *now: told.append(now))
    found = {
        path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()
    }
    assert found == {name.removeprefix("Top/"): body for name, body in FILES.items()}
    assert told[-1] == (3, 3, "unpack")
    assert list((tmp_path / "w").iterdir()) == []


def test_an_archive_of_several_folders_keeps_them(tmp_path: Path) -> None:
    unpack(a_zip(tmp_path / "x.zip", {"a/1": b"1", "b/2": b"2"}), tmp_path / "set", tmp_path / "w")
    assert left(tmp_path / "set") == ["a/1", "b/2"]


@pytest.mark.parametrize("make", [a_zip, a_tar])
@pytest.mark.parametrize(
    "name",
    ["../evil", "Top/../../evil", "/etc/evil", "C:\\evil", "C:evil", "..\\evil", "Top/a\\..\\..\\evil"],
)
def test_a_path_outside_is_refused(tmp_path: Path, make: Callable[..., Path], name: str) -> None:
    assert "outside" in refused(make(tmp_path / "x", {"Top/fine": b"1", name: b"2"}))


def test_a_name_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "x.zip", {"QQQ": b"text"})
    archive.write_bytes(archive.read_bytes().replace(b"QQQ", b"\0QQ"))
    assert "outside" in refused(archive)


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_the_same_name_twice_is_refused(tmp_path: Path, make: Callable[..., Path]) -> None:
    assert "twice" in refused(make(tmp_path / "x", {"Top/a": b"1", "Top/A": b"2"}))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "link" in refused(a_zip(tmp_path / "x.zip", {"Top/a": b"/etc/passwd"}, link))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(tmp_path: Path, kind: bytes) -> None:
    def strange(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0

    assert "link" in refused(a_tar(tmp_path / "x.tar.gz", {"Top/a": b""}, strange))


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_a_bomb_is_refused(
    tmp_path: Path, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FLOOR", 1 << 20)
    archive = make(tmp_path / "x", {"Top/zeros": bytes(8 << 20)})
    assert archive.stat().st_size < 20_000
    assert "swells" in refused(archive)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FLOOR", 1 << 16)
    path = tmp_path / "x.tar.gz"
    a_tar(path, {f"Top/{n}": bytes(1 << 16) for n in range(64)})  # each small, all together large
    assert "swells" in refused(path)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 3)
    assert "more than 3" in refused(a_zip(tmp_path / "x.zip", {f"Top/{n}": b"" for n in range(4)}))


@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_a_damaged_archive_is_said(tmp_path: Path, make: Callable[..., Path]) -> None:
    archive = make(tmp_path / "x", {"Top/noise": random.Random(1).randbytes(50_000)})
    body = bytearray(archive.read_bytes())
    body[20_000:20_050] = bytes(50)
    archive.write_bytes(body)
    refused(archive, "archive_broken")


@pytest.mark.parametrize(
    "body",
    [b"", b"no archive at all", gzip.compress(b"no tar inside", mtime=0)],
    ids=["empty", "text", "gzip"],
)
def test_something_else_is_said(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(body)
    refused(tmp_path / "x.zip", "archive_broken")


def test_an_archive_is_fetched_unpacked_and_kept(tmp_path: Path) -> None:
    body = a_zip(tmp_path / "source.zip", FILES).read_bytes()
    with serving() as server:
        server.files["/x.zip"] = body
        files = wanted(remote(f"{server.url}/x.zip", body, "x.zip", unpack="set"))
        root = tmp_path / "root"
        assert fetch(files, root=root).brought == ("room/x.zip",)
        assert left(root) == sorted(f"room/set/{name.removeprefix('Top/')}" for name in FILES)
        assert fetch(files, root=root).kept == ("room/x.zip",)
        assert len(server.requests) == 1


def test_cancelling_while_unpacking_keeps_the_download(tmp_path: Path) -> None:
    body = a_zip(tmp_path / "source.zip", FILES).read_bytes()

    def stop(done: int, total: int, what: str = "") -> None:
        if what == "unpack" and done == 2:
            raise Cancelled

    with serving() as server:
        server.files["/x.zip"] = body
        files = wanted(remote(f"{server.url}/x.zip", body, "x.zip", unpack="set"))
        root = tmp_path / "root"
        with pytest.raises(Cancelled):
            fetch(files, root=root, progress=stop)
        assert left(root) == [".partial/room/x.zip"]
        fetch(files, root=root)
        assert (root / "room/set/River/River_1.tif").read_bytes() == b"river"
        assert len(server.requests) == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
