"""The choice of what is hidden on purpose: whose clouds, moved how far, or drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from pages.kit.address import choose, number
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.ocean import brush, draw, gaps
from pages.parts.ocean.scratch import shape
from pages.parts.ocean.sources import Source
from pages.parts.ocean.state import box

_DRAWN = "ocean_drawn"


def labelled(label: str, column: Any) -> Any:
    """Write the label of a button that opens something, where a menu has its own; return the place for the button."""
    place = column.container(gap=None)
    place.html(f'<p class="eo-label">{escape(label)}</p>')
    return place


def gap(
    t: Words, sea: Source, cut: xr.DataArray, frame: int, column: Any, detail: Any
) -> tuple[str, np.ndarray | None, int | None]:
    """Draw the choice of the artificial gap; return its kind, what is withheld, and whose clouds hide."""
    found = gaps.donors(cut, frame)
    offered = [kind for kind in gaps.KINDS if kind != "donor" or found]
    kind = choose(
        column.selectbox, t("ocean.controls.gap"), offered, name="gap", default="donor" if found else "drawn",
        key=f"gap_{'donor' if found else 'none'}", format_func=lambda name: t(f"ocean.gaps.{name}"),
        help="\n\n".join(f"**{t(f'ocean.gaps.{k}')}** · {t(f'ocean.gap_is.{k}')}" for k in offered),
    )  # fmt: skip
    mask, donor = None, None
    if kind == "donor":
        donor = _donor(t, sea, cut, frame, found, detail)
        mask = gaps.donated(cut, donor)
    elif kind == "moved":
        mask = _moved(t, cut, frame, detail)
    elif kind == "drawn":
        mask = _drawn(t, sea, cut, frame, detail)
    else:
        detail.selectbox(t("ocean.controls.detail"), ["–"], disabled=True, key="gap_nothing")
    return kind, gaps.held(cut, frame, mask), donor


def _donor(t: Words, sea: Source, cut: xr.DataArray, frame: int, found: list[int], detail: Any) -> int:
    names = {str(cut.time.values[u])[:16]: u for u in found}
    chosen = choose(
        detail.selectbox, t("ocean.controls.donor"), list(names), name="donor", default=next(iter(names)),
        key=f"donor_{sea.name}_{frame}", format_func=lambda name: t.date(name[:10]),
    )  # fmt: skip
    return names[chosen]


def _moved(t: Words, cut: xr.DataArray, frame: int, detail: Any) -> np.ndarray:
    reach = max(cut.shape[1:]) // 2
    with (
        labelled(t("ocean.controls.detail"), detail),
        st.popover(t("ocean.controls.move"), icon=":material/open_with:", width="stretch"),
    ):
        north, east = (
            number(st.slider, t(f"ocean.controls.{way}"), -reach, reach, name=way, default=12)
            for way in ("north", "east")
        )
    return gaps.moved(cut, frame, north, east)


def _drawn(t: Words, sea: Source, cut: xr.DataArray, frame: int, detail: Any) -> np.ndarray:
    """Draw the painter; return what was painted and applied, from the session or the address."""
    size = cut.shape[1:]
    token = f"{sea.key}-{box(cut)}-{frame}"
    kept = st.session_state.get(_DRAWN)
    if kept is None or kept.shape != size:
        kept = gaps.unpacked(st.query_params.get("mask", ""), size)
    if kept is None:
        kept = np.zeros(size, bool)
        kept[size[0] // 3 : 2 * size[0] // 3, size[1] // 3 : 2 * size[1] // 3] = True
    with (
        labelled(t("ocean.controls.detail"), detail),
        st.popover(t("ocean.controls.paint"), icon=":material/brush:", width="stretch"),
    ):
        name = str(cut.name)
        pixels = draw.paint(
            draw.as_read(name, cut.values[frame]),
            cut.sea.values,
            draw.shades(name, cut.values),
            draw.zoom(cut),
        )
        south, north, west, east = box(cut)
        drawn = brush.brush(
            pixels, kept, key="ocean_brush", token=token, shape=shape([[south, west], [north, east]]),
            labels={word: t.text(f"ocean.brush.{word}") for word in brush.WORDS},
        )  # fmt: skip
    if drawn is not None:
        kept = drawn
    st.session_state[_DRAWN] = kept
    text = gaps.packed(kept)
    if len(text) <= gaps.LONGEST:
        st.query_params["mask"] = text
    return kept & cut.sea.values
