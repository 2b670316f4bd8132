"""What lies under the room's folder: runs of files of one kind, recognised by what they hold, never by a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from eogen.errors import InputError
from eogen.rain import read_gauges, read_imerg, read_radar
from eogen.rain.read_imerg import Box

_ENDINGS = (
    ".hdf5",
    ".h5",
    ".hdf",
    ".nc",
    ".nc4",
    ".rt-h5",
    ".npz",
    ".grib2",
    ".gz",
    ".tar",
    ".asc",
    ".csv",
    ".bz2",
    "",
)


@dataclass(frozen=True)
class RainSet:
    """Files that make one sequence.

    Args:
        name: folder and what the files' names share, unique under the root.
        kind: of ``read_radar.kind_of``: ``"imerg"``, ``"gauges"``, or the kind of radar.
        paths: in the order of their names, which is that of time.
    """

    name: str
    kind: str
    paths: tuple[Path, ...]

    @property
    def radar(self) -> bool:
        """Whether it is read as a radar."""
        return self.kind in read_radar.RADARS


def sets(root: Path) -> list[RainSet]:
    """Return the sets under ``root``, in the order of their names; files of no kind that is read here are left out.

    Files go together when they share a folder, a kind and their name but for its dates (runs of four digits or more).
    """
    found: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in _ENDINGS:
            continue
        try:
            kind = read_radar.kind_of(path)
        except InputError:
            continue
        shared = re.sub(r"[-_.]*\d{4,}[-_.]?|[-_][SE]\d{6}", "_", path.name).strip("_.")
        folder = path.parent.relative_to(root).as_posix()
        found.setdefault((f"{folder}/{shared}" if folder != "." else shared, kind), []).append(path)
    return [RainSet(name, kind, tuple(paths)) for (name, kind), paths in sorted(found.items())]


def open(chosen: RainSet, *, box: Box | None = None) -> xr.Dataset:  # noqa: A001 - the room says sets.open
    """Return the set: an IMERG dataset, gauges, or a radar on IMERG's cells.

    Raises:
        Unavailable, InputError: those of its reader.
    """
    if chosen.kind == "imerg":
        return read_imerg.read(chosen.paths, box=box)
    if chosen.kind == "gauges":
        return read_gauges.read(chosen.paths)
    return read_radar.read(chosen.paths, box=box)


def beside_gauges(root: Path) -> list[tuple[RainSet, RainSet]]:
    """Return (IMERG, gauges) that lie in one folder or one under the other: the longest IMERG and most gauges first."""
    every = sets(root)
    found = []
    for satellite in (each for each in every if each.kind == "imerg"):
        for gauges in (each for each in every if each.kind == "gauges"):
            a, b = satellite.paths[0].parent, gauges.paths[0].parent
            if a == b or a in b.parents or b in a.parents:
                found.append((satellite, gauges))

    # Text in gzip is some eight times smaller than it reads.
    def size(two: tuple[RainSet, RainSet]) -> int:
        paths = [path for each in two for path in each.paths]
        return sum(path.stat().st_size * (8 if path.suffix == ".gz" else 1) for path in paths)

    return sorted(found, key=size, reverse=True)
