"""Which files of the room's folder are what, for the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xarray as xr

from eogen.errors import InputError
from eogen.ocean import read_open, read_sensors
from eogen.ocean.read import read

#: Files of the room that hold no maps of one variable over time.
NO_MAPS = ("pft_*", "*_reference_*")
#: Fewest frames of a series worth hiding cells of, and most cells (of all frames) that are read.
FRAMES, CELLS = 4, 60_000_000


def daily(root: Path) -> list[Path]:
    """Return the files of one or several sensors day by day, those with two sensors of one algorithm first."""
    found = []
    for path in sorted(root.glob("*_daily_*.nc")):
        with read_open.open_dataset(path) as opened:
            if read_sensors.by_sensor(opened):
                found.append((read_sensors.pair(opened) is None, path))
    return [path for _, path in sorted(found)]


def others(root: Path) -> list[Path]:
    """Return the files that may hold another series of maps."""
    some = [p for p in sorted(root.glob("*.nc")) if not any(p.match(pattern) for pattern in NO_MAPS)]
    return [p for p in some if p not in set(daily(root))]


def series(path: Path, absent: Callable[[str], None]) -> xr.DataArray | None:
    """Return the cube of a file; None for single images, and, with a sentence to ``absent``, for what cannot serve."""
    try:
        observed = read(path)
    except InputError as reason:
        absent(f"{path.name}: {reason}")
        return None
    if observed.sizes["time"] < FRAMES:
        return None
    if observed.size > CELLS:
        absent(f"{path.name}: {observed.size} values are more than the {CELLS} that the evaluation reads.")
        return None
    if "_l4_" in path.name.lower() or "-l4-" in str(observed.attrs.get("title", "")).lower():
        absent(f"{path.name}: an analysed (L4) product was filled by others and is no truth.")
        return None
    return observed.load()
