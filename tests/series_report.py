"""A made-up report of the experiment on series, small, with every kind of figure that its panel draws."""

from __future__ import annotations

from eogen.results import Figure, Report

FRANCE = "worldcereal/parcels_2023, by group"
ALONE = "worldcereal/parcels_2023, parcels alone"
PARCELS = "worldcereal/parcels_2023"
MODELS = ("random_forest", "tempcnn", "ltae")
#: SRG of an explanation of each model and half its interval: attention is chance.
SRG = {
    "random": 0.0,
    "season": 0.09,
    "attention": -0.01,
    "occlusion": 0.37,
    "month_shapley": 0.47,
    "integrated_gradients": 0.4,
}


def report(forest: float = 0.81) -> Report:
    """Return the report; ``forest`` is the accuracy of the forest, of others 0.80 and 0.82."""
    rows = []
    for where in (FRANCE, ALONE):
        for model, value in zip(MODELS, (forest, 0.82, 0.8), strict=True):
            learner = where == FRANCE and model != "random_forest"
            rows += [
                Figure("accuracy", model, where, value, value - 0.04, value + 0.04, 419,
                       target=0.83 if learner else None, note="Five folds."),
                Figure("macro_f1", model, where, value - 0.03, value - 0.08, value + 0.02, 419,
                       target=0.79 if learner else None),
                Figure("fit_seconds", model, where, 2.0, None, None, 10, unit="s", better="lower"),
            ]  # fmt: skip
            if model != "random_forest":
                gain = value - forest
                rows.append(Figure("above_forest", model, where, gain, gain - 0.005, gain + 0.005, 419))
    for model in MODELS:
        for name, value in SRG.items():
            if model == "random_forest" and name in ("attention", "integrated_gradients"):
                continue
            who = f"{model}/{name}"
            goal = 0.47 if name == "month_shapley" else None
            rows += [
                Figure("srg", who, PARCELS, value, value - 0.03, value + 0.03, 80, target=goal),
                Figure("milliseconds", who, PARCELS, 20.0, 18.0, 24.0, 8, unit="ms", better="lower", target=50.0),
                Figure("hit_month", who, "territory", 0.2 + value, 0.1 + value, 0.3 + value, 60),
                Figure("srg", who, "territory", value, value - 0.03, value + 0.03, 60),
                Figure("hit_month", who, "twins: flowering", 0.2 + value, 0.1 + value, 0.3 + value, 30),
            ]  # fmt: skip
        rows += [
            Figure("hit_month", f"{model}/chance", where, 0.2, None, None, 60, better=None)
            for where in ("territory", "twins: flowering")
        ]
        rows.append(Figure("srg", f"{model}/truth", "territory", 0.3, 0.2, 0.4, 60))
        rows += [
            Figure(name, model, "territory, July under cloud", value, value - 0.1, value + 0.05, 200)
            for name, value in (("same_answer", 0.9), ("same_answer_unedited", 0.7))
        ]
    rows += [
        Figure("best_srg", "best", PARCELS, 0.474, 0.44, 0.51, 80, target=0.47),
        Figure("sanity_chance", "chance", f"{PARCELS}, groups of months", 0.2, None, None, 12, better=None),
        Figure("ece", "shapelets", FRANCE, None, None, None, 0, better="lower", note="Not defined here."),
        Figure("map_seconds", "unet", "256x256 pixels, 12 months", 2.1, 2.0, 2.4, 5, unit="s", better="lower",
               target=3.0),
    ]  # fmt: skip
    return Report(
        "landcover_series", machine={"processor": "one core", "date": "2026-11-21"}, code_version="1.0",
        seconds=300.0, figures=rows, absent=["One set is not here."],
    )  # fmt: skip
