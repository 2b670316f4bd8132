"""Long work that says where it is, how long it still takes, and stops when asked.

The job runs in a thread of its own; the page's script waits for it and redraws the bar. A press on *Stop*
(or any other change by the visitor) makes Streamlit interrupt the waiting script, which passes the wish on:
the job's next report raises :class:`eogen.errors.Cancelled` inside it. What lasts longer than a second queues for one
of the few slots of this process (:mod:`pages.kit.queue`), so that one visitor's work does not freeze the others'.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.errors import Cancelled, InputError
from eogen.progress import Progress
from pages.kit import errors, turnstile
from pages.kit import queue as queues
from pages.kit.style import escape
from pages.kit.words import Words

log = logging.getLogger("eogen.pages")
T = TypeVar("T")

APPEAR = 0.4  #: seconds before anything is shown: shorter work must not flash
AT_ONCE = 0.05  #: seconds for which other visitors' runs wait for the work, as for the run itself
PERIOD = 0.2  #: seconds between redraws
_STOPPED = "_progress_stopped"


class Clock:
    """Where a job is, as it reports it, and a smoothed guess of the seconds left.

    It *is* the job's ``progress``: call it with ``(done, total, what)``. Safe between threads. A job may also hand it
    sketches of what it makes (:func:`eogen.progress.sketch`); the last one is kept in ``seen``.

    Args:
        now: the time, in seconds (replaced in tests).
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._gate: Callable[[], bool] | None = None
        self.postponed = False
        self.what, self.fraction = "", 0.0
        self.seen: np.ndarray | None = None
        self._begun = self._last = now()
        self._end: float | None = None

    def stop(self) -> None:
        """Ask the job to stop at its next report."""
        self._stop.set()

    def gate(self, may_go_on: Callable[[], bool]) -> None:
        """Have each report ask whether the job may go on; when it may not, it is ``postponed`` and cancelled."""
        self._gate = may_go_on

    def again(self) -> None:
        """Start from nothing: the job was postponed, and its turn has come."""
        with self._lock:
            self.what, self.fraction, self.seen = "", 0.0, None
            self._begun = self._last = self._now()
            self._end, self._gate, self.postponed = None, None, False

    def look(self, field: np.ndarray) -> None:
        """Keep a sketch of what is being made."""
        self.seen = field

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Take a report; raises :class:`Cancelled` when the job was asked to stop."""
        if self._stop.is_set():
            raise Cancelled
        if self._gate is not None and not self._gate():
            self.postponed = True
            raise Cancelled
        now = self._now()
        with self._lock:
            fraction = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
            if what != self.what or fraction < self.fraction:
                self._begun, self._end = now, None  # a new stage has its own speed
            self.what, self.fraction, self._last = what, fraction, now
            elapsed = now - self._begun
            if fraction >= 0.02 and elapsed >= 0.5:
                end = self._begun + elapsed / fraction
                self._end = end if self._end is None else 0.7 * self._end + 0.3 * end

    def left(self) -> float | None:
        """Return the seconds left in this stage; ``None`` while it is too early to say, or overdue."""
        with self._lock:
            if self._end is None or self.fraction >= 1:
                return None
            left = self._end - self._now()
            return left if left > 0 else None


def label_of(clock: Clock, label: str, words: Words) -> str:
    """Write the line over the bar: what is done, stage, percent, time left."""
    stage = f"stages.{clock.what}"
    parts = [label, words(stage) if stage in words else ""]
    if clock.fraction:
        parts.append(words("kit.progress.percent", share=clock.fraction))
    if (left := clock.left()) is not None:
        parts.append(words("kit.progress.left", seconds=max(1, round(left))))
    return " · ".join(part for part in parts if part)


def run(
    label: str,
    job: Callable[[Progress], T],
    words: Words,
    *,
    key: str,
    drawn: Callable[[np.ndarray], None] | None = None,
) -> T | None:
    """Run ``job(progress)`` and return what it returns; show nothing when it takes less than 0.4 s.

    After a stop the job does not start again by itself: the visitor is told and offered to. A job with
    another ``key`` is another job, so put in the key what the job depends on. Results are not kept here:
    cache them in the job (keyed by content hash and parameters).

    Args:
        label: what is being done, in the reader's language.
        job: takes a :class:`eogen.progress.Progress`; must not draw anything.
        words: the reader's language.
        key: names the job and its parameters.
        drawn: draws a sketch that the job hands on while it works.

    Returns:
        The result; ``None`` when it was stopped or when an :class:`InputError` has been shown instead.
    """
    place = st.empty()
    stopped: list[str] = st.session_state.setdefault(_STOPPED, [])
    if key in stopped:
        with place.container(horizontal=True, vertical_alignment="center", key=f"progress_{key}"):
            st.html(
                f'<p class="eo-muted" role="status">{escape(words("kit.progress.cancelled"))}</p>',
                width="content",
            )
            st.button(
                words("kit.progress.again"),
                key=f"again_{key}",
                icon=":material/replay:",
                on_click=_again,
                args=(key,),
            )
        return None

    clock = Clock()
    outcome: dict[str, Any] = {}
    context = get_script_run_ctx()
    ticket = queues.Ticket(owner=context.session_id if context else key)

    def work() -> None:
        try:
            outcome["result"] = _in_turn(job, clock, ticket)
        except BaseException as error:  # noqa: BLE001 - handed over to the page's thread, which raises or shows it
            outcome["error"] = error

    thread = threading.Thread(target=work, name=f"eogen-{key}", daemon=True)
    add_script_run_ctx(thread, context)  # st.cache_* inside the job find their session
    thread.start()
    try:
        thread.join(AT_ONCE)
        if thread.is_alive():  # no other visitor waits for what lasts
            with turnstile.RUNS.aside():
                thread.join(APPEAR - AT_ONCE)
        if thread.is_alive():
            with place.container(key=f"progress_{key}", gap="small"):
                bar = st.progress(0.0, label_of(clock, label, words))
                st.button(
                    words("kit.progress.cancel"),
                    key=f"stop_{key}",
                    icon=":material/stop:",
                    on_click=_stop,
                    args=(key,),
                )
                picture, last = st.empty(), None
            while thread.is_alive():
                bar.progress(
                    clock.fraction, _line(clock, ticket, label, words)
                )  # also where Streamlit may interrupt
                if drawn is not None and (seen := clock.seen) is not last:
                    last = seen
                    with picture.container():
                        drawn(seen)
                with turnstile.RUNS.aside():
                    thread.join(PERIOD)
            place.empty()
    finally:
        clock.stop()  # reached early only when Streamlit interrupts: rerun, stop, or the visitor has left
        queues.HEAVY.forget(ticket)

    error = outcome.get("error")
    if isinstance(error, InputError):
        errors.show(error, words)
        return None
    if error is not None:
        raise error
    return outcome["result"]


def _in_turn(job: Callable[[Progress], T], clock: Clock, ticket: queues.Ticket) -> T:
    """Run the job; what is heavy holds a slot, or starts again when it has one."""
    heavy = queues.HEAVY
    begun = time.monotonic()
    entered = False

    def may_go_on() -> bool:
        nonlocal entered
        if not entered and time.monotonic() - begun >= queues.GRACE:
            entered = heavy.enter(ticket)
            return entered
        return True

    clock.gate(may_go_on)
    try:
        try:
            return job(clock)
        except Cancelled:
            if not clock.postponed or not heavy.wait(ticket):
                raise
            clock.again()
            return job(clock)
    finally:
        heavy.leave(ticket)


def _line(clock: Clock, ticket: queues.Ticket, label: str, words: Words) -> str:
    before = queues.HEAVY.before(ticket)
    if before is None:
        return label_of(clock, label, words)
    return f"{label} · {words('load.queue.before', n=before)}"


def _stop(key: str) -> None:
    stopped = st.session_state.setdefault(_STOPPED, [])
    stopped.append(key)
    del stopped[:-16]  # a visitor who stops everything must not grow the session


def _again(key: str) -> None:
    stopped = st.session_state.setdefault(_STOPPED, [])
    stopped[:] = [other for other in stopped if other != key]
