"""The figures of a report by what they are about: families, variables, data sets, targets."""

from __future__ import annotations

import math
from functools import cached_property

from eogen.canopy.methods import FAMILIES
from eogen.canopy.space import DERIVED, INFERRED
from eogen.results import Figure, Report

#: Name of the simulated data set, and what it starts with under another prior.
SIMULATED = "simulated"


class Measured:
    """A report, asked by name.

    Attributes:
        report: what was measured.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._at = {(f.name, f.method, f.dataset): f for f in report.figures}

    @cached_property
    def families(self) -> list[str]:
        """Families that were measured on simulations, in the order of the registry, unknown ones last."""
        held = {f.method for f in self.report.figures if f.dataset.startswith(SIMULATED) and f.name == "nll"}
        return [name for name in FAMILIES if name in held] + sorted(held - {*FAMILIES})

    @cached_property
    def best(self) -> str | None:
        """The family of the first prior with the fewest nats per unit cube, the weighted one left out."""
        rows = [
            f
            for f in self.report.figures
            if f.name == "nll" and f.dataset == SIMULATED and f.method != "importance" and f.value is not None
        ]
        return min(rows, key=lambda f: f.value or 0.0).method if rows else None

    @property
    def goals(self) -> list[Figure]:
        """Return the figures that had a target beforehand."""
        return [f for f in self.report.figures if f.target is not None]

    def figure(self, name: str, method: str, dataset: str | None = None) -> Figure | None:
        """Return one figure; on simulations of whichever prior when ``dataset`` is None."""
        if dataset is not None:
            return self._at.get((name, method, dataset))
        return next(
            (f for (n, m, d), f in self._at.items() if (n, m) == (name, method) and d.startswith(SIMULATED)),
            None,
        )

    def value(self, name: str, method: str, dataset: str | None = None) -> float | None:
        """Return the number of a figure; None where there is none."""
        found = self.figure(name, method, dataset)
        if found is None or found.value is None or math.isnan(found.value):
            return None
        return found.value

    def coverages(self, method: str) -> list[float]:
        """Return the 90 % coverage of each inferred variable that was measured."""
        found = (self.value(f"coverage_90/{name}", method) for name in INFERRED)
        return [value for value in found if value is not None]

    def told(self) -> list[str]:
        """Return the quantities whose coverage was measured, derived ones last."""
        held = {f.name.partition("/")[2] for f in self.report.figures if f.name.startswith("coverage_90/")}
        return [name for name in (*INFERRED, *DERIVED) if name in held]

    def with_table(self, kind: str) -> list[str]:
        """Return the families that have a table ``{kind}: {family}``."""
        return [name for name in self.families if f"{kind}: {name}" in self.report.tables]

    def datasets(self, name: str) -> list[str]:
        """Return the real data sets on which a figure was measured, in the report's order."""
        held = [f.dataset for f in self.report.figures if f.name == name]
        return list(dict.fromkeys(d for d in held if not d.startswith(SIMULATED)))

    def methods(self, dataset: str) -> list[str]:
        """Return what was measured on a data set, in the report's order."""
        return list(dict.fromkeys(f.method for f in self.report.figures if f.dataset == dataset))
