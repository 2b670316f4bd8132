"""Which series lie under the room's folder: recognised by what the files hold, never by a list."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series import (
    read_breizhcrops,
    read_dates,
    read_eopatch,
    read_pastis,
    read_terramesh,
    read_timesen2crop,
    read_worldcereal,
    read_worldcereal_cube,
)  # fmt: skip
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.read_common import day_in

log = logging.getLogger(__name__)

Shape = Literal["parcels", "cube", "ndvi"]
_TIFF = (".tif", ".tiff")


@dataclass(frozen=True)
class SeriesSet:
    """Files that make one set of series.

    Attributes:
        name: folder and file or place, unique under the root.
        kind: which reader: "worldcereal", "worldcereal_cube", "dated_images", "eopatch", "terramesh", "breizhcrops",
            "timesen2crop" or "pastis".
        shape: what :func:`open` returns: parcels, a cube, or a cube of NDVI alone.
        paths: files or folders, as the reader wants them.
        members: names of what can be opened one at a time (patches of PASTIS and TerraMesh); empty elsewhere.
    """

    name: str
    kind: str
    shape: Shape
    paths: tuple[Path, ...]
    members: tuple[str, ...] = ()


def sets(root: str | Path) -> list[SeriesSet]:
    """Return the sets under ``root``, in the order of their names; files of no kind that is read here are left out."""
    root = Path(root)
    if not root.is_dir():
        return []
    folders = list(_folders(root))
    found = [each for folder in folders for each in _in(folder, root)]
    tiles: dict[Path, list[Path]] = {}
    for tile in filter(read_timesen2crop.is_tile, folders):
        tiles.setdefault(tile.parent, []).append(tile)
    for parent, below in tiles.items():
        found.append(SeriesSet(_name(parent, root), "timesen2crop", "parcels", tuple(below)))
    return sorted(found, key=lambda each: (each.name, each.kind))


def open(chosen: SeriesSet, *, member: str | None = None) -> xr.Dataset:  # noqa: A001 - as the other rooms' sets.open
    """Return the set: parcels, a cube (of ``member``, the first by default) or NDVI.

    Raises:
        Unavailable, InputError: those of its reader; ``series_member``.
    """
    if member is not None and member not in chosen.members:
        raise InputError(
            "series_member", "{name} has no patch {member}.", name=chosen.name, member=member
        )  # fmt: skip
    first = chosen.paths[0]
    if chosen.kind == "worldcereal":
        return read_worldcereal.read(first)
    if chosen.kind == "worldcereal_cube":
        return read_worldcereal_cube.read(first, chosen.paths[1:])
    if chosen.kind == "dated_images":
        return read_dates.read(chosen.paths)
    if chosen.kind == "eopatch":
        return read_eopatch.read(first)
    if chosen.kind == "breizhcrops":
        return read_breizhcrops.read(first)
    if chosen.kind == "timesen2crop":
        return read_timesen2crop.read(list(chosen.paths))
    if chosen.kind == "pastis":
        return read_pastis.read(first, member)
    patches = {patch.name: patch for patch in read_terramesh.patches(first)}
    return read_terramesh.read(patches[member or chosen.members[0]])


def best_labelled(root: str | Path) -> SeriesSet | None:
    """Return the parcels with labels under ``root`` that models can read and of which there are most, if any."""
    best, size = None, 0
    for each in sets(root):
        if each.kind == "worldcereal" and (count := _labelled(each)) > size:
            best, size = each, count
    return best


def _labelled(each: SeriesSet) -> int:
    """Return how many parcels of a set have a class and can be read; one damaged file must not hide the others."""
    try:
        held = open(each)
    except InputError as error:
        log.warning("%s: %s", each.name, error)
        return 0
    if "label" not in held or not set(USUAL) <= set(held["band"].values):
        return 0
    return int((held["label"].values >= 0).sum())


def _folders(root: Path) -> Iterator[Path]:
    """Yield ``root`` and what lies below it, not inside the sets whose folders are one thing."""
    yield root
    for each in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if not read_pastis.is_pastis(root) and not (root / "dates.csv").is_file():
            yield from _folders(each)


def _in(folder: Path, root: Path) -> Iterator[SeriesSet]:
    """Yield the sets whose files lie in ``folder`` itself."""
    where = "" if folder == root else folder.relative_to(root).as_posix()
    if read_eopatch.is_patch(folder):
        yield SeriesSet(_name(folder, root), "eopatch", "ndvi", (folder,))
    if read_pastis.is_pastis(folder) and (members := read_pastis.patches(folder)):
        yield SeriesSet(_name(folder, root), "pastis", "cube", (folder,), members)
    if patches := read_terramesh.patches(folder):
        yield SeriesSet(_name(folder, root), "terramesh", "cube", (folder,), tuple(p.name for p in patches))
    files = sorted(p for p in folder.iterdir() if p.is_file())
    for path in files:
        if path.suffix.lower() in (".parquet", ".geoparquet") and read_worldcereal.layout_of(path):
            yield SeriesSet(_joined(where, path.stem), "worldcereal", "parcels", (path,))
    for path, _ in read_breizhcrops.regions(folder):
        yield SeriesSet(_joined(where, path.stem), "breizhcrops", "parcels", (path,))
    nets = {p: read_worldcereal_cube.kind_of(p) for p in files if p.suffix.lower() in (".nc", ".nc4")}
    maps = tuple(p for p, kind in nets.items() if kind == "map")
    for path in (p for p, kind in nets.items() if kind == "cube"):
        yield SeriesSet(_joined(where, path.stem), "worldcereal_cube", "cube", (path, *_beside(path, maps)))
    series: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in _TIFF and (day := day_in(path.name)) is not None:
            series.setdefault(_shared(path.stem, day), []).append(path)
    for place, dated in series.items():
        if len(dated) > 1:
            yield SeriesSet(_joined(where, place or "images"), "dated_images", "cube", tuple(dated))


def _name(folder: Path, root: Path) -> str:
    """Return where ``folder`` lies under ``root``, or its own name where it is not below it."""
    return folder.relative_to(root).as_posix() if folder != root and root in folder.parents else folder.name


def _beside(cube: Path, maps: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the maps on the cube's own pixels."""
    wanted = _grid(cube)
    return tuple(each for each in maps if wanted is not None and _grid(each) == wanted)


def _grid(path: Path) -> tuple[float, ...] | None:
    try:
        with xr.open_dataset(path, engine="h5netcdf", decode_times=False) as held:
            axes = [np.asarray(held[axis].values, float) for axis in ("y", "x")]
            return tuple(v for axis in axes for v in (len(axis), axis[0], axis[-1]))
    except (OSError, ValueError, LookupError):
        return None


def _shared(stem: str, day: np.datetime64) -> str:
    text = str(day)
    for written in (text, text.replace("-", ""), text.replace("-", "_"), text.replace("-", ".")):
        if written in stem:
            return stem.split(written)[0].strip("_-. ")
    return ""


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
