"""Figures of the latent panel: the plane, the spectra of what was chosen in it, what is believed of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from eogen.canopy.sensors import BANDS
from eogen.canopy.space import unit_of
from pages.kit import card, figures
from pages.kit.words import Words
from pages.parts.canopy import names
from pages.parts.canopy.cloud import CLASSES, NAMED, Cloud

#: Twelve classes: the house's colours as discs, then as diamonds.
COLOURS = figures.SEQUENCE[:6]
SYMBOLS = ("circle", "diamond")
REST = figures.BASELINE
#: Groups whose fans are drawn; of the others the median alone.
FANS = 2
#: Columns of the table on the page, in order; the file has all of them.
COLUMNS = ("set", "kind", "month", "site", "stand", "esu", "row", "column")


def groups(cloud: Cloud, by: str) -> list[str]:
    """Return the classes of the cloud, the largest first, at most ``NAMED``; months in their order."""
    found, counts = np.unique(cloud.classes(by).astype(str), return_counts=True)
    order = [str(g) for g in found[np.argsort(-counts, kind="stable")] if g][:NAMED]
    return sorted(order) if by == "month" else order


def said(t: Words, by: str, group: str) -> str:
    """Write the name of a class; kinds are in the words of the data."""
    if by == "set":
        return t(f"canopy.latent.sets.{group}")
    if by == "month":
        return t.date(group)
    key = f"canopy.studio.covers.{group}"
    return t(key) if key in t else group


def plane(t: Words, cloud: Cloud, shown: str, title: str, chosen: np.ndarray, key: str) -> Any:
    """Draw the plane, the chosen points in full colour; return what was drawn around in this run."""
    axes = [
        figures.axis(t("canopy.latent.axis", number=i + 1), t("canopy.latent.axis_unit"), zeroline=True)
        for i in range(2)
    ]
    figure = figures.figure(t, x=axes[0], y=axes[1], height=520, legend=shown in CLASSES)
    points = cloud.points
    if shown in CLASSES:
        classes = cloud.classes(shown).astype(str)
        kept = groups(cloud, shown)
        layers: list[tuple[np.ndarray, str, str, str]] = []
        if (others := ~np.isin(classes, kept)).any():
            layers.append((others, t("canopy.latent.others"), REST, "circle"))
        for i, group in enumerate(kept):
            symbol = SYMBOLS[i // len(COLOURS) % 2]
            layers.append((classes == group, said(t, shown, group), COLOURS[i % len(COLOURS)], symbol))
        order = [where for where, *_ in layers]
        for where, name, colour, symbol in layers:
            figure.add_scattergl(
                x=points[where, 0], y=points[where, 1], mode="markers", name=name,
                marker={"color": colour, "size": 5, "opacity": 0.7, "symbol": symbol},
                hovertemplate=f"{name}<extra></extra>",
            )  # fmt: skip
    else:
        order = [np.ones(len(cloud), bool)]
        values = cloud.values(shown)
        low, high = np.nanquantile(values, [0.01, 0.99])
        figure.add_scattergl(
            x=points[:, 0], y=points[:, 1], mode="markers", name="",
            marker={
                "color": values, "size": 5, "opacity": 0.8, "cmin": float(low), "cmax": float(high),
                "colorscale": figures.scale("error" if shown in ("spread", "residual") else "sequential"),
                "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 12},
            },
            customdata=values, hovertemplate=title + ": %{customdata:.3~g}<extra></extra>",
        )  # fmt: skip
    if chosen.any():
        for trace, where in zip(figure.data, order, strict=True):
            trace.selectedpoints = np.flatnonzero(chosen[where])
    figure.update_layout(dragmode="lasso")
    return figures.show(
        figure, key=key, alt=t("canopy.latent.alt", n=len(cloud), colour=title), expert=True,
        on_select="rerun", selection_mode=("lasso", "box"),
    )  # fmt: skip


def spectra(t: Words, cloud: Cloud, chosen: np.ndarray, by: str) -> None:
    """Draw the median and the fan of each group of the chosen pixels, against the rest."""
    figure = figures.figure(
        t, x=figures.axis(t("canopy.studio.band"), ""),
        y=figures.axis(t("canopy.studio.reflectance"), "", rangemode="tozero"), height=360, legend=True,
    )  # fmt: skip
    classes = cloud.classes(by).astype(str)
    found, counts = np.unique(classes[chosen], return_counts=True)
    kept = [str(g) for g in found[np.argsort(-counts)]][: len(COLOURS) - 1]
    rows = [(~chosen, t("canopy.latent.rest"), REST)] if (~chosen).any() else []
    for i, group in enumerate(kept):
        name = said(t, by, group) if group else t("canopy.latent.others")
        rows.append((chosen & (classes == group), name, COLOURS[i]))
    for number, (where, name, colour) in enumerate(rows):
        values = cloud.reflectance[where]
        held = np.isfinite(values).any(0)
        low, middle, high = np.nanquantile(values[:, held], [0.05, 0.5, 0.95], axis=0)
        bands = [band for band, there in zip(BANDS, held, strict=True) if there]
        if number <= FANS:
            fill = f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},.18)"
            for row, filled in ((low, None), (high, "tonexty")):
                figure.add_scatter(
                    x=bands, y=row, mode="lines", line={"width": 0}, fill=filled, fillcolor=fill,
                    showlegend=False, hoverinfo="skip",
                )  # fmt: skip
        figure.add_scatter(
            x=bands, y=middle, mode="lines", name=f"{name} ({t.number(int(where.sum()))})",
            line={"color": colour, "width": 2.5}, hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figures.show(figure, key="canopy_latent_spectra", alt=t("canopy.latent.spectra"), expert=True)
    st.caption(t("canopy.latent.fans"))


def summary(t: Words, cloud: Cloud, chosen: np.ndarray) -> None:
    """Say the medians of the main quantities, chosen against the rest."""
    for name in ("lai", "ccc"):
        values = cloud.values(name)
        rows = [
            (t("canopy.latent.these"), values[chosen], True),
            (t("canopy.latent.rest"), values[~chosen], False),
        ]
        bars = []
        for label, held, main in rows:
            if held.size:
                low, middle, high = (float(v) for v in np.quantile(held, [0.05, 0.5, 0.95]))
                bars.append(
                    card.Bar(label, middle, names.value(t, name, middle), main=main, low=low, high=high)
                )
        st.markdown(f"**{names.title(t, name)}**")
        top = float(np.quantile(values, 0.99)) or 1.0
        card.bars(bars, t, label=names.title(t, name), room="canopy", top=top)


def readable(t: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table as shown: names in the reader's language, means with their units, numbers rounded."""
    shown = pd.DataFrame()
    for name in COLUMNS:
        if name in frame:
            values = frame[name]
            if name in CLASSES:
                values = [said(t, name, str(v)) if v else "–" for v in values]
            shown[t(f"canopy.latent.columns.{name}")] = values
    for name in ("lai", "ccc", "cab", "ala", "cw", "cm", "cbrown"):
        assert unit_of(name)
        shown[names.title(t, name)] = [names.value(t, name, float(v)) for v in frame[f"{name}_mean"]]
    return shown
