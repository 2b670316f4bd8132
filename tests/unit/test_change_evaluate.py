"""The experiment on folders it has never seen: any subset, other names, other layouts, nothing at all."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from eogen.change import evaluate, evaluate_checks, evaluate_sets, evaluate_targets, evaluate_trial, methods
from eogen.change.stack import both_valid, stack
from eogen.errors import Cancelled, Unavailable
from eogen.results import Report
from tests.real import real_data

NAMES = ("cva_zscore", "gaussian_conditional", "rx")


def pictures(seed, side=72):
    """Return two images (y, x, 3) of one place, uint8, and where (y, x) something new stands."""
    rng = np.random.default_rng(seed)
    ground = gaussian_filter(rng.normal(size=(side, side, 3)), (3, 3, 0))
    ground = 110 + 25 * ground / ground.std()
    changed = np.zeros((side, side), bool)
    row, column = rng.integers(8, side - 24, 2)
    changed[row : row + 12, column : column + 12] = True
    after = ground * 0.9 + 12 + np.where(changed[..., None], (60, -50, 40), 0)
    noisy = [np.clip(d + rng.normal(0, 3, d.shape), 1, 255).astype(np.uint8) for d in (ground, after)]
    return *noisy, changed


def write(folder, names, seed=0):
    """Write pairs of a set as <set>/{A,B,label}/<name>.png."""
    for part in ("A", "B", "label"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        before, after, changed = pictures(seed + number)
        Image.fromarray(before).save(folder / "A" / f"{name}.png")
        Image.fromarray(after).save(folder / "B" / f"{name}.png")
        Image.fromarray((changed * 255).astype(np.uint8)).save(folder / "label" / f"{name}.png")


def patched(patch):
    patch.setattr(evaluate, "METHODS", {n: methods.METHODS[n] for n in NAMES})
    patch.setattr(evaluate_targets, "CLAIMED", {"unknown": ("gaussian_conditional",)})
    patch.setattr(evaluate_targets, "CLAIMED_KIND", {"sztaki": ("cva_zscore",)})


@pytest.fixture
def few(monkeypatch):
    """Three estimators; the others have tests of their own."""
    patched(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data")
    write(made / "change" / "OSCD_pairRGB8", ["lima", "oslo", "riga"])
    write(made / "change" / "SZTAKI", ["Archive_7"], seed=20)
    return made


@pytest.fixture(scope="module")
def report(folder):
    with pytest.MonkeyPatch.context() as patch:
        patched(patch)
        return evaluate.evaluate(folder)


def value(report, name, method="gaussian_conditional", dataset="OSCD_pairRGB8"):
    (found,) = [f for f in report.figures if (f.name, f.method, f.dataset) == (name, method, dataset)]
    return found


ALL = ("ap", "auroc", "best_f1", "mean_f1", "iou", "tpr_at_fpr_1", "fpr_at_tpr_95", "precision_full_recall", "otsu_f1",
       "kapur_f1", "middle_f1", "self_1_f1", "self_5_f1", "rule_f1", "rule_mean_f1", "object_recall_10",
       "object_precision_50", "conformal_f1", "false_alarms", "false_alarms_least", "false_alarms_most",
       "seconds_per_mpx", "ap_shift_1", "shift_loss")  # fmt: skip


@pytest.mark.parametrize("method", NAMES)
def test_every_estimator_has_every_figure_and_says_over_how_many_images(report, method):
    for name in ALL:
        found = value(report, name, method)
        assert found.n == 3, name
        assert found.value is not None, name
        if found.low is not None:
            assert found.low <= found.high, name
    for name in ("ap", "auroc", "best_f1", "iou", "rule_f1"):
        found = value(report, name, method)
        assert found.low <= found.value + 0.05, name
        assert found.high >= found.value - 0.05, name
        assert 0 <= found.value <= 1, name


def test_one_image_has_figures_without_intervals_and_no_other_to_calibrate_on(report):
    found = value(report, "ap", dataset="SZTAKI")
    assert found.n == 1
    assert found.low is None
    assert found.high is None
    assert not [f for f in report.figures if f.dataset == "SZTAKI" and f.name == "conformal_f1"]


def test_the_pooled_figures_are_those_of_the_pixels(folder, report):
    from sklearn.metrics import average_precision_score

    (case,) = [c for c in evaluate_sets.cases(folder / "change", print) if c.kind == "oscd_rgb"]
    maps = {k: methods.score(p, "cva_zscore").nll.values for k, p in case.pairs.items()}
    labels = np.concatenate([p.label.values.ravel() for p in case.pairs.values()])
    want = average_precision_score(labels, np.concatenate([m.ravel() for m in maps.values()]))
    assert value(report, "ap", "cva_zscore").value == pytest.approx(want)


def test_targets_are_for_the_claimed_estimator_of_the_sensor(report):
    told = {(f.name, f.method, f.dataset): f.target for f in report.figures if f.target is not None}
    assert told["ap", "gaussian_conditional", "OSCD_pairRGB8"] == 0.40
    assert told["shift_loss", "gaussian_conditional", "OSCD_pairRGB8"] == 0.08
    assert told["best_f1", "cva_zscore", "SZTAKI"] == 0.50
    assert ("ap", "rx", "OSCD_pairRGB8") not in told
    for method in NAMES:
        assert told["false_alarms_least", method, "OSCD_pairRGB8"] == 0.005
        assert told["false_alarms_most", method, "OSCD_pairRGB8"] == 0.015


def test_the_label_free_rule_is_held_against_otsu_on_the_same_images(report):
    found = value(report, "label_free_f1")
    assert found.target == value(report, "otsu_f1", "cva_zscore").value
    assert found.value == value(report, "rule_f1").value
    assert "0.301" in found.note


def test_conditional_is_held_against_its_unconditional_twin(report):
    ratio = value(report, "ap_over_unconditional")
    assert ratio.value == pytest.approx(value(report, "ap").value / value(report, "ap", "rx").value)
    assert ratio.target == 2
    assert not [
        f for f in report.figures if f.name == "ap_over_unconditional" and f.method in ("rx", "cva_zscore")
    ]


def test_calling_everything_is_always_beside(report):
    share = 144 / 72**2
    assert value(report, "ap", "everything").value == pytest.approx(share)
    assert value(report, "best_f1", "everything").value == pytest.approx(2 * share / (1 + share))
    assert value(report, "auroc", "everything").value == 0.5


def test_tables_tell_images_rules_reliability_and_curves(report):
    again = Report.from_json(report.to_json())
    images = again.tables["ap by image: OSCD_pairRGB8"]
    assert images.index.tolist() == ["lima", "oslo", "riga"]
    assert set(images.columns) == {"changed", *NAMES}
    assert "middle" in again.tables["f1 by rule: OSCD_pairRGB8"].columns
    reliable = again.tables["reliability: OSCD_pairRGB8"]
    assert set(reliable.nominal) == set(evaluate_trial.RATES)
    assert (reliable.least <= reliable["most"]).all()
    for kind in ("precision by recall", "roc"):
        assert len(again.tables[f"{kind}: OSCD_pairRGB8"]) <= 120
    assert again.data[0]["sha256"] != again.data[1]["sha256"]


def test_what_is_absent_is_said(report):
    text = " ".join(report.absent)
    for word in ("levir_cd", "ombria_s2"):
        assert word in text


def test_an_empty_folder_is_a_report_of_what_is_absent(tmp_path):
    found = evaluate.evaluate(tmp_path)
    assert not found.figures
    assert len(found.absent) >= 4


def test_pairs_without_labels_are_absent_and_the_others_measured(tmp_path, few):
    write(tmp_path / "Elsewhere", ["one"])
    write(tmp_path / "Unlabelled", ["two"])
    (tmp_path / "Unlabelled" / "label" / "two.png").unlink()
    (tmp_path / "Unlabelled" / "label").rmdir()
    found = evaluate.evaluate(tmp_path, quick=True)
    assert value(found, "ap", "cva_zscore", "Elsewhere").value > 0.3
    assert not [f for f in found.figures if f.dataset == "Unlabelled"]


def test_a_damaged_image_is_named_and_the_others_are_measured(tmp_path, few):
    write(tmp_path / "WHU", ["one", "two"])
    (tmp_path / "WHU" / "A" / "one.png").write_bytes(b"\x89PNG nothing more")
    found = evaluate.evaluate(tmp_path)
    assert any("one" in sentence for sentence in found.absent)
    assert value(found, "ap", "cva_zscore", "WHU").n == 1


def test_estimators_without_weights_or_bands_are_absent_and_the_others_go_on(tmp_path, monkeypatch):
    from dataclasses import replace

    row = methods.METHODS["cva_zscore"]
    rows = {
        "cva_zscore": row,
        "lost": replace(row, name="lost", model="never_trained"),
        "blind": replace(row, name="blind", needs=(("thermal",),)),
        "failing": replace(row, name="failing", where="tests_of_failing:none"),
    }

    def failing(case, name, **more):
        if name == "failing":
            raise Unavailable("no_model_weights", "The weights are not here.")
        return real(case, name, **more)

    real = evaluate.trial
    monkeypatch.setattr(evaluate, "METHODS", rows)
    monkeypatch.setattr(evaluate, "trial", failing)
    write(tmp_path / "DSIFN", ["one"])
    found = evaluate.evaluate(tmp_path, quick=True)
    assert {f.method for f in found.figures} == {"cva_zscore", "everything"}
    text = " ".join(found.absent)
    for word in ("lost", "blind on DSIFN", "failing: The weights"):
        assert word in text


def test_slow_estimators_see_windows_and_so_do_those_beside_them(tmp_path, monkeypatch):
    from dataclasses import replace

    rows = {n: methods.METHODS[n] for n in NAMES} | {
        "slow": replace(methods.METHODS["gaussian_conditional"], name="slow", slow=True)
    }
    monkeypatch.setattr(evaluate, "METHODS", rows)
    monkeypatch.setitem(methods.METHODS, "slow", rows["slow"])
    monkeypatch.setattr(evaluate, "SIDE", 48)
    write(tmp_path / "OSCD", ["one", "two", "three"])
    found = evaluate.evaluate(tmp_path)
    (windows,) = {f.dataset for f in found.figures if f.method == "slow"}
    assert "48 px" in windows
    assert {f.method for f in found.figures if f.dataset == windows} == {
        "slow",
        "rx",
        "cva_zscore",
        "everything",
    }
    assert value(found, "ap", "slow", windows).n == 2
    assert value(found, "ap_over_unconditional", "slow", windows).value > 0
    assert not [f for f in found.figures if f.dataset == windows and f.name == "label_free_f1"]


def test_it_stops_when_asked(folder, few):
    def stop(done, total, what=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        evaluate.evaluate(folder, quick=True, progress=stop)


def test_a_moved_pair_has_its_second_image_a_pixel_to_the_right():
    images = stack(np.arange(2 * 3 * 5 * 6, dtype=float).reshape(2, 3, 5, 6), ["red", "green", "blue"])
    made = evaluate_checks.moved(images)
    np.testing.assert_array_equal(made.values[0], images.values[0])
    np.testing.assert_array_equal(made.values[1][..., 1:], images.values[1][..., :-1])
    assert not both_valid(made)[:, 0].any()
    assert both_valid(made)[:, 1:].all()
    assert both_valid(images).all()


def test_windows_are_central_and_keep_the_label(folder):
    (case,) = [c for c in evaluate_sets.cases(folder / "change", print) if c.kind == "oscd_rgb"]
    cut = evaluate_sets.windows(case, 40, 2)
    assert list(cut.pairs) == ["lima", "riga"]
    np.testing.assert_array_equal(cut.pairs["lima"].values, case.pairs["lima"].values[..., 16:56, 16:56])
    assert cut.pairs["lima"].label.shape == (40, 40)


def test_claims_are_made_for_estimators_that_exist():
    for names in (*evaluate_targets.CLAIMED.values(), *evaluate_targets.CLAIMED_KIND.values()):
        assert set(names) <= set(methods.METHODS)


def test_the_claimed_estimator_is_the_first_that_ran(few):
    assert (
        evaluate_targets.claimed("sztaki", "aerial", ["gaussian_conditional", "cva_zscore"]) == "cva_zscore"
    )
    assert (
        evaluate_targets.claimed("sztaki", "aerial", ["rx", "gaussian_conditional"]) == "gaussian_conditional"
    )
    assert evaluate_targets.claimed("sztaki", "aerial", ["celik"]) == ""


def test_targets_are_for_the_images_they_were_set_on():
    assert evaluate_targets.goals("levir_cd", 256, first=True, signed=False) == {}
    assert evaluate_targets.goals("ombria_s2", 256, first=False, signed=True) == {"auroc": 0.90}


@pytest.mark.real
def test_real_sets_are_found_and_their_false_alarms_hold_for_a_control():
    root = real_data("change")
    found = next((c for c in evaluate_sets.cases(root, print, quick=True) if c.kind == "oscd_rgb"), None)
    if found is None:
        pytest.skip("no OSCD pairs here")
    done = evaluate_trial.trial(found, "rx")
    each = [t.false_alarms for t in done.conformal().values()]
    assert all(0.005 <= rate <= 0.015 for rate in each)
