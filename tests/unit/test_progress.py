"""Long work: time left, nothing for short work, stop and start again, errors, no thread left behind."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from eogen.errors import Cancelled
from eogen.progress import sketch, staged
from pages.kit import progress
from pages.kit.progress import Clock
from pages.kit.words import load
from tests.pages.reading import PATIENCE


class Time:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@given(st.integers(5, 200), st.floats(0.05, 5))
def test_a_steady_job_is_told_its_time(steps, step_time):
    now = Time()
    clock = Clock(now)
    for done in range(steps):
        clock(done, steps, "train")
        left = clock.left()
        assert (left is None) == (done / steps < 0.02 or now.now - 100.0 < 0.5)
        assert left is None or left == pytest.approx((steps - done) * step_time, rel=0.02)
        now.now += step_time


def test_time_left_runs_down_between_reports_and_is_never_negative():
    now = Time()
    clock = Clock(now)
    clock(0, 10)
    now.now += 10
    clock(5, 10)
    assert clock.left() == pytest.approx(10)
    now.now += 4
    assert clock.left() == pytest.approx(6)
    now.now += 20
    assert clock.left() is None


def test_one_slow_step_moves_the_guess_gently():
    now = Time()
    clock = Clock(now)
    for done in range(50):
        clock(done, 100)
        now.now += 1
    clock(50, 100)
    steady = clock.left()
    now.now += 20  # twenty seconds for one step
    clock(51, 100)
    raw = 70 / 51 * 49
    assert steady < clock.left() + 20 < steady + (raw + 20 - steady) * 0.5


def test_a_new_stage_has_its_own_time():
    now = Time()
    clock = Clock(now)
    clock(0, 10, "read")
    now.now += 30
    clock(9, 10, "read")
    clock(0, 10, "train")
    assert clock.left() is None
    now.now += 1
    clock(1, 10, "train")
    assert clock.left() == pytest.approx(9)


@pytest.mark.parametrize(("done", "total", "fraction"), [(0, 0, 0), (5, 0, 0), (3, 2, 1), (-1, 2, 0)])
def test_odd_reports_are_held_between_0_and_1(done, total, fraction):
    clock = Clock()
    clock(done, total)
    assert clock.fraction == fraction


def test_a_stopped_job_hears_it_at_its_next_report():
    clock = Clock()
    clock(1, 2)
    clock.stop()
    with pytest.raises(Cancelled):
        clock(2, 2)


def test_the_line_over_the_bar():
    now = Time()
    clock = Clock(now)
    assert progress.label_of(clock, "Calcul", load("fr")) == "Calcul"
    clock(0, 10, "train")
    now.now += 5
    clock(5, 10, "train")
    assert progress.label_of(clock, "Calcul", load("fr")) == (
        "Calcul · entraînement · 50\u202f% · encore 5\u00a0s environ"
    )
    clock(6, 10, "no_such_stage")
    assert progress.label_of(clock, "Calcul", load("fr")) == "Calcul · 60\u202f%"


def app(kind):
    import threading

    import streamlit as st

    from eogen.errors import InputError
    from eogen.progress import sketch
    from pages.kit import errors, progress
    from pages.kit.words import load

    seen = st.session_state.setdefault("seen", [])
    taken, polled, line = threading.Event(), threading.Event(), progress._line

    def drawn(field):
        seen.append(field)
        taken.set()

    def polling(*given):
        polled.set()
        return line(*given)

    def heard_again(event):
        event.clear()
        assert event.wait(120), "nobody looks"

    @st.cache_data(show_spinner=False)
    def cached(x):
        return x + 1

    def job(report):
        st.session_state["started"] = st.session_state.get("started", 0) + 1
        for step in range(4):
            report(step, 4, "explain")
            taken.clear()
            sketch(report, [step])
            if kind == "slow":  # until it was drawn, and the page has looked once more without anything new
                assert taken.wait(120), "nobody looks"
                heard_again(polled)
                heard_again(polled)
        if kind == "input":
            raise InputError("unreadable", "The file {name} cannot be read.", name="a.tif")
        if kind == "fault":
            raise RuntimeError("deep inside")
        return cached(41)

    words = load("fr")
    progress._line = polling
    try:
        with errors.guard(words):
            st.session_state["result"] = progress.run("Calcul", job, words, key="job", drawn=drawn)
    finally:
        progress._line = line
    st.write("after")


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(progress, "PERIOD", 0.02)


def run(kind):
    return AppTest.from_function(app, args=(kind,), default_timeout=PATIENCE).run()


def test_sketches_are_drawn_while_the_work_lasts_each_once(often, monkeypatch):
    assert run("slow").session_state["seen"] == [[0], [1], [2], [3]]
    monkeypatch.setattr(progress, "APPEAR", 120)
    assert run("fast").session_state["seen"] == [], "short work must not flash"


def test_steps_of_other_work_have_its_name_and_hand_on_no_sketch():
    clock = Clock()
    inner = staged(clock, "calibrate")
    inner(1, 4, "fill")
    sketch(inner, [1])
    assert (clock.what, clock.fraction, clock.seen) == ("calibrate", 0.25, None)
    sketch(clock, [2])
    assert clock.seen == [2]


@pytest.mark.parametrize("kind", ["fast", "slow"])
def test_the_result_comes_back_and_nothing_is_left_on_the_page(often, kind):
    before = set(threading.enumerate())  # other tests may have left a painter of thumbnails waiting
    at = run(kind)
    assert not at.exception
    assert at.session_state["result"] == 42
    assert len(at.button) == 0
    assert [m.value for m in at.markdown] == ["after"]
    assert not [t for t in set(threading.enumerate()) - before if t.name.startswith("eogen-")]


def test_a_stopped_job_does_not_start_again_by_itself():
    at = run("fast")
    at.session_state["_progress_stopped"] = ["job"]
    at.run()
    assert at.session_state["started"] == 1
    assert at.session_state["result"] is None
    assert [b.label for b in at.button] == ["Recommencer"]
    at.button[0].click().run()
    assert at.session_state["started"] == 2
    assert at.session_state["result"] == 42
    assert at.session_state["_progress_stopped"] == []


def test_errors_of_the_job_reach_the_visitor_and_the_log(caplog):
    at = run("input")
    assert at.session_state["result"] is None
    assert "ne peut pas être lu" in at.get("html")[0].proto.body
    at = run("fault")
    assert "Incident" in at.get("html")[0].proto.body
    assert "deep inside" in caplog.text
    assert [m.value for m in at.markdown] == ["after"]


def test_the_list_of_stopped_jobs_is_bounded(monkeypatch):
    state: dict = {}
    monkeypatch.setattr(progress.st, "session_state", state)
    for number in range(100):
        progress._stop(f"job{number}")
    assert state["_progress_stopped"] == [f"job{n}" for n in range(84, 100)]
    progress._again("job99")
    assert "job99" not in state["_progress_stopped"]


def test_a_stopped_thread_ends():
    clock = Clock()
    begun, heard = threading.Event(), threading.Event()

    def job():
        try:
            for step in itertools.count():
                clock(step, 1000)
                begun.set()
                time.sleep(0.005)
        except Cancelled:
            heard.set()

    thread = threading.Thread(target=job, daemon=True)
    thread.start()
    assert begun.wait(120)
    clock.stop()
    thread.join(120)
    assert heard.is_set()
