"""Every figure, method and data set that is kept has a name, a part, an origin and a meaning in both languages."""

from __future__ import annotations

import re

import pytest

from eogen.report_files import committed, read_file
from pages.kit.provenance import ORIGINS
from pages.kit.words import LANGUAGES, load
from pages.parts.results import cards, meaning, naming, roles

REPORTS = {path.stem: read_file(path)[0] for path in committed()}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_shown_raw(name, lang):
    t = load(lang)
    method, figure, dataset = naming.of(t, name)
    figures = REPORTS[name].figures
    for said in {figure(f.name) for f in figures} | {method(f.method) for f in figures}:
        assert said
        assert not re.search(r"\w_\w", said), said
    for kind in {f.name for f in figures}:
        assert meaning.sentence(t, name, kind).endswith("."), kind
    for f in figures:
        assert dataset(f.dataset)


@pytest.mark.parametrize("name", REPORTS)
def test_every_data_set_says_whether_it_is_real(name):
    report = REPORTS[name]
    for where in {f.dataset for f in report.figures} | {row["name"] for row in report.data}:
        assert naming.origin(where) in set(ORIGINS) - {"upload"}, where
    assert naming.origin("somebody's own") == "upload"


def test_what_is_simulated_is_never_said_real():
    for report in REPORTS.values():
        for where in {f.dataset for f in report.figures}:
            if re.search(r"simulat|territory|twins", where):
                assert naming.origin(where) == (
                    "real" if "learnt from simulations" in where else "simulated"
                ), where


def test_baselines_and_bounds_are_told_from_our_own():
    assert roles.role("ocean", "oi") == "baseline"
    assert roles.role("ocean", "hybrid") == "own"
    assert roles.role("ocean", "dineof (published)") == "published"
    assert roles.role("rain", "ceiling") == "control"
    assert roles.role("landcover", "rgb_cnn/random") == "control"
    assert roles.role("landcover_series", "random_forest") == "baseline"
    for name, report in REPORTS.items():
        found = {roles.role(name, f.method) for f in report.figures}
        assert {"own", "baseline"} <= found <= set(roles.ROLES), name


def test_every_card_says_whether_results_were_measured_on_it():
    hashes = {sha for report in REPORTS.values() for sha in report.weights.values()}
    said = {card["file"]: cards.measured_on(card, hashes) for card in cards.cards()}
    assert len(said) >= 40
    assert set(said.values()) <= {"these", "before", "none"}
    assert [name for name, how in said.items() if how == "none"] == []
    assert cards.measured_on({"sha256": "x", "before": ""}, hashes | {""}) == "none"
