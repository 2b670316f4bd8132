"""The main panel: before and after under one divider, surprise over them, and the list of objects above the limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.raster import Overlay
from pages.kit import progress, provenance
from pages.kit.address import choose, number
from pages.kit.card import metric_html
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.change import compute, draw, exports, judge, objects_view, science, titles
from pages.parts.change.state import State

SIDES = ("before", "after", "a", "b")
HEAT = ("a", "b", "none")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    wanted = dict.fromkeys(state.methods)
    found = {name: run(t, state, name) for name in wanted}
    left, right = st.columns([1.3, 1], gap="large")
    with left:
        here = st.container()
        chosen = _choices(t)
        main = state.methods[1] if chosen[2] == "b" else state.methods[0]
        made = found.get(main)
        table = None if made is None else compute.objects(state, main)
        held = judge.known()
        with here:
            _map(t, state, found, chosen, table, held)
    with right:
        if made is not None and table is not None:
            _numbers(t, state, main, made, table[0])
        _legend(t, state, found)
        _cards(t, found)
        if made is not None and table is not None:
            objects_view.chosen(t, state, main, made, *table, held)
    if made is not None and table is not None:
        objects_view.listed(t, state, main, table[0], held)
        exports.bar(t, state, main, made, table[0])


def run(t: Words, state: State, name: str) -> xr.Dataset | None:
    """Return an estimator's map with its p-values; None where it waits for a yes, was stopped or failed."""
    key = f"score_{state.signature}_{name}_{state.usual}"
    if compute.asks(state, name) and not st.session_state.get(f"yes_{key}"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"ask_{key}"):
            st.caption(t("change.map.slow", method=titles.method(t, name)), width="content")
            st.button(
                t("change.map.run"),
                key=f"run_{key}",
                icon=":material/play_arrow:",
                on_click=_agree,
                args=(key,),
            )
        return None
    return progress.run(
        t("change.map.scoring", method=titles.method(t, name)),
        lambda report: compute.p_values(state, name, report),
        t,
        key=key,
    )


def _agree(key: str) -> None:
    st.session_state[f"yes_{key}"] = True


def _choices(t: Words) -> tuple[str, str, str, int]:
    """Draw what is shown on the two sides and over them; return both sides, whose surprise, its opacity in percent."""
    columns = st.columns(4)
    sides = [
        choose(
            column.selectbox, t(f"change.map.{side}_side"), SIDES, name=side, default=default,
            format_func=lambda s: t(f"change.map.side_{s}"),
        )
        for column, side, default in zip(columns, ("left", "right"), ("before", "after"), strict=False)
    ]  # fmt: skip
    heat = choose(
        columns[2].selectbox, t("change.map.heat"), HEAT, name="heat", default="a",
        format_func=lambda h: t(f"change.map.heat_{h}"),
    )  # fmt: skip
    opacity = number(
        columns[3].slider, t("change.map.opacity"), 0, 100, name="opacity", default=55, format="%d %%"
    )
    return sides[0], sides[1], heat, opacity


def _name(t: Words, state: State, side: str) -> str:
    if side in ("a", "b"):
        return titles.method(t, state.methods[side == "b"])
    day = state.date(state.first if side == "before" else state.second)
    return f"{t(f'change.map.side_{side}')} · {t.date(day)}" if day else t(f"change.map.side_{side}")


def _map(
    t: Words,
    state: State,
    found: dict[str, xr.Dataset | None],
    chosen: tuple[str, str, str, int],
    table: tuple[pd.DataFrame, xr.DataArray] | None,
    held: dict[str, str],
) -> None:
    """Draw the two sides under one divider; a click chooses the object there."""
    left, right, heat, opacity = chosen
    over = None if heat == "none" else found.get(state.methods[heat == "b"])
    numbers = None if table is None else table[1].values
    colours = {} if table is None else judge.colours(state, table[0], held)
    told = swipe(
        *(_picture(state, found, side, over, opacity, numbers, colours) for side in (left, right)),
        key="change_map",
        labels=draw.map_labels(
            t, map=t("change.map.map"), before=_name(t, state, left), after=_name(t, state, right),
            bar=t("change.map.bar"),
        ),
        height=None, pixelated=True,
    )  # fmt: skip
    provenance.caption(state.provenance, t)
    at = draw.cell(state.images, told.clicked)
    if at is not None and numbers is not None and numbers[at]:
        objects_view.choose(int(numbers[at]))


def _picture(
    state: State,
    found: dict[str, xr.Dataset | None],
    side: str,
    over: xr.Dataset | None,
    opacity: int,
    numbers: np.ndarray | None,
    colours: dict[int, tuple[int, int, int]],
) -> Overlay:
    own = found.get(state.methods[side == "b"]) if side in ("a", "b") else None
    named = tuple(d.attrs.get("estimator") if d is not None else None for d in (own, over))
    rims = (state.rate, state.least, tuple(colours.items()))
    key = ("map", state.signature, state.usual, side, named, opacity if over is not None else 0, rims)

    def pixels() -> np.ndarray:
        times = draw.zoom(state.shape)
        which = state.first if side == "before" else state.second
        base = draw.natural(state.key, state.images, which)
        if own is not None:
            base = draw.surprise_scale(own.p_value.values).colour(draw.surprise(own.p_value.values))[..., :3]
        elif over is not None and opacity:
            p = over.p_value.values
            heat = draw.surprise_scale(p).colour(draw.surprise(p), alpha_by_value=True)
            base = draw.over(base, heat, opacity / 100)
        large = draw.up(base, times)
        return large if numbers is None else draw.outlined(large, numbers, times, colours)

    return draw.placed(key, pixels, state.images)


def _numbers(t: Words, state: State, name: str, made: xr.Dataset, frame: pd.DataFrame) -> None:
    """Write how many objects, how large together, and the raw value of the limit."""
    raw = science.limit(made, compute.known(state, name), state.rate)
    valid = int(state.valid.sum())
    pixels = int(frame["pixels"].sum()) if len(frame) else 0
    known = len(frame) and frame["area_m2"].notna().all()
    area = objects_view.area(t, float(frame["area_m2"].sum())) if known else t.number(pixels, unit="px")
    cells = [
        metric_html(t("change.map.count"), t.number(len(frame))),
        metric_html(t("change.map.area"), area, t("change.map.share", share=pixels / max(valid, 1))),
        metric_html(
            t("change.map.limit"),
            t.number(raw, 2),
            t("change.map.limit_note", rate=titles.rate(t, state.rate)),
        ),
    ]
    grid = "display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.8rem"
    st.html(f'<div style="{grid}">{"".join(cells)}</div>')
    if made.attrs.get("calibration") == "self":
        st.caption(t("change.map.own_law"))


def _legend(t: Words, state: State, found: dict[str, xr.Dataset | None]) -> None:
    shown = [made for made in found.values() if made is not None]
    if not shown:
        return
    scale = draw.surprise_scale(shown[0].p_value.values)
    st.html(
        scale_legend(
            scale, title=t("change.map.legend"), number=t.number,
            ends=(t("change.public.usual"), t("change.public.unusual")),
        )
    )  # fmt: skip
    st.html(judge.legend(t))


def _cards(t: Words, found: dict[str, xr.Dataset | None]) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, made in found.items():
            if made is not None:
                label = f"{titles.method(t, name)} · {t.duration(float(made.attrs.get('seconds', 0.0)))}"
                provenance.model_card(titles.card(t, name, made), t, key=f"change_{name}", label=label)
