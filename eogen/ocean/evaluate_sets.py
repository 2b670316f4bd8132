"""The cases of the evaluation: which cubes a folder holds, which of their frames are scored, under whose clouds.

Any file of the pattern is taken: another year, region or sensor makes another case of the same kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import clouds, sets
from eogen.ocean.cube import composite, missing_share
from eogen.ocean.read import nep
from eogen.ocean.simulate import ocean

Kind = Literal["8-day", "daily", "monthly", "near-complete", "series", "simulated"]

#: Daily frames are kept with this share of the sea seen, and scored with that.
KEPT, SCORED = 0.02, 0.10
#: Days scored of every daily file but the first: more would cost minutes and say the same.
FURTHER = 24
#: A cube with a smaller share missing is a truth, to be hidden under the clouds of others.
COMPLETE = 0.05
#: Cloud masks lent to such cubes, and the share of the frame that each hides at least and at most.
LENT, LEAST, MOST = 200, 0.15, 0.75
#: Cells of one frame beyond which only its best-seen window of this side is scored (scenes of 300 m).
LARGE, WINDOW = 300_000, 256
#: Seed of the simulated sea; networks learn from seeds of 1000 and more.
SEA = 0


@dataclass(frozen=True)
class Case:
    """One experiment.

    Attributes:
        name: of the file, and how it was taken.
        path: of the file.
        kind: what sort of gaps.
        observed: cube.
        targets: frames to hide cells of.
        clouds: (mask, lat, lon) bool lent by others, or None: the cube's own.
        sensors: how many were merged.
        most: frames that are scored, at equal steps; all when None.
        note: what a reader must know.
        drivers: complete physical fields on the cube's grid, or None.
    """

    name: str
    path: Path
    kind: Kind
    observed: xr.DataArray
    targets: np.ndarray
    clouds: np.ndarray | None = None
    sensors: int = 1
    most: int | None = None
    note: str = ""
    drivers: xr.Dataset | None = None


def cases(root: Path, absent: Callable[[str], None]) -> Iterator[Case]:
    """Yield the cases of a folder; a sentence for each kind without a file goes to ``absent``."""
    found: set[str] = set()
    lent: xr.DataArray | None = None
    for number, path in enumerate(sets.daily(root)):
        whole = nep(path)
        lent = whole if lent is None else lent
        sensors = len(str(whole.attrs["sensors"]).split(","))
        eight = composite(whole)
        yield Case(f"{path.stem}, 8-day", path, "8-day", eight, np.arange(eight.sizes["time"]), None, sensors)
        share = np.isfinite(whole.values)[:, whole.sea.values].mean(1)
        some = whole.isel(time=np.flatnonzero(share > KEPT))
        targets = np.flatnonzero(share[share > KEPT] > SCORED)
        if len(targets) > 1:
            most = None if number == 0 else FURTHER
            yield Case(f"{path.stem}, daily", path, "daily", some, targets, None, sensors, most)
        found |= {"8-day", "daily"}
    for path in sets.others(root):
        if (observed := sets.series(path, absent)) is None:
            continue
        observed, note = _window(observed)
        every = np.arange(observed.sizes["time"])
        if missing_share(observed) < COMPLETE:
            masks, whose = lent_clouds(observed, lent)
            note = f"Hidden under {whose}. {note}".strip()
            yield Case(path.stem, path, "near-complete", observed, every, masks, note=note)
            found.add("near-complete")
        else:
            kind: Kind = "monthly" if _step(observed) > 20 else "series"
            yield Case(path.stem, path, kind, observed, every, note=note)
            found.add(kind)
    if found:
        yield _simulated()
    wanted = {
        "8-day and daily": "no daily cube (*_daily_*.nc with log10chl_SENSOR_ALGORITHM)",
        "monthly": "no monthly series with gaps",
        "near-complete": f"no series with less than {COMPLETE:.0%} missing",
        "series": "no short series with gaps",
    }
    for kind, what in wanted.items():
        if not found & set(kind.split(" and ")):
            absent(f"{kind}: {what} in this folder.")


def _simulated() -> Case:
    """Return a simulated sea with its drivers, of a seed no network learnt from."""
    made = ocean(SEA, 24, (96, 96), 8.0, "composite")
    every = np.arange(made.observed.sizes["time"])
    note = "Simulated, not real: truth and drivers are known."
    where = Path(f"eogen.ocean.simulate, seed {SEA}")
    return Case(
        f"simulated ocean, seed {SEA}",
        where,
        "simulated",
        made.observed,
        every,
        note=note,
        drivers=made.drivers,
    )


def lent_clouds(observed: xr.DataArray, daily: xr.DataArray | None, seed: int = 0) -> tuple[np.ndarray, str]:
    """Return (mask, lat, lon) bool clouds of a near-complete cube's shape, and whose they are.

    Args:
        observed: the cube.
        daily: a gappy cube; its real clouds are cut to shape if it is large enough.
        seed: draws windows or clouds.
    """
    rng = np.random.default_rng((seed, 5))
    shape = observed.shape[1:]
    if daily is not None:
        try:
            masks = clouds.bank([daily], shape, rng, LENT, LEAST, MOST)
            return masks, f"real clouds of {daily.attrs['sensors']}, {str(daily.time.values[0])[:4]}"
        except InputError as reason:
            if reason.code != "ocean_no_masks":  # no window of that shape: simulated ones serve
                raise
    return clouds.clouds(rng, LENT, shape, 0.4, kind="daily"), "simulated clouds"


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
