"""Figures of the prior studio: a law before and after, its tie to leaf area, spectra, a replayed posterior."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eogen.canopy.prior_check import PriorCheck
from eogen.canopy.space import INFERRED, column
from eogen.canopy.variables import VARIABLES
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.canopy import names
from pages.parts.canopy.density import curve
from pages.parts.canopy.multiples import grid, place
from pages.parts.canopy.sources import Spot, known
from pages.parts.canopy.studio import Replay, Studio

BEFORE, AFTER, REAL = figures.BASELINE, figures.ACCENT["canopy"], figures.SEQUENCE[1]
#: Canopies drawn in the figure of the tie to leaf area.
POINTS = 500


def _axis(title: str, **options: Any) -> dict[str, Any]:
    """Return an axis of a small panel: its title, which holds the unit, close to the numbers."""
    made = figures.axis(title, "", **options)
    made["title"] |= {"font": {"size": 13}, "standoff": 6}
    return made


def _reach(studio: Studio, name: str) -> list[float]:
    """Return the bounds of a variable before and after, taken together."""
    laws = [studio.before.priors[name], studio.after.priors[name]]
    return [min(law.low for law in laws), max(law.high for law in laws)]


def before_and_after(t: Words, studio: Studio) -> None:
    """Draw the law of the variable before and after, and its tie to leaf area."""
    name = studio.variable
    i = INFERRED.index(name)
    low, high = _reach(studio, name)
    other = name if name != "lai" else "cab"
    panels = [
        (
            _axis(names.title(t, name), range=[low, high]),
            _axis(t("canopy.inspector.density"), showticklabels=False, rangemode="tozero"),
        ),
        (
            _axis(names.title(t, "lai"), range=_reach(studio, "lai")),
            _axis(names.title(t, other), range=_reach(studio, other), showticklabels=True, showgrid=False),
        ),
    ]
    figure = grid(t, panels, 2, row_height=300, gap=(0.12, 0))
    pairs = [("before", studio.draws_before, BEFORE)]
    if studio.changed:
        pairs.append(("after", studio.draws_after, AFTER))
    ties = []
    for moment, draws, colour in pairs:
        x, y = curve(draws[:, i].numpy(), low, high)
        figure.add_scatter(
            x=x, y=y, **place(0), mode="lines", name=t(f"canopy.studio.{moment}"), legendgroup=moment,
            line={"color": colour, "width": 2.5, "dash": "dot" if moment == "before" else "solid"},
            fill="tozeroy" if moment == "after" else None, fillcolor="rgba(63,138,58,.14)", hoverinfo="skip",
        )  # fmt: skip
        lai = draws[:, INFERRED.index("lai")].numpy()
        value = draws[:, INFERRED.index(other)].numpy()
        ties.append(float(np.corrcoef(lai, value)[0, 1]) if lai.std() and value.std() else 0.0)
        figure.add_scattergl(
            x=lai[:POINTS], y=value[:POINTS], **place(1), mode="markers", showlegend=False, legendgroup=moment,
            marker={"color": colour, "size": 4, "opacity": 0.55}, hoverinfo="skip",
        )  # fmt: skip
    figures.show(
        figure, key="canopy_prior_law", alt=t("canopy.studio.law_alt", name=names.title(t, name)), expert=True
    )
    said = t(
        "canopy.studio.tie",
        name=t(f"canopy.variables.{other if name == 'lai' else name}.short"),
        value=ties[0],
    )
    if studio.changed:
        said += " " + t("canopy.studio.tie_after", value=ties[1])
    st.caption(said)


def quantiles(t: Words, checks: Sequence[PriorCheck], changed: bool) -> None:
    """Draw the quantiles of simulated and real spectra, band by band."""
    now = checks[-1]
    bands = list(now.bands)
    figure = figures.figure(
        t, x=figures.axis(t("canopy.studio.band"), ""),
        y=figures.axis(t("canopy.studio.reflectance"), "", rangemode="tozero"), height=340, legend=True,
    )  # fmt: skip
    _ribbon(
        figure,
        bands,
        now.simulated[0],
        now.simulated[4],
        "rgba(63,138,58,.18)",
        t("canopy.studio.simulated_90"),
    )
    _ribbon(
        figure,
        bands,
        now.simulated[1],
        now.simulated[3],
        "rgba(63,138,58,.30)",
        t("canopy.studio.simulated_50"),
    )
    if changed:
        for row, shown in ((0, True), (4, False)):
            figure.add_scatter(
                x=bands, y=checks[0].simulated[row], mode="lines", showlegend=shown, hoverinfo="skip",
                name=t("canopy.studio.simulated_before"), line={"color": BEFORE, "dash": "dot", "width": 1.5},
            )  # fmt: skip
    for row, wide, said in ((2, 2.5, True), (0, 1.2, False), (4, 1.2, False)):
        figure.add_scatter(
            x=bands, y=now.real[row], mode="lines", showlegend=said, name=t("canopy.studio.real"),
            line={"color": REAL, "width": wide}, hovertemplate="%{x}: %{y:.3f}<extra></extra>",
        )  # fmt: skip
    figures.show(figure, key="canopy_prior_bands", alt=t("canopy.studio.bands_alt"), expert=True)


def _ribbon(
    figure: go.Figure, x: list[str], low: np.ndarray, high: np.ndarray, colour: str, name: str
) -> None:
    figure.add_scatter(x=x, y=low, mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip")
    figure.add_scatter(
        x=x,
        y=high,
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=colour,
        name=name,
        hoverinfo="skip",
    )


def replayed(t: Words, quantities: Sequence[str], first: Replay, again: Replay, here: Spot) -> None:
    """Draw the posterior of some quantities before and after."""
    panels, ends = [], []
    for name in quantities:
        both = np.concatenate([column(r.draws, name).numpy() for r in (first, again)])
        if name in INFERRED:
            low, high = VARIABLES[name].low, VARIABLES[name].high
        else:
            low, high = 0.0, float(both.max())
        margin = 0.1 * float(both.max() - both.min()) or 1.0
        ends.append((max(low, float(both.min()) - margin), min(high, float(both.max()) + margin)))
        panels.append(
            (
                _axis(names.title(t, name), range=list(ends[-1])),
                _axis(
                    t("canopy.inspector.density") if not panels else " ", showticklabels=False,
                    rangemode="tozero", showgrid=False,
                ),
            )
        )  # fmt: skip
    figure = grid(t, panels, len(panels), row_height=260, gap=(0.06, 0))
    for number, name in enumerate(quantities):
        top = 0.0
        for moment, replay, colour in (("before", first, BEFORE), ("after", again, AFTER)):
            x, y = curve(column(replay.draws, name).numpy(), *ends[number])
            top = max(top, float(y.max()))
            figure.add_scatter(
                x=x, y=y, **place(number), mode="lines", legendgroup=moment, showlegend=number == 0,
                name=t(f"canopy.studio.posterior_{moment}"), hoverinfo="skip",
                line={"color": colour, "width": 2.5, "dash": "dot" if moment == "before" else "solid"},
            )  # fmt: skip
        if (value := known(here, name)) is not None:
            figure.add_scatter(
                x=[value.value] * 2, y=[0, 1.05 * top], **place(number), mode="lines", legendgroup="mark",
                showlegend=number == 0, line={"color": figures.SEQUENCE[3], "width": 2.5},
                name=t("canopy.inspector.truth" if here.truth is not None else "canopy.inspector.measured"),
            )  # fmt: skip
    figures.show(figure, key="canopy_prior_replay", alt=t("canopy.studio.replay_alt"), expert=True)


def table(studio: Studio) -> pd.DataFrame:
    """Return the laws before and after, one row per variable."""
    rows = []
    for moment, believed in (("before", studio.before), ("after", studio.after)):
        for name in INFERRED:
            law = believed.priors[name]
            narrow = law.narrow or (None, None)
            rows.append(
                {"prior": moment, "variable": name, "unit": VARIABLES[name].unit, "law": law.law, "low": law.low,
                 "high": law.high, "centre": law.loc, "spread": law.scale, "low_at_greatest_lai": narrow[0],
                 "high_at_greatest_lai": narrow[1]}
            )  # fmt: skip
    return pd.DataFrame(rows)
