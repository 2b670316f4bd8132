"""One map of evidence over its image, under its name and with its legend: the same wherever one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
import xarray as xr

from eogen.colour import Scale
from pages.kit.maps.layers import Layer, picture
from pages.kit.maps.legend import scale_legend
from pages.kit.words import Words
from pages.parts.landcover import draw

if TYPE_CHECKING:
    from pages.parts.landcover.expert import Side


def title(t: Words, side: Side) -> str:
    """Return the name of an explanation: its method and its model."""
    return f"{t(f'explanations.{side.method}.name')} · {t(f'models.{side.model.name}.short')}"


def evidence_map(
    t: Words,
    side: Side,
    image: xr.DataArray,
    evidence: xr.Dataset,
    shades: Scale,
    *,
    group: str,
    look: str = "true",
    truth: xr.DataArray | None = None,
) -> None:
    """Draw evidence over its image, and the legend; maps of one ``group`` pan and zoom together.

    Args:
        t: the reader's language.
        side: names the map.
        image: under the evidence.
        evidence: of the image.
        shades: colours, shared with the maps it is compared with.
        group: also a part of the element's key.
        look: how the image is shown.
        truth: mask (y, x) to outline.
    """
    name = title(t, side)
    picture(
        draw.base(image, look),
        [Layer(draw.coloured(image, evidence, shades), name)],
        key=f"{group}_{side.name}",
        labels=draw.map_labels(
            t, map=t("landcover.map.evidence", title=name), opacity=t("landcover.map.opacity"), title=name
        ),
        opacity=0.85,
        group=group,
        clickable=False,
        outline=None if truth is None else draw.outline(truth),
    )
    unit = evidence.evidence.attrs.get("units", "1")
    st.html(
        scale_legend(
            shades,
            title=t("landcover.map.legend"),
            unit="" if unit == "1" else unit,
            number=t.number,
            ends=(t("kit.legend.against"), t("kit.legend.for")) if shades.signed else None,
        )
    )
