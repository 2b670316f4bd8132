"""Figures of calibration: coverage, transform, ranks, spread and skill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eogen.ocean import reliability
from eogen.ocean.trial import Trial
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.ocean import shades, titles

#: Nominal levels of the coverage curve, and the band of the project's target at 90 %.
LEVELS = np.linspace(0.05, 0.95, 19)
BAND = (0.88, 0.92)
#: Bins of the transform.
BINS = 20


@dataclass(frozen=True)
class Told:
    """What a method's uncertainty is worth.

    Attributes:
        half: share of truths inside the 50 % interval.
        nine: share inside the 90 % interval.
        factor: by which its standard deviations would have to be multiplied for 90 % to be inside.
    """

    half: float
    nine: float
    factor: float

    @property
    def verdict(self) -> str:
        """Return ``"bold"`` (too sure), ``"timid"`` (not sure enough) or ``"honest"``."""
        return "bold" if self.nine < BAND[0] else "timid" if self.nine > BAND[1] else "honest"


def coverage_curve(one: Trial, levels: np.ndarray = LEVELS) -> np.ndarray:
    """Return the share of truths inside the central interval of each nominal level."""
    values = reliability.pit(one.cells)
    off = np.abs(2 * values[np.isfinite(values)] - 1)
    return (off[None] <= np.asarray(levels)[:, None]).mean(1) if len(off) else np.full(len(levels), np.nan)


def told(one: Trial) -> Told:
    """Return the coverage at 50 and 90 %, and what would repair the latter."""
    half, nine = coverage_curve(one, np.array([0.5, 0.9]))
    sd = one.cells["sd"].to_numpy(float)
    z = np.abs(one.cells["mean"] - one.cells["truth"]).to_numpy(float)[sd > 0] / sd[sd > 0]
    factor = float(np.quantile(z, 0.9) / 1.6448536) if len(z) else float("nan")
    return Told(float(half), float(nine), factor)


def coverage(t: Words, trials: Mapping[str, Trial], main: str) -> go.Figure:
    """Return observed against nominal coverage, a line per method."""
    figure = figures.figure(
        t, x=figures.axis(t("ocean.calibration.nominal"), "%", range=[0, 100]),
        y=figures.axis(t("ocean.calibration.observed"), "%", range=[0, 100]), height=380, legend=True,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name=t("ocean.calibration.perfect"), hoverinfo="skip",
        line={"color": "rgba(128,128,128,.9)", "dash": "dot", "width": 1.5},
    )  # fmt: skip
    tint = titles.colours(trials, main)
    for number, name in enumerate(sorted(trials, key=lambda n: n == main)):
        figure.add_scatter(
            x=100 * LEVELS, y=100 * coverage_curve(trials[name]), mode="lines", name=titles.method(t, name),
            line={"color": tint[name], "width": 3 if name == main else 1.6,
                  "dash": "solid" if name == main else titles.DASHES[1 + number % (len(titles.DASHES) - 1)]},
            hovertemplate="%{x:.0f} % → %{y:.0f} %<extra>" + titles.method(t, name) + "</extra>",
        )  # fmt: skip
    return figure


def _histogram(t: Words, x: np.ndarray, share: np.ndarray, title: str, width: float) -> go.Figure:
    axis = figures.axis(title, "")
    figure = figures.figure(
        t, x=axis, y=figures.axis(t("ocean.calibration.share"), "%", rangemode="tozero"), height=360
    )
    figure.add_bar(
        x=x, y=100 * share, width=width, marker={"color": figures.ACCENT["ocean"], "opacity": 0.75},
        hovertemplate="%{x:.2~g}: %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    flat = 100 / len(share)
    return figure.add_hline(
        y=flat, line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 2},
        annotation_text=t("ocean.calibration.flat"), annotation_position="top right",
    )  # fmt: skip


def pit(t: Words, one: Trial) -> go.Figure:
    """Return the histogram of the probability integral transform."""
    found = reliability.pit_histogram(one.cells, BINS)
    return _histogram(
        t,
        ((found.low + found.high) / 2).to_numpy(),
        found.share.to_numpy(),
        t("ocean.calibration.pit_axis"),
        0.94 / BINS,
    )


def ranks(t: Words, one: Trial) -> go.Figure | None:
    """Return the histogram of the truths' ranks among the members; None without members."""
    if one.members is None:
        return None
    found = reliability.rank_histogram(one.cells["truth"].to_numpy(), one.members, one.signature.seed)
    return _histogram(
        t, found["rank"].to_numpy(), found.share.to_numpy(), t("ocean.calibration.rank_axis"), 0.94
    )


def spread_skill(t: Words, one: Trial, quantity: str) -> go.Figure:
    """Return RMSE against the spread that was told, in bins of cells."""
    found = reliability.spread_skill(one.cells)
    top = 1.08 * float(max(found.spread.max(), found.skill.max()))
    unit = shades.error_unit(quantity)
    figure = figures.figure(
        t, x=figures.axis(t("ocean.calibration.spread"), unit, range=[0, top]),
        y=figures.axis(t("ocean.calibration.skill"), unit, range=[0, top]), height=380, legend=True,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", hoverinfo="skip", name=t("ocean.calibration.perfect"),
        line={"color": "rgba(128,128,128,.9)", "dash": "dot", "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        x=found.spread, y=found.skill, mode="lines+markers", customdata=found.n, name=t("ocean.calibration.bins"),
        line={"color": figures.ACCENT["ocean"], "width": 2.5}, marker={"size": 8},
        hovertemplate="%{x:.3f} → %{y:.3f} · n = %{customdata}<extra></extra>",
    )  # fmt: skip
    return figure


def curves(trials: Mapping[str, Trial]) -> pd.DataFrame:
    """Return the numbers behind the figures: ``method``, ``what``, ``at``, ``value``."""
    rows = []
    for name, one in trials.items():
        rows += [(name, "coverage", p, v) for p, v in zip(LEVELS, coverage_curve(one), strict=True)]
        found = reliability.pit_histogram(one.cells, BINS)
        rows += [(name, "pit_share", low, share) for low, share in zip(found.low, found.share, strict=True)]
        pairs = reliability.spread_skill(one.cells)
        rows += [(name, "rmse_at_spread", s, k) for s, k in zip(pairs.spread, pairs.skill, strict=True)]
        if one.members is not None:
            counted = reliability.rank_histogram(
                one.cells["truth"].to_numpy(), one.members, one.signature.seed
            )
            rows += [(name, "rank_share", r, s) for r, s in zip(counted["rank"], counted.share, strict=True)]
    return pd.DataFrame(rows, columns=["method", "what", "at", "value"])
