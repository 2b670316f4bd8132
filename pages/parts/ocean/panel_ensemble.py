"""The members: every one of them, what they have in common, where they differ, and one place through time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st
import xarray as xr

from pages.kit import export, progress
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import compute, content, ensemble, ensemble_views, pixel, shades, tiles, titles
from pages.parts.ocean.flipbook import flipbook
from pages.parts.ocean.state import State

SECTIONS = ("members", "maps", "sharp", "pixel")
#: Draws that are made here when the page was asked for fewer.
LEAST = 8
#: Cells a side and frames of the piece of sea that is filled for a series.
PIECE, FRAMES = 32, 24
#: Summaries of the members: their mean, and quantiles.
SUMMARIES = ("mean", *(f"q{round(100 * p):02d}" for p in ensemble.LEVELS))
#: Thresholds offered for chlorophyll, mg m-3.
GREEN = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0)


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.ensemble.lead"))
    left, right = st.columns([1, 2.2])
    name = choose(
        left.selectbox, t("ocean.common.method"), list(dict.fromkeys(state.methods)), name="ensemble_method",
        default=state.methods[0], format_func=lambda m: titles.method(t, m),
    )  # fmt: skip
    section = choose(
        partial(right.segmented_control, required=True), t("ocean.ensemble.section"), SECTIONS, name="ensemble",
        default=SECTIONS[0], format_func=lambda s: t(f"ocean.ensemble.sections.{s}"),
    )  # fmt: skip
    found = draws(t, state, name)
    if found is None:
        return
    if "member" not in found:
        st.info(t("ocean.ensemble.none", method=titles.method(t, name)), icon=":material/info:")
        return
    if not bool(found.filled.any()):
        st.caption(t("ocean.ensemble.complete"))
    {"members": _members, "maps": _maps, "sharp": _sharp, "pixel": _pixel}[section](t, state, name, found)


def draws(t: Words, state: State, name: str) -> xr.Dataset | None:
    """Return the date that is looked at, filled, with members; None where it waits or was stopped."""
    count = max(state.members, LEAST)
    key = f"ensemble_{state.signature}_{name}_{state.seed}_{count}_{state.frame}"
    if not content.agreed(t, name, key, compute.asks(state, name, count)):
        return None
    return progress.run(
        t("ocean.common.filling", method=titles.method(t, name)),
        lambda report: compute.filled(state, name, count, progress=report),
        t,
        key=key,
    )


def _scale(state: State, found: xr.Dataset) -> shades.Scale:
    return shades.scale(content.name(state), found["mean"].values, found.member.values[:2])


def _members(t: Words, state: State, name: str, found: xr.Dataset) -> None:
    """Draw every member, and all of them as a film."""
    quantity = content.name(state)
    colours, gap = _scale(state, found), found.filled.values[0]
    fields = shades.shown(quantity, found.member.values[:, 0])
    pictures = [
        tiles.tile(f, colours, state.cut, t("ocean.ensemble.member", k=k + 1, n=len(fields)), gap)
        for k, f in enumerate(fields)
    ]
    mean = shades.shown(quantity, found["mean"].values[0])
    left, right = st.columns([1, 1.55], gap="large")
    with left:
        flipbook(pictures, t, key="ocean_flipbook")
        st.html(shades.legend(t, quantity, colours, titles.variable(t, quantity)))
    with right:
        tiles.grid([tiles.tile(mean, colours, state.cut, t("ocean.ensemble.mean"), gap), *pictures], "8.2rem")
        st.caption(t("ocean.ensemble.rim"))
    _bar(t, state, name, found, [])


def _threshold(t: Words, quantity: str, mean: np.ndarray) -> float:
    """Draw the threshold; return it in the variable's own units."""
    middle = float(np.nanmedian(mean))
    if shades.is_log(quantity):
        options = [str(v) for v in GREEN]
        default = min(options, key=lambda v: abs(np.log10(float(v)) - middle))
    else:
        low, high = np.nanquantile(shades.shown(quantity, mean), [0.02, 0.98])
        options = [f"{v:.2f}" for v in np.unique(np.round(np.linspace(low, high, 21), 2))]
        middle = float(shades.shown(quantity, np.array(middle)))
        default = min(options, key=lambda v: abs(float(v) - middle))
    unit = shades.unit(quantity)
    chosen = choose(
        st.select_slider, t("ocean.ensemble.threshold", unit=unit), options, name="threshold", default=default,
        format_func=lambda v: t.number(float(v)),
    )  # fmt: skip
    if shades.is_log(quantity):
        return float(np.log10(float(chosen)))
    return float(chosen) / float(shades.shown(quantity, np.array(1.0)))


def _maps(t: Words, state: State, name: str, found: xr.Dataset) -> None:
    """Draw a summary of the members, their spread, and the chance of a threshold."""
    quantity = content.name(state)
    columns = st.columns([1, 2.2])
    summary = choose(
        columns[0].selectbox, t("ocean.ensemble.summary"), SUMMARIES,
        name="summary", default="mean", format_func=lambda s: _summary(t, s),
    )  # fmt: skip
    with columns[1]:
        threshold = _threshold(t, quantity, found["mean"].values)
    member = found.member.values[:, 0]
    field = member.mean(0) if summary == "mean" else np.quantile(member, int(summary[1:]) / 100, axis=0)
    ensemble_views.maps(t, state, found, field, _summary(t, summary), threshold, _scale(state, found))
    st.caption(t("ocean.ensemble.chance", n=len(member), step=1 / len(member)))
    _bar(
        t,
        state,
        name,
        found,
        [("ocean_summary", "summary"), ("ocean_spread", "spread"), ("ocean_above", "above")],
    )


def _summary(t: Words, name: str) -> str:
    return (
        t("ocean.ensemble.mean")
        if name == "mean"
        else t("ocean.ensemble.quantile", share=int(name[1:]) / 100)
    )


def _sharp(t: Words, state: State, name: str, found: xr.Dataset) -> None:
    """Say and show that the mean is smoother than the sea, and whether the members are not."""
    measured = ensemble.sharpness(found, content.fields(state, state.observed.values)[state.frame], state.cut)
    if measured is None:
        st.caption(t("ocean.ensemble.complete"))
        return
    ensemble_views.sharp(t, state, found, measured)
    _bar(t, state, name, found, [])


def _pixel(t: Words, state: State, name: str, found: xr.Dataset) -> None:
    """Draw one place through time: what was seen, what was withheld, what is believed."""
    row, column = _place(t, state, found)
    here = window_of(state, (row, column))
    times = near(state.frame, state.cut.sizes["time"])
    count = max(state.members, LEAST)
    if not content.agreed(t, name, f"series_{here.signature}_{name}"):
        return
    filled = progress.run(
        t("ocean.common.filling", method=titles.method(t, name)),
        lambda report: compute.filled(here, name, count, times, report),
        t,
        key=f"series_{here.signature}_{name}_{state.seed}_{times[0]}",
    )
    if filled is None:
        return
    lat, lon = state.cut.lat.values[row], state.cut.lon.values[column]
    one = filled.sel(lat=lat, lon=lon, method="nearest")
    ensemble_views.series(t, state, one, (row, column), times)
    st.caption(t("ocean.ensemble.piece", size=min(PIECE, *state.cut.shape[1:]), frames=len(times)))
    _bar(t, state, name, found, [("ocean_series", "series")])


def _place(t: Words, state: State, found: xr.Dataset) -> tuple[int, int]:
    """Draw the map that chooses a place; return its (row, column)."""
    rows, columns = state.cut.shape[1:]
    chart = st.session_state.get("ocean_touch")
    picked = chart["selection"]["points"] if chart else []
    cell = next((p["customdata"] for p in picked if "customdata" in p), None)
    if cell is not None and st.session_state.get("ocean_touched") != (state.signature, cell):
        st.session_state["ocean_touched"] = (state.signature, cell)
        row, column = divmod(int(cell[0] if isinstance(cell, list) else cell), columns)
        st.session_state["at_row"], st.session_state["at_column"] = min(row, rows - 1), column
    first = pixel.place(state) or ensemble.farthest(found.filled.values[0])
    left, right = st.columns([1, 1.3], gap="large")
    with right:
        inputs = st.columns(2)
        row = number(
            inputs[0].number_input, t("ocean.ensemble.row"), 0, rows - 1, name="at_row", default=first[0]
        )
        column = number(
            inputs[1].number_input,
            t("ocean.ensemble.column"),
            0,
            columns - 1,
            name="at_column",
            default=first[1],
        )
        ensemble_views.about(t, state, (row, column), found)
    with left:
        ensemble_views.chooser(t, state, found, (row, column), _scale(state, found))
    return row, column


def window_of(state: State, at: tuple[int, int]) -> State:
    """Return the state of a small piece of sea around a place: a series needs no whole region."""
    rows, columns = ensemble.window(at, state.cut.shape[1:], PIECE)
    cut = state.cut.isel(lat=rows, lon=columns)
    box = (float(cut.lat[0]), float(cut.lat[-1]), float(cut.lon[0]), float(cut.lon[-1]))
    held = None if state.held is None else state.held[:, rows, columns]
    truth = None if state.truth is None else state.truth[:, rows, columns]
    drivers = None if state.drivers is None else state.drivers.isel(lat=rows, lon=columns)
    return replace(state, cut=cut, region=box, held=held, truth=truth, drivers=drivers)


def near(frame: int, count: int) -> tuple[int, ...]:
    """Return the indices of the frames around one, at most :data:`FRAMES`."""
    first = min(max(frame - FRAMES // 2, 0), max(count - FRAMES, 0))
    return tuple(range(first, min(first + FRAMES, count)))


def _bar(t: Words, state: State, name: str, found: xr.Dataset, charts: list[tuple[str, str]]) -> None:
    stem = f"eogen-ocean-{str(state.date)[:10]}-{name}"
    files: list[export.File | export.Chart] = [
        export.Chart(key, f"{stem}-{end}", str(k + 1) if len(charts) > 1 else "")
        for k, (key, end) in enumerate(charts)
    ]
    files.append(export.File(f"{stem}-members.nc", lambda: netcdf(found)))
    export.bar(files, t, key="ocean_ensemble", address=False)


def netcdf(found: xr.Dataset) -> bytes:
    """Return the members, their mean and s.d. as a CF NetCDF file."""
    return bytes(found.to_netcdf())
