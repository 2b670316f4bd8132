"""Every door through which a file of a visitor comes in, called as the pages and the commands call it."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fuzz.seeds import Files
from eogen.errors import InputError


def _landcover(files: Files, folder: Path) -> Any:
    import numpy as np

    from eogen.landcover import read
    from eogen.raster import overlay

    image = read.read_upload(files[0][1], files[0][0])
    small = image.isel(y=slice(0, 64), x=slice(0, 64))
    overlay(np.zeros((*small.shape[1:], 3), np.uint8), small)  # what the page does next
    return image


def _canopy(files: Files, folder: Path) -> Any:
    from eogen.canopy import read

    angles = {"solar_zenith": 35.0, "view_zenith": 5.0, "relative_azimuth": 90.0}
    return read.read_upload(files[0][1], files[0][0], angles=angles)


def _canopy_points(files: Files, folder: Path) -> Any:
    from eogen.canopy import geopackage

    return geopackage.rows(_written(files, folder)[0])


def _change_pair(files: Files, folder: Path) -> Any:
    from eogen.change.read_upload import upload

    return upload(files[:2], files[2] if len(files) > 2 else None)


def _change_series(files: Files, folder: Path) -> Any:
    from eogen.change.read_upload import upload

    return upload(files)


def _checkpoint(files: Files, folder: Path) -> Any:
    from eogen.change.adapters.checkpoint import tensors

    return tensors(_written(files, folder)[0])


def _ocean(files: Files, folder: Path) -> Any:
    from eogen.ocean import read

    return read.upload(*files[0]).load()


def _rain(files: Files, folder: Path) -> Any:
    from pages.parts.rain import score_upload

    return score_upload.read(files)


def _rain_extent(files: Files, folder: Path) -> Any:
    from pages.parts.rain import score_upload

    return score_upload.extent(files[0][1], files[0][0])


def _rain_radar(files: Files, folder: Path) -> Any:
    from eogen import limits
    from eogen.rain import read_gauges, read_radar
    from pages.parts.rain.score_upload import written

    with limits.visitor():  # as pages.parts.rain.score_upload
        paths = written(files, folder / "radar")
        if all(read_gauges.is_gauges(path.read_bytes()[:300]) for path in paths):
            return read_gauges.read(paths[0]).load()
        return read_radar.read(paths).load()


def _series(files: Files, folder: Path) -> Any:
    from eogen.landcover.series import sets

    _written(files, folder)
    return [sets.open(each) for each in sets.sets(folder)]


def _weights(files: Files, folder: Path) -> Any:
    from torch import nn

    from eogen.nn import weights

    path = next(p for p in _written(files, folder) if p.suffix == ".safetensors")
    card = weights.card_path(path)
    try:  # the card vouches for the file, so that what is wrong in the file itself is met
        told = json.loads(card.read_text("utf-8"))
        told["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        card.write_text(json.dumps(told), "utf-8")
    except (ValueError, TypeError, RecursionError):
        pass
    return weights.load(nn.Linear(3, 2), path), weights.beside(path)


def _results(files: Files, folder: Path) -> Any:
    from eogen.results import Report

    return Report.from_json(_written(files, folder)[0].read_text("utf-8", "replace")).table()


def _verdicts(files: Files, folder: Path) -> Any:
    from eogen.verdicts.export import to_csv
    from eogen.verdicts.record import current, read_lines

    return to_csv(current(read_lines(_written(files, folder)[0].read_bytes()).verdicts))


def _archive(files: Files, folder: Path) -> Any:
    from eogen.catalog.unpack import unpack

    unpack(_written(files, folder)[0], folder / "target", folder / "work")


def _trap(files: Files, folder: Path) -> Any:
    """Do what a broken reader might: a suite that does not see these sees nothing."""
    what = files[0][0]
    if what == "dies":
        os.abort()
    if what == "hangs":
        time.sleep(60)
    if what == "writes":
        Path(os.environ["HOME"], "outside.txt").write_text("x")
    if what == "asks":
        socket.create_connection(("127.0.0.1", 9))
    if what == "eats":
        return b"x" * 1_200_000_000
    if what == "leaves":
        tempfile.mkstemp()
    if what == "mute":
        raise InputError("no_such_code", "Nobody can say this.")
    raise RuntimeError(what)


READERS: dict[str, Callable[[Files, Path], Any]] = {
    "landcover": _landcover, "canopy": _canopy, "canopy_points": _canopy_points, "change_pair": _change_pair,
    "change_series": _change_series, "checkpoint": _checkpoint, "ocean": _ocean, "rain": _rain,
    "rain_extent": _rain_extent, "rain_radar": _rain_radar, "series": _series, "weights": _weights,
    "results": _results, "verdicts": _verdicts, "archive": _archive, "trap": _trap,
}  # fmt: skip


def _written(files: Files, folder: Path) -> list[Path]:
    paths = []
    for name, data in files:
        inside = "/".join(part for part in name.replace("\0", "").split("/") if part not in ("", ".", ".."))
        path = folder / (inside or "file")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        paths.append(path)
    return paths
