"""The fractions skill score by scale and threshold: how far must one step back for the satellite to be right?"""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
import xarray as xr

from eogen.rain.scores_fss import LEAST
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.parts.rain import fss_view, subjects
from pages.parts.rain.state import State

#: The whole sequence, or the map that is looked at.
OVER = ("all", "one")


@st.cache_data(show_spinner=False, max_entries=24)
def _table(key: str, which: int, _pair: xr.Dataset) -> xr.Dataset:
    part = _pair if which < 0 else _pair.isel(time=[which])
    return fss_view.table(part["precipitation"], part["radar"])


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.fss.lead"))
    columns = st.columns(2, vertical_alignment="bottom")
    offered = [subjects.DAY]
    given = subjects.uploaded(t)
    if given is not None and given.grid:
        offered.append(subjects.UPLOAD)
    name = subjects.pick(t, columns[0], offered, key="fss_maps", label=t("rain.subjects.label"))
    of = given if name == subjects.UPLOAD and given is not None else subjects.day(state)
    pair = of.maps
    if not fss_view.widths(pair["precipitation"]):
        st.info(t("rain.fss.small"), icon=":material/zoom_out_map:")
        return
    over = choose(
        partial(columns[1].segmented_control, required=True), t("rain.fss.over"), OVER, name="fss_over", default="all",
        format_func=lambda o: t(f"rain.fss.over_{o}"),
    )  # fmt: skip
    which = -1 if over == "all" else min(state.at, pair.sizes["time"] - 1)
    found = progress.run(
        t("rain.fss.computing"), lambda report: _table(of.key, which, pair), t, key=f"fss_{of.key}_{which}"
    )  # fmt: skip
    if found is None:
        return
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        figures.show(fss_view.picture(t, found), key="rain_fss", alt=t("rain.fss.alt"), expert=True)
        provenance.caption(of.provenance, t)
    with right:
        st.markdown(t("rain.fss.reading"))
        if bool(found["fss"].isnull().any()):
            st.markdown(t("rain.fss.hidden", least=t.percent(LEAST, 1)))
        table: pd.DataFrame = fss_view.shares(t, found)
        st.dataframe(table, hide_index=True, width="stretch", alt=t("rain.fss.shares_alt"))
    export.bar(
        [export.table(f"rain-fss-{of.key}", partial(fss_view.listed, found)), export.Chart("rain_fss", "rain-fss")],
        t, key="rain_fss",
    )  # fmt: skip
