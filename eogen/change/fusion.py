"""Several estimators heard at once: Fisher's combination of their ranks (Fisher 1932).

Each map is turned into how rare its value is in the scene, p = rank / (n + 1) from the top, so that no scale matters;
the fused score is the mean of -log p. It needs no law and no label; what several estimators find unusual stands out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from eogen.change.normalise import normalised
from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent

#: The estimators heard unless asked otherwise: a distance, a method of blocks and a likelihood, each of another mind.
MEMBERS = ("cva_median", "celik", "context_conditional")


def fused(
    question: Problem, seed: int = 0, progress: Progress = silent, members: tuple[str, ...] = MEMBERS
) -> Answer:
    """Return the mean over ``members`` of -log p, p the share of valid pixels as unusual as this one; each is a part.

    Every member keeps its own normalisation and smoothing: it is asked anew, on the images as they were read.
    """
    from eogen.change.methods import method, smoothed

    if question.raw is None:
        raise ValueError("a fusion normalises the images as each member wishes; the problem has none as read")
    parts = {}
    for k, name in enumerate(members):
        progress(k, len(members), "compare")
        row = method(name)
        before, after = normalised(*question.raw, question.valid, row.normalise)
        answer = row.run(replace(question, before=before, after=after), seed=seed)
        parts[name] = rarity(smoothed(answer.nll, question.valid, row.smooth), question.valid)
    nll = np.mean(list(parts.values()), axis=0)
    return Answer(nll.astype(np.float32), parts, {"members": ", ".join(members)})


def rarity(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return -log p (y, x): p = (rank from the top) / (n + 1) among valid pixels; equal values share a mean rank."""
    out = np.full(valid.shape, np.nan, np.float32)
    seen = values[valid]
    out[valid] = np.log(len(seen) + 1) - np.log(rankdata(-seen))
    return out
