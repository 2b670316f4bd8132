"""TimeSen2Crop: a folder a Sentinel-2 tile, in it ``dates.csv`` and a folder a class with a CSV for each pixel.

Each CSV has a row a date, a column a band (B2 to B12, without B8) and a last one ``Flag``: 0 clear, 1 cloud, 2 shadow,
3 snow (Weikmann et al. 2021, doi:10.1109/JSTARS.2021.3073965).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.landcover.bands import ALL
from eogen.landcover.series.cube import parcels
from eogen.landcover.series.read_common import (
    MOST,
    QUANTIFICATION,
    damaged,
    days,
    lacking,
    large,
    table,
    unlike,
)  # fmt: skip

#: Classes of the folders 0 to 15, in the order of the table of the article.
CLASSES = (
    "legumes", "grassland", "maize", "potato", "sunflower", "soy", "winter_barley", "winter_caraway", "rye",
    "rapeseed", "beet", "spring_cereals", "winter_wheat", "winter_triticale", "permanent_plantation", "other_crops",
)  # fmt: skip
MOST_PARCELS = 2000
_BAND = re.compile(r"(?i)b0?(\d{1,2})(a?)$")


def is_tile(folder: Path) -> bool:
    """Return whether ``folder`` is a tile: ``dates.csv`` and folders of numbered classes."""
    return (folder / "dates.csv").is_file() and any(f.is_dir() and f.name.isdigit() for f in folder.iterdir())


def read(tile: Path | list[Path], *, most: int = MOST_PARCELS, seed: int = 0) -> xr.Dataset:
    """Return pixels of one tile or of several, as parcels.

    Args:
        tile: folder, or folders, of a tile.
        most: pixels to read, shared among the classes, drawn with ``seed`` where there are more.
        seed: of that draw.

    Returns:
        Parcels on the days of all the tiles; what is cloud, shadow or snow is NaN. ``group`` is the tile. Attribute
        ``of``: pixels in all.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_dates``; ``series_file_shape``; ``series_large``;
            those of ``parcels``.
    """
    folders = [Path(each) for each in (tile if isinstance(tile, list) else [tile])]
    rng = np.random.default_rng(seed)
    rows: list[tuple[np.ndarray, np.ndarray, int, int, str]] = []
    bands: list[str] | None = None
    total = 0
    for place, folder in enumerate(folders):
        when = days(_column(folder / "dates.csv"), f"{folder.name}/dates.csv")
        kinds = sorted(
            (f for f in folder.iterdir() if f.is_dir() and f.name.isdigit()), key=lambda f: int(f.name)
        )
        if not kinds:
            raise lacking(folder.name, "0/*.csv, 1/*.csv …")
        share = max(1, most // (len(kinds) * len(folders)))
        for kind in kinds:
            if int(kind.name) >= len(CLASSES):
                raise lacking(f"{folder.name}/{kind.name}", "0 … 15")
            files = sorted(kind.glob("*.csv"))
            total += len(files)
            if len(files) > share:
                files = [files[k] for k in np.sort(rng.choice(len(files), share, replace=False))]
            for file in files:
                values, named = _pixel(file, len(when))
                if bands is not None and named != bands:
                    raise lacking(
                        file.name, ", ".join(b for b in bands if b not in named) or ", ".join(bands)
                    )
                bands = named
                rows.append((when, values, int(kind.name), place, f"{folder.name}/{kind.name}/{file.stem}"))
    if not rows or bands is None:
        raise lacking(folders[0].name, "0/*.csv, 1/*.csv …")
    time = np.unique(np.concatenate([row[0] for row in rows]))
    if len(rows) * len(time) * len(bands) > MOST:
        raise large(folders[0].name, len(rows) * len(time) * len(bands))
    every = np.full((len(rows), len(time), len(bands)), np.nan, np.float32)
    for k, (when, values, *_) in enumerate(rows):
        every[k, np.searchsorted(time, when)] = values
    made = parcels(
        every, time, bands, label=np.array([row[2] for row in rows]), classes=CLASSES,
        group=np.array([row[3] for row in rows]), kind="real", dataset="timesen2crop",
        title=", ".join(f.name for f in folders), source=", ".join(f.name for f in folders),
        licence="CC BY 4.0; contains modified Copernicus Sentinel data", of=total,
    )  # fmt: skip
    made["sample"] = ("parcel", np.array([row[4] for row in rows]))
    return made


def _column(path: Path) -> pd.Series:
    """Return the column of dates, with or without a heading."""
    held = table(path, header=None, dtype=str)
    if not held.size:
        raise damaged(path.name, ValueError())
    dated = held.apply(lambda column: column.str.count(r"\d")).ge(8)
    best = held.loc[:, dated.sum().idxmax()]
    return best.iloc[1:] if not dated.loc[0, best.name] else best


def _pixel(path: Path, count: int) -> tuple[np.ndarray, list[str]]:
    """Return (date, band) reflectance, NaN where not clear, and the bands."""
    held = table(path)
    named = {}
    for column in held.columns:
        if match := _BAND.fullmatch(str(column).strip()):
            name = f"B{match[1]}A" if match[2] else f"B{int(match[1]):02d}"
            named[name] = column
    flag = next((c for c in held.columns if str(c).strip().lower() == "flag"), None)
    if flag is None or not named or not set(named) <= set(ALL):
        raise lacking(path.name, "B2 … B12, Flag")
    if len(held) != count:
        raise unlike(path.name, held.shape, f"{count} × {held.shape[1]}")
    bands = [b for b in ALL if b in named]
    try:
        values = held[[named[b] for b in bands]].to_numpy(np.float32) / QUANTIFICATION
        values[held[flag].to_numpy(float) != 0] = np.nan
    except (TypeError, ValueError) as fault:
        raise damaged(path.name, fault) from fault
    return values, bands
