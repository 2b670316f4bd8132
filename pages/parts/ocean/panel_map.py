"""The main panel: the sea before and after under one divider, its gap's score, one place through time."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
import xarray as xr

from eogen.ocean.gap import GapScore, gap_score
from eogen.ocean.methods import METHODS
from pages.kit import card, progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.ocean import compute, draw, exports, layers, menu, pixel, tiles
from pages.parts.ocean.layers import Layer
from pages.parts.ocean.state import State

#: What a method is compared with, whatever the pair.
BASELINE = "climatology"
SIDES = ("observed", "a", "b", "truth")
#: Thresholds of the probability layer.
GREEN = ("0.1", "0.2", "0.3", "0.5", "1", "2", "3", "5", "10", "20")
SHARES = ("10", "20", "30", "40", "50", "60", "70", "80")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    found = {name: _filled(t, state, name) for name in dict.fromkeys(state.methods)}
    left, right = st.columns([2, 1], gap="large")
    with left:
        here = st.container()
        chosen = _choices(t, state)
        with here:
            drawn = _map(t, state, found, chosen)
    with right:
        _legends(t, state, drawn)
        _scores(t, state, found)
        _cards(t, state, found)
    pixel.show(t, state, [name for name, made in found.items() if made is not None])
    exports.bar(t, state, {name: made for name, made in found.items() if made is not None})


def _filled(t: Words, state: State, name: str) -> xr.Dataset | None:
    """Return what a method makes of the date; None where it waits for a yes, was stopped or failed."""
    key = f"fill_{state.signature}_{name}_{state.frame}_{state.seed}_{state.members}"
    if compute.asks(state, name) and not st.session_state.get(f"yes_{key}"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"ask_{key}"):
            st.html(
                f'<p class="eo-muted">{t("ocean.map.slow", method=menu.title(t, name))}</p>', width="content"
            )
            st.button(
                t("ocean.map.run"),
                key=f"run_{key}",
                icon=":material/play_arrow:",
                on_click=_agree,
                args=(key,),
            )
        return None
    return progress.run(
        t("ocean.map.filling", method=menu.title(t, name)),
        lambda report: compute.filled(state, name, progress=report),
        t,
        key=key,
        drawn=partial(_sketch, t, state) if state.quantity == "chl" else None,
    )


def _sketch(t: Words, state: State, field: np.ndarray) -> None:
    """Draw what a method believes while it works."""
    mean = layers.read(state, np.where(state.sea, field, np.nan))
    tiles.grid([tiles.tile(mean, layers.scale(state), state.cut, t("ocean.map.sketch"))], least="16rem")


def _agree(key: str) -> None:
    st.session_state[f"yes_{key}"] = True


def _choices(t: Words, state: State) -> tuple[str, str, str, int, float]:
    """Draw what is shown on the two sides; return sides, layer, member, threshold."""
    names = {"observed": t("ocean.map.observed"), "a": menu.title(t, state.methods[0]),
             "b": menu.title(t, state.methods[1]), "truth": t("ocean.map.truth")}  # fmt: skip
    sides = [s for s in SIDES if s != "truth" or state.held is not None]
    columns = [*st.columns(2), *st.columns(2)]
    before, after = (
        choose(
            column.selectbox, t(f"ocean.map.{side}"), sides, name=side, default=default, key=f"{side}_{len(sides)}",
            format_func=names.__getitem__,
        )
        for column, side, default in zip(columns, ("before", "after"), ("observed", "a"), strict=False)
    )  # fmt: skip
    offered = [
        name for name in layers.LAYERS if name != "error" or state.held is not None or state.truth is not None
    ]
    layer = choose(
        columns[2].selectbox, t("ocean.map.layer"), offered, name="look", default="mean", key=f"look_{len(offered)}",
        format_func=lambda name: t(f"ocean.layers.{name}"), help=t("ocean.map.layer_help"),
    )  # fmt: skip
    member, threshold = 0, 1.0
    if layer == "member":
        with columns[3]:
            member = number(
                st.slider, t("ocean.map.member"), 1, state.members, name="member", default=1
            ) - 1  # fmt: skip
            st.button(t("ocean.map.shuffle"), key="shuffle", icon=":material/shuffle:", width="stretch",
                      on_click=_shuffle, args=(state.members,))  # fmt: skip
    elif layer == "probability":
        offered = SHARES if state.quantity != "chl" else _edges(state)
        threshold = float(
            choose(
                columns[3].selectbox, t("ocean.map.threshold"), offered, name="above",
                default=offered[len(offered) // 2], key=f"above_{state.quantity}_{state.cut.name}",
                format_func=lambda v: t.number(float(v), unit=layers.unit(state)),
            )
        )  # fmt: skip
    return before, after, layer, member, threshold


def _edges(state: State) -> tuple[str, ...]:
    if str(state.cut.name).startswith("log10_"):
        return GREEN
    low, high = np.nanquantile(state.cut.values, [0.05, 0.95])
    return tuple(dict.fromkeys(f"{v:.3g}" for v in np.linspace(low, high, 9)))


def _shuffle(members: int) -> None:
    """Show another sea that is just as possible."""
    now = int(st.session_state.get("member", 1))
    st.session_state["member"] = now % members + 1


def _map(
    t: Words, state: State, found: dict[str, xr.Dataset | None], chosen: tuple[str, str, str, int, float]
) -> list[Layer]:
    before, after, layer, member, threshold = chosen
    shown, names = [], []
    for side in (before, after):
        if side in ("observed", "truth"):
            one, name = layers.observed(t, state, side), t(f"ocean.map.{side}")
        else:
            method = state.methods["ab".index(side)]
            if (made := found[method]) is None:
                one, name = layers.observed(t, state, "observed"), t("ocean.map.observed")
            else:
                one = layers.of(t, state, made, layer, member, threshold)
                name = menu.title(t, method)
                if layer != "mean":
                    name += f" · {t(f'ocean.layers.{layer}')}"
        shown.append(one)
        names.append(name)
    shown = layers.alike(shown)
    pictures = [_picture(state, one) for one in shown]
    at = pixel.place(state)
    swiped = swipe(
        pictures[0], pictures[1],
        key="ocean_map",
        labels=draw.map_labels(
            t, map=t("ocean.map.alt", before=names[0], after=names[1], date=t.date(str(state.date)[:10])),
            before=names[0], after=names[1], bar=t("ocean.map.bar"),
        ),
        height=None, pixelated=True, rectangle=pixel.square(state, at) if at else None,
    )  # fmt: skip
    clicked = draw.cell(state.cut, swiped.clicked)
    if clicked is not None and state.sea[clicked] and clicked != at:
        pixel.put(state, clicked)
        st.rerun()  # the square is drawn by the map above; a click comes once, so this runs once
    provenance.caption(state.provenance, t)
    return shown


def _picture(state: State, one: Layer) -> draw.Overlay:
    pixels = partial(
        draw.paint, one.values, state.sea, one.scale, draw.zoom(state.cut),
        real_gap=state.real_gap, hidden=state.hidden, blank=one.blank,
    )  # fmt: skip
    return draw.placed((*one.key, one.scale.name, one.scale.low, one.scale.high), pixels, state.cut)


def _legends(t: Words, state: State, shown: list[Layer]) -> None:
    """Draw the scales of the two sides, and what lines and hatches mean."""
    for one in {(one.title, one.scale): one for one in shown}.values():
        at = draw.chl_ticks(one.scale) if one.scale.log else None
        st.html(scale_legend(one.scale, title=one.title, unit=one.unit, number=t.number, at=at))
    blank = any(one.blank for one in shown)
    hatched = any(not one.blank and not np.isfinite(one.values[state.sea]).all() for one in shown)
    st.html(draw.key_html(t, hidden=bool(state.hidden.any()), blank=blank, hatched=hatched))


def _scores(t: Words, state: State, found: dict[str, xr.Dataset | None]) -> None:
    """Draw the errors on what was withheld, the usual sea beside them."""
    if not state.hidden.any():
        st.caption(t("ocean.map.nothing_hidden"))
        return
    made = {name: one for name, one in found.items() if one is not None}
    if BASELINE not in made:
        made[BASELINE] = compute.filled(state, BASELINE, 0)
    truth = compute.seen(state, withheld=True)
    scores = {
        name: gap_score(one["mean"].values[0], one["sd"].values[0], truth, state.hidden)
        for name, one in made.items()
    }
    unit = layers.error_unit(state)
    st.markdown(f"**{t('ocean.map.error_title', unit=unit)}**")
    rows = [
        card.Bar(
            menu.title(t, name), float(layers.wide(state, s.rmse)), _interval(t, state, s),
            main=name == state.methods[0], low=float(layers.wide(state, s.low)),
            high=float(layers.wide(state, s.high)),
        )
        for name, s in scores.items()
    ]  # fmt: skip
    card.bars(
        rows, t, label=t("ocean.map.error_title", unit=unit), room="ocean", top=max(row.high for row in rows)
    )
    for name, s in scores.items():
        if name in state.methods:
            st.caption(
                t("ocean.map.inside", method=menu.title(t, name), half=s.inside_50, nine=s.inside_90,
                  bias=t.number(float(layers.wide(state, s.bias)), 3 if unit == "log₁₀" else 1, signed=True))
            )  # fmt: skip
    st.caption(t("ocean.map.cells", n=next(iter(scores.values())).n))


def _interval(t: Words, state: State, s: GapScore) -> str:
    digits = 3 if layers.error_unit(state) == "log₁₀" else 2
    return t.number(float(layers.wide(state, s.rmse)), digits)


def _cards(t: Words, state: State, found: dict[str, xr.Dataset | None]) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, made in found.items():
            if made is not None:
                provenance.model_card(_card(t, name, made), t, key=name, label=menu.title(t, name))


def _card(t: Words, name: str, made: xr.Dataset) -> dict[str, object]:
    """Return the card of a method: its weights' where it has some, else what it is."""
    row = METHODS[name]
    facts: dict[str, object] = {"notes": [menu.about(t, name), row.paper]}
    if row.model and (kept := exports.weights_card(row.model)):
        facts = kept | {"notes": [menu.about(t, name), row.paper, *kept.get("notes", [])]}
    return facts | {"seed": made.attrs.get("seed"), "code_version": made.attrs.get("eogen")}
