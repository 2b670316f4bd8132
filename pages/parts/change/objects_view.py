"""The objects above the limit: a table, the chosen one seen close, and what a person says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.raster import data_url
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.change import draw, judge
from pages.parts.change.state import State

#: Objects listed at most; the files have all of them.
MOST = 200


def area(t: Words, square_metres: float) -> str:
    """Write an area: m², or hectares from one on."""
    if square_metres >= 10_000:
        return t.number(float(f"{square_metres / 10_000:.3g}"), unit="ha")
    return t.number(float(f"{square_metres:.3g}"), unit="m²")


def choose(number: int) -> None:
    """Choose an object: it is outlined in gold and seen close."""
    if st.query_params.get("object") != str(number):
        st.query_params["object"] = str(number)
        st.rerun()


def listed(t: Words, state: State, name: str, table: pd.DataFrame, held: dict[str, str]) -> None:
    """Draw the table; a chosen row is the chosen object."""
    if not len(table):
        st.caption(t("change.objects.none"))
        return
    shown = table.nlargest(MOST, "peak_surprise")
    said = judge.all_said(state, shown, held)
    key = (t.lang, state.signature, state.usual, name, state.rate, state.least)
    rows = _rows(repr(key), t, shown).assign(
        **{t("change.objects.verdict"): [t(f"change.verdicts.{v}") if v else "–" for v in said]}
    )
    event = st.dataframe(
        rows, hide_index=True, width="stretch", height=min(38 + 35 * len(rows), 320),
        on_select="rerun", selection_mode="single-row",
        key=f"objects_{state.signature}_{name}_{state.rate}_{state.least}",
        alt=t("change.objects.alt", n=len(table)),
    )  # fmt: skip
    if len(table) > MOST:
        st.caption(t("change.objects.most", n=MOST, all=len(table)))
    picked = event.selection.rows if event else []
    key = f"change_picked_{state.signature}_{name}"
    if picked and picked != st.session_state.get(key):
        st.session_state[key] = picked
        choose(int(shown.iloc[picked[0]]["id"]))


@st.cache_data(show_spinner=False, max_entries=64)
def _rows(key: str, _t: Words, _shown: pd.DataFrame) -> pd.DataFrame:
    """Write what is measured of the objects, once per ``key``."""
    t, rows = _t, []
    for _, row in _shown.iterrows():
        one: dict[str, object] = {t("change.objects.id"): int(row["id"])}
        one[t("change.objects.area")] = (
            area(t, row["area_m2"]) if pd.notna(row["area_m2"]) else t.number(int(row["pixels"]), unit="px")
        )
        one[t("change.objects.mean")] = t.number(row["mean_surprise"], 1)
        one[t("change.objects.peak")] = t.number(row["peak_surprise"], 1)
        one[t("change.objects.centre")] = _centre(t, row)
        rows.append(one)
    return pd.DataFrame(rows)


def _centre(t: Words, row: pd.Series) -> str:
    if "lon" in row and pd.notna(row["lon"]):
        return f"{t.number(float(row['lat']), 4)}°, {t.number(float(row['lon']), 4)}°"
    return t("change.objects.at", row=int(row["row"]), column=int(row["column"]))


def chosen(
    t: Words,
    state: State,
    name: str,
    made: xr.Dataset,
    table: pd.DataFrame,
    numbers: xr.DataArray,
    held: dict[str, str],
) -> None:
    """Draw the chosen object close, and the three verdicts."""
    if not len(table):
        return
    number = judge.chosen(table)
    row = table[table["id"] == number].iloc[0]
    size = area(t, row["area_m2"]) if pd.notna(row["area_m2"]) else t.number(int(row["pixels"]), unit="px")
    st.markdown(t("change.objects.one", n=number, area=size, peak=t.number(row["peak_surprise"], 1)))
    key = (t.lang, state.signature, state.usual, name, state.rate, state.least, number)
    st.html(_close(repr(key), t, state, made, row, numbers.values))
    judge.buttons(t, state, name, row, held)


@st.cache_data(show_spinner=False, max_entries=128)
def _close(
    key: str, _t: Words, _state: State, _made: xr.Dataset, _row: pd.Series, _numbers: np.ndarray
) -> str:
    """Return the object before, after and as the estimator sees it, as HTML; drawn once per ``key``."""
    t, state, made, row, numbers = _t, _state, _made, _row, _numbers
    rows, columns = state.shape
    reach = max(int(row["bottom"] - row["top"]), int(row["right"] - row["left"]), 12) * 2
    reach = min(reach, rows, columns)
    top = int(min(max(row["row"] - reach / 2, 0), rows - reach))
    left = int(min(max(row["column"] - reach / 2, 0), columns - reach))
    cut = (slice(top, top + reach), slice(left, left + reach))
    p = made.p_value.values
    heat = draw.surprise_scale(p).colour(draw.surprise(p[cut]))[..., :3]
    pictures = {
        "before": draw.natural(state.key, state.images, state.first)[cut],
        "after": draw.natural(state.key, state.images, state.second)[cut],
        "surprise": heat,
    }
    cells = ""
    times = max(1, 240 // reach)
    for label, pixels in pictures.items():
        large = draw.outlined(draw.up(pixels, times), numbers[cut], times, {int(row["id"]): draw.CHOSEN})
        text = escape(t(f"change.objects.{label}"))
        cells += (
            f'<figure style="margin:0"><img alt="{text}" src="{data_url(large)}" style="width:100%;display:block;'
            f'border-radius:6px;image-rendering:pixelated"><figcaption style="font-size:.85rem">{text}</figcaption>'
            "</figure>"
        )
    return f'<div style="display:grid;grid-template-columns:repeat(3,1fr);gap:.5rem">{cells}</div>'
