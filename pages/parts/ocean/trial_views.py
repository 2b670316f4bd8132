"""Figures, tables and sentences of the trial."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eogen.ocean import scores
from eogen.ocean.trial import Trial
from eogen.ocean.variables import variable
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.ocean import shades, titles, trial_table

#: Scores without a unit.
PURE = ("r", "coverage_50", "coverage_90", "spread_skill")


def score_axis(t: Words, score: str, quantity: str) -> dict:
    """Return the axis of a score, with its unit."""
    return figures.axis(t(f"ocean.measures.{score}"), "" if score in PURE else shades.error_unit(quantity))


def board_figure(
    t: Words,
    board: pd.DataFrame,
    trials: Mapping[str, Trial],
    score: str,
    main: str,
    quantity: str,
    times: np.ndarray,
) -> go.Figure:
    """Return a row per method: its dates as dots, the pooled score as a diamond with its 95 % interval."""
    names = [n for n in board.index.unique("method") if (n, score) in board.index]
    said = [titles.method(t, n) for n in names]
    # The row below the last leaves room for the words at the dotted line.
    y = titles.axis(t, range=[len(names), -0.6])
    figure = figures.figure(
        t, x=score_axis(t, score, quantity), y=y, height=100 + 42 * len(names), legend=True
    )
    titles.bare(figure, "yaxis")
    figure.update_xaxes(showgrid=True, gridcolor="rgba(128,128,128,.22)")
    tint = titles.colours(names, main)
    for number, name in enumerate(names):
        frames = trial_table.per_frame(trials[name])
        days = [t.date(v) for v in times[frames.index]]
        figure.add_scatter(
            x=frames[score], y=[said[number]] * len(frames), mode="markers", text=days, showlegend=number == 0,
            marker={"color": tint[name], "size": 7, "opacity": 0.4}, name=t("ocean.trial.one_date"),
            hovertemplate="%{text} · %{x:.3f}<extra>" + said[number] + "</extra>",
        )  # fmt: skip
    rows = [board.loc[(n, score)] for n in names]
    figure.add_scatter(
        x=[r["value"] for r in rows], y=said, mode="markers", name=t("ocean.trial.pooled"),
        marker={"color": [tint[n] for n in names], "size": 12, "symbol": "diamond",
                "line": {"width": 1, "color": "rgba(128,128,128,.9)"}},
        error_x={"type": "data", "symmetric": False, "array": [r["high"] - r["value"] for r in rows],
                 "arrayminus": [r["value"] - r["low"] for r in rows], "thickness": 2, "width": 5,
                 "color": "rgba(128,128,128,.95)"},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    floor = variable(quantity).floor
    if score in trial_table.IDEAL:
        _mark(figure, trial_table.IDEAL[score], t("ocean.trial.ideal"))
    elif score == "rmse" and floor:
        _mark(figure, floor, t("ocean.trial.floor"))
    return figure


def _mark(figure: go.Figure, at: float, said: str) -> None:
    figure.add_vline(
        x=at, line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5}, annotation_text=said,
        annotation_position="bottom right", annotation_font_size=11,
    )  # fmt: skip


def board(
    t: Words,
    board: pd.DataFrame,
    trials: Mapping[str, Trial],
    score: str,
    main: str,
    quantity: str,
    times: np.ndarray,
) -> None:
    """Draw :func:`board_figure`."""
    figure = board_figure(t, board, trials, score, main, quantity, times)
    alt = t("ocean.trial.board_alt", score=t(f"ocean.measures.{score}"))
    figures.show(figure, key="ocean_board", alt=alt, expert=True)
    st.caption(t("ocean.trial.board_note"))


def table(t: Words, board: pd.DataFrame) -> pd.DataFrame:
    """Return the leaderboard as it is read: RMSE and CRPS with their intervals; the files have all of them."""
    rows = []
    for name in board.index.unique("method"):
        here = board.loc[name]
        row = {t("ocean.common.method"): titles.method(t, name)}
        for score in ("rmse", "crps", "mae", "bias", "r", "coverage_50", "coverage_90"):
            label = t(f"ocean.measures.{score}")
            if score not in here.index:
                row[label] = "–"
                continue
            one = here.loc[score]
            row[label] = t.number(one["value"], 3, signed=score == "bias")
            if score in ("rmse", "crps"):
                row[label] += f" [{t.number(one['low'], 3)} ; {t.number(one['high'], 3)}]"
        row[t("ocean.trial.frame_rmse")] = t.number(here.loc["rmse", "frame_value"], 3)
        row[t("ocean.trial.seconds")] = t.duration(float(here["seconds"].iloc[0]))
        rows.append(row)
    return pd.DataFrame(rows)


def classes_figure(
    t: Words, trials: Mapping[str, Trial], by: str, score: str, main: str, quantity: str
) -> go.Figure | None:
    """Return the score by class, a line per method; None when no class has enough cells."""
    found = trial_table.by_class(trials, by, score)
    if found.empty:
        return None
    groups = [g for g in trial_table.order_of(by) if g in set(found["class"])]
    axis = figures.axis(t(f"ocean.trial.by_{by}"), "px" if by == "distance" else "")
    figure = figures.figure(
        t, x=axis, y=score_axis(t, score, quantity), height=310 + 18 * len(trials), legend=True
    )
    tint = titles.colours(trials, main)
    for number, name in enumerate(trials):
        here = found[found["method"] == name].set_index("class").reindex(groups)
        figure.add_scatter(
            x=[group_name(t, g) for g in groups], y=here["value"], mode="lines+markers", name=titles.method(t, name),
            line={"color": tint[name], "width": 3 if name == main else 1.8,
                  "dash": "solid" if name == main else titles.DASHES[1 + number % 5]},
            marker={"size": 8, "symbol": titles.SYMBOLS[number % len(titles.SYMBOLS)]}, customdata=here["n"],
            hovertemplate="%{y:.3f} · n = %{customdata}<extra>" + titles.method(t, name) + "</extra>",
        )  # fmt: skip
    if score in trial_table.IDEAL:
        figure.add_hline(
            y=trial_table.IDEAL[score], line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5}
        )
    return figure


def group_name(t: Words, group: str) -> str:
    """Return the name of a class of cells in the reader's language."""
    return t(f"ocean.groups.{group_key(group)}")


def classes(t: Words, trials: Mapping[str, Trial], by: str, score: str, main: str, quantity: str) -> None:
    """Draw :func:`classes_figure`."""
    figure = classes_figure(t, trials, by, score, main, quantity)
    if figure is None:
        st.caption(t("ocean.trial.no_class", n=trial_table.FEWEST))
        return
    alt = t("ocean.trial.classes_alt", score=t(f"ocean.measures.{score}"))
    figures.show(figure, key="ocean_classes", alt=alt, expert=True)


def verdicts(t: Words, trials: Mapping[str, Trial], main: str, unit: str) -> list[str]:
    """Say who wins in all and where a simple method wins, in sentences."""
    value = lambda v: t.number(v, 3, unit=unit)
    pooled = {
        n: float(scores.from_sums(scores.frame_sums(o.cells).to_numpy().sum(0))["rmse"])
        for n, o in trials.items()
    }
    best = min(pooled, key=lambda n: pooled[n])
    said = [t("ocean.trial.best", method=titles.method(t, best), value=value(pooled[best]))]
    if best != main:
        sure = trial_table.apart(trials, main, best)
        facts = {"method": titles.method(t, main), "value": value(pooled[main])}
        said.append(t("ocean.trial.beaten" if sure else "ocean.trial.tied", **facts))
    won = trial_table.winners(trials)
    simple = won[won["kind"] == "simple"]
    if len(won) and len(simple) == len(won):
        said.append(t("ocean.trial.everywhere"))
    elif simple.empty:
        said.append(t("ocean.trial.nowhere"))
    own = trial_table.by_class({best: trials[best]}, "distance", "rmse").set_index("class")["value"]
    for _, row in simple[simple["method"] != best].iterrows():
        facts = {
            "where": t(f"ocean.trial.at_{group_key(row['class'])}"), "method": titles.method(t, row["method"]),
            "value": value(row["value"]), "best": titles.method(t, best), "other": value(own[row["class"]]),
        }  # fmt: skip
        sure = trial_table.apart(trials, row["method"], best, "distance", row["class"])
        said.append(t("ocean.trial.simple_wins" if sure else "ocean.trial.simple_ties", **facts))
    return said


def group_key(group: str) -> str:
    """Return the class of cells as a word of the words files; distances are ``near`` to ``farthest``."""
    return dict(zip(scores.DISTANCE_NAMES, ("near", "close", "far", "farthest"), strict=True)).get(
        group, group
    )


def donors(t: Words, one: Trial) -> pd.DataFrame:
    """Return the scored dates, whose clouds hid them, and how many cells."""
    counts = one.cells.groupby("frame").size()
    return pd.DataFrame(
        {
            t("ocean.common.date"): [t.date(d) for d in one.signature.frames],
            t("ocean.trial.donor"): list(one.signature.donors),
            t("ocean.trial.cells"): [int(counts.get(f, 0)) for f in one.frames],
        }
    )
