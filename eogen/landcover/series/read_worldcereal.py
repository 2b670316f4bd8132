"""WorldCereal's tables of parcels, long (a row a date) or wide (a row a parcel), with the crops their codes name.

Long tables have a column ``S2-L2A-Bxx`` for each band and a row for each dekad or month; wide ones a column
``OPTICAL-Bxx-ts3-10m`` for each band and month. Both hold digital numbers (10,000 is reflectance 1; the offset of
2022 is already off) and 65535 where nothing was seen.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.bands import ALL
from eogen.landcover.series.cube import UNKNOWN, parcels
from eogen.landcover.series.read_common import (
    FAULTS,
    MOST,
    NODATA,
    QUANTIFICATION,
    believable,
    damaged,
    grouped,
    lacking,
    large,
    loaded,
    present,
)  # fmt: skip

#: The six classes, and the names in WorldCereal's legends that make them. LANDCOVER10 tells grassland and permanent
#: crops, CROPTYPE24 (or 28) the crops. Straw cereals are nearly all winter cereals: 84 of 95 in France 2023.
CLASSES = ("grassland", "straw_cereals", "maize", "rapeseed", "sunflower_soy", "permanent_crops")
_MEMBERS = {
    "grasslands": "grassland",
    **dict.fromkeys(("wheat", "barley", "triticale", "oats", "rye"), "straw_cereals"),
    "maize": "maize",
    "rapeseed_rape": "rapeseed",
    **dict.fromkeys(("sunflower", "soy_soybeans"), "sunflower_soy"),
    "permanent_crops": "permanent_crops",
}
_LEGENDS = ("LANDCOVER10", "CROPTYPE24", "CROPTYPE28")
#: Names that say nothing finer than the legend before them.
_VAGUE = ("ignore", "no_crop", "no_temporary_crop", "temporary_crops")
LONG = re.compile(r"S2-L2A-(B\d\d|B8A)")
WIDE = re.compile(r"OPTICAL-(B\d\d|B8A)-ts(\d+)-\d+m")
#: Tiles or cells fewer than this cannot make five folds: blocks of BLOCK degrees (some 10 km) are used instead.
LEAST_GROUPS, BLOCK = 10, 0.1


def layout_of(path: Path) -> str | None:
    """Return ``"long"``, ``"wide"`` or None where the file is no such table; only its schema is read."""
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except FAULTS:
        return None
    if "sample_id" in names and "timestamp" in names and any(LONG.fullmatch(n) for n in names):
        return "long"
    return "wide" if "start_date" in names and any(WIDE.fullmatch(n) for n in names) else None


def read(path: Path, *, unlabelled: bool = False, legend: Path | None = None) -> xr.Dataset:
    """Return the parcels of a table (see :mod:`eogen.landcover.series.cube`).

    Args:
        path: a Parquet file.
        unlabelled: keep parcels whose crop is in none of the six classes, as -1.
        legend: the JSON file of class mappings; by default one beside the table, found by what it says. Without one
            every parcel is kept and none has a label.

    Returns:
        Parcels, with ``crop`` (parcel) text, the finest name its code has, and ``sample`` (parcel) its identifier.
        Attributes besides the usual: ``left_out``, the number of parcels left out, ``left_out_as``, their crops, and
        ``group_rule``, what a group is.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_large``; those of ``parcels``.
    """
    path = Path(path)
    present(path)
    layout = layout_of(path)
    if layout is None:
        raise lacking(path.name, "sample_id, timestamp, S2-L2A-B02 …")
    try:
        held = pd.read_parquet(path)
        values, time, bands, about = (_long if layout == "long" else _wide)(held, path.name)
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(path.name, fault) from fault
    legends = _legends(path.parent) if legend is None else loaded(legend)
    label, crop = labels(about.get("ewoc_code"), legends, len(about))
    group, rule = _groups(about)
    keep = (label != UNKNOWN) | unlabelled | (not legends)
    lon, lat = (about[each].to_numpy(float)[keep] if each in about else None for each in ("lon", "lat"))
    left = pd.Series(crop[~keep]).value_counts()
    made = parcels(
        values[keep], time, bands, label=label[keep], classes=CLASSES, group=group[keep], lon=lon, lat=lat,
        step_days=_step(time), kind="real", dataset="worldcereal", title=_title(about, path), source=path.name,
        licence="MIT; French labels (RPG) Licence Ouverte 2.0; contains modified Copernicus Sentinel data",
        left_out=int((~keep).sum()), left_out_as=", ".join(f"{n} {k}" for k, n in left.items()), group_rule=rule,
    )  # fmt: skip
    made["crop"] = ("parcel", crop[keep])
    made["sample"] = ("parcel", about.index.to_numpy(str)[keep])
    return made


def labels(codes: pd.Series | None, legends: dict, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) labels into ``CLASSES`` (-1 unknown) and (n,) names of crops, of WorldCereal's ``ewoc_code``."""
    label, crop = np.full(count, UNKNOWN, np.int16), np.full(count, "unknown", object)
    if codes is not None:
        text = codes.astype(str).str.replace(r"\D", "", regex=True)
        legends = {each: held for each, held in legends.items() if isinstance(held, dict)}
        for row, code in enumerate(text):
            named = [str(legends[each][code]) for each in _LEGENDS if code in legends.get(each, {})]
            kinds = [_MEMBERS[n] for n in (re.sub("^spring_", "", n) for n in named) if n in _MEMBERS]
            label[row] = CLASSES.index(kinds[0]) if kinds else UNKNOWN
            crop[row] = next((n for n in named[1:] if n not in _VAGUE), named[0] if named else "unknown")
    return label, crop.astype(str)


def _long(held: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray, list[str], pd.DataFrame]:
    column = {match[1]: c for c in held.columns if (match := LONG.fullmatch(str(c)))}
    times = pd.to_datetime(held["timestamp"], utc=True).dt.tz_localize(None)
    time, at = np.unique(times.to_numpy("datetime64[ns]"), return_inverse=True)
    samples, row = np.unique(held["sample_id"].astype(str).to_numpy(), return_inverse=True)
    names = [b for b in ALL if b in column]
    _small(len(samples) * len(time) * len(names), name)
    values = np.full((len(samples), len(time), len(names)), np.nan, np.float32)
    for place, band in enumerate(names):
        values[row, at, place] = _reflectance(held[column[band]])
    # Columns that exist and were never filled (B8A) are no bands.
    filled = np.isfinite(values).any((0, 1))
    about = held.assign(sample_id=held["sample_id"].astype(str)).groupby("sample_id").first().sort_index()
    return values[:, :, filled], time, [b for b, there in zip(names, filled, strict=True) if there], about


def _wide(held: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray, list[str], pd.DataFrame]:
    found = {(m[1], int(m[2])): c for c in held.columns if (m := WIDE.fullmatch(str(c)))}
    first = pd.to_datetime(held["start_date"]).to_numpy("datetime64[M]")
    start, steps = first.min(), 1 + max(step for _, step in found)
    shift = (first - start).astype(int)
    names = [b for b in ALL if any(b == band for band, _ in found)]
    count = int(shift.max()) + steps
    _small(len(held) * count * len(names), name)
    values = np.full((len(held), count, len(names)), np.nan, np.float32)
    rows = np.arange(len(held))
    for (band, step), column in found.items():
        values[rows, shift + step, names.index(band)] = _reflectance(held[column])
    time = (start + np.arange(count)).astype("datetime64[ns]")
    about = held.set_index("sample_id") if "sample_id" in held else held
    return values, time, names, about


def _reflectance(column: pd.Series) -> np.ndarray:
    raw = column.to_numpy(float, na_value=np.nan)
    return believable(np.where(raw == NODATA, np.nan, raw / QUANTIFICATION))


def _small(size: int, name: str) -> None:
    if size > MOST:
        raise large(name, size)


def _step(time: np.ndarray) -> float:
    """Return 10 for dekads, 30.4 for months, else 0."""
    gap = float(np.median(np.diff(time) / np.timedelta64(1, "D"))) if len(time) > 1 else 0.0
    return 10 if 8 <= gap <= 11 else 30.4 if 28 <= gap <= 31 else 0


def _groups(about: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return (n,) groups and their rule: of tile and H3 cell the finer one, else blocks of longitude and latitude."""
    rules = [each for each in ("h3_l3_cell", "tile") if each in about]
    best = max(rules, key=lambda each: about[each].nunique(), default=None)
    if best is not None and (
        about[best].nunique() >= LEAST_GROUPS or "lon" not in about or "lat" not in about
    ):
        return grouped(about[best]), best
    if "lon" in about and "lat" in about:
        block = np.floor(about[["lon", "lat"]].to_numpy(float) / BLOCK)
        return grouped([f"{x:g} {y:g}" for x, y in block]), f"block of {BLOCK:g} degrees"
    return np.arange(len(about)), "parcel"


def _title(about: pd.DataFrame, path: Path) -> str:
    names = sorted(set(about["ref_id"].astype(str))) if "ref_id" in about else []
    return names[0] if len(names) == 1 else path.stem


def _legends(folder: Path) -> dict:
    """Return the class mappings of the JSON file in ``folder`` that holds them; empty where none does."""
    for path in sorted(folder.glob("*.json")):
        try:
            held = loaded(path)
        except InputError:
            continue
        if isinstance(held, dict) and all(isinstance(held.get(each), dict) for each in _LEGENDS[:2]):
            return held
    return {}
