"""The experiment on series: figures that say what they should, where there is nothing but the territory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from eogen.landcover import evaluate as of_room
from eogen.landcover.series import (
    baselines,
    evaluate,
    evaluate_counterfactuals,
    evaluate_explanations,
    evaluate_models,
    evaluate_territory,
    evaluate_twins,
    kept,
    territory,
)
from eogen.landcover.series.evaluate_explanations import background_of, likeness
from eogen.landcover.series.evaluate_figures import Bench, averaged, mean_by_group, once, scored
from eogen.landcover.series.evaluate_models import Judges, Trial
from eogen.landcover.series.folds import OutOfFold
from eogen.landcover.series.scores import Score
from eogen.landcover.series.territory_laws import TWINS
from eogen.results import Figure, Report
from tests.series_files import long_table, wide_table
from tests.series_models import BANDS, Network, series

TWIN = "twins: nitrogen"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """What the command writes where no data are: the territory, small and in a hurry, and a forest of few trees."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate_territory, "EACH", 60)
        patch.setattr(evaluate_counterfactuals, "EACH", 40)
        patch.setattr(evaluate_twins, "TRAIN", kept.TRAIN_SEEDS[:1])
        patch.setattr(territory, "TWINS", TWINS[-1:])
        patch.setattr(territory, "evidence", partial(_evidence, territory.event_evidence(TWINS[-1], n=20)))
        whole = baselines.random_forest
        patch.setattr(baselines, "random_forest", lambda *given, **options: _few(whole(*given, **options)))
        yield of_room.evaluate(tmp_path_factory.mktemp("nothing"), quick=True, part="series")


def _evidence(event, classes):
    """Return true cells of the right form without the seconds that the real ones take."""
    shape = (len(classes), 12, event.sizes["band"])
    dims = ("class", "month", "band")
    cells = np.zeros(shape, bool)
    cells[:, 5:7, 6:] = True
    return event.drop_vars(list(event.data_vars)).assign(
        evidence=(dims, cells), apart=(dims, np.where(cells, 3.0, 0.5))
    )


def _few(forest):
    forest.forest.estimators_ = forest.forest.estimators_[:40]
    forest.forest.n_estimators = 40
    return forest


def _value(report: Report, name: str, method: str, dataset: str) -> Figure:
    (found,) = [f for f in report.figures if (f.name, f.method, f.dataset) == (name, method, dataset)]
    return found


def test_a_folder_without_parcels_has_the_territory_still(report: Report) -> None:
    assert report.room == "landcover_series"
    assert any("WorldCereal" in sentence for sentence in report.absent)
    right = _value(report, "accuracy", "random_forest", "territory")
    assert right.value > 0.7
    assert right.low <= right.value <= right.high
    assert Report.from_json(report.to_json()).figures == report.figures


def test_every_explanation_has_its_hits_beside_chance_and_a_control(report: Report) -> None:
    for dataset in ("territory", TWIN, "twins"):
        for explanation in ("random", "season", "occlusion", "month_shapley", "band_group_shapley"):
            for name in ("hit_month", "hit_month_precision", "srg"):
                found = _value(report, name, f"random_forest/{explanation}", dataset)
                assert 0 <= found.value <= 1 or name == "srg"
        assert _value(report, "srg", "random_forest/truth", dataset).n > 0
    assert _value(report, "hit_month", "random_forest/chance", TWIN).value == pytest.approx(1 / 12)
    # Occlusion says months alone: of bands it has nothing to hit.
    assert not [f for f in report.figures if f.name == "hit_band" and f.method.endswith("/occlusion")]


def test_one_pair_of_twins_is_all_pairs(report: Report) -> None:
    one, every = (_value(report, "hit_month", "random_forest/month_shapley", d) for d in (TWIN, "twins"))
    assert (every.value, every.low, every.high, every.n) == (one.value, one.low, one.high, one.n)


def test_july_under_cloud_is_the_same_edit_and_truth(report: Report) -> None:
    where = evaluate_counterfactuals.CLOUDY
    assert _value(report, "rmse", "edit", where).value == 0
    assert _value(report, "same_answer", "random_forest", where).value == 1
    later = evaluate_counterfactuals.LATER
    assert _value(report, "rmse_unedited", "edit", later).value > 0
    assert _value(report, "edited", "random_forest", later).value > 0.5


def test_every_undefined_figure_says_why(report: Report) -> None:
    assert not [f for f in report.figures if f.value is None and not f.note]


def test_intervals_draw_groups_whole() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(30), 5)
    values = np.repeat(rng.normal(size=30), 5)
    whole, alone = mean_by_group(values, group), mean_by_group(values, np.arange(150))
    assert whole.value == pytest.approx(values.mean())
    # Five copies of one number are one number: the interval is that of 30 values, sqrt(5) times as wide.
    assert (whole.high - whole.low) / (alone.high - alone.low) == pytest.approx(np.sqrt(5), rel=0.2)
    assert np.isnan(mean_by_group(values, np.zeros(150)).low)
    assert mean_by_group(np.append(values, np.nan), np.append(group, 99)).value == whole.value
    assert averaged("a", "b", "c", [np.nan, np.nan], np.arange(2)).value is None
    assert scored("a", "b", "c", Score(0.5, np.nan, 0.6), 3).low is None


def _answers(right: float, n: int = 200) -> OutOfFold:
    label = np.arange(n) % 2
    said = np.where(np.arange(n) < right * n, label, 1 - label)
    return once(np.eye(2)[said], label, np.arange(n) // 4, ("a", "b"))


def test_targets_stand_beside_the_figures_they_were_set_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_models, "DRAWS", 10)
    bench = Bench(Report("x"), Path())
    trial = Trial(
        "f", np.zeros((200, 1, 1)), np.zeros(200, int), np.arange(200) // 4, ("a", "b"), ("B04",), france=True
    )
    answers = {"random_forest": 0.8, "tempcnn": 0.9, "ltae": 0.85, "channel_attention": 0.89}
    evaluate_models._told(bench, trial, "f, by group", {k: _answers(v) for k, v in answers.items()})
    at = {(f.name, f.method): f for f in bench.report.figures}
    assert at["accuracy", "tempcnn"].reached
    assert at["accuracy", "ltae"].reached
    assert at["macro_f1", "ltae"].target == evaluate_models.TARGETS["macro_f1"]
    assert at["accuracy", "random_forest"].target is None
    assert at["above_forest", "tempcnn"].value == pytest.approx(0.1)
    assert at["behind_best", "ltae"].value == pytest.approx(0.05)
    assert not at["behind_best", "ltae"].reached
    assert at["behind_best", "channel_attention"].reached
    assert ("fit_seconds", "ltae") not in at  # committed: nothing was fitted


def test_known_parcels_are_asked_of_the_fold_that_did_not_learn_from_them() -> None:
    class Says:
        def __init__(self, k: int) -> None:
            self.k = k

        def predict_proba(self, given: np.ndarray) -> np.ndarray:
            return np.tile(np.eye(6)[self.k], (len(given), 1))

    of = np.array([4, 0, 1, 1, 3, 2])
    trial = Trial("d", np.zeros((6, 2, 1)), np.zeros(6, int), np.arange(6), tuple("abcdef"), ("B04",))
    found = evaluate_models._asked(trial, Judges([Says(k) for k in range(6)], of))
    assert np.array_equal(found.predicted[0], of)


def test_sets_that_cannot_be_measured_say_why(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "lacking").mkdir()
    (tmp_path / "unlabelled").mkdir()
    long_table(tmp_path / "few")
    wide_table(tmp_path / "lacking")
    long_table(tmp_path / "unlabelled", legend=False)
    bench = Bench(Report("x"), tmp_path, quick=True)
    assert not list(evaluate_models.measure(bench))
    said = "\n".join(bench.report.absent)
    assert "few/any, five folds: 4 labelled parcels" in said
    assert "lacking/wide: The series lack the band B03" in said
    assert "unlabelled/any, five folds: 0 labelled parcels" in said
    assert [row["n"] for row in bench.report.data] == [4, 0]


def test_background_is_the_mean_of_what_was_seen() -> None:
    x = series(4)
    x[0, 2] = np.nan
    x[:, 5] = np.nan
    found = background_of(x)
    assert found.shape == (1, *x.shape[1:])
    np.testing.assert_allclose(found[0, 2], x[1:, 2].mean(0), rtol=1e-6)
    assert (found[0, 5] == 0).all()


def test_likeness_is_of_what_was_seen() -> None:
    rng = np.random.default_rng(1)
    x, one = series(3), rng.normal(size=(3, 6))
    other = one.copy()
    other[:, 0] = 9  # of a month that nobody saw
    x[:, 0] = np.nan
    np.testing.assert_allclose(likeness(one, -other, x, BANDS), 1)
    both = rng.normal(size=(2, *x.shape))
    assert (likeness(*both, x, BANDS) < 0.9).all()


def test_real_parcels_are_asked_of_models_that_did_not_see_them() -> None:
    """Two folds of networks nobody trained: every number is there, controls have no goal and no sanity."""
    x = series(16, 12)
    models = [Network(seed=k) for k in (0, 1)]
    trial = Trial("f", x, np.arange(16) % 3, np.arange(16) // 2, Network.classes, BANDS,
                  {"tempcnn": Judges(models, np.arange(16) % 2)}, france=True)  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate_explanations, "TIMED", 2)
        bench = Bench(Report("x"), Path())
        evaluate_explanations.measure(bench, trial)
    at = {(f.name, f.method): f for f in bench.report.figures}
    for name in ("srg", "srg_above_random", "sanity", "milliseconds"):
        assert at[name, "tempcnn/integrated_gradients"].value is not None
    assert at["srg", "tempcnn/month_shapley"].target == evaluate_explanations.SRG
    assert at["milliseconds", "tempcnn/month_shapley"].target == evaluate_explanations.BEST_MS
    assert at["milliseconds", "tempcnn/random"].target is None
    assert ("sanity", "tempcnn/season") not in at
    assert ("srg_group", "tempcnn/occlusion") not in at
    assert at["srg_group", "tempcnn/integrated_gradients"].n == 16
    best = max((f for f in bench.report.figures if f.name == "srg" and not f.method.endswith(("random", "season"))),
               key=lambda f: f.value)  # fmt: skip
    assert at["best_srg", "best"].value == best.value
    assert best.method in at["best_srg", "best"].note
    named = bench.report.tables["most important month, parcels: f"]
    assert list(named.columns) == [str(k) for k in range(1, 13)]
    assert (named.sum(axis=1) == 16).all()
    assert {"explanations: f", "agreement, same_top: tempcnn, f"} <= set(bench.report.tables)


def test_series_alone_are_another_report(report: Report) -> None:
    assert not [f for f in report.figures if "EuroSAT" in f.dataset]
    assert evaluate.measure.__module__.endswith("series.evaluate")
