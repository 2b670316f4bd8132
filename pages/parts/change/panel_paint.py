"""Paint a change into the pair and see whether it is found; and how large and how strong a change must be."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.change.calibrate import p_values
from eogen.change.detect import detectability
from eogen.change.methods import score
from eogen.change.plant import paints, plant
from eogen.progress import Progress
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.maps.layers import picture
from pages.kit.maps.legend import class_legend
from pages.kit.words import Words
from pages.parts.change import compute, draw, titles
from pages.parts.change.state import OWN, State, digest

#: Sides (pixels) and opacities of the detectability curve, and squares of each.
SIDES, CONTRASTS, SQUARES = (1, 2, 4, 8, 12), (0.25, 0.5, 0.75, 1.0), 20
#: Stamps kept at most; a stamp counts as found when so much of it lies above the limit.
MOST, COVERED = 12, 0.2
FOUND, MISSED = (95, 240, 180), (255, 90, 90)


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("change.paint.lead"))
    columns = st.columns([1.2, 1, 1, 1], vertical_alignment="bottom")
    offered = paints(state.pair)
    kind = choose(
        columns[0].selectbox, t("change.paint.kind"), offered, name="paint", default=offered[0],
        key=f"paint_{len(offered)}", format_func=lambda k: t(f"change.paint.kinds.{k}"),
    )  # fmt: skip
    radius = number(
        columns[1].slider, t("change.paint.radius"), 1, 20, name="radius", default=5, format="%d px"
    )
    contrast = number(
        columns[2].slider, t("change.paint.contrast"), 10, 100, name="contrast", default=80, format="%d %%"
    )
    stamps = _stamps(state)
    columns[3].button(
        t("change.paint.clear"),
        icon=":material/ink_eraser:",
        on_click=_clear,
        disabled=not stamps,
        width="stretch",
    )
    made = _tried(t, state, stamps, kind, contrast / 100)
    left, right = st.columns(2, gap="medium")
    with left:
        spot = picture(
            _picture(state, made, stamps, "after"), key="change_paint", pixelated=True, group="change_paint",
            labels=draw.map_labels(
                t, map=t("change.paint.map"), opacity=t("change.map.opacity"), title=t("change.map.side_after")
            ),
        )  # fmt: skip
        st.caption(t("change.paint.how"))
    with right:
        picture(
            _picture(state, made, stamps, "surprise"), key="change_painted", pixelated=True, group="change_paint",
            clickable=False,
            labels=draw.map_labels(
                t, map=t("change.paint.surprise"), opacity=t("change.map.opacity"),
                title=titles.method(t, state.methods[0]),
            ),
        )  # fmt: skip
        _said(t, state, made, stamps)
    provenance.caption(state.provenance, t)
    at = draw.cell(state.images, spot)
    if at is not None and not any(stamp[:2] == at for stamp in stamps):
        kept = [*stamps, (*at, radius)][-MOST:]
        st.query_params["stamps"] = ".".join("-".join(map(str, s)) for s in kept)
        st.rerun()
    _curve(t, state, kind)


def _clear() -> None:
    st.query_params.pop("stamps", None)


def _stamps(state: State) -> list[tuple[int, int, int]]:
    """Return the stamps (row, column, radius) in the address that lie in the image."""
    asked = st.query_params.get("stamps", "")
    if not re.fullmatch(r"(\d{1,4}-\d{1,4}-\d{1,2}(\.\d{1,4}-\d{1,4}-\d{1,2})*)?", asked):
        return []
    found = [tuple(int(v) for v in s.split("-")) for s in asked.split(".") if s][:MOST]
    return [s for s in found if s[0] < state.shape[0] and s[1] < state.shape[1] and 1 <= s[2] <= 20]


def discs(shape: tuple[int, int], stamps: list[tuple[int, int, int]]) -> np.ndarray:
    """Return (y, x) the number of the stamp, 0 elsewhere."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    found = np.zeros(shape, np.int32)
    for k, (row, column, radius) in enumerate(stamps, 1):
        found[np.hypot(y - row, x - column) < radius] = k
    return found


@st.cache_resource(show_spinner=False, max_entries=12)
def _painted(
    key: str, name: str, _state: State, _mask: np.ndarray, kind: str, contrast: float
) -> tuple[xr.DataArray, np.ndarray]:
    images = plant(_state.pair, _mask, kind, contrast)
    how = None if _state.normalise == OWN else _state.normalise
    found = score(images, name, normalise=how, smooth=_state.smooth)
    return images, p_values(found, compute.known(_state, name)).p_value.values


def _tried(
    t: Words, state: State, stamps: list[tuple[int, int, int]], kind: str, contrast: float
) -> tuple[xr.DataArray, np.ndarray] | None:
    """Return the painted pair and the p-values of the first estimator; None where it was stopped."""
    name = state.methods[0]
    if not stamps:
        made = progress.run(
            t("change.map.scoring", method=titles.method(t, name)),
            lambda report: compute.p_values(state, name, report), t,
            key=f"score_{state.signature}_{name}_{state.usual}",
        )  # fmt: skip
        return None if made is None else (state.pair, made.p_value.values)
    mask = discs(state.shape, stamps) > 0
    key = digest(state.signature, state.usual, stamps, kind, contrast)
    return progress.run(
        t("change.map.scoring", method=titles.method(t, name)),
        lambda report: _painted(key, name, state, mask, kind, contrast), t, key=f"paint_{key}_{name}",
    )  # fmt: skip


def _hits(state: State, p: np.ndarray, stamps: list[tuple[int, int, int]]) -> list[bool]:
    numbers = discs(state.shape, stamps)
    inside = [(numbers == k) & state.valid for k in range(1, len(stamps) + 1)]
    return [bool(here.any()) and bool((p[here] <= state.rate).mean() >= COVERED) for here in inside]


def _picture(
    state: State, made: tuple[xr.DataArray, np.ndarray] | None, stamps: list[tuple[int, int, int]], side: str
) -> object:
    p = None if made is None else made[1]
    hits = [] if p is None else _hits(state, p, stamps)

    def pixels() -> np.ndarray:
        times = draw.zoom(state.shape)
        if side == "surprise" and p is not None:
            base = draw.surprise_scale(p).colour(draw.surprise(p))[..., :3]
        else:
            # The stretch is that of the plain pair, so that paint changes nothing else.
            images = state.pair if made is None else made[0]
            base = draw.natural(f"{state.key}-{state.first}-{state.second}", images, 1)
        colours = {k: FOUND if hit else MISSED for k, hit in enumerate(hits, 1)}
        return draw.outlined(draw.up(base, times), discs(state.shape, stamps), times, colours)

    shown = "" if p is None else digest(p)
    return draw.placed(
        ("paint", state.signature, side, tuple(stamps), tuple(hits), shown), pixels, state.images
    )


def _said(
    t: Words, state: State, made: tuple[xr.DataArray, np.ndarray] | None, stamps: list[tuple[int, int, int]]
) -> None:
    if made is None:
        return
    if not stamps:
        st.markdown(t("change.paint.nothing"))
        return
    hits = _hits(state, made[1], stamps)
    st.markdown(t("change.paint.score", found=sum(hits), n=len(hits), rate=titles.rate(t, state.rate)))
    st.html(
        class_legend(
            [(draw.css(FOUND), t("change.paint.found")), (draw.css(MISSED), t("change.paint.missed"))]
        )
    )


def _curve(t: Words, state: State, kind: str) -> None:
    """Draw how often a change of each size and strength is found, on demand."""
    name = state.methods[0]
    st.markdown(f"**{t('change.paint.curve')}**")
    key = f"detect_{state.signature}_{name}_{kind}_{state.rate}_{state.usual}"
    if not st.session_state.get(f"yes_{key}"):
        st.button(
            t("change.paint.measure"),
            icon=":material/play_arrow:",
            on_click=_agree,
            args=(key,),
            key="measure",
        )
        return
    rows = progress.run(
        t("change.paint.measuring"),
        lambda report: _detected(digest(key), name, state, kind, report),
        t,
        key=key,
    )
    if rows is None:
        return
    fig = figures.figure(
        t, x=figures.axis(t("change.paint.side"), "px", tickvals=list(SIDES)),
        y=figures.axis(t("change.paint.share"), "%", range=[-3, 103]), height=320, legend=True,
    )  # fmt: skip
    for k, contrast in enumerate(CONTRASTS):
        own = rows[rows["contrast"] == contrast]
        share = 100 * own["share"]
        fig.add_scatter(
            x=own["size"], y=share, mode="lines+markers",
            name=f"{t('change.paint.contrast')} {t.percent(contrast)}",
            error_y={
                "array": 100 * own["high"] - share, "arrayminus": share - 100 * own["low"], "thickness": 1, "width": 3,
            },
            line={"color": figures.SEQUENCE[k], "dash": titles.DASHES[k], "width": 2}, marker={"size": 8},
            hovertemplate="%{y:.0f} %<extra>%{x} px</extra>",
        )  # fmt: skip
    figures.show(fig, key="change_detect", alt=t("change.paint.curve_alt"), expert=True)
    st.caption(t("change.paint.curve_note", n=SQUARES, rate=titles.rate(t, state.rate)))
    stem = f"change-{state.name}-detectability".replace("/", "-")
    export.bar(
        [export.table(stem, lambda: rows), export.Chart("change_detect", stem)], t, key="change_detect"
    )


def _agree(key: str) -> None:
    st.session_state[f"yes_{key}"] = True


@st.cache_resource(show_spinner=False, max_entries=12)
def _detected(key: str, name: str, _state: State, kind: str, _progress: Progress) -> pd.DataFrame:
    how = None if _state.normalise == OWN else _state.normalise
    made = detectability(
        _state.pair, name, SIDES, CONTRASTS, kind=kind, rate=_state.rate, squares=SQUARES, normalise=how,
        smooth=_state.smooth, progress=_progress,
    )  # fmt: skip
    return made[["share", "low", "high", "found", "planted", "ap", "step"]].to_dataframe().reset_index()
