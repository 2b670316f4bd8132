"""The visitor's own image: read once, kept for the session, cut into patches when it is larger than one."""

from __future__ import annotations

import hashlib

import streamlit as st
import xarray as xr

from eogen.errors import InputError
from eogen.landcover import read
from pages.kit import errors
from pages.kit.uploads import refused
from pages.kit.words import Words
from pages.parts.landcover import sources

#: Side of a patch the networks were trained on, and the largest image taken whole, pixels.
PATCH, WHOLE = 64, 96
TYPES = ["tif", "tiff", "jpg", "jpeg", "png"]
_KEY = "upload"


def offer(t: Words, key: str = "uploader") -> None:
    """Draw the small button under which an image can be dropped."""
    with st.popover(t("landcover.upload.offer"), type="tertiary", icon=":material/upload:"):
        st.markdown(t("landcover.upload.accepts"))
        if refused(t):
            return
        given = st.file_uploader(t("landcover.upload.label"), TYPES, key=key, max_upload_size=50)
        if given is None or st.session_state.get(_KEY, ("",))[0] == given.file_id:
            return
        data = given.getvalue()
        try:
            _read(hashlib.sha256(data).hexdigest(), given.name, data)
        except InputError as error:  # said beside the button: what was on the page stays there
            errors.show(error, t)
            return
        st.session_state[_KEY] = (given.file_id, given.name, data)
        st.rerun()


def forget() -> None:
    """Put the visitor's image aside."""
    st.session_state.pop(_KEY, None)


def current() -> sources.Item | None:
    """Return the visitor's image, if one was given in this session."""
    if (kept := st.session_state.get(_KEY)) is None:
        return None
    _, name, data = kept
    return sources.Item("upload", name, None, lambda: _read(hashlib.sha256(data).hexdigest(), name, data))


@st.cache_data(show_spinner=False, max_entries=8)
def _read(sha256: str, name: str, _data: bytes) -> xr.DataArray:
    return read.read_upload(_data, name)


@st.cache_data(show_spinner=False, max_entries=64)
def _load(source: str, name: str, _item: sources.Item) -> xr.DataArray:
    return _item.load()


def image(item: sources.Item) -> xr.DataArray:
    """Return the whole image of an item."""
    return item.load() if item.source == "upload" else _load(item.source, item.name, item)


def is_large(whole: xr.DataArray) -> bool:
    """Return whether an image is looked at patch by patch."""
    return max(whole.sizes["y"], whole.sizes["x"]) > WHOLE


def patch(item: sources.Item, t: Words) -> xr.DataArray:
    """Return the patch that is looked at: the image, or the chosen tile of a large one (the middle one at first)."""
    whole = image(item)
    if not is_large(whole) and min(whole.sizes["y"], whole.sizes["x"]) >= PATCH:
        return whole
    grid = read.tile_grid(whole, PATCH)
    row, column = st.session_state.get(f"tile_{item.name}", grid[len(grid) // 2])
    return read.tile(whole, row, column, PATCH)
