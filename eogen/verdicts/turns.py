"""One reviewer in one campaign: their own order, the next case, the answer, the undo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import sqlalchemy as sa

from eogen.errors import InputError
from eogen.results import code_version
from eogen.verdicts import database as base
from eogen.verdicts import tables
from eogen.verdicts.campaigns import Campaign, Held
from eogen.verdicts.draw import APART
from eogen.verdicts.kinds import BESIDES
from eogen.verdicts.record import Verdict, current
from eogen.verdicts.store import as_row, from_row, load

#: In so many turns times the number of sides, every picture is seen on every side equally often.
ROUNDS = 3


@dataclass(frozen=True)
class Turn:
    """One showing.

    Attributes:
        held: the case.
        repeat: 0 for its first time, 1 for its second, and so on.
        at: its place in the reviewer's order, from 0.
    """

    held: Held
    repeat: int
    at: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Item and repeat: what an answer is found by."""
        return self.held.case.item, self.repeat


@dataclass(frozen=True)
class Place:
    """Where a reviewer is.

    Attributes:
        turns: all, in the reviewer's order.
        answers: of the turns that were answered, standing ones.
        coming: the turns still to answer, in order.
    """

    turns: tuple[Turn, ...]
    answers: dict[tuple[str, int], Verdict]
    coming: tuple[Turn, ...]

    @property
    def done(self) -> int:
        """How many turns were answered, skipped ones included."""
        return len(self.turns) - len(self.coming)


def order(campaign: Campaign, reviewer: str, held: Sequence[Held]) -> tuple[Turn, ...]:
    """Return a reviewer's turns: the same for the same reviewer, another for another; repeats come well apart."""
    rng = np.random.default_rng(_seed(campaign, reviewer))
    at = [int(k) for k in rng.permutation(len(held))]
    room = max(len(at) - APART, 0)  # a case that comes twice must come early enough the first time
    once = [k for k in range(room) if not held[at[k]].repeats]
    for late in (k for k in range(room, len(at)) if held[at[k]].repeats):
        if once:
            early = once.pop(int(rng.integers(len(once))))
            at[early], at[late] = at[late], at[early]
    turns = [Turn(held[k], 0) for k in at]
    for one in held:
        for repeat in range(1, one.repeats + 1):
            before = next(k for k, turn in enumerate(turns) if turn.key == (one.case.item, repeat - 1))
            first = min(before + 1 + APART, len(turns))
            turns.insert(int(rng.integers(first, len(turns) + 1)), Turn(one, repeat))
    return tuple(replace(turn, at=at) for at, turn in enumerate(turns))


def shown(campaign: Campaign, reviewer: str, turn: Turn, panels: Sequence[str]) -> list[str]:
    """Return the names of the panels in the order in which this reviewer sees them.

    Sides change places by a draw in blocks of :data:`ROUNDS` times as many turns as there are sides. In each block
    every picture is on every side equally often (permuted blocks, Altman and Bland 1999, BMJ 319, 703-704; turned in a
    circle where there are more than two), so a reviewer who prefers one side favours no picture.
    """
    names = list(panels)
    at = [k for k, name in enumerate(names) if name in campaign.shuffled]
    if not at:
        return names
    block, place = divmod(turn.at, ROUNDS * len(at))
    rng = np.random.default_rng(_seed(campaign, reviewer, "sides", block))
    first = rng.permutation(at)
    turned = rng.permutation(np.tile(np.arange(len(at)), ROUNDS))[place]
    for k, other in zip(at, np.roll(first, turned), strict=True):
        names[k] = panels[other]
    return names


def place(campaign: Campaign, reviewer: str, held: Sequence[Held], database: str | None = None) -> Place:
    """Return where a reviewer is in a campaign."""
    turns = order(campaign, reviewer, held)
    rows = load(campaign=campaign.name, reviewer=reviewer, database=database)
    answers = {(row.item, row.repeat): row for row in current(rows)}
    return Place(turns, answers, tuple(turn for turn in turns if turn.key not in answers))


def judge(
    campaign: Campaign,
    reviewer: str,
    turn: Turn,
    answer: str,
    *,
    confidence: float | None = None,
    note: str = "",
    seconds: float | None = None,
    order_shown: Sequence[str] = (),
    database: str | None = None,
) -> Verdict:
    """Keep an answer and return it once it is on the disk; a turn that was answered keeps its first answer.

    Args:
        campaign: the queue.
        reviewer: a name, or one made up for somebody who gives none.
        turn: the showing.
        answer: one of the campaign's, or ``"unsure"`` or ``"skip"``.
        confidence: 0 to 1, or None.
        note: free text.
        seconds: taken to answer.
        order_shown: of the panels, where it was drawn.
        database: see :func:`eogen.verdicts.store.store`.

    Raises:
        InputError: ``campaign_answer``, ``verdict_field``, and what the store raises.
    """
    known = (*campaign.answers, *BESIDES)
    if answer not in known:
        raise InputError(
            "campaign_answer", "“{answer}” is not an answer of this campaign; there are: {known}.",
            answer=str(answer)[:60], known=", ".join(known),
        )  # fmt: skip
    case = turn.held.case
    context = dict(case.facts) | ({"order": list(order_shown)} if order_shown else {})
    if case.score is not None:
        context["score"] = case.score
    given = Verdict(
        campaign.room, case.item, answer, reviewer=reviewer, seconds=seconds, note=note, context=context,
        campaign=campaign.name, confidence=confidence, kind=campaign.kind, dataset=case.dataset, scene=case.scene,
        thing=case.thing, method=case.method, weights=case.weights, repeat=turn.repeat, version=code_version(),
    )  # fmt: skip
    with base.writing(database) as connection:  # two windows of one reviewer: the first answer stands
        held = {(row.item, row.repeat): row for row in current(_rows(connection, campaign.name, reviewer))}
        if turn.key in held:
            return held[turn.key]
        connection.execute(sa.insert(tables.verdicts), as_row(given))
    return given


def undo(campaign: Campaign, reviewer: str, database: str | None = None) -> Verdict | None:
    """Take back the reviewer's last standing answer by a new row; return the answer, None where there is none."""
    with base.writing(database) as connection:
        standing = current(_rows(connection, campaign.name, reviewer))
        if not standing:
            return None
        last = standing[-1]
        fresh = Verdict(last.room, last.item, "", undoes=last.id)
        back = replace(last, answer="", undoes=last.id, id=fresh.id, time=fresh.time, note="", seconds=None,
                       confidence=None, context={}, version=fresh.version)  # fmt: skip
        connection.execute(sa.insert(tables.verdicts), as_row(back))
    return last


def _rows(connection: sa.Connection, name: str, reviewer: str) -> list[Verdict]:
    table = tables.verdicts
    query = (
        sa.select(table)
        .where(table.c.campaign == name, table.c.reviewer == reviewer)
        .order_by(table.c.number)
    )
    return [from_row(row) for row in connection.execute(query).mappings()]


def _seed(campaign: Campaign, *names: object) -> int:
    text = json.dumps([campaign.name, campaign.seed, *names], ensure_ascii=False)
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")
