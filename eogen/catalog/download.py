"""Bring one file: resumed where it was interrupted, checked, and put in its place in one step.

A file grows under a ``.part`` name in the ``.partial`` folder of the data folder and takes its own name only
when its checksum is right (one rename on one filesystem): whatever happens, nothing that stands in a room's
folder is half a file. The ``.part`` is kept for the next attempt after an interruption (cut connection,
Ctrl-C, kill) and removed when its contents are wrong or the disk is full. pooch computes the checksums; its
downloader is not used because it cannot resume.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pooch
import requests

from eogen.catalog.entries import RemoteFile
from eogen.catalog.transport import Interrupted, open_at, wrong_size
from eogen.errors import Cancelled, InputError, Unavailable

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two pieces of an answer."""

ATTEMPTS = 4
PAUSE = 0.25
"""Seconds before the second attempt; doubled before each further one."""


def checksum(path: Path, file: RemoteFile) -> str:
    """The checksum of ``path`` in the form of ``file.checksum``."""
    algorithm = file.checksum.partition(":")[0]
    return f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"


def right(path: Path, file: RemoteFile) -> bool:
    """Whether ``path`` is there with the size and the checksum of ``file`` (reads it)."""
    return path.is_file() and path.stat().st_size == file.size and checksum(path, file) == file.checksum


def download(
    file: RemoteFile,
    url: str,
    target: Path,
    part: Path,
    *,
    report: Callable[[int], None] = lambda done: None,
    stop: Event | None = None,
    session: requests.Session | None = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> None:
    """Bring ``url`` to ``target``, through ``part``.

    Args:
        file: gives the size and the checksum.
        url: ``http``, ``https`` or ``file`` address.
        target: final path; its folder is made.
        part: where the file grows; what is already there is continued.
        report: called with the number of bytes that are here.
        stop: when set, the download ends with :class:`Cancelled` and ``part`` is kept.
        session: reused connections.
        timeout: seconds to connect, and between two pieces of an answer.

    Raises:
        Unavailable: ``no_network``, ``not_found``, ``not_in_copy``, ``server_error``, ``download_cut``.
        InputError: ``wrong_hash``, ``wrong_size``, ``disk_full``, ``cannot_write``, ``bad_scheme``.
        Cancelled: ``stop`` was set.
    """
    stop, session = stop or Event(), session or requests.Session()

    def grow() -> None:
        _grow(file, url, part, report, stop, session, timeout)

    with writing(file.path, target.parent, part):
        part.parent.mkdir(parents=True, exist_ok=True)
        continued = part.exists() and part.stat().st_size > 0
        grow()
        if continued and not right(part, file):  # what was here began another version: once more from zero
            part.unlink()
            grow()
        if not right(part, file):
            found = checksum(part, file)
            part.unlink()
            raise InputError(
                "wrong_hash",
                "{path} is not the file that was expected (checksum {found}, expected {expected}): removed.",
                path=file.path,
                found=_short(found),
                expected=_short(file.checksum),
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)


@contextmanager
def writing(what: str, folder: Path, leftover: Path | None = None) -> Iterator[None]:
    """Turn what the disk refuses into a sentence; on a full disk, remove ``leftover`` first.

    Raises:
        InputError: ``disk_full`` or ``cannot_write``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            if leftover:
                leftover.unlink(missing_ok=True)
            raise disk_full(what, folder) from error
        if error.errno is None:  # not the disk: a library's error that happens to be an OSError
            raise
        raise InputError(
            "cannot_write",
            "{what} cannot be written in {folder} ({reason}); set EOGEN_DATA to a folder of yours.",
            what=what,
            folder=str(folder),
            reason=error.strerror or type(error).__name__,
        ) from error


def disk_full(what: str, folder: Path) -> InputError:
    """The error of a disk without room for ``what``."""
    sentence = "There is no room left for {what} in {folder}: free some space and start again."
    return InputError("disk_full", sentence, what=what, folder=str(folder))


def _grow(
    file: RemoteFile,
    url: str,
    part: Path,
    report: Callable[[int], None],
    stop: Event,
    session: requests.Session,
    timeout: tuple[float, float],
) -> None:
    """Append to ``part`` until it has the size of ``file``."""
    tag: str | None = None
    for attempt in range(ATTEMPTS):
        offset = part.stat().st_size if part.exists() else 0
        if offset == file.size:
            return
        try:
            offset = offset if offset < file.size else 0
            with open_at(url, offset, file.size, tag=tag, session=session, timeout=timeout) as opened:
                start, tag, pieces = opened
                _append(part, start, pieces, file, report, stop)
            return
        except Interrupted as reason:
            if attempt == ATTEMPTS - 1:
                raise Unavailable(
                    "download_cut",
                    "{path} stopped coming {attempts} times ({reason}); start again later: it goes on there.",
                    path=file.path,
                    attempts=ATTEMPTS,
                    reason=str(reason),
                ) from reason
            if stop.wait(PAUSE * 2**attempt):
                raise Cancelled from reason


def _append(
    part: Path,
    start: int,
    pieces: Iterator[bytes],
    file: RemoteFile,
    report: Callable[[int], None],
    stop: Event,
) -> None:
    done = start
    with part.open("r+b" if start else "wb") as handle:
        handle.seek(start)
        handle.truncate()
        report(done)
        for piece in pieces:
            if stop.is_set():
                raise Cancelled
            done += len(piece)
            if done > file.size:
                break
            handle.write(piece)
            report(done)
    if done > file.size:
        part.unlink()
        raise wrong_size(file.path, done, file.size)
    if done < file.size:
        raise Interrupted(f"{done} of {file.size} bytes came")


def _short(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"{algorithm} {value[:8]}…"
