"""One place through time: what was seen, what is believed between, how sure."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import streamlit as st

from eogen.colour import Scale
from eogen.ocean.gap import HALF, NINE
from pages.kit import figures, progress
from pages.kit.maps.legend import ticks
from pages.kit.words import Words
from pages.parts.ocean import compute, layers, menu
from pages.parts.ocean.state import State, box

#: Cells a side of the piece of sea around the place that is filled, and dates before and after.
PIECE, DATES = 33, 16


def place(state: State) -> tuple[int, int] | None:
    """Return the (lat index, lon index) in ``?pixel=lat_lon`` (degrees); None where there is none on this sea."""
    asked = re.fullmatch(r"(-?\d{1,2}(?:\.\d+)?)_(-?\d{1,3}(?:\.\d+)?)", st.query_params.get("pixel", ""))
    if not asked:
        return None
    south, north, west, east = box(state.cut)
    lat, lon = float(asked[1]), float(asked[2])
    if not (south <= lat <= north and west <= lon <= east):
        return None
    at = (
        int(np.abs(state.cut.lat.values - lat).argmin()),
        int(np.abs(state.cut.lon.values - lon).argmin()),
    )
    return at if state.sea[at] else None


def put(state: State, at: tuple[int, int]) -> None:
    """Write a place into the address."""
    st.query_params["pixel"] = f"{float(state.cut.lat[at[0]]):.4f}_{float(state.cut.lon[at[1]]):.4f}"


def square(state: State, at: tuple[int, int]) -> list[list[float]]:
    """Return the bounds of one cell, for the rectangle drawn on a map."""
    south, north, west, east = box(state.cut)
    height, width = state.cut.shape[1:]
    dy, dx = (north - south) / height, (east - west) / width
    return [[south + at[0] * dy, west + at[1] * dx], [south + (at[0] + 1) * dy, west + (at[1] + 1) * dx]]


def piece(state: State, at: tuple[int, int]) -> tuple[State, tuple[int, int]]:
    """Return the sea around a place, some dates before and after, and where the place is in it."""
    rows, columns = (
        slice(max(0, min(k - PIECE // 2, n - PIECE)), max(0, min(k - PIECE // 2, n - PIECE)) + min(PIECE, n))
        for k, n in zip(at, state.cut.shape[1:], strict=True)
    )
    times = slice(max(0, state.frame - DATES), state.frame + DATES + 1)
    cut = state.cut[times, rows, columns]
    held = None if state.held is None else state.held[times, rows, columns]
    small = replace(
        state, cut=cut, region=box(cut), frame=state.frame - times.start, held=held, donor=None, members=0,
        truth=None if state.truth is None else state.truth[times, rows, columns],
        drivers=None if state.drivers is None else state.drivers.isel(time=times, lat=rows, lon=columns),
    )  # fmt: skip
    return small, (at[0] - rows.start, at[1] - columns.start)


def show(t: Words, state: State, methods: list[str]) -> None:
    """Draw the series of the chosen place; a hint where none is chosen."""
    at = place(state)
    if at is None or not methods:
        st.caption(t("ocean.pixel.hint"))
        return
    small, here = piece(state, at)
    found = {}
    for name in methods:
        made = progress.run(
            t("ocean.map.filling", method=menu.title(t, name)),
            lambda report, name=name: compute.filled(small, name, 0, compute.all_times(small), report),
            t,
            key=f"series_{small.signature}_{name}_{state.seed}",
        )
        if made is not None:
            found[name] = made
    if found:
        _figure(t, small, here, found)


def _figure(t: Words, small: State, here: tuple[int, int], found: dict) -> None:
    time = [str(moment)[:16] for moment in small.cut.time.values]
    lat, lon = float(small.cut.lat[here[0]]), float(small.cut.lon[here[1]])
    place_ = t("ocean.pixel.place", lat=t.number(lat, 2), lon=t.number(lon, 2))
    title, unit = layers.title(t, small), layers.unit(small)
    log = small.quantity == "chl" and str(small.cut.name).startswith("log10_")
    figure = figures.figure(
        t, x=figures.axis(t("ocean.pixel.time"), "", type="date", tickformat="%Y-%m"),
        y=figures.axis(title, unit, **(_ticks(t, small, found, here) if log else {})), height=300, legend=True,
    )  # fmt: skip
    colours = [figures.ACCENT["ocean"], figures.SEQUENCE[1]]
    for colour, (name, made) in zip(colours, found.items(), strict=False):
        mean, sd = (made[k].values[(slice(None), *here)] for k in ("mean", "sd"))
        for z, alpha in ((NINE, 0.14), (HALF, 0.24)):
            low, high = (layers.read(small, mean + s * z * sd) for s in (-1, 1))
            figure.add_scatter(
                x=[*time, *time[::-1]], y=np.concatenate([high, low[::-1]]), fill="toself",
                fillcolor=_clear(colour, alpha), line={"width": 0}, hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=time, y=layers.read(small, mean), mode="lines", line={"color": colour, "width": 2},
            name=menu.title(t, name),
        )  # fmt: skip
    truth = _series(small, here, withheld=True)
    given = _series(small, here, withheld=False)
    lost = np.isfinite(truth) & ~np.isfinite(given)
    figure.add_scatter(
        x=time, y=given, mode="markers", name=t("ocean.pixel.seen"),
        marker={"color": "#1B2733", "size": 8, "line": {"color": "#FFFFFF", "width": 1.5}},
    )  # fmt: skip
    if lost.any():
        figure.add_scatter(
            x=np.array(time)[lost], y=truth[lost], mode="markers", name=t("ocean.pixel.hidden"),
            marker={"color": "#C81E78", "size": 11, "symbol": "diamond", "line": {"color": "#FFFFFF", "width": 1.5}},
        )  # fmt: skip
    figure.add_shape(
        type="line", x0=time[small.frame], x1=time[small.frame], y0=0, y1=1, yref="paper",
        line={"color": figures.BASELINE, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    st.markdown(f"**{t('ocean.pixel.title', place=place_)}**")
    figures.show(figure, key="ocean_pixel_chart", alt=t("ocean.pixel.alt", place=place_), expert=True)
    st.caption(t("ocean.pixel.fan"))


def _ticks(t: Words, small: State, found: dict, here: tuple[int, int]) -> dict:
    """Return a logarithmic axis that holds the fans, with round numbers in the reader's language."""
    low, high = np.inf, -np.inf
    for made in found.values():
        mean, sd = (made[k].values[(slice(None), *here)] for k in ("mean", "sd"))
        low, high = min(low, np.nanmin(mean - NINE * sd)), max(high, np.nanmax(mean + NINE * sd))
    truth = small.cut.values[(slice(None), *here)]
    low, high = (
        np.nanmin([low, np.nanmin(truth, initial=low)]),
        np.nanmax([high, np.nanmax(truth, initial=high)]),
    )
    at = ticks(Scale("algae", 10 ** (low - 0.05), 10 ** (high + 0.05), log=True), 6)
    return {
        "type": "log",
        "range": [low - 0.05, high + 0.05],
        "tickvals": at,
        "ticktext": [t.number(v) for v in at],
    }


def _series(small: State, here: tuple[int, int], withheld: bool) -> np.ndarray:
    source = small.cut if withheld else small.observed
    values = source.values[(slice(None), *here)]
    if small.quantity == "chl":
        return layers.read(small, values)
    at = source.isel(lat=[here[0]], lon=[here[1]])
    return 100 * compute.fractions(at, small.quantity).ravel()


def _clear(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
