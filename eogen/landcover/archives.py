"""The labelled sets: EuroSAT (pictures and 13-band files, zipped or not) and TerraMesh (land-cover masks).

Listing reads names only; pixels and hashes are read when asked for.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.bands import CLASSES, EUROSAT_ORDER
from eogen.landcover.decode import decode, picture
from eogen.landcover.images import read_bytes, read_image
from eogen.progress import Progress, silent

#: Land-cover codes of TerraMesh (ESRI / Impact Observatory 10 m), checked against the spectra of its tiles.
LULC: dict[int, str] = {
    0: "no_data",
    1: "water",
    2: "trees",
    3: "flooded_vegetation",
    4: "crops",
    5: "built",
    6: "bare",
    7: "snow_ice",
    8: "clouds",
    9: "rangeland",
}
#: Side of an EuroSAT patch, pixels of 10 m.
PATCH = 64
#: Largest patch accepted from an archive (an official one has at most 107 kB): guards against zip bombs.
MAX_MEMBER_BYTES = 5_000_000


@dataclass(frozen=True)
class Sample:
    """One labelled EuroSAT patch, not yet read.

    Attributes:
        name: official name without extension, e.g. "River_1690".
        label: one of :data:`eogen.landcover.bands.CLASSES`.
        path: the file, or the zip archive that holds it.
        member: its name inside the archive, or None.
    """

    name: str
    label: str
    path: Path
    member: str | None = None

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises:
            InputError: ``archive_damaged``, ``file_not_found``.
        """
        if self.member is not None:
            return _member(self.path, self.member)
        if not self.path.is_file():
            raise InputError("file_not_found", "There is no file {name}.", name=str(self.path))
        return self.path.read_bytes()

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, hex (read on first use); equals the official release's list."""
        return hashlib.sha256(self.read()).hexdigest()

    def load(self) -> xr.DataArray:
        """Return the patch as reflectance; see :func:`eogen.landcover.images.read_image`.

        The layout of the release is known and not guessed: its own band order, and no offset (its scenes are of
        2015 to 2017, before processing baseline 04.00).
        """
        source = Path(self.member or self.path).name
        known = {"bands": EUROSAT_ORDER, "offset": 0} if source.lower().endswith(".tif") else {}
        return read_bytes(self.read(), source, origin="real", **known)


@dataclass(frozen=True)
class MaskedSample:
    """One TerraMesh tile (224 x 224 pixels of 10 m) with a land-cover code for every pixel.

    Attributes:
        name: tile name, e.g. "433D_629L_3_1".
        root: folder that holds S2L1C/, S2L2A/ and LULC/.
    """

    name: str
    root: Path

    def l1c(self) -> xr.DataArray:
        """Return top-of-atmosphere reflectance, 13 bands."""
        return read_image(self.root / "S2L1C" / f"{self.name}.tif")

    def l2a(self) -> xr.DataArray:
        """Return surface reflectance, 12 bands."""
        return read_image(self.root / "S2L2A" / f"{self.name}.tif")

    def mask(self) -> xr.DataArray:
        """Return "land_cover" (y, x), uint8, codes of :data:`LULC` (CF flag_values and flag_meanings)."""
        path = self.root / "LULC" / f"{self.name}.tif"
        if not path.is_file():
            raise InputError("file_not_found", "There is no file {name}.", name=str(path))
        like = self.l1c() if (self.root / "S2L1C" / path.name).is_file() else self.l2a()
        codes = decode(path.read_bytes(), path.name).values[0].astype(np.uint8)
        if codes.shape != like.shape[1:]:
            raise _broken(path)
        mask = like.isel(band=0, drop=True).copy(data=codes).rename("land_cover")
        mask.attrs = {
            "flag_values": np.array(list(LULC), dtype=np.uint8),
            "flag_meanings": " ".join(LULC.values()),
            "source": path.name,
            "origin": "real",
        }
        return mask


def eurosat_rgb(root: str | Path) -> list[Sample]:
    """List the EuroSAT pictures (64 x 64 JPEG) under ``root``, by class, then by number.

    Every zip archive in ``root`` and every folder at most two levels down is searched for
    ``<Class>/<Class>_<number>.jpg``, which covers the official EuroSAT.zip (2750/…), EuroSAT_RGB.zip and
    their extracted folders. A patch met twice is listed once. Nothing found: an empty list.

    Raises:
        InputError: ``archive_damaged``.
    """
    return _samples(Path(root), ".jpg")


def eurosat_ms(root: str | Path) -> list[Sample]:
    """List the 13-band EuroSAT patches (64 x 64 GeoTIFF) under ``root``; otherwise as :func:`eurosat_rgb`."""
    return _samples(Path(root), ".tif")


def terramesh(root: str | Path) -> list[MaskedSample]:
    """List the TerraMesh tiles under ``root`` (or ``root/terramesh_lulc``) that have a land-cover mask."""
    root = Path(root)
    folders = [f for f in (root, root / "terramesh_lulc") if (f / "LULC").is_dir()]
    return [MaskedSample(path.stem, f) for f in folders for path in sorted((f / "LULC").glob("*.tif"))]


def pixels(samples: Sequence[Sample], progress: Progress = silent) -> np.ndarray:
    """Decode many EuroSAT pictures at once: uint8 (n, 64, 64, 3), in the order given.

    Raises:
        InputError: ``patch_size`` where a picture is not 64 x 64, and those of :meth:`Sample.read`.
    """
    out = np.empty((len(samples), PATCH, PATCH, 3), dtype=np.uint8)
    # In the order of the files inside each archive: one pass over the disk.
    order: dict[Path, list[int]] = defaultdict(list)
    for i, sample in enumerate(samples):
        order[sample.path].append(i)
    done = 0
    for path, members in order.items():
        if samples[members[0]].member is not None:
            position = {m.filename: m.header_offset for m in _archive(path).infolist()}
            members.sort(key=lambda i: position.get(samples[i].member or "", 0))
        for i in members:
            sample = samples[i]
            rgb, _ = picture(sample.read(), sample.name)
            if rgb.shape != out.shape[1:]:
                raise InputError(
                    "patch_size",
                    "{name} is {width} x {height} pixels; EuroSAT patches are {side} x {side}.",
                    name=sample.name,
                    width=rgb.shape[1],
                    height=rgb.shape[0],
                    side=PATCH,
                )
            out[i] = rgb
            done += 1
            if done % 500 == 0 or done == len(samples):
                progress(done, len(samples), "read_patches")
    return out


def _samples(root: Path, suffix: str) -> list[Sample]:
    pattern = re.compile(rf"(?:^|/)({'|'.join(CLASSES)})/(\1_(\d+)){re.escape(suffix)}$", re.IGNORECASE)
    found: dict[tuple[str, int], Sample] = {}

    def add(member: str, path: Path, inside: str | None) -> None:
        if match := pattern.search(member):
            found.setdefault((match[1], int(match[3])), Sample(match[2], match[1], path, inside))

    for depth in ("", "*/", "*/*/"):
        for label in CLASSES:
            for path in sorted(root.glob(f"{depth}{label}/{label}_*{suffix}")):
                add(path.as_posix(), path, None)
    for archive in sorted(root.glob("*.zip")):
        for member in _archive(archive).namelist():
            add(member, archive, member)
    return [found[key] for key in sorted(found)]


def _archive(path: Path) -> zipfile.ZipFile:
    """Return ``path`` opened for reading; kept open (parsing 21,600 entries takes a quarter of a second)."""
    try:
        state = path.stat()
        return _open(path, state.st_mtime_ns, state.st_size)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _broken(path) from error


@lru_cache(maxsize=8)
def _open(path: Path, modified: int, size: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _member(path: Path, member: str) -> bytes:
    archive = _archive(path)
    try:
        if archive.getinfo(member).file_size > MAX_MEMBER_BYTES:
            raise _broken(path)
        return archive.read(member)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile, ValueError) as error:
        raise _broken(path) from error


def _broken(path: Path) -> InputError:
    return InputError(
        "archive_damaged",
        "The archive {name} is damaged or incomplete; fetch it again.",
        name=path.name,
    )
