"""Maps whose scores are known, as models learn from them: frames, hand features, scores, and the day they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from eogen.progress import Progress, silent
from eogen.rain.features import features
from eogen.rain.frames import frames
from eogen.rain.scores import score_maps
from eogen.rain.simulate import SHAPE, simulate

#: Scores that are predicted. ``csi`` and ``rmse_log`` follow the wet area closely, the others do not.
TARGETS = ("cc_log", "fss", "log_bias", "csi", "hss", "rmse_log")
FIRST_DAY, DAYS = np.datetime64("2022-06-01"), 730


@dataclass(frozen=True)
class Examples:
    """Maps and what is known of them, row by row.

    Attributes:
        frames: (n, channel, side, side) float16, from :func:`eogen.rain.frames.frames`.
        features: (n, feature) of :func:`eogen.rain.features.features`, NaN where one has no meaning.
        scores: (n, score) true scores, at least :data:`TARGETS`, NaN where one has no meaning.
        time: (n,) datetime64 UTC, start of the map.
        block: (n,) int: maps of one block (a simulated day, a real day) resemble each other and are never split.
        regime: (n,) str, weather regime where known, else "".
        real_time: whether nothing was taken from the map after.
    """

    frames: np.ndarray
    features: pd.DataFrame
    scores: pd.DataFrame
    time: np.ndarray
    block: np.ndarray
    regime: np.ndarray
    real_time: bool = False

    def __len__(self) -> int:
        return len(self.frames)

    def some(self, rows: np.ndarray | slice) -> Examples:
        """Return the rows (indices or mask) alone."""
        return replace(
            self, frames=self.frames[rows], features=self.features.iloc[rows], scores=self.scores.iloc[rows],
            time=self.time[rows], block=self.block[rows], regime=self.regime[rows],
        )  # fmt: skip

    @property
    def days(self) -> np.ndarray:
        """(n,) datetime64: one artificial day a block, what functions that group by day are given."""
        return np.datetime64("2000-01-01", "ns") + self.block.astype("timedelta64[D]")


def of_maps(imerg: xr.Dataset, real_time: bool = False, block: int = 0) -> Examples:
    """Return the examples of an IMERG dataset; scores where it is a pair, else NaN.

    Args:
        imerg: a pair, or IMERG alone (:mod:`eogen.rain.maps`).
        real_time: take nothing from the map after.
        block: number of the block all of them belong to.
    """
    n = imerg.sizes["time"]
    if "radar" in imerg:
        scores = score_maps(imerg["precipitation"], imerg["radar"]).to_dataframe()
        scores = scores[[c for c in scores if c not in ("regime",)]].reset_index(drop=True)
    else:
        scores = pd.DataFrame(np.nan, index=range(n), columns=list(TARGETS))
    regime = imerg["regime"].values.astype(str) if "regime" in imerg.coords else np.full(n, "")
    return Examples(
        frames(imerg, real_time), features(imerg, real_time).reset_index(drop=True), scores, imerg["time"].values,
        np.full(n, block), regime, real_time,
    )  # fmt: skip


def join(parts: Sequence[Examples]) -> Examples:
    """Return several as one; blocks keep their numbers."""
    first = parts[0]
    cat = lambda name: np.concatenate([getattr(p, name) for p in parts])
    table = lambda name: pd.concat([getattr(p, name) for p in parts], ignore_index=True)
    return Examples(
        cat("frames"),
        table("features"),
        table("scores"),
        cat("time"),
        cat("block"),
        cat("regime"),
        first.real_time,
    )


def day_of(seed: int) -> np.datetime64:
    """Return the date of the simulated day of a seed: neighbouring seeds lie in other seasons of the two years."""
    return FIRST_DAY + np.timedelta64(seed * 277 % DAYS, "D")


def simulated(
    seeds: Sequence[int],
    *,
    run: str = "late",
    stride: int = 2,
    shape: tuple[int, int] = SHAPE,
    drop: Sequence[str] = (),
    progress: Progress = silent,
) -> Examples:
    """Return the examples of simulated days, one day a seed, which is also the number of its block.

    Args:
        seeds: of :func:`eogen.rain.simulate.simulate`; each is a day of its own weather (:func:`day_of`).
        run: ``"late"``, or ``"early"``, which is real time.
        stride: every how many half hours a map is taken; the first and last of a day never are, their neighbours being
            unknown.
        shape: cells (lat, lon).
        drop: satellites switched off.
        progress: stage ``simulate``.
    """
    parts = []
    for k, seed in enumerate(seeds):
        progress(k, len(seeds), "simulate")
        day = simulate(seed, 48, start=day_of(seed), run=run, shape=shape, drop=drop)
        parts.append(of_maps(day, run == "early", seed).some(np.arange(1, 47, stride)))
    return join(parts)
