"""The live picture on a room's door: drawn by the room itself in the background, and kept on disk."""

from __future__ import annotations

import hashlib
import importlib
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import platformdirs
import streamlit as st
from PIL import Image

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False, max_entries=1)
def _painter() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="eogen-thumbnail")


@st.cache_resource(show_spinner=False, max_entries=8)
def thumbnail(room: str) -> Future[np.ndarray]:
    """Return the picture of ``room`` to come, uint8 pixels (y, x, 3).

    ``eogen.<room>.thumbnail`` has ``key()``, which names what the picture depends on (data, weights) without heavy
    imports, and ``draw()``. A picture drawn once for a key is read from the platform's cache folder afterwards, so
    that the second start shows it at once.
    """
    module = importlib.import_module(f"eogen.{room}.thumbnail")
    name = hashlib.sha256(module.key().encode()).hexdigest()[:16]
    file = platformdirs.user_cache_path("eogen", appauthor=False) / "thumbnails" / f"{room}-{name}.png"
    if file.is_file():
        kept: Future[np.ndarray] = Future()
        kept.set_result(np.asarray(Image.open(file).convert("RGB")))
        return kept
    return _painter().submit(_draw, room, file)


def afterwards(work: Callable[[], None]) -> None:
    """Have ``work`` done once the pictures asked for so far are drawn: a door without its picture is what visitors see.

    A fault of it is logged, as nobody waits for it.
    """

    def told() -> None:
        try:
            work()
        except Exception:
            log.exception("what was to be made ready in the background failed")

    _painter().submit(told)


def _draw(room: str, file: Path) -> np.ndarray:
    pixels = importlib.import_module(f"eogen.{room}.thumbnail").draw()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{secrets.token_hex(4)}")  # replicas may share the folder, and their numbers
    Image.fromarray(pixels).save(part, "PNG")
    part.replace(file)
    return pixels
