"""Is an explanation better than chance? On this parcel, and on many; forgetful, of one mind, and true."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from eogen.landcover.series.deletion import RANDOM
from pages.kit import export, progress, provenance
from pages.kit.address import number
from pages.kit.hall import Visitor
from pages.parts.landcover.seasons import explained, trust_data, trust_views
from pages.parts.landcover.seasons.state import State

#: Parcels on which explanations are tested.
LEAST, USUAL, MOST = 8, 24, 60


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("landcover.series.trust.lead"))
    columns = st.columns([1, 1, 0.6], vertical_alignment="bottom")
    chosen = explained.names(t, state, columns[:2], without=(RANDOM,))
    with columns[2]:
        count = number(
            st.number_input, t("landcover.series.trust.count"), LEAST, MOST, name="tested", default=USUAL, step=4
        )  # fmt: skip
    sides = explained.sides(state, chosen)
    found = trust_data.one(state, sides)
    st.header(t("landcover.series.trust.this", parcel=state.row + 1), anchor=False)
    for side, column, name in zip("ab", st.columns(2, gap="large"), chosen, strict=True):
        with column:
            st.markdown(f"**{explained.title(t, name)}**")
            trust_views.removal(t, found, name, key=f"trust_{side}")
    provenance.caption(state.provenance, t)
    st.caption(t("landcover.series.trust.note"))
    st.header(t("landcover.series.trust.all", count=count), anchor=False)
    held = progress.run(
        t("landcover.series.trust.working"),
        lambda report: trust_data.many(state, count, report),
        t,
        key=f"trust_{state.source}_{state.method}_{count}",
    )
    if held is not None:
        _many(guest, state, held)
    _export(guest, state, sides, held)


def _many(guest: Visitor, state: State, held: trust_data.Many) -> None:
    """Draw what many parcels say."""
    t = guest.words
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{t('landcover.series.trust.gains')}**")
        trust_views.gains(t, held)
        st.markdown(f"**{t('landcover.series.trust.forgets')}**")
        trust_views.forgets(t, held)
    with right:
        st.markdown(f"**{t('landcover.series.trust.matrix')}**")
        trust_views.matrix(t, held)
        true = trust_data.on_territory(state, held)
        if true is not None:
            trust_views.true_hits(t, true)


def _export(
    guest: Visitor, state: State, sides: tuple[explained.Side, ...], held: trust_data.Many | None
) -> None:
    name = f"trust-{state.source}-{state.row + 1}-{state.method}"
    files: list[export.File | export.Chart] = [
        export.Chart(f"trust_{side}", f"{name}-{side}", side.upper()) for side in "ab"
    ]
    if held is not None:
        files.append(export.Chart("season_agreement", f"{name}-agreement"))
        files.append(export.table(name, lambda: table(held)))
    export.bar(files, guest.words, key="trust")


def table(held: trust_data.Many) -> pd.DataFrame:
    """Return a row per explanation: mean gain and its error, what remains of it without learning, seconds."""
    found = held.found
    return pd.DataFrame(
        [
            {
                "explanation": name,
                "parcels": len(held.rows),
                "srg": found.mean(name).value,
                "srg_standard_error": found.mean(name).error,
                "correlation_with_untrained": found.remains[name].value if name in found.remains else float("nan"),
                "seconds": found.seconds.get(name, float("nan")),
            }
            for name in found.gain
        ]
    )  # fmt: skip
