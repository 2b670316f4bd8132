"""One run of a page at a time: the others wait at the door, in the order in which they came.

All runs share one interpreter, which one of them holds at a time. Fifty that go at once hand it round at every message
and every file, lose what the processor had at hand, and all end late; one at a time they end soon, one after the other
(measured, docs/PERFORMANCE.md). Work that lasts steps aside (:mod:`pages.kit.progress`) and uses the other cores.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

#: Names the number of runs at a time.
VARIABLE = "EOGEN_RUNS"
#: Seconds after which a run goes in whoever is inside: a slow page must not keep all others out.
PATIENCE = 1.0


def at_once() -> int:
    """Return how many runs go at once: ``EOGEN_RUNS``, else one."""
    asked = os.environ.get(VARIABLE, "")
    return max(1, int(asked)) if asked.isdigit() else 1


class Turnstile:
    """Lets ``most`` threads in, first come, first served.

    A thread that is inside may step :meth:`aside` while it waits for somebody else; it comes back without waiting, so
    that whatever it holds is never waited for by those who are inside.
    """

    def __init__(self, most: int, patience: float = PATIENCE) -> None:
        self._most, self._patience = most, patience
        self._lock = threading.Lock()
        self._inside = 0
        self._waiting: deque[threading.Lock] = deque()
        self._mine = threading.local()

    @contextmanager
    def through(self) -> Iterator[None]:
        """Go in, perhaps after a wait of at most ``patience`` seconds; who is inside goes through at once."""
        if getattr(self._mine, "inside", False):
            yield
            return
        self._enter()
        self._mine.inside = True
        try:
            yield
        finally:
            self._mine.inside = False
            self._leave()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others in meanwhile; nothing for who is not inside."""
        if not getattr(self._mine, "inside", False):
            yield
            return
        self._leave()
        try:
            yield
        finally:
            with self._lock:
                self._inside += 1

    def counts(self) -> tuple[int, int]:
        """Return how many are inside, and how many wait."""
        with self._lock:
            return self._inside, len(self._waiting)

    def _enter(self) -> None:
        with self._lock:
            if self._inside < self._most and not self._waiting:
                self._inside += 1
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=self._patience):
            return
        with self._lock:
            if called in self._waiting:  # else somebody who left has let it in just now
                self._waiting.remove(called)
                self._inside += 1

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
            while self._waiting and self._inside < self._most:
                self._inside += 1
                self._waiting.popleft().release()


#: The door of all pages.
RUNS = Turnstile(at_once())
