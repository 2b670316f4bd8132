"""Two explanations of the parcel on the screen: which ones, what they say month by month, how far they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from eogen.landcover.sanity import rank_correlation
from eogen.landcover.series.coalitions import groups_of
from eogen.landcover.series.methods import MODELS
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute
from pages.parts.landcover.seasons.state import State

#: What a value is: probability lost or gained, logit, share of the model's own weights, or nothing with a unit.
UNITS = {
    "month_shapley": "probability", "band_group_shapley": "probability", "occlusion": "probability",
    "integrated_gradients": "logit", "grad_cam": "logit", "shapelet_place": "logit", "attention": "weight",
    "random": "none", "season": "index",
}  # fmt: skip
#: Explanations whose values have no sign: they can speak for a class only.
UNSIGNED = ("attention", "grad_cam", "random")
#: Explanations whose bands come in groups, which share one value evenly.
GROUPED = ("band_group_shapley",)
#: Rank correlations from which two explanations agree, agree partly; below minus the second they contradict.
AGREE, PARTLY = 0.6, 0.2


@dataclass(frozen=True)
class Side:
    """One explanation of the series on the screen.

    Attributes:
        name: row of ``EXPLANATIONS``.
        values: (month,) or (month, band), in the unit of :data:`UNITS`.
        seconds: what it took.
    """

    name: str
    values: np.ndarray
    seconds: float

    @property
    def by_month(self) -> np.ndarray:
        """Return (month,), summed over the bands."""
        return self.values.sum(1) if self.values.ndim == 2 else self.values

    @property
    def share(self) -> np.ndarray:
        """Return (month,), signed parts of all that is said, whose sizes sum to 1 (all 0 where nothing is)."""
        total = np.abs(self.by_month).sum()
        return self.by_month / total if total > 0 else np.zeros(len(self.by_month))

    def cells(self, bands: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray] | None:
        """Return names of bands, or of spectral groups, and signed parts (row, month); None where they are not told.

        Sizes of parts sum to 1 over all cells.
        """
        if self.values.ndim == 1:
            return None
        names, values = bands, self.values.T
        if self.name in GROUPED:
            names, group = groups_of(bands)
            values = np.stack([values[group == k].sum(0) for k in range(len(names))])
        total = np.abs(values).sum()
        return names, values / total if total > 0 else np.zeros(values.shape)


def defaults(method: str, offered: list[str]) -> tuple[str, str]:
    """Return the two explanations shown first: a fair share by month, and the model's own weights where it has any."""
    wanted = "attention" if MODELS[method].attentive else "integrated_gradients"
    second = wanted if wanted in offered else "occlusion"
    if MODELS[method].kind == "shapelet":
        second = "shapelet_place"
    return "month_shapley", second


def names(t: Words, state: State, columns: list[Any], *, without: tuple[str, ...] = ()) -> tuple[str, str]:
    """Draw the two menus (``?explain_a=``, ``?explain_b=``) and return what is chosen, ``without`` some."""
    offered = [name for name in compute.explanations(state.method) if name not in without]
    first, second = (
        choose(
            column.selectbox, t(f"landcover.series.season.explain_{side}"), offered, name=f"explain_{side}",
            default=default, key=f"explain_{side}_{state.method}",
            format_func=lambda name: t(f"landcover.series.explanations.{name}.name"),
            help=t("landcover.series.season.explain_help"),
        )
        for side, column, default in zip("ab", columns, defaults(state.method, offered), strict=False)
    )  # fmt: skip
    return first, second


def sides(state: State, chosen: tuple[str, str]) -> tuple[Side, Side]:
    """Return what two explanations say of the series on the screen."""
    first, second = (Side(name, *compute.explain(state, name)) for name in chosen)
    return first, second


def title(t: Words, name: str) -> str:
    """Return how an explanation is called."""
    return t(f"landcover.series.explanations.{name}.name")


def agreement(t: Words, first: Side, second: Side) -> str:
    """Say how far two explanations rank the months alike."""
    if first.name == second.name:
        return t("landcover.series.season.agree.same")
    rho = rank_correlation(first.by_month, second.by_month)
    code = (
        "yes" if rho >= AGREE else "partly" if rho >= PARTLY else "no" if rho > -PARTLY else "against"
    )  # fmt: skip
    return t(f"landcover.series.season.agree.{code}", rho=rho)


def written(t: Words, name: str, value: float) -> str:
    """Write a value with its unit."""
    unit = UNITS[name]
    if unit == "probability":
        return t("landcover.series.season.points", value=100 * value)
    return t(f"landcover.series.season.units.{unit}", value=value)
