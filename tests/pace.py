"""How long work takes beside other work of its kind, done in turn with it: seconds tell more of the machine than of it.

A slow or busy machine slows both alike, so their ratio says whether the work grew, where a number of seconds says only
that somebody else was at work. What the seconds are is measured by ``python -m benchmarks``.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np


def fields() -> np.ndarray:
    """Return 100 random fields of 96 x 96 cells, smoothed and squashed: the work that every simulation is made of."""
    random, far = np.random.default_rng(0), np.hypot(*np.meshgrid(np.fft.rfftfreq(96), np.fft.fftfreq(96)))
    keep = np.exp(-((far * 24) ** 2))
    return np.stack(
        [np.tanh(np.fft.irfft2(np.fft.rfft2(random.standard_normal((96, 96))) * keep)) for _ in range(100)]
    )


def spent(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that this thread takes for ``work``; those of other threads do not count."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def spent_by_children(work: Callable[[], object]) -> float:
    """Return the seconds of processor time of the processes that ``work`` starts, and waits for until they ended."""

    def until_now() -> float:
        told = resource.getrusage(resource.RUSAGE_CHILDREN)
        return told.ru_utime + told.ru_stime

    begin = until_now()
    work()
    return until_now() - begin


def times(
    work: Callable[[], object],
    yardstick: Callable[[], object],
    rounds: int = 5,
    clock: Callable[[Callable[[], object]], float] = spent,
) -> float:
    """Return how many times as long as ``yardstick`` takes ``work`` takes: of each the least of some rounds, in turn.

    Both are done once before, unmeasured: what is imported or kept at the first time is no one's pace. The least is
    taken since whatever disturbs only adds. ``clock`` is :func:`spent` or :func:`spent_by_children`.
    """
    work()
    yardstick()
    taken = [(clock(work), clock(yardstick)) for _ in range(rounds)]
    return min(pair[0] for pair in taken) / min(pair[1] for pair in taken)
