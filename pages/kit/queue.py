"""A few heavy jobs at a time, for all visitors: the others wait their turn, and know how many are before them.

A job starts at once; only what still runs after a second is heavy. It must then hold one of the process's slots
(``EOGEN_JOBS``, by default all cores but one). When none is free it gives up what it has done so far, at its next
report, and starts again when its turn comes: it never waits inside its own work, where it may hold a lock that the
job before it needs. Short answers, and those that a cache holds, thus never wait.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field

#: Seconds after which a job is heavy.
GRACE = 1.0
#: Names the number of slots.
VARIABLE = "EOGEN_JOBS"


def slots() -> int:
    """Return how many heavy jobs run at once: ``EOGEN_JOBS``, else all cores but one, at least one."""
    asked = os.environ.get(VARIABLE, "")
    return max(1, int(asked)) if asked.isdigit() else max(1, (os.cpu_count() or 1) - 1)


@dataclass(eq=False)
class Ticket:
    """A heavy job's place: who asked for it, and whether they have left."""

    owner: Hashable
    left: threading.Event = field(default_factory=threading.Event)


class Queue:
    """First come, first served; but whoever has a job running lets the others pass.

    Args:
        most: jobs that run at once; None asks :func:`slots` each time.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._turn = threading.Condition()
        self._running: list[Ticket] = []
        self._waiting: list[Ticket] = []

    def enter(self, ticket: Ticket) -> bool:
        """Take a slot if one is free and nobody waits for it; return whether it was taken."""
        with self._turn:
            if self._waiting or not self._free(ticket):
                return False
            self._running.append(ticket)
            return True

    def wait(self, ticket: Ticket) -> bool:
        """Wait for a slot and take it; return False when the visitor has left before."""
        with self._turn:
            self._waiting.append(ticket)
            try:
                self._turn.wait_for(lambda: ticket.left.is_set() or self._first() is ticket)
                if ticket.left.is_set():
                    return False
                self._running.append(ticket)
                return True
            finally:
                self._waiting.remove(ticket)
                self._turn.notify_all()

    def leave(self, ticket: Ticket) -> None:
        """Give a slot back, if this ticket has one."""
        with self._turn:
            if ticket in self._running:
                self._running.remove(ticket)
                self._turn.notify_all()

    def forget(self, ticket: Ticket) -> None:
        """The visitor has left: a job that waits is dropped, one that runs keeps its slot until it hears of it."""
        with self._turn:
            ticket.left.set()
            self._turn.notify_all()

    def before(self, ticket: Ticket) -> int | None:
        """Return how many jobs are before this one, running ones included; None where it does not wait."""
        with self._turn:
            if ticket not in self._waiting:
                return None
            return self._waiting.index(ticket) + len(self._running)

    def counts(self) -> tuple[int, int]:
        """Return how many heavy jobs run and how many wait."""
        with self._turn:
            return len(self._running), len(self._waiting)

    def _free(self, ticket: Ticket) -> bool:
        most = slots() if self._most is None else self._most
        return len(self._running) < most and all(one.owner != ticket.owner for one in self._running)

    def _first(self) -> Ticket | None:
        return next((one for one in self._waiting if not one.left.is_set() and self._free(one)), None)


#: The one of this process.
HEAVY = Queue()
