"""What part a method plays in a report: the project's own, a baseline, a control, or what others published."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Literal

Role = Literal["own", "baseline", "control", "published"]
#: In the order of legends.
ROLES: tuple[Role, ...] = ("own", "baseline", "published", "control")
#: Report -> registry of methods, the attribute that tells a kind, and the kinds that are baselines.
_KINDS = {
    "ocean": ("eogen.ocean.methods:METHODS", "kind", ("simple", "statistical")),
    "change": ("eogen.change.methods:METHODS", "kind", ("classical", "index")),
    "rain": ("eogen.rain.methods:METHODS", "family", ("trivial", "features", "linear")),
    "landcover_series": ("eogen.landcover.series.methods:MODELS", "kind", ("baseline", "forest")),
}
#: Baselines that stand in no registry: learners and formulas of the evaluations.
_BASELINES = {
    "canopy": ("sl2p", "independent"),
    # Closed forms that others published, and that our networks must beat.
    "change": ("gaussian_pmi", "gaussian_conditional", "rx"),
    "rain": ("map_ridge", "map_forest", "pca_ridge", "stations_ridge", "stations_forest"),
    "landcover": ("majority", "logistic_regression"),
}
#: What bounds a figure rather than competes for it: chance, the truth, the ceiling of noise, a reference computation.
_CONTROLS = {
    "canopy": ("reference",),
    "ocean": ("sensors", "observed"),
    "change": ("everything",),
    "rain": ("ceiling", "truth", "simulator", "imerg", "knmi", "meteonet", "mrms", "cf", "odim", "radolan"),
    "landcover": ("area",),
    "landcover_series": ("best", "edit"),
}
#: Explanations that never ask the model.
_BLIND = ("random", "sobel", "area", "season", "chance", "truth")


@cache
def _registry(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def role(report: str, method: str) -> Role:
    """Return the part a method plays in a report."""
    model, _, explanation = method.partition("/")
    if method.endswith("(published)"):
        return "published"
    if method in _CONTROLS.get(report, ()) or explanation in _BLIND or model == "chance":
        return "control"
    if explanation:  # an explanation of a model: the baseline among them is the simple occlusion
        return "baseline" if explanation == "occlusion" else "own"
    if method in _BASELINES.get(report, ()):
        return "baseline"
    if report in _KINDS:
        place, attribute, kinds = _KINDS[report]
        row = _registry(place).get(method)
        return "baseline" if row is not None and getattr(row, attribute) in kinds else "own"
    return "own"


def is_baseline(report: str, method: str) -> bool:
    """Return whether a method is a baseline of a report."""
    return role(report, method) == "baseline"
