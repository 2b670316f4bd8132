"""The controls of the seasons: which parcels, which one, which model, which class is explained."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.kit import progress
from pages.kit.address import choose, number
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, sources
from pages.parts.landcover.seasons.state import State


def state(t: Words, columns: list[Any]) -> State:
    """Draw the controls in four columns; return what is on the screen."""
    offered = sources.offered()
    source = choose(
        columns[0].selectbox, t("landcover.series.controls.source"), offered, name="parcels", default=offered[0],
        format_func=lambda s: t(f"landcover.series.sources.{s}"),
    )  # fmt: skip
    held = sources.parcels(source)
    count = held.sizes["parcel"]
    row = number(
        columns[1].number_input, t("landcover.series.controls.parcel", count=count), 1, count, name="parcel", default=1
    )  # fmt: skip
    known = compute.offered(source)
    method = choose(
        columns[2].selectbox, t("landcover.series.controls.model"), known, name="reader", default=known[0],
        format_func=lambda m: t(f"landcover.series.models.{m}.name"),
    )  # fmt: skip
    kept = progress.run(
        t("landcover.series.controls.learning"), partial(compute.knows, source, method), t,
        key=f"learn_{source}_{method}",
    )  # fmt: skip
    if kept is None:
        st.stop()
    series = held["reflectance"].values[row - 1]
    model, learnt = kept.unseen_by(series)
    key = (source, str(held.attrs.get("title")), method, str(model is kept.whole), str(kept.fold(series)))
    # Names, not numbers: in another set of parcels the number is another class.
    order = [model.classes[c] for c in (-compute.probability(key, model, series)).argsort()]
    target = choose(
        columns[3].selectbox, t("landcover.series.controls.target"), order, name="explained", default=order[0],
        key=f"explained_{source}_{row}_{method}",
        format_func=lambda c: t(f"landcover.series.classes.{c}.name"),
    )  # fmt: skip
    return State(
        source, held, row - 1, method, model, kept.whole, learnt, model.classes.index(target),
        sources.provenance(source, t), key,
    )  # fmt: skip
