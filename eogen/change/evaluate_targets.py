"""What the issue asked for before anything was fitted, and whom it is asked of."""

from __future__ import annotations

#: Kind of set (a row of :mod:`eogen.change.sets_rows`) -> figure -> number to reach.
TARGETS: dict[str, dict[str, float]] = {
    "oscd_rgb": {"ap": 0.40, "best_f1": 0.45, "auroc": 0.90, "shift_loss": 0.08},
    "sztaki": {"ap": 0.47, "best_f1": 0.50, "auroc": 0.89},
    "levir_cd": {"ap": 0.50, "best_f1": 0.48, "auroc": 0.82},
    "ombria_s2": {"auroc": 0.86},
}
#: Those of estimators that tell gain from loss.
SIGNED: dict[str, dict[str, float]] = {"ombria_s2": {"auroc": 0.90}}
#: Of every estimator: false alarms on a city left out, at a nominal 1 %.
FALSE_ALARMS = (0.005, 0.015)
#: Of every conditional estimator with a twin: AP over the twin's, on OSCD.
RATIO = {"oscd_rgb": 2.0}
#: Sides (pixels) of images that targets are for, where a set is spread in several sizes.
SIDES = {"levir_cd": 1024}
#: The label-free rule that must beat Otsu's on CVA, and whose Otsu that is.
RULE, OTSU_OF = "kapur", ("cva_raw", "cva_median", "cva_zscore")
#: Otsu's F1 that the issue quotes, on all pairs of each set of which the folder here may hold a part.
QUOTED = {"oscd_rgb": 0.301, "sztaki": 0.322, "levir_cd": 0.335, "ombria_s2": 0.594}


def goals(kind: str, side: int, *, first: bool, signed: bool) -> dict[str, float]:
    """Return the targets of an estimator on a set.

    Args:
        kind: of the set.
        side: longest side of its images in pixels.
        first: whether it is the claimed one.
        signed: whether it tells gain from loss.
    """
    if kind in SIDES and side != SIDES[kind]:
        return {}
    if signed:
        return SIGNED.get(kind, {})
    return TARGETS.get(kind, {}) if first else {}
