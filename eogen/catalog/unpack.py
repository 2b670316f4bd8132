"""Unpack a zip or tar that nobody has vouched for: nothing outside the folder, nothing but files, no bomb.

What is refused is decided on the members' names and kinds before the first byte is written; sizes are counted
while they are written, whatever the archive declares. The result appears under its name in one step.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple
from uuid import uuid4

from eogen.catalog.download import disk_full, writing
from eogen.errors import InputError
from eogen.progress import Progress, silent

MAX_RATIO = 40
"""Bytes out per byte in: images and grids stay far below; a bomb starts at a thousand."""

FLOOR = 16 << 20
"""Bytes always allowed out, so that a small archive of repetitive text passes."""

MAX_MEMBERS = 200_000
_CHUNK = 1 << 18
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
)


class _Member(NamedTuple):
    name: str
    size: int
    strange: bool
    read: Callable[[], IO[bytes]]


def unpack(archive: Path, target: Path, workspace: Path, *, progress: Progress = silent) -> None:
    """Unpack ``archive`` so that it becomes the folder ``target``.

    A single folder at the top of the archive is left out (``EuroSAT_MS/River/…`` becomes
    ``<target>/River/…``).

    Args:
        archive: a zip, tar, tar.gz, tar.bz2 or tar.xz.
        target: the folder to make; it must not be there yet.
        workspace: a folder on the same filesystem, for the unfinished result; removed from there on any
            failure.
        progress: told the files unpacked, stage ``"unpack"``; may raise ``Cancelled``.

    Raises:
        InputError: ``archive_unsafe`` (a path outside, a link, a device, a bomb), ``archive_broken``,
            ``disk_full``, ``cannot_write``.
    """
    temporary = workspace / f"unpack-{uuid4().hex}"
    try:
        with writing(target.name, target.parent):
            temporary.mkdir(parents=True)
            _unpack_into(archive, temporary, progress)
            top = list(temporary.iterdir())
            target.parent.mkdir(parents=True, exist_ok=True)
            (top[0] if len(top) == 1 and top[0].is_dir() else temporary).rename(target)
    except _BROKEN as error:
        raise InputError(
            "archive_broken",
            "{archive} cannot be unpacked: it is damaged or of an unknown kind ({reason}).",
            archive=archive.name,
            reason=type(error).__name__,
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unpack_into(archive: Path, folder: Path, progress: Progress) -> None:
    budget = max(FLOOR, MAX_RATIO * archive.stat().st_size)
    with _opened(archive) as opened:
        members = list(_zip_members(opened) if isinstance(opened, zipfile.ZipFile) else _tar_members(opened))
        _judge(archive, members)
        if sum(member.size for member in members) > shutil.disk_usage(folder).free:
            raise disk_full(archive.name, folder.parent)
        for index, member in enumerate(members):
            progress(index, len(members), "unpack")
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with member.read() as source, path.open("xb") as sink:
                budget = _copy(source, sink, budget, archive)
        if isinstance(opened, tarfile.TarFile):  # the compressor's own checksum stands behind the last member
            _copy(opened.fileobj, io.BytesIO(), budget, archive)
        progress(len(members), len(members), "unpack")


def _copy(source: IO[bytes], sink: IO[bytes], budget: int, archive: Path) -> int:
    """Copy ``source`` to ``sink`` and return what is left of the ``budget`` of bytes."""
    while piece := source.read(_CHUNK):
        budget -= len(piece)
        if budget < 0:
            raise _unsafe(archive, f"it swells to more than {MAX_RATIO} times its size")
        sink.write(piece)
    return budget


def _opened(archive: Path) -> zipfile.ZipFile | tarfile.TarFile:
    return zipfile.ZipFile(archive) if zipfile.is_zipfile(archive) else tarfile.open(archive, "r:*")


def _zip_members(opened: zipfile.ZipFile) -> Iterator[_Member]:
    for info in opened.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        strange = kind not in (0, stat.S_IFREG, stat.S_IFDIR) or bool(info.flag_bits & 1)
        if strange or not info.filename.endswith("/"):  # is_dir() fails on an empty name
            yield _Member(info.filename, info.file_size, strange, partial(opened.open, info))


def _tar_members(opened: tarfile.TarFile) -> Iterator[_Member]:
    for info in opened:
        if not info.isdir():
            yield _Member(info.name, info.size, not info.isreg(), partial(opened.extractfile, info))


def _judge(archive: Path, members: list[_Member]) -> None:
    """Refuse the whole archive for one bad member."""
    if len(members) > MAX_MEMBERS:
        raise _unsafe(archive, f"it holds more than {MAX_MEMBERS} files")
    seen: set[str] = set()
    for name, _, strange, _ in members:
        path = PurePosixPath(name)
        if strange:
            raise _unsafe(archive, f"{name!r} is a link, a device or encrypted")
        if path.is_absolute() or ".." in path.parts or not path.parts or re.search(r"[\\:\0]", name):
            raise _unsafe(archive, f"{name!r} would fall outside the folder")
        if (key := str(path).casefold()) in seen:
            raise _unsafe(archive, f"{name!r} is there twice")
        seen.add(key)


def _unsafe(archive: Path, problem: str) -> InputError:
    sentence = "{archive} was not unpacked: {problem}."
    return InputError("archive_unsafe", sentence, archive=archive.name, problem=problem)
