"""What can be judged: a kind of case says which cases there are, how one looks, and which answers it takes.

A room offers its kinds in ``eogen/<room>/cases_to_judge.py`` as ``KINDS``; the page, the command line and the tests
find them there. Pictures are made once, when a campaign is created, and kept with it: the next case then shows at
once, on any server, and the same picture is judged by everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from eogen.errors import InputError
from eogen.progress import Progress, silent

#: The rooms that may offer kinds, in the order of their doors.
ROOMS: tuple[str, ...] = ("canopy", "ocean", "change", "rain", "landcover")
#: Answers beside a kind's own two.
BESIDES: tuple[str, ...] = ("unsure", "skip")


@dataclass(frozen=True)
class Case:
    """One thing to judge, with all that is needed to see it again.

    Attributes:
        item: stable name, unique in a campaign, of at most 300 characters, e.g. ``"OSCD/paris/12-7"``.
        dataset, scene, thing: data set, scene in it, object in that (``""`` where there is none).
        facts: parameters as JSON values (settings, position, score of the machine); at most 3 kB as JSON. For a map
            position give ``lon`` and ``lat`` (degrees, WGS 84): the export to GeoJSON uses them. A candidate that was
            itself drawn from more says for how many it stands: ``stands_for``.
        method: what made the result that is judged; hidden in a blind campaign.
        weights: SHA-256 of its weights, ``""`` for what has none.
        stratum: class for a stratified draw (a data set, a land cover, a size), ``""`` for none.
        score: the machine's own chance in [0, 1] that the first answer is right; None when it gives none. Draws by
            uncertainty and precision-recall curves need it.
        truth: one of the kind's two answers where it is known (a real picture among generated ones), else ``""``.
            Never shown before the answer.
        origin: ``"real"``, ``"simulated"``, ``"derived"`` or ``"upload"``; with ``source`` (name of the data set) and
            ``licence`` it is said under the pictures.
    """

    item: str
    dataset: str = ""
    scene: str = ""
    thing: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    weights: str = ""
    stratum: str = ""
    score: float | None = None
    truth: str = ""
    origin: str = "derived"
    source: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture of a case.

    Attributes:
        name: key of its title and its text for those who do not see it, ``verdicts.panels.<name>`` and
            ``verdicts.panels.<name>_alt``.
        png: the picture, at most 512 pixels a side (PNG; the field's colours, no axes: legends are drawn by the page).
        legend: colours and the values at the two ends, None for a natural picture.
    """

    name: str
    png: bytes
    legend: Legend | None = None


@dataclass(frozen=True)
class Legend:
    """A colour bar: its colours from low to high as ``#rrggbb``, its ends, and what it measures.

    Attributes:
        colours: at least two.
        low, high: values at the ends.
        quantity: key of the quantity's name, ``verdicts.quantities.<quantity>``, unit included.
        log: whether the colours are even in the logarithm.
    """

    colours: tuple[str, ...]
    low: float
    high: float
    quantity: str
    log: bool = False


@dataclass(frozen=True)
class Option:
    """What a person may choose when a campaign of this kind is created.

    Attributes:
        name: of the option, ``verdicts.options.<name>``.
        values: the choices that are there on this machine, the first is the default; asked when needed.
        several: whether more than one may be taken (then the chosen value is a list).
    """

    name: str
    values: Callable[[], Sequence[str]]
    several: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of case.

    Attributes:
        name: of the kind, e.g. ``"changes"``; its words are ``verdicts.kinds.<name>.{title,question,help}`` and
            ``verdicts.kinds.<name>.answers.<answer>``.
        room: that offers it.
        answers: the two answers, the affirming one first, e.g. ``("change", "no_change")``.
        propose: options -> every candidate, at most a few thousand; raises ``InputError`` or ``Unavailable`` in
            sentences.
        draw: case -> its pictures, in the order shown; the same case gives the same bytes.
        options: see :class:`Option`.
        sides: True when the two answers are the names of two panels which a reviewer sees left and right in an order
            drawn for each (a visual Turing test: ``answers=("real", "filled")``: which one is real?).
        blindable: whether methods can be hidden (false where the method is itself what is asked about).
        shuffled: panels whose order is drawn in a blind campaign even where ``sides`` is False.
    """

    name: str
    room: str
    answers: tuple[str, str]
    propose: Callable[[Mapping[str, Any], Progress], list[Case]]
    draw: Callable[[Case], tuple[Panel, ...]]
    options: tuple[Option, ...] = ()
    sides: bool = False
    blindable: bool = True
    shuffled: tuple[str, ...] = ()

    def candidates(self, options: Mapping[str, Any] | None = None, progress: Progress = silent) -> list[Case]:
        """Return every candidate for these options, the defaults standing in for what is not given.

        Raises:
            InputError: ``campaign_option`` for an option or a value that is not there; and what ``propose`` raises.
        """
        given = dict(options or {})
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise InputError(
                    "campaign_option", "A campaign of {kind} has no option {name}; it has: {known}.",
                    kind=self.name, name=name, known=", ".join(known) or "-",
                )  # fmt: skip
        for name, option in known.items():
            values = list(option.values())
            if not values:
                continue
            chosen = given.setdefault(name, [values[0]] if option.several else values[0])
            for value in chosen if option.several else [chosen]:
                if value not in values:
                    raise InputError(
                        "campaign_value", "{value} cannot be chosen for {name}; there are: {known}.",
                        value=str(value), name=name, known=", ".join(values),
                    )  # fmt: skip
        return self.propose(given, progress)


def kinds() -> dict[str, Kind]:
    """Return every kind of every room that offers some, by name."""
    return {kind.name: kind for kind in _all()}


def kind(name: str) -> Kind:
    """Return a kind.

    Raises:
        InputError: ``campaign_kind``.
    """
    known = kinds()
    if name not in known:
        raise InputError(
            "campaign_kind", "There is nothing called {kind} to judge; there are: {known}.",
            kind=name, known=", ".join(known),
        )  # fmt: skip
    return known[name]


def _all() -> Iterator[Kind]:
    for room in ROOMS:
        if find_spec(f"eogen.{room}.cases_to_judge") is not None:
            yield from import_module(f"eogen.{room}.cases_to_judge").KINDS
