"""Change vector analysis: the length of the difference (Malila 1980)."""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent


def cva(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the Euclidean length of ``after - before`` over the bands; the squared difference of each is a part."""
    squares = (question.after.astype(np.float64) - question.before) ** 2
    parts = dict(zip(question.bands, squares.astype(np.float32), strict=True))
    return Answer(np.sqrt(squares.sum(0)).astype(np.float32), parts)
