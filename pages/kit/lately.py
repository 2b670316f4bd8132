"""What was found on the disk a moment ago is believed for a moment.

A page asks dozens of times in one run which data lie on this machine; the folders are walked once in two seconds for
all visitors, whatever they do.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from eogen import catalog

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 2.0  #: a file that arrives is seen after so long at most
MOST = 64  #: answers kept a function


def lately(look: Callable[P, R]) -> Callable[P, R]:
    """Make ``look`` answer anew after :data:`SECONDS` only, or where the folders of data are others.

    Arguments must be hashable; the answer is shared between visitors and must not be changed. An error is not kept.
    """
    kept: dict[object, tuple[float, R]] = {}
    lock = threading.Lock()

    @functools.wraps(look)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (catalog.data_roots(), args, tuple(sorted(kwargs.items())))
        now = time.monotonic()
        with lock:
            held = kept.get(key)
        if held is not None and now - held[0] < SECONDS:
            return held[1]
        found = look(*args, **kwargs)
        with lock:
            if len(kept) >= MOST:
                kept.clear()
            kept[key] = (now, found)
        return found

    answer.forget = kept.clear  # type: ignore[attr-defined]
    return answer


@lately
def lying() -> dict[str, tuple[catalog.DataSet, catalog.Presence]]:
    """Return every data set of the catalogue, and what of it lies here."""
    return {name: (entry, catalog.locate(entry)) for name, entry in catalog.catalog().items()}
