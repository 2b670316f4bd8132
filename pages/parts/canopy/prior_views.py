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
from pages.parts.canopy.sources import Spot, known
from pages.parts.canopy.studio import Replay, Studio

BEFORE, AFTER, REAL = figures.BASELINE, figures.ACCENT["canopy"], figures.SEQUENCE[1]
#: Canopies drawn in the figure of the tie to leaf area.
POINTS = 500


def _reach(studio: Studio, name: str) -> list[float]:
    """Return the bounds of a variable before and after, taken together."""
    laws = [studio.before.priors[name], studio.after.priors[name]]
    return [min(law.low for law in laws), max(law.high for law in laws)]


def _density_axis(t: Words) -> dict[str, Any]:
    return figures.axis(t("canopy.inspector.density"), "", showticklabels=False, rangemode="tozero")


def before_and_after(t: Words, studio: Studio) -> None:
    """Draw the law of the variable before and after, and its tie to leaf area."""
    name = studio.variable
    other = name if name != "lai" else "cab"
    moments = [("before", studio.draws_before, BEFORE)]
    if studio.changed:
        moments.append(("after", studio.draws_after, AFTER))
    left, right = st.columns(2)
    low, high = _reach(studio, name)
    law = figures.figure(
        t,
        x=figures.axis(names.title(t, name), "", range=[low, high]),
        y=_density_axis(t),
        height=300,
        legend=True,
    )
    tie = figures.figure(
        t, x=figures.axis(names.title(t, "lai"), "", range=_reach(studio, "lai")),
        y=figures.axis(names.title(t, other), "", range=_reach(studio, other)), height=300, legend=True,
    )  # fmt: skip
    ties = []
    for moment, draws, colour in moments:
        said = t(f"canopy.studio.{moment}")
        x, y = curve(draws[:, INFERRED.index(name)].numpy(), low, high)
        law.add_scatter(
            x=x, y=y, mode="lines", name=said, hoverinfo="skip",
            line={"color": colour, "width": 2.5, "dash": "dot" if moment == "before" else "solid"},
            fill="tozeroy" if moment == "after" else None, fillcolor="rgba(63,138,58,.14)",
        )  # fmt: skip
        lai, value = (draws[:, INFERRED.index(n)].numpy() for n in ("lai", other))
        ties.append(float(np.corrcoef(lai, value)[0, 1]) if lai.std() and value.std() else 0.0)
        tie.add_scattergl(
            x=lai[:POINTS], y=value[:POINTS], mode="markers", name=said, hoverinfo="skip",
            marker={"color": colour, "size": 4, "opacity": 0.55},
        )  # fmt: skip
    with left:
        alt = t("canopy.studio.law_alt", name=names.title(t, name))
        figures.show(law, key="canopy_prior_law", alt=alt, expert=True)
    with right:
        alt = t("canopy.studio.tie_alt", name=names.title(t, other))
        figures.show(tie, key="canopy_prior_tie", alt=alt, expert=True)
    said = t("canopy.studio.tie", name=t(f"canopy.variables.{other}.short"), value=ties[0])
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
    for place, name in zip(st.columns(len(quantities)), quantities, strict=True):
        both = np.concatenate([column(r.draws, name).numpy() for r in (first, again)])
        low, high = (VARIABLES[name].low, VARIABLES[name].high) if name in INFERRED else (0.0, np.inf)
        margin = 0.1 * float(both.max() - both.min()) or 1.0
        low, high = max(low, float(both.min()) - margin), min(high, float(both.max()) + margin)
        figure = figures.figure(
            t,
            x=figures.axis(names.title(t, name), "", range=[low, high]),
            y=_density_axis(t),
            height=280,
            legend=True,
        )
        top = 0.0
        for moment, replay, colour in (("before", first, BEFORE), ("after", again, AFTER)):
            x, y = curve(column(replay.draws, name).numpy(), low, high)
            top = max(top, float(y.max()))
            figure.add_scatter(
                x=x, y=y, mode="lines", name=t(f"canopy.studio.posterior_{moment}"), hoverinfo="skip",
                line={"color": colour, "width": 2.5, "dash": "dot" if moment == "before" else "solid"},
            )  # fmt: skip
        if (value := known(here, name)) is not None:
            figure.add_scatter(
                x=[value.value] * 2, y=[0, 1.05 * top], mode="lines", line={"color": figures.SEQUENCE[3], "width": 2.5},
                name=t("canopy.inspector.truth" if here.truth is not None else "canopy.inspector.measured"),
            )  # fmt: skip
        with place:
            alt = t("canopy.studio.replay_alt", name=names.title(t, name))
            figures.show(figure, key=f"canopy_prior_replay_{name}", alt=alt, expert=True)


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
