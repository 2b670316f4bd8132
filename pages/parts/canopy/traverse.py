"""A walk through the latent space: one variable, or one direction of the posterior; leaf, canopy and colour follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
import torch

from eogen.canopy import latent, models
from eogen.canopy.constants import WAVELENGTHS
from eogen.canopy.likelihood import bands as bands_of
from eogen.canopy.likelihood import named, simulator
from eogen.canopy.methods import FAMILIES
from eogen.canopy.noise import Noise
from eogen.canopy.render import RGB, colours
from eogen.canopy.sensors import BANDS
from eogen.canopy.space import INFERRED
from pages.kit import card, figures
from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.canopy import compute, names
from pages.parts.canopy.sources import Spot

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

#: Directions of the posterior on offer, the widest first; then the narrowest, which the spectrum knows best.
DIRECTIONS = ("wide1", "wide2", "wide3", "narrow")
#: Wavelengths drawn: every fifth nanometre.
THIN = slice(None, None, 5)
#: Centres of the bands (nm), where they are drawn on the spectrum.
CENTRES = dict(zip(BANDS, (493, 560, 665, 704, 741, 783, 833, 865, 1614, 2202), strict=True))
KEPT = 64


@dataclass(frozen=True)
class Walk:
    """Canopies along a line, and what they look like.

    Attributes:
        theta: (k, 11).
        at: (k), where: the variable's value, or standard deviations of the posterior.
        start: the step nearest to the most probable canopy.
        leaf: (k, w), reflectance of a leaf; ``leaf_through`` its transmittance.
        spectrum: (k, w), of the canopy.
        bands: (k, 10).
    """

    theta: np.ndarray
    at: np.ndarray
    start: int
    leaf: np.ndarray
    leaf_through: np.ndarray
    spectrum: np.ndarray
    bands: np.ndarray


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _walk(key: tuple[str, str, str], along: str, _spot: Spot) -> Walk:
    """Return the walk from what ``key[0]`` believes of a pixel (every step at once: 41 spectra take 0.1 s)."""
    family = key[0]
    network, _ = compute.encoder(family)
    with torch.inference_mode():
        posterior = network(_spot.seen)
        peak, axes, spread = latent.directions(posterior, _spot.seen, noise=FAMILIES[family].noise)
        if along in DIRECTIONS:
            which = -1 if along == "narrow" else DIRECTIONS.index(along)
            theta = latent.walk_direction(network.prior, peak, axes[which], float(spread[which]))
            at = np.linspace(-latent.FAR, latent.FAR, latent.STEPS)
        else:
            middle = network.prior.from_normal(torch.from_numpy(peak)).float()
            theta = latent.walk_variable(network.prior, middle, along)
            at = theta[:, INFERRED.index(along)].numpy()
        nearest = network.prior.to_normal(theta.double()) - torch.from_numpy(peak)
        held = named(theta, _spot.seen.geometry)
        model = simulator()
        leaf, through = model.leaf(held)
        spectrum, bands = model.spectrum(held), bands_of(theta, _spot.seen.geometry)
    wide = [x.expand(latent.STEPS, -1)[:, THIN].numpy() for x in (leaf, through, spectrum)]
    return Walk(theta.numpy(), at, int(nearest.square().sum(1).argmin()), *wide, bands.numpy())


@st.fragment
def show(t: Words, view: View) -> None:
    """Draw the walk; a step reruns this part of the page only."""
    st.header(t("canopy.latent.walk_title"), anchor=False)
    family = next(
        (one.name for one in view.beliefs if one.name in FAMILIES and FAMILIES[one.name].trained), None
    )
    if family is None:
        st.info(t("canopy.studio.no_family"), icon=":material/help:")
        return
    st.markdown(t("canopy.latent.walk_lead", family=t(f"canopy.families.{family}.name")))
    with guard(t):
        _walking(t, view.spot, family)


def _walking(t: Words, spot: Spot, family: str) -> None:
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        along = choose(
            st.selectbox,
            t("canopy.latent.along"),
            [*DIRECTIONS, *INFERRED],
            name="along",
            default="wide1",
            format_func=lambda name: (
                t(f"canopy.latent.directions.{name}") if name in DIRECTIONS else names.title(t, name)
            ),
        )
        walk = _walk((family, models.weights_stamp(family), spot.key), along, spot)
        steps = list(range(latent.STEPS))
        write = partial(_write, t, along, walk)
        step = st.select_slider(
            t("canopy.latent.position"), steps, walk.start, format_func=write,
            key=f"walk_{along}_{spot.key}_{family}",
        )  # fmt: skip
        _readings(t, spot, walk, step, FAMILIES[family].noise)
    with right:
        _figures(t, spot, walk, step)


def _write(t: Words, along: str, walk: Walk, step: int) -> str:
    if along in DIRECTIONS:
        return t.number(float(walk.at[step]), 2, signed=True)
    return names.value(t, along, float(walk.at[step]))


def _readings(t: Words, spot: Spot, walk: Walk, step: int, noise: Noise) -> None:
    """Draw the colour, NDVI, how far from what was seen, and the variables that move."""
    bands = walk.bands[step]
    red, infrared = bands[BANDS.index("B04")], bands[BANDS.index("B08")]
    ndvi = float((infrared - red) / (infrared + red))
    rgb = colours(np.array([bands[BANDS.index(b)] for b in RGB]))[:3]
    said = escape(t("canopy.latent.swatch"))
    st.html(
        f'<div role="img" aria-label="{said}" title="{said}" style="height:64px;border-radius:10px;'
        f'background:rgb({",".join(str(int(c)) for c in rgb)});border:1px solid rgba(128,128,128,.35)"></div>'
    )
    seen = spot.seen.reflectance[0].numpy()
    there = np.isfinite(seen)
    gap = (seen - bands)[there] / noise.sd(torch.from_numpy(bands)).numpy()[there]
    columns = st.columns(2)
    with columns[0]:
        card.metric("NDVI", t.number(ndvi, 2))
    with columns[1]:
        far = float(np.sqrt((gap**2).mean()))
        card.metric(t("canopy.latent.far"), t.number(far, 1), t("canopy.latent.far_note"))
    span = walk.theta.max(0) - walk.theta.min(0)
    whole = np.array([compute.prior_draws("legacy")[:, i].std() for i in range(len(INFERRED))])
    moving = [INFERRED[i] for i in np.argsort(-span / whole)[:4] if span[i] > 1e-6]
    st.caption(" · ".join(_one(t, name, walk.theta[step, INFERRED.index(name)]) for name in moving))


def _one(t: Words, name: str, value: float) -> str:
    said = names.with_unit(t, name, float(value))
    return t("canopy.latent.value", name=t(f"canopy.variables.{name}.short"), value=said)


def _figures(t: Words, spot: Spot, walk: Walk, step: int) -> None:
    """Draw leaf and canopy at this step, the ends of the walk as faint lines, the ten bands and what was seen."""
    left, right = st.columns([1, 1.35])
    with left:
        _leaf(t, walk, step)
    with right:
        _canopy(t, spot, walk, step)


def _axes(t: Words, title: str, top: float) -> dict[str, Any]:
    x = figures.axis(t("canopy.latent.wavelength"), "nm", range=[400, 2500], nticks=5)
    return {"x": x, "y": figures.axis(title, "", range=[0, top]), "height": 330, "legend": True}


def _leaf(t: Words, walk: Walk, step: int) -> None:
    wavelengths = np.asarray(WAVELENGTHS)[THIN]
    figure = figures.figure(t, **_axes(t, t("canopy.latent.leaf"), 1))
    for values, name, colour, dash in (
        (walk.leaf[step], t("canopy.latent.reflected"), figures.ACCENT["canopy"], "solid"),
        (1 - walk.leaf_through[step], t("canopy.latent.transmitted"), figures.SEQUENCE[0], "dash"),
    ):
        figure.add_scatter(
            x=wavelengths, y=values, name=name, mode="lines", line={"color": colour, "width": 2, "dash": dash},
            hoverinfo="skip",
        )  # fmt: skip
    figures.show(figure, key="canopy_walk_leaf", alt=t("canopy.latent.leaf_alt"), expert=True)


def _canopy(t: Words, spot: Spot, walk: Walk, step: int) -> None:
    wavelengths = np.asarray(WAVELENGTHS)[THIN]
    seen = spot.seen.reflectance[0].numpy()
    top = float(max(walk.spectrum.max(), np.nanmax(seen))) * 1.05
    figure = figures.figure(t, **_axes(t, t("canopy.latent.canopy"), top))
    accent = figures.ACCENT["canopy"]
    for end in (0, -1):
        figure.add_scatter(
            x=wavelengths, y=walk.spectrum[end], name=t("canopy.latent.ends"), mode="lines", showlegend=end == 0,
            line={"color": "rgba(128,128,128,.75)", "width": 1, "dash": "dot"}, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=wavelengths, y=walk.spectrum[step], mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": accent, "width": 2},
    )  # fmt: skip
    for values, name, symbol, colour in (
        (walk.bands[step], t("canopy.latent.ten"), "circle", accent),
        (seen, t("canopy.latent.seen"), "x-thin-open", figures.SEQUENCE[1]),
    ):
        figure.add_scatter(
            x=list(CENTRES.values()), y=values, mode="markers", name=name, text=list(BANDS),
            marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
            hovertemplate="%{text}: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figures.show(figure, key="canopy_walk", alt=t("canopy.latent.walk_alt"), expert=True)
