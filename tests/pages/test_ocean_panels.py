"""The expert panels of the ocean in both languages: on a small simulated sea, and some on the page itself."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from eogen.results import Report
from pages.kit.words import LANGUAGES, load
from pages.parts.ocean import panel_composition, panel_results
from tests.pages.reading import PATIENCE, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import REPOSITORY, real_data
from tests.unit.test_ocean_panels_numbers import report

APP = str(REPOSITORY / "tests" / "pages" / "apps" / "ocean_panel.py")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    panel_composition._anchors.clear()


def panel(name: str, lang: str = "fr", **more: str) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=PATIENCE)
    asked = {"panel": name, "lang": lang, "a": "convolution", "b": "nearest", "tried": QUICK} | more
    for key, value in asked.items():
        at.query_params[key] = value
    return at.run()


#: Methods that take no time.
QUICK = "climatology-nearest-convolution"


def well(at: AppTest, lang: str, boxed: int = 0) -> list[str]:
    """Assert what every panel must be; return its texts."""
    assert not at.exception
    assert len(boxes(at)) == boxed, boxes(at)
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at), "markdown does not render in HTML"
    assert not [text for text in shown if "nan" in text.split()]
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


def chart(at: AppTest, key: str) -> dict:
    return next(json.loads(c.proto.spec) for c in at.get("plotly_chart") if c.proto.id.endswith(f"-{key}"))


def numbers(held) -> np.ndarray:
    """Return an array that plotly may have packed."""
    if not isinstance(held, dict):
        return np.array(held, float)
    found = np.frombuffer(base64.b64decode(held["bdata"]), held["dtype"])
    return found.reshape([int(n) for n in held["shape"].split(",")]) if "shape" in held else found


def traces(figure: dict, kind: str) -> list[dict]:
    return [trace for trace in figure["data"] if trace["type"] == kind]


def files(at: AppTest) -> list[str]:
    return [b.label for b in at.get("download_button")]


# --- ensemble ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", ["members", "maps", "sharp", "pixel"])
def test_the_members_are_shown(lang, section):
    at = panel("ensemble", lang, ensemble=section)
    well(at, lang)
    assert "NetCDF" in files(at)
    if section == "members":
        assert bodies(at).count("<figure") == 9, "the mean and eight members"
        (book,) = [json.loads(c.proto.json) for c in at.get("bidi_component") if "frames" in c.proto.json]
        assert len({frame["url"] for frame in book["frames"]}) == 8
    if section == "maps":
        (_, above) = traces(chart(at, "ocean_above"), "heatmap")
        share = numbers(above["customdata"])
        share = share[np.isfinite(share)]
        assert set(np.round(share / 12.5, 4) % 1) == {0.0}, "shares of eight members"
        assert (share > 0).any()
        assert (share < 100).any()
        (_, spread) = traces(chart(at, "ocean_spread"), "heatmap")
        assert "log₁₀" in spread["colorbar"]["title"]["text"]


def test_a_threshold_moves_the_chance():
    low, high = (
        np.nanmean(
            numbers(
                traces(
                    chart(panel("ensemble", "en", ensemble="maps", threshold=v), "ocean_above"), "heatmap"
                )[1]["customdata"]
            )
        )
        for v in ("0.1", "10.0")
    )
    assert low > high + 20


def test_a_place_is_followed_through_time_with_what_was_withheld():
    at = panel("ensemble", "en", ensemble="pixel", at_row="18", at_column="20")
    shown = " ".join(well(at, "en"))
    figure = chart(at, "ocean_series")
    names = [trace.get("name", "") for trace in figure["data"]]
    assert "observed" in names
    assert "truth (simulated)" in names
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert "(mg m⁻³)" in figure["layout"]["yaxis"]["title"]["text"]
    assert "nine times of ten between" in shown or "Nothing was filled here" in shown
    dates = figure["layout"]["xaxis"]["ticktext"]
    assert all(not text.endswith("2021") for text in dates), "the year is in the title"


def test_temperature_has_its_own_unit():
    at = panel("ensemble", "en", sst="1", ensemble="maps")
    well(at, "en")
    assert "°C" in json.dumps(chart(at, "ocean_summary"), ensure_ascii=False)


@pytest.mark.parametrize("section", ["maps", "pixel"])
def test_a_size_class_is_read_in_percent(section):
    at = panel("ensemble", "en", quantity="micro", ensemble=section, at_row="18", at_column="20")
    well(at, "en")
    if section == "maps":
        (_, mean) = traces(chart(at, "ocean_summary"), "heatmap")
        share = numbers(mean["customdata"])
        assert np.nanmin(share) >= 0
        assert 2 < np.nanmax(share) <= 100
    else:
        assert "(%)" in chart(at, "ocean_series")["layout"]["yaxis"]["title"]["text"]
    assert any(
        "from which the size classes" in c.value for c in panel("trial", "en", quantity="micro").caption
    )


@pytest.mark.parametrize("name", ["ensemble", "composition", "blind"])
def test_a_slow_method_waits_for_a_yes(name, monkeypatch):
    from dataclasses import replace

    from eogen.ocean.methods import METHODS

    monkeypatch.setitem(METHODS, "convolution", replace(METHODS["convolution"], slow=True))
    at = panel(name, "fr", gaps="project", held="0")
    well(at, "fr")
    (button,) = [b for b in at.button if b.key.startswith("run_")]
    assert not at.get("plotly_chart")
    button.click().run()
    well(at, "fr")
    assert not [b for b in at.button if b.key.startswith("run_")]


def test_nonsense_in_the_address_is_survived():
    at = panel(
        "ensemble", "fr", ensemble="²", ensemble_method="<b>", threshold="x", at_row="9999", summary="q99"
    )
    well(at, "fr")
    well(panel("ensemble", "fr", ensemble="pixel", at_row="9999", at_column="0"), "fr")


# --- composition ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", ["ternary", "maps", "closure"])
def test_size_classes_are_shown(lang, section):
    at = panel("composition", lang, psc=section)
    shown = " ".join(well(at, lang))
    assert "eo-badge derived" in bodies(at), "derived is never passed for observed"
    if section == "ternary":
        for trace in traces(chart(at, "ocean_ternary"), "scatterternary"):
            total = sum(numbers(trace[axis]) for axis in "abc")
            assert total == pytest.approx(100, abs=1e-3)
    if section == "closure":
        assert load(lang)("ocean.composition.no_anchor") in shown
        assert chart(at, "ocean_closure")["data"]


def test_published_series_are_the_anchor(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("ocean").parent))
    at = panel("composition", "en", psc="closure")
    well(at, "en")
    body = bodies(at)
    assert body.index("Observations") < body.index("DINEOF")


def test_temperature_has_no_size_classes():
    assert any(
        "Temperature" in x or "temperature" in x for x in well(panel("composition", "en", sst="1"), "en")
    )


# --- trial, structure, calibration ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_trial_says_who_wins_and_prints_its_protocol(lang):
    at = panel("trial", lang)
    shown = " ".join(well(at, lang))
    assert "2021" in shown
    (board, donors) = at.dataframe
    assert len(board.value) == 3
    assert len(donors.value) <= 8
    best = str(board.value.iloc[0, 0])
    assert any(best in m.value and ("Best" in m.value or "Meilleure" in m.value) for m in at.markdown)
    assert {"CSV", "JSON"} <= set(files(at))
    dots = traces(chart(at, "ocean_board"), "scatter")
    assert len(dots) == 4, "a row of dots per method, and the pooled ones"
    assert ("," in str(board.value.iloc[0, 1])) == (lang == "fr")


@pytest.mark.parametrize("by", ["distance", "depth", "season"])
def test_classes_are_told_apart(by):
    at = panel("trial", "en", by=by, score="coverage_90")
    well(at, "en")
    figure = chart(at, "ocean_classes")
    assert len(figure["data"]) == 3
    assert figure["layout"]["yaxis"]["title"]["text"] == "90% coverage"


@pytest.mark.parametrize("name", ["trial", "structure", "calibration"])
def test_no_method_no_trial(name):
    at = panel(name, "fr")
    at.session_state["tried"] = []
    at.run()
    assert load("fr")("ocean.trial.none") in well(at, "fr")
    assert not at.get("plotly_chart")


def test_another_seed_hides_other_cells():
    one, other = (
        next(m.value for m in panel("trial", "en", proto_seed=s).markdown if "signature" in m.value)
        for s in ("1", "2")
    )
    assert one != other


@pytest.mark.parametrize("lang", LANGUAGES)
def test_structure_is_shown(lang):
    at = panel("structure", lang)
    well(at, lang)
    taylor = chart(at, "ocean_taylor")
    star = [d for d in taylor["data"] if d.get("marker", {}).get("symbol") == "star"]
    assert (star[0]["x"], star[0]["y"]) == ([1], [0])
    (matrix,) = traces(chart(at, "ocean_agreement"), "heatmap")
    z = numbers(matrix["z"])
    assert np.isnan(np.diag(z.astype(float))).all()
    assert np.allclose(z, z.T, equal_nan=True)
    assert chart(at, "ocean_variogram")["data"]
    assert len(at.get("plotly_chart")) >= 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_calibration_is_shown(lang):
    at = panel("calibration", lang)
    well(at, lang)
    for key in ("ocean_pit", "ocean_ranks"):
        (bars,) = traces(chart(at, key), "bar")
        assert numbers(bars["y"]).sum() == pytest.approx(100)
    curve = traces(chart(at, "ocean_coverage"), "scatter")
    assert len(curve) == 4
    assert all((np.diff(numbers(c["y"])) >= 0).all() for c in curve)


# --- DINEOF ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("of", ["anomalies", "values"])
def test_patterns_and_their_errors_are_shown(lang, of):
    at = panel("dineof", lang, dineof_of=of, frames="10")
    well(at, lang)
    errors, kept = chart(at, "ocean_cv")["data"]
    modes = int(numbers(kept["x"])[0])
    assert modes == int(np.argmin(numbers(errors["y"]))) + 1, "what is kept predicts best"
    assert bodies(at).count("<figure") == min(modes, 6)
    courses = chart(at, "ocean_courses")["data"]
    assert all(numbers(c["y"]).std() == pytest.approx(1, abs=1e-3) for c in courses)
    assert {"CSV", "JSON"} <= set(files(at))


def test_too_few_dates_get_a_sentence():
    well(panel("dineof", "fr", frames="2"), "fr", boxed=1)


# --- results ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_absent_results_name_their_command(lang, monkeypatch, tmp_path):
    monkeypatch.setattr(panel_results, "RESULTS", tmp_path / "none.json")
    at = panel("results", lang)
    assert load(lang)("ocean.results.none") in well(at, lang)
    assert any("python -m eogen evaluate ocean" in block.value for block in at.code)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", panel_results.SECTIONS)
def test_every_section_of_the_results_is_drawn(lang, section, monkeypatch, tmp_path):
    path = tmp_path / "ocean.json"
    path.write_text(report().to_json(), "utf-8")
    monkeypatch.setattr(panel_results, "RESULTS", path)
    at = panel("results", lang, measured=section)
    shown = " ".join(well(at, lang))
    tables = [frame.value for frame in at.dataframe]
    if section == "board":
        assert len(tables[0]) == 2
        assert "✗" in str(tables[0].iloc[0, 1])
    if section == "gaps":
        assert {"fr": "une méthode simple gagne", "en": "a simple method wins"}[lang] in shown
        assert tables[0].shape == (2, 4)
    if section == "targets":
        assert str(tables[0].iloc[0, -2]).endswith("✗"), "what was missed comes first"
        assert len(tables[0]) == 2
    if section == "checks":
        assert len(tables) == 2
        assert "–" in str(tables[1].to_numpy()), "what is not defined is a dash"
    if section == "all":
        assert len(tables[0]) == len(report().figures)


def test_an_empty_report_is_survived(monkeypatch, tmp_path):
    path = tmp_path / "ocean.json"
    path.write_text(Report("ocean", machine={"date": "2026-01-02"}).to_json(), "utf-8")
    monkeypatch.setattr(panel_results, "RESULTS", path)
    for section in panel_results.SECTIONS:
        well(panel("results", "fr", measured=section), "fr")


# --- on the page ---


@pytest.mark.parametrize("name", ["trial", "results"])
def test_the_page_opens_its_panels(name):
    at = visit(
        "ocean", lang="fr", view="expert", source="simulated_clear", panel=name, tried=QUICK, proto_dates="4"
    )
    well(at, "fr")
