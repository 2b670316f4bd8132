"""HDF5 files of strangers: opened only where they hold their own values and declare no more than they have."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from eogen.errors import InputError

#: What a file may have before its bytes are searched; larger ones are somebody's own, and no visitor's.
_SEARCHED = 150_000_000
#: Class of a list in a type's first byte (HDF5 file format 3.0, IV.A.2.d), and bytes of one list: count, heap, place.
_LIST, _ENTRY = 9, 16
#: How a collection of lists begins (III.E), and what a size is that no memory can have.
_HEAP, _WRAPS = b"GCOL\x01", 2**63
#: Version of an attribute -> bytes before its name; in the first, what follows is filled up to multiples of 8.
_BEFORE = {1: 8, 2: 8, 3: 9}


@contextmanager
def opened(source: Path | bytes, name: str) -> Iterator[h5py.File]:
    """Open a file for reading once :func:`self_contained` and :func:`honest` have found nothing.

    Args:
        source: a file, or the bytes of one.
        name: shown in sentences.

    Raises:
        InputError: ``file_points_outside``. OSError and what else h5py raises: it is damaged.
    """
    with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
        honest(file, source)
        self_contained(file, name)
        yield file


def self_contained(file: h5py.File, name: str) -> None:
    """Refuse a file that takes values from other files: external storage, links, virtual datasets.

    HDF5 would open any path of this machine that the file names, and show its bytes as numbers.

    Raises:
        InputError: ``file_points_outside``.
    """
    outside: list[str] = []

    def link(path: str, found: object) -> None:
        if isinstance(found, h5py.ExternalLink):
            outside.append(path)

    def each(path: str, found: object) -> None:
        if isinstance(found, h5py.Dataset) and (found.is_virtual or found.external):
            outside.append(path)

    file.visititems_links(link)
    file.visititems(each)
    if outside:
        raise _points_outside(name, ", ".join(outside[:3]))


def dataset(file: h5py.File, path: str, name: str) -> h5py.Dataset:
    """Return one dataset of a file of too many to look at all; only hard links are followed.

    Raises:
        InputError: ``file_points_outside``. KeyError: there is none.
    """
    parts = [part for part in path.split("/") if part]
    for depth in range(1, len(parts) + 1):
        if not isinstance(file.get("/".join(parts[:depth]), getlink=True), h5py.HardLink):
            raise _points_outside(name, path)
    found = file[path]
    if not isinstance(found, h5py.Dataset):
        raise KeyError(path)
    if found.is_virtual or found.external:
        raise _points_outside(name, path)
    return found


def honest(file: h5py.File, source: Path | bytes) -> None:
    """Refuse attributes and lists that declare more than the file has bytes: HDF5 asks for that memory before it looks.

    Collections of lists in which HDF5 would walk on the spot for ever are refused before anything is looked at. A
    list's length (``DIMENSION_LIST`` has one for each dimension; texts are lists too) stands before the list, and h5py
    does not tell it, so it is looked up in the bytes. Lists inside compressed chunks are not looked at.

    Raises:
        OSError: an attribute or a list is damaged.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    raw = b""
    if size <= _SEARCHED:
        raw = source if isinstance(source, bytes) else source.read_bytes()
        if _endless(raw, file.id.get_create_plist().get_sizes()[1]):
            raise OSError("a collection of lists is damaged")
    lists: set[str] = set()
    places: list[tuple[h5py.h5t.TypeID, int, int]] = []

    def each(path: str, found: h5py.Group | h5py.Dataset) -> None:
        if isinstance(found, h5py.Dataset) and _is_list(kind := found.id.get_type()):
            places.extend((kind, *place) for place in _places(found))
        for key in found.attrs:
            held = h5py.h5a.open(found.id, key.encode("utf-8", "surrogateescape"))
            if held.get_storage_size() > size:
                raise OSError(f"attribute {key} of {path} is damaged")
            if _is_list(held.get_type()):
                lists.add(key)

    each("/", file)
    file.visititems(each)
    if not raw:
        return
    for key in lists:
        if _longest(raw, key.encode("utf-8", "surrogateescape")) > size:
            raise OSError(f"attribute {key} is damaged")
    for kind, start, length in places:
        element = kind.get_super().get_size() if kind.get_class() == h5py.h5t.VLEN else 1
        if _declared(raw, start, length, element) > size:
            raise OSError("a list of values is damaged")


def _endless(raw: bytes, width: int) -> bool:
    """Return whether a collection of lists holds one from which there is no step to the next.

    Each list has its number (2 bytes), its uses (2), 4 bytes of nothing and its size (``width`` bytes, little-endian),
    then its values, filled up to a multiple of 8; number 0 is what is free, and its size counts these bytes too. HDF5
    (2.0.0 and earlier) goes to the next by the size without a look whether it is one.
    """
    before = 8 + width
    for found in re.finditer(re.escape(_HEAP), raw):
        at = found.start() + before
        end = min(found.start() + int.from_bytes(raw[at - width : at], "little"), len(raw))
        while at + before <= end:
            size = int.from_bytes(raw[at + 8 : at + before], "little")
            step = before + -(-size // 8) * 8 if raw[at : at + 2] != b"\0\0" else size
            if step == 0 or size >= _WRAPS:
                return True
            at += step
    return False


def _is_list(kind: h5py.h5t.TypeID) -> bool:
    """Return whether values are lists of a length of their own; texts may be."""
    if kind.get_class() == h5py.h5t.STRING:
        return bool(kind.is_variable_str())
    return bool(kind.get_class() == h5py.h5t.VLEN)


def _places(found: h5py.Dataset) -> Iterator[tuple[int, int]]:
    """Yield where a dataset's lists stand in the file, and how many bytes they take; none where they are packed."""
    if found.chunks is None:
        if (start := found.id.get_offset()) is not None:
            yield start, found.id.get_storage_size()
    elif not found.id.get_create_plist().get_nfilters():
        for number in range(found.id.get_num_chunks()):
            chunk = found.id.get_chunk_info(number)
            yield chunk.byte_offset, chunk.size


def _declared(raw: bytes, start: int, length: int, element: int) -> int:
    """Return the bytes that the longest of the lists written from ``start`` on says it has."""
    end = min(start + length, len(raw) - 4)
    return max((struct.unpack_from("<I", raw, at)[0] for at in range(start, end, _ENTRY)), default=0) * max(
        element, 1
    )


def _longest(raw: bytes, name: bytes) -> int:
    """Return the bytes of the longest list in the attributes called ``name``, as they declare them."""
    longest = 0
    for found in re.finditer(re.escape(name) + b"\0", raw):
        for version, before in _BEFORE.items():
            start = found.start() - before
            if start < 0 or raw[start] != version:
                continue
            sizes = struct.unpack_from("<HHH", raw, start + 2)
            whole = [-(-each // 8) * 8 for each in sizes] if version == 1 else list(sizes)
            kind = found.start() + whole[0]
            if sizes[0] != len(name) + 1 or len(raw) < kind + 16 or raw[kind] & 15 != _LIST:
                continue
            space = kind + whole[1]
            values = space + whole[2]
            (element,) = struct.unpack_from("<I", raw, kind + 12)  # of the type that the list is made of
            longest = max(longest, _declared(raw, values, _count(raw, space) * _ENTRY, element))
    return longest


def _count(raw: bytes, space: int) -> int:
    """Return how many values a space (IV.A.2.b) has, at most a million: more lists than that are in no attribute."""
    if len(raw) < space + 4:
        return 0
    version, rank = raw[space], raw[space + 1]
    start, count = space + (8 if version == 1 else 4), 1
    for at in range(start, min(start + 8 * rank, len(raw) - 8), 8):
        count *= struct.unpack_from("<Q", raw, at)[0]
    return min(count, 1_000_000)


def _points_outside(name: str, what: str) -> InputError:
    return InputError(
        "file_points_outside",
        "{name} takes {what} from another file, which is not opened here; give a file that holds its own values.",
        name=name,
        what=what[:100],
    )
