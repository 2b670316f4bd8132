"""Fetch against a local server with every fault: what stands in a room's folder is whole."""

from __future__ import annotations

import errno
import hashlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.catalog import download as downloading
from eogen.catalog import fetch as fetching
from eogen.catalog.entries import DataSet, RemoteFile
from eogen.catalog.fetch import Fetched, Wanted, fetch, select
from eogen.errors import Cancelled, InputError, Unavailable
from tests.unit.faulty_server import Server, cut_after, serving, stall, status

BODY = random.Random(0).randbytes(200_000)
#: Seconds to connect, and of silence. The server is a thread of this program: a busy machine may keep it waiting.
PATIENT = (60.0, 60.0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PAUSE", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as state:
        state.files["/a.bin"] = BODY
        yield state


def remote(url: str | None, body: bytes = BODY, path: str = "set/a.bin", **more: object) -> RemoteFile:
    return RemoteFile(path, url, len(body), sha256=hashlib.sha256(body).hexdigest(), **more)


def wanted(*files: RemoteFile, **more: object) -> list[Wanted]:
    words = {"en": "A set", "fr": "Un jeu"}
    fields = {"licence": "MIT", "citation": "-", "homepage": "-", "kind": "files", "reader": "x.y"}
    entry = DataSet(name="a_set", title=words, room="room", files=files, **fields, **more)
    return [Wanted(entry, file) for file in files]


def get(root: Path, *files: RemoteFile, **more: object) -> Fetched:
    return fetch(wanted(*files), root=root, **{"timeout": PATIENT, **more})


def left(root: Path) -> list[str]:
    """Every file under ``root``, the lock apart."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != "lock")
    return sorted(path.relative_to(root).as_posix() for path in paths)


def test_a_file_comes_whole_and_is_then_kept(server: Server, tmp_path: Path) -> None:
    file = remote(f"{server.url}/a.bin")
    told: list[tuple[int, int, str]] = []
    first = get(tmp_path, file, progress=lambda *now: told.append(now))
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY
    assert left(tmp_path) == ["room/set/a.bin"]
    assert (first.brought, first.kept, first.bytes) == (("room/set/a.bin",), (), len(BODY))
    assert told[-1] == (len(BODY), len(BODY), "download")
    again = get(tmp_path, file)
    assert (again.brought, again.kept, again.bytes) == ((), ("room/set/a.bin",), 0)
    assert len(server.requests) == 1


def test_a_spoilt_file_is_replaced(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "room/set/a.bin"
    target.parent.mkdir(parents=True)
    target.write_bytes(bytes(len(BODY)))  # the right size, the wrong contents
    assert get(tmp_path, remote(f"{server.url}/a.bin")).brought
    assert target.read_bytes() == BODY


@settings(max_examples=8, deadline=None)
@given(cut=st.integers(0, len(BODY) - 1))
def test_an_interrupted_download_goes_on_with_a_range(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    root = tmp_path_factory.mktemp("root")
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloading, "PAUSE", 0.0)
        server.files["/a.bin"] = BODY
        server.faults = [cut_after(cut)]
        get(root, remote(f"{server.url}/a.bin"))
        assert (root / "room/set/a.bin").read_bytes() == BODY
        ranges = [asked for _, asked in server.requests]
        # The last piece before the cut may be lost with the connection; what was written is not asked again.
        assert ranges[0] is None
        if cut >= 1 << 15:
            assert ranges[1] is not None
            assert ranges[1].startswith("bytes=")


def test_a_later_call_resumes_what_an_earlier_one_left(server: Server, tmp_path: Path) -> None:
    part = tmp_path / ".partial/room/set/a.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:150_000])
    done = get(tmp_path, remote(f"{server.url}/a.bin"))
    assert server.requests == [("/a.bin", "bytes=150000-")]
    assert done.bytes == 50_000
    assert left(tmp_path) == ["room/set/a.bin"]
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY


@pytest.mark.parametrize("ranges", [True, False])
def test_a_wrong_beginning_is_thrown_away(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.ranges = ranges
    part = tmp_path / ".partial/room/set/a.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(1000))
    get(tmp_path, remote(f"{server.url}/a.bin"))
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY
    assert server.requests[0] == ("/a.bin", "bytes=1000-")


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x"], ids=["shorter", "longer"])
def test_another_length_is_refused_before_it_is_written(server: Server, tmp_path: Path, body: bytes) -> None:
    server.files["/a.bin"] = body
    with pytest.raises(InputError, match="catalogue says") as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "wrong_size"
    assert left(tmp_path) == []


def test_a_part_of_another_version_does_not_fool_the_range(server: Server, tmp_path: Path) -> None:
    server.files["/a.bin"] = BODY + b"longer"
    part = tmp_path / ".partial/room/set/a.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:1000])
    with pytest.raises(InputError) as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "wrong_size"


def test_a_wrong_hash_is_said_and_nothing_stays(server: Server, tmp_path: Path) -> None:
    server.files["/a.bin"] = BODY[::-1]
    with pytest.raises(InputError, match=r"sha256 \w{8}…, expected sha256 \w{8}…") as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "wrong_hash"
    assert left(tmp_path) == []


def test_a_missing_file_does_not_keep_the_others_back(server: Server, tmp_path: Path) -> None:
    gone = [remote(f"{server.url}/gone.bin", path=f"set/gone{n}.bin") for n in range(3)]
    with pytest.raises(Unavailable, match="nothing at") as caught:
        get(tmp_path, *gone, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "not_found"
    assert caught.value.__notes__ == ["2 more did not come either; the rest is here."]
    assert left(tmp_path) == ["room/set/a.bin"]
    assert sum(path == "/gone.bin" for path, _ in server.requests) == 3  # not asked again and again


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_passing_fault_is_tried_again(server: Server, tmp_path: Path, code: int) -> None:
    server.faults = [status(code), cut_after(90_000), status(code)]
    get(tmp_path, remote(f"{server.url}/a.bin"))
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY


@pytest.mark.parametrize(("fault", "code"), [(status(500), "download_cut"), (status(403), "server_error")])
def test_a_lasting_fault_is_said(server: Server, tmp_path: Path, fault: object, code: str) -> None:
    server.faults = [fault] * 10
    with pytest.raises(Unavailable) as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == code
    assert left(tmp_path) == []


def test_a_silent_server_is_given_up_and_resumed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    brief = (60.0, 0.3)
    server.faults = [stall(600, until=over)] * 10
    with pytest.raises(Unavailable, match=r"no answer within|nothing more came") as caught:
        get(tmp_path / "other", remote(f"{server.url}/a.bin"), timeout=brief)
    assert caught.value.code == "download_cut"
    # An honest answer may be late by 0.3 s too, on a busy machine: that is one more attempt.
    monkeypatch.setattr(downloading, "PAUSE", 0.0)
    monkeypatch.setattr(downloading, "ATTEMPTS", 100)
    server.faults = [stall(600, after=100_000, until=over)]
    get(tmp_path, remote(f"{server.url}/a.bin"), timeout=brief)
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY
    over.set()


def test_a_full_disk_is_said_and_freed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    class Full:
        def __init__(self, handle: object) -> None:
            self.handle = handle

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.handle.close()

        def __getattr__(self, name: str) -> object:
            return getattr(self.handle, name)

        def write(self, piece: bytes) -> int:
            if self.handle.tell() > 60_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.handle.write(piece)

    def open_full(path: Path, mode: str = "r", **more: object) -> object:
        handle = opened(path, mode, **more)
        return Full(handle) if path.suffix == ".part" and mode in ("wb", "r+b") else handle

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(InputError, match="no room left") as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "disk_full"
    assert left(tmp_path) == []


def test_a_disk_too_small_is_said_before_a_byte_comes(server: Server, tmp_path: Path) -> None:
    file = RemoteFile("huge.bin", f"{server.url}/a.bin", 1 << 60, sha256="0" * 64)
    with pytest.raises(InputError) as caught:
        get(tmp_path, file)
    assert caught.value.code == "disk_full"
    assert server.requests == []


def test_a_folder_that_cannot_be_written_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "room").write_text("a file where the room's folder should be")
    with pytest.raises(InputError, match="EOGEN_DATA") as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "cannot_write"


def test_cancelling_keeps_the_part_and_no_thread(server: Server, tmp_path: Path) -> None:
    over = threading.Event()
    server.faults = [stall(600, after=100_000, until=over)]

    def soon(done: int, total: int, what: str = "") -> None:
        if done >= 64_000:
            raise Cancelled

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(get, tmp_path, remote(f"{server.url}/a.bin"), progress=soon, timeout=(60, 600))
        try:
            with pytest.raises(Cancelled):
                running.result(120)  # the server is silent all the while: it is hung up on, not waited for
        finally:
            over.set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
    assert left(tmp_path) == [".partial/room/set/a.bin.part"]
    server.faults = []
    get(tmp_path, remote(f"{server.url}/a.bin"))
    assert (tmp_path / "room/set/a.bin").read_bytes() == BODY
    assert server.requests[-1][1] is not None  # it went on from there


def test_ctrl_c_is_as_clean(server: Server, tmp_path: Path) -> None:
    def at_once(done: int, total: int, what: str = "") -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(tmp_path, remote(f"{server.url}/a.bin"), progress=at_once)
    assert "room/set/a.bin" not in left(tmp_path) or (tmp_path / "room/set/a.bin").read_bytes() == BODY
    get(tmp_path, remote(f"{server.url}/a.bin"))  # the lock is free


def test_fetches_at_once_share_the_work(server: Server, tmp_path: Path) -> None:
    both_wait = threading.Event()
    server.faults = [stall(600, after=1000, until=both_wait)]
    files = [remote(f"{server.url}/a.bin", path=f"{n}.bin") for n in range(6)]
    waiting: set[int] = set()

    def told(done: int, total: int, what: str = "") -> None:
        if what == "wait":
            waiting.add(threading.get_ident())
        if len(waiting) == 2:
            both_wait.set()

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(get, tmp_path, *files, progress=told) for _ in range(3)]
        assert sorted(len(each.result(120).brought) for each in running) == [0, 0, 6]
    assert all((tmp_path / f"room/{n}.bin").read_bytes() == BODY for n in range(6))


def test_waiting_for_another_fetch_is_told_and_ends(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LOCK_PATIENCE", 0.0)
    (tmp_path / ".partial").mkdir()
    told: list[str] = []
    with filelock.FileLock(tmp_path / ".partial/lock"), pytest.raises(Unavailable) as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"), progress=lambda done, total, what: told.append(what))
    assert caught.value.code == "busy"
    assert set(told) == {"wait"}
    assert server.requests == []


@pytest.mark.parametrize("kind", ["folder", "file", "http"])
def test_a_copy_elsewhere_serves_and_is_checked(server: Server, tmp_path: Path, kind: str) -> None:
    copy = tmp_path / "a stick %20"  # a name that needs care in an address
    (copy / "room/set").mkdir(parents=True)
    (copy / "room/set/a b.bin").write_bytes(BODY)
    server.files["/mirror/room/set/a%20b.bin"] = BODY
    source = {"folder": str(copy), "file": copy.as_uri(), "http": f"{server.url}/mirror/"}[kind]
    file = remote(None, path="set/a b.bin")
    root = tmp_path / "root"
    assert get(root, file, source=source).brought == ("room/set/a b.bin",)
    assert (root / "room/set/a b.bin").read_bytes() == BODY
    (copy / "room/set/a b.bin").write_bytes(bytes(len(BODY)))
    server.files["/mirror/room/set/a%20b.bin"] = bytes(len(BODY))
    with pytest.raises(InputError) as caught:
        get(tmp_path / "second", file, source=source)
    assert caught.value.code == "wrong_hash"
    assert left(tmp_path / "second") == []


def test_a_source_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        get(tmp_path, remote(None), source=str(tmp_path / "nowhere"))
    assert caught.value.code == "no_such_source"
    with pytest.raises(Unavailable) as caught:
        get(tmp_path, remote(None), source=str(tmp_path))
    assert caught.value.code == "not_in_copy"
    with pytest.raises(InputError) as caught:
        get(tmp_path, remote("ftp://host/a.bin"))
    assert caught.value.code == "bad_scheme"


def test_a_redirection_to_a_local_file_is_refused(server: Server, tmp_path: Path) -> None:
    def to_file(handler: object, body: bytes) -> bool:
        handler.answer(302, b"", {"Location": "file:///etc/hostname"})
        return True

    server.faults = [to_file]
    with pytest.raises(Unavailable) as caught:
        get(tmp_path, remote(f"{server.url}/a.bin"))
    assert caught.value.code == "server_error"


def test_a_file_without_address_is_reported_and_one_behind_a_login_explained(tmp_path: Path) -> None:
    assert get(tmp_path, remote(None)).no_address == ("room/set/a.bin",)
    with pytest.raises(Unavailable, match="needs an account") as caught:
        fetch(wanted(remote("http://x/a"), login="https://x/register"), root=tmp_path)
    assert caught.value.code == "login_needed"


def test_selecting() -> None:
    sample = select(sample=True)
    assert sum(each.file.size for each in sample) <= 6e6
    assert {each.entry.room for each in select(room="landcover")} == {"landcover"}
    assert all(each.entry.kind == "files" for each in select(room="landcover"))
    assert len(select(["boadella", "boadella"])) == 12
    for call, code in (
        ({"names": ["nothing"]}, "unknown_dataset"),
        ({"room": "cellar"}, "unknown_room"),
        ({}, "nothing_asked"),
    ):
        with pytest.raises(InputError) as caught:
            select(**call)
        assert caught.value.code == code
