"""The live picture on a room's door: drawn by the room itself, in the background, once."""

from __future__ import annotations

import importlib
import logging
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import streamlit as st

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def _painter() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="eogen-thumbnail")


@st.cache_resource(show_spinner=False)
def thumbnail(room: str) -> Future[np.ndarray]:
    """Return the picture of ``room`` to come: uint8 pixels (y, x, 3) from ``eogen.<room>.thumbnail.draw()``."""
    return _painter().submit(_draw, room)


def _draw(room: str) -> np.ndarray:
    return importlib.import_module(f"eogen.{room}.thumbnail").draw()
