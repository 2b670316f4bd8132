"""Panels of the seasons that look at all parcels: classes as a whole, confusions, and what was measured."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from eogen.landcover.series import territory
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.landcover.series.summaries import summary
from eogen.landcover.series.unseen import answers
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import panel_results, panel_summary, parcel_rows, results_views
from pages.parts.landcover.seasons.state import State
from tests.pages.reading import address, boxes, faults_of_typography, raw, texts, visit
from tests.series_kept import Live, simulated, stand_in
from tests.series_report import ALONE, FRANCE, PARCELS, SRG, report
from tests.series_report import MODELS as REPORTED

HERE = {"topic": "season", "view": "expert", "parcels": "territory", "reader": "random_forest"}


#: Keys of charts, which buttons of the export bar are given.
CHARTS = {"summary_pair_a", "summary_pair_b", "series_results"}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data, with quick models."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    stand_in(monkeypatch)


@pytest.fixture
def reported(tmp_path, monkeypatch):
    """Results that were made up."""
    path = tmp_path / "landcover_series.json"
    path.write_text(report().to_json(), encoding="utf-8")
    monkeypatch.setattr(panel_results, "RESULTS", path)


def open_panel(name, lang, **more):
    """Open a panel; assert what every page must be."""
    at = visit("landcover", lang=lang, look_at=name, **(HERE | more))
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert not [text for text in shown if "nan" in text.lower().split()]
    read = [text for text in shown if "?lang=" not in text and text not in CHARTS]
    assert not [text for text in read if re.search(r"[a-z]_[a-z]", text)], "nothing raw"
    if lang == "fr":
        assert faults_of_typography(shown) == []
    return at, shown


def charts(at, start):
    """Return the figures whose alternative text begins so."""
    return [json.loads(c.proto.spec) for c in at.get("plotly_chart") if c.proto.alt.startswith(start)]


# --- classes as a whole ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["month_shapley", "band_group_shapley"])
def test_every_class_is_drawn_on_one_scale_with_its_number_and_a_sentence(lang, name):
    at, shown = open_panel("summary", lang, summary_by=name)
    t = load(lang)
    drawn = [charts(at, t(f"landcover.series.classes.{c}.name")) for c in territory.CLASSES]
    assert all(drawn)
    assert len({tuple(one[0]["layout"]["yaxis"]["range"]) for one in drawn}) == 1
    assert sum(t("landcover.series.summary.n", n=6) in text for text in shown) == len(territory.CLASSES)
    assert any(t("landcover.series.summary.truth_note") in text for text in shown)
    assert any("NDVI" in json.dumps(one[0]) for one in drawn)
    kinds = [trace["type"] for one in charts(at, "") for trace in one["data"]]
    cells = [kind for kind in kinds if kind == "heatmap"]
    assert len(cells) == (2 if EXPLANATIONS[name].bands else 0)


def test_an_unknown_explanation_or_class_in_the_address_is_ignored():
    at, _ = open_panel("summary", "en", summary_by="tea_leaves", summary_of="some", class_a="99", class_b="x")
    assert "summary_by" not in address(at)
    at, _ = open_panel("summary", "en", summary_by="occlusion", summary_of="right")
    assert (address(at)["summary_by"], address(at)["summary_of"]) == ("occlusion", "right")


def test_a_control_is_said_to_be_one():
    _, shown = open_panel("summary", "fr", summary_by="season")
    assert any(load("fr")("landcover.series.summary.control") in text for text in shown)


def test_the_share_on_true_months_is_that_of_the_importance():
    from pages.parts.landcover.seasons import asked

    held = simulated()
    classes = tuple(held.attrs["classes"])
    model = Live(held).whole
    state = State("territory", held, 0, "random_forest", model, model, False, 0, None, ())
    cells = asked.true_cells(state)
    assert cells.shape == (len(classes), 12, 9)
    label = held["label"].values
    perfect = cells[label].astype(float)
    found = asked.on_truth(
        "test",
        "test",
        b"truth",
        "x",
        "all",
        state,
        (np.arange(len(label)), perfect, np.ones(len(label), bool)),
    )
    assert all(one.mass.value == pytest.approx(1) for one, _ in found.values())
    assert {k: count for k, (_, count) in found.items()} == {
        k: int(cells[k].any(1).sum()) for k in range(len(classes))
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_say_what_the_numbers_say(lang):
    held = simulated()
    classes = tuple(held.attrs["classes"])
    model = Live(held).whole
    state = State("territory", held, 0, "random_forest", model, model, False, 0, None, ())
    t = load(lang)
    generator = np.random.default_rng(0)
    label = np.repeat(np.arange(len(classes)), 10)
    bands = [str(b) for b in held["band"].values]
    importance = generator.normal(0, 0.01, (len(label), 12, 9))
    importance[:, 3:5, :3] += 0.2
    made = summary(importance, label, classes, bands=bands)
    for k in range(len(classes)):
        said = panel_summary.sentence(t, state, "band_group_shapley", made, k)
        april, may = (t(f"landcover.series.month_names.{m}") for m in (4, 5))
        assert t.list([april, may]) in said
        assert t("landcover.series.summary.groups.visible") in said
        assert state.class_name(t, k, "a") in said
        assert t("landcover.series.month_names.7") not in said
    by_month = summary(importance.sum(2), label, classes)
    said = panel_summary.sentence(t, state, "month_shapley", by_month, 0)
    assert t("landcover.series.summary.groups.visible") not in said
    few = summary(importance[:1], label[:1], classes, bands=bands)
    one = panel_summary.sentence(t, state, "band_group_shapley", few, 0)
    assert one == t("landcover.series.summary.few", a=state.class_name(t, 0, "a"))


# --- confusions ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_matrix_counts_every_parcel_and_opens_its_cells(lang):
    at, shown = open_panel("confusion", lang, true="0", said="0")
    t = load(lang)
    found = answers(Live(simulated(), seed=len("random_forest"), mine=False), simulated())
    (figure,) = charts(at, t("landcover.series.confusion.alt"))
    points = next(trace for trace in figure["data"] if trace["type"] == "scatter")
    assert len(points["customdata"]) == len(territory.CLASSES) ** 2
    assert sum(int(text) for text in points["text"] if text) == len(found.held.label)
    n = int(((found.held.label == 0) & (found.held.predicted[0] == 0)).sum())
    name = t(f"landcover.series.classes.{territory.CLASSES[0]}.name")
    assert any(t("landcover.series.confusion.cell", true=name, said=name, n=n) in text for text in shown)
    opened = [b for b in at.button if str(b.key).startswith("open_cell_")]
    assert len(opened) == min(n, parcel_rows.FIRST)
    assert t("landcover.series.confusion.new") in " ".join(shown)


def test_a_parcel_of_a_cell_opens_in_the_season_panel():
    at, _ = open_panel("confusion", "en", true="0", said="any")
    button = next(b for b in at.button if str(b.key).startswith("open_cell_"))
    number = int(str(button.key).rpartition("_")[2])
    button.click().run()
    assert not at.exception
    assert at.session_state["look_at"] == "season"
    assert at.session_state["parcel"] == number + 1
    assert address(at)["parcel"] == str(number + 1) or number == 0


def test_more_rows_are_drawn_when_asked():
    at, _ = open_panel("confusion", "en", true="any", said="any")
    first = [b for b in at.button if str(b.key).startswith("open_cell_")]
    next(b for b in at.button if b.key == "more_cell").click().run()
    more = [b for b in at.button if str(b.key).startswith("open_cell_")]
    assert (len(first), len(more)) == (parcel_rows.FIRST, 2 * parcel_rows.FIRST)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_models_are_compared_on_the_same_parcels(lang):
    at, shown = open_panel("confusion", lang, reader="ltae", who_is_right="both", true="7", said="x")
    t = load(lang)
    assert address(at)["who_is_right"] == "both"
    assert "said" not in address(at) or address(at)["said"] != "x"
    kinds = [t(f"landcover.series.confusion.kinds.{k}") for k in ("both", "none")]
    assert all(any(kind in text for text in shown) for kind in kinds)
    assert any("ECE" in text for text in shown)


def test_clouded_months_have_no_colour():
    series = np.full((12, 9), 0.1)
    series[3] = np.nan
    bands = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
    found = parcel_rows.tints(series, bands)
    assert [k for k, colour in enumerate(found) if colour is None] == [3]
    assert len(set(found) - {None}) == 1
    assert parcel_rows.tints(series + 5, bands)[0] == "#ffffff"


# --- results ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", panel_results.SECTIONS)
def test_every_section_of_the_results_is_drawn(lang, section, reported):
    at, shown = open_panel("results", lang, measured=section)
    t = load(lang)
    assert any(t("landcover.series.results.machine", processor="one core", date="2026-11-21", version="1.0",
                 seconds=300.0) in text for text in shown)  # fmt: skip
    assert len(at.get("plotly_chart")) == (section in ("models", "months", "truth", "edits"))


def test_attention_is_named_no_better_than_chance_and_controls_are_not(reported):
    _, shown = open_panel("results", "en", measured="months")
    (said,) = [text for text in shown if text.startswith("**No better")]
    assert "Attention" in said
    assert "Random" not in said
    assert "Shapley" not in said


def test_a_better_forest_is_said_to_win(tmp_path, monkeypatch):
    path = tmp_path / "other.json"
    monkeypatch.setattr(panel_results, "RESULTS", path)
    t = load("en")
    for forest, key in ((0.9, "forest_wins"), (0.7, "above_forest"), (0.819, "level_forest")):
        path.write_text(report(forest).to_json(), encoding="utf-8")
        panel_results._read.clear()
        _, shown = open_panel("results", "en", measured="models")
        assert any(t(f"landcover.series.results.{key}") in text for text in shown), key
        assert any("Target missed" in text for text in shown)


def test_sections_choose_their_sets_and_measures():
    held = report()
    assert results_views.sets(held, "models") == [FRANCE, ALONE]
    assert results_views.sets(held, "months") == [PARCELS]
    assert results_views.sets(held, "truth") == ["territory", "twins: flowering"]
    assert results_views.measures(held, "months", PARCELS) == ["srg", "milliseconds"]
    assert results_views.chance_of(held, "territory", "hit_month") == pytest.approx(0.2)
    assert results_views.chance_of(held, PARCELS, "milliseconds") is None
    rows = results_views.rows_of(held, "truth", "territory", "hit_month")
    assert not [f for f in rows if f.method.endswith("/chance")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whiskers_are_the_intervals_and_zero_is_named(lang):
    held, t = report(), load(lang)
    rows = results_views.rows_of(held, "months", PARCELS, "srg")
    figure = results_views.compared_chart(t, rows, "srg", 0.0)
    assert len(figure.data) == len(REPORTED)
    for trace in figure.data:
        assert np.allclose(trace.error_x.array, 0.03)
        assert np.allclose(trace.error_x.arrayminus, 0.03)
    assert t("landcover.series.results.chance") in [a.text for a in figure.layout.annotations]
    assert figure.layout.shapes[0].x0 == 0
    mean = {n: i for i, n in enumerate(sorted(SRG, key=SRG.get, reverse=True))}
    first = results_views.method(t, next(iter(mean)))
    assert figure.layout.yaxis.ticktext[0] == first, "the best first"


def test_every_part_of_a_name_is_in_words():
    t = load("fr")
    assert results_views.dataset(t, "twins: flowering") == "Jumelles · floraison"
    assert "_" not in results_views.dataset(t, FRANCE)
    for names in results_views.MEASURES.values():
        for lang in LANGUAGES:
            assert all("_" not in results_views.figure_name(load(lang), n) for n in names)
    assert all(
        "_" not in results_views.method(t, n) for n in (*MODELS, *EXPLANATIONS, "truth", "unet", "edit")
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_results_the_command_is_said(lang, tmp_path, monkeypatch):
    monkeypatch.setattr(panel_results, "RESULTS", tmp_path / "none.json")
    at, shown = open_panel("results", lang)
    assert load(lang)("landcover.series.results.none") in shown
    assert any("--part series" in code.value for code in at.code)
