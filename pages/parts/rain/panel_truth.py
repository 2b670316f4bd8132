"""True against predicted on days that no model has seen: R², Spearman, slope, coverage, beside the baselines."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.progress import Progress, staged
from eogen.rain.basis import Margins
from eogen.rain.blocks import LEVEL
from eogen.rain.conformal import coverage
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.skill import skill
from pages.kit import export, figures, progress
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.parts.rain import fits, more_days, names
from pages.parts.rain import truth_view as view
from pages.parts.rain.state import State

#: Always beside the chosen method.
BESIDE = ("wet_fraction", "age_only", "forest")
Row = dict[str, tuple[float, float, float]]
Bounds = dict[str, tuple[np.ndarray, np.ndarray]]


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.truth.lead"))
    columns = st.columns([1.4, 1, 1], vertical_alignment="bottom")
    offered = [n for n in fits.offered() if n not in BESIDE[:2]]
    name = choose(
        columns[0].selectbox, t("rain.common.method"), offered, name="method", default=fits.best(offered),
        key="truth_method", format_func=lambda n: fits.label(t, n),
    )  # fmt: skip
    score = choose(
        columns[1].selectbox, t("rain.common.score"), TARGETS, name="score", default="cc_log", key="truth_score",
        format_func=lambda s: names.score(t, s),
    )  # fmt: skip
    count = number(
        columns[2].slider, t("rain.truth.days"), 2, 8, name="held", default=3, help=t("rain.truth.days_help")
    )  # fmt: skip
    if fits.absent(t, name):
        return
    seeds = more_days.after(state, count)
    found = progress.run(
        t("rain.truth.computing"), partial(_all, name, fits.stamp(name), tuple(seeds), more_days.CELLS), t,
        key=f"truth_{name}_{seeds[0]}_{count}",
    )  # fmt: skip
    if found is None:
        return
    held, predicted, bounds = found
    rows = {n: measured(held, predicted[n], bounds[n], score) for n in predicted}
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        low, high = bounds[name][score]
        figures.show(
            view.picture(t, truth_of(held, score), predicted[name][score].to_numpy(float), low, high,
                         held.time.astype("datetime64[D]").astype(str), score),
            key="rain_truth", alt=t("rain.truth.alt"), expert=True,
        )  # fmt: skip
        st.caption(t("rain.truth.note", level=t.percent(LEVEL), n=len(held), days=count))
    with right:
        figures.show(
            view.bars(t, {n: rows[n]["r2"] for n in rows}, name, t("rain.truth.r2")), key="rain_truth_r2",
            alt=t("rain.truth.r2_alt"), expert=True,
        )  # fmt: skip
        st.caption(t("rain.truth.few", days=count))
    st.dataframe(view.table(t, rows), hide_index=True, width="stretch", alt=t("rain.truth.table_alt"))
    export.bar(
        [export.table("rain-true-predicted", partial(listed, held, predicted, bounds)),
         export.Chart("rain_truth", "rain-true-predicted")],
        t, key="rain_truth",
    )  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=8)
def _all(
    name: str, stamp: float, seeds: tuple[int, ...], cells: tuple[int, int], _progress: Progress
) -> tuple[Examples, dict[str, pd.DataFrame], dict[str, Bounds]]:
    """Return held-out maps, what each method predicts of them, and the intervals of each score."""
    real_time = fits.METHODS[name].real_time
    held = fits.examples(seeds, real_time, staged(_progress, "simulate"))
    predicted, bounds = {}, {}
    beside = ("wet_fraction", "age_only", "forest_early" if real_time else "forest")
    for one in (name, *(b for b in beside if b != name)):
        of = fits.found(one)
        predicted[one] = of.model.predict(held).scores[list(TARGETS)]
        low, high = Margins(of, LEVEL).interval(predicted[one])
        bounds[one] = {score: (low[:, k], high[:, k]) for k, score in enumerate(TARGETS)}
    return held, predicted, bounds


def truth_of(held: Examples, score: str) -> np.ndarray:
    """Return the true scores (n,)."""
    return held.scores[score].to_numpy(float)


def measured(held: Examples, predicted: pd.DataFrame, bounds: Bounds, score: str) -> Row:
    """Return how well a score is predicted, each measure with its interval by days."""
    truth, said = truth_of(held, score), predicted[score].to_numpy(float)
    found = skill(truth, said, held.days, draws=200)
    inside = coverage(truth, *bounds[score], held.days, draws=200)
    row = {k: found[k] for k in ("r2", "spearman", "slope")}
    return row | {"coverage": (inside["share"], inside["low"], inside["high"])}


def listed(
    held: Examples,
    predicted: dict[str, pd.DataFrame],
    bounds: dict[str, Bounds],
) -> pd.DataFrame:
    """Return one row a map, method and score, as it is saved."""
    parts = []
    for name, table in predicted.items():
        for score in TARGETS:
            low, high = bounds[name][score]
            parts.append(
                pd.DataFrame(
                    {"time": held.time, "seed": held.block, "method": name, "score": score,
                     "true": truth_of(held, score), "predicted": table[score].to_numpy(float), "low": low, "high": high}
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)
