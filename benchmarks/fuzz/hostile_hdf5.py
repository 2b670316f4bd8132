"""HDF5 and classic NetCDF that were made to harm: they point out of themselves, or promise what no disk holds."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from benchmarks.fuzz.seeds import Files

#: ``(name of the attack, reader, files, whether it must be refused)``
Attack = tuple[str, str, Files, bool]
GRIDS = ("ocean", "rain", "rain_radar")


def attacks(secret: Path, place: Path) -> Iterator[Attack]:
    """Yield every attack; ``secret`` is a file that nobody may read, ``place`` a folder to write in."""

    def grid(name: str, **how: object) -> Iterator[Attack]:
        path = place / "grid.nc"
        with h5py.File(path, "w") as file:
            for axis, values in (
                ("time", [0.0]),
                ("lat", [43.05, 43.15, 43.25]),
                ("lon", [5.05, 5.15, 5.25]),
            ):
                file[axis] = np.array(values)
                file[axis].make_scale(axis)
            file["time"].attrs["units"] = np.bytes_("days since 2020-01-01")
            file["lat"].attrs["units"], file["lon"].attrs["units"] = "degrees_north", "degrees_east"
            for variable, unit in (("chlor_a", "mg m-3"), ("rain_rate", "mm h-1")):
                if "link" in how:
                    file[variable] = how["link"]
                    continue
                made = file.create_dataset(variable, **how)
                made.attrs["units"] = unit
                for number, axis in enumerate(("time", "lat", "lon")[: made.ndim]):
                    if made.shape[number] == len(file[axis]):
                        made.dims[number].attach_scale(file[axis])
        for reader in ("ocean", "rain_radar"):
            yield name, reader, (("grid.nc", path.read_bytes()),), True

    yield from grid("storage in another file", shape=(1, 3, 3), dtype="f4", external=[(str(secret), 0, 36)])
    yield from grid("link to another file", link=h5py.ExternalLink(str(secret), "/chl"))
    yield from grid("link to nothing", link=h5py.SoftLink("/nowhere"))
    layout = h5py.VirtualLayout(shape=(1, 3, 3), dtype="f4")
    layout[:] = h5py.VirtualSource(str(secret), "chl", shape=(1, 3, 3))
    path = place / "virtual.nc"
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("chlor_a", layout)
    yield "virtual dataset", "ocean", (("v.nc", path.read_bytes()),), True
    yield from grid("terabytes", shape=(1, 10**6, 10**6), dtype="f8", chunks=(1, 1000, 1000))
    yield from grid("gigabytes", shape=(1, 15_000, 15_000), dtype="f8", chunks=(1, 1000, 1000))
    with h5py.File(path, "w") as file:
        file["a"] = h5py.SoftLink("/b")
        file["b"] = h5py.SoftLink("/a")
        file["g/loop"] = h5py.SoftLink("/g")
        file["hard/again"] = file["g"]
        file["g/up"] = file["/"]
    for reader in GRIDS:
        yield "links in a circle", reader, (("c.nc", path.read_bytes()),), True
    head = (
        b"CDF\x01" + struct.pack(">IIII", 0, 10, 1, 1) + b"a\0\0\0" + struct.pack(">I", 2**31 - 1) + bytes(8)
    )
    head += struct.pack(">IIII", 11, 1, 1, ord("b") << 24) + struct.pack(
        ">IIIIIIII", 1, 0, 0, 0, 6, 2**31, 80, 0
    )
    for reader in GRIDS:
        yield "huge classic", reader, (("k.nc", head),), True
        yield (
            "count of dimensions",
            reader,
            (("k.nc", b"CDF\x01" + struct.pack(">III", 0, 10, 2**31 - 1)),),
            True,
        )
    yield from _lists(grid)
    yield from _heaps(grid)


def _lists(grid: Callable[..., Iterator[Attack]]) -> Iterator[Attack]:
    """Lists whose length was overwritten: 2 GB for the first, and no memory before it is looked at."""
    for _, reader, ((name, data),), refuse in grid("", shape=(1, 3, 3), dtype="f4"):
        # The name takes 16 bytes, the type 16, the space 24; then comes the length of the first dimension's list.
        entry = data.index(b"DIMENSION_LIST\0") + 56
        assert data[entry : entry + 4] == struct.pack("<I", 1)
        for length in (2**28, 2**32 - 1):
            changed = data[:entry] + struct.pack("<I", length) + data[entry + 4 :]
            yield "a list of gigabytes", reader, ((name, changed),), refuse


def _heaps(grid: Callable[..., Iterator[Attack]]) -> Iterator[Attack]:
    """Collections in which a list has no next one: HDF5 stays there for ever, where no signal reaches it."""
    made = list(grid("", shape=(1, 3, 3), dtype="f4"))
    for _, reader, ((name, data),), refuse in made:
        first = _headers(data)[0]
        # Free space (number 0) of no size, and a size that leads back to where it stands.
        for still in (struct.pack("<HHIQ", 0, 0, 0, 0), struct.pack("<HHIQ", 1, 1, 0, 2**64 - 16)):
            changed = data[:first] + still + data[first + 16 :]
            yield "a list without a next", reader, ((name, changed),), refuse
    _, reader, ((name, data),), refuse = made[-1]
    for at in _headers(data):
        # The header keeps the first byte of its number; its size becomes odd, and leads into what is no header.
        changed = data[: at + 1] + b"\xff" * 8 + data[at + 9 :]
        yield "a scribble over a list's header", reader, ((name, changed),), refuse


def _headers(data: bytes) -> list[int]:
    """Return where the lists of each collection begin: number, uses, nothing, size (2, 2, 4, 8 bytes), then values."""
    found = []
    for start in (heap.start() for heap in re.finditer(rb"GCOL\x01", data)):
        at, end = start + 16, start + struct.unpack_from("<Q", data, start + 8)[0]
        while at + 16 <= end:
            found.append(at)
            number, _, _, size = struct.unpack_from("<HHIQ", data, at)
            at += 16 + -(-size // 8) * 8 if number else size
    return found
