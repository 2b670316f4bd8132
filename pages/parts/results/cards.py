"""Every model's card, and whether the committed results were measured on these very weights."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.kit.address import choose
from pages.kit.provenance import card_html
from pages.kit.rooms import ROOMS
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.results import naming, runs

WEIGHTS = Path(__file__).resolve().parents[3] / "assets" / "weights"


@lru_cache(maxsize=1)
def cards() -> tuple[dict[str, Any], ...]:
    """Return every committed card, in the order of the rooms, then by name; ``file`` is its file's stem."""
    found = [
        json.loads(path.read_text("utf-8")) | {"file": path.stem} for path in sorted(WEIGHTS.rglob("*.json"))
    ]
    return tuple(sorted(found, key=lambda card: ROOMS.index(card["room"])))


def measured_on(card: dict[str, Any], hashes: set[str]) -> str:
    """Return ``"these"``, ``"before"`` (the same weights before they were rounded to half the bytes) or ``"none"``."""
    if card["sha256"] in hashes:
        return "these"
    return "before" if card.get("before") and card["before"] in hashes else "none"


def show(t: Words) -> None:
    """Draw the cards of one room or of all (``?cards=``)."""
    known = [room for room in ROOMS if any(card["room"] == room for card in cards())]
    only = choose(
        st.segmented_control, t("results.cards.which"), ["all", *known], name="cards", default=known[0],
        required=True, label_visibility="collapsed",
        format_func=lambda r: t("results.cards.all") if r == "all" else t(f"rooms.{r}.name"),
    )  # fmt: skip
    hashes = {sha for run in runs.committed() for sha in run.report.weights.values()}
    shown = [card for card in cards() if only in ("all", card["room"])]
    says = [measured_on(card, hashes) for card in shown]
    st.markdown(t("results.cards.lead", n=len(shown), these=says.count("these"), before=says.count("before"),
                  none=says.count("none")))  # fmt: skip
    boxes = [_box(t, card, how) for card, how in zip(shown, says, strict=True)]
    st.html(f'<div class="eo-cards">{"".join(boxes)}</div>')


def _box(t: Words, card: dict[str, Any], how: str) -> str:
    mark, room = {"these": "✓", "before": "✓", "none": "–"}[how], escape(card["room"])
    where = escape(t(f"rooms.{card['room']}.name"))
    return (
        f'<section class="{room}"><span class="eo-room">{where}</span>'
        f"<h2>{escape(_title(t, card))}</h2><p>{mark} {escape(t(f'results.cards.{how}'))}</p>"
        f"{card_html(card, t)}</section>"
    )


def _title(t: Words, card: dict[str, Any]) -> str:
    """Return the name of a model: of a network of the seasons with the series it learnt."""
    name = card["file"]
    if name.startswith("series_"):
        _, series, model = name.split("_", 2)
        return f"{naming.method(t, 'landcover_series', model)} · {t(f'results.cards.series.{series}')}"
    return naming.method(t, card["room"], name)
