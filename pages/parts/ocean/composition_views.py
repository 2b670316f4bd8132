"""Figures of the size classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from eogen.colour import Scale
from eogen.ocean.size_classes import CLASSES
from pages.kit import card, figures
from pages.kit.maps.legend import scale_legend
from pages.kit.words import Words
from pages.parts.ocean import tiles
from pages.parts.ocean.composition import OFF, Composed
from pages.parts.ocean.state import State

#: Points of each kind in the triangle.
POINTS = 500
PARTS = Scale("cividis", 0.0, 100.0)


def ternary_figure(t: Words, found: Composed) -> go.Figure:
    """Return the triangle: what was observed, what was filled, and draws of the filled."""
    figure = figures.figure(
        t, x=figures.axis(t("ocean.composition.micro"), "%"), y=figures.axis(t("ocean.composition.nano"), "%"),
        height=470, legend=True,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    seen = found.observed[:, np.isfinite(found.observed).all(0)]
    gap = found.together[:, found.filled]
    kinds: list[tuple[str, np.ndarray, str, str, int, float]] = []
    if found.members is not None:
        drawn = found.members[:, :, found.filled].reshape(3, -1)
        kinds.append(("members", drawn, figures.SEQUENCE[5], "circle", 4, 0.35))
    kinds += [
        ("filled", gap, figures.ACCENT["ocean"], "diamond", 6, 0.7),
        ("observed", seen, figures.SEQUENCE[1], "circle-open", 6, 0.8),
    ]
    for name, parts, colour, symbol, size, opacity in kinds:
        parts = parts[:, np.isfinite(parts).all(0)]
        some = parts[:, rng.permutation(parts.shape[1])[:POINTS]]
        figure.add_scatterternary(
            a=100 * some[0], b=100 * some[1], c=100 * some[2], mode="markers", name=t(f"ocean.composition.{name}"),
            marker={"color": colour, "symbol": symbol, "size": size, "opacity": opacity},
            hovertemplate="micro %{a:.0f} % · nano %{b:.0f} % · pico %{c:.0f} %<extra></extra>",
        )  # fmt: skip
    line = {
        "color": "rgba(128,128,128,.8)",
        "gridcolor": "rgba(128,128,128,.28)",
        "tickcolor": "rgba(128,128,128,.8)",
    }
    axes = {
        f"{axis}axis": {**line, "title": {"text": f"{t(f'ocean.composition.{name}')} (%)"}, "ticks": "outside",
                        "tickfont": {"color": "rgba(128,128,128,1)"}, "dtick": 20}
        for axis, name in zip("abc", CLASSES, strict=True)
    }  # fmt: skip
    figure.update_layout(
        ternary={"sum": 100, "bgcolor": "rgba(0,0,0,0)", **axes},
        margin={"l": 50, "r": 50, "t": 34, "b": 70},
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.14, "yanchor": "top"},
        xaxis={"visible": False},
        yaxis={"visible": False},
    )
    return figure


def ternary(t: Words, state: State, found: Composed) -> None:
    """Draw the triangle, and say what the parts are on average."""
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        figures.show(
            ternary_figure(t, found), key="ocean_ternary", alt=t("ocean.composition.ternary_alt"), expert=True
        )
    with right:
        for name, parts in (
            ("observed", found.observed),
            ("filled", np.where(found.filled, found.together, np.nan)),
        ):
            st.markdown(f"**{t(f'ocean.composition.{name}')}**")
            mean = np.nanmean(parts.reshape(3, -1), 1) if np.isfinite(parts).any() else np.full(3, np.nan)
            rows = [
                card.Bar(t(f"ocean.composition.{c}"), float(mean[k]), main=name == "filled")
                for k, c in enumerate(CLASSES)
            ]
            card.bars(rows, t, label=t(f"ocean.composition.{name}"), room="ocean")
        st.caption(t("ocean.composition.curve"))


def maps(t: Words, state: State, found: Composed) -> None:
    """Draw each part over the region, and how far its draws are apart."""
    pictures = [
        tiles.tile(100 * found.together[k], PARTS, state.cut, t(f"ocean.composition.{c}"), found.filled)
        for k, c in enumerate(CLASSES)
    ]
    tiles.grid(pictures, "16rem")
    st.html(scale_legend(PARTS, title=t("ocean.composition.part"), unit="%", number=t.number))
    if found.members is None:
        return
    spread = 100 * found.members.std(1, ddof=1)
    top = max(float(np.nanquantile(spread, 0.99)), 1.0)
    colours = Scale("amp", 0.0, top)
    st.markdown(f"**{t('ocean.composition.spread')}**")
    tiles.grid(
        [
            tiles.tile(spread[k], colours, state.cut, t(f"ocean.composition.{c}"))
            for k, c in enumerate(CLASSES)
        ],
        "16rem",
    )
    st.html(scale_legend(colours, title=t("ocean.ensemble.spread"), unit="%", number=t.number))


def closure_figure(t: Words, found: Composed) -> go.Figure:
    """Return the histogram of the sum over the whole where classes and CHL were filled one by one."""
    figure = figures.figure(
        t, x=figures.axis(t("ocean.composition.excess"), "%"), y=figures.axis(t("ocean.composition.cells"), "%"),
        height=330,
    )  # fmt: skip
    misfit = 100 * found.misfit
    reach = max(float(np.quantile(np.abs(misfit), 0.99)) if len(misfit) else 0.0, 15.0)
    counts, edges = np.histogram(np.clip(misfit, -reach, reach), 40, (-reach, reach))
    figure.add_vrect(x0=-100 * OFF, x1=100 * OFF, fillcolor="rgba(128,128,128,.18)", line_width=0)
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=100 * counts / max(len(misfit), 1), width=0.95 * (edges[1] - edges[0]),
        marker={"color": figures.BASELINE}, hovertemplate="%{x:.0f} %: %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": figures.ACCENT["ocean"], "width": 3})
    return figure


def closure(t: Words, found: Composed) -> None:
    """Draw the closure error of independent fills, and say it beside that of log-ratios."""
    left, right = st.columns([1.5, 1], gap="large")
    misfit = found.misfit
    off = float((np.abs(misfit) > OFF).mean()) if len(misfit) else 0.0
    with left:
        figures.show(
            closure_figure(t, found), key="ocean_closure", alt=t("ocean.composition.closure_alt"), expert=True
        )
        st.caption(t("ocean.composition.closure_note"))
    with right:
        rows = [
            card.Bar(t("ocean.composition.alone"), off),
            card.Bar(t("ocean.composition.together"), 0.0 if found.closed <= OFF else 1.0, main=True),
        ]
        st.markdown(f"**{t('ocean.composition.off')}**")
        card.bars(rows, t, label=t("ocean.composition.off"), room="ocean")
        st.markdown(t("ocean.composition.worst", worst=found.closed))


def anchors(t: Words, rows: dict[str, dict[str, Any]]) -> None:
    """Draw the share of region-days that do not close in published series."""
    st.markdown(f"**{t('ocean.composition.published')}**")
    bars = []
    for name, one in sorted(rows.items(), key=lambda row: row[0] != "test"):
        key = f"ocean.composition.series.{name}"
        said = t(key) if key in t else name.upper()
        note = t("ocean.composition.range", low=one["low"], high=one["high"])
        bars.append(card.Bar(said, one["off"], note=note))
    card.bars(bars, t, label=t("ocean.composition.published"), room="ocean")
    st.caption(t("ocean.composition.source", n=max(one["count"] for one in rows.values())))
