"""The controls of the expert view: images, dates, two estimators, what is usual, which limit. They make the state."""

from __future__ import annotations

from typing import Any

import streamlit as st

from eogen.change.default import default
from eogen.change.methods import METHODS
from eogen.change.normalise import NORMALISATIONS
from eogen.change.stack import pixel_area
from pages.kit.address import choose, number
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.change import compute, sources, titles
from pages.parts.change.sources import Source
from pages.parts.change.state import OWN, State

#: The pair that is shown first: a likelihood beside the classical length of the difference.
PAIR = ("gaussian_pmi", "cva_zscore")
#: Expected share of false alarms, percent.
RATES = ("0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10")
SMOOTH = (OWN, "0", "1", "1.5", "2", "3", "5")
LEAST = ("1", "4", "8", "12", "20", "40", "80", "160")
USUAL = ("self", "set")


def source(t: Words, column: Any) -> str:
    """Draw the choice of the set; return its name."""
    offered = sources.offered()
    return choose(
        column.selectbox, t("change.controls.source"), offered, name="source", default=offered[0],
        format_func=lambda name: sources.title(t, name),
    )  # fmt: skip


def scene(t: Words, name: str, column: Any) -> tuple[str, int]:
    """Draw the choice of the pair within a set, or of the simulated sequence's seed; return both."""
    if name == "sequence":
        seed = number(
            column.number_input, t("change.controls.seed"), 0, 999, name="seed", default=sources.SEED
        )
        return name, seed
    offered = sources.names(name)
    if offered == (name,):  # a series is one place
        return name, sources.SEED
    return choose(
        column.selectbox, t("change.controls.scene"), offered, name="scene", default=offered[0], key=f"scene_{name}",
        format_func=lambda one: sources.name_of(t, name, one),
    ), sources.SEED  # fmt: skip


def state(t: Words, found: Source, top: list, below: list) -> State:
    """Draw the other controls; return what is on the screen.

    Args:
        t: the reader's language.
        found: the images.
        top: three columns: dates, the two estimators.
        below: five: normalisation, smoothing, what is usual, rate, least size.
    """
    first, second = _dates(t, found, top[0])
    offered = compute.offered(found.images)
    methods = (_method(t, found, offered, top[1], "a"), _method(t, found, offered, top[2], "b"))
    normalise = choose(
        below[0].selectbox, t("change.controls.normalise"), (OWN, *NORMALISATIONS), name="normalise", default=OWN,
        format_func=lambda n: t(f"change.normalise.{n}"), help=t("change.controls.normalise_help"),
    )  # fmt: skip
    smooth = choose(
        below[1].selectbox, t("change.controls.smooth"), SMOOTH, name="smooth", default=OWN,
        format_func=lambda s: t("change.normalise.own") if s == OWN else t.number(float(s), unit="px"),
    )  # fmt: skip
    others = len(sources.names(found.source)) > 1
    usual = choose(
        below[2].selectbox, t("change.controls.usual"), USUAL if others else USUAL[:1], name="usual", default="self",
        key=f"usual_{others}", format_func=lambda u: t(f"change.usual.{u}"), help=t("change.controls.usual_help"),
    )  # fmt: skip
    rate = float(
        choose(
            below[3].select_slider, t("change.controls.rate"), RATES, name="rate", default="1",
            format_func=lambda r: t.number(float(r), unit="%"), help=t("change.controls.rate_help"),
        )
    )  # fmt: skip
    area = pixel_area(found.images)
    told = found.images.attrs.get("pixel")
    pixel = float(area.mean()) if area is not None else float(told) ** 2 if told else None
    least = int(
        choose(
            below[4].select_slider, t("change.controls.least"), LEAST, name="least", default="8",
            format_func=lambda n: _size(t, int(n), pixel),
        )
    )  # fmt: skip
    days = tuple(_day(found, k) for k in (first, second))
    return State(
        found.source, found.name, found.key, found.images, first, second, methods, normalise,
        None if smooth == OWN else float(smooth), rate / 100, least, usual, sources.provenance(t, found, days),
    )  # fmt: skip


def _size(t: Words, pixels: int, pixel: float | None) -> str:
    """Write a number of pixels, and the area where it is known."""
    if pixel is None:
        return t.number(pixels, unit="px")
    return t.number(float(f"{pixels * pixel:.3g}"), unit="m²")


def _day(found: Source, which: int) -> str:
    time = found.images.time
    return str(time.values[which])[:10] if time.dtype.kind == "M" else ""


def _dates(t: Words, found: Source, column: Any) -> tuple[int, int]:
    """Draw the choice of the two dates where there are more; return their numbers, the earlier first."""
    count = found.images.sizes["time"]
    names = [_day(found, k) or str(k + 1) for k in range(count)]
    said = lambda name: t.date(name) if len(name) == 10 else t("change.controls.date_number", n=int(name))
    if count == 2:
        shown = " → ".join(map(said, names))
        column.html(
            f'<p class="eo-label">{t("change.controls.dates")}</p><p class="eo-dates">{escape(shown)}</p>'
        )
        return 0, 1
    with column:
        ends = []
        for place, which, default in zip(
            st.columns(2, gap="small"), ("first", "second"), (names[0], names[-1]), strict=True
        ):
            ends.append(
                choose(
                    place.selectbox, t(f"change.controls.{which}"), names, name=which, default=default,
                    key=f"{which}_{found.key}", format_func=said,
                )
            )  # fmt: skip
    first, second = sorted(names.index(end) for end in ends)
    if first == second:
        first, second = (first, first + 1) if first + 1 < count else (first - 1, first)
    return first, second


def _method(t: Words, found: Source, offered: list[str], column: Any, side: str) -> str:
    first = default(found.images, offered)
    pair = [first, *(name for name in (*PAIR, *offered) if name in offered and name != first)]
    glossary = "\n\n".join(f"**{titles.method(t, name)}** · {titles.about(t, name)}" for name in offered)
    return choose(
        column.selectbox, t(f"change.controls.method_{side}"), offered, name=f"method_{side}",
        default=pair[0] if side == "a" else pair[1], key=f"method_{side}_{len(offered)}",
        format_func=lambda name: titles.method(t, name) + (" ⏱" if METHODS[name].slow else ""), help=glossary,
    )  # fmt: skip
