"""The three questions of the what-if panel: their controls, the season they make, and the seasons along the slider."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import streamlit as st

from eogen.errors import InputError
from eogen.landcover.series import edits
from pages.kit import figures
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.landcover.seasons.picks import several
from pages.parts.landcover.seasons.season_figures import NDVI, month_axis
from pages.parts.landcover.seasons.state import State

EDITS = ("harvest", "clouds", "band")
#: Months by which the harvest comes later.
LATER = tuple(f"{k / 2:g}" for k in range(-4, 7))
#: Factors of a band, and points of reflectance (percent) added to it.
TIMES = tuple(f"{k / 4:g}" for k in range(9))
PLUS = tuple(f"{k}" for k in range(-30, 31, 5))
FOUND = "found"
#: What each control is when nothing is changed.
NOTHING = {"later": "0", "clouds": [], "times": "1", "plus": "0"}


@dataclass(frozen=True)
class Edit:
    """A question that was put, and the seasons it makes.

    Attributes:
        name: of :data:`EDITS`.
        said: the supposition, in the reader's language, to be followed by what the machine says.
        season: (month, band), as it was changed.
        steps: (k,) places on the axis of the slider.
        seasons: (k, month, band) along it.
        axis: of the slider.
        at: where the slider stands, or none.
        quantity: what is drawn at first.
        truly: options of :func:`eogen.landcover.series.territory_otherwise.otherwise` that make it true; none where
            the simulation knows no such year.
        note: what the reader must know besides.
    """

    name: str
    said: str
    season: np.ndarray
    steps: list[float]
    seasons: np.ndarray
    axis: dict
    at: list[float]
    quantity: str = NDVI
    truly: dict | None = None
    note: str = ""
    hidden: list[int] = field(default_factory=list)

    def same(self, state: State) -> bool:
        """Return whether nothing was changed."""
        return bool(np.array_equal(self.season, state.series, equal_nan=True))


def chosen(t: Words, state: State) -> Edit | None:
    """Draw the question and its controls; return the season it makes, none where there is nothing to change."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="what_if_question"):
        name = choose(
            partial(st.segmented_control, required=True, label_visibility="collapsed"),
            t("landcover.series.what_if.question"), EDITS, name="edit", default=EDITS[0],
            format_func=lambda e: t(f"landcover.series.what_if.edits.{e}"),
        )  # fmt: skip
        st.button(
            t("landcover.series.what_if.reset"), key="what_if_reset", icon=":material/undo:", type="tertiary",
            on_click=_reset, help=t("landcover.series.what_if.reset_help"),
        )  # fmt: skip
    return {"harvest": _harvest, "clouds": _clouds, "band": _band}[name](t, state)


def _reset() -> None:
    st.session_state.update({k: list(v) if isinstance(v, list) else v for k, v in NOTHING.items()})


def _harvest(t: Words, state: State) -> Edit | None:
    left, right = st.columns([2, 1])
    later = float(
        choose(
            left.select_slider, t("landcover.series.what_if.later"), LATER, name="later", default="1",
            format_func=lambda s: t.number(float(s), signed=True),
        )
    )  # fmt: skip
    try:
        found = edits.harvest(state.series, state.model.bands)
    except InputError as error:
        if error.code != "series_when_no_harvest":
            raise
        found = None
    names = state.month_names(t)
    last = choose(
        right.selectbox, t("landcover.series.what_if.ripe"), [FOUND, *(str(k) for k in range(1, len(names)))],
        name="ripe", default=FOUND,
        format_func=lambda s: (
            t("landcover.series.what_if.found" if found is not None else "landcover.series.what_if.not_found",
              month=names[found or 0])
            if s == FOUND
            else names[int(s) - 1]
        ),
    )  # fmt: skip
    held = found if last == FOUND else int(last) - 1
    if held is None:
        st.info(t("landcover.series.what_if.no_harvest", least=edits.LEAST_FALL), icon=":material/grass:")
        return None
    key = "none" if not later else "after" if later > 0 else "before"
    said = t(f"landcover.series.what_if.said.harvest_{key}", months=abs(later))
    axis = figures.axis(
        t("landcover.series.what_if.axes.later"), t("landcover.series.compared.months"),
        tickvals=[float(s) for s in LATER[::2]], ticktext=[t.number(float(s), signed=True) for s in LATER[::2]],
    )  # fmt: skip
    steps = [float(s) for s in LATER]
    seasons = np.stack([edits.later(state.series, s, held) for s in steps])
    return Edit(
        "harvest", said, edits.later(state.series, later, held), steps, seasons, axis, [later],
        truly={"harvest_months": later},
        note=t("landcover.series.what_if.how.harvest", month=names[held]),
    )  # fmt: skip


def _clouds(t: Words, state: State) -> Edit:
    names = state.month_names(t)
    numbers = [str(int(str(month)[5:7])) for month in state.months]
    hidden = several(
        partial(st.pills, selection_mode="multi"), t("landcover.series.what_if.cloudy"), numbers, name="clouds",
        default=["7"], format_func=lambda n: names[numbers.index(n)],
    )  # fmt: skip
    rows = [numbers.index(n) for n in hidden]
    said = t("landcover.series.what_if.said.no_clouds")
    if rows:
        listed = t.list([t(f"landcover.series.month_names.{n}") for n in hidden])
        said = t("landcover.series.what_if.said.clouds", months=listed, count=len(rows))
    seasons = np.stack([edits.hidden(state.series, [k]) for k in range(len(names))])
    return Edit(
        "clouds", said, edits.hidden(state.series, rows), list(range(len(names))), seasons,
        month_axis(t, names) | {"title": {"text": t("landcover.series.what_if.axes.cloudy")}}, [],
        truly={"cloudy_months": tuple(int(n) for n in hidden)},
        note=t("landcover.series.what_if.how.clouds"), hidden=rows,
    )  # fmt: skip


def _band(t: Words, state: State) -> Edit:
    names = state.month_names(t)
    numbers = [str(int(str(month)[5:7])) for month in state.months]
    first, second, third = st.columns(3)
    band = choose(
        first.selectbox, t("landcover.series.what_if.band"), list(state.model.bands), name="edited_band",
        default="B08" if "B08" in state.model.bands else state.model.bands[0],
        format_func=lambda b: t("bands.label", band=b, name=t(f"bands.{b}")),
    )  # fmt: skip
    month = choose(
        second.selectbox, t("landcover.series.what_if.month"), numbers, name="edited_month",
        default="7" if "7" in numbers else numbers[0], format_func=lambda n: names[numbers.index(n)],
    )  # fmt: skip
    how = choose(
        partial(third.segmented_control, required=True), t("landcover.series.what_if.how_much"),
        ("times", "plus"), name="by", default="times",
        format_func=lambda h: t(f"landcover.series.what_if.by.{h}"),
    )  # fmt: skip
    row, named = numbers.index(month), t(f"bands.{band}")

    def made(amount: float) -> np.ndarray:
        options = {"factor": amount} if how == "times" else {"delta": amount / 100}
        return edits.brighter(state.series, state.model.bands, months=[row], only=[band], **options)

    offered = TIMES if how == "times" else PLUS
    amount = float(
        choose(
            st.select_slider, t(f"landcover.series.what_if.amount.{how}", band=named), offered, name=how,
            default="0.5" if how == "times" else "-10",
            format_func=lambda s: (
                f"× {t.number(float(s))}" if how == "times" else t.number(int(s), signed=True, unit="%")
            ),
        )
    )  # fmt: skip
    said = t(
        f"landcover.series.what_if.said.{how}", band=named, amount=amount,
        month=t(f"landcover.series.month_names.{month}"),
    )  # fmt: skip
    seen = np.isfinite(state.series[row]).all()
    return Edit(
        "band", said, made(amount), [float(s) for s in offered], np.stack([made(float(s)) for s in offered]),
        figures.axis(t(f"landcover.series.what_if.axes.{how}", band=named), "" if how == "times" else "%"),
        [amount], band,
        note=t("landcover.series.what_if.how.band" if seen else "landcover.series.what_if.unseen", month=names[row]),
    )  # fmt: skip
