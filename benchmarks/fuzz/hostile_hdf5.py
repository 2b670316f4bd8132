"""HDF5 and classic NetCDF that were made to harm: they point out of themselves, or promise what no disk holds."""

from __future__ import annotations

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


def _lists(grid: Callable[..., Iterator[Attack]]) -> Iterator[Attack]:
    """Lists whose length was overwritten: 2 GB for the first, and no memory before it is looked at."""
    for _, reader, ((name, data),), refuse in grid("", shape=(1, 3, 3), dtype="f4"):
        # The name takes 16 bytes, the type 16, the space 24; then comes the length of the first dimension's list.
        entry = data.index(b"DIMENSION_LIST\0") + 56
        assert data[entry : entry + 4] == struct.pack("<I", 1)
        for length in (2**28, 2**32 - 1):
            changed = data[:entry] + struct.pack("<I", length) + data[entry + 4 :]
            yield "a list of gigabytes", reader, ((name, changed),), refuse
