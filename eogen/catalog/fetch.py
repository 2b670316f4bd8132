"""Bring data sets: what is missing, from where, four files at a time, under one lock.

What can be interrupted at any moment: files that are whole are kept, the rest goes on at the next call.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import requests

from eogen.catalog.download import TIMEOUT, disk_full, download, right, writing
from eogen.catalog.paths import PARTIAL, write_root
from eogen.catalog.plan import Wanted, address, base_of, complete_elsewhere, is_here, select
from eogen.catalog.unpack import unpack
from eogen.errors import Cancelled, InputError, Unavailable
from eogen.progress import Progress, silent

__all__ = ["Fetched", "Wanted", "fetch", "select"]

WORKERS = 4
LOCK_PATIENCE = 600.0
"""Seconds to wait for another fetch into the same folder."""

_HOPELESS = {"no_network", "disk_full", "cannot_write"}
"""Errors after which the other files need not be tried."""


@dataclass(frozen=True)
class Fetched:
    """What a fetch did.

    ``brought``, ``kept`` and ``no_address`` are paths under ``root``: files that came, that were here
    already, and that exist only as copies (use ``source``); ``bytes`` came over the line in ``seconds``.
    """

    root: Path
    brought: tuple[str, ...]
    kept: tuple[str, ...]
    no_address: tuple[str, ...]
    bytes: int
    seconds: float


def fetch(
    wanted: Iterable[Wanted],
    *,
    root: Path | None = None,
    source: str | None = None,
    workers: int = WORKERS,
    timeout: tuple[float, float] = TIMEOUT,
    progress: Progress = silent,
) -> Fetched:
    """Bring the files of ``wanted`` that are not here.

    Args:
        wanted: from :func:`select`.
        root: data folder to write to; default :func:`eogen.catalog.write_root`.
        source: a folder or an address with the layout of a data folder to take the files from (a memory
            stick, a mirror) instead of their own addresses; checksums are those of the catalogue all the
            same.
        workers: files brought at once.
        timeout: seconds to connect, and between two pieces of an answer.
        progress: told bytes done and in all, stage ``"download"`` (``"wait"`` while another fetch holds the
            folder, ``"unpack"`` with files); called from this thread; may raise ``Cancelled``.

    Raises:
        Unavailable: ``no_network``, ``not_found``, ``not_in_copy``, ``server_error``, ``download_cut``,
            ``login_needed``, ``busy``.
        InputError: ``wrong_hash``, ``wrong_size``, ``disk_full``, ``cannot_write``, ``bad_scheme``,
            ``no_such_source``, ``archive_unsafe``, ``archive_broken``.
        Cancelled: from ``progress``. ``KeyboardInterrupt`` leaves the same clean state.
    """
    start = time.perf_counter()
    root = root or write_root()
    wanted = tuple(wanted)
    base = base_of(source) if source else None
    elsewhere = set() if source else complete_elsewhere(wanted, root)
    mine = [each for each in wanted if each.entry.name not in elsewhere]
    missing: list[Wanted] = []
    urls: dict[Wanted, str | None] = {}
    came = 0
    if mine:
        workspace = root / PARTIAL
        with writing("the data", root):
            workspace.mkdir(parents=True, exist_ok=True)
        with _locked(workspace, progress):
            missing = [each for each in mine if not is_here(each, root)]
            urls = {each: address(each, base, root) for each in missing}
            came = _Fetch(root, workspace, workers, timeout, progress).bring(
                {each: url for each, url in urls.items() if url}
            )
    brought = [each.key for each, url in urls.items() if url]
    return Fetched(
        root=root,
        brought=tuple(brought),
        kept=tuple(each.key for each in wanted if each not in missing),
        no_address=tuple(each.key for each, url in urls.items() if not url),
        bytes=came,
        seconds=time.perf_counter() - start,
    )


@contextmanager
def _locked(workspace: Path, progress: Progress) -> Iterator[None]:
    lock = filelock.FileLock(workspace / "lock")
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except filelock.Timeout as error:
            progress(0, 0, "wait")
            if time.monotonic() > deadline:
                sentence = "Another fetch has been writing in {folder} for {minutes} minutes; wait or end it."
                minutes = int(LOCK_PATIENCE // 60)
                raise Unavailable("busy", sentence, folder=str(workspace.parent), minutes=minutes) from error
    try:
        yield
    finally:
        lock.release()


class _Fetch:
    """The part of a fetch that runs under the lock."""

    def __init__(
        self, root: Path, workspace: Path, workers: int, timeout: tuple[float, float], progress: Progress
    ) -> None:
        self.root, self.workspace, self.workers = root, workspace, workers
        self.timeout, self.progress = timeout, progress
        self.stop = threading.Event()
        self.done: dict[Wanted, int] = {}
        self.began: dict[Wanted, int] = {}
        self.local = threading.local()
        self.answers: weakref.WeakSet[requests.Response] = weakref.WeakSet()

    def bring(self, urls: dict[Wanted, str]) -> int:
        """Bring every file, unpack the archives, and return the bytes that came."""
        self._check_room(urls)
        errors: list[InputError] = []
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="fetch")
        futures = {pool.submit(self._one, each, url): each for each, url in urls.items()}
        try:
            for future in self._as_they_come(futures):
                error = future.exception()
                if isinstance(error, InputError):
                    errors.append(error)
                    if error.code in _HOPELESS:
                        self.stop.set()
                elif error and not isinstance(error, Cancelled):
                    raise error
                elif not error:
                    self._unpack(futures[future])
        finally:  # also on Ctrl-C and when the reader cancels: no thread outlives the call
            self.stop.set()
            self._hang_up()
            pool.shutdown(wait=True, cancel_futures=True)
            self._tidy()
        if errors:
            first = next((error for error in errors if error.code in _HOPELESS), errors[0])
            if first.code not in _HOPELESS and len(errors) > 1:
                first.add_note(f"{len(errors) - 1} more did not come either; the rest is here.")
            raise first
        return sum(max(0, self.done[each] - self.began[each]) for each in self.done)

    def _as_they_come(self, futures: dict[Future[None], Wanted]) -> Iterator[Future[None]]:
        total = sum(each.file.size for each in futures.values())
        pending = set(futures)
        while pending:
            finished, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
            self.progress(sum(list(self.done.values())), total, "download")
            yield from finished

    def _one(self, each: Wanted, url: str) -> None:
        if self.stop.is_set():
            raise Cancelled
        room = self.root / each.entry.room
        target = (self.workspace if each.file.unpack else room) / (
            each.key if each.file.unpack else each.file.path
        )
        if each.file.unpack and right(target, each.file):  # came whole earlier, unpacking was interrupted
            return
        download(
            each.file,
            url,
            target,
            self.workspace / f"{each.key}.part",
            report=lambda here: self._report(each, here),
            stop=self.stop,
            session=self._session(),
            timeout=self.timeout,
        )

    def _report(self, each: Wanted, here: int) -> None:
        self.began.setdefault(each, here)
        self.done[each] = here

    def _session(self) -> requests.Session:
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.hooks["response"].append(lambda answer, **_: self.answers.add(answer))
        return self.local.session

    def _hang_up(self) -> None:
        """End reads that are waiting for a silent server, so that Ctrl-C does not wait for their time-out."""
        for answer in list(self.answers):
            with contextlib.suppress(ValueError, OSError, RuntimeError):  # already closed
                answer.raw.shutdown()

    def _unpack(self, each: Wanted) -> None:
        if not each.file.unpack:
            return
        archive = self.workspace / each.key
        unpack(
            archive, self.root / each.entry.room / each.file.unpack, self.workspace, progress=self.progress
        )
        archive.unlink()

    def _check_room(self, urls: dict[Wanted, str]) -> None:
        needed = 0
        for each in urls:
            part = self.workspace / f"{each.key}.part"
            needed += each.file.size * (3 if each.file.unpack else 1)
            needed -= part.stat().st_size if part.exists() else 0
        if needed > shutil.disk_usage(self.workspace).free:
            raise disk_full(f"{needed / 1e6:.0f} MB of data", self.root)

    def _tidy(self) -> None:
        """Remove the folders of the workspace that are empty."""
        for folder in sorted(self.workspace.rglob("*"), reverse=True):
            if folder.is_dir():
                with contextlib.suppress(OSError):  # not empty: a part waits there
                    folder.rmdir()
