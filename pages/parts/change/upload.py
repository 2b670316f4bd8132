"""The visitor's own two images: read once, kept for the session."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st
import xarray as xr

from eogen.change.read_pair import read_pair
from eogen.errors import InputError
from pages.kit import errors
from pages.kit.style import escape
from pages.kit.uploads import refused
from pages.kit.words import Words

TYPES = ["tif", "tiff", "png", "jpg", "jpeg", "bmp"]
#: Megabytes a file.
MOST = 100
_KEY = "change_upload"
PARTS = ("before", "after", "label")


def offer(t: Words, column: Any) -> None:
    """Draw the button under which two files, and a label if there is one, can be dropped."""
    column.html(f'<p class="eo-label">{escape(t("change.upload.title"))}</p>')
    with column.popover(t("change.upload.offer"), icon=":material/upload:", width="stretch"):
        st.markdown(t("change.upload.accepts"))
        if refused(t):
            return
        given = {
            part: st.file_uploader(
                t(f"change.upload.{part}"), TYPES, key=f"change_{part}", max_upload_size=MOST
            )
            for part in PARTS
        }
        if given["before"] is None or given["after"] is None:
            return
        held = tuple(g.file_id if g is not None else "" for g in given.values())
        if st.session_state.get(_KEY, (None,))[0] == held:
            return
        names = tuple(g.name if g is not None else "" for g in given.values())
        data = tuple(g.getvalue() if g is not None else b"" for g in given.values())
        try:
            _read(_hash(data), names, data)
        except InputError as error:  # said beside the button: what was on the page stays there
            errors.show(error, t)
            return
        st.session_state[_KEY] = (held, names, data)
        st.rerun()


def _hash(data: tuple[bytes, ...]) -> str:
    found = hashlib.sha256()
    for part in data:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(sha256: str, names: tuple[str, ...], _data: tuple[bytes, ...]) -> xr.DataArray:
    before, after, label = _data
    return read_pair(before, after, label or None, names=names, licence="")


def current() -> tuple[str, xr.DataArray] | None:
    """Return a key and the stack of the visitor's files of this session; None without them."""
    if (kept := st.session_state.get(_KEY)) is None:
        return None
    _, names, data = kept
    sha256 = _hash(data)
    return sha256[:16], _read(sha256, names, data)
