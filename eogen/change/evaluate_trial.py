"""One estimator on one set: its maps, and the counts that every figure is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

import numpy as np
import xarray as xr

from eogen.change import counts, rules
from eogen.change import scores as s
from eogen.change.calibrate import p_values, self_usual
from eogen.change.calibrate_cities import leave_one_out
from eogen.change.evaluate_sets import Case
from eogen.change.methods import score

#: Nominal false alarms; the conformal threshold is at ``RATE``, the self-calibrated one at ``SELF_RATE`` too.
RATES = (0.001, 0.005, 0.01, 0.05)
RATE, SELF_RATE = 0.01, 0.05
#: Least size of called objects (pixels), and the overlaps they are judged by.
LEAST, OVERLAPS = 4, (0.1, 0.5)


@dataclass
class Trial:
    """What an estimator said of a set.

    Attributes:
        method: estimator.
        case: set.
        maps: score map of each pair.
        seconds: in all.
    """

    method: str
    case: Case
    maps: dict[str, xr.Dataset] = field(repr=False)
    seconds: float

    @property
    def pixels(self) -> int:
        """Return how many pixels were scored."""
        return sum(int(m.nll.size) for m in self.maps.values())

    @cached_property
    def where(self) -> dict[str, np.ndarray]:
        """Return where (y, x) each pair has a score and a label."""
        known = self.case.known
        return {k: known[k] & np.isfinite(m.nll.values) for k, m in self.maps.items()}

    @cached_property
    def labels(self) -> dict[str, np.ndarray]:
        """Return the labels (n,) bool of those pixels."""
        return {k: self.case.pairs[k].label.values[w] == 1 for k, w in self.where.items()}

    @cached_property
    def samples(self) -> dict[str, s.Sample]:
        """Return the labelled scores of each pair."""
        return {k: s.sample(self.maps[k].nll.values[w], self.labels[k]) for k, w in self.where.items()}

    @cached_property
    def curves(self) -> dict[str, s.Curve]:
        """Return the curve of each pair."""
        return {k: s.curve(v) for k, v in self.samples.items()}

    @cached_property
    def pooled(self) -> s.Curve:
        """Return the curve of all pixels of all pairs."""
        return s.curve(s.pooled(list(self.samples.values())))

    @cached_property
    def parts(self) -> list[s.Curve]:
        """Return the curve of each pair on thresholds that all share."""
        thresholds = s.grid(self.pooled)
        return [s.on_grid(v, thresholds) for v in self.samples.values()]

    @cached_property
    def cuts(self) -> dict[str, dict[str, float]]:
        """Return pair -> rule -> threshold, for every label-free rule."""
        nll = {k: m.nll.values for k, m in self.maps.items()}
        return {k: rules.cuts(v[np.isfinite(v)].astype(np.float64)) for k, v in nll.items()}

    @cached_property
    def called(self) -> dict[str, dict[str, counts.Table]]:
        """Return rule -> pair -> counts, for every label-free rule and for the self-calibrated rates."""
        made: dict[str, dict[str, counts.Table]] = {}
        for k, w in self.where.items():
            nll = self.maps[k].nll.values[w]
            for name, cut in self.cuts[k].items():
                made.setdefault(name, {})[k] = counts.table(nll > cut, self.labels[k])
            p = p_values(self.maps[k], self_usual(self.maps[k])).p_value.values[w]
            for rate in (RATE, SELF_RATE):
                made.setdefault(f"self_{rate:.0%}", {})[k] = counts.table(p <= rate, self.labels[k])
        return made

    @cached_property
    def p_values(self) -> dict[str, np.ndarray]:
        """Return the p-values (n,) of each pair that the other pairs of the set give it; NaN with a single pair."""
        unchanged = [self.where[k] & (self.case.pairs[k].label.values == 0) for k in self.maps]
        found = leave_one_out(list(self.maps.values()), unchanged)
        return {k: p[self.where[k]] for k, p in zip(self.maps, found, strict=True)}

    def conformal(self, rate: float = RATE) -> dict[str, counts.Table]:
        """Return the counts of each pair at a conformal rate, calibrated on the others."""
        return {k: counts.table(p <= rate, self.labels[k]) for k, p in self.p_values.items()}

    def objects(self, rule: str, overlap: float) -> list[counts.Objects]:
        """Return the objects of each pair found by a rule; where the label is unknown there are none."""
        found = []
        for k, w in self.where.items():
            nll = self.maps[k].nll.values
            cut = self.cuts[k][rule]
            found.append(
                counts.objects(w & (nll > cut), w & (self.case.pairs[k].label.values == 1), overlap, LEAST)
            )
        return found


def trial(case: Case, name: str, *, seed: int = 0, step: Callable[[], None] = lambda: None) -> Trial:
    """Return what an estimator says of every pair of a set.

    Args:
        case: the set.
        name: of the estimator.
        seed: of it.
        step: called between pairs; may raise ``Cancelled``.

    Raises:
        InputError: those of :func:`eogen.change.methods.score`.
        Unavailable: ``no_model_weights``.
    """
    began = perf_counter()
    maps = {}
    for pair_name, images in case.pairs.items():
        step()
        maps[pair_name] = score(images, name, seed=seed).drop_vars("part", errors="ignore")
    return Trial(name, case, maps, perf_counter() - began)
