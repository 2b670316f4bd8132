"""Names of estimators in the reader's language; of one the words do not know, its own. Their colours, their cards."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import xarray as xr

from eogen.change.methods import METHODS, WEIGHTS
from pages.kit import figures
from pages.kit.words import Words

#: Dashes of lines, in the order of the estimators: colour alone never carries the meaning.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
#: Estimators that are no baseline.
OWN = ("gaussian", "network", "fusion", "adapter")


def method(t: Words, name: str) -> str:
    """Return the title of an estimator."""
    key = f"change.methods.{name}"
    return t(key) if key in t else name.replace("_", " ")


def about(t: Words, name: str) -> str:
    """Return one sentence on how an estimator works, where the words have one, and who proposed it."""
    key = f"change.about.{name}"
    return " ".join([*([t(key)] if key in t else []), f"({METHODS[name].paper})"])


def rate(t: Words, share: float) -> str:
    """Write a rate of false alarms as a percentage, with the digits that it has: ``0,05 %``, ``1 %``."""
    return t.number(float(f"{100 * share:.3g}"), unit="%")


def colours(names: Iterable[str], main: str) -> dict[str, str]:
    """Return a colour for each estimator: the chosen one has the room's, classical ones the grey-blue of baselines."""
    rest = iter((*figures.SEQUENCE[:6], figures.SEQUENCE[6]) * 4)
    found = {}
    for name in names:
        simple = name in METHODS and METHODS[name].kind not in OWN
        found[name] = figures.ACCENT["change"] if name == main else figures.BASELINE if simple else next(rest)
    return found


def card(t: Words, name: str, made: xr.Dataset | None = None) -> dict[str, Any]:
    """Return the card of an estimator: that of its weights where it has some, else what it is."""
    row = METHODS[name]
    facts: dict[str, Any] = {"notes": [about(t, name)]}
    path = WEIGHTS / f"{row.model}.json"
    if row.model and path.is_file():
        kept = json.loads(path.read_text("utf-8"))
        facts = kept | {"notes": [about(t, name), *kept.get("notes", [])]}
    if made is not None:
        facts |= {"seed": made.attrs.get("seed"), "code_version": made.attrs.get("eogen")}
    return facts
