"""The visitor's own IMERG maps, and a radar beside them if there is one: read once, kept for the session."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen import limits
from eogen.errors import InputError
from eogen.rain import read_imerg, read_radar
from eogen.rain.half_hours import means
from eogen.rain.maps import pair
from eogen.rain.read_imerg import Box
from eogen.rain.read_open import opened
from pages.kit import errors
from pages.kit.uploads import refused
from pages.kit.words import Words

TYPES = ["hdf5", "h5", "nc", "nc4", "rt-h5"]
RADAR_TYPES = [*TYPES, "hdf", "npz", "grib2", "gz", "tar"]
#: Megabytes a file.
MOST = 100
_KEY = "rain_upload"
#: Side of the window that is cut from a larger map, degrees: what the models learnt from. Its default place: France.
SIDE, LARGEST, HOME = 8.0, 22.0, (-1.4, 42.6, 6.6, 50.6)


def offer(t: Words) -> None:
    """Draw where files can be dropped and the window of large ones; what is wrong with them is said beside."""
    st.markdown(t("rain.upload.accepts"))
    if refused(t):
        return
    given = st.file_uploader(
        t("rain.upload.imerg"), TYPES, key="rain_imerg", max_upload_size=MOST, accept_multiple_files=True
    )
    radar = st.file_uploader(
        t("rain.upload.radar"), RADAR_TYPES, key="rain_radar", max_upload_size=MOST, accept_multiple_files=True,
        help=t("rain.upload.radar_help"),
    )  # fmt: skip
    if not given:
        st.session_state.pop(_KEY, None)
        return
    try:
        box = _box(t, given[0])
        held = (tuple(g.file_id for g in given), tuple(g.file_id for g in radar), box)
        if st.session_state.get(_KEY, (None,))[0] == held:
            return
        files = [(g.name, g.getvalue()) for g in given]
        other = [(g.name, g.getvalue()) for g in radar]
        st.session_state[_KEY] = (held, key_of(files + other, box), read(files, other, box))
    except InputError as error:  # said beside the files: what was on the page stays there
        st.session_state.pop(_KEY, None)
        errors.show(error, t)


def current() -> tuple[str, xr.Dataset] | None:
    """Return a key and the maps of the visitor's files of this session; None without them."""
    kept = st.session_state.get(_KEY)
    return None if kept is None else kept[1:]


def key_of(files: Sequence[tuple[str, bytes]], box: Box | None) -> str:
    """Return what names the content of files and the window that is cut from them."""
    found = hashlib.sha256(repr(box).encode())
    for name, data in files:
        found.update(name.encode() + hashlib.sha256(data).digest())
    return found.hexdigest()[:16]


def read(
    files: Sequence[tuple[str, bytes]], radar: Sequence[tuple[str, bytes]] = (), box: Box | None = None
) -> xr.Dataset:
    """Return the IMERG maps of files (name, content); a pair where radar is given too.

    Raises:
        InputError: those of the readers; ``rain_page_daily`` for maps that are no half-hours.
    """
    with tempfile.TemporaryDirectory() as folder, limits.visitor():
        found = read_imerg.read(written(files, Path(folder) / "imerg"), box=box)
        step = float(found["time"].attrs.get("step_minutes", 30))
        if step != 30:
            raise InputError(
                "rain_page_daily",
                "These maps last {minutes} minutes; scores are predicted for half-hourly maps (3B-HHR).",
                minutes=step,
            )
        found = found.load()
        if not radar:
            return found
        lat, lon = found["lat"].values, found["lon"].values
        reach = (float(lon[0]) - 0.05, float(lat[0]) - 0.05, float(lon[-1]) + 0.05, float(lat[-1]) + 0.05)
        seen = means(read_radar.read(written(radar, Path(folder) / "radar"), box=reach).load(), step)
        return pair(found, seen["radar"], seen["radar_wet_share"])


def written(files: Sequence[tuple[str, bytes]], folder: Path) -> list[Path]:
    """Write files under their own names, which readers go by; a name that comes twice keeps both contents."""
    folder.mkdir()
    paths = []
    for number, (name, data) in enumerate(files):
        plain = re.sub(r"[^\w.+-]", "_", name)[-150:] or f"file_{number}"
        inner = folder / str(number)
        inner.mkdir()
        paths.append(inner / plain)
        paths[-1].write_bytes(data)
    return paths


def _box(t: Words, first: Any) -> Box | None:
    """Draw the window where a file holds far more than models look at; None where the whole of it is taken."""
    reach = extent(first.getvalue(), first.name)
    if reach is None or max(reach[2] - reach[0], reach[3] - reach[1]) <= LARGEST:
        return None
    inside = reach[0] <= HOME[0] and reach[1] <= HOME[1] and reach[2] >= HOME[2] and reach[3] >= HOME[3]
    west, south = HOME[:2] if inside else ((reach[0] + reach[2] - SIDE) / 2, (reach[1] + reach[3] - SIDE) / 2)
    st.caption(t("rain.upload.large", side=SIDE))
    columns = st.columns(2)
    west = columns[0].number_input(
        t("rain.upload.west"),
        reach[0],
        reach[2] - SIDE,
        float(np.round(west, 1)),
        1.0,
        format="%.1f",
        key="rain_west",
    )
    south = columns[1].number_input(
        t("rain.upload.south"), reach[1], reach[3] - SIDE, float(np.round(south, 1)), 1.0, format="%.1f",
        key="rain_south",
    )  # fmt: skip
    return float(west), float(south), float(west) + SIDE, float(south) + SIDE


def extent(data: bytes, name: str) -> Box | None:
    """Return west, south, east, north of a file's axes (degrees) without reading its rain; None where it has none.

    Raises:
        InputError: ``rain_not_gridded``, ``rain_damaged``.
    """
    with limits.visitor(), opened(data, name) as file:
        axes = [file.find(axis) for axis in ("lon", "lat")]
        if any(axis is None for axis in axes):
            return None
        lon, lat = (axis.values() for axis in axes)
        if not lon.size or not lat.size:
            return None
        return float(np.nanmin(lon)), float(np.nanmin(lat)), float(np.nanmax(lon)), float(np.nanmax(lat))
