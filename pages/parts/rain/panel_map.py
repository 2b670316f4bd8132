"""The map of cells: typical rain maps framed by their score, the card of a cell, and whether the map holds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.rain.collapse import collapse
from eogen.rain.examples import TARGETS
from eogen.rain.som_scores import topographic_error, u_matrix
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose
from pages.kit.card import metric_html
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.provenance import Provenance
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.rain import cards_view, fits, names, som_view
from pages.parts.rain.cards import Cells, cells
from pages.parts.rain.som_view import Board
from pages.parts.rain.state import State


def show(guest: Visitor, state: State) -> None:
    """Draw the panel; it does not depend on the day of the page."""
    t = guest.words
    st.markdown(t("rain.map.lead"))
    columns = st.columns([1.4, 1, 1.2], vertical_alignment="bottom")
    offered = fits.offered(clusters=True)
    name = choose(
        columns[0].selectbox, t("rain.common.method"), offered, name="method", default=fits.first(offered),
        key="map_method", format_func=lambda n: fits.label(t, n),
    )  # fmt: skip
    score = choose(
        columns[1].selectbox, t("rain.map.colour_by"), TARGETS, name="score", default="cc_log", key="map_score",
        format_func=lambda s: names.score(t, s),
    )  # fmt: skip
    if fits.absent(t, name):
        return
    held = progress.run(t("rain.map.fitting"), lambda report: cells(name), t, key=f"cells_{name}")
    if held is None:
        return
    cell = _chosen(t, columns[2], held, score, name)
    value = held.cards[score].to_numpy(float)
    grid = held.of.model.grid
    board = Board(
        held.prototypes,
        value,
        held.cards["count"].to_numpy(),
        som_view.places(len(value), grid, value),
        score,
    )
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        key = f"rain_cells_{name}"
        figures.show(
            som_view.picture(t, board, cell), key=key, alt=t("rain.map.alt"), on_select="rerun",
            selection_mode="points",
        )  # fmt: skip
        st.caption(t("rain.map.touch") + ("" if grid else " " + t("rain.map.ordered")))
        provenance.caption(Provenance("simulated", place=t("rain.place"), quantity=names.method(t, name)), t)
        _legends(t, board)
        if not fits.METHODS[name].model:
            st.caption(t("rain.map.quick", days=len(np.unique(held.past.seed)), n=len(held.past.cluster)))
        elif (about := fits.card(name)) is not None:
            provenance.model_card(about, t, key=f"rain_{name}")
    with right:
        cards_view.show(t, held, cell, score)
    cards_view.members(t, held, cell, score)
    _quality(t, held, grid)
    export.bar(
        [export.table(f"rain-cells-{name}", partial(saved, held)), export.Chart(key, f"rain-cells-{name}")], t,
        key="rain_cells",
    )  # fmt: skip
    to_validation(t, "families", rain_method=name)


def _chosen(t: Words, column: object, held: Cells, score: str, name: str) -> int:
    """Draw the choice of a cell; a cell that was touched comes first. Return its number."""
    key = f"cell_{name}"
    chart = st.session_state.get(f"rain_cells_{name}")
    touched = (
        next((p["customdata"] for p in chart["selection"]["points"] if "customdata" in p), None)
        if chart
        else None
    )
    if touched is not None:
        touched = int(touched[0] if isinstance(touched, list) else touched)
        if st.session_state.get("rain_touched") != (name, touched):
            st.session_state["rain_touched"] = (name, touched)
            st.session_state[key] = str(touched + 1)
    fullest = int(held.cards["count"].to_numpy().argmax())

    def said(number: str) -> str:
        row = held.cards.loc[int(number) - 1]
        value = t.number(float(row[score]), 2) if np.isfinite(row[score]) else "–"
        return t("rain.map.cell_option", cell=int(number), value=value, n=int(row["count"]))

    found = choose(
        column.selectbox, t("rain.map.cell"), [str(k + 1) for k in range(len(held.cards))], name="cell",
        default=str(fullest + 1), key=key, format_func=said,
    )  # fmt: skip
    return int(found) - 1


def _legends(t: Words, board: Board) -> None:
    """Draw what the frames and the rain mean."""
    one, two = st.columns(2)
    scale = names.scale(board.score, board.value[np.isfinite(board.value)])
    one.html(scale_legend(scale, title=names.score(t, board.score), number=t.number))
    one.caption(names.better(t, board.score))
    if board.prototypes is None:
        two.caption(t("rain.map.no_prototype"))
    else:
        two.html(som_view.rain_legend(t))


def _quality(t: Words, held: Cells, grid: tuple[int, int] | None) -> None:
    """Draw whether the map holds: errors, occupancy, the alarm, and the U-matrix."""
    st.markdown(f"**{t('rain.map.quality')}**")
    use = collapse(held.cards["count"].to_numpy())
    left, right = st.columns([1, 1], gap="large")
    with left:
        error = None
        if grid is not None:
            error = topographic_error(held.past.latent, fits.centres(held.of), grid)
        st.html(
            f'<div style="{cards_view.GRID}">'
            + metric_html(t("rain.map.qe"), t.number(float(held.past.distance.mean()), 2), t("rain.map.qe_note"))
            + metric_html(
                t("rain.map.te"), "–" if error is None else t.percent(error, 1),
                t("rain.map.no_te") if error is None else t("rain.map.te_note"),
            )
            + metric_html(t("rain.map.largest"), t.percent(use.largest, 1), t("rain.map.largest_note"))
            + metric_html(
                t("rain.map.effective"), t.number(use.effective, 1), t("rain.map.effective_note", n=use.clusters)
            )
            + "</div>"
        )  # fmt: skip
        facts = {"largest": t.percent(use.largest), "empty": use.empty, "n": use.clusters}
        facts["effective"] = t.number(use.effective, 1)
        if use.alarm:
            st.warning(t("rain.map.collapsed", **facts), icon=":material/warning:")
        else:
            st.caption(t("rain.map.steady", **facts))
    with right:
        if grid is not None:
            st.markdown(f"**{t('rain.map.u_matrix')}**")
            between = u_matrix(fits.centres(held.of), grid)
            figures.show(som_view.distances(t, between), key="rain_u", alt=t("rain.map.u_alt"), expert=True)
            st.caption(t("rain.map.u_note"))


def saved(held: Cells) -> pd.DataFrame:
    """Return the cards as they are saved."""
    return held.cards.reset_index().assign(cell=lambda f: f["cell"] + 1)
