"""Seas for which nobody is asked for files, simulated or real and on this machine, and what methods made of them.

The last few are kept, so that many cases of one sea cost one reading and one trial a method.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import xarray as xr

from eogen import catalog
from eogen.errors import InputError, Unavailable
from eogen.ocean import seas, sources
from eogen.ocean.holdout import spread
from eogen.ocean.methods import METHODS, WEIGHTS, method
from eogen.ocean.trial import Trial, hidden, trial
from eogen.progress import Progress, silent

#: Draws asked of a method; those that are offered first.
MEMBERS, FIRST = 4, ("vae", "oi", "flow_matching")


@dataclass(frozen=True, eq=False)
class Sight:
    """One sea.

    Attributes:
        source: a name of :data:`eogen.ocean.seas.SIMULATED`, or the key of a real one.
        seed: of a simulated one, 0 for others.
        cube: at most 96 x 96 cells of it, those that were seen most; do not write into it.
        content: 16 hexadecimal digits that tell this sea from others.
    """

    source: str
    seed: int
    cube: xr.DataArray = field(repr=False)
    content: str


def names() -> list[str]:
    """Return what can be chosen: the simulated seas first, then the real series on this machine; reads names only."""
    return [*seas.SIMULATED, *_held()]


def offered() -> list[str]:
    """Return the methods that can be asked on this machine without physical fields, quick ones that draw first."""
    here = [
        name
        for name, row in METHODS.items()
        if not row.drivers and (not row.model or (WEIGHTS / f"{row.model}.safetensors").is_file())
    ]
    return [*(name for name in FIRST if name in here), *(name for name in here if name not in FIRST)]


def sight(source: str, seed: int) -> Sight:
    """Return a sea.

    Raises:
        Unavailable: ``judged_source``.
        InputError: those of the readers.
    """
    if source in seas.SIMULATED:
        return _simulated(source, int(seed))
    if source not in (held := _held()):
        raise Unavailable(
            "judged_source", "The images of {source} are not on this machine; fetch them, then try again.",
            source=source,
        )  # fmt: skip
    path = held[source].path
    return _real(source, path.stat().st_mtime_ns)


def unchanged(source: str, seed: int, content: str) -> Sight:
    """Return the sea of a case.

    Raises:
        InputError: ``judged_other_images`` when it is no longer the one of the case; as :func:`sight`.
    """
    seen = sight(source, seed)
    if seen.content != content:
        raise InputError(
            "judged_other_images", "The images {scene} of {source} have changed since this case was made; make a new "
            "campaign.", scene=str(seen.cube.attrs.get("title", source)), source=source,
        )  # fmt: skip
    return seen


def tried(seen: Sight, name: str, dates: int, progress: Progress = silent) -> Trial:
    """Return what a method said of cells hidden under other dates' clouds; kept, do not write into it.

    Args:
        seen: the sea.
        name: of a method.
        dates: how many, spread over the sea's.
        progress: the method's stages, the first time.

    Raises:
        InputError: those of :func:`eogen.ocean.trial.trial`.
    """
    key = (seen.content, name, dates)
    if key not in _TRIED:
        while len(_TRIED) >= _KEPT:
            _TRIED.pop(next(iter(_TRIED)), None)
        targets = spread(np.isfinite(seen.cube.values), dates)
        given = hidden(seen.cube, targets)
        _TRIED[key] = trial(seen.cube, name, given=given, members=MEMBERS, progress=progress)
    return _TRIED[key]


#: Trials kept, 2 to 5 MB each; the oldest goes first.
_KEPT = 24
_TRIED: dict[tuple[str, str, int], Trial] = {}


@lru_cache(maxsize=64)
def weights(name: str) -> str:
    """Return the SHA-256 of a method's weights, ``""`` for one that has none."""
    if not (model := method(name).model):
        return ""
    from eogen.ocean import models

    return models.load(model)[1].sha256


def _held() -> dict[str, sources.Source]:
    found = sources.sources(catalog.room_folder("ocean"))
    return {one.key: one for one in found if one.step != "single"}


@lru_cache(maxsize=12)
def _simulated(source: str, seed: int) -> Sight:
    return _sight(source, seed, seas.simulated(seas.SIMULATED[source], seed).observed)


@lru_cache(maxsize=6)
def _real(source: str, stamp: int) -> Sight:
    whole = seas.with_something(_held()[source].load().load())
    rows, columns = seas.window(whole)
    return _sight(source, 0, whole[:, rows, columns].copy())


def _sight(source: str, seed: int, cube: xr.DataArray) -> Sight:
    told = hashlib.sha256(np.ascontiguousarray(cube.values).tobytes()).hexdigest()[:16]
    return Sight(source, seed, cube, told)
