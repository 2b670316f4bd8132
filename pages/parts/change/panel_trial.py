"""The trial: estimators against the label where there is one; curves, reliability, and a row for each image."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.progress import Progress
from pages.kit import export, figures, progress
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.change import bench, panel_map, scoring, titles
from pages.parts.change.scoring import Curve
from pages.parts.change.state import State

#: What every trial is beside, whatever the pair of estimators.
BASELINES = ("cva_zscore", "rx")
SCOPES = ("pair", "set")
SCORES = ("ap", "auroc", "best_f1", "f1", "mean_f1")
#: Points of a drawn curve.
POINTS = 300


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("change.trial.lead"))
    several = len(bench.others(state)) > 1
    scope = "pair"
    if several:
        scope = choose(
            partial(st.segmented_control, required=True, label_visibility="collapsed"), t("change.trial.scope"), SCOPES,
            name="scope", default="pair", format_func=lambda s: t(f"change.trial.scope_{s}"),
        )  # fmt: skip
    if scope == "set":
        _set(t, state)
    else:
        _pair(t, state)


def _names(state: State) -> list[str]:
    return list(dict.fromkeys([*state.methods, *BASELINES]))


def _pair(t: Words, state: State) -> None:
    if state.label is None or not (state.label == 1).any() or not (state.label == 0).any():
        st.info(t("change.trial.no_label"), icon=":material/label_off:")
        _realised_without(t, state)
        return
    found: dict[str, Curve] = {}
    for name in _names(state):
        made = panel_map.run(t, state, name)
        if made is not None:
            one = scoring.curve(made.nll.values, made.p_value.values, state.label, state.rate)
            if one is not None:
                found[name] = one
    if not found:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{t('change.trial.pr')}**")
        figures.show(_pr(t, state, found), key="change_pr", alt=t("change.trial.pr_alt"), expert=True)
    with right:
        st.markdown(f"**{t('change.trial.roc')}**")
        figures.show(_roc(t, state, found), key="change_roc", alt=t("change.trial.roc_alt"), expert=True)
    st.dataframe(
        table(t, {n: vars(c) for n, c in found.items()}, next(iter(found.values())).share), hide_index=True,
        width="stretch", alt=t("change.trial.table_alt"),
    )  # fmt: skip
    st.caption(t("change.trial.note", share=next(iter(found.values())).share, n=next(iter(found.values())).n))
    st.markdown(f"**{t('change.trial.reliability')}**")
    figures.show(
        _reliability(t, state, found),
        key="change_reliability",
        alt=t("change.trial.reliability_alt"),
        expert=True,
    )
    st.caption(t("change.trial.reliability_note"))
    charts = ("change_pr", "change_roc", "change_reliability")
    export.bar(
        [
            export.table(f"change-{state.name}-trial", partial(_frame, found)),
            *(export.Chart(key, key.replace("_", "-"), t(f"change.trial.chart_{k}")) for k, key in enumerate(charts)),
        ],
        t, key="change_trial",
    )  # fmt: skip


def _realised_without(t: Words, state: State) -> None:
    """Say what can be said without changed pixels: how many alarms there are where nothing changed."""
    if state.label is None or not (state.label == 0).any():
        return
    for name in _names(state):
        made = panel_map.run(t, state, name)
        if made is not None:
            share = float((made.p_value.values[(state.label == 0) & state.valid] <= state.rate).mean())
            st.markdown(
                t(
                    "change.trial.realised",
                    method=titles.method(t, name),
                    rate=titles.rate(t, state.rate),
                    share=share,
                )
            )


def table(t: Words, found: dict[str, dict[str, object]], share: float) -> pd.DataFrame:
    """Return one row per estimator, the best AP first, and the row of calling everything changed."""
    rows = []
    for name, one in sorted(found.items(), key=lambda item: -float(item[1]["ap"])):
        row: dict[str, object] = {t("change.trial.method"): titles.method(t, name)}
        rows.append(row | {t(f"change.trial.{s}"): t.number(float(one[s]), 3) for s in SCORES})
    all_ = scoring.everything(share)
    row = {t("change.trial.method"): t("change.trial.everything")}
    return pd.DataFrame([*rows, row | {t(f"change.trial.{s}"): t.number(all_[s], 3) for s in SCORES}])


def _frame(found: dict[str, Curve]) -> pd.DataFrame:
    return pd.DataFrame(
        {"estimator": n, **{s: getattr(c, s) for s in SCORES},
         **{f"realised_{r:g}": v for r, v in zip(scoring.NOMINAL, c.realised, strict=True)}, "n": c.n}
        for n, c in found.items()
    )  # fmt: skip


def _thin(*lines: np.ndarray) -> list[np.ndarray]:
    keep = np.unique(np.linspace(0, len(lines[0]) - 1, POINTS).round().astype(int))
    return [line[keep] for line in lines]


def _lines(t: Words, state: State, found: dict[str, Curve], fig: object, x: str, y: str) -> None:
    tint = titles.colours(found, state.methods[0])
    for k, (name, one) in enumerate(found.items()):
        some = one.hits > 0  # without a hit, precision says nothing
        across, up = _thin(getattr(one, x)[some], getattr(one, y)[some])
        fig.add_scatter(
            x=across, y=up, mode="lines", name=titles.method(t, name),
            line={"color": tint[name], "width": 3 if not k else 1.8, "dash": titles.DASHES[k % 6]},
            hovertemplate="%{x:.2f} · %{y:.2f}<extra>" + titles.method(t, name) + "</extra>",
        )  # fmt: skip


def _pr(t: Words, state: State, found: dict[str, Curve]) -> object:
    fig = figures.figure(
        t, x=figures.axis(t("change.trial.recall"), "", range=[0, 1]),
        y=figures.axis(t("change.trial.precision"), "", range=[0, 1.02]), height=340, legend=True,
    )  # fmt: skip
    _lines(t, state, found, fig, "hits", "precision")
    share = next(iter(found.values())).share
    fig.add_hline(y=share, line={"color": figures.BASELINE, "dash": "dot", "width": 1.5})
    return fig


def _roc(t: Words, state: State, found: dict[str, Curve]) -> object:
    fig = figures.figure(
        t, x=figures.axis(t("change.trial.false_rate"), "", range=[0, 1]),
        y=figures.axis(t("change.trial.recall"), "", range=[0, 1.02]), height=340, legend=True,
    )  # fmt: skip
    _lines(t, state, found, fig, "false", "hits")
    fig.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": figures.BASELINE, "dash": "dot", "width": 1.5},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    return fig


def _reliability(t: Words, state: State, found: dict[str, Curve]) -> object:
    at = list(scoring.NOMINAL)
    ticks = {"type": "log", "tickvals": at, "ticktext": [t.number(100 * v) for v in at]}
    low = 1e-4
    fig = figures.figure(
        t, x=figures.axis(t("change.trial.nominal"), "%", **ticks),
        y=figures.axis(t("change.trial.realised_axis"), "%", type="log", tickvals=[1e-4, *at, 0.2, 1],
                       ticktext=["≤ " + t.number(0.01), *(t.number(100 * v) for v in at), t.number(20), t.number(100)]),
        height=340, legend=True,
    )  # fmt: skip
    tint = titles.colours(found, state.methods[0])
    for k, (name, one) in enumerate(found.items()):
        fig.add_scatter(
            x=at, y=[max(v, low) for v in one.realised], mode="lines+markers", name=titles.method(t, name),
            line={"color": tint[name], "width": 3 if not k else 1.8, "dash": titles.DASHES[k % 6]}, marker={"size": 8},
            hovertemplate="%{y:.3%}<extra>" + titles.method(t, name) + "</extra>",
        )  # fmt: skip
    fig.add_scatter(
        x=at, y=at, mode="lines", line={"color": figures.BASELINE, "dash": "dot", "width": 1.5}, showlegend=False,
        hoverinfo="skip",
    )  # fmt: skip
    return fig


def _set(t: Words, state: State) -> None:
    """Draw a row for each image of the set, and means with their intervals over images."""
    names = list(dict.fromkeys([*state.methods, BASELINES[0]]))
    st.markdown(
        t("change.trial.set_lead", n=len(bench.others(state)), methods=[titles.method(t, n) for n in names])
    )
    key = f"bench_{state.source}_{names}_{state.normalise}_{state.smooth}_{state.rate}"
    if not st.session_state.get(f"yes_{key}"):
        st.button(
            t("change.trial.start"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_agree,
            args=(key,),
        )
        return
    job = lambda report: _measured(state, names, report)
    rows = progress.run(t("change.trial.running"), job, t, key=key)
    if rows is None:
        return
    if not len(rows):
        st.info(t("change.trial.no_label"), icon=":material/label_off:")
        return
    means = []
    for name in names:
        own = rows[rows["estimator"] == name]
        row: dict[str, object] = {t("change.trial.method"): titles.method(t, name)}
        for score in SCORES:
            low, high = scoring.interval(list(own[score]))
            text = t.number(float(own[score].mean()), 3)
            row[t(f"change.trial.{score}")] = (
                text if np.isnan(low) else f"{text} [{t.number(low, 3)} ; {t.number(high, 3)}]"
            )
        means.append(row)
    every = [scoring.everything(s) for s in rows[rows["estimator"] == names[0]]["share"]]
    row = {t("change.trial.method"): t("change.trial.everything")}
    means.append(
        row | {t(f"change.trial.{s}"): t.number(float(np.mean([e[s] for e in every])), 3) for s in SCORES}
    )
    st.dataframe(pd.DataFrame(means), hide_index=True, width="stretch", alt=t("change.trial.table_alt"))
    st.caption(t("change.trial.set_note", n=rows["image"].nunique()))
    wide = rows.pivot_table(index="image", columns="estimator", values="ap", sort=False)
    wide = wide[[n for n in names if n in wide]]
    shown = pd.DataFrame({t("change.trial.image"): [str(i).replace("_", " ") for i in wide.index]})
    for name in wide:
        shown[f"AP · {titles.method(t, name)}"] = [
            t.number(float(v), 3) if np.isfinite(v) else "–" for v in wide[name]
        ]
    st.dataframe(shown, hide_index=True, width="stretch", alt=t("change.trial.images_alt"))
    export.bar(
        [export.table(f"change-{state.source}-trial".replace("/", "-"), lambda: rows)], t, key="change_trial"
    )


def _measured(state: State, names: list[str], report: Progress) -> pd.DataFrame:
    return bench.measured(state, tuple(names), report)


def _agree(key: str) -> None:
    st.session_state[f"yes_{key}"] = True
