"""What is loaded while the first visitor reads the home page, so that no one waits for it later."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import os
import threading
import time

import streamlit as st

from pages.kit import thumbnails
from pages.kit.rooms import open_rooms

# Small networks on two shared cores: threads would wait for each other (a map of leaf area: 12 s instead of 1). It
# must be said before torch is imported, which nothing has done when the hall imports this.
os.environ.setdefault("OMP_NUM_THREADS", "1")

#: Imported in the background, in this order; pages import them again where they need them.
HEAVY = (
    "plotly.graph_objects",
    "xarray",
    "rioxarray",
    "torch",
    "captum.attr",
    "rasterio.features",
    "scipy.ndimage",
)

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False, max_entries=1)
def start() -> threading.Thread | None:
    """Start the warm-up once for the whole process (none when ``EOGEN_WARMUP=0``, as in tests).

    After the imports everything alive is frozen out of the garbage collector: Streamlit runs a full collection
    after each rerun, which otherwise costs a quarter of a second with these libraries loaded.
    """
    if os.environ.get("EOGEN_WARMUP", "1") == "0":
        return None
    thread = threading.Thread(target=_warm, name="eogen-warmup", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    time.sleep(float(os.environ.get("EOGEN_WARMUP_DELAY", "0.5")))  # let the first page reach the browser
    began = time.perf_counter()
    for module in (*HEAVY, *(f"eogen.{room}.methods" for room in open_rooms())):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    log.info("warm after %.1f s", time.perf_counter() - began)
    for room in open_rooms():
        if importlib.util.find_spec(f"pages.parts.{room}.warm") is not None:
            thumbnails.afterwards(importlib.import_module(f"pages.parts.{room}.warm").warm)


@st.cache_resource(show_spinner=False, max_entries=8)
def keep(room: str) -> None:
    """Freeze, once for the process, what the first whole visit of ``room`` has loaded: networks, lazy imports.

    Call it at the end of the room's page.
    """
    gc.collect()
    gc.freeze()
