"""Real radars and real IMERG maps: how much it rains, how smooth it is, how fast it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from eogen.errors import InputError, Unavailable
from eogen.rain import read, sets
from eogen.rain.evaluate_figures import Said
from eogen.rain.evaluate_sanity import smoothness

if TYPE_CHECKING:
    from eogen.rain.evaluate import Bench

#: Most files of a set (from the first on, so that neighbours in time stay together), in a quick run too.
MOST, QUICK = 24, 6
#: Most cells of a map that are looked at: what covers a continent is cut to its middle.
SIDE = 120


def measure(bench: Bench) -> None:
    """Add figures of every radar and every IMERG set that holds a map with data."""
    found = [each for each in sets.sets(bench.root) if each.radar or each.kind == "imerg"]
    if not found:
        bench.absent("There are no radar and no IMERG maps in the folder.")
    for k, each in enumerate(found):
        bench.progress(k, len(found), "score")
        some = sets.RainSet(each.name, each.kind, each.paths[: QUICK if bench.quick else MOST])
        try:
            held = sets.open(some)
            rain = held["radar" if each.radar else "precipitation"]
            rain = _half_hours(held, rain.name)
        except (InputError, Unavailable) as reason:
            bench.absent(f"{each.name}: {reason}")
            continue
        if not bool(np.isfinite(rain).any()):
            bench.absent(f"{each.name}: no cell has data.")
            continue
        bench.report.data.append(
            {"name": each.name, "path": each.name, "n": int(rain.sizes["time"]), "files": len(some.paths)}
        )
        bench.report.figures += smoothness(Said(each.kind, each.name), _middle(rain))


def _half_hours(held: xr.Dataset, name: str) -> xr.DataArray:
    """Return maps as half-hour means where they are finer than that, as they are where they cannot be."""
    step = float(held["time"].attrs.get("step_minutes", 30))
    if step < 30 and held.sizes["time"] * step >= 30:
        try:
            return read.means(held[[name]], 30)[name]
        except InputError:
            return held[name]
    return held[name]


def _middle(rain: xr.DataArray) -> xr.DataArray:
    """Return the middle of maps larger than is needed."""
    cut = {}
    for axis in ("lat", "lon"):
        n = rain.sizes[axis]
        start = max(0, (n - SIDE) // 2)
        cut[axis] = slice(start, start + SIDE)
    return rain.isel(cut)
