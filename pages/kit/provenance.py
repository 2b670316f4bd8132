"""Where a picture comes from, on every picture: badge, caption line, model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import streamlit as st

from pages.kit.style import escape
from pages.kit.words import Words

ORIGINS: tuple[str, ...] = ("real", "simulated", "derived", "upload")


@dataclass(frozen=True)
class Provenance:
    """What is said under a picture.

    Attributes:
        origin: one of :data:`ORIGINS`.
        place, sensor, quantity: in the reader's language; empty ones are left out.
        date: anything :meth:`Words.date` writes, or empty.
        licence: e.g. ``"CC-BY-4.0"``.
        source: name of the data set.
    """

    origin: str
    place: str = ""
    sensor: str = ""
    quantity: str = ""
    date: Any = ""
    licence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise ValueError(f"origin {self.origin!r} is none of {ORIGINS}")


def badge_html(origin: str, words: Words) -> str:
    """Return the badge: full dot (real), dashed ring (simulated), half dot (derived), ring (upload)."""
    if origin not in ORIGINS:
        raise ValueError(f"origin {origin!r} is none of {ORIGINS}")
    name, help_ = words(f"kit.provenance.{origin}"), words(f"kit.provenance.{origin}_help")
    return f'<span class="eo-badge {origin}" title="{escape(help_)}">{escape(name)}</span>'


def caption_html(provenance: Provenance, words: Words) -> str:
    """Return badge and caption line: place · sensor · quantity · date · data set · licence."""
    p = provenance
    parts = [p.place, p.sensor, p.quantity, words.date(p.date) if p.date != "" else "", p.source, p.licence]
    line = " · ".join(escape(part) for part in parts if part)
    return f'<div class="eo-caption">{badge_html(p.origin, words)}<p>{line}</p></div>'


def caption(provenance: Provenance, words: Words) -> None:
    """Draw badge and caption line under a picture."""
    st.html(caption_html(provenance, words))


def card_html(card: Mapping[str, Any] | Any, words: Words) -> str:
    """Return a model's card as a definition list.

    Args:
        card: a mapping or dataclass with any of ``sha256``, ``data`` (text, or rows with ``name`` and
            ``licence``), ``metrics`` (name -> number, or ``{value, low, high, n, unit}``), ``date``,
            ``seed``, ``code_version``, ``parameters``, ``cost`` (``seconds``), ``notes``.
        words: the reader's language; a metric's name is looked up as ``metrics.<name>``, else shown as it is.
    """
    card = asdict(card) if is_dataclass(card) and not isinstance(card, type) else dict(card)
    rows: list[tuple[str, str]] = []
    if sha := card.get("sha256"):
        rows.append(("weights", f'<code title="SHA-256 {escape(sha)}">{escape(sha[:12])}</code>'))
    data = card.get("data") or []
    for entry in [{"name": data}] if isinstance(data, str) else data:
        facts = [
            entry.get("name", ""),
            words("kit.provenance.examples", n=entry["n"]) if "n" in entry else "",
        ]
        facts.append(entry.get("licence", ""))
        rows.append(("data", " · ".join(escape(fact) for fact in facts if fact)))
    for name, metric in (card.get("metrics") or {}).items():
        rows.append((f"metrics.{name}", escape(_measure(metric, words))))
    if date := card.get("date"):
        rows.append(("trained", escape(words.date(date))))
    if (n := card.get("parameters")) is not None:
        rows.append(("parameters", escape(words.number(n))))
    if seconds := (card.get("cost") or {}).get("seconds"):
        rows.append(("cost", escape(words.duration(seconds))))
    for key, fact in (("seed", "seed"), ("code", "code_version")):
        if card.get(fact) is not None:
            rows.append((key, escape(card[fact])))
    rows += [("note", escape(note)) for note in card.get("notes") or []]

    def name(key: str) -> str:
        if not key.startswith("metrics."):
            return words(f"kit.provenance.{key}")
        return words(key) if key in words else key.removeprefix("metrics.").replace("_", " ")

    lines: dict[str, list[str]] = {}  # facts of one name stand under it once
    for key, fact in rows:
        lines.setdefault(name(key), []).append(fact)
    return (
        '<dl class="eo-card">'
        + "".join(f"<dt>{escape(k)}</dt>" + "".join(f"<dd>{v}</dd>" for v in vs) for k, vs in lines.items())
        + "</dl>"
    )


def _measure(metric: Any, words: Words) -> str:
    if not isinstance(metric, Mapping):
        return words.number(metric) if isinstance(metric, (int, float)) else str(metric)
    text = words.number(metric["value"], unit=metric.get("unit") or None)
    if metric.get("low") is not None and metric.get("high") is not None:
        text += f" [{words.number(metric['low'])} – {words.number(metric['high'])}]"
    return text + (f" (n = {words.number(metric['n'])})" if metric.get("n") else "")


def model_card(card: Mapping[str, Any] | Any, words: Words, *, key: str, label: str | None = None) -> None:
    """Draw a small button that opens the model's card."""
    with st.popover(
        label or words("kit.provenance.card"), icon=":material/badge:", type="tertiary", key=f"card_{key}"
    ):
        st.html(card_html(card, words))
