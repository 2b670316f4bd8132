"""Tables and figures of the results panel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from eogen.results import Figure
from pages.kit import figures, measured
from pages.kit.words import Words
from pages.parts.canopy.measurements import Measured

#: Columns of the comparison on simulations: (figure, decimals).
COMPARED = (
    ("nll", 2),
    ("nats_below_independent", 2),
    ("posterior_predictive_rmse", 4),
    ("sbc_ks_worst", 3),
    ("tarp_deviation", 3),
    ("coverage_90/ccc", 3),
    ("width_90/ccc", 0),
    ("c2st", 3),
    ("sliced_wasserstein", 3),
    ("nats_to_reference", 2),
)
#: Columns of the tables of real fields, by the figure that a row must have.
FIELD = {
    "rmse": (
        ("rmse", 2), ("bias", 2), ("r2", 2), ("r2_determination", 2), ("coverage_95", 2), ("width_95", 2),
        ("coverage_95_instrument", 2), ("width_95_instrument", 2),
    ),
    "ccc_rmse": (("ccc_rmse", 2), ("ccc_r2", 2), ("ccc_coverage_90", 2), ("ccc_width_90", 2)),
}  # fmt: skip
#: 5 % critical value of the Kolmogorov-Smirnov statistic, times the root of the sample size.
CRITICAL = 1.358
#: Bounds of the 90 % coverage that were set as a target.
BAND = (0.885, 0.915)
#: Families drawn in the figure of coverage: more hide each other.
DRAWN = 4
_SYMBOLS = ("circle", "x", "diamond", "triangle-up")


def method(t: Words, name: str) -> str:
    """Return the name of a method; of one this page does not know, its own."""
    for key in (f"canopy.families.{name}.name", f"canopy.results.methods.{name}"):
        if key in t:
            return t(key)
    return name


def figure_name(t: Words, name: str) -> str:
    """Return the name of a figure, with the variable it is about."""
    kind, _, variable = name.partition("/")
    key = f"canopy.results.figures.{kind}"
    said = t(key) if key in t else kind.replace("_", " ")
    if not variable:
        return said
    short = f"canopy.variables.{variable}.short"
    return t("canopy.results.of", figure=said, variable=t(short) if short in t else variable)


def dataset(t: Words, name: str) -> str:
    """Return the name of a data set: simulations in the reader's language, campaigns as they are called."""
    if name == "simulated":
        return t("canopy.latent.sets.simulated")
    if name.startswith("simulated, prior "):
        believed = name.removeprefix("simulated, prior ")
        key = f"canopy.priors.{believed}.name"
        return t("canopy.results.under", prior=t(key) if key in t else believed)
    return t("canopy.results.pooled") if name == "all field points" else name


def _cell(t: Words, figure: Figure | None, digits: int, mark: bool = True) -> str:
    if figure is None:
        return "–"
    text = measured.with_interval(figure, t, digits)
    if mark and figure.reached is not None:
        text += " ✓" if figure.reached else " ✗"
    return text


def comparison(t: Words, found: Measured) -> pd.DataFrame:
    """Return one row per family on simulations."""
    columns = [(n, d) for n, d in COMPARED if any(found.figure(n, m) for m in found.families)]
    rows = []
    for name in found.families:
        nll = found.figure("nll", name)
        cover = found.coverages(name)
        row = {
            t("canopy.results.family"): method(t, name),
            t("canopy.results.set"): dataset(t, nll.dataset) if nll else "–",
        }
        for number, (figure, digits) in enumerate(columns):
            row[figure_name(t, figure)] = _cell(t, found.figure(figure, name), digits)
            if number == 2:  # beside the scores of the joint law
                row[t("canopy.results.range")] = (
                    f"{t.number(min(cover), 3)} – {t.number(max(cover), 3)}" if cover else "–"
                )
        rows.append(row)
    return pd.DataFrame(rows)


def targets(t: Words, found: Measured) -> pd.DataFrame:
    """Return one row per figure that had a target, missed ones first."""
    rows = sorted(found.goals, key=lambda f: f.reached is True)
    return pd.DataFrame(
        {
            t("canopy.results.figure"): figure_name(t, f.name),
            t("canopy.results.method"): method(t, f.method),
            t("canopy.results.set"): dataset(t, f.dataset),
            t("canopy.results.value"): measured.with_interval(f, t),
            t("canopy.results.target"): measured.target(f, t),
            "n": f.n,
        }
        for f in rows
    )


def field(t: Words, found: Measured, needs: str) -> pd.DataFrame:
    """Return one row per data set and method that has the figure ``needs``, or pooled coverage without it."""
    names = [name for name, _ in FIELD[needs]]
    sets = list(dict.fromkeys(d for name in names for d in found.datasets(name)))
    rows = []
    for where in sets:
        for name in found.methods(where):
            here = [found.figure(figure, name, where) for figure in names]
            if not any(here):
                continue
            counts = {f.n for f in here if f is not None}
            rows.append(
                {
                    t("canopy.results.set"): dataset(t, where),
                    t("canopy.results.method"): method(t, name),
                    "n": max(counts),
                    **{
                        figure_name(t, figure): _cell(t, found.figure(figure, name, where), digits)
                        for figure, digits in FIELD[needs]
                    },
                }
            )
    return pd.DataFrame(rows)


def everything(t: Words, found: Measured) -> pd.DataFrame:
    """Return every figure."""
    return pd.DataFrame(
        {
            t("canopy.results.figure"): figure_name(t, f.name),
            t("canopy.results.method"): method(t, f.method),
            t("canopy.results.set"): dataset(t, f.dataset),
            t("canopy.results.value"): measured.with_interval(f, t),
            t("canopy.results.unit"): "" if f.unit == "1" else f.unit,
            "n": f.n,
            t("canopy.results.target"): measured.target(f, t),
        }
        for f in found.report.figures
    )


def _colour(found: Measured, name: str) -> str:
    if name == found.best:
        return figures.ACCENT["canopy"]
    if name == "independent":
        return figures.SEQUENCE[1]
    others = [n for n in found.families if n not in (found.best, "independent")]
    palette = (*figures.SEQUENCE[:1], *figures.SEQUENCE[3:6], figures.SEQUENCE[6])
    return palette[others.index(name) % len(palette)]


def _first(found: Measured, among: Sequence[str]) -> list[str]:
    """Return the best family, the independent one, then others, at most ``DRAWN``."""
    first = [name for name in (found.best, "independent") if name in among]
    return (first + [name for name in among if name not in first])[:DRAWN]


def coverage(t: Words, found: Measured) -> None:
    """Draw coverage of every variable and, beside it, how wide the intervals are."""
    told = found.told()
    labels = [t(f"canopy.variables.{name}.short") for name in told]
    best = found.best or found.families[0]
    drawn = _first(found, found.families)
    widths = {
        name: [_ratio(found.value(f"width_90/{v}", name), found.value(f"width_90/{v}", best)) for v in told]
        for name in drawn
    }
    top = 1.08 * max([1.0, *(w for row in widths.values() for w in row if w is not None)])
    y = {"autorange": "reversed", "showgrid": True}
    axes = [
        figures.axis(t("canopy.results.coverage_axis"), "", range=[0.8, 1.0]),
        figures.axis(t("canopy.results.width_axis", family=method(t, best)), "", range=[0, top]),
    ]
    pair = [
        figures.figure(
            t, x=x, y=figures.axis(t("canopy.inspector.variable"), "", **y), height=470, legend=True
        )
        for x in axes
    ]
    pair[0].add_vrect(x0=BAND[0], x1=BAND[1], fillcolor="rgba(128,128,128,.18)", line_width=0)
    pair[0].add_vline(x=0.9, line={"color": figures.BASELINE, "dash": "dot", "width": 1.5})
    for number, name in enumerate(drawn):
        marker = {"color": _colour(found, name), "size": 10, "symbol": _SYMBOLS[number]}
        rows = [found.value(f"coverage_90/{v}", name) for v in told]
        for figure, values in zip(pair, (rows, widths[name]), strict=True):
            figure.add_scatter(
                x=values, y=labels, mode="markers", name=method(t, name), marker=marker,
                hovertemplate="%{y}: %{x:.3f}<extra>" + method(t, name) + "</extra>",
            )  # fmt: skip
    for column, figure, key in zip(st.columns(2), pair, ("coverage", "width"), strict=True):
        with column:
            figures.show(figure, key=f"canopy_{key}", alt=t(f"canopy.results.{key}_alt"), expert=True)


def _ratio(value: float | None, other: float | None) -> float | None:
    return value / other if value is not None and other else None


def ranks(t: Words, found: Measured, name: str, key: str) -> None:
    """Draw, per variable, the distribution of the truth's ranks minus the uniform one, with the 5 % band."""
    counts = found.report.tables[f"sbc: {name}"]
    edges = np.arange(len(counts) + 1) / len(counts)
    n = float(counts.iloc[:, 0].sum())
    critical = CRITICAL / n**0.5
    figure = figures.figure(
        t, x=figures.axis(t("canopy.results.rank", family=method(t, name)), "", range=[0, 1]),
        y=figures.axis(t("canopy.results.difference"), "", range=[-0.12, 0.12]), height=330, legend=True,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1, 1, 0], y=[-critical, -critical, critical, critical], fill="toself", mode="lines", line={"width": 0},
        fillcolor="rgba(128,128,128,.18)", name=t("canopy.results.band"), hoverinfo="skip",
    )  # fmt: skip
    gaps = {v: np.concatenate([[0], np.cumsum(counts[v]) / n]) - edges for v in counts.columns}
    worst = sorted(gaps, key=lambda v: -float(np.abs(gaps[v]).max()))[:3]
    for v in sorted(gaps, key=lambda v: v in worst):
        bold = v in worst
        short = f"canopy.variables.{v}.short"
        said = t(short) if short in t else str(v)
        colour = figures.SEQUENCE[worst.index(v)] if bold else figures.BASELINE
        figure.add_scatter(
            x=edges, y=gaps[v], mode="lines", showlegend=bold, name=said,
            line={"color": colour, "width": 2.2 if bold else 1}, hovertemplate=said + "<extra></extra>",
        )  # fmt: skip
    figures.show(figure, key=key, alt=t("canopy.results.sbc_alt", family=method(t, name)), expert=True)


def tarp(t: Words, found: Measured) -> None:
    """Draw joint coverage minus the nominal one, for every family."""
    figure = figures.figure(
        t, x=figures.axis(t("canopy.results.level"), "", range=[0, 1]),
        y=figures.axis(t("canopy.results.joint"), ""), height=320, legend=True,
    )  # fmt: skip
    figure.add_hrect(y0=-0.03, y1=0.03, fillcolor="rgba(128,128,128,.18)", line_width=0)
    for name in found.with_table("tarp"):
        table = found.report.tables[f"tarp: {name}"]
        level = table.index.to_numpy(float)
        figure.add_scatter(
            x=level, y=table["coverage"].to_numpy(float) - level, mode="lines", name=method(t, name),
            line={"color": _colour(found, name), "width": 2.5 if name == found.best else 1.8},
            hovertemplate="%{x:.2f}: %{y:+.3f}<extra>" + method(t, name) + "</extra>",
        )  # fmt: skip
    figures.show(figure, key="canopy_tarp", alt=t("canopy.results.tarp_alt"), expert=True)
