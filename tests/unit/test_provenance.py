"""Badges, captions and cards: right words, safe HTML, readable in both themes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from pages.kit import provenance
from pages.kit.provenance import ORIGINS, Provenance
from pages.kit.style import CSS
from pages.kit.words import LANGUAGES, load
from tests.unit.test_figures import contrast

EVIL = '<img src=x onerror="alert(1)">'


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_has_its_own_badge(origin, lang):
    words = load(lang)
    html = provenance.badge_html(origin, words)
    assert f'class="eo-badge {origin}"' in html
    assert words(f"kit.provenance.{origin}") in html
    assert origin == "real" or f".eo-badge.{origin}::before" in CSS[0].read_text()


def test_badges_read_differently():
    assert len({load("fr")(f"kit.provenance.{origin}") for origin in ORIGINS}) == len(ORIGINS)


def test_an_unknown_origin_is_refused():
    with pytest.raises(ValueError, match="guessed"):
        Provenance("guessed")
    with pytest.raises(ValueError, match="guessed"):
        provenance.badge_html("guessed", load("fr"))


def test_a_caption_says_place_sensor_quantity_date_source_licence_in_this_order():
    p = Provenance("real", "Toulouse", "Sentinel-2", "réflectance", "2021-04-17", "CC-BY-4.0", "EuroSAT")
    html = provenance.caption_html(p, load("fr"))
    assert "Toulouse · Sentinel-2 · réflectance · 17\u00a0avril 2021 · EuroSAT · CC-BY-4.0" in html


def test_what_files_say_is_never_markup():
    words = load("fr")
    html = provenance.caption_html(Provenance("upload", EVIL, EVIL, EVIL, "", EVIL, EVIL), words)
    html += provenance.card_html(
        {"sha256": EVIL, "data": [{"name": EVIL, "licence": EVIL}], "metrics": {EVIL: EVIL}, "notes": [EVIL]},
        words,
    )
    assert "<img" not in html
    assert 'onerror="' not in html


@dataclass
class Card:
    sha256: str
    date: str
    metrics: dict


def test_a_card_says_hash_metrics_and_date_from_mapping_or_dataclass():
    metrics = {"accuracy": {"value": 0.843, "low": 0.77, "high": 0.9, "n": 106}}
    card = Card("0123456789abcdef" * 4, "2026-11-21", metrics)
    html = provenance.card_html(card, load("fr"))
    assert "<code" in html
    assert "0123456789ab</code>" in html
    assert "0,843 [0,77 – 0,9] (n = 106)" in html
    assert html == provenance.card_html(vars(card), load("fr"))


def test_words_in_colour_are_readable_on_both_grounds():
    text = CSS[0].read_text()
    pairs = re.findall(r"--eo-accent: light-dark\((#\w{6}), (#\w{6})\)", text)
    assert len(pairs) == 6
    assert min(contrast(light, "#F1EEE6") for light, _ in pairs) >= 4.5
    assert min(contrast(dark, "#18222B") for _, dark in pairs) >= 4.5
    marks = re.findall(r"--c: light-dark\((#\w{6}), (#\w{6})\)", text)
    assert min(contrast(light, "#FBFAF6") for light, _ in marks) >= 3
    assert min(contrast(dark, "#10171D") for _, dark in marks) >= 3
