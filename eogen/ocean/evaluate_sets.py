"""The cases of the evaluation: which cubes a folder holds, which of their frames are scored, under whose clouds.

Any file of the pattern is taken: another year, region or sensor makes another case of the same kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.ocean import sets
from eogen.ocean.cube import composite, missing_share
from eogen.ocean.problem import problem

Kind = Literal["8-day", "daily", "monthly", "near-complete", "series"]

#: Daily frames are kept with this share of the sea seen, and scored with that.
KEPT, SCORED = 0.02, 0.10
#: A cube with a smaller share missing is a truth, to be hidden under the clouds of others.
COMPLETE = 0.05
#: Cloud masks lent to such cubes, and the share of the frame that each hides at least and at most.
LENT, LEAST, MOST = 200, 0.15, 0.75
#: Cells of one frame beyond which only its best-seen window of this side is scored (scenes of 300 m).
LARGE, WINDOW = 300_000, 256


@dataclass(frozen=True)
class Case:
    """One experiment.

    Attributes:
        name: of the file, and how it was taken.
        kind: what sort of gaps.
        observed: cube.
        targets: frames to hide cells of.
        clouds: (mask, lat, lon) bool lent by others, or None: the cube's own.
        sensors: how many were merged.
        note: what a reader must know.
    """

    name: str
    kind: Kind
    observed: xr.DataArray
    targets: np.ndarray
    clouds: np.ndarray | None = None
    sensors: int = 1
    note: str = ""


def cases(root: Path, absent: list[str], seed: int = 0) -> Iterator[Case]:
    """Yield the cases of a folder; a sentence for each kind without a file is added to ``absent``."""
    found: set[str] = set()
    lent: list[xr.DataArray] = []
    for path in sets.daily(root):
        whole = sets.merged(path)
        stem, sensors = path.stem, int(whole.attrs["sensors"])
        if not lent:
            lent.append(whole)
        eight = composite(whole)
        yield Case(f"{stem}, 8-day", "8-day", eight, np.arange(eight.sizes["time"]), None, sensors)
        share = np.isfinite(whole.values)[:, whole.sea.values].mean(1)
        some = whole.isel(time=np.flatnonzero(share > KEPT))
        targets = np.flatnonzero(share[share > KEPT] > SCORED)
        if len(targets) > 1:
            yield Case(f"{stem}, daily", "daily", some, targets, None, sensors)
        found |= {"8-day", "daily"}
    for path in sets.others(root):
        observed = sets.cube_of(path)
        if observed.sizes["time"] < 4:
            continue
        observed, note = _window(observed)
        every = np.arange(observed.sizes["time"])
        if missing_share(observed) < COMPLETE:
            masks = clouds(observed, lent[0] if lent else None, seed)
            whose = "the clouds of " + str(lent[0].attrs["title"]) if lent else "generated clouds"
            yield Case(
                path.stem, "near-complete", observed, every, masks, 1, f"Hidden under {whose}. {note}".strip()
            )
            found.add("near-complete")
        else:
            kind: Kind = "monthly" if _step(observed) > 20 else "series"
            yield Case(path.stem, kind, observed, every, None, 1, note)
            found.add(kind)
    wanted = {
        "8-day": "no daily cube (*_daily_*.nc with log10chl_SENSOR_ALGORITHM)",
        "monthly": "no monthly series (chlor_a)",
        "near-complete": "no near-complete series (sst)",
        "series": "no short series (dineof_*_sst.nc)",
    }
    absent += [f"{kind}: {what} in this folder." for kind, what in wanted.items() if kind not in found]


def clouds(observed: xr.DataArray, daily: xr.DataArray | None, seed: int = 0) -> np.ndarray:
    """Return (mask, lat, lon) bool clouds of the cube's shape: windows of real ones, else generated ones.

    Args:
        observed: a near-complete cube.
        daily: a gappy cube at least as large, or None.
        seed: draws windows or clouds.
    """
    rng = np.random.default_rng((seed, 5))
    ny, nx = observed.shape[1:]
    if daily is None or daily.shape[1] < ny or daily.shape[2] < nx:
        return generated((ny, nx), LENT, rng)
    seen, sea = problem(daily).observed, daily.sea.values
    masks: list[np.ndarray] = []
    for _ in range(100 * LENT):
        t, y, x = (
            rng.integers(len(seen)), rng.integers(sea.shape[0] - ny + 1), rng.integers(sea.shape[1] - nx + 1)
        )  # fmt: skip
        mask = ~seen[t, y : y + ny, x : x + nx]
        if sea[y : y + ny, x : x + nx].mean() > 0.97 and LEAST < mask.mean() < MOST:
            masks.append(mask)
            if len(masks) == LENT:
                return np.stack(masks)
    return generated((ny, nx), LENT, rng)


def generated(shape: tuple[int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, lat, lon) bool clouds: a rough Gaussian field above a level that leaves 25 to 85 % clear."""
    size = max(shape)
    white = rng.standard_normal((count, *shape)).astype(np.float32)
    field = np.zeros_like(white)
    for sigma in (size / 64, size / 16, size / 5):
        smooth = gaussian_filter(white, (0, sigma, sigma), mode="wrap")
        field += smooth / smooth.std() * np.float32(sigma**0.5)
    share = rng.uniform(1 - MOST, 1 - LEAST, count)
    level = [np.quantile(f, s) for f, s in zip(field, share, strict=True)]
    return field > np.array(level)[:, None, None]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while piece := opened.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _step(observed: xr.DataArray) -> float:
    return float(np.median(np.diff(observed.time.values)) / np.timedelta64(1, "D"))


def _window(observed: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Return the best-seen window of a large cube (and a note), or the cube itself."""
    ny, nx = observed.shape[1:]
    if ny * nx <= LARGE:
        return observed, ""
    seen = np.isfinite(observed.values).sum(0)
    total = np.pad(seen.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    h, w = min(ny, WINDOW), min(nx, WINDOW)
    sums = total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]
    y, x = np.unravel_index(sums.argmax(), sums.shape)
    cut = observed.isel(lat=slice(y, y + h), lon=slice(x, x + w))
    return cut, f"The best-seen window of {h} x {w} cells, of {ny} x {nx}."
