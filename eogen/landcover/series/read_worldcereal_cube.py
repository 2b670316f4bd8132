"""WorldCereal's cube of months (NetCDF, CF) and the maps made from it: cropland or not, and the type of crop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from eogen import hdf5
from eogen.errors import InputError
from eogen.landcover.bands import ALL
from eogen.landcover.series.cube import UNKNOWN, cube
from eogen.landcover.series.read_common import (
    FAULTS,
    MOST,
    NODATA,
    QUANTIFICATION,
    believable,
    damaged,
    lacking,
    large,
    present,
)  # fmt: skip
from eogen.landcover.series.read_worldcereal import LONG, _step

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def kind_of(path: Path) -> str | None:
    """Return ``"cube"``, ``"map"`` or None where the file is neither."""
    try:
        with path.open("rb") as stream:
            if stream.read(8) != _SIGNATURE:
                return None
        with _opened(path, decode_times=False) as held:
            if {"t", "x", "y"} <= set(held.dims) and any(LONG.fullmatch(str(v)) for v in held.data_vars):
                return "cube"
            named = [str(b) for b in held["bands"].values] if "bands" in held.coords else []
            return "map" if "classification" in named else None
    except FAULTS:
        return None


def read(path: Path, maps: Sequence[Path] = ()) -> xr.Dataset:
    """Return the cube, with the maps of the same place beside it.

    Args:
        path: NetCDF with ``S2-L2A-Bxx`` (t, y, x), digital numbers, 65535 for none; a CRS in ``crs_wkt``.
        maps: NetCDF with ``bands`` "classification", "probability" and "probability_<class>"; those of another place
            are passed over. A class is the place of its probability among them, as the map's own maximum shows.

    Returns:
        A cube. ``label`` is the type of crop where there is such a map (-1 where the cropland map says other), and
        ``probability`` (y, x) its probability, 0 to 1; ``cropland`` (y, x) bool. The labels are a model's answer and
        not the truth: ``label_kind`` says ``"map"``.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_large``; ``file_points_outside``;
            those of ``cube``.
    """
    path = Path(path)
    present(path)
    try:
        if kind_of(path) != "cube":
            with hdf5.opened(path, path.name):  # says what it points to, where that is why
                raise lacking(path.name, "S2-L2A-B02 … (t, y, x)")
        with _opened(path) as held:
            named = {m[1]: v for v in held.data_vars if (m := LONG.fullmatch(str(v)))}
            size = int(np.prod([held.sizes[d] for d in ("t", "y", "x")])) * len(named)
            if size > MOST:
                raise large(path.name, size)
            bands = [b for b in ALL if b in named]
            raw = np.stack([held[named[b]].transpose("t", "y", "x").values for b in bands], 1).astype(
                np.float32
            )
            values = believable(np.where(raw == NODATA, np.nan, raw / QUANTIFICATION))
            time, y, x = held["t"].values.astype("datetime64[ns]"), held["y"].values, held["x"].values
            written = next(
                (v.attrs["crs_wkt"] for v in held.variables.values() if "crs_wkt" in v.attrs), None
            )
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(path.name, fault) from fault
    crops, farmed = None, None
    for each in maps:
        if (found := _map(Path(each), y, x)) is None:
            continue
        if "cropland" in found[0]:
            farmed = found
        else:
            crops = found
    best = crops or farmed
    label = None if best is None else best[1].copy()
    if crops and farmed:
        label[farmed[1] != farmed[0].index("cropland")] = UNKNOWN
    made = cube(
        values, np.isfinite(values).all(1), time, bands, y, x, crs=written, label=label,
        classes=best[0] if best else (), step_days=_step(time), kind="real", dataset="worldcereal", title=path.stem,
        source=", ".join([path.name, *(found[3] for found in (crops, farmed) if found)]),
        licence="MIT; contains modified Copernicus Sentinel data", label_kind="map" if best else "",
    )  # fmt: skip
    if best:
        made["probability"] = (("y", "x"), best[2], {"units": "1", "long_name": "probability of the class"})
    if farmed:
        made["cropland"] = (("y", "x"), farmed[1] == farmed[0].index("cropland"))
    return made


@contextmanager
def _opened(path: Path, **how: Any) -> Iterator[xr.Dataset]:
    with hdf5.opened(path, path.name):
        pass
    with xr.open_dataset(path, engine="h5netcdf", **how) as held:
        yield held


def _map(
    path: Path, y: np.ndarray, x: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, str] | None:
    """Return classes, (y, x) label, (y, x) probability and name; None for a map of another place."""
    present(path)
    try:
        with _opened(path) as held:
            layers = next(v for v in held.data_vars.values() if "bands" in v.dims and v.ndim == 3)
            layers = layers.transpose("bands", "y", "x")
            named = [str(b) for b in layers["bands"].values]
            if "classification" not in named:
                raise lacking(path.name, "classification")
            same = layers.shape[1:] == (len(y), len(x))
            if not (same and np.allclose(layers["y"], y) and np.allclose(layers["x"], x)):
                return None
            classes = tuple(b.removeprefix("probability_") for b in named if b.startswith("probability_"))
            label = layers.values[named.index("classification")].astype(np.int32)
            sure = (
                layers.values[named.index("probability")]
                if "probability" in named
                else np.full(label.shape, np.nan)
            )
    except InputError:
        raise
    except (*FAULTS, StopIteration) as fault:
        raise damaged(path.name, fault) from fault
    label = np.where((label >= 0) & (label < len(classes)), label, UNKNOWN).astype(np.int16)
    return classes, label, np.where(sure <= 100, sure / 100, np.nan).astype(np.float32), path.name
