"""Figures of the members: summaries on maps, sharpness, the fan of one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import xarray as xr

from eogen.colour import Scale
from pages.kit import card, figures
from pages.kit.words import Words
from pages.parts.ocean import content, ensemble, shades, titles
from pages.parts.ocean.fieldmap import fieldmap, touchable

if TYPE_CHECKING:
    from pages.parts.ocean.state import State

OWN = figures.ACCENT["ocean"]
_WIDE, _NARROW = "rgba(21,128,165,.20)", "rgba(21,128,165,.38)"


def maps(
    t: Words, state: State, found: xr.Dataset, field: np.ndarray, said: str, threshold: float, scale: Scale
) -> None:
    """Draw a summary ``field`` (lat, lon), the spread, and the chance of being above ``threshold``."""
    quantity = content.name(state)
    gap, member = found.filled.values[0], found.member.values[:, 0]
    title = titles.variable(t, quantity)
    spread = shades.error(quantity, member.std(0, ddof=1))
    top = float(np.nanquantile(spread, 0.99)) or 1.0
    limit = t.number(float(shades.shown(quantity, np.array(threshold))), unit=shades.unit(quantity) or None)
    three = (
        ("summary", shades.shown(quantity, field), scale, title, shades.unit(quantity), said),
        ("spread", spread, Scale("amp", 0.0, top), t("ocean.ensemble.spread"), shades.error_unit(quantity), ""),
        ("above", 100 * ensemble.above(member, threshold), Scale("tempo", 0.0, 100.0),
         t("ocean.ensemble.above", threshold=limit), "%", ""),
    )  # fmt: skip
    for column, (key, values, colours, name, unit, what) in zip(st.columns(3), three, strict=True):
        figure = fieldmap(
            t, values, state.cut, colours, title=name, unit=unit, filled=gap if key == "summary" else None
        )
        with column:
            st.markdown(f"**{what or name}**")
            figures.show(
                figure, key=f"ocean_{key}", alt=t("ocean.ensemble.map_alt", what=what or name), expert=True
            )


def sharp(t: Words, state: State, found: xr.Dataset, measured: ensemble.Sharpness) -> None:
    """Draw the gradients of the mean and of one member, on one scale, and say the numbers."""
    quantity, gap = content.name(state), found.filled.values[0]
    member = found.member.values[:, 0]
    unit = t("ocean.ensemble.per_100km", unit=shades.error_unit(quantity))
    pair = [shades.error(quantity, 100 * ensemble.slope(f, state.cut)) for f in (member.mean(0), member[0])]
    top = float(np.nanquantile(pair[1], 0.98)) or 1.0
    columns = st.columns([1, 1, 0.9], gap="medium")
    for column, name, values in zip(columns, ("mean", "first"), pair, strict=False):
        said = t(f"ocean.ensemble.{name}")
        title = t("ocean.ensemble.gradient")
        figure = fieldmap(t, values, state.cut, Scale("dense", 0.0, top), title=title, unit=unit, filled=gap)
        with column:
            st.markdown(f"**{said}**")
            figures.show(
                figure, key=f"ocean_slope_{name}", alt=t("ocean.ensemble.map_alt", what=said), expert=True
            )
    with columns[2]:
        st.markdown(f"**{t('ocean.ensemble.gradients')}** ({unit})")
        low, high = 100 * measured.members.min(), 100 * measured.members.max()
        middle = 100 * float(measured.members.mean())
        rows = [
            card.Bar(t("ocean.ensemble.mean"), 100 * measured.mean, t.number(100 * measured.mean, 3)),
            card.Bar(t("ocean.ensemble.each"), middle, t.number(middle, 3), main=True, low=low, high=high),
        ]
        if np.isfinite(measured.observed):
            seen = 100 * measured.observed
            rows.append(card.Bar(t("ocean.ensemble.seen"), seen, t.number(seen, 3)))
        top = 1.05 * max(row.value if row.high is None else row.high for row in rows)
        card.bars(rows, t, label=t("ocean.ensemble.gradients"), room="ocean", top=top)
        st.markdown(verdict(t, measured))


def verdict(t: Words, measured: ensemble.Sharpness) -> str:
    """Say how much is lost by averaging, and whether the members are as rough as what was seen."""
    said = t("ocean.ensemble.lost", ratio=measured.mean / float(measured.members.mean()))
    if np.isfinite(measured.observed):
        ratio = float(measured.members.mean()) / measured.observed
        which = "smooth" if ratio < 0.9 else "rough" if ratio > 1.1 else "right"
        said += " " + t(f"ocean.ensemble.{which}", ratio=ratio)
    return said


def chooser(t: Words, state: State, found: xr.Dataset, at: tuple[int, int], scale: Scale) -> None:
    """Draw the map on which a place is touched."""
    quantity = content.name(state)
    figure = fieldmap(
        t, shades.shown(quantity, found["mean"].values[0]), state.cut, scale, title=titles.variable(t, quantity),
        unit=shades.unit(quantity), filled=found.filled.values[0], at=at, height=330,
    )  # fmt: skip
    figures.show(
        touchable(figure, state.cut), key="ocean_touch", alt=t("ocean.ensemble.touch"), on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    st.caption(t("ocean.ensemble.touch"))


def about(t: Words, state: State, at: tuple[int, int], found: xr.Dataset) -> None:
    """Say where the place is and what is believed of it on the date that is looked at."""
    quantity = content.name(state)
    north, east = float(state.cut.lat[at[0]]), float(state.cut.lon[at[1]])
    st.markdown(t("ocean.ensemble.where", lat=t.number(north, 2), lon=t.number(east, 2), date=state.date))
    if not state.sea[at]:
        st.markdown(t("ocean.ensemble.land"))
        return
    member = found.member.values[:, 0, at[0], at[1]]
    unit = shades.unit(quantity) or None
    value = lambda v: t.number(float(shades.shown(quantity, np.array(v))), unit=unit)
    if not bool(found.filled.values[0][at]):
        st.markdown(t("ocean.ensemble.was_seen", value=value(member[0])))
        return
    low, middle, high = np.quantile(member, [0.05, 0.5, 0.95])
    st.markdown(t("ocean.ensemble.believed", low=value(low), middle=value(middle), high=value(high)))
    seen = content.fields(state, state.cut.values)[state.frame][at]
    if np.isfinite(seen):
        inside = "inside" if low <= seen <= high else "outside"
        st.markdown(t(f"ocean.ensemble.{inside}", value=value(seen)))


def series(t: Words, state: State, one: xr.Dataset, at: tuple[int, int], times: Sequence[int]) -> None:
    """Draw the fan of one place, with what was seen, withheld and, in simulations, true."""
    figure = series_figure(t, state, one, at, times)
    figures.show(figure, key="ocean_series", alt=t("ocean.ensemble.series_alt"), expert=True)


def series_figure(
    t: Words, state: State, one: xr.Dataset, at: tuple[int, int], times: Sequence[int]
) -> go.Figure:
    """Return the figure of :func:`series`; ``one`` has ``member`` (member, time) and ``filled`` (time,)."""
    quantity = content.name(state)
    title, unit = titles.variable(t, quantity), shades.unit(quantity)
    low90, low50, middle, high50, high90 = shades.shown(quantity, ensemble.fan(one.member.values))
    log = shades.is_log(quantity)
    y = figures.axis(title, unit, **(shades.decades(t, np.nanmin(low90), np.nanmax(high90)) if log else {}))
    axis = figures.axis(f"{t('ocean.common.date')}, {shades.years(one.time.values)}", "")
    figure = figures.figure(t, x=axis | shades.dates(t, one.time.values), y=y, height=340, legend=True)
    x = [str(v)[:10] for v in one.time.values]
    days = [t.date(v) for v in x]
    for low, high, colour, share in ((low90, high90, _WIDE, 0.9), (low50, high50, _NARROW, 0.5)):
        figure.add_scatter(x=x, y=low, mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip")
        figure.add_scatter(
            x=x, y=high, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, hoverinfo="skip",
            name=t("ocean.ensemble.fan", share=share),
        )  # fmt: skip
    said = f" {unit}" if unit else ""
    figure.add_scatter(
        x=x, y=middle, mode="lines", line={"color": OWN, "width": 2}, name=t("ocean.ensemble.median"), text=days,
        hovertemplate=f"%{{text}}<br>%{{y:.3~g}}{said}<extra></extra>",
    )  # fmt: skip
    index = list(times)
    seen = content.fields(state, state.observed.values)[index, at[0], at[1]]
    dots = [("observed", seen, "rgba(128,128,128,1)", "circle")]
    if state.held is not None:
        whole = content.fields(state, state.cut.values)[index, at[0], at[1]]
        hidden = np.where(state.held[index, at[0], at[1]], whole, np.nan)
        dots.append(("withheld", hidden, figures.SEQUENCE[1], "diamond"))
    for name, values, colour, symbol in dots:
        if np.isfinite(values).any():
            figure.add_scatter(
                x=x, y=shades.shown(quantity, values), mode="markers", name=t(f"ocean.common.{name}"),
                marker={"color": colour, "size": 8, "symbol": symbol}, text=days,
                hovertemplate=f"%{{text}}<br>%{{y:.3~g}}{said}<extra></extra>",
            )  # fmt: skip
    if state.truth is not None:
        figure.add_scatter(
            x=x, y=shades.shown(quantity, content.fields(state, state.truth)[index, at[0], at[1]]),
            mode="lines", hoverinfo="skip",
            name=t("ocean.common.truth"), line={"color": figures.SEQUENCE[3], "width": 1.6, "dash": "dot"},
        )  # fmt: skip
    figure.add_vline(x=str(state.date)[:10], line={"color": figures.BASELINE, "dash": "dot", "width": 1.5})
    return figure
