"""The report of `python -m eogen evaluate ocean`, asked by figure, method and data set."""

from __future__ import annotations

import math
from functools import cached_property

from eogen.ocean.methods import METHODS
from eogen.ocean.scores import DISTANCE_NAMES
from eogen.results import Figure, Report


class Measured:
    """A report and what pages ask of it.

    Attributes:
        report: what was measured.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._at = {(f.name, f.method, f.dataset): f for f in report.figures}

    @cached_property
    def boards(self) -> list[str]:
        """Data sets on which methods were scored on hidden cells, in the report's order."""
        return list(
            dict.fromkeys(f.dataset for f in self.report.figures if f.name == "rmse" and f.method in METHODS)
        )

    @property
    def goals(self) -> list[Figure]:
        """Return the figures that had a target beforehand."""
        return [f for f in self.report.figures if f.target is not None]

    @cached_property
    def others(self) -> list[Figure]:
        """Figures that are on no leaderboard: across sensors, size classes, DINEOF's reference, scale."""
        held = set(self.boards)
        return [f for f in self.report.figures if f.dataset not in held or f.method not in METHODS]

    def figure(self, name: str, method: str, dataset: str) -> Figure | None:
        """Return one figure; None where there is none."""
        return self._at.get((name, method, dataset))

    def value(self, name: str, method: str, dataset: str) -> float:
        """Return the number of a figure; NaN where there is none."""
        found = self.figure(name, method, dataset)
        return float("nan") if found is None or found.value is None else found.value

    def methods(self, dataset: str) -> list[str]:
        """Return the methods with an RMSE on a data set, the best first."""
        names = [f.method for f in self.report.figures if (f.name, f.dataset) == ("rmse", dataset)]
        size = lambda n: self.value("rmse", n, dataset)
        return sorted(dict.fromkeys(names), key=lambda n: math.inf if math.isnan(size(n)) else size(n))

    def classes(self, dataset: str) -> list[str]:
        """Return the classes of cells with an RMSE on a data set, distances first."""
        found = list(
            dict.fromkeys(
                f.name.partition("/")[2]
                for f in self.report.figures
                if f.dataset == dataset and f.name.startswith("rmse/")
            )
        )
        return [c for c in DISTANCE_NAMES if c in found] + [c for c in found if c not in DISTANCE_NAMES]

    def winners(self, dataset: str) -> list[tuple[str, str, float]]:
        """Return (class, method, RMSE) of each class of distance in which a simple method is the best."""
        found = []
        for group in DISTANCE_NAMES:
            here = {n: self.value(f"rmse/{group}", n, dataset) for n in self.methods(dataset)}
            here = {n: v for n, v in here.items() if not math.isnan(v)}
            if here and _kind(best := min(here, key=lambda n: here[n])) == "simple":
                found.append((group, best, here[best]))
        return found


def _kind(name: str) -> str:
    return METHODS[name].kind if name in METHODS else ""
