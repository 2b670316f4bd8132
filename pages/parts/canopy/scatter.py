"""Field points as a picture: what was measured against what is believed; a dot is chosen by touching it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.canopy import models
from eogen.canopy.observation import observe
from eogen.canopy.sensors import BANDS
from pages.kit import figures
from pages.kit.address import number
from pages.kit.words import Words
from pages.parts.canopy import compute
from pages.parts.canopy.sources import Spot, digest

#: Axes of leaf area, m2/m2.
TOP = 8.0


def choose_point(t: Words, column: Any, source: str, data: xr.Dataset) -> int:
    """Draw the choice of a point by its number; return its index. A dot that was touched comes first."""
    count = data.sizes["pixel"]
    chart = st.session_state.get(f"scatter_{source}")
    picked = chart["selection"]["points"] if chart else []
    touched = next((p["customdata"] for p in picked if "customdata" in p), None)
    if touched is not None:
        touched = int(touched[0] if isinstance(touched, list) else touched)
        if st.session_state.get("touched") != (source, touched):
            st.session_state["touched"] = (source, touched)
            st.session_state["point"] = touched + 1
    return (
        number(
            column.number_input, t("canopy.controls.point", count=count), 1, count, name="point", default=1
        )
        - 1
    )


def show(t: Words, source: str, data: xr.Dataset, at: int) -> None:
    """Draw measured leaf area against what the first suited family believes, with its 90 % interval."""
    measured = data.lai.values.astype(float) if "lai" in data else np.full(data.sizes["pixel"], np.nan)
    there = np.flatnonzero(np.isfinite(measured))
    seen = observe(data)
    offered = compute.suited(seen)
    if not offered:
        raise compute.no_field_model()
    family = "field" if "field" in offered else offered[0]
    believed = t("canopy.points.believed", name=t(f"canopy.families.{family}.name"))
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.points.measured"), "m²/m²", range=[0, TOP]),
        y=figures.axis(believed, "m²/m²", range=[0, TOP + 1]),
        height=430,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, TOP],
        y=[0, TOP],
        mode="lines",
        line={"color": figures.BASELINE, "dash": "dot"},
        hoverinfo="skip",
    )
    if len(there):
        low, middle, high = compute.intervals(
            family, models.weights_stamp(family), digest(source, seen.reflectance.numpy()), seen
        )
        figure.add_scatter(
            x=measured[there], y=middle[there], mode="markers", customdata=there.tolist(),
            marker={"color": figures.ACCENT["canopy"], "size": 8, "opacity": 0.55},
            error_y={"type": "data", "symmetric": False, "array": (high - middle)[there],
                     "arrayminus": (middle - low)[there], "width": 0, "thickness": 0.7,
                     "color": "rgba(128,128,128,.45)"},
            text=[str(v) for v in data.site.values[there]] if "site" in data.coords else None,
            hovertemplate="%{text} · %{x:.2f} → %{y:.2f} m²/m²<extra></extra>",
        )  # fmt: skip
        if np.isfinite(measured[at]):
            figure.add_scatter(
                x=[measured[at]], y=[middle[at]], mode="markers", hoverinfo="skip",
                marker={"color": "rgba(0,0,0,0)", "size": 17, "line": {"color": figures.SEQUENCE[1], "width": 3}},
            )  # fmt: skip
    figure.update_layout(clickmode="event+select")
    figures.show(
        figure,
        key=f"scatter_{source}",
        alt=t("canopy.points.alt"),
        on_select="rerun",
        selection_mode="points",
    )
    st.caption(t("canopy.points.note", n=len(there), count=data.sizes["pixel"]))


def bands(t: Words, here: Spot) -> None:
    """Draw the ten bands of a spectrum of which nothing was measured."""
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.public.wavelength"), "nm", range=[400, 2500]),
        y=figures.axis(t("canopy.spectrum.reflectance"), "%", rangemode="tozero"),
        height=360,
    )
    figure.add_scatter(
        x=compute.centres(), y=100 * here.seen.reflectance[0].numpy(), mode="lines+markers", text=list(BANDS),
        line={"color": figures.ACCENT["canopy"]}, hovertemplate="%{text} : %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    figures.show(figure, key="own_bands", alt=t("canopy.spectrum.bands_alt"), expert=True)
