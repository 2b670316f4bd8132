"""Our own fill of the real series of phytoplankton types: each on its own, or as a composition.

The boxes become a cube of one column (time, box, 1). Blocks of days are withheld from the types, box by box in turn,
and filled from what is left of the other days and boxes, in two ways by the same method: every type and their sum each
on its own, as DINEOF and DINCAE did; or the sum and the log-ratios. The second closes by construction; the question is
whether it costs accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.ocean import compositions
from eogen.ocean.cube import cube
from eogen.ocean.methods import fill
from eogen.ocean.pft import OFF, TYPES, total

#: Of every CYCLE days of a box, AWAY are withheld; boxes take turns.
AWAY, CYCLE = 30, 150


@dataclass(frozen=True)
class Refill:
    """Two ways to fill the same gaps.

    Attributes:
        method: of the registry.
        alone: RMSD (log10) over withheld types, each filled on its own.
        together: RMSD, filled as a composition.
        off_alone: part of the withheld region-days where the types, filled alone, miss their sum, filled alone, by more
            than 10 %.
        off_together: same, as a composition.
        count: region-days withheld.
    """

    method: str
    alone: float
    together: float
    off_alone: float
    off_together: float
    count: int


def refill(observed: xr.Dataset, method: str, at: dict[int, float] | None = None, seed: int = 0) -> Refill:
    """Return how a method fills the types alone and together.

    Args:
        observed: series of :func:`eogen.ocean.pft.read`.
        method: name of a method without drivers.
        at: latitude of each box; ten degrees apart by default.
        seed: of the method.

    Raises:
        InputError, Unavailable: those of :func:`~eogen.ocean.methods.fill`.
    """
    regions = observed.region.values
    lat = np.array([(at or {}).get(int(r), 10.0 * k - 45.0) for k, r in enumerate(regions)])
    order = np.argsort(lat)
    sorted_ = observed.isel(region=order)
    logs = np.stack([sorted_[name].values.T for name in TYPES]).astype(np.float64)
    logs[:, ~np.isfinite(logs).all(0)] = np.nan
    whole = np.log10(total(sorted_).values.T)
    day = np.arange(logs.shape[1])[:, None] + CYCLE // len(regions) * np.arange(len(regions))
    held = (day % CYCLE < AWAY) & np.isfinite(whole)

    def filled(values: np.ndarray, name: str) -> np.ndarray:
        hidden = np.where(held, np.nan, values)[..., None]
        axes = (sorted_.time.values, lat[order], np.array([-25.0]))
        made = cube(hidden, *axes, np.ones((len(lat), 1), bool), name=name, kind="real")
        return fill(made, method, seed=seed)["mean"].values[..., 0].astype(np.float64)

    alone = np.stack([filled(log, "log10_chl") for log in logs])
    sum_alone = filled(whole, "log10_chl")
    ratios = compositions.log_ratios(10.0**logs)
    parts = compositions.parts(np.stack([filled(r, "log_ratio_1") for r in ratios]))
    together = sum_alone + np.log10(parts)

    def rmsd(answer: np.ndarray) -> float:
        return float(np.sqrt(np.mean((answer - logs)[:, held] ** 2)))

    def off(answer: np.ndarray) -> float:
        return float((np.abs((10.0**answer).sum(0) / 10.0**sum_alone - 1)[held] > OFF).mean())

    return Refill(method, rmsd(alone), rmsd(together), off(alone), off(together), int(held.sum()))
