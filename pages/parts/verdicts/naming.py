"""Names of what a case was made with, in the words of its own room: method, group, place."""

from __future__ import annotations

import re

from eogen import catalog
from eogen.verdicts.campaigns import Campaign
from eogen.verdicts.kinds import Case, Kind
from pages.kit.words import Words, typeset
from pages.parts.results import naming

#: Where a room keeps the names of the groups that its cases are drawn from.
GROUPS = ("verdicts.strata.{}", "rain.regimes.{}", "landcover.series.classes.{}.name", "classes.{}.name")
#: Methods of cases that are there to measure the reviewer; "" made nothing: a thing as it was seen.
CONTROLS = {"": "observed", "swapped": "swapped", "random": "random"}


def method(t: Words, of: Campaign | Kind, name: str) -> str:
    """Return the name of a method, or of a control, as the room of a campaign or of a kind says it."""
    if name in CONTROLS:
        return t(f"verdicts.methods.{CONTROLS[name]}")
    kind = of.name if isinstance(of, Kind) else of.kind
    return naming.method(t, "landcover_series" if kind == "seasons" else of.room, name)


def group(t: Words, campaign: Campaign, stratum: str) -> str:
    """Return the name of a group; of two parts both are named."""
    return " · ".join(_group(t, campaign, part) for part in stratum.split(" · "))


def _group(t: Words, campaign: Campaign, part: str) -> str:
    for key in GROUPS:
        if (found := key.format(part)) in t:
            return t(found)
    if (cell := re.fullmatch(r"cell (\d+)", part)) is not None:
        return t("verdicts.strata.cell", n=int(cell[1]))
    if re.fullmatch(r"[a-z_]+", part):  # the ocean's groups are its methods
        return method(t, campaign, part)
    return part.replace("_", " ")


def place(t: Words, campaign: Campaign, case: Case, *, methods: bool) -> str:
    """Return data set, case, method (where they may be told), source and licence in one line."""
    entry = catalog.catalog().get(case.dataset)
    dataset = typeset(entry.title[t.lang], t.lang) if entry else ""
    told = (case.dataset, entry.title["en"] if entry else "")  # the badge says what is simulated
    source = "" if case.source in told else case.source
    parts = [
        dataset,
        t("verdicts.judge.case", name=" ".join(filter(None, (case.scene, case.thing)))),
        method(t, campaign, case.method) if methods else "",
        source,
        case.licence,
    ]
    return " · ".join(dict.fromkeys(filter(None, parts)))
