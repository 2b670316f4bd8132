"""The turnstile: so many at a time, first come first served, nobody kept out for long, nobody forgotten."""

from __future__ import annotations

import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from pages.kit import idle, turnstile
from pages.kit.turnstile import Turnstile
from tests.pages.reading import PATIENCE
from tests.real import REPOSITORY


class Run(threading.Thread):
    """A run that goes through, says so, and stays inside until it is told to go."""

    def __init__(self, door: Turnstile, passed: list[int], name: int) -> None:
        super().__init__(daemon=True)
        self.door, self.passed, self.number = door, passed, name
        self.go = threading.Event()
        self.start()

    def run(self) -> None:
        with self.door.through():
            self.passed.append(self.number)
            self.go.wait(60)

    def end(self) -> None:
        self.go.set()
        self.join(60)
        assert not self.is_alive()


def until(true) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


def arrived(door: Turnstile, passed: list[int], count: int) -> list[Run]:
    """So many runs, each at the door before the next comes."""
    runs = []
    for number in range(count):
        runs.append(Run(door, passed, number))
        until(lambda: sum(door.counts()) == len(runs))
    return runs


@pytest.mark.parametrize("most", [1, 2])
def test_so_many_at_a_time_in_the_order_in_which_they_came(most):
    door, passed = Turnstile(most, patience=600), []
    runs = arrived(door, passed, 5)
    for number, run in enumerate(runs):
        until(lambda: len(passed) == min(number + most, 5))  # noqa: B023
        assert door.counts() == (min(most, 5 - number), max(5 - number - most, 0))
        run.end()
    assert passed == [0, 1, 2, 3, 4]
    assert door.counts() == (0, 0)


def test_a_slow_one_keeps_nobody_out_for_ever():
    door, passed = Turnstile(1, patience=0.05), []
    runs = [Run(door, passed, number) for number in range(3)]
    until(lambda: sorted(passed) == [0, 1, 2])
    assert door.counts() == (3, 0)
    for run in runs:
        run.end()
    assert door.counts() == (0, 0)


def test_who_steps_aside_lets_one_in_and_comes_back_without_waiting():
    """It may hold what the other waits for: were it to wait in turn, both would stand still."""
    door, passed = Turnstile(1, patience=600), []
    with door.through():
        other = Run(door, passed, 1)
        until(lambda: door.counts() == (1, 1))
        with door.aside():
            until(lambda: passed == [1])
        assert door.counts() == (2, 0)
    assert door.counts() == (1, 0)
    other.end()
    assert door.counts() == (0, 0)


def test_outside_there_is_nothing_to_step_aside_from_and_inside_no_second_door():
    door = Turnstile(1, patience=600)
    with door.aside():
        assert door.counts() == (0, 0)
    with door.through(), door.through():
        assert door.counts() == (1, 0)
    assert door.counts() == (0, 0)


def test_a_run_that_fails_leaves_too():
    door = Turnstile(1, patience=600)
    for way in (door.through, door.aside):
        with pytest.raises(RuntimeError), door.through(), way():
            raise RuntimeError
    assert door.counts() == (0, 0)


def test_in_a_storm_no_place_is_lost_and_no_more_are_inside():
    door, inside, most = Turnstile(2, patience=600), [0], []
    lock = threading.Lock()

    def visit():
        for turn in range(50):
            with door.through():
                with lock:
                    inside[0] += 1
                    most.append(inside[0])
                if turn % 7 == 0:
                    with lock:
                        inside[0] -= 1
                    with door.aside():
                        time.sleep(0.0005)
                else:
                    with lock:
                        inside[0] -= 1

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert len(most) == 400
    assert max(most) <= 2
    assert door.counts() == (0, 0)


@pytest.mark.parametrize(("asked", "found"), [("", 1), ("3", 3), ("0", 1), ("many", 1)])
def test_the_number_of_runs(monkeypatch, asked, found):
    monkeypatch.setenv(turnstile.VARIABLE, asked)
    assert turnstile.at_once() == found


def test_the_app_goes_through_it(monkeypatch):
    seen = []
    watch = idle.watch
    monkeypatch.setattr(turnstile, "RUNS", Turnstile(1))
    monkeypatch.setattr(idle, "watch", lambda *a, **k: (seen.append(turnstile.RUNS.counts()), watch(*a, **k)))
    at = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=PATIENCE).run()
    assert not at.exception
    assert seen == [(1, 0)]
    assert turnstile.RUNS.counts() == (0, 0)
