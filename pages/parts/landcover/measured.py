"""The committed results of the room, as `python -m eogen evaluate landcover` wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from pages.kit.words import Words

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "landcover.json"


@st.cache_data(show_spinner=False, max_entries=2)
def _read(stamp: float) -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text("utf-8"))["figures"]


def figures() -> list[dict[str, Any]] | None:
    """Return the figures of the committed results, or None where there are none."""
    return _read(RESULTS.stat().st_mtime) if RESULTS.is_file() else None


def rows(figures: list[dict[str, Any]], t: Words) -> list[dict[str, Any]]:
    """Return one row per figure with its interval, number of cases, and target, headed in the reader's language."""
    return [
        {
            t("landcover.results.figure"): figure["name"].replace("_", " "),
            t("landcover.results.method"): figure["method"],
            t("landcover.results.set"): figure["dataset"],
            t("landcover.results.value"): t.number(figure["value"]),
            t("landcover.results.interval"): _interval(figure, t),
            "n": figure["n"],
            t("landcover.results.unit"): figure["unit"],
            t("landcover.results.target"): "" if figure["target"] is None else t.number(figure["target"]),
        }
        for figure in figures
    ]


def _interval(figure: dict[str, Any], t: Words) -> str:
    if figure["low"] is None or figure["high"] is None:
        return ""
    return f"{t.number(figure['low'])} – {t.number(figure['high'])}"
