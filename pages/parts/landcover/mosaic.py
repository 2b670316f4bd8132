"""Four images on one: two of the class, two of another. Does the machine look at the right side?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover.bands import CLASSES
from eogen.landcover.sanity import mosaic, share
from pages.kit import progress
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.landcover import compute, draw, sources, upload
from pages.parts.landcover.maps import evidence_map

if TYPE_CHECKING:
    from pages.parts.landcover.expert import Side


def show(t: Words, item: sources.Item, sides: list[Side], target: str) -> None:
    """Draw the mosaic under both explanations, and the share of the evidence on the right tiles (chance: half)."""
    source = item.source if len(sources.of_class(item.source, target)) > 1 else "simulated"
    others = [c for c in CLASSES if c != target and len(sources.of_class(source, c)) > 1]
    left, right = st.columns([1, 2.2], gap="large", vertical_alignment="bottom")
    other = choose(
        left.selectbox,
        t("landcover.mosaic.other"),
        others,
        name="other",
        default=others[0],
        format_func=lambda c: t(f"classes.{c}.name"),
    )
    right.markdown(
        t("landcover.mosaic.lead", right=t(f"classes.{target}.name"), wrong=t(f"classes.{other}.name"))
    )
    picked = [i for label in (target, other) for i in sources.of_class(source, label)[:2]]
    names = ",".join(i.name for i in picked)
    images = [upload.image(i) for i in picked]
    image, mask = mosaic(images[:2], images[2:], seed=len(names))
    image.attrs |= {
        "sha256": hashlib.sha256(f"{source} {names}".encode()).hexdigest(),
        "processing_level": images[0].attrs["processing_level"],
    }
    truth = xr.DataArray(mask, {"y": image.y, "x": image.x}, ("y", "x"))
    found = []
    for side in sides:
        evidence = progress.run(
            t("landcover.working", method=t(f"explanations.{side.method}.name")),
            lambda report, side=side: compute.explain(side.model, image, target, side.method),
            t,
            key=f"mosaic_{side.name}_{side.model.name}_{side.method}_{target}_{other}_{source}",
        )
        if evidence is None:
            return
        found.append(evidence)
    for column, side, evidence, shades in zip(
        st.columns(len(sides), gap="large"), sides, found, draw.scale(found), strict=True
    ):
        with column:
            evidence_map(t, side, image, evidence, shades, group="mosaic", truth=truth)
            value = share(evidence.evidence.values, mask)
            if not np.isnan(value):
                st.markdown(t("landcover.mosaic.share", share=value))
