"""How much may come out of a file.

A file of a visitor is held to less than one that somebody keeps in a folder of their own: pages open what is given to
them inside :func:`visitor`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO

from eogen.errors import InputError

#: Bytes that may come out of a compressed file, or of one variable: anybody's, and a visitor's.
ANYBODY, VISITOR = 16_000_000_000, 150_000_000
_most: ContextVar[int] = ContextVar("most", default=ANYBODY)


@contextmanager
def visitor() -> Iterator[None]:
    """Hold what is read inside this ``with`` to :data:`VISITOR`."""
    token = _most.set(VISITOR)
    try:
        yield
    finally:
        _most.reset(token)


def check(size: int, name: str) -> None:
    """Refuse ``size`` bytes that would come out of ``name``.

    Raises:
        InputError: ``too_much_inside``.
    """
    if size > _most.get():
        raise InputError(
            "too_much_inside",
            "What is packed in {name} unfolds to more than {megabytes} MB; cut out the part of interest.",
            name=name,
            megabytes=_most.get() // 1_000_000,
        )


def inflated(raw: bytes, name: str) -> bytes:
    """Return what gzip or bzip2 holds, never more than is allowed, whatever the file declares.

    Raises:
        InputError: ``too_much_inside``. OSError, EOFError, zlib.error: it is damaged.
    """
    stream = io.BytesIO(raw)
    return _all(bz2.open(stream) if raw[:3] == b"BZh" else gzip.open(stream), name)


def member(archive: zipfile.ZipFile, inside: str, name: str) -> bytes:
    """Return one member of a zip, never more than is allowed, whatever its directory declares.

    Raises:
        InputError: ``too_much_inside``. KeyError, zipfile.BadZipFile, zlib.error: it is absent or damaged.
    """
    return _all(archive.open(inside), name)


def _all(stream: IO[bytes], name: str) -> bytes:
    with stream:
        found = stream.read(_most.get() + 1)
    check(len(found), name)
    return found
