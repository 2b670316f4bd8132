"""The desk of results: every section in both languages, and no figure that no command measured."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from eogen.published import published
from eogen.report_files import committed, read_file
from eogen.verdicts import reviews
from pages.kit.provenance import card_html
from pages.kit.style import escape
from pages.kit.words import LANGUAGES, load
from pages.parts.results import cards, compare, headlines, overview, room, runs, tables
from tests.pages.reading import PATIENCE
from tests.real import REPOSITORY

SECTIONS = ("overview", "room", "compare", "cards", "reviews")


def visit(**params) -> AppTest:
    at = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=PATIENCE)
    for name, value in params.items():
        at.query_params[name] = value
    return at.switch_page("pages/results.py").run()


def clean(at: AppTest) -> None:
    assert not at.exception
    body = "".join(element.proto.body for element in at.get("html"))
    assert 'class="eo-box' not in body


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_drawn(section, lang, tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DB", f"sqlite:///{tmp_path / 'r.sqlite'}")
    at = visit(lang=lang, view="expert", section=section)
    clean(at)
    assert at.title[0].value == load(lang)("desks.results.question")


def numbers_of(report) -> dict[tuple[str, str, str], set[float | None]]:
    return {
        (f.name, f.method, f.dataset): {f.value, f.low, f.high, f.target, float(f.n)} for f in report.figures
    }


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.stem)
def test_every_number_of_a_table_was_measured(path):
    t = load("en")
    report = read_file(path)[0]
    for measure, where in {(f.name, f.dataset) for f in report.figures if f.target is not None} | set(
        headlines.LEADS[report.room]
    ):
        rows = room.of(report, measure, where)
        assert len(rows) == len([f for f in report.figures if (f.name, f.dataset) == (measure, where)])
        frame, decimals = room.board(t, report, rows)
        for (_, shown), figure in zip(frame.iterrows(), rows, strict=True):
            for column in decimals:
                value = shown[column]
                assert value != value or value in {
                    figure.value,
                    figure.low,
                    figure.high,
                    figure.target,
                    figure.n,
                }
        if len(rows) > 1:
            assert room.verdict(t, report, measure, where)


def test_the_first_screen_counts_what_the_reports_hold():
    reports = [read_file(path)[0] for path in committed()]
    goals = [f for r in reports for f in r.figures if f.reached is not None]
    missed = [f for f in goals if not f.reached]
    at = visit(lang="en", view="expert")
    lead = at.markdown[0].value
    assert re.findall(r"\d+", lead)[:3] == [str(len(goals) - len(missed)), str(len(goals)), str(len(missed))]
    listed = at.dataframe[0].value
    assert len(listed) == len(missed)
    assert listed["Value [95%]"].tolist() == [tables.interval(f, load("en")) for f in missed_in_order(missed)]
    assert listed["n"].tolist() == [f.n for f in missed_in_order(missed)]
    html = next(e.proto.body for e in at.get("html") if "eo-standings" in e.proto.body)
    assert html.count("<tbody") == len(reports)


def test_the_list_of_missed_targets_is_no_wider_than_the_page():
    """Else its last columns, whether it was chance and on how many cases, are out of sight."""
    assert sum(overview._widths(load("fr")).values()) <= 1072
    assert sum(compare._widths(load("fr")).values()) <= 1072


def missed_in_order(missed):
    from pages.parts.results import runs

    order = [f for run in runs.committed() for f in run.report.figures]
    return [f for f in order if f in missed]


def test_on_other_cases_no_gap_is_clear():
    """Diffusion filled one daily frame, optimal interpolation all: its lead there proves nothing, and says so."""
    report = next(run.report for run in runs.committed() if run.report.room == "ocean")
    where = "nep_2021_daily_modis_viirs, daily"
    counts = {f.method: f.n for f in report.figures if (f.name, f.dataset) == ("rmse", where)}
    assert counts["diffusion"] < counts["oi"]
    said = room.verdict(load("en"), report, "rmse", where)
    assert "not the same cases" in said
    assert "clearly" not in said
    assert "0.145 [" not in said


def test_no_card_shows_an_object_of_python():
    for card in cards.cards():
        html = card_html(card, load("fr"))
        assert not re.search(r"\w\(\w+=|&#x27;\w+&#x27;|<dt></dt>", html), html
        assert html.count("<dt>") == len(set(re.findall(r"<dt>.*?</dt>", html))), "a name stands once"


def test_a_view_is_in_the_address():
    at = visit(lang="en", view="expert", section="room", of="canopy", set="ETH", measure="rmse")
    clean(at)
    assert any("A simple method is in front" in m.value for m in at.markdown)
    html = next(e.proto.body for e in at.get("html") if "eo-published" in e.proto.body)
    beside = [p for p in published() if (p.figure, p.beside) == ("rmse", "ETH")]
    assert html.count("<tr>") == 1 + len(beside)
    assert all(escape(p.source) in html for p in beside), "a source is read whole"


def test_a_run_of_this_machine_is_compared_with_the_kept_one(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    folder = tmp_path / "results"
    folder.mkdir()
    kept = read_file(next(p for p in committed() if p.stem == "landcover"))[0]
    text = kept.to_json().replace('"cores": 2', '"cores": 64')
    other = next(r for r in [read_file(p)[0] for p in committed()] if r.room == "landcover_series").to_json()
    (folder / "mine.json").write_text('{"reports": [' + text + "," + other + "]}", "utf-8")
    (folder / "broken.json").write_text("{", "utf-8")
    at = visit(lang="en", view="expert", section="compare", first="landcover", second="local.mine.landcover")
    assert not at.exception
    assert "`2` → `64`" in at.warning[0].value
    assert f"{len(kept.figures)} figures in both" in at.markdown[0].value.replace("**", "").replace(",", "")
    boxes = [e.proto.body for e in at.get("html") if 'class="eo-box' in e.proto.body]
    assert all("broken.json" in box for box in boxes)
    assert boxes


def test_a_review_shows_its_pins(tmp_path, monkeypatch):
    """What is clicked there is tested in Chromium."""
    monkeypatch.setenv("EOGEN_DB", f"sqlite:///{tmp_path / 'r.sqlite'}")
    first, second = reviews.create("Same name"), reviews.create("Same name")
    reviews.add(first.id, "/ocean?x=1", "First <view>", "a note", [])
    at = visit(lang="en", view="expert", section="reviews", review=first.id)
    clean(at)
    assert len(set(at.selectbox[0].options)) == 2
    assert at.text_area[0].value == "a note"
    assert any("First &lt;view&gt;" in e.proto.body for e in at.get("html"))
    empty = visit(lang="en", view="expert", section="reviews", review=second.id)
    assert not empty.text_area
