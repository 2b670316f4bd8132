"""Pairs for which nobody is asked for files, simulated or of the real sets on this machine, and what was made of them.

The last few are kept, so that many cases of one pair cost one reading and one map.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from eogen import catalog
from eogen.change import calibrate, display, methods, objects, sets
from eogen.change.default import default
from eogen.change.simulate import KINDS, simulate
from eogen.change.stack import pair
from eogen.colour import Scale
from eogen.errors import InputError, Unavailable

#: The source that is on every machine; the choice of estimator that is left to the images.
SIMULATED, BEST = "simulated", "best"


@dataclass(frozen=True, eq=False)
class Sight:
    """One pair.

    Attributes:
        source: :data:`SIMULATED`, or the name of a set.
        scene: of its pairs.
        seed: of a simulated one, 0 for others.
        images: a pair (:mod:`eogen.change.stack`); do not write into it.
        content: 16 hexadecimal digits that tell these images from others.
    """

    source: str
    scene: str
    seed: int
    images: xr.DataArray = field(repr=False)
    content: str


def folders() -> dict[str, sets.SetFolder]:
    """Return the real sets on this machine by name; reads names of files only."""
    return {folder.name: folder for folder in sets.sets(catalog.room_folder("change"))}


def offered(images: xr.DataArray | None = None) -> list[str]:
    """Return the estimators that can be asked on this machine, in the order of the registry."""
    return [name for name, row in methods.METHODS.items() if not methods.unavailable(row, images)]


def scenes(source: str) -> tuple[str, ...]:
    """Return the names of the pairs of a source.

    Raises:
        Unavailable: ``judged_source`` when the set is not on this machine.
    """
    return KINDS if source == SIMULATED else _folder(source).pairs


def sight(source: str, scene: str, seed: int) -> Sight:
    """Return a pair.

    Raises:
        Unavailable: ``judged_source``.
        InputError: ``judged_scene``; those of the readers.
    """
    folder = None if source == SIMULATED else _folder(source)
    known = KINDS if folder is None else folder.pairs
    if scene not in known:
        raise InputError(
            "judged_scene", "{source} has no images called {scene}; the first of them are: {known}.",
            source=source, scene=scene, known=", ".join(known[:8]),
        )  # fmt: skip
    if folder is None:
        return _simulated(scene, int(seed))
    return _real(source, scene, _stamp(folder.files[scene]))


def judged(seen: Sight, name: str) -> xr.Dataset:
    """Return the map of an estimator with ``p_value`` (y, x), told by the pair itself; do not write into it.

    Args:
        seen: the pair.
        name: of an estimator, or :data:`BEST`.

    Raises:
        InputError: those of :func:`eogen.change.methods.score`.
    """
    return _judged(seen, name if name != BEST else default(seen.images, offered(seen.images)))


@lru_cache(maxsize=32)
def alarming(seen: Sight, name: str, limit: float, least: int) -> np.ndarray:
    """Return the objects of :func:`judged` (:func:`eogen.change.objects.alarms`); do not write into it."""
    return objects.alarms(judged(seen, name), limit, least)


@lru_cache(maxsize=32)
def surprising(seen: Sight, name: str) -> tuple[np.ndarray, Scale]:
    """Return :func:`judged` in colours, uint8 (y, x, 3), grey where nothing is known, and their scale."""
    p = judged(seen, name).p_value.values
    scale = display.surprise_scale(p)
    heat = scale.colour(display.surprise(p))
    heat[heat[..., 3] == 0] = 128
    return np.ascontiguousarray(heat[..., :3]), scale


@lru_cache(maxsize=48)
def shown(seen: Sight, which: int) -> np.ndarray:
    """Return a date in natural colours, uint8 (y, x, 3), one scale for both; do not write into it."""
    return display.natural(seen.images, which, display.stretch(seen.images))


@lru_cache(maxsize=64)
def weights(name: str) -> str:
    """Return the SHA-256 of an estimator's weights, ``""`` for one that has none of ours."""
    if not (model := methods.method(name).model):
        return ""
    from eogen.change import models

    return models.load(model)[1].sha256


def _folder(source: str) -> sets.SetFolder:
    if source not in (found := folders()):
        raise Unavailable(
            "judged_source", "The images of {source} are not on this machine; fetch them, then try again.",
            source=source,
        )  # fmt: skip
    return found[source]


@lru_cache(maxsize=32)
def _judged(seen: Sight, name: str) -> xr.Dataset:
    found = methods.score(seen.images, name)
    made = calibrate.p_values(found, calibrate.self_usual(found))
    return found.assign(p_value=made.p_value).assign_attrs(made.attrs)


@lru_cache(maxsize=32)
def _simulated(scene: str, seed: int) -> Sight:
    return _sight(SIMULATED, scene, seed, simulate(scene, seed))


@lru_cache(maxsize=12)
def _real(source: str, scene: str, stamp: tuple[object, ...]) -> Sight:
    return _sight(source, scene, 0, pair(sets.open(_folder(source), scene)).load())


def _sight(source: str, scene: str, seed: int, images: xr.DataArray) -> Sight:
    told = hashlib.sha256(np.ascontiguousarray(images.values).tobytes()).hexdigest()[:16]
    return Sight(source, scene, seed, images, told)


def _stamp(files: sets.Pair) -> tuple[object, ...]:
    """Return what the content of a pair's files depends on, without reading them."""
    paths = [*files.before, *files.after, *([files.label] if files.label else [])]
    return tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in map(Path, paths))
