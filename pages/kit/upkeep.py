"""The garbage of all visitors, collected between their runs instead of after each.

Streamlit collects after every run, under the lock that all runs share (``runner.postScriptGC``, off here): tens of
milliseconds a run once libraries and caches are loaded. A thread does it every few seconds instead. What survives is
frozen, so that the next round does not look at it again; every ten minutes all is looked at once more, so that cycles
which were alive when they were frozen are found too. Memory that was freed but is kept by the
C library, which does so anew for every thread (hundreds of MB after an hour of jobs), goes back to the system.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import sys
import threading
import time

import streamlit as st

log = logging.getLogger(__name__)

ROUND = 5.0  #: seconds between rounds
_M_ARENA_MAX = -8  # malloc.h
TRIM = 20.0  #: seconds between returns of freed memory
WHOLE = 600.0  #: seconds between looks at everything
#: Seconds for which a run keeps the interpreter while others want it (Python's own: 0.005). Fifty visitors' runs that
#: pass it round every 5 ms all end late; measured, docs/PERFORMANCE.md.
SWITCH = 0.02
SLOW = 0.03  #: seconds; a round that takes longer freezes what it looked at in vain


class Upkeep:
    """Collects what is no longer used: :meth:`round` now and then, from one thread."""

    def __init__(self) -> None:
        self._whole = self._trimmed = time.monotonic()

    def round(self, now: float) -> None:
        """Collect; ``now`` in seconds of :func:`time.monotonic`."""
        whole = now - self._whole >= WHOLE
        if whole:
            self._whole = now
            gc.unfreeze()
        began = time.perf_counter()
        gc.collect()
        took = time.perf_counter() - began
        if whole or took > SLOW:
            gc.freeze()
            log.debug("garbage: %.0f ms, then frozen", 1e3 * took)
        if now - self._trimmed >= TRIM:
            self._trimmed = now
            give_back()


def one_heap() -> None:
    """Have all threads share a heap: glibc's own rule, eight a core, scatters the leavings of short-lived ones."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what the C library keeps of freed memory; nothing where it cannot (other than glibc)."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@st.cache_resource(show_spinner=False, max_entries=1)
def start() -> threading.Thread | None:
    """Start the rounds, once for the process (none when ``EOGEN_WARMUP=0``, as in tests)."""
    if os.environ.get("EOGEN_WARMUP", "1") == "0":
        return None

    one_heap()
    sys.setswitchinterval(SWITCH)

    def work() -> None:
        upkeep = Upkeep()
        while True:
            time.sleep(ROUND)
            upkeep.round(time.monotonic())

    thread = threading.Thread(target=work, name="eogen-upkeep", daemon=True)
    thread.start()
    return thread
