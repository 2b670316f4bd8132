"""The queue of heavy jobs: who waits, who is next, and that no slot is ever lost."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from random import Random

import pytest

from eogen.errors import Cancelled
from pages.kit import progress, queue
from pages.kit.progress import Clock
from pages.kit.queue import Queue, Ticket


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


@pytest.fixture
def heavy(monkeypatch):
    """A queue of one slot for which everything is heavy at once."""
    own = Queue(1)
    monkeypatch.setattr(queue, "HEAVY", own)
    monkeypatch.setattr(queue, "GRACE", 0.0)
    return own


class Job:
    """A job in a thread that reports until it is let go."""

    def __init__(self, owner, fault=None):
        self.ticket, self.clock = Ticket(owner), Clock()
        self.go, self.fault, self.starts, self.outcome = threading.Event(), fault, 0, None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _work(self, report):
        self.starts += 1
        while not self.go.wait(0.002):
            report(1, 2)
        if self.fault:
            raise self.fault
        return "done"

    def _run(self):
        try:
            self.outcome = progress._in_turn(self._work, self.clock, self.ticket)
        except (Cancelled, RuntimeError) as error:
            self.outcome = error

    def leave(self):
        """What the page does when its visitor stops it or goes."""
        self.clock.stop()
        queue.HEAVY.forget(self.ticket)

    def end(self):
        self.go.set()
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.outcome


def started(owner, heavy, running, waiting, **more):
    job = Job(owner, **more)
    until(lambda: heavy.counts() == (running, waiting))
    return job


def test_positions_count_down_in_the_order_of_arrival(heavy):
    jobs = [started(n, heavy, 1, n) for n in range(4)]
    assert [heavy.before(job.ticket) for job in jobs] == [None, 1, 2, 3]
    for turn, job in enumerate(jobs):
        assert job.end() == "done"
        left = jobs[turn + 1 :]
        until(lambda: heavy.counts() == ((1, len(left) - 1) if left else (0, 0)))  # noqa: B023
        assert [heavy.before(one.ticket) for one in left] == [None, 1, 2, 3][: len(left)]
    assert [job.starts for job in jobs] == [1, 2, 2, 2], "who waits starts again, holding nothing meanwhile"


def test_who_cancels_while_waiting_lets_the_others_up(heavy):
    first, second, third = (started(n, heavy, 1, n) for n in range(3))
    second.leave()
    second.thread.join(60)
    assert isinstance(second.outcome, Cancelled)
    assert heavy.before(third.ticket) == 1
    assert first.end() == "done"
    assert third.end() == "done"
    assert heavy.counts() == (0, 0)


@pytest.mark.parametrize("how", ["fault", "left"])
def test_a_job_that_fails_or_whose_visitor_left_frees_its_slot(heavy, how):
    first = started("a", heavy, 1, 0, fault=RuntimeError("deep inside"))
    second = started("b", heavy, 1, 1)
    if how == "left":
        first.leave()
        first.thread.join(60)
    assert isinstance(first.end(), RuntimeError if how == "fault" else Cancelled)
    until(lambda: heavy.before(second.ticket) is None)
    assert second.end() == "done"
    assert heavy.counts() == (0, 0)


def test_a_visitor_has_one_job_running_and_lets_others_pass():
    own = Queue(2)
    a1, a2, b = Ticket("a"), Ticket("a"), Ticket("b")
    assert own.enter(a1)
    got = []
    threads = [
        threading.Thread(target=lambda t=t: got.append((t, own.wait(t))), daemon=True) for t in (a2, b)
    ]
    for number, thread in enumerate(threads):
        thread.start()
        until(lambda: sum(own.counts()) == number + 2)  # noqa: B023
    threads[1].join(60)
    assert got == [(b, True)], "the second job of a visitor waits though a slot is free"
    own.leave(a1)
    threads[0].join(60)
    assert got[1] == (a2, True)


def test_short_work_never_waits_and_holds_no_slot(monkeypatch):
    own = Queue(1)
    monkeypatch.setattr(queue, "HEAVY", own)
    monkeypatch.setattr(queue, "GRACE", 3600.0)  # however slow the machine, this is short
    assert own.enter(Ticket("somebody"))
    seen = []

    def job(report):
        for step in range(20):
            report(step, 20)
            seen.append(own.counts())
        return "short"

    assert progress._in_turn(job, Clock(), Ticket("other")) == "short"
    assert set(seen) == {(1, 0)}


def test_no_slot_is_lost_whatever_happens():
    """Against a count of its own: never more than K at once, and none left at the end."""
    own, chance = Queue(3), Random(1)
    inside, most, lock = 0, 0, threading.Lock()

    def visitor(number):
        nonlocal inside, most
        ticket = Ticket(number % 7)
        if number % 5 == 0:
            threading.Timer(chance.random() * 0.01, own.forget, (ticket,)).start()
        if not (own.enter(ticket) or own.wait(ticket)):
            return
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.001)
        with lock:
            inside -= 1
        own.leave(ticket)
        own.leave(ticket)  # twice does no harm

    threads = [threading.Thread(target=visitor, args=(n,), daemon=True) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert most <= 3
    assert own.counts() == (0, 0)


@pytest.mark.parametrize(
    ("asked", "cores", "found"), [("", 2, 1), ("", 1, 1), ("", 8, 7), ("3", 2, 3), ("no", 4, 3), ("0", 4, 1)]
)
def test_the_number_of_slots(monkeypatch, asked, cores, found):
    monkeypatch.setenv(queue.VARIABLE, asked)
    monkeypatch.setattr(queue.os, "cpu_count", lambda: cores)
    assert queue.slots() == found


def app(told):
    import streamlit as st

    from pages.kit import progress
    from pages.kit.words import load

    def job(report):
        for _ in range(2400):  # two minutes: else it hangs
            report(5, 12)
            if told.wait(0.05):
                break
        return 42

    bar = st.progress
    said = st.session_state.setdefault("said", [])

    def listening(value, text=None):
        made = bar(value, text)
        told = made.progress
        made.progress = lambda value, text=None: (said.append(text), told(value, text))[1]
        return made

    st.progress = listening
    try:
        st.session_state["result"] = progress.run("Calcul", job, load("fr"), key="job")
    finally:
        st.progress = bar


def test_the_visitor_reads_how_many_are_before_and_gets_the_result(heavy, monkeypatch):
    """The job before ends once the bar has said that it is waited for; the job, once the bar has said how far it is."""
    from streamlit.testing.v1 import AppTest

    other = started("another visitor", heavy, 1, 0)
    told, line = threading.Event(), progress._line

    def heard(*asked):
        text = line(*asked)
        if "en attente" in text:
            other.go.set()
        elif other.go.is_set() and "%" in text:
            told.set()
        return text

    monkeypatch.setattr(progress, "_line", heard)
    at = AppTest.from_function(app, default_timeout=600, args=(told,)).run()
    assert not at.exception
    assert at.session_state["result"] == 42
    said = at.session_state["said"]
    assert "Calcul · en attente, 1 visiteur avant vous" in said
    assert said[-1].startswith("Calcul · 42"), "once its turn has come the bar says how far it is"
    assert heavy.counts() == (0, 0)


def test_every_cache_of_the_pages_is_bounded():
    """A cache without ``max_entries`` or ``ttl`` grows with the visitors."""
    import ast

    folder = Path(progress.__file__).parents[1]
    bad, seen = [], 0
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", []):
                name = ast.unparse(mark)
                if not name.startswith(("st.cache_data", "st.cache_resource")):
                    continue
                seen += 1
                given = {word.arg for word in getattr(mark, "keywords", [])}
                if not given & {"max_entries", "ttl"}:
                    bad.append(f"{file.relative_to(folder)}:{mark.lineno}")
    assert seen > 100
    assert not bad, bad


def test_what_lies_on_the_disk_is_asked_once_in_a_while(monkeypatch, tmp_path):
    from pages.kit import lately

    asked = itertools.count()
    look = lately.lately(lambda name="x": (name, next(asked)))
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(lately, "SECONDS", 3600.0)
    assert look() == look() == ("x", 0)
    assert look("y") == ("y", 1), "another question"
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path / "other"))
    assert look() == ("x", 2), "another folder of data"
    monkeypatch.setattr(lately, "SECONDS", 0.0)
    assert look() == ("x", 3), "it is believed for a moment only"


def test_cycles_that_were_frozen_alive_are_collected_later(monkeypatch):
    import gc
    import weakref

    from pages.kit.upkeep import WHOLE, Upkeep

    class Thing:
        pass

    upkeep = Upkeep()
    thing = Thing()
    thing.itself = thing
    gone = weakref.ref(thing)
    monkeypatch.setattr("pages.kit.upkeep.SLOW", -1.0)  # every round freezes
    now = time.monotonic()
    try:
        upkeep.round(now)
        del thing
        upkeep.round(now + 1)
        assert gone() is not None, "what is frozen is not looked at"
        upkeep.round(now + WHOLE + 1)
        assert gone() is None
    finally:
        gc.unfreeze()
