"""Simulated examples on disk, so that several models trained in a row need one simulation, also after a kill.

They lie in the platform's cache folder as plain arrays (``.npz``, no pickle), in pieces of days, under a name that
holds a hash of the code that made them: what another simulator made is never taken for this one's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs

from eogen.progress import Progress, silent
from eogen.rain.examples import Examples, join, simulated

#: Days in a piece.
PIECE = 60
_MADE_BY = (
    "examples", "features", "field", "frames", "geometry", "half_hours", "maps", "morphing", "orbits", "regimes",
    "scores", "scores_fss", "scores_sal", "scores_sums", "sensors", "simulate", "truth",
)  # fmt: skip


def folder() -> Path:
    """Return where pieces are kept (it may not exist yet)."""
    return platformdirs.user_cache_path("eogen", appauthor=False) / "rain"


def examples(
    seeds: Sequence[int], run: str = "late", *, within: Path | None = None, progress: Progress = silent
) -> Examples:
    """Return :func:`eogen.rain.examples.simulated` of the seeds, from disk where it is there, else kept there.

    Args:
        seeds: consecutive days, in pieces of :data:`PIECE`.
        run: ``"late"`` or ``"early"``.
        within: folder; None is :func:`folder`.
        progress: stage ``simulate``; may raise ``Cancelled``: pieces that are done stay.
    """
    where = within or folder()
    parts = []
    for start in range(0, len(seeds), PIECE):
        some = seeds[start : start + PIECE]
        path = where / f"{run}_{some[0]}-{some[-1]}_{_code()}.npz"
        if not path.is_file():
            made = simulated(
                some,
                run=run,
                progress=lambda done, _, stage, start=start: progress(start + done, len(seeds), stage),
            )
            write(made, path)
        parts.append(read(path))
    return join(parts)


def write(examples: Examples, path: Path) -> None:
    """Write examples, atomically; the rows of their tables are numbered anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as opened:
        np.savez_compressed(
            opened, frames=examples.frames, features=examples.features.to_numpy(np.float64),
            feature_names=np.array(examples.features.columns, str), scores=examples.scores.to_numpy(np.float64),
            score_names=np.array(examples.scores.columns, str), time=examples.time.astype("datetime64[ns]"),
            block=examples.block, regime=examples.regime.astype(str), real_time=np.array(examples.real_time),
        )  # fmt: skip
    part.replace(path)


def read(path: Path) -> Examples:
    """Return examples that :func:`write` wrote."""
    with np.load(path, allow_pickle=False) as held:
        table = lambda kind: pd.DataFrame(held[f"{kind}s"], columns=[str(n) for n in held[f"{kind}_names"]])
        return Examples(
            held["frames"], table("feature"), table("score"), held["time"], held["block"], held["regime"],
            bool(held["real_time"]),
        )  # fmt: skip


@lru_cache(maxsize=1)
def _code() -> str:
    """Return a short hash of the modules that examples depend on."""
    found = hashlib.sha256()
    for name in _MADE_BY:
        found.update(Path(str(import_module(f"eogen.rain.{name}").__file__)).read_bytes())
    return found.hexdigest()[:12]
