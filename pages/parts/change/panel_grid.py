"""Estimators side by side, zoomed together, the classical baselines among them; and those that cannot be asked."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
import xarray as xr

from eogen.change.methods import METHODS
from pages.kit import provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.maps.layers import picture
from pages.kit.maps.legend import scale_legend
from pages.kit.words import Words
from pages.parts.change import compute, draw, panel_map, titles
from pages.parts.change.state import State

#: Shown first: the two that are chosen, and these where they are.
FEW = ("cva_zscore", "ir_mad", "gaussian_pmi", "fusion")
#: Command that makes the weights of a network.
COMMAND = "python -m eogen train change {model}"


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("change.grid.lead"))
    offered = compute.offered(state.pair)
    kinds = list(dict.fromkeys(METHODS[name].kind for name in offered))
    group = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"), t("change.grid.which"),
        ["few", *kinds, "all"], name="which", default="few", format_func=lambda k: t(f"change.grid.{k}"),
    )  # fmt: skip
    names = [n for n in dict.fromkeys([*state.methods, *FEW]) if n in offered]
    if group != "few":
        names = [n for n in offered if group in ("all", METHODS[n].kind)]
    cells: list[tuple[str, np.ndarray | None]] = [("before", None), ("after", None)]
    shown: xr.Dataset | None = None
    for name in names:
        made = panel_map.run(t, state, name)
        if made is not None:
            cells.append((name, made.p_value.values))
            shown = shown if shown is not None else made
    columns = 3
    for first in range(0, len(cells), columns):
        row = st.columns(columns, gap="small")
        for column, (name, p) in zip(row, cells[first : first + columns], strict=False):
            with column:
                _one(t, state, name, p)
    provenance.caption(state.provenance, t)
    if shown is not None:
        st.html(
            scale_legend(
                draw.surprise_scale(shown.p_value.values), title=t("change.map.legend"), number=t.number,
                ends=(t("change.public.usual"), t("change.public.unusual")),
            )
        )  # fmt: skip
    _missing(t, state)


def _one(t: Words, state: State, name: str, p: np.ndarray | None) -> None:
    """Draw one picture of the grid; all pan and zoom together."""
    if p is None:
        which = state.first if name == "before" else state.second
        title = t(f"change.map.side_{name}")
        pixels = lambda: draw.up(draw.natural(state.key, state.images, which), draw.zoom(state.shape))
    else:
        title = titles.method(t, name)
        pixels = lambda: draw.up(
            draw.surprise_scale(p).colour(draw.surprise(p))[..., :3], draw.zoom(state.shape)
        )
    picture(
        draw.placed(("grid", state.signature, state.usual, name), pixels, state.images), key=f"change_grid_{name}",
        group="change_grid", pixelated=True, clickable=False,
        labels=draw.map_labels(
            t, map=t("change.grid.picture", what=title), opacity=t("change.map.opacity"), title=title
        ),
    )  # fmt: skip


def _command(name: str) -> str:
    """Return what brings the weights of an estimator."""
    row = METHODS[name]
    if row.brings:
        from eogen.change.adapters.folder import status

        return status(row.brings).get
    return COMMAND.format(model=row.model or name)


def _missing(t: Words, state: State) -> None:
    """List the estimators that cannot be asked here, with the reason and what to do."""
    found = compute.missing(state.pair)
    if not found:
        return
    st.markdown(f"**{t('change.grid.missing')}**")
    for name, why in found.items():
        row = METHODS[name]
        if why == "bands":
            needed = [" / ".join(group) for group in row.needs]
            st.markdown(t("change.grid.no_bands", method=titles.method(t, name), needed=needed))
        else:
            st.markdown(t("change.grid.no_weights", method=titles.method(t, name)))
            st.code(_command(name), language="bash", wrap_lines=True)
