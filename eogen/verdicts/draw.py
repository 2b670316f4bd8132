"""Which cases are judged, which of them twice, and how many cases of the population each stands for.

Every way of drawing gives each case of the population a chance above nought that is known; a case that had one chance
in ten then stands for ten (Horvitz & Thompson 1952, JASA 47:663), and sums weighted so are unbiased for the whole
population, however the draw was bent towards what is rare or doubtful.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import inf
from typing import Literal, NamedTuple, get_args

import numpy as np

from eogen.errors import InputError
from eogen.verdicts.kinds import Case

How = Literal["stratified", "uncertain", "random"]
#: Ways to draw: as many from each stratum; the most doubtful first; all alike.
HOW: tuple[str, ...] = get_args(How)
#: Of a draw by uncertainty, the share that is drawn at random from all the other cases. Without it the sure cases have
#: no chance at all, and no precision can be told for them. Of 2000 simulated cases, 100 drawn: the share of right ones
#: among those with a score of at least 0.8 was off by 0.041 (root mean square) when all were drawn at random, 0.059
#: with half, 0.099 with a fifth and unknown with none; half still shows 55 cases within 0.1 of 0.5 instead of 10.
RANDOM_SHARE = 0.5
#: A repeat comes after at least so many other showings.
APART = 5


class Drawn(NamedTuple):
    """One showing: the case's item, and 0 for its first time, 1 for its second."""

    item: str
    repeat: int


def draw(
    cases: Sequence[Case], n: int, how: str = "stratified", seed: int = 0, repeats: float = 0.1
) -> list[Drawn]:
    """Draw ``n`` different cases in a random order, and repeats of some of them on top.

    Args:
        cases: the population; items all different.
        n: cases wanted, at least 1; all of them when there are fewer.
        how: ``"stratified"``: as many from each ``Case.stratum`` as there are, the rest shared among the others; every
            stratum is there when ``n`` allows it, else ``n`` of them drawn at random. ``"uncertain"``: scores nearest
            0.5 first, and :data:`RANDOM_SHARE` of the cases at random among the others. ``"random"``: all alike.
        seed: of the draw; the order of ``cases`` plays no part in it.
        repeats: share of the ``n`` that is shown a second time, 0 to 1; cases drawn at random. At least
            :data:`APART` showings lie between the two wherever ``n`` is greater than that.

    Raises:
        InputError: ``draw_nothing``, ``draw_size``, ``draw_how``, ``draw_repeats``, ``draw_twice``, ``draw_scores``.
    """
    if n < 1:
        raise InputError("draw_size", "At least one case must be drawn; {n} were asked for.", n=int(n))
    if not 0 <= repeats <= 1:
        raise InputError(
            "draw_repeats",
            "The share of cases shown twice is 0 to 1; {share} was given.",
            share=float(repeats),
        )
    rng = np.random.default_rng(seed)
    cells = _cells(cases, min(n, len(cases)), how)
    n = min(n, len(cases))
    if how == "stratified":
        items = [item for name, k in _allocate(cells, n, rng).items() for item in _some(cells[name], k, rng)]
    elif how == "uncertain":
        items = cells["sure to be drawn"] + _some(cells["others"], n - len(cells["sure to be drawn"]), rng)
    else:
        items = _some(cells[""], n, rng)
    return _with_repeats(_some(items, n, rng), round(n * repeats), rng)


def weights(
    cases: Sequence[Case], chosen: Sequence[Case], how: str = "stratified", seed: int = 0
) -> dict[str, float]:
    """Return for each chosen item the number of cases it stands for: one over its chance to be drawn.

    The weights add up to the population (in the mean, where there were fewer draws than strata).

    Args:
        cases: the population that :func:`draw` was given.
        chosen: the cases it drew, all of them; an item counts once.
        how: as it was drawn.
        seed: not needed (chances do not depend on it); taken so that a draw is described by the same words.

    Raises:
        InputError: ``draw_stranger`` for a chosen case that is not in the population, and those of :func:`draw`.
    """
    taken = {case.item for case in chosen}
    if strange := sorted(taken - {case.item for case in cases}):
        raise InputError(
            "draw_stranger", "{item} is not among the cases that were drawn from; give the same candidates.",
            item=strange[0],
        )  # fmt: skip
    cells = _cells(cases, len(taken), how)
    found = {}
    present = [
        (members, [item for item in members if item in taken]) for members in cells.values() if members
    ]
    absent = sum(not here for _, here in present)
    # Cells are all visited when there are draws enough; else each had the same chance to be.
    luck = len(present) / max(len(present) - absent, 1)
    for members, here in present:
        for item in here:
            found[item] = luck * len(members) / len(here)
    return {case.item: found[case.item] for case in chosen}


def _cells(cases: Sequence[Case], n: int, how: str) -> dict[str, list[str]]:
    """Return the items of each group within which all have the same chance, sorted by item: order is no luck."""
    if how not in HOW:
        raise InputError(
            "draw_how",
            "Cases cannot be drawn “{how}”; there are: {known}.",
            how=str(how),
            known=", ".join(HOW),
        )
    if not cases:
        raise InputError("draw_nothing", "There is no case to draw from; choose other options.")
    times = Counter(case.item for case in cases)
    if max(times.values()) > 1:
        item = times.most_common(1)[0][0]
        raise InputError(
            "draw_twice",
            "{item} is there {n} times; every case needs a name of its own.",
            item=item,
            n=times[item],
        )
    ordered = sorted(cases, key=lambda case: case.item)
    if how == "stratified":
        return {
            name: [case.item for case in ordered if case.stratum == name]
            for name in sorted({case.stratum for case in cases})
        }
    if how == "random":
        return {"": [case.item for case in ordered]}
    if all(case.score is None for case in cases):
        raise InputError(
            "draw_scores",
            "The machine gave no score to these cases, so none is more doubtful; draw them otherwise.",
        )
    # Ties are cut by a digest of the name: neither the order of a file nor the alphabet favours a case.
    doubt = sorted(ordered, key=lambda case: (_far(case), sha256(case.item.encode()).digest()))
    first = n if n == len(cases) else n - max(1, round(n * RANDOM_SHARE))
    return {
        "sure to be drawn": [case.item for case in doubt[:first]],
        "others": sorted(case.item for case in doubt[first:]),
    }


def _far(case: Case) -> float:
    return inf if case.score is None else abs(case.score - 0.5)


def _some(items: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    return [items[k] for k in rng.permutation(len(items))[:n]]


def _allocate(cells: Mapping[str, Sequence[str]], n: int, rng: np.random.Generator) -> dict[str, int]:
    """Share ``n`` draws: one each in turn, in a random order of strata, until a stratum has no more to give."""
    given = dict.fromkeys(cells, 0)
    order = _some(list(cells), len(cells), rng)
    while n:
        for name in order:
            if n and given[name] < len(cells[name]):
                given[name] += 1
                n -= 1
    return given


def _with_repeats(items: Sequence[str], count: int, rng: np.random.Generator) -> list[Drawn]:
    """Put second showings into a random order: each at any place late enough, or all at the end in the same order."""
    turns = [Drawn(item, 0) for item in items]
    early = max(len(items) - APART, 0)  # these leave room for APART others after them
    if count > early:  # the same order again is as far apart as can be
        return turns + [Drawn(item, 1) for item in items[:count]]
    for item in (items[k] for k in rng.permutation(early)[:count]):
        first = turns.index(Drawn(item, 0)) + 1 + APART
        turns.insert(int(rng.integers(first, len(turns) + 1)), Drawn(item, 1))
    return turns
