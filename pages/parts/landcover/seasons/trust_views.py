"""The pictures of the panel of trust."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.landcover.series.against_chance import SIGNIFICANT, AgainstChance, of_many
from eogen.landcover.series.agreement import agreement
from eogen.landcover.series.hits import Hits
from pages.kit import card, figures
from pages.kit.words import Words
from pages.parts.landcover.seasons import explained
from pages.parts.landcover.seasons.trust_data import CONTROL, Many

#: Ends of the scale of relevance gains.
LOW, HIGH = -0.6, 1.0
#: Middle part of the random orders that is drawn.
RIBBON = (0.1, 0.9)
#: Rank correlation with an untrained model from which an explanation is said to survive.
SURVIVES = 0.5
#: Above chance by so much, in rank correlation, it partly survives.
PARTLY = 0.12


def removal(t: Words, found: AgainstChance, name: str, *, key: str) -> None:
    """Draw the probability while months are taken away in the order of an explanation, and in the opposite order."""
    x = 100 * found.removed
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.series.trust.removed"), "%", range=[0, 100]),
        y=figures.axis(t("landcover.series.trust.probability"), "%", range=[-2, 102]),
        legend=True,
        height=300,
    )
    low, high = 100 * np.quantile(found.random, RIBBON, axis=0)
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
        fillcolor="rgba(129,153,165,.3)", line={"width": 0}, hoverinfo="skip",
        name=t("landcover.series.trust.by_chance"),
    )  # fmt: skip
    lines = [(name, figures.ACCENT["landcover"], 3.0)]
    if name != CONTROL:
        lines.append((CONTROL, figures.SEQUENCE[2], 1.5))
    for each, colour, width in lines:
        k = found.names.index(each)
        for values, way, dash in ((found.most[k], "most", "solid"), (found.least[k], "least", "dot")):
            figure.add_scatter(
                x=x, y=100 * values, mode="lines", legendgroup=each, showlegend=way == "most",
                name=explained.title(t, each), line={"color": colour, "width": width, "dash": dash},
                hovertemplate=t(f"landcover.series.trust.{way}") + " : %{y:.0f} %<extra></extra>",
            )  # fmt: skip
    gain = float(found.gain[found.names.index(name)])
    figures.show(
        figure,
        key=key,
        alt=t("landcover.series.trust.alt", name=explained.title(t, name), gain=gain),
        expert=True,
    )
    card.gauge(
        t("landcover.series.trust.gain"), gain, t, low=LOW, high=HIGH,
        verdict=t(
            f"landcover.series.trust.one.{found.verdict(name)}", beaten=found.beaten(name),
            draws=len(found.by_chance),
        ),
        interval=tuple(np.quantile(found.by_chance, [0.025, 0.975]).tolist()),
        references={t("landcover.series.trust.chance"): 0.0}, room="landcover",
    )  # fmt: skip


def gains(t: Words, held: Many) -> None:
    """Draw the mean gain of every explanation with its interval, and say which are no better than chance."""
    found = held.found
    order = sorted(found.gain, key=lambda name: -found.mean(name).value)
    said: dict[str, list[str]] = {}
    rows = []
    for name in order:
        mean = found.mean(name)
        reach = SIGNIFICANT * mean.error
        rows.append(
            card.Bar(
                explained.title(t, name), mean.value,
                t("landcover.series.trust.interval", value=mean.value, reach=reach),
                note=t.duration(found.seconds[name]) if name in found.seconds else "",
                main=of_many(mean) == "better", low=mean.value - reach, high=mean.value + reach,
            )
        )  # fmt: skip
        if name != "random":
            said.setdefault(of_many(mean), []).append(explained.title(t, name))
    card.bars(
        rows, t, label=t("landcover.series.trust.gains"), room="landcover", top=HIGH, signed=True
    )  # fmt: skip
    for code in ("better", "unsure", "chance", "worse"):
        if code in said:
            st.markdown(t(f"landcover.series.trust.many.{code}", names=t.list(said[code]), n=len(said[code])))
    st.caption(t("landcover.series.trust.many_note", count=len(held.rows)))


def forgets(t: Words, held: Many) -> None:
    """Draw how much of each explanation is left once the model has forgotten what it learnt."""
    found = held.found
    left = {name: one for name, one in found.remains.items() if one.n and name != CONTROL}
    if not left:
        st.caption(t("landcover.series.trust.no_twin"))
        return
    rows = [
        card.Bar(
            explained.title(t, name), one.value, t.number(one.value, 2), main=one.value < found.chance + PARTLY,
            low=one.value - SIGNIFICANT * one.error, high=one.value + SIGNIFICANT * one.error,
        )
        for name, one in sorted(left.items(), key=lambda pair: pair[1].value)
    ]  # fmt: skip
    rows.append(
        card.Bar(t("landcover.series.trust.chance"), found.chance, t.number(found.chance, 2))
    )  # fmt: skip
    card.bars(rows, t, label=t("landcover.series.trust.forgets"), room="landcover", top=1)
    survive = [explained.title(t, name) for name, one in left.items() if one.value >= SURVIVES]
    st.markdown(
        t("landcover.series.trust.survive", names=t.list(survive), n=len(survive))
        if survive
        else t("landcover.series.trust.none_survives")
    )
    st.caption(t("landcover.series.trust.forgets_note", chance=found.chance))


def matrix(t: Words, held: Many) -> None:
    """Draw how far explanations agree with each other on the order of the months."""
    found = agreement(held.found.importance)["rank_correlation"]
    names = [explained.title(t, str(name)) for name in found["one"].values]
    title = t("landcover.series.trust.explanation")
    figure = figures.figure(
        t, x=figures.axis(title, "", tickangle=-40), y=figures.axis(title, "", autorange="reversed"),
        height=150 + 34 * len(names),
    )  # fmt: skip
    figure.add_heatmap(
        x=names, y=names, z=found.values, zmin=-1, zmax=1, colorscale=figures.scale("signed"), showscale=False,
        text=[[t.number(float(v), 2) for v in row] for row in found.values], texttemplate="%{text}", xgap=1, ygap=1,
        hovertemplate="%{y} – %{x} : %{text}<extra></extra>",
    )  # fmt: skip
    figures.show(figure, key="season_agreement", alt=t("landcover.series.trust.matrix_alt"), expert=True)
    st.caption(t("landcover.series.trust.matrix_note", count=len(held.rows)))


def true_hits(t: Words, found: dict[str, Hits]) -> None:
    """Draw how often the strongest month, and band, is a true one."""
    for kind in ("months", "bands"):
        rows = []
        chance = float("nan")
        for name, one in found.items():
            value = one.months if kind == "months" else one.bands
            if not value.n:
                continue
            chance = one.chance if kind == "months" else one.chance_bands
            reach = SIGNIFICANT * value.error if np.isfinite(value.error) else 0.0
            rows.append(
                card.Bar(
                    explained.title(t, name), value.value, main=value.value - reach > chance,
                    low=max(value.value - reach, 0.0), high=min(value.value + reach, 1.0),
                )
            )  # fmt: skip
        if not rows:
            continue
        rows.sort(key=lambda row: -row.value)
        rows.append(card.Bar(t("landcover.series.trust.chance"), chance))
        st.markdown(f"**{t(f'landcover.series.trust.hit_{kind}')}**")
        card.bars(rows, t, label=t(f"landcover.series.trust.hit_{kind}"), room="landcover")
    st.caption(t("landcover.series.trust.hit_note", count=next(iter(found.values())).months.n))
