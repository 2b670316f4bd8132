"""Size classes of phytoplankton (micro, nano, pico): a composition stays one when it is filled, or it does not."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from eogen.catalog.paths import room_folder
from eogen.errors import Unavailable
from eogen.ocean import pft
from eogen.ocean.size_classes import CLASSES, RELATIONS
from pages.kit import export, progress
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.provenance import badge_html
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.ocean import composition_views, content, titles
from pages.parts.ocean.composition import Composed, composed
from pages.parts.ocean.state import State

SECTIONS = ("ternary", "maps", "closure")
#: Draws of the composition.
MEMBERS = 8


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.composition.lead"))
    if str(state.cut.name) != "log10_chl":
        st.info(
            t("ocean.composition.only_chl", name=titles.variable(t, str(state.cut.name))),
            icon=":material/eco:",
        )
        return
    columns = st.columns([1, 1.2, 1.6])
    name = choose(
        columns[0].selectbox, t("ocean.common.method"), list(dict.fromkeys(state.methods)), name="psc_method",
        default=state.methods[0], format_func=lambda m: titles.method(t, m),
    )  # fmt: skip
    relation = choose(
        columns[1].selectbox, t("ocean.composition.relation"), list(RELATIONS), name="relation", default="brewin2015",
        format_func=lambda r: t(f"ocean.composition.relations.{r}"),
    )  # fmt: skip
    section = choose(
        partial(columns[2].segmented_control, required=True), t("ocean.ensemble.section"), SECTIONS, name="psc",
        default=SECTIONS[0], format_func=lambda s: t(f"ocean.composition.sections.{s}"),
    )  # fmt: skip
    st.html(
        f'<div class="eo-caption">{badge_html("derived", t)}<p>'
        f"{escape(t('ocean.composition.derived', relation=t(f'ocean.composition.relations.{relation}')))}</p></div>"
    )
    key = f"psc_{state.signature}_{relation}_{name}_{state.seed}_{state.frame}"
    if not content.agreed(t, name, key):
        return
    found = progress.run(
        t("ocean.composition.working", method=titles.method(t, name)),
        lambda report: composed(state, relation, name, MEMBERS, report),
        t,
        key=key,
    )
    if found is None:
        return
    if not found.filled.any():
        st.caption(t("ocean.ensemble.complete"))
        return
    {"ternary": composition_views.ternary, "maps": composition_views.maps, "closure": _closure}[section](
        t, state, found
    )
    stem = f"eogen-ocean-psc-{str(state.date)[:10]}-{name}"
    charts = {"ternary": ["ternary"], "closure": ["closure"]}.get(section, [])
    export.bar(
        [
            *(export.Chart(f"ocean_{key}", f"{stem}-{key}") for key in charts),
            export.table(stem, lambda: table(state, found)),
        ],
        t, key="ocean_composition", address=False,
    )  # fmt: skip


def _closure(t: Words, state: State, found: Composed) -> None:
    """Show by how much classes filled one by one miss the whole, beside what others published."""
    composition_views.closure(t, found)
    try:
        rows = anchors()
    except Unavailable:
        st.caption(t("ocean.composition.no_anchor"))
        return
    composition_views.anchors(t, rows)


@st.cache_data(show_spinner=False, max_entries=2)
def _anchors(folder: str) -> dict[str, dict[str, float]]:
    series = pft.read(Path(folder))
    return {name: vars(pft.closure(s)) for name, s in series.items()}


def anchors() -> dict[str, dict[str, Any]]:
    """Return the closure of the published series by name; ``test`` is that of the withheld observations.

    Raises:
        Unavailable: ``ocean_pft_absent`` when they are not on this machine.
        InputError: ``ocean_pft_file``.
    """
    return _anchors(str(room_folder("ocean") or "."))


def table(state: State, found: Composed) -> pd.DataFrame:
    """Return the filled cells: ``lat``, ``lon``, the parts filled together, the sum over CHL filled apart."""
    row, column = np.nonzero(found.filled)
    made = {"lat": state.cut.lat.values[row], "lon": state.cut.lon.values[column]}
    made |= {name: found.together[k][row, column] for k, name in enumerate(CLASSES)}
    return pd.DataFrame(made | {"sum_over_chl_filled_apart": found.ratio[row, column]})
