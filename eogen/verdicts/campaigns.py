"""Campaigns: a queue of cases with their pictures, each reviewer's own order, and where they are in it.

Reviewers never get in each other's way: what one has answered is found by their name, nothing is locked or taken.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from eogen.errors import InputError
from eogen.progress import Progress, silent
from eogen.readonly import refuse_if_read_only
from eogen.results import code_version
from eogen.verdicts import database as base
from eogen.verdicts import tables
from eogen.verdicts.draw import HOW, draw, weights
from eogen.verdicts.kinds import Case, Kind, Legend, Panel

#: Cases of a campaign at most; pictures of all of them lie in the database.
MOST = 2000


@dataclass(frozen=True)
class Campaign:
    """A queue of cases.

    Attributes:
        name: short name in links; title: what people read.
        room, kind: what is judged (see :class:`eogen.verdicts.kinds.Kind`).
        answers: the kind's two.
        sides: whether the answers are panels shown left and right.
        shuffled: panels whose order is drawn for each reviewer.
        blind: whether methods are hidden.
        seed: of the draw and of every reviewer's order.
        how: ``"stratified"``, ``"uncertain"`` or ``"random"``.
        options: that the cases were proposed with.
        population: candidates that the cases were drawn from.
        created: ISO 8601 in UTC; version: of eogen.
    """

    name: str
    title: str
    room: str
    kind: str
    answers: tuple[str, str]
    sides: bool
    shuffled: tuple[str, ...]
    blind: bool
    seed: int
    how: str
    options: Mapping[str, Any]
    population: int
    created: str
    version: str


@dataclass(frozen=True)
class Held:
    """A case of a campaign: how many repeats it has, and how many cases of the population it stands for."""

    case: Case
    repeats: int
    weight: float


def create(
    title: str,
    kind: Kind,
    *,
    n: int = 40,
    how: str = "stratified",
    repeats: float = 0.1,
    blind: bool = False,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    database: str | None = None,
) -> Campaign:
    """Draw a queue from the candidates of a kind, make its pictures, and keep both.

    Args:
        title: 1 to 200 characters.
        kind: what is judged.
        n: cases, 1 to :data:`MOST`; all candidates where there are fewer.
        how: see :func:`eogen.verdicts.draw.draw`.
        repeats: share of cases shown a second time, 0 to 0.5: a reviewer's consistency.
        blind: hide methods.
        seed: of the draw and of the orders.
        options: see ``kind.options``.
        progress: stages ``propose`` and ``pictures``.
        database: see :func:`eogen.verdicts.store.store`.

    Raises:
        InputError: ``campaign_title``, ``campaign_size``, ``campaign_how``, ``campaign_repeats``, ``campaign_blind``,
            ``campaign_empty``; ``read_only``; what the kind and the database raise.
    """
    refuse_if_read_only("verdict")  # before the pictures are made, not after
    title = " ".join(title.split())
    if not 1 <= len(title) <= 200:
        raise InputError(
            "campaign_title", "A campaign needs a title of 1 to 200 characters; {n} were given.", n=len(title)
        )
    if not 1 <= n <= MOST:
        raise InputError(
            "campaign_size", "A campaign has 1 to {most} cases; {n} were asked for.", n=n, most=MOST
        )
    if how not in HOW:
        raise InputError(
            "campaign_how",
            "Cases cannot be drawn “{how}”; there are: {known}.",
            how=how,
            known=", ".join(HOW),
        )
    if not 0 <= repeats <= 0.5:
        raise InputError(
            "campaign_repeats", "The share shown again is 0 to 0.5; {share} was given.", share=float(repeats)
        )
    if blind and not kind.blindable:
        raise InputError(
            "campaign_blind", "{kind} cannot be judged blind: the method is what is asked.", kind=kind.name
        )
    progress(0, n, "propose")
    candidates = kind.candidates(options, progress)
    if not candidates:
        raise InputError(
            "campaign_empty", "These options give no case of {kind}; choose others.", kind=kind.name
        )
    turns = draw(candidates, min(n, len(candidates)), how, seed=seed, repeats=repeats)
    by_item = {case.item: case for case in candidates}
    chosen = [by_item[item] for item, repeat in turns if repeat == 0]
    again = {case.item: sum(item == case.item for item, _ in turns) - 1 for case in chosen}
    share = weights(candidates, chosen, how=how, seed=seed)
    made = Campaign(
        f"{_slug(title)}-{uuid4().hex[:6]}", title, kind.room, kind.name, kind.answers, kind.sides,
        kind.answers if kind.sides else kind.shuffled if blind else (), blind, seed, how, dict(options or {}),
        len(candidates), datetime.now(UTC).isoformat(timespec="seconds"), code_version(),
    )  # fmt: skip
    drawn = {}
    for number, case in enumerate(
        sorted(chosen, key=lambda one: one.item)
    ):  # what is read or run once stays at hand
        progress(number, len(chosen), "pictures")
        drawn[case.item] = kind.draw(case)
    _keep(made, chosen, again, share, drawn, database)
    return made


def _keep(
    made: Campaign,
    chosen: Sequence[Case],
    again: Mapping[str, int],
    share: Mapping[str, float],
    drawn: Mapping[str, tuple[Panel, ...]],
    database: str | None,
) -> None:
    texts = {name: _json(getattr(made, name)) for name in ("answers", "shuffled", "options")}
    row = asdict(made) | texts
    rows = [
        {
            "campaign": made.name, "number": number, "item": case.item, "repeats": again[case.item],
            "weight": float(share[case.item]) * float(case.facts.get("stands_for", 1.0)), "body": _json(asdict(case)),
        }
        for number, case in enumerate(chosen)
    ]  # fmt: skip
    shown = [
        {
            "campaign": made.name, "item": case.item, "position": position, "name": panel.name, "png": panel.png,
            "legend": _json(asdict(panel.legend)) if panel.legend else "",
        }
        for case in chosen
        for position, panel in enumerate(drawn[case.item])
    ]  # fmt: skip
    with base.writing(database) as connection:
        connection.execute(sa.insert(tables.campaigns), row)
        connection.execute(sa.insert(tables.cases), rows)
        connection.execute(sa.insert(tables.pictures), shown)


def campaigns(database: str | None = None) -> list[Campaign]:
    """Return every campaign, the newest first."""
    query = sa.select(tables.campaigns).order_by(tables.campaigns.c.created.desc(), tables.campaigns.c.name)
    with base.reading(database) as connection:
        return [_campaign(row) for row in connection.execute(query).mappings()]


def campaign(name: str, database: str | None = None) -> Campaign:
    """Return a campaign.

    Raises:
        InputError: ``no_campaign``.
    """
    query = sa.select(tables.campaigns).where(tables.campaigns.c.name == name)
    with base.reading(database) as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise InputError(
            "no_campaign", "There is no campaign {name} in this database; the list shows those that are.",
            name=name[:100],
        )  # fmt: skip
    return _campaign(row)


def cases(name: str, database: str | None = None) -> list[Held]:
    """Return the cases of a campaign in the order in which they were drawn."""
    query = sa.select(tables.cases).where(tables.cases.c.campaign == name).order_by(tables.cases.c.number)
    with base.reading(database) as connection:
        return [
            Held(Case(**json.loads(row["body"])), row["repeats"], row["weight"])
            for row in connection.execute(query).mappings()
        ]


def pictures(name: str, item: str, database: str | None = None) -> tuple[Panel, ...]:
    """Return the pictures of a case, as they were made when the campaign was created."""
    table = tables.pictures
    query = sa.select(table).where(table.c.campaign == name, table.c.item == item).order_by(table.c.position)
    with base.reading(database) as connection:
        return tuple(
            Panel(row["name"], row["png"], _legend(row["legend"]))
            for row in connection.execute(query).mappings()
        )


def _legend(text: str) -> Legend | None:
    if not text:
        return None
    given = json.loads(text)
    return Legend(**given | {"colours": tuple(given["colours"])})


def _campaign(row: Any) -> Campaign:
    more = {name: tuple(json.loads(row[name])) for name in ("answers", "shuffled")}
    more["options"] = json.loads(row["options"])
    return Campaign(**dict(row) | more)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "campaign"
