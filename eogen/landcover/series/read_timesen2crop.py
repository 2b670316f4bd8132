"""TimeSen2Crop: a folder a Sentinel-2 tile, in it ``dates.csv`` and a folder a class with a CSV for each pixel.

Each CSV has a row a date and ten columns: nine bands (:data:`BANDS`; the headings B1 to B9 only count them) and the
state of the pixel: 0 clear, 1 cloud, 2 shadow, 3 snow (Weikmann et al. 2021, doi:10.1109/JSTARS.2021.3073965).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.landcover.series.cube import parcels
from eogen.landcover.series.read_common import (
    MOST,
    QUANTIFICATION,
    believable,
    damaged,
    days,
    grouped,
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
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12")
#: The name of a tile, whatever stands before it (2019_33UVP is the place of 33UVP in another year).
_TILE = re.compile(r"\d\d[A-Z]{3}")


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
        Parcels on the days of all the tiles; what is cloud, shadow or snow is NaN. ``group`` is the tile, of any year.
        Attribute ``of``: pixels in all.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_dates``; ``series_file_shape``; ``series_large``;
            those of ``parcels``.
    """
    folders = [Path(each) for each in (tile if isinstance(tile, list) else [tile])]
    rng = np.random.default_rng(seed)
    rows: list[tuple[np.ndarray, np.ndarray, int, str, str]] = []
    total = 0
    for folder in folders:
        place = m[0] if (m := _TILE.search(folder.name)) else folder.name
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
                values = _pixel(file, len(when))
                rows.append((when, values, int(kind.name), place, f"{folder.name}/{kind.name}/{file.stem}"))
    if not rows:
        raise lacking(folders[0].name, "0/*.csv, 1/*.csv …")
    time = np.unique(np.concatenate([row[0] for row in rows]))
    if len(rows) * len(time) * len(BANDS) > MOST:
        raise large(folders[0].name, len(rows) * len(time) * len(BANDS))
    every = np.full((len(rows), len(time), len(BANDS)), np.nan, np.float32)
    for k, (when, values, *_) in enumerate(rows):
        every[k, np.searchsorted(time, when)] = values
    made = parcels(
        every, time, BANDS, label=np.array([row[2] for row in rows]), classes=CLASSES,
        group=grouped([row[3] for row in rows]), kind="real", dataset="timesen2crop",
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


def _pixel(path: Path, count: int) -> np.ndarray:
    """Return (date, band) reflectance, NaN where not clear."""
    held = table(path)
    if held.shape != (count, len(BANDS) + 1):
        raise unlike(path.name, held.shape, f"{count} × {len(BANDS) + 1}")
    try:
        raw = held.to_numpy(np.float32)
    except (TypeError, ValueError, OverflowError) as fault:
        raise damaged(path.name, fault) from fault
    # 0 in every band is what the products write where nothing was seen.
    hidden = (raw[:, -1] != 0) | (raw[:, :-1] == 0).all(1)
    return believable(np.where(hidden[:, None], np.nan, raw[:, :-1] / QUANTIFICATION))
