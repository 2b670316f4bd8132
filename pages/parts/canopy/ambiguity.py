"""Two canopies, one spectrum: along a ridge the leaves change and the satellite sees the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import torch

from eogen.canopy.sensors import BANDS
from eogen.canopy.space import GEOMETRY, INFERRED
from pages.kit import card, figures, progress
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.canopy import compute, names, physics
from pages.parts.canopy.inspector import bounds, colour, label

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

#: What is compared, those that trade with each other first.
SHOWN = ("lai", "ala", "cab", "cbrown", "cw", "cm", "rsoil", "psoil")
COLUMNS = 4


def show(t: Words, view: View) -> None:
    """Draw the panel."""
    one = view.beliefs[0]
    st.markdown(t("canopy.ambiguity.lead", family=label(t, one)))
    found = progress.run(
        t("canopy.ambiguity.working"),
        lambda report: physics.ridge(one, view.spot.key, view.spot.seen),
        t,
        key=f"ridge_{view.spot.key}_{one.name}",
    )
    if found is None:
        return
    theta, _ = found
    lai = theta[:, INFERRED.index("lai")]
    ends = st.columns(2, gap="large")
    chosen = []
    for side, column, first in (("a", ends[0], 2), ("b", ends[1], len(lai) - 3)):
        chosen.append(
            int(
                choose(
                    column.select_slider,
                    t(f"canopy.ambiguity.{side}"),
                    [str(i) for i in range(len(lai))],
                    name=f"ridge_{side}",
                    default=str(first),
                    key=f"ridge_{side}",
                    format_func=lambda i: f"LAI {t.number(float(lai[int(i)]), 2)}",
                )
            )
        )
    apart = _apart(view, theta, chosen)
    st.markdown(t("canopy.ambiguity.same" if apart < 1 else "canopy.ambiguity.different", apart=apart))
    _spectra(t, view, theta, chosen)
    _bars(t, view, theta, chosen)


def _apart(view: View, theta: np.ndarray, chosen: list[int]) -> float:
    """Return how far the bands of the two canopies are apart, in standard deviations of the noise (RMS)."""
    a, b = (_seen(view, theta[i])[1] for i in chosen)
    sd = view.beliefs[0].noise.sd(torch.from_numpy((a + b) / 2)).numpy()
    return float(np.sqrt((((a - b) / sd) ** 2).mean()))


def _seen(view: View, one: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    angles = dict(zip(GEOMETRY, view.spot.seen.geometry[0].tolist(), strict=True))
    return compute.spectrum(tuple(one.tolist()), tuple(angles.values()))


def _bars(t: Words, view: View, theta: np.ndarray, chosen: list[int]) -> None:
    """Draw each variable of both canopies, over the range of the prior."""
    for number, name in enumerate(SHOWN):
        if number % COLUMNS == 0:
            columns = st.columns(COLUMNS, gap="large")
        i = INFERRED.index(name)
        low, high = bounds(name, view.beliefs)
        rows = [
            card.Bar(
                t(f"canopy.ambiguity.short_{side}"),
                float(theta[at, i] - low),
                names.value(t, name, float(theta[at, i])),
                main=side == "a",
            )
            for side, at in zip("ab", chosen, strict=True)
        ]
        with columns[number % COLUMNS]:
            st.markdown(f"**{names.title(t, name)}**")
            card.bars(rows, t, label=names.title(t, name), room="canopy", top=high - low)


def _spectra(t: Words, view: View, theta: np.ndarray, chosen: list[int]) -> None:
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.public.wavelength"), "nm", range=[400, 2500]),
        y=figures.axis(t("canopy.spectrum.reflectance"), "%", rangemode="tozero"),
        height=340,
        legend=True,
    )
    observed = view.spot.seen.reflectance[0]
    noise = 100 * view.beliefs[0].noise.sd(observed).numpy()
    figure.add_scatter(
        x=compute.centres(), y=100 * observed.numpy(), mode="markers", name=t("canopy.spectrum.observed"),
        marker={"color": "rgba(128,128,128,1)", "size": 8}, text=list(BANDS),
        error_y={"type": "data", "array": noise, "width": 3, "thickness": 1.5},
        hovertemplate="%{text} : %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    for side, at, dash in zip("ab", chosen, ("solid", "dash"), strict=True):
        wave, _ = _seen(view, theta[at])
        shade = colour(view.beliefs, view.beliefs[0]) if side == "a" else figures.SEQUENCE[1]
        figure.add_scatter(
            x=np.arange(400, 2501)[::3], y=100 * wave[::3], mode="lines", name=t(f"canopy.ambiguity.short_{side}"),
            line={"color": shade, "width": 2.2, "dash": dash}, hoverinfo="skip",
        )  # fmt: skip
    figures.show(figure, key="canopy_ridge_chart", alt=t("canopy.ambiguity.alt"), expert=True)
