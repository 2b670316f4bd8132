"""The latent space: thousands of pixels by what is believed of them; choose some, see them; walk through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from eogen.canopy.latent import inside
from eogen.canopy.space import DERIVED, INFERRED
from eogen.raster import overlay
from pages.kit import export, progress, provenance
from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.maps.layers import Layer, picture
from pages.kit.words import Words
from pages.parts.canopy import compute, draw, latent_views, names, sets, traverse
from pages.parts.canopy.choice import several
from pages.parts.canopy.cloud import CLASSES, NUMBERS, Cloud, gather
from pages.parts.canopy.layers import SLOW
from pages.parts.canopy.sources import Scene

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

#: Colour of chosen pixels on the map.
CHOSEN = (213, 94, 0, 255)
#: Rows of the table on the page; the file has all of them.
ROWS = 200
#: Where the session keeps the outlines drawn, how many there have been, and whether one was drawn just now.
_OUTLINES, _TURN, _DRAWN = "latent_outlines", "latent_turn", "latent_drawn"


def show(t: Words, view: View) -> None:
    """Draw the panel."""
    st.markdown(t("canopy.latent.lead"))
    found = _gather(t, view)
    if found is not None:
        _cloud(t, found, view.scene)
    st.divider()
    with guard(t):
        traverse.show(t, view)


def _gather(t: Words, view: View) -> Cloud | None:
    """Draw the choice of sets and of the family; return the encoded cloud."""
    with st.container(key="canopy_latent_controls"):
        columns = st.columns([2.4, 1.2])
    offered = sets.offered(view.scene)
    first = [name for name in ("scene", "forest", "cesbio") if name in offered] or offered[:1]
    with columns[0]:
        chosen = several(
            t("canopy.latent.which"),
            offered,
            name="sets",
            default=first[:3],
            most=4,
            format_func=lambda name: t(f"canopy.latent.sets.{name}"),
        )
    if not chosen:
        st.info(t("canopy.latent.none"), icon=":material/scatter_plot:")
        return None
    spectra = [sets.load(name, view.scene) for name in chosen]
    whole = all(bool(s.seen.present.all()) for s in spectra)
    families = [
        name
        for name in compute.families()
        if name not in SLOW and (whole or compute.encoder(name)[0].may_miss)
    ]
    if not families:
        st.info(t("canopy.latent.no_family"), icon=":material/help:")
        return None
    own = next((one.name for one in view.beliefs if one.name in families), families[0])
    family = choose(
        columns[1].selectbox,
        t("canopy.maps.family"),
        families,
        name="latent_family",
        default=own,
        format_func=lambda name: t(f"canopy.families.{name}.name"),
    )
    return progress.run(
        t("canopy.latent.working"),
        lambda report: gather(family, spectra, report),
        t,
        key=f"latent_{family}_{'_'.join(s.key for s in spectra)}",
    )


def _cloud(t: Words, cloud: Cloud, scene: Scene | None) -> None:
    """Draw the plane, and what was chosen in it."""
    quantities = ["lai", "ccc", *(n for n in (*INFERRED, *DERIVED) if n not in ("lai", "ccc"))]
    classes = [name for name in CLASSES if len({*cloud.classes(name)} - {""}) > (name == "set")]
    columns = st.columns([1.2, 1.2, 1.2])
    shown = choose(
        columns[0].selectbox,
        t("canopy.latent.colour"),
        [*quantities, *classes, *NUMBERS],
        name="colour",
        default="lai",
        format_func=lambda name: colour_name(t, name),
    )
    by = next((name for name in (shown, "kind", "set") if name in classes), "set")
    groups = latent_views.groups(cloud, by)
    if st.session_state.pop(_DRAWN, False):  # what was just drawn is what is chosen
        st.session_state["chosen"] = "lasso"
    with columns[1]:
        picked = choose(
            st.selectbox,
            t("canopy.latent.choose"),
            ["lasso", *groups],
            name="chosen",
            default="lasso",
            format_func=lambda g: t("canopy.latent.lasso") if g == "lasso" else latent_views.said(t, by, g),
        )
    held = _held(cloud)
    chosen = cloud.classes(by) == picked if picked != "lasso" else lassoed(held, cloud.points)
    left, right = st.columns([1.9, 1], gap="large")
    key = f"canopy_latent_plane_{st.session_state.get(_TURN, 0)}"
    with left:
        drawn = latent_views.plane(t, cloud, shown, colour_name(t, shown), chosen, key)
    _keep(cloud, drawn)
    with right:
        _axes(t, cloud)
        for part in cloud.parts:
            line = t(
                "canopy.latent.count", name=t(f"canopy.latent.sets.{part.name}"), n=part.data.sizes["pixel"]
            )
            st.html(provenance.caption_html(provenance.Provenance(part.origin, place=line), t))
    if not chosen.any():
        st.caption(t("canopy.latent.how"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(
            t("canopy.latent.chosen", n=int(chosen.sum()), of=len(cloud)), anchor=False, width="content"
        )
        if picked == "lasso":
            st.button(
                t("canopy.latent.forget"), icon=":material/undo:", key="latent_forget", on_click=_forget
            )
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        latent_views.spectra(t, cloud, chosen, by)
    with right:
        if scene is not None and (cloud.set_names[chosen] == "scene").any():
            _places(t, cloud, chosen, scene)
        latent_views.summary(t, cloud, chosen)
    frame = cloud.table(chosen)
    st.dataframe(
        latent_views.readable(t, frame.head(ROWS)), hide_index=True, width="stretch", height=240,
        alt=t("canopy.latent.table"),
    )  # fmt: skip
    export.bar(
        [
            export.Chart(key, "latent-plane", "1"),
            export.Chart("canopy_latent_spectra", "latent-spectra", "2"),
            export.table(f"selection-{cloud.family}", lambda: frame),
        ],
        t,
        key="canopy_latent",
        address=False,
    )


def _held(cloud: Cloud) -> Mapping[str, Any]:
    """Return the outlines drawn on this very cloud."""
    key, selection = st.session_state.get(_OUTLINES, ("", {}))
    return {"selection": selection} if key == cloud.key else {}


def _keep(cloud: Cloud, drawn: Any) -> None:
    """Keep an outline just drawn, without the points in it, and draw the figure anew.

    The browser would send the figure's selection, half a kilobyte a point, with whatever the reader does next.
    """
    if not lassoed(drawn, cloud.points).any():
        return
    selection = {
        kind: [{"x": o["x"], "y": o["y"]} for o in drawn["selection"].get(kind, [])]
        for kind in ("lasso", "box")
    }
    st.session_state[_OUTLINES] = (cloud.key, selection)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.session_state[_DRAWN] = True
    st.rerun()


def _forget() -> None:
    st.session_state.pop(_OUTLINES, None)


def colour_name(t: Words, name: str) -> str:
    """Return the name of what points are coloured by, with its unit."""
    if name in CLASSES or name in NUMBERS:
        return t(f"canopy.latent.colours.{name}")
    return names.title(t, name)


def lassoed(event: Any, points: np.ndarray) -> np.ndarray:
    """Return which points (m, 2) lie within the outlines or boxes drawn on the figure (m), bool."""
    found = np.zeros(len(points), bool)
    selection = (event or {}).get("selection") or {}
    for drawn in selection.get("lasso", []):
        if len(drawn.get("x", [])) > 2:
            found |= inside(points, np.column_stack([drawn["x"], drawn["y"]]).astype(float))
    for drawn in selection.get("box", []):
        if len(drawn.get("x", [])) == len(drawn.get("y", [])) == 2:
            x, y = sorted(map(float, drawn["x"])), sorted(map(float, drawn["y"]))
            found |= (
                (points[:, 0] >= x[0])
                & (points[:, 0] <= x[1])
                & (points[:, 1] >= y[0])
                & (points[:, 1] <= y[1])
            )
    return found


def _axes(t: Words, cloud: Cloud) -> None:
    """Say what the two axes are made of."""
    for axis in range(2):
        parts = [
            t("canopy.latent.weight", name=t(f"canopy.variables.{name}.short"), weight=weight)
            for name, weight in cloud.plane.loadings(axis)
        ]
        share = float(cloud.plane.share[axis])
        st.caption(t("canopy.latent.axis_is", number=axis + 1, parts=", ".join(parts), share=share))


def _places(t: Words, cloud: Cloud, chosen: np.ndarray, scene: Scene) -> None:
    """Draw where the chosen pixels of the picture are."""
    here = chosen & (cloud.set_names == "scene")
    rows, columns = (cloud.label(name)[here].astype(int) for name in ("row", "column"))
    shape = scene.data.sizes["y"], scene.data.sizes["x"]
    pixels = np.zeros((*shape, 4), np.uint8)
    pixels[rows, columns] = CHOSEN
    picture(
        draw.natural(scene.key, scene.data),
        [Layer(overlay(pixels, scene.data.reflectance.isel(band=0)), t("canopy.latent.on_map"))],
        key="canopy_latent_map",
        labels=draw.map_labels(
            t, map=t("canopy.latent.map"), opacity=t("canopy.latent.opacity"), title=t("canopy.latent.on_map")
        ),
        opacity=0.9,
        height=300,
        clickable=False,
    )
    provenance.caption(scene.provenance, t)
