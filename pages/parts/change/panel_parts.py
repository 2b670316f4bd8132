"""What the score is made of: bands, terms of the likelihood, levels of noise, the two directions in time."""

from __future__ import annotations

import numpy as np
import streamlit as st
import xarray as xr

from eogen.colour import Scale
from eogen.raster import data_url
from pages.kit import provenance
from pages.kit.address import choose
from pages.kit.card import Bar, bars
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.change import compute, panel_map, titles
from pages.parts.change.state import State

#: Longest side of a small picture, px.
SIDE = 256


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("change.parts.lead"))
    name = choose(
        st.segmented_control, t("change.parts.whose"), list(dict.fromkeys(state.methods)), name="whose",
        default=state.methods[0], key=f"whose_{'_'.join(state.methods)}", format_func=lambda n: titles.method(t, n),
        required=True,
    )  # fmt: skip
    made = panel_map.run(t, state, name)
    if made is None:
        return
    if "parts" not in made:
        st.info(t("change.parts.none", method=titles.method(t, name)), icon=":material/category:")
        return
    st.html(_grid(t, made))
    provenance.caption(state.provenance, t)
    left, right = st.columns(2, gap="large")
    with left:
        st.html(
            scale_legend(Scale("cividis", 0, 100), title=t("change.parts.legend"), unit="%", number=t.number)
        )
    with right:
        _weights(t, state, name, made)


def part_name(t: Words, name: str) -> str:
    """Return the name of a part; of one the words do not know, its own (bands, noise levels)."""
    key = f"change.parts.names.{name}"
    return t(key) if key in t else name.replace("_", " ")


def _grid(t: Words, made: xr.Dataset) -> str:
    """Return every part as a small picture, each on its own scale of ranks, as HTML."""
    cells = ""
    step = max(1, max(made.sizes["y"], made.sizes["x"]) // SIDE)
    for name in made.part.values.astype(str):
        values = made["parts"].sel(part=name).values[::step, ::step]
        low, high = np.nanquantile(values, [0.02, 0.98]) if np.isfinite(values).any() else (0.0, 1.0)
        scale = Scale("cividis", float(low), float(high) if high > low else float(low) + 1)
        text = escape(part_name(t, name))
        cells += (
            f'<figure style="margin:0"><img alt="{text}" src="{data_url(scale.colour(values))}" style="display:block;'
            'width:100%;border-radius:6px;image-rendering:pixelated"><figcaption style="font-size:.9rem">'
            f"{text}</figcaption></figure>"
        )
    columns = "repeat(auto-fill,minmax(min(15rem,46%),1fr))"
    return f'<div style="display:grid;gap:.7rem;grid-template-columns:{columns}">{cells}</div>'


def _weights(t: Words, state: State, name: str, made: xr.Dataset) -> None:
    """Draw how much of the score each part carries where the objects are: its rank correlation with the whole."""
    _, numbers = compute.objects(state, name)
    inside = (numbers.values > 0) & np.isfinite(made.nll.values)
    if not inside.any():
        st.caption(t("change.objects.none"))
        return
    st.markdown(f"**{t('change.parts.carried')}**")
    rows = []
    known = np.isfinite(made.nll.values)
    for part in made.part.values.astype(str):
        values = made["parts"].sel(part=part).values
        good = known & np.isfinite(values)
        if not good.any():
            continue
        own = np.sort(values[good])
        rank = (
            np.searchsorted(own, np.median(values[inside & good])) / len(own)
            if (inside & good).any()
            else np.nan
        )
        rows.append(Bar(part_name(t, part), float(rank), main=rank > 0.95))
    bars(sorted(rows, key=lambda b: -b.value), t, label=t("change.parts.carried"), room="change")
    st.caption(t("change.parts.carried_note"))
