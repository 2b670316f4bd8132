"""What each family believes of one pixel: marginals, pairs, correlations, numbers; the truth drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eogen.canopy.priors import prior
from eogen.canopy.space import INFERRED, column
from pages.kit import figures
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.canopy import compute, names
from pages.parts.canopy.choice import several
from pages.parts.canopy.compute import Belief
from pages.parts.canopy.density import credible, curve
from pages.parts.canopy.multiples import grid, place
from pages.parts.canopy.sources import QUANTITIES, Field, Spot, digest, known

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

#: Pairs shown at first: where leaf area hides.
PAIRS = ("lai", "ala", "cbrown", "cab")
#: Colours of the beliefs, in order; the reference is ink-like grey, as all that is not the room's own.
COLOURS = (figures.ACCENT["canopy"], figures.SEQUENCE[1], figures.SEQUENCE[0])
TRUTH = figures.SEQUENCE[3]
FADED = "rgba(128,128,128,.7)"


def colour(beliefs: Sequence[Belief], one: Belief) -> str:
    """Return the colour of a belief."""
    return COLOURS[list(beliefs).index(one) % len(COLOURS)]


def label(t: Words, one: Belief) -> str:
    """Return the name of a belief."""
    return t(f"canopy.families.{one.name}.name")


def bounds(name: str, beliefs: Sequence[Belief]) -> tuple[float, float]:
    """Return where a quantity is drawn: the prior's bounds, or what holds nearly all draws of a derived one."""
    if name in INFERRED:
        spaces = [prior(one.prior).space for one in beliefs]
        i = INFERRED.index(name)
        return min(float(s.low[i]) for s in spaces), max(float(s.high[i]) for s in spaces)
    top = np.quantile(column(compute.prior_draws(beliefs[0].prior), name).numpy(), 0.97)
    return 0.0, float(max([top, *(one.column(name).max() for one in beliefs)]))


def close(name: str, beliefs: Sequence[Belief], value: Field | None) -> tuple[float, float]:
    """Return where nearly all draws of a quantity lie, and what is known of it, within its bounds."""
    low, high = bounds(name, beliefs)
    ends = np.concatenate([one.quantile(name, [0.003, 0.997]) for one in beliefs])
    if value is not None:
        ends = np.append(ends, value.value)
    pad = 0.08 * (ends.max() - ends.min()) + 1e-6
    return max(low, float(ends.min() - pad)), min(high, float(ends.max() + pad))


def ratio(one: Belief, name: str) -> float:
    """Return the posterior's standard deviation over the prior's."""
    return float(one.column(name).std()) / _spread(one.prior, name)


@lru_cache(maxsize=64)
def _spread(believed: str, name: str) -> float:
    return float(column(compute.prior_draws(believed), name).std())


def show(t: Words, view: View) -> None:
    """Draw the panel."""
    here, beliefs = view.spot, view.beliefs
    st.markdown(t("canopy.inspector.lead"))
    with st.container(key="canopy_marginals"):
        marginals(t, here, beliefs)
    st.caption(t("canopy.inspector.note_field" if here.real else "canopy.inspector.note"))
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        pairs(t, here, beliefs)
    with right:
        correlations(t, beliefs)
    table = _numbers(_key(t, here, beliefs), t, here, beliefs)
    st.dataframe(table, hide_index=True, width="stretch", alt=t("canopy.inspector.table"))
    asked = [one.name for one in beliefs if one.name != "reference"]
    to_validation(t, "posteriors", canopy_source=view.source, canopy_families=asked)


def _key(t: Words, here: Spot, beliefs: Sequence[Belief]) -> str:
    """Return the name of what is drawn: a figure of many panels takes a quarter of a second to build."""
    return digest(t.lang, here.key, *((one.name, one.prior, one.draws.numpy()) for one in beliefs))


def marginals(t: Words, here: Spot, beliefs: Sequence[Belief]) -> None:
    """Draw the prior and the posteriors of every quantity, and its true or measured value."""
    figure = figures.kept(("marginals", _key(t, here, beliefs)), partial(_marginals, t, here, beliefs))
    figures.show(figure, key="canopy_marginals_chart", alt=t("canopy.inspector.marginals"), expert=True)


def _marginals(t: Words, here: Spot, beliefs: Sequence[Belief]) -> go.Figure:
    panels, faded = [], []
    for number, name in enumerate(QUANTITIES):
        told = [ratio(one, name) for one in beliefs]
        grey = names.hidden(name, max(told), here.real)
        faded.append(grey)
        low, high = bounds(name, beliefs)
        axis = figures.axis(names.title(t, name), "", range=[low, high], nticks=5)
        axis["title"] |= {"font": {"size": 12}, "standoff": 4}
        title = t("canopy.inspector.density") if number % 5 == 0 else " "
        panels.append(
            (axis, figures.axis(title, "", showticklabels=False, rangemode="tozero", showgrid=False))
        )
    figure = grid(t, panels, 5, row_height=175, gap=(0.025, 0.17))
    priors = list(dict.fromkeys(one.prior for one in beliefs))
    for number, name in enumerate(QUANTITIES):
        low, high = bounds(name, beliefs)
        for which, believed in enumerate(priors):
            x, y = curve(column(compute.prior_draws(believed), name).numpy(), low, high, 64)
            figure.add_scatter(
                x=x, y=y, **place(number), mode="lines", legendgroup=f"prior{which}", showlegend=number == 0,
                name=t("canopy.inspector.prior", name=t(f"canopy.priors.{believed}.name")),
                line={"color": figures.BASELINE, "width": 1.5, "dash": "dot" if which == 0 else "dash"},
                hoverinfo="skip",
            )  # fmt: skip
        top = 0.0
        for one in beliefs:
            x, y = curve(one.column(name), low, high)
            top = max(top, float(y.max()))
            figure.add_scatter(
                x=x, y=y, **place(number), mode="lines", legendgroup=one.name, showlegend=number == 0,
                name=label(t, one), line={"color": FADED if faded[number] else colour(beliefs, one), "width": 2},
                fill="tozeroy" if one is beliefs[0] else None, fillcolor="rgba(128,128,128,.12)",
                hovertemplate="%{x:.3~g}<extra>" + label(t, one) + "</extra>",
            )  # fmt: skip
        _mark(t, figure, number, known(here, name), top, here)
        told = t.number(min(ratio(one, name) for one in beliefs[:1]), 2)
        said = t("canopy.inspector.untold" if faded[number] else "canopy.inspector.ratio", ratio=told)
        x_, y_ = place(number).values()
        figure.add_annotation(
            text=said, showarrow=False, xref=f"{x_} domain", yref=f"{y_} domain",
            x=1, y=1.0, xanchor="right", yanchor="bottom", font={"size": 11},
        )  # fmt: skip
    return figure


def _mark(t: Words, figure: go.Figure, number: int, value: Field | None, top: float, here: Spot) -> None:
    if value is None:
        return
    text = t("canopy.inspector.truth" if here.truth is not None else "canopy.inspector.measured")
    shown = number == 0 or (here.truth is None and not any(tr.legendgroup == "mark" for tr in figure.data))
    figure.add_scatter(
        x=[value.value, value.value], y=[0, top * 1.05], **place(number), mode="lines", legendgroup="mark",
        showlegend=shown, name=text, line={"color": TRUTH, "width": 2.5},
        hovertemplate="%{x:.3~g}<extra>" + text + "</extra>",
    )  # fmt: skip
    if value.sd:
        figure.add_scatter(
            x=[value.value - value.sd, value.value + value.sd], y=[0, 0], **place(number), mode="lines",
            showlegend=False, legendgroup="mark", line={"color": TRUTH, "width": 5}, hoverinfo="skip",
        )  # fmt: skip


def pairs(t: Words, here: Spot, beliefs: Sequence[Belief]) -> None:
    """Draw the 50 % and 90 % regions of pairs of variables."""
    chosen = several(
        t("canopy.inspector.which"), QUANTITIES, name="pairs", default=PAIRS,
        format_func=lambda name: t(f"canopy.variables.{name}.short"), most=5,
    )  # fmt: skip
    if len(chosen) < 2:
        st.caption(t("canopy.inspector.two"))
        return
    key = "pairs", _key(t, here, beliefs), tuple(chosen)
    figure = figures.kept(key, partial(_pairs, tuple(chosen), t, here, beliefs))
    figures.show(figure, key="canopy_pairs_chart", alt=t("canopy.inspector.pairs"), expert=True)
    st.caption(t("canopy.inspector.pairs_note"))


def _pairs(chosen: tuple[str, ...], t: Words, here: Spot, beliefs: Sequence[Belief]) -> go.Figure:
    k = len(chosen) - 1
    ends = {name: close(name, beliefs, known(here, name)) for name in chosen}
    panels: list = []
    for row in range(1, k + 1):
        for col in range(k):
            if col >= row:
                panels.append(None)
                continue
            x = figures.axis(
                _short(t, chosen[col]) if row == k else " ", "", range=list(ends[chosen[col]]),
                nticks=4, showticklabels=row == k,
            )  # fmt: skip
            y = figures.axis(
                _short(t, chosen[row]) if col == 0 else " ", "", range=list(ends[chosen[row]]),
                nticks=4, showticklabels=col == 0, showgrid=False, ticks="outside",
            )  # fmt: skip
            x["title"] |= {"font": {"size": 12}, "standoff": 4}
            y["title"] |= {"font": {"size": 12}, "standoff": 4}
            panels.append((x, y))
    figure = grid(t, panels, k, row_height=max(110, 420 // k), gap=(0.03, 0.04), legend=False, top=8)
    for row in range(1, k + 1):
        for col in range(row):
            number = (row - 1) * k + col
            a, b = chosen[col], chosen[row]
            for one in beliefs:
                x, y, mass = credible(one.column(a), one.column(b), (ends[a], ends[b]))
                figure.add_contour(
                    x=x, y=y, z=mass.round(4), **place(number), showscale=False, name=label(t, one),
                    contours={"start": 0.5, "end": 0.9, "size": 0.4, "coloring": "lines"},
                    colorscale=[[0, colour(beliefs, one)], [1, colour(beliefs, one)]], line={"width": 1.8},
                    hoverinfo="skip",
                )  # fmt: skip
            first, second = known(here, a), known(here, b)
            if first is not None and second is not None:
                figure.add_scatter(
                    x=[first.value], y=[second.value], **place(number), mode="markers",
                    marker={"color": TRUTH, "size": 9, "symbol": "x"}, hoverinfo="skip",
                )  # fmt: skip
    return figure


def _short(t: Words, name: str) -> str:
    short = t(f"canopy.variables.{name}.short")
    return f"{short} ({names.unit(name)})" if names.unit(name) else short


def correlations(t: Words, beliefs: Sequence[Belief]) -> None:
    """Draw the correlations between the variables: what a family without a joint law cannot have."""
    st.markdown(f"**{t('canopy.inspector.correlation')}**")
    shorts = [t(f"canopy.variables.{name}.short") for name in INFERRED]
    for tab, one in zip(st.tabs([label(t, b) for b in beliefs]), beliefs, strict=True):
        with tab:
            matrix = np.corrcoef(one.draws.double().numpy().T)
            key = "correlation", digest(t.lang, matrix)
            figure = figures.kept(key, partial(_correlation, t, shorts, matrix))
            figures.show(
                figure, key=f"correlation_{one.name}", alt=t("canopy.inspector.correlation"), expert=True
            )
            off = np.abs(matrix - np.eye(len(matrix)))
            i, j = np.unravel_index(off.argmax(), off.shape)
            st.caption(t("canopy.inspector.strongest", a=shorts[i], b=shorts[j], value=float(matrix[i, j])))


def _correlation(t: Words, shorts: list[str], matrix: np.ndarray) -> go.Figure:
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.inspector.variable"), "", tickangle=-45),
        y=figures.axis(t("canopy.inspector.variable"), "", autorange="reversed"),
        height=400,
    )
    return figure.add_heatmap(
        x=shorts, y=shorts, z=matrix.round(3), zmin=-1, zmax=1, colorscale=figures.scale("signed"),
        colorbar={"title": {"text": "ρ"}, "thickness": 12},
        hovertemplate="%{y} – %{x} : %{z:.2f}<extra></extra>",
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=32)
def _numbers(key: str, _t: Words, _here: Spot, _beliefs: Sequence[Belief]) -> pd.DataFrame:
    return numbers(_t, _here, _beliefs)


def numbers(t: Words, here: Spot, beliefs: Sequence[Belief]) -> pd.DataFrame:
    """Return mean, median and 90 % interval of every quantity under every belief, beside what is known."""
    rows = []
    for name in QUANTITIES:
        value = known(here, name)
        for one in beliefs:
            draws = one.column(name)
            low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
            rows.append(
                {
                    t("canopy.inspector.variable"): names.title(t, name),
                    t("canopy.inspector.family"): label(t, one),
                    t("canopy.inspector.mean"): names.value(t, name, float(draws.mean())),
                    t("canopy.inspector.median"): names.value(t, name, float(middle)),
                    t(
                        "canopy.inspector.interval"
                    ): f"{names.value(t, name, low)} – {names.value(t, name, high)}",
                    t("canopy.inspector.spread"): t.number(ratio(one, name), 2),
                    t("canopy.inspector.known"): "" if value is None else names.value(t, name, value.value),
                }
            )
    return pd.DataFrame(rows)
