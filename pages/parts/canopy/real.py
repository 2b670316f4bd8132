"""The real data sets on this machine: field points, chips, the dense piece; read once, kept by what lies on disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import torch
import xarray as xr
from scipy.ndimage import binary_dilation, label

from eogen import catalog
from eogen.canopy import field_points, read
from eogen.canopy.field_points import POINTS
from eogen.canopy.observation import Observation, observe
from eogen.canopy.read import Chip
from eogen.errors import InputError, Unavailable
from pages.kit.provenance import Provenance
from pages.kit.words import Words, typeset
from pages.parts.canopy.sources import Scene, Spot, digest

ROOM = "canopy"
CHIPS, DENSE = "eth_s2_patches", "s2_patch"


def _stamp(folder: Path) -> str:
    """Return a text that changes when files of the room's data do."""
    return f"{folder}-{folder.stat().st_mtime_ns}"


@st.cache_resource(show_spinner=False, max_entries=8)
def _points(source: str, stamp: str, folder: Path) -> xr.Dataset | None:
    return field_points.points(source, folder)


def points(source: str) -> xr.Dataset | None:
    """Return the points of a source that have a spectrum and a measurement (pixel); None where there are none."""
    folder = catalog.room_folder(ROOM)
    return _points(source, _stamp(folder), folder) if folder else None


@st.cache_resource(show_spinner=False, max_entries=2)
def _chips(stamp: str, folder: Path) -> list[Chip]:
    return read.chips(folder)


def chips() -> list[Chip]:
    """Return the field chips (none: an empty list)."""
    folder = catalog.room_folder(ROOM)
    return _chips(_stamp(folder), folder) if folder else []


@st.cache_resource(show_spinner=False, max_entries=16)
def _chip(name: str, stamp: str, _found: Chip) -> xr.Dataset:
    return _cropped(_found.load())


def _cropped(data: xr.Dataset, near: int = 6, edge: int = 3) -> xr.Dataset:
    """Return the part of a scene with the largest group of parcels, no more than ``near`` pixels from one another."""
    there = read.complete(data).transpose("y", "x").values
    groups, _ = label(binary_dilation(there, iterations=near))
    sizes = np.bincount(groups[there])
    there = there & (groups == sizes.argmax())
    parts = {}
    for axis, across in (("y", 1), ("x", 0)):
        held = np.flatnonzero(there.any(across))
        parts[axis] = slice(max(0, held[0] - edge), held[-1] + 1 + edge)
    return data.isel(parts)


def chip(found: Chip, t: Words) -> Scene:
    """Return a field chip as a scene."""
    data = _chip(found.name, _stamp(found.path), found)
    date = "" if np.isnat(found.date) else found.date
    return Scene(
        digest(found.name, _stamp(found.path)),
        "chips",
        data,
        _said(t, CHIPS, found.site, found.sensor, date, _offset(data)),
    )


@st.cache_resource(show_spinner=False, max_entries=2)
def _dense(stamp: str, folder: Path) -> xr.Dataset | None:
    try:
        return read.dense_chip(folder)
    except Unavailable:
        return None


def has_dense() -> bool:
    """Return whether the dense piece is here."""
    folder = catalog.room_folder(ROOM)
    return bool(folder) and any((folder / DENSE).glob("*.tif"))


def dense(t: Words) -> Scene | None:
    """Return the dense piece as a scene; None where it is not here."""
    folder = catalog.room_folder(ROOM)
    data = _dense(_stamp(folder), folder) if folder else None
    if data is None:
        return None
    return Scene(f"dense-{digest(_stamp(folder))}", "dense", data, _said(t, DENSE, "", "", "", _offset(data)))


def _offset(data: xr.Dataset) -> float:
    """Return what the reader subtracted from every reflectance."""
    return float(data.attrs.get("offset_removed", 0.0))


def _said(t: Words, entry: str, place: str, sensor: str, date: Any, offset: float = 0.0) -> Provenance:
    found = catalog.catalog()[entry]
    licence = re.split(r"[;(]", found.licence)[0].strip()
    return Provenance(
        "real",
        place=place,
        sensor=sensor.replace("S2", "Sentinel-2") or "Sentinel-2",
        quantity=t("canopy.place.offset", offset=offset) if offset else "",
        date=date,
        source=typeset(found.title[t.lang], t.lang),
        licence=t("canopy.place.no_licence") if licence == "none declared" else licence,
    )


def provenance(source: str, data: xr.Dataset, number: int, t: Words) -> Provenance:
    """Return what is said under a point."""
    one = data.isel(pixel=number)
    date = _day(one, "s2_date") or _day(one, "field_date")
    return _said(t, POINTS[source][0], str(one.site.values), _text(one, "sensor"), date)


def _day(one: xr.Dataset, name: str) -> str:
    if name not in one.coords or np.isnat(one[name].values):
        return ""
    return str(one[name].values)[:10]


def _text(one: xr.Dataset, name: str) -> str:
    return str(one[name].values) if name in one.coords else ""


def spot(source: str, data: xr.Dataset, number: int, t: Words) -> Spot:
    """Return a point with its field values."""
    one = data.isel(pixel=slice(number, number + 1))
    measured = field_points.measured(one)
    seen = observe(one)
    facts = []
    single = one.isel(pixel=0)
    for key in ("lai_kind", "land_cover", "phase"):
        if key in single.coords and (text := str(single[key].values)) not in ("", "nan", "None"):
            kind = f"canopy.lai_kinds.{text.replace('-', '')}"
            facts.append(t(kind) if key == "lai_kind" and kind in t else text)
    if "days" in single and np.isfinite(float(single.days)):
        facts.append(t("canopy.place.days", n=abs(int(single.days))))
    name = t("canopy.place.point", n=number + 1, site=str(single.site.values))
    key = digest(source, seen.reflectance.numpy(), seen.geometry.numpy())
    return Spot(key, seen, "real", name, None, measured, tuple(facts))


def of_table(data: xr.Dataset, number: int, t: Words) -> Spot:
    """Return a row of a visitor's table."""
    one = data.isel(pixel=slice(number, number + 1))
    measured = field_points.measured(one)
    seen = observe(one)
    key = digest("upload", seen.reflectance.numpy(), seen.geometry.numpy())
    return Spot(key, seen, "upload", t("canopy.place.row", n=number + 1), None, measured)


def every(data: xr.Dataset) -> Observation:
    """Return all points as one observation."""
    return observe(data)


def available() -> list[str]:
    """Return the real sources that have something to show, in the order of the menu."""
    found = [source for source in POINTS if _readable(source)]
    if chips():
        found.append("chips")
    if has_dense():
        found.append("dense")
    return found


def _readable(source: str) -> bool:
    try:
        return points(source) is not None
    except InputError:  # a damaged set is said when it is chosen, not here
        return True


def whole(seen: Observation) -> bool:
    """Return whether no band is missing."""
    return bool(torch.isfinite(seen.reflectance).all())
