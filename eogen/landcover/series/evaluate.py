"""The experiment on series: models on parcels, explanations of when and which band, and both where the truth is known.

Nothing here reads committed figures: every number is measured again on the data below the folder given, and on the
simulated territory, which needs none.
"""

from __future__ import annotations

from eogen.landcover.series import (
    evaluate_counterfactuals,
    evaluate_explanations,
    evaluate_models,
    evaluate_territory,
    evaluate_times,
    evaluate_twins,
)
from eogen.landcover.series.evaluate_figures import Bench


def measure(bench: Bench) -> None:
    """Write every figure of series into the report of ``bench``.

    Raises:
        InputError: when a file is damaged.
    """
    for trial in evaluate_models.measure(bench):
        evaluate_explanations.measure(bench, trial)
    models = evaluate_territory.measure(bench)
    evaluate_counterfactuals.measure(bench, models)
    evaluate_twins.measure(bench)
    evaluate_times.measure(bench)


__all__ = ["Bench", "measure"]
