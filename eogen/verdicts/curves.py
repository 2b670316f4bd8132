"""The machine's scores against people's verdicts: precision and recall, the limit to use, and the blind test.

Cases of a campaign may be drawn unevenly; every count here takes the number of cases of the population that each
stands for (:func:`eogen.verdicts.draw.weights`), so that precision and recall are those of the whole population.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import binomtest

from eogen.intervals import wilson
from eogen.verdicts.agreement import DRAWS, FEWEST, Estimate
from eogen.verdicts.agreement import table as who_said_what
from eogen.verdicts.record import Verdict, current

#: A precision told from fewer cases at or above the limit is luck.
FEW_ABOVE = 10
#: Guesses as good as chance: the whole interval lies this near to it.
NEAR = 0.1
#: Why a limit is not told, keys of ``agreement.limits``.
LIMITS: tuple[str, ...] = ("no_yes", "no_no", "out_of_reach")
#: What a blind test says, keys of ``agreement.turing``.
TOLD: tuple[str, ...] = ("told_apart", "chance", "misled", "open")


@dataclass(frozen=True)
class Labels:
    """What people say of each item.

    Attributes:
        yes: item -> whether it is the first answer.
        ties: items left out because as many said yes as no.
        unsure: items left out because nobody said either.
    """

    yes: dict[str, bool]
    ties: int
    unsure: int


@dataclass(frozen=True)
class Curve:
    """Precision and recall at every score, the highest first: (n,) each.

    Attributes:
        limit: scores; what scores at least this is called yes.
        precision: of what is called yes, the share that people call yes.
        recall: of what people call yes, the share that is called yes.
        false_alarms: of what people call no, the share that is called yes; NaN when there is none.
        average: average precision, sum of precision times gain of recall (no interpolation), with its interval by
            drawing items again.
        yes, no: items that people call so.
    """

    limit: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    false_alarms: np.ndarray
    average: Estimate
    yes: int
    no: int


@dataclass(frozen=True)
class Limit:
    """The lowest score at which what was wanted holds.

    Attributes:
        value: the score; None where there is none, with its ``reason``, one of :data:`LIMITS`.
        low, high: its 95 % interval by drawing items again; ``high`` is infinite when some draws never get there.
        reached: precision (or share of false alarms) at that limit, with Wilson's interval for as many items as the
            weights are worth.
        recall: of what people call yes, the share above it.
        n: judged items at or above it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reached: Estimate = field(default_factory=lambda: Estimate(None))
    recall: float | None = None
    n: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Turing:
    """How often people find the real one.

    Attributes:
        share: of right answers, with Wilson's interval; answers count one by one, so several to one case make it look
            surer than it is. ``n`` is answers.
        unsure: answers left out.
        p_value: of a two-sided binomial test against ``chance``; None without answer.
        verdict: ``"told_apart"``: better than chance; ``"misled"``: worse; ``"chance"``: within :data:`NEAR` of chance,
            interval and all; ``"open"``: too few answers to say.
    """

    share: Estimate
    unsure: int
    chance: float
    p_value: float | None
    verdict: str


def labels(rows: Iterable[Verdict], yes: str, no: str, reviewer: str | None = None) -> Labels:
    """Return what people say of each item: the majority of those who said yes or no, or one reviewer alone.

    Args:
        rows: verdicts of one campaign, or of several without an item in common.
        yes: the affirming answer, the one that a high score stands for.
        no: the other one.
        reviewer: whose; None for the majority.
    """
    answers = who_said_what(rows)
    if reviewer is not None:
        answers = answers[[name for name in answers.columns if name == reviewer]]
    found, ties, unsure = {}, 0, 0
    for (_, item), said in zip(answers.index, answers.to_numpy(), strict=True):
        counts = Counter(said)
        if not counts[yes] and not counts[no]:
            unsure += any(one is not None for one in said)
        elif counts[yes] == counts[no]:
            ties += 1
        else:
            found[item] = counts[yes] > counts[no]
    return Labels(found, ties, unsure)


def aligned(
    scores: Mapping[str, float | None], yes: Mapping[str, bool], weights: Mapping[str, float] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores, labels (bool) and weights of the items that have both a score and a label, sorted by item."""
    items = sorted(item for item in yes if scores.get(item) is not None)
    return (
        np.array([scores[item] for item in items], float),
        np.array([yes[item] for item in items], bool),
        np.array([1.0 if weights is None else weights[item] for item in items], float),
    )


def curve(scores: np.ndarray, yes: np.ndarray, weights: np.ndarray | None = None, seed: int = 0) -> Curve:
    """Return the precision-recall curve of scores against labels; empty without an item called yes.

    Args:
        scores: (n,) finite; a high one speaks for yes.
        yes: (n,) bool.
        weights: (n,) > 0, cases that each stands for; 1 each by default.
        seed: of the interval.
    """
    limit, hits, alarms = _sums(scores, yes, _each(scores, weights))
    count = int(np.sum(yes))
    if not count:
        nothing = np.empty(0)
        reason = "no_answer" if not len(yes) else "one_answer"
        return Curve(
            nothing, nothing, nothing, nothing, Estimate(None, n=len(yes), reason=reason), 0, len(yes)
        )
    with np.errstate(invalid="ignore"):
        false = alarms / alarms[-1]
    return Curve(
        limit, hits / (hits + alarms), hits / hits[-1], false, average_precision(scores, yes, weights, seed),
        count, len(yes) - count,
    )  # fmt: skip


def average_precision(
    scores: np.ndarray, yes: np.ndarray, weights: np.ndarray | None = None, seed: int = 0
) -> Estimate:
    """Return the average precision, 0..1, with its interval by drawing items again; see :func:`curve`."""
    n, each = len(scores), _each(scores, weights)
    if not np.any(yes):
        return Estimate(None, n=n, reason="one_answer" if n else "no_answer")
    value = float(_average(scores, yes, each[None])[0])
    if np.all(yes):
        return Estimate(value, n=n, reason="all_alike")
    if n < FEWEST:
        return Estimate(value, n=n, reason="few_items")
    drawn = _average(scores, yes, _times(n, seed) * each)
    low, high = np.nanquantile(drawn, [0.025, 0.975])  # a draw without a yes has none
    return Estimate(value, float(low), float(high), n)


def limit_for(
    scores: np.ndarray,
    yes: np.ndarray,
    *,
    wanted: float,
    of: Literal["precision", "false_alarms"] = "precision",
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> Limit:
    """Return the lowest score from which on at least this precision, or at most this share of false alarms, is had.

    The lowest: it misses least. A precision counts only where :data:`FEW_ABOVE` judged items lie at or above the
    limit. Because the limit is chosen where the figure is good, the figure is a little too good: use the lower end of
    ``reached`` where it matters, or judge new cases.

    Args:
        scores: (n,) finite.
        yes: (n,) bool.
        wanted: in (0, 1].
        of: ``"precision"``: share of yes among what is above; ``"false_alarms"``: share of the no above.
        weights: (n,) > 0, cases that each stands for; 1 each by default.
        seed: of the intervals.

    Raises:
        ValueError: for ``wanted`` out of its range.
    """
    if not 0 < wanted <= 1:
        raise ValueError(f"wanted is above 0 and at most 1, not {wanted}")
    each = _each(scores, weights)
    for lacking, reason in ((not np.any(yes), "no_yes"), (of == "false_alarms" and np.all(yes), "no_no")):
        if lacking:
            return Limit(None, reason=reason)
    value = float(_lowest(scores, yes, each[None], wanted, of)[0])
    if np.isinf(value):
        return Limit(None, reason="out_of_reach")
    drawn = _lowest(scores, yes, _times(len(scores), seed) * each, wanted, of)
    # Whole values, not between two: infinity minus infinity is nothing.
    low, high = np.quantile(drawn, [0.025, 0.975], method="nearest")
    above = scores >= value
    base = above if of == "precision" else ~yes
    counted = (yes if of == "precision" else above)[base]
    share = float(each[base] @ counted / each[base].sum())
    worth = each[base].sum() ** 2 / (each[base] ** 2).sum()  # Kish (1965): equal items that would say as much
    ends = wilson(share * worth, worth)
    return Limit(
        value, float(low), float(high), Estimate(share, float(ends[0]), float(ends[1]), int(base.sum())),
        float(each[above & yes].sum() / each[yes].sum()), int(above.sum()),
    )  # fmt: skip


def turing(
    rows: Iterable[Verdict], truth: Mapping[str, str], chance: float = 0.5, reviewer: str | None = None
) -> Turing:
    """Return how often people answered what is true, first showings only, and what that says.

    Args:
        rows: of campaigns where it is known which is real.
        truth: item -> the right answer (``Case.truth``); items without one are left out.
        chance: share of right answers by guessing.
        reviewer: whose; None for everybody's.
    """
    answers = who_said_what([row for row in current(rows) if reviewer in (None, row.reviewer)])
    right = n = unsure = 0
    for (_, item), said in zip(answers.index, answers.to_numpy(), strict=True):
        for one in said if truth.get(item) else ():
            if one == "unsure":
                unsure += 1
            elif one is not None:
                n += 1
                right += one == truth[item]
    if not n:
        return Turing(Estimate(None, reason="no_answer"), unsure, chance, None, "open")
    low, high = (float(end) for end in wilson(right, n))
    if low > chance:
        verdict = "told_apart"
    elif high < chance:
        verdict = "misled"
    else:
        verdict = "chance" if max(high - chance, chance - low) <= NEAR else "open"
    p_value = float(binomtest(right, n, chance).pvalue)
    return Turing(Estimate(right / n, low, high, n), unsure, chance, p_value, verdict)


def _each(scores: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    return np.ones(len(scores)) if weights is None else np.asarray(weights, float)


def _times(n: int, seed: int) -> np.ndarray:
    """Return how often each item is drawn: (:data:`DRAWS`, n)."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS)


def _sums(scores: np.ndarray, yes: np.ndarray, each: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the different scores from high to low, and the weight of yes and of no at or above each: (..., scores)."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], len(ranked) > 0))
    told, weight = yes[order], each[..., order]
    return ranked[ends], (weight * told).cumsum(-1)[..., ends], (weight * ~told).cumsum(-1)[..., ends]


def _average(scores: np.ndarray, yes: np.ndarray, each: np.ndarray) -> np.ndarray:
    _, hits, alarms = _sums(scores, yes, each)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Scores above the highest that was drawn have neither hits nor alarms, and gain nothing.
        precision = np.where(hits > 0, hits / (hits + alarms), 0.0)
        return (np.diff(hits, prepend=0.0, axis=-1) * precision).sum(-1) / hits[..., -1]


def _lowest(scores: np.ndarray, yes: np.ndarray, each: np.ndarray, wanted: float, of: str) -> np.ndarray:
    """Return the lowest score that holds for each row of weights: (rows,), infinite where none does."""
    limit, hits, alarms = _sums(scores, yes, each)
    with np.errstate(invalid="ignore", divide="ignore"):
        if of == "precision":
            above = (scores[:, None] >= limit).sum(0)  # judged items, however often each is drawn
            holds = (hits / (hits + alarms) >= wanted - 1e-12) & (above >= FEW_ABOVE)
        else:
            holds = alarms / alarms[..., -1:] <= wanted + 1e-12
    last = holds.shape[-1] - 1 - holds[..., ::-1].argmax(-1)
    return np.where(holds.any(-1), limit[last], np.inf)
