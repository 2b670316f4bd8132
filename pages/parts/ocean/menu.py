"""The controls of the expert view: source, date, region, quantity, gap, two methods, draws. They make the state."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.ocean.methods import METHODS
from pages.kit.address import choose, number
from pages.kit.maps.layers import picture
from pages.kit.words import Words
from pages.parts.ocean import compute, draw, gap_menu, sources
from pages.parts.ocean.gap_menu import labelled
from pages.parts.ocean.sources import Source
from pages.parts.ocean.state import State, box

QUANTITIES = ("chl", "micro", "nano", "pico")
SIDES = ("48", "96", "160", "all")
#: The pair that is shown first: the strongest simple method beside the strongest other one.
PAIR = ("oi", "convolution")


def source(t: Words, column: Any) -> str:
    """Draw the choice of the sea; return its name."""
    offered = sources.offered()
    return choose(
        column.selectbox, t("ocean.controls.source"), offered, name="source", default=offered[0],
        format_func=lambda name: sources.title(t, name),
    )  # fmt: skip


def sea_seed(t: Words, name: str, column: Any) -> int:
    """Draw the number of the simulated sea where one is chosen (such a sea has no other region); return it."""
    if name not in sources.SIMULATED:
        return sources.SEED
    return number(
        column.number_input, t("ocean.controls.sea"), 0, 999, name="sea", default=sources.SEED,
        help=t("ocean.controls.sea_help"),
    )  # fmt: skip


def state(t: Words, sea: Source, top: list, below: list) -> State:
    """Draw the other controls; return what is on the screen.

    Args:
        t: the reader's language.
        sea: the source.
        top: three columns: date, region, quantity.
        below: five: gap, its details, the two methods, draws.
    """
    cut = _region(t, sea, top[1])
    frame = _date(t, sea, cut, top[0])
    quantity = _quantity(t, sea, top[2])
    gap, held, donor = gap_menu.gap(t, sea, cut, frame, below[0], below[1])
    methods = (_method(t, sea, below[2], "a"), _method(t, sea, below[3], "b"))
    seed, members = _draws(t, below[4])
    time = cut.time.values[frame]
    rows, columns = (_where(sea.cube[name].values, cut[name].values) for name in ("lat", "lon"))
    truth = None if sea.truth is None else sea.truth[:, rows, columns]
    drivers = None if sea.drivers is None else sea.drivers.isel(lat=rows, lon=columns)
    said = sources.provenance(t, sea, time)
    if quantity != "chl":
        said = type(said)(**{**vars(said), "origin": "derived" if said.origin == "real" else said.origin,
                             "quantity": t(f"ocean.quantities.{quantity}")})  # fmt: skip
    return State(
        sea.name, sea.key, sea.cube, cut, box(cut), frame, gap, held, methods, seed, members, said, quantity,
        donor, truth, drivers,
    )  # fmt: skip


def _where(whole: np.ndarray, part: np.ndarray) -> slice:
    first = int(np.searchsorted(whole, part[0]))
    return slice(first, first + len(part))


def _date(t: Words, sea: Source, cut: xr.DataArray, column: Any) -> int:
    """Draw the choice of the date; return its index. The date seen most is shown first."""
    share = np.isfinite(cut.values[:, cut.sea.values]).mean(1)
    names = [str(time)[:16] if str(time)[11:16] != "00:00" else str(time)[:10] for time in cut.time.values]
    usual = np.abs(share - 0.8)  # much was seen, and something is left to guess
    default = names[int(usual.argmin())]
    labels = _labels(t.lang, tuple(names), share.tobytes(), t, share)
    chosen = choose(
        column.selectbox, t("ocean.controls.date"), names, name="date", default=default,
        key=f"date_{sea.name}", format_func=labels.__getitem__,
    )  # fmt: skip
    return names.index(chosen)


@st.cache_data(show_spinner=False, max_entries=64)
def _labels(
    lang: str, names: tuple[str, ...], shares: bytes, _t: Words, _share: np.ndarray
) -> dict[str, str]:
    """Return each date as it is written in the menu, with what is seen of it: some may have hundreds."""
    return {
        name: _t("ocean.controls.date_seen", date=_t.date(name[:10]), share=float(part))
        for name, part in zip(names, _share, strict=True)
    }


def _region(t: Words, sea: Source, column: Any) -> xr.DataArray:
    """Draw the overview on which a region is chosen; return the region, all dates."""
    cube = sea.cube
    height, width = cube.shape[1:]
    if sea.name in sources.SIMULATED:
        return cube
    if max(height, width) <= int(SIDES[1]):
        column.selectbox(
            t("ocean.controls.region"), [t("ocean.controls.all")], disabled=True, key="region_whole"
        )
        return cube
    with (
        labelled(t("ocean.controls.region"), column),
        st.popover(_region_name(t), icon=":material/crop:", width="stretch"),
    ):
        side = choose(
            lambda *a, **k: st.segmented_control(*a, required=True, **k), t("ocean.controls.side"), SIDES,
            name="side", default="96", format_func=lambda s: t("ocean.controls.all") if s == "all" else s,
        )  # fmt: skip
        rows, columns = _window(sea, side)
        st.caption(t("ocean.controls.pick"))
        with st.container(width=340):
            spot = picture(
            _overview(sea), key="ocean_overview", height=None, marker=None, pixelated=True,
            labels=draw.map_labels(t, map=t("ocean.controls.overview"), opacity=t("ocean.map.opacity")),
            rectangle=_bounds(cube, rows, columns),
        )  # fmt: skip
        if (found := draw.cell(cube, spot)) is not None:
            lat, lon = float(cube.lat[found[0]]), float(cube.lon[found[1]])
            wanted = f"{lat:.2f}_{lon:.2f}"
            if st.query_params.get("centre") != wanted:
                st.query_params["centre"] = wanted
                rows, columns = _window(sea, side)
    cut = cube[:, rows, columns]
    if not np.isfinite(cut.values).any():
        rows, columns = _default_window(sea.key, side, cube)
        cut = cube[:, rows, columns]
    return cut


def _region_name(t: Words) -> str:
    return t("ocean.controls.chosen_region" if "centre" in st.query_params else "ocean.controls.usual_region")


@st.cache_data(show_spinner=False, max_entries=32)
def _default_window(key: str, side: str, _cube: xr.DataArray) -> tuple[slice, slice]:
    height, width = _cube.shape[1:]
    size = (height, width) if side == "all" else (int(side), int(side))
    return sources.window(_cube, size)


def _window(sea: Source, side: str) -> tuple[slice, slice]:
    """Return rows and columns of the region in the address, whole inside the cube."""
    asked = re.fullmatch(r"(-?\d{1,2}(?:\.\d+)?)_(-?\d{1,3}(?:\.\d+)?)", st.query_params.get("centre", ""))
    if side == "all" or not asked:
        return _default_window(sea.key, side, sea.cube)
    found = []
    for name, value in (("lat", float(asked[1])), ("lon", float(asked[2]))):
        at = sea.cube[name].values
        if not at[0] <= value <= at[-1]:
            return _default_window(sea.key, side, sea.cube)
        size = min(int(side), len(at))
        first = min(max(int(np.abs(at - value).argmin()) - size // 2, 0), len(at) - size)
        found.append(slice(first, first + size))
    return found[0], found[1]


def _bounds(cube: xr.DataArray, rows: slice, columns: slice) -> list[list[float]]:
    south, north, west, east = box(cube[:, rows, columns])
    return [[south, west], [north, east]]


def _overview(sea: Source) -> draw.Overlay:
    """Return the mean of all dates as a picture."""

    def pixels() -> np.ndarray:
        seen = np.isfinite(sea.cube.values)
        total = np.where(seen, sea.cube.values, 0).sum(0)
        mean = np.where(seen.any(0), total / np.maximum(seen.sum(0), 1), np.nan)
        shades = draw.shades(str(sea.cube.name), mean)
        shown = draw.as_read(str(sea.cube.name), mean)
        return draw.paint(shown, sea.cube.sea.values, shades, draw.zoom(sea.cube))

    return draw.placed((sea.key, "overview"), pixels, sea.cube)


def _quantity(t: Words, sea: Source, column: Any) -> str:
    """Draw the choice of the quantity; return its name."""
    offered = QUANTITIES if sea.cube.name == "log10_chl" else ("chl",)
    own = t(f"ocean.variables.{sea.cube.name}")
    return choose(
        column.selectbox, t("ocean.controls.quantity"), offered, name="quantity", default="chl",
        format_func=lambda name: own if name == "chl" else t(f"ocean.quantities.{name}"),
        help=t("ocean.controls.derived") if len(offered) > 1 else None,
    )  # fmt: skip


def title(t: Words, name: str) -> str:
    """Return the title of a method; its own name where the words do not know it."""
    return t(f"ocean.methods.{name}") if f"ocean.methods.{name}" in t else name.replace("_", " ")


def about(t: Words, name: str) -> str:
    """Return one sentence on how a method works and one on what it is bad at."""
    said = [t(key) for key in (f"ocean.method_is.{name}", f"ocean.method_bad.{name}") if key in t]
    return " ".join(said)


def _method(t: Words, sea: Source, column: Any, side: str) -> str:
    offered = compute.offered(sea.drivers is not None)
    pair = [name for name in (*PAIR, *offered) if name in offered]
    glossary = "\n\n".join(f"**{title(t, name)}** · {about(t, name)}" for name in offered)
    return choose(
        column.selectbox, t(f"ocean.controls.method_{side}"), offered, name=f"method_{side}",
        default=pair[0] if side == "a" else pair[1],
        format_func=lambda name: title(t, name) + (" ⏱" if METHODS[name].slow else ""), help=glossary,
    )  # fmt: skip


def _draws(t: Words, column: Any) -> tuple[int, int]:
    with labelled(t("ocean.controls.draws"), column):
        seed, members = st.session_state.get("seed", 0), st.session_state.get("members", 8)
        with st.popover(
            t("ocean.controls.draws_now", n=int(members)), icon=":material/casino:", width="stretch"
        ):
            members = number(st.slider, t("ocean.controls.members"), 2, 32, name="members", default=8)
            seed = number(st.number_input, t("ocean.controls.seed"), 0, 999_999, name="seed", default=0)
    return seed, members
