"""How far reviewers agree: percent, Cohen's κ, Krippendorff's α, a reviewer with themselves; and how long they take.

Items are what is drawn at random, so every interval comes from drawing items again (Efron 1979, percentiles), never
answers. What cannot be said (one reviewer, one answer only) is None with its reason, a key of ``agreement.reasons``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from eogen.intervals import wilson
from eogen.verdicts.record import Verdict, current

#: What is done with "unsure": an answer like the others, or none. "skip" is never an answer.
Unsure = Literal["own", "left_out"]
#: Why an estimate, or its interval, is not told.
REASONS: tuple[str, ...] = (
    "no_answer", "one_reviewer", "no_shared", "one_answer", "no_repeat", "all_alike", "few_items",
)  # fmt: skip
DRAWS = 1000
#: Fewer items than this, drawn again, say nothing of how far off an estimate may be.
FEWEST = 5


@dataclass(frozen=True)
class Estimate:
    """A figure and how sure it is.

    Attributes:
        value: None where it cannot be told.
        low, high: its 95 % interval; None where that cannot be told.
        n: items that it rests on.
        reason: why ``value`` or the interval is None, one of :data:`REASONS`; else ``""``.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Seconds:
    """Seconds per answer: how many were timed, their median and quartiles (None where none was)."""

    n: int
    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Reviewer:
    """One reviewer.

    Attributes:
        answers: how often each was given, first showings only; ``"skip"`` and ``"unsure"`` too.
        others: share of the others' answers to the same items that are the same.
        kappa: mean of Cohen's κ with each other reviewer.
        consistency: share of repeats answered as the first time.
        seconds: see :class:`Seconds`.
    """

    answers: dict[str, int]
    others: Estimate
    kappa: Estimate
    consistency: Estimate
    seconds: Seconds


@dataclass(frozen=True)
class Agreement:
    """All of it, for a set of verdicts.

    Attributes:
        items, reviewers: that have an answer; ``shared``: items with two or more.
        answers: how often each was given, first showings only; ``"skip"`` and ``"unsure"`` too.
        percent: of pairs of answers to the same item, the share that is the same, 0..1.
        kappa: mean of Cohen's κ over the pairs of reviewers.
        alpha: Krippendorff's α.
        consistency: share of repeats that were answered as the first time, all reviewers together.
        seconds: see :class:`Seconds`.
    """

    items: int
    reviewers: int
    shared: int
    answers: dict[str, int]
    percent: Estimate
    kappa: Estimate
    alpha: Estimate
    consistency: Estimate
    seconds: Seconds


def table(rows: Iterable[Verdict], unsure: Unsure = "own") -> pd.DataFrame:
    """Return who said what: a row an item of a campaign, a column a reviewer, None where there is no answer.

    Only verdicts that stand count, and of the showings of a case to a reviewer the first that was answered. Reviewers
    without a name are one column ``""``.
    """
    seen: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    for row in _answers(rows, unsure):
        cell = seen.setdefault((row.campaign, row.item), {})
        # A later verdict on the same showing replaces an earlier one; a later showing does not.
        if row.reviewer not in cell or row.repeat <= cell[row.reviewer][0]:
            cell[row.reviewer] = (row.repeat, row.answer)
    who = sorted({name for cell in seen.values() for name in cell})
    index = pd.MultiIndex.from_tuples(list(seen), names=("campaign", "item"))
    found = np.full((len(seen), len(who)), None, object)
    for k, cell in enumerate(seen.values()):
        for j, name in enumerate(who):
            if name in cell:
                found[k, j] = cell[name][1]
    return pd.DataFrame(found, index, pd.Index(who, name="reviewer", dtype=object), dtype=object)


def percent(answers: pd.DataFrame, seed: int = 0) -> Estimate:
    """Return the share of pairs of answers to the same item that are the same, 0..1, over all reviewers.

    Where all pairs agree, or none, or items are fewer than :data:`FEWEST`, drawing again would say that it is surer
    than it is: the interval is then Wilson's, over items.
    """
    if lacking := _lacking(answers):
        return lacking
    counts = _counts(answers)
    size = counts.sum(1)
    return _share((counts * (counts - 1)).sum(1) / 2, size * (size - 1) / 2, seed)


def cohen(answers: pd.DataFrame, seed: int = 0) -> Estimate:
    """Return Cohen's κ (1960, Educ. Psychol. Meas. 20:37) of the two reviewers who are the columns.

    κ = (p_o - p_e) / (1 - p_e): 1 for full agreement, 0 for what their separate habits would give, down to -1.

    Raises:
        ValueError: when there are not two columns.
    """
    if answers.shape[1] != 2:
        raise ValueError(f"Cohen's κ compares two reviewers, not {answers.shape[1]}; see cohen_pairs")
    return cohen_mean(answers, seed=seed)


def cohen_pairs(answers: pd.DataFrame, seed: int = 0) -> dict[tuple[str, str], Estimate]:
    """Return Cohen's κ of every two reviewers, by their names."""
    return {
        (first, second): cohen(answers[[first, second]], seed)
        for first, second in combinations(answers.columns, 2)
    }


def cohen_mean(answers: pd.DataFrame, of: str | None = None, seed: int = 0) -> Estimate:
    """Return the mean of Cohen's κ over the pairs of reviewers that have one (Light 1971), or those with ``of``.

    Items are drawn again for all pairs at once, so that the interval knows that pairs share their items.
    """
    if lacking := _lacking(answers):
        return lacking
    codes, size = _codes(answers)
    pairs = [
        (a, b) for a, b in combinations(range(codes.shape[1]), 2) if of in (None, *answers.columns[[a, b]])
    ]
    joint = np.zeros((len(codes), len(pairs), size * size))
    for k, (a, b) in enumerate(pairs):
        here = np.flatnonzero((codes[:, a] >= 0) & (codes[:, b] >= 0))
        joint[here, k, codes[here, a] * size + codes[here, b]] = 1
    joint = joint.reshape(len(codes), -1)
    joint = joint[joint.any(1)]
    if not len(joint):
        return Estimate(None, reason="no_shared")
    return _again(lambda sums: _kappa(sums.reshape(*sums.shape[:-1], len(pairs), size, size)), joint, seed)


def krippendorff(answers: pd.DataFrame, seed: int = 0) -> Estimate:
    """Return Krippendorff's α for names of answers (2019, Content Analysis, 4th ed., ch. 12).

    α = 1 - D_o / D_e, from the coincidences of every two answers to one item, each item weighing as many as it has
    answers; any number of reviewers, gaps allowed, small numbers corrected for.
    """
    if lacking := _lacking(answers):
        return lacking
    counts = _counts(answers)
    counts = counts[counts.sum(1) >= 2]
    pairs = counts[:, :, None] * (counts[:, None, :] - np.eye(counts.shape[1]))
    coincidences = pairs / (counts.sum(1) - 1)[:, None, None]
    return _again(_alpha, coincidences.reshape(len(counts), -1), seed)


def consistency(rows: Iterable[Verdict], unsure: Unsure = "own") -> Estimate:
    """Return the share of repeats that were answered as the first time, with its Wilson interval; ``n`` is repeats.

    Each later showing is set against the first that was answered; only answered ones count.
    """
    first: dict[tuple[str, str, str], Verdict] = {}
    later: dict[tuple[str, str, str, int], bool] = {}
    standing = sorted(
        _answers(rows, unsure), key=lambda row: row.repeat
    )  # stable: the last of a showing comes last
    for row in standing:
        who = (row.campaign, row.item, row.reviewer)
        if who not in first or first[who].repeat == row.repeat:
            first[who] = row
        else:
            later[*who, row.repeat] = row.answer == first[who].answer
    if not later:
        return Estimate(None, reason="no_repeat")
    same, n = sum(later.values()), len(later)
    low, high = wilson(same, n)
    return Estimate(same / n, float(low), float(high), n)


def seconds(rows: Iterable[Verdict]) -> Seconds:
    """Return how long answers took, repeats included; what was skipped was not answered."""
    taken = [row.seconds for row in current(rows) if row.seconds is not None and row.answer != "skip"]
    if not taken:
        return Seconds(0, None, None, None)
    low, median, high = (float(q) for q in np.quantile(taken, [0.25, 0.5, 0.75]))
    return Seconds(len(taken), median, low, high)


def agreement(rows: Iterable[Verdict], unsure: Unsure = "own", seed: int = 0) -> Agreement:
    """Return every figure of a set of verdicts; see :class:`Agreement`.

    Args:
        rows: of any campaigns, undone ones allowed (they do not count).
        unsure: whether "unsure" is an answer of its own (two who are both unsure agree) or left out.
        seed: of the intervals.
    """
    rows = current(rows)
    answers = table(rows, unsure)
    return Agreement(
        len(answers), answers.shape[1], int((answers.notna().sum(axis=1) >= 2).sum()), _given(rows),
        percent(answers, seed), cohen_mean(answers, seed=seed), krippendorff(answers, seed),
        consistency(rows, unsure), seconds(rows),
    )  # fmt: skip


def breakdown(
    rows: Iterable[Verdict], by: Callable[[Verdict], str], unsure: Unsure = "own", seed: int = 0
) -> dict[str, Agreement]:
    """Return :func:`agreement` for each group, sorted by name.

    Args:
        rows: see :func:`agreement`.
        by: gives a verdict's group: ``lambda row: row.method``, or a stratum, ``lambda row: strata[row.item]``.
        unsure: see :func:`agreement`.
        seed: of the intervals.
    """
    groups: dict[str, list[Verdict]] = {}
    for row in current(rows):
        groups.setdefault(by(row), []).append(row)
    return {name: agreement(groups[name], unsure, seed) for name in sorted(groups)}


def reviewers(rows: Iterable[Verdict], unsure: Unsure = "own", seed: int = 0) -> dict[str, Reviewer]:
    """Return each reviewer's figures by name; see :class:`Reviewer`."""
    rows = current(rows)
    answers = table(rows, unsure)
    found = {}
    for name in sorted({row.reviewer for row in rows}):
        own = [row for row in rows if row.reviewer == name]
        others = kappa = Estimate(None, reason="no_answer")
        if name in answers:
            others = _with_others(answers, name, seed)
            kappa = cohen_mean(answers, name, seed)
        found[name] = Reviewer(_given(own), others, kappa, consistency(own, unsure), seconds(own))
    return found


def _answers(rows: Iterable[Verdict], unsure: Unsure) -> list[Verdict]:
    if unsure not in ("own", "left_out"):
        raise ValueError(f"unsure is 'own' or 'left_out', not {unsure!r}")
    none = {"skip"} if unsure == "own" else {"skip", "unsure"}
    return [row for row in current(rows) if row.answer not in none]


def _given(rows: Iterable[Verdict]) -> dict[str, int]:
    return dict(Counter(row.answer for row in rows if row.repeat == 0).most_common())


def _codes(answers: pd.DataFrame) -> tuple[np.ndarray, int]:
    """Return answers as int (items, reviewers), -1 for none, and how many different ones there are."""
    codes, names = pd.factorize(answers.to_numpy().ravel(), sort=True)
    return codes.reshape(answers.shape), len(names)


def _counts(answers: pd.DataFrame) -> np.ndarray:
    """Return how often each answer was given to each item: float (items, answers)."""
    codes, size = _codes(answers)
    return (codes[:, :, None] == np.arange(size)).sum(1).astype(float)


def _lacking(answers: pd.DataFrame) -> Estimate | None:
    if not answers.size:
        return Estimate(None, reason="no_answer")
    if answers.shape[1] < 2:
        return Estimate(None, n=len(answers), reason="one_reviewer")
    if not (answers.notna().sum(axis=1) >= 2).any():
        return Estimate(None, reason="no_shared")
    return None


def _with_others(answers: pd.DataFrame, name: str, seed: int) -> Estimate:
    """Return how often the others gave the same answer as this reviewer, over their answers to the same items."""
    if lacking := _lacking(answers):
        return lacking
    codes, _ = _codes(answers)
    own = answers.columns.get_loc(name)
    told = (codes >= 0) & (codes[:, [own]] >= 0)
    told[:, own] = False
    return _share(((codes == codes[:, [own]]) & told).sum(1).astype(float), told.sum(1).astype(float), seed)


def _share(same: np.ndarray, pairs: np.ndarray, seed: int) -> Estimate:
    """Return sum(same) / sum(pairs) over items, its interval by drawing items again, or Wilson's where that is nil."""
    same, pairs = same[pairs > 0], pairs[pairs > 0]
    if not len(pairs):
        return Estimate(None, reason="no_shared")
    value, n = same.sum() / pairs.sum(), len(pairs)
    parts = np.stack([same, pairs], -1)
    if n < FEWEST or value in (0, 1) or (parts == parts[0]).all():  # drawn again they would all be the same
        low, high = wilson(value * n, n)
        return Estimate(float(value), float(low), float(high), n)
    return _again(lambda sums: sums[..., 0] / sums[..., 1], parts, seed)


def _again(statistic: Callable[[np.ndarray], np.ndarray], parts: np.ndarray, seed: int) -> Estimate:
    """Return a statistic of sums over items, and its interval from the sums of items drawn again.

    Args:
        statistic: (..., k) sums -> (...) values, NaN where undefined.
        parts: (items, k), what each item adds.
        seed: of the draws.
    """
    n = len(parts)
    value = float(statistic(parts.sum(0)))
    if np.isnan(value):
        return Estimate(None, n=n, reason="one_answer")
    if (parts == parts[0]).all() or np.isclose(value, 1):
        return Estimate(value, n=n, reason="all_alike")
    if n < FEWEST:
        return Estimate(value, n=n, reason="few_items")
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS)
    drawn = statistic(times @ parts)
    low, high = np.nanquantile(
        drawn, [0.025, 0.975]
    )  # draws of a single answer have no value: they are left out
    return Estimate(value, float(low), float(high), n)


def _kappa(joint: np.ndarray) -> np.ndarray:
    """Return the mean κ over pairs of reviewers from their counts (..., pairs, answers, answers)."""
    n = joint.sum((-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = joint / n[..., None, None]
        observed = np.trace(shares, axis1=-2, axis2=-1)
        expected = (shares.sum(-1) * shares.sum(-2)).sum(-1)
        there = (n > 0) & ~np.isclose(expected, 1)  # who only ever gave one and the same answer has no κ
        kappa = np.where(there, (observed - expected) / (1 - expected), 0.0)
        return kappa.sum(-1) / there.sum(-1)


def _alpha(coincidences: np.ndarray) -> np.ndarray:
    size = round(coincidences.shape[-1] ** 0.5)
    matrix = coincidences.reshape(*coincidences.shape[:-1], size, size)
    each = matrix.sum(-1)
    n = each.sum(-1)
    observed = n - np.trace(matrix, axis1=-2, axis2=-1)
    expected = (n**2 - (each**2).sum(-1)) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isclose(expected, 0), np.nan, 1 - observed / expected)
