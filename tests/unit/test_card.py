"""Bars and gauges: lengths are the numbers, numbers are text, text is escaped."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.kit import card
from pages.kit.card import Bar
from pages.kit.words import load

FR = load("fr")


def parse(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html.replace("class=main", 'class="main"'))


def fills(html: str) -> list[tuple[float, float]]:
    return [
        (float(a), float(b))
        for a, b in re.findall(r'class="fill \w*" style="left:([\d.]+)%;width:([\d.]+)%', html)
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_bars_are_as_long_as_their_numbers(values):
    html = card.bars_html([Bar("a", v) for v in values], FR, label="x")
    assert [width for _, width in fills(html)] == pytest.approx([100 * v for v in values], abs=0.006)
    texts = ["".join(e.itertext()) for e in parse(html).iter("span") if e.get("class") == "value"]
    assert texts == [FR.percent(v) for v in values]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_signed_bars_start_at_zero_in_the_middle(values):
    html = card.bars_html([Bar("a", v, text="") for v in values], FR, label="x", signed=True)
    top = max(map(abs, values)) or 1
    for (left, width), value in zip(fills(html), values, strict=True):
        assert width == pytest.approx(50 * abs(value) / top, abs=0.02)
        assert (left if value >= 0 else left + width) == pytest.approx(50, abs=0.02)


def test_bars_say_their_interval_to_those_who_do_not_see_it():
    html = card.bars_html([Bar("a", 0.5, low=0.25, high=0.75)], FR, label="x")
    assert "entre 25\u202f% et 75\u202f%" in html
    assert 'style="left:25.00%;width:50.00%"' in html


def test_a_value_that_is_not_a_number_has_no_bar():
    html = card.bars_html([Bar("a", float("nan"))], FR, label="x")
    assert fills(html) == []
    assert "–" in html


def test_nothing_given_is_markup():
    evil = "<script>\"'"
    html = card.bars_html([Bar(evil, 0.5, text=evil, note=evil)], FR, label=evil, room=evil)
    html += card.gauge_html(
        evil, 0.5, FR, text=evil, verdict=evil, ends=(evil, evil), references={evil: 0.1}, room=evil
    )
    html += card.metric_html(evil, evil, evil)
    assert "<script" not in html
    assert 'label=""' not in html
    parse(f"<div>{html}</div>")


def test_a_gauge_reads_as_a_sentence():
    html = card.gauge_html("Fidélité", 0.62, FR, low=-1, references={"hasard": 0.02})
    said = next(e.get("aria-label") for e in parse(html).iter("div") if e.get("role") == "img")
    assert said == "Fidélité\u00a0: 0,62, sur une échelle de −1 à 1. hasard\u00a0: 0,02."
    assert 'class="dot" style="left:81.00%"' in html
    assert 'class="tick" style="left:51.00%"' in html


def test_a_gauge_without_a_value_says_so_and_points_nowhere():
    for value in (None, float("nan")):
        html = card.gauge_html("Stabilité", value, FR)
        assert "pas mesuré" in html
        assert 'class="dot"' not in html


def test_a_gauge_refuses_ends_that_are_not_in_order():
    with pytest.raises(ValueError, match="low < high"):
        card.gauge_html("a", 0.5, FR, low=1, high=0)


@given(st.dictionaries(st.sampled_from(["hasard", "contours", "réseau tiré au sort", "b"]), st.floats(0, 1)))
def test_names_under_a_gauge_do_not_touch(references):
    html = card.gauge_html("a", 0.5, FR, references=references)
    spans: dict[float, list[tuple[float, float]]] = {0.0: [(0, 1.7), (98.3, 100)]}
    for x, top, name in re.findall(r'class="at" style="left:([\d.]+)%;top:([\d.]+)em">([^<]*)<', html):
        half = 1.7 * len(name) / 2
        spans.setdefault(float(top), []).append((float(x) - half, float(x) + half))
    for row in spans.values():
        row.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(row))
        assert row[0][0] >= -0.01
        assert row[-1][1] <= 100.01


def test_levels():
    assert [card.level(v, FR) for v in (0, 0.5, 1)] == ["faible", "moyen", "fort"]
