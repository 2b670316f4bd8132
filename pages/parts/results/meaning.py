"""What a figure means, in one sentence: ``results.means.*`` of the words files, found by the figure's name."""

from __future__ import annotations

import re

from pages.kit.words import Words

#: The first pattern that matches the whole kind (the name before a stroke) says which sentence serves.
_RULES: tuple[tuple[str, str], ...] = tuple(
    (pattern, key)
    for key, pattern in {
        "off": r"\w+_off",
        "misfit": "posterior_predictive_rmse",
        "rmse_over_oi": "rmse_over_oi",
        "centred_rmse": "centred_rmse",
        "cycle": "cycle_rmse",
        "composite": r"composite_\w+",
        "sensor": r"sensor_\w+",
        "r2_correlation": "r2|ccc_r2|cab_r2",
        "r2": "r2_determination|cluster_r2|head_r2",
        "rmse": r"rmse|rmse_(frame|raw|alone|together|unedited)|(lai|ccc)_rmse",
        "mae": "mae|mae_frame",
        "bias": "bias",
        "log_bias": "log_bias",
        "likeness": r"cc_log_(one_pixel|\d+_min)",
        "correlation": r"r|r_frame|cc|cc_log|cc_log_age|cc_drop|cc_shift_-?\d+|(change|probability)_correlation",
        "spearman": "spearman|cluster_spearman",
        "slope": "slope|cluster_slope",
        "coverage": r"(ccc_)?coverage_\d+(_instrument)?",
        "width": r"(ccc_)?width_\d+(_instrument)?",
        "nll": "nll",
        "nats": "nats_below_independent",
        "nats_to_reference": "nats_to_reference",
        "sbc": "sbc_ks|sbc_ks_worst",
        "tarp": "tarp_deviation",
        "identifiability": "identifiability",
        "total_correlation": "total_correlation",
        "effective_draws": "effective_draws",
        "c2st": "c2st",
        "wasserstein": "sliced_wasserstein",
        "seconds": r"(reference|fit|map)_seconds|(best_)?milliseconds|seconds_\w+",
        "rhat": "reference_rhat",
        "ess": "reference_ess",
        "crps": "crps|crps_frame|crps_members",
        "spread_skill": "spread_skill",
        "gradient_ratio": "gradient_ratio|gradient_ratio_members",
        "spectrum": "spectrum|spectrum_members",
        "sd_ratio": "sd_ratio",
        "skill": "skill",
        "shuffled": "skill_shuffled",
        "unchanged": "observed_change|repeat_change",
        "closure": r"closure_off_(alone|together)",
        "over_unconditional": "ap_over_unconditional",
        "shift": "shift_loss",
        "ap": "ap|ap_shift_1",
        "auroc": "auroc",
        "f1": "best_f1|mean_f1",
        "rule_f1": r"(otsu|kapur|middle|triangle|cross_entropy|minimum_error|self_\d|rule(_mean)?|conformal)_f1"
        r"|label_free_f1",
        "iou": "iou|rule_iou|conformal_iou",
        "tpr": "tpr_at_fpr_1",
        "fpr": "fpr_at_tpr_95",
        "full_recall": "precision_full_recall",
        "objects": r"object_(recall|precision)_\d+",
        "self_false_alarms": r"self_false_alarms_\w+",
        "false_alarms": r"false_alarms(_\w+)?",
        "accuracy": "(folds_)?accuracy",
        "macro_f1": "(folds_)?macro_f1",
        "ece": "(folds_)?ece(_uncalibrated|_equal_width)?",
        "brier": "brier",
        "lost_band": "accuracy_lost_without_b10",
        "deviation": "folds_fold_deviation",
        "above_random": "srg_above_random",
        "srg": "srg|srg_group|srg_evidence_space|best_srg",
        "sanity": "sanity|sanity_chance",
        "noise": "noise",
        "additivity": "additivity_error",
        "shortcut": "shortcut_alarm",
        "pointing": "pointing_hit",
        "mass": "mass_share|mask_share",
        "focus": "focus_share",
        "exact": "correlation_with_exact",
        "above_forest": "above_forest",
        "behind_best": "behind_best",
        "hit": r"hit_\w+",
        "same_answer": "same_answer|same_answer_unedited",
        "edited": "edited|moved",
        "topographic": "topographic_error",
        "largest": "largest_cluster|collapse",
        "clusters": "empty_clusters|effective_clusters",
        "silhouette": "silhouette",
        "davies": "davies_bouldin",
        "eta2": "eta2",
        "pod": "pod",
        "far": "far",
        "csi": "csi",
        "hss": "hss",
        "kge": "kge",
        "passes": "microwave_share|gap_mean|gaps_within_3h",
        "wet_share": "wet_share",
    }.items()
)
#: Figures that end in ``_off`` and are no distance to an ideal.
_EXCEPT = re.compile(r"closure_off\w*")


def key(report: str, name: str) -> str | None:
    """Return which sentence says what a figure means; None for one that nobody described.

    Args:
        report: where the figure stands: rain's ``r2`` is a share explained, canopy's a squared correlation.
        name: of the figure, e.g. ``"rmse/>20 px"``.
    """
    kind = name.partition("/")[0]
    if _EXCEPT.fullmatch(kind):
        return "closure"
    if kind == "r2" and report == "rain":
        return "r2"
    return next((found for pattern, found in _RULES if re.fullmatch(pattern, kind)), None)


def sentence(t: Words, report: str, name: str) -> str:
    """Return what a figure means; nothing for one that nobody described."""
    found = key(report, name)
    return "" if found is None else t(f"results.means.{found}")
