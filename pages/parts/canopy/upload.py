"""The visitor's own spectra: a table or a GeoTIFF, read once, kept for the session."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st
import xarray as xr

from eogen.canopy import read
from eogen.errors import InputError
from pages.kit import errors
from pages.kit.provenance import Provenance
from pages.kit.uploads import refused
from pages.kit.words import Words
from pages.parts.canopy.sources import Scene

TYPES = ["csv", "txt", "tif", "tiff"]
#: What the numbers are multiplied by, and what is subtracted then, when the visitor says so.
SCALES = {"auto": None, "reflectance": 1.0, "digital": 0.0001}
OFFSETS = {"auto": None, "none": 0.0, "baseline": 0.1}
_KEY = "canopy_upload"


def offer(t: Words, column: Any) -> None:
    """Draw the button under which a file can be dropped, with its angles, scale and offset."""
    with column.popover(t("canopy.upload.offer"), icon=":material/upload:", width="stretch"):
        st.markdown(t("canopy.upload.accepts"))
        if refused(t):
            return
        given = st.file_uploader(t("canopy.upload.label"), TYPES, key="canopy_file", max_upload_size=50)
        left, right = st.columns(2)
        scale = left.selectbox(
            t("canopy.upload.scale"), list(SCALES), key="canopy_scale",
            format_func=lambda name: t(f"canopy.upload.scales.{name}"),
        )  # fmt: skip
        offset = right.selectbox(
            t("canopy.upload.offset"), list(OFFSETS), key="canopy_offset",
            format_func=lambda name: t(f"canopy.upload.offsets.{name}"),
        )  # fmt: skip
        angles = None
        if st.toggle(t("canopy.upload.angles"), key="canopy_angles"):
            bounds = (
                ("solar_zenith", 85.0, 35.0),
                ("view_zenith", 15.0, 5.0),
                ("relative_azimuth", 180.0, 90.0),
            )
            angles = {
                name: place.number_input(
                    t(f"canopy.angles.{name}"), 0.0, most, default, 1.0, key=f"canopy_{name}", format="%.1f"
                )
                for place, (name, most, default) in zip(st.columns(3), bounds, strict=True)
            }
        if given is None:
            return
        data = given.getvalue()
        how = (scale, offset, None if angles is None else tuple(angles.values()))
        wanted = (given.file_id, how)
        if st.session_state.get(_KEY, (None,))[0] == wanted:
            return
        try:
            _read(hashlib.sha256(data).hexdigest(), given.name, how, data)
        except InputError as error:  # said beside the button: what was on the page stays there
            errors.show(error, t)
            return
        st.session_state[_KEY] = (wanted, given.name, how, data)
        st.rerun()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(sha256: str, name: str, how: tuple, _data: bytes) -> xr.Dataset:
    scale, offset, angles = how
    names = ("solar_zenith", "view_zenith", "relative_azimuth")
    return read.read_upload(
        _data,
        name,
        scale=SCALES[scale],
        offset=OFFSETS[offset],
        angles=None if angles is None else dict(zip(names, angles, strict=True)),
    )


def current() -> tuple[str, xr.Dataset, str] | None:
    """Return the visitor's file of this session: its name, what it holds, and a key; None without one."""
    if (kept := st.session_state.get(_KEY)) is None:
        return None
    _, name, how, data = kept
    sha256 = hashlib.sha256(data).hexdigest()
    return name, _read(sha256, name, how, data), hashlib.sha256(f"{sha256}{how}".encode()).hexdigest()[:16]


def scene(name: str, data: xr.Dataset, key: str) -> Scene:
    """Return a visitor's image as a scene."""
    return Scene(f"upload-{key}", "upload", data, Provenance("upload", place=name, sensor="Sentinel-2"))
