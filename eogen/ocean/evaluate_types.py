"""The withheld series of phytoplankton types as figures: what others made of them, and what our methods make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from eogen.errors import InputError, Unavailable
from eogen.ocean import pft, pft_refill
from eogen.results import Figure

DATASET = "phytoplankton types, Atlantic boxes"
#: Our methods on them: boxes in a column are no map, and on 1096 days EOFs and interpolation by weights cost minutes.
REFILL = ("climatology", "time_linear", "convolution")
REFILLED = "phytoplankton types, blocks of days withheld by us"
UNIT = "log10(mg m-3)"
_CLOSURE = "Share of region-days whose types add up to chlorophyll worse than 10 %; the observations' own is beside it."


def figures(root: Path, names: list[str], *, seed: int, absent: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the scores of every published answer, the closures, and our methods on blocks of days of the series."""
    try:
        series = pft.read(root)
    except Unavailable as reason:
        absent(str(reason))
        return
    observed = series["test"]
    for name, answer in series.items():
        closure = pft.closure(answer)
        who = "observed" if name == "test" else f"{name} (published)"
        yield Figure(
            "closure_off", who, DATASET, closure.off, None, None, closure.count, better="lower", note=_CLOSURE
        )
        for row in pft.scores(answer, observed, seed=seed) if name != "test" else ():
            if row.region == 0 and row.count:
                note = "Interval: bootstrap over blocks of 30 days."
                yield Figure(f"rmse/{row.variable}", who, DATASET, row.rmsd, row.low, row.high, row.count, UNIT,
                             better="lower", note=note)  # fmt: skip
                yield Figure(
                    f"bias/{row.variable}", who, DATASET, row.bias, None, None, row.count, UNIT, better=None
                )
    for name in names:
        if name not in REFILL:
            continue
        began = perf_counter()
        try:
            found = pft_refill.refill(observed, name, seed=seed)
        except (InputError, Unavailable) as reason:
            absent(f"{name} on {REFILLED}: {reason}")
            continue
        seconds = round(perf_counter() - began, 2)
        for figure, value, unit, note in (
            ("rmse_alone", found.alone, UNIT, "Every type on its own."),
            ("rmse_together", found.together, UNIT, "As a composition (sum and log-ratios)."),
            ("closure_off_alone", found.off_alone, "1", "Every type on its own."),
            ("closure_off_together", found.off_together, "1", "As a composition: closes by construction."),
        ):
            yield Figure(
                figure,
                name,
                REFILLED,
                value,
                None,
                None,
                found.count,
                unit,
                seconds,
                better="lower",
                note=note,
            )
