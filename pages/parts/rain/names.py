"""Names of methods, scores and classes in the reader's language; of what the words do not know, its own."""

from __future__ import annotations

from collections.abc import Iterable

from eogen.colour import SIGNED, Scale
from eogen.rain.methods import METHODS
from eogen.rain.scores import BY_NAME
from pages.kit import figures
from pages.kit.words import Words

#: Families that are baselines, drawn in their common colour.
SIMPLE = ("trivial", "features", "linear")
#: Classes whose names are words: the others (ages, rates, hours, sensors) are figures or names of their own.
WORDED = ("all", "season")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def method(t: Words, name: str) -> str:
    """Return the title of a method, or of a learner of the evaluation."""
    return _said(t, f"rain.methods.{name}" if name in METHODS else f"rain.results.learners.{name}", name)


def score(t: Words, name: str) -> str:
    """Return the name of a score."""
    return _said(t, f"rain.scores.{name}", name)


def group(t: Words, by: str, name: str) -> str:
    """Return the name of a class of :mod:`eogen.rain.breakdown`."""
    if by == "regime":
        return _said(t, f"rain.regimes.{name}", name)
    if name == "none" or by in WORDED:
        return _said(t, f"rain.groups.{name}", name)
    return name.replace("_", " ").replace(".", "," if t.lang == "fr" else ".")


def better(t: Words, name: str) -> str:
    """Return which way a score is good: more, less, or near its best value."""
    about = BY_NAME[name]
    if about.higher:
        return t("rain.scores_note.higher", best=about.best)
    return t("rain.scores_note.lower" if about.low == 0 else "rain.scores_note.near", best=about.best)


def scale(name: str, values: Iterable[float]) -> Scale:
    """Return the colours of values of a score: bright is good, and those with a middle are signed about it."""
    held = Scale.of([float(v) for v in values], "PuOr" if name == "log_bias" else "cividis")
    if held.name in SIGNED:
        return held
    # A few hundredths between cells must not look like all there is.
    spread = max(held.high - held.low, 0.1)
    middle = (held.high + held.low) / 2
    return Scale("cividis", middle - spread / 2, middle + spread / 2)


def colours(names: Iterable[str], main: str) -> dict[str, str]:
    """Return a colour for each method: the chosen one has the room's, simple ones that of baselines."""
    rest = iter(figures.SEQUENCE * 4)
    found = {}
    for name in names:
        simple = name in METHODS and METHODS[name].family in SIMPLE
        found[name] = figures.ACCENT["rain"] if name == main else figures.BASELINE if simple else next(rest)
    return found


def _said(t: Words, key: str, name: str) -> str:
    return t(key) if key in t else name.replace("_", " ")
