"""What the page's "what if" does to a season, beside what truly happens: the territory can be made both ways.

Equal seeds give equal parcels, so the same fields exist with their harvest a month later, or with July under cloud.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series.counterfactual import WhatIf, cloudy, later_harvest
from eogen.landcover.series.evaluate_figures import BY_GROUP, Bench, averaged, scored
from eogen.landcover.series.evaluate_territory import Known, made
from eogen.landcover.series.kept import TEST_SEEDS
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.scores import Score
from eogen.results import Figure

#: Parcels of each seed (of all classes) that are asked; days by which harvests are moved; the month under cloud.
EACH, DAYS, JULY = 100, 30, 7
CROPS = ("winter_cereal", "maize", "rapeseed", "sunflower")
LATER, CLOUDY = "territory, harvest a month later", "territory, July under cloud"


def measure(bench: Bench, models: dict[str, SeriesModel]) -> None:
    """Write how often a model answers to an edited season what it answers to the season that truly follows."""
    asked = (TEST_SEEDS[:1], EACH // 2) if bench.quick else (TEST_SEEDS, EACH)
    usual, late = made(*asked), made(*asked, harvest_shift=float(DAYS))
    dark = made(*asked, cloud_month=JULY)
    crops = np.isin(np.array(usual.classes)[usual.label], CROPS)
    for method, model in models.items():
        _compare(
            bench, method, LATER, model, usual, late, crops, lambda m, s: later_harvest(m, s, DAYS / 30.4)
        )
        _compare(
            bench,
            method,
            CLOUDY,
            model,
            usual,
            dark,
            np.ones(len(crops), bool),
            lambda m, s: cloudy(m, s, [JULY - 1]),
        )


def _compare(
    bench: Bench, method: str, dataset: str, model: SeriesModel, usual: Known, after: Known, asked: np.ndarray,
    edit: Callable[[SeriesModel, np.ndarray], WhatIf],
) -> None:  # fmt: skip
    """Write the agreement of the edit with what truly follows, and that of leaving the season as it was."""
    found, rows = [], []
    for row in np.flatnonzero(asked):
        try:
            found.append(edit(model, usual.series[row]))
            rows.append(row)
        except InputError as error:
            if error.code != "series_when_no_harvest":
                raise
    bench.add(scored("edited", method, dataset, Score(len(rows) / max(int(asked.sum()), 1), np.nan, np.nan),
                     int(asked.sum()), note="Share of the seasons that have a harvest to move."))  # fmt: skip
    if len(rows) < 3:
        bench.absent(f"{dataset}: {len(rows)} seasons could be edited.")
        return
    label, group = usual.label[rows], usual.group[rows]
    true = model.predict_proba(after.series[rows])
    before, edited = (np.array([getattr(one, k) for one in found]) for k in ("before", "after"))
    own = np.arange(len(rows)), label
    bench.add(
        averaged("same_answer", method, dataset, edited.argmax(1) == true.argmax(1), group, seed=bench.seed),
        averaged("same_answer_unedited", method, dataset, before.argmax(1) == true.argmax(1), group, seed=bench.seed,
                 note=f"The control: the season left as it was. {BY_GROUP}"),
        averaged("moved", method, dataset, np.abs(true[own] - before[own]), group, seed=bench.seed, better=None,
                 note=f"Mean change of the true class's probability that truly follows. {BY_GROUP}"),
        _correlation(bench, "change_correlation", method, dataset, (edited - before)[own], (true - before)[own], group),
        _correlation(bench, "probability_correlation", method, dataset, edited[own], true[own], group),
    )  # fmt: skip
    if any(f.method == "edit" and f.dataset == dataset for f in bench.report.figures):
        return  # the edit is the same whatever the model
    changed = np.array([one.series for one in found])
    for name, series in (("rmse", changed), ("rmse_unedited", usual.series[rows])):
        away = np.sqrt(np.nanmean(np.square(series - after.series[rows]), axis=(1, 2)))
        bench.add(averaged(name, "edit", dataset, away, group, seed=bench.seed, better="lower",
                           note=f"Reflectance, from the season that truly follows. {BY_GROUP}"))  # fmt: skip


def _correlation(
    bench: Bench, name: str, method: str, dataset: str, one: np.ndarray, other: np.ndarray, group: np.ndarray
) -> Figure:
    """Return the figure of Pearson's correlation (n,), interval by drawing groups."""
    members = [np.flatnonzero(group == g) for g in np.unique(group)]
    generator = np.random.default_rng(bench.seed)

    def between(rows: np.ndarray) -> float:
        a, b = one[rows], other[rows]
        return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else float("nan")

    drawn = [
        between(np.concatenate([members[k] for k in generator.integers(0, len(members), len(members))]))
        for _ in range(500)
    ]
    ends = np.nanquantile(drawn, [0.025, 0.975]) if np.isfinite(drawn).any() else (np.nan, np.nan)
    score = Score(between(np.arange(len(one))), float(ends[0]), float(ends[1]))
    note = f"Pearson, of the true class's probability. {BY_GROUP}"
    return scored(name, method, dataset, score, len(one), note=note)
