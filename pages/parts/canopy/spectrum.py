"""Does what is believed explain what was seen? The fan of believed spectra, residuals in units of noise, p-values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from eogen.canopy.sensors import BANDS
from pages.kit import figures, progress
from pages.kit.words import Words
from pages.parts.canopy import compute, physics
from pages.parts.canopy.inspector import colour, label

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View


def show(t: Words, view: View) -> None:
    """Draw the panel."""
    st.markdown(t("canopy.spectrum.lead"))
    _known(t, view)
    found = {one.name: physics.replay(one, view.spot.key, view.spot.seen) for one in view.beliefs}
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        _fan(t, view, found)
    with right:
        _residuals(t, view, found)
    st.dataframe(_table(t, view, found), hide_index=True, width="stretch", alt=t("canopy.spectrum.table"))
    floor = next(iter(found.values())).floor
    st.caption(f"{t('canopy.spectrum.p_note')} {t('canopy.spectrum.floor', floor=floor)}")


def _known(t: Words, view: View) -> None:
    """Say whether PROSAIL knows such a spectrum at all."""
    offered = compute.suited(view.spot.seen)
    family = next(
        n for n in (("field", "flow") if view.spot.real else ("flow",)) + tuple(offered) if n in offered
    )
    found = progress.run(
        t("canopy.spectrum.working"),
        lambda report: physics.misfit(family, view.spot.seen),
        t,
        key=f"misfit_{view.spot.key}_{family}",
    )
    if found is None:
        return
    said = t(
        f"canopy.spectrum.{'inside' if found[0] <= found[1] else 'outside'}", misfit=found[0], limit=found[1]
    )
    if found[0] <= found[1]:
        st.caption(said)
    else:
        st.warning(said, icon=":material/warning:")


def _fan(t: Words, view: View, found: dict[str, physics.Replay]) -> None:
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.public.wavelength"), "nm", range=[400, 2500]),
        y=figures.axis(t("canopy.spectrum.reflectance"), "%", rangemode="tozero"),
        height=400,
        legend=True,
    )
    wave = physics.WAVELENGTHS
    for one in view.beliefs:
        low, middle, high = 100 * found[one.name].fan
        shade = colour(view.beliefs, one)
        figure.add_scatter(
            x=np.concatenate([wave, wave[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself",
            fillcolor=_pale(shade), line={"width": 0}, hoverinfo="skip", legendgroup=one.name,
            name=t("canopy.spectrum.fan", name=label(t, one)),
        )  # fmt: skip
        figure.add_scatter(
            x=wave, y=middle, mode="lines", line={"color": shade, "width": 1.6}, legendgroup=one.name,
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    observed = view.spot.seen.reflectance[0]
    noise = 100 * view.beliefs[0].noise.sd(observed).numpy()
    figure.add_scatter(
        x=compute.centres(), y=100 * observed.numpy(), mode="markers", name=t("canopy.spectrum.observed"),
        marker={"color": "rgba(128,128,128,1)", "size": 8, "line": {"color": "white", "width": 1}}, text=list(BANDS),
        error_y={"type": "data", "array": noise, "width": 3, "thickness": 1.5},
        hovertemplate="%{text} : %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    figures.show(figure, key="canopy_fan_chart", alt=t("canopy.spectrum.alt"), expert=True)


def _pale(colour_: str) -> str:
    r, g, b = (int(colour_[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},.22)"


def _residuals(t: Words, view: View, found: dict[str, physics.Replay]) -> None:
    st.markdown(f"**{t('canopy.spectrum.residual')}**")
    top = max(3.0, *(float(np.nanmax(np.abs(replay.residual))) * 1.1 for replay in found.values()))
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.spectrum.band"), "", type="category"),
        y=figures.axis(
            t("canopy.spectrum.residual_axis"), t("canopy.spectrum.residual_unit"), range=[-top, top]
        ),
        height=340,
    )
    figure.add_hrect(y0=-2, y1=2, fillcolor="rgba(128,128,128,.14)", line_width=0)
    for one in view.beliefs:
        figure.add_bar(
            x=list(BANDS), y=found[one.name].residual, name=label(t, one),
            marker={"color": colour(view.beliefs, one)}, hovertemplate="%{x} : %{y:.2f} σ<extra></extra>",
        )  # fmt: skip
    figures.show(figure, key="canopy_residual_chart", alt=t("canopy.spectrum.residual_alt"), expert=True)


def _table(t: Words, view: View, found: dict[str, physics.Replay]) -> pd.DataFrame:
    rows = []
    for one in view.beliefs:
        replay = found[one.name]
        rows.append(
            {
                t("canopy.spectrum.family"): label(t, one),
                t("canopy.spectrum.rmse"): t.number(replay.rmse, 4),
                t("canopy.spectrum.p_all"): _p(t, replay.p_all),
                **{
                    t("canopy.spectrum.p", band=b): _p(t, float(p))
                    for b, p in zip(BANDS, replay.p, strict=True)
                },
            }
        )
    return pd.DataFrame(rows)


def _p(t: Words, value: float) -> str:
    return "–" if np.isnan(value) else t.number(value, 2)
