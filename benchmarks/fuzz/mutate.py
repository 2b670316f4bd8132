"""What is done to a well-made file: its bytes, and the structures in which sizes and counts are told."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import h5py
import numpy as np

#: Numbers that sizes, counts and offsets are replaced by.
ODD = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1_000_000, 100_000_000)
MAGICS = (
    b"II*\x00", b"MM\x00*", b"II+\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"\x89HDF\r\n\x1a\n",
    b"CDF\x01", b"CDF\x02", b"CDF\x05", b"PK\x03\x04", b"\x1f\x8b\x08", b"GRIB", b"SQLite format 3\x00", b"\x80\x04",
    b"\x93NUMPY\x01", b"<VRTDataset", b"\x00" * 8,
)  # fmt: skip
ODD_TEXTS = ("", "NaN", "1e400", "-inf", "x" * 3000, "/vsicurl/http://127.0.0.1/a", "<img src=x onerror=alert(1)>",
             "{name}", "\u202e\x07é", "days since 0000-99-99", "9" * 400)  # fmt: skip
Mutation = Callable[[bytes, np.random.Generator], bytes]


def truncated(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, max(len(data), 1)))]


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip 1 to 24 bits; half of the time near the head, where formats tell their sizes."""
    out = bytearray(data)
    reach = min(len(out), 600) if rng.random() < 0.5 else len(out)
    for at in rng.integers(0, max(reach, 1), int(rng.integers(1, 25))):
        if out:
            out[int(at)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def lied(data: bytes, rng: np.random.Generator) -> bytes:
    """Write odd numbers of 1 to 8 bytes over fields of the head or the tail."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        size, order = int(rng.choice([1, 2, 4, 8])), "<>"[int(rng.integers(2))]
        field = struct.pack(order + "Q", int(rng.choice(ODD)))
        field = field[-size:] if order == ">" else field[:size]
        reach = min(len(out), 800)
        at = int(rng.integers(0, max(reach - size, 1)))
        at = len(out) - reach + at if rng.random() < 0.25 else at
        out[at : at + size] = field
    return bytes(out)


def repeated(data: bytes, rng: np.random.Generator) -> bytes:
    """Put a piece in twice or many times, or blank it."""
    one, two = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    how = int(rng.integers(3))
    if how == 0:
        return data[:two] + data[one:]
    if how == 1:
        return data[:one] + data[two:]
    return data[:one] + bytes([int(rng.integers(256))]) * (two - one) + data[two:]


def swapped(data: bytes, rng: np.random.Generator) -> bytes:
    magic = MAGICS[int(rng.integers(len(MAGICS)))]
    return magic + data[len(magic) :] if rng.random() < 0.7 else magic + data


def noise(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(data) + 1))
    piece = rng.integers(0, 256, int(rng.integers(1, 200)), dtype=np.uint8).tobytes()
    return data[:at] + piece + data[at + len(piece) :]


def tiff_tags(data: bytes, rng: np.random.Generator) -> bytes:
    """Lie in tags of the first directory of a little-endian TIFF: type, count or value."""
    if data[:4] != b"II*\x00":
        return lied(data, rng)
    out = bytearray(data)
    (start,) = struct.unpack_from("<I", out, 4)
    (count,) = struct.unpack_from("<H", out, start)
    for _ in range(int(rng.integers(1, 4))):
        entry = start + 2 + 12 * int(rng.integers(count))
        place, size = ((2, 2), (4, 4), (8, 4), (8, 2))[int(rng.integers(4))]
        value = int(rng.choice([*ODD, 3, 5, 8, 12, 60_000]))
        out[entry + place : entry + place + size] = struct.pack("<Q", value)[:size]
    return bytes(out)


def tiff_doubles(data: bytes, rng: np.random.Generator) -> bytes:
    """Replace doubles of the place (scale, tie points) by NaN, infinities, zero and huge numbers."""
    out = bytearray(data)
    if data[:4] == b"II*\x00":
        (start,) = struct.unpack_from("<I", out, 4)
        for k in range(struct.unpack_from("<H", out, start)[0]):
            tag, kind, count, at = struct.unpack_from("<HHII", out, start + 2 + 12 * k)
            if tag in (33550, 33922, 34264, 34736) and kind == 12:
                for each in range(count):
                    if rng.random() < 0.5:
                        odd = float(rng.choice([np.nan, np.inf, -np.inf, 0.0, 1e300, -1e-300, 1e9]))
                        struct.pack_into("<d", out, at + 8 * each, odd)
    return bytes(out)


def png_chunks(data: bytes, rng: np.random.Generator) -> bytes:
    """Change a PNG's header, its checksum made right again, so that the lie is believed."""
    if not data.startswith(b"\x89PNG"):
        return lied(data, rng)
    head = bytearray(data[16:29])
    at = int(rng.integers(13))
    head[at : at + 4] = struct.pack(">I", int(rng.choice(ODD)))
    head = head[:13]
    return data[:16] + bytes(head) + struct.pack(">I", zlib.crc32(b"IHDR" + bytes(head))) + data[33:]


def safetensors_header(data: bytes, rng: np.random.Generator) -> bytes:
    """Lie in the JSON of a safetensors file: shapes, types, offsets, names, the length itself."""
    (length,) = struct.unpack_from("<Q", data)
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    names = [name for name in header if name != "__metadata__"]
    entry = header[names[int(rng.integers(len(names)))]]
    what = int(rng.integers(6))
    if what == 0:
        entry["shape"] = [int(rng.choice(ODD)) for _ in range(int(rng.integers(0, 5)))]
    elif what == 1:
        entry["dtype"] = str(rng.choice(["F64", "I8", "BOOL", "BF16", "F8_E4M3", "X", "U64"]))
    elif what == 2:
        entry["data_offsets"] = [int(rng.choice(ODD)), int(rng.choice(ODD))]
    elif what == 3:
        header["../../etc/x"] = header.pop(names[0])
    elif what == 4:
        header["__metadata__"] = {"k": odd_value(rng)}
    text = json.dumps(header).encode()
    told = int(rng.choice([2**63, 2**40, 0, len(text) + 50])) if what == 5 else len(text)
    return struct.pack("<Q", told) + text + body


def json_value(data: bytes, rng: np.random.Generator) -> bytes:
    """Replace, drop or nest one value of a JSON text (of one line, where it is lines of JSON)."""
    lines = data.split(b"\n") if data.count(b"\n{") else [data]
    at = int(rng.integers(len(lines)))
    try:
        held = json.loads(lines[at])
    except ValueError:
        return flipped(data, rng)
    place = held
    while isinstance(place, dict | list) and place:
        key = (
            list(place)[int(rng.integers(len(place)))]
            if isinstance(place, dict)
            else int(rng.integers(len(place)))
        )
        if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.4:
            if rng.random() < 0.2 and isinstance(place, dict):
                del place[key]
            else:
                place[key] = odd_value(rng)
            break
        place = place[key]
    lines[at] = json.dumps(held).encode()
    return b"\n".join(lines)


def odd_value(rng: np.random.Generator) -> object:
    """Return a value that nobody expects."""
    deep: list = []
    for _ in range(60):
        deep = [deep]
    odd = (None, True, -1, 10**30, float("nan"), float("inf"), [], {}, {"a": [1]}, [[]], deep, *ODD_TEXTS)
    return odd[int(rng.integers(len(odd)))]


def csv_cell(data: bytes, rng: np.random.Generator) -> bytes:
    """Replace cells of a table, its header's among them, or its separator."""
    lines = data.decode("utf-8", "replace").splitlines()
    if not lines:
        return data
    mark = max(",;\t", key=lines[0].count)
    for _ in range(int(rng.integers(1, 5))):
        at = 0 if rng.random() < 0.3 else int(rng.integers(len(lines)))
        cells = lines[at].split(mark)
        odd = str(rng.choice([*ODD_TEXTS, "=cmd|' /C calc'!A0", '"', "0x10", "1,5", "-9999", "B02", "LAI"]))
        cells[int(rng.integers(len(cells)))] = odd
        lines[at] = mark.join(cells)
    text = "\n".join(lines)
    return (text.replace(mark, ";,\t| "[int(rng.integers(5))]) if rng.random() < 0.1 else text).encode()


def hdf5_edit(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one thing in an HDF5 file that stays well formed: an attribute, or a dataset's type, shape or values."""
    buffer = io.BytesIO(data)
    try:
        with h5py.File(buffer, "r+") as file:
            held: list[str] = []
            file.visititems(lambda name, each: held.append(name))
            name = held[int(rng.integers(len(held)))]
            each = file[name]
            if rng.random() < 0.5 and len(each.attrs):
                _attribute(each, rng)
            elif isinstance(each, h5py.Dataset):
                _dataset(file, name, rng)
            else:
                del file[name]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):
        return flipped(data, rng)
    return buffer.getvalue()


def _attribute(each: h5py.Dataset | h5py.Group, rng: np.random.Generator) -> None:
    key = list(each.attrs)[int(rng.integers(len(each.attrs)))]
    del each.attrs[key]
    text = str(rng.choice(ODD_TEXTS)).replace("\x00", "")
    odd = (None, np.nan, np.inf, 0, -1, 1e308, text, np.bytes_(b"\xff\xfe\xff"), np.zeros(0), np.zeros((2, 3)),
           np.array([b"a", b"b"]), np.int8(-128), np.uint64(2**63))  # fmt: skip
    if (value := odd[int(rng.integers(len(odd)))]) is not None:
        each.attrs[key] = value


def _dataset(file: h5py.File, name: str, rng: np.random.Generator) -> None:
    each = file[name]
    about, shape, kind = dict(each.attrs), each.shape, each.dtype
    about = {k: v for k, v in about.items() if k not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")}
    del file[name]
    what = int(rng.integers(8))
    if what == 0:
        return
    if what == 1:  # a promise of terabytes, none of them written
        ranks = max(len(shape), 1)
        made = file.create_dataset(
            name, (int(rng.choice([12_000, 10**7])),) * ranks, kind, chunks=(100,) * ranks
        )
    elif what == 2:
        made = file.create_dataset(name, data=np.full(shape, np.nan))
    elif what == 3:
        made = file.create_dataset(name, data=np.full(shape, rng.choice([np.inf, -np.inf, 1e300, 0.0])))
    elif what == 4:
        made = file.create_dataset(name, data=np.array([b"<b>", b"x"]))
    elif what == 5:
        made = file.create_dataset(name, data=np.zeros((*shape, 2)))
    elif what == 6:
        made = file.create_dataset(name, data=np.zeros(tuple(0 for _ in shape), kind))
    else:
        made = file.create_dataset(name, data=3)
    for key, value in about.items():
        made.attrs[key] = value


def zip_member(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one member, its checksum made right again; or its name; or drop it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            held = [(info.filename, old.read(info)) for info in old.infolist()]
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        return flipped(data, rng)
    at = int(rng.integers(len(held)))
    name, content = held[at]
    what = rng.random()
    if what < 0.12:
        held.pop(at)
    elif what < 0.3:
        odd = ("../../" + name, "/tmp/" + name, "C:\\" + name, name.upper(), "a/" * 60 + name, name + "\n", "con", "."
               )  # fmt: skip
        held[at] = (odd[int(rng.integers(len(odd)))], content)
    else:
        held[at] = (name, one(content, rng, name))
    return zipped(held)


def zipped(held: list[tuple[str, bytes]]) -> bytes:
    """Return a zip that is the same on every day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


PLAIN: tuple[Mutation, ...] = (truncated, flipped, flipped, lied, lied, repeated, swapped, noise)


def special(data: bytes, name: str) -> tuple[Mutation, ...]:
    """Return the mutations that know this kind of file."""
    if data.startswith(b"II*\x00"):
        return (tiff_tags, tiff_tags, tiff_doubles)
    if data.startswith(b"\x89PNG"):
        return (png_chunks,)
    if data.startswith(b"\x89HDF"):
        return (hdf5_edit, hdf5_edit, hdf5_edit)
    if data.startswith(b"PK\x03\x04"):
        return (zip_member, zip_member, zip_member)
    if name.endswith(".safetensors"):
        return (safetensors_header, safetensors_header)
    if name.endswith((".json", ".jsonl", ".zarray", ".zattrs", ".zgroup", ".zmetadata", ".geojson")):
        return (json_value, json_value, json_value)
    if name.endswith((".csv", ".txt")):
        return (csv_cell, csv_cell, csv_cell)
    return ()


def one(data: bytes, rng: np.random.Generator, name: str) -> bytes:
    """Return ``data`` after one mutation, and sometimes a second."""
    known = special(data, name)
    pool = known if known and rng.random() < 0.6 else PLAIN
    data = pool[int(rng.integers(len(pool)))](data, rng)
    return one(data, rng, name) if rng.random() < 0.15 and not special(data, name) else data
