"""The visitor's own cube: a NetCDF file or a zipped Zarr, read once, kept for the session."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import read
from pages.kit import errors
from pages.kit.uploads import refused
from pages.kit.words import Words

TYPES = ["nc", "nc4", "zip"]
_KEY = "ocean_upload"


def offer(t: Words, column: Any) -> None:
    """Draw the button under which a file can be dropped."""
    with column.popover(t("ocean.upload.offer"), icon=":material/upload:", width="stretch"):
        st.markdown(t("ocean.upload.accepts"))
        if refused(t):
            return
        given = st.file_uploader(t("ocean.upload.label"), TYPES, key="ocean_file", max_upload_size=50)
        if given is None or st.session_state.get(_KEY, (None,))[0] == given.file_id:
            return
        data = given.getvalue()
        try:
            _read(hashlib.sha256(data).hexdigest(), given.name, data)
        except InputError as error:  # said beside the button: what was on the page stays there
            errors.show(error, t)
            return
        st.session_state[_KEY] = (given.file_id, given.name, data)
        st.rerun()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(sha256: str, name: str, _data: bytes) -> xr.DataArray:
    return read.upload(name, _data).load()


def current() -> tuple[str, xr.DataArray] | None:
    """Return a key and the cube of the visitor's file of this session; None without one."""
    if (kept := st.session_state.get(_KEY)) is None:
        return None
    _, name, data = kept
    sha256 = hashlib.sha256(data).hexdigest()
    return sha256[:16], _read(sha256, name, data)
