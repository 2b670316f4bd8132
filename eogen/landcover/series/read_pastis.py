"""PASTIS: patches of 128 × 128 pixels through a year in NumPy arrays, with the crop of every pixel.

``DATA_S2/S2_<patch>.npy`` (date, 10 bands, y, x); ``ANNOTATIONS/TARGET_<patch>.npy`` (3, y, x), the first the class;
``metadata.geojson``, a feature a patch with ``ID_PATCH``, ``Fold``, ``TILE``, ``dates-S2`` and its outline
(Garnot & Landrieu 2021, doi:10.1109/ICCV48922.2021.00483).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from eogen.landcover.series.cube import UNKNOWN, cube
from eogen.landcover.series.read_common import (
    FAULTS,
    QUANTIFICATION,
    array,
    believable,
    days,
    lacking,
    loaded,
    unlike,
)
from eogen.landcover.series.read_dates import clouds

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
#: Codes 0 to 18; 19 is void (a parcel mostly outside the patch), unknown here.
CLASSES = (
    "background", "meadow", "soft_winter_wheat", "corn", "winter_barley", "winter_rapeseed", "spring_barley",
    "sunflower", "grapevine", "beet", "winter_triticale", "winter_durum_wheat", "fruits_vegetables_flowers",
    "potatoes", "leguminous_fodder", "soybeans", "orchard", "mixed_cereal", "sorghum",
)  # fmt: skip
#: Of outlines, where the file does not say (RGF93 / Lambert-93).
LAMBERT93 = 2154


def is_pastis(folder: Path) -> bool:
    """Return whether ``folder`` has PASTIS's layout."""
    return (folder / "metadata.geojson").is_file() and (folder / "DATA_S2").is_dir()


def patches(folder: Path) -> tuple[str, ...]:
    """Return the names of the patches whose images are here, in order of number."""
    found = [
        m[1] for p in (Path(folder) / "DATA_S2").glob("S2_*.npy") if (m := re.fullmatch(r"S2_(\d+)", p.stem))
    ]
    return tuple(sorted(found, key=int))


def read(folder: Path, patch: str | int | None = None) -> xr.Dataset:
    """Return a patch.

    Args:
        folder: the one that holds ``metadata.geojson``.
        patch: its number; the first one here by default.

    Returns:
        A cube; ``label`` where there is an annotation, -1 where it is void. Attributes: ``fold`` (1 to 5, the official
        split; 0 unknown), ``tile``. The images are level 2A, in their own dates; ``clear`` is the simple test of
        :func:`eogen.landcover.series.read_dates.clouds`, as PASTIS comes without masks.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_file_shape``; ``series_dates``; ``series_large``;
            those of ``cube``.
    """
    folder = Path(folder)
    here = patches(folder)
    if patch is None and not here:
        raise lacking(f"{folder.name}/DATA_S2", "S2_10000.npy")
    name = str(here[0] if patch is None else patch)
    about, crs, outline = _about(folder / "metadata.geojson", name)
    raw = array(folder / "DATA_S2" / f"S2_{name}.npy")
    dates = about.get("dates-S2") or {}
    if isinstance(dates, dict):
        dates = [dates[k] for k in sorted(dates, key=lambda k: int(k) if str(k).isdigit() else 0)]
    time = days(dates, f"metadata.geojson, {name}")
    if raw.ndim != 4 or raw.shape[:2] != (len(time), len(BANDS)):
        raise unlike(f"S2_{name}.npy", raw.shape, f"{len(time)} × {len(BANDS)} × y × x")
    order = np.argsort(time, kind="stable")
    order = order[np.concatenate([[True], np.diff(time[order]) > np.timedelta64(0)])]
    values = np.array(raw[order], np.float32) / QUANTIFICATION
    values[(values == 0).all(1, keepdims=True).repeat(len(BANDS), 1)] = np.nan
    # PASTIS keeps -10,000 and odd negatives at the edges of tiles: nothing was seen there.
    values = believable(values)
    hidden, _, rule = clouds(values, BANDS)
    y, x = _centres(outline, raw.shape[2:])
    return cube(
        values, ~hidden, time[order], BANDS, y, x, crs=crs if outline is not None else None,
        label=_label(folder / "ANNOTATIONS" / f"TARGET_{name}.npy", raw.shape[2:]), classes=CLASSES, kind="real",
        dataset="pastis", title=f"PASTIS {name}", source=f"S2_{name}.npy", fold=int(about.get("Fold") or 0),
        licence="Licence Ouverte 2.0 (Etalab); contains modified Copernicus Sentinel data",
        tile=str(about.get("TILE") or ""), cloud_rule=rule,
    )  # fmt: skip


def _about(path: Path, name: str) -> tuple[dict[str, Any], Any, np.ndarray | None]:
    """Return the properties of a patch, the CRS and the bounds (west, south, east, north) of its outline."""
    held = loaded(path)
    try:
        found = next(f for f in held["features"] if _number(f) == name)
        properties = dict(found["properties"])
        written = held.get("crs", {}).get("properties", {}).get("name", "")
        crs = int(m[1]) if (m := re.search(r"EPSG:*(\d+)", written)) else LAMBERT93
        if not (found.get("geometry") or {}).get("coordinates"):
            return properties, crs, None
        corners = _corners(found["geometry"]["coordinates"])
        return properties, crs, np.concatenate([corners.min(0), corners.max(0)])
    except (*FAULTS, StopIteration) as fault:
        raise lacking(path.name, f"ID_PATCH {name}") from fault


def _number(feature: Any) -> str:
    return str(feature.get("properties", {}).get("ID_PATCH", feature.get("id", ""))).removesuffix(".0")


def _corners(coordinates: Any) -> np.ndarray:
    """Return (n, 2) points of rings, however deep they lie (polygons and multipolygons)."""
    if isinstance(coordinates[0], int | float):
        return np.array([coordinates[:2]], float)
    return np.concatenate([_corners(each) for each in coordinates])


def _centres(bounds: np.ndarray | None, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = shape
    if bounds is None:
        return np.arange(rows), np.arange(columns)
    west, south, east, north = bounds
    y = north - (np.arange(rows) + 0.5) * (north - south) / rows
    return y, west + (np.arange(columns) + 0.5) * (east - west) / columns


def _label(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    if not path.is_file():
        return None
    held = array(path)
    if held.shape[-2:] != tuple(shape) or held.ndim not in (2, 3):
        raise unlike(path.name, held.shape, f"3 × {shape[0]} × {shape[1]}")
    code = np.asarray(held[0] if held.ndim == 3 else held).astype(np.int32)
    return np.where((code >= 0) & (code < len(CLASSES)), code, UNKNOWN).astype(np.int16)
