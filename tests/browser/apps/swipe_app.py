"""A tiny app around the map elements, driven by tests/browser/test_swipe.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401
import streamlit as st
import xarray as xr

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from eogen.colour import Scale
from eogen.raster import Overlay, features_geojson, overlay
from pages.kit.maps.folium_map import Objects, folium_map
from pages.kit.maps.layers import Layer, picture
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe

st.set_page_config(page_title="maps", layout="wide", page_icon="🛰️")

WORDS = {
    "lang": "fr",
    "map": "Une scène simulée, vue deux fois",
    "zoom_in": "Agrandir",
    "zoom_out": "Réduire",
    "keys": "Flèches : déplacer la croix. Entrée : choisir.",
    "at": "Colonne {x}, ligne {y}",
}


@st.cache_data
def field(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return sum(
        np.kron(rng.random((n // k, n // k)), np.ones((k, k))) * w
        for k, w in ((4, 0.15), (16, 0.35), (n // 2, 0.5))
    )


def rgb(n: int, seed: int) -> np.ndarray:
    a = field(n, seed)
    return np.stack([a * 150 + 20, a * 170 + 40, a * 110 + 30], -1).astype("uint8")


def georeferenced(n: int) -> xr.DataArray:
    y, x = 5_035_000 - 5 - 10 * np.arange(n), 596_005 + 10 * np.arange(n)
    return xr.DataArray(np.zeros((n, n)), coords={"y": y, "x": x}, dims=("y", "x")).rio.write_crs(32631)


@st.cache_data
def geographic(n: int, seed: int) -> Overlay:
    return overlay(rgb(n, seed), georeferenced(n))


@st.cache_data
def plane(n: int, seed: int) -> Overlay:
    return overlay(rgb(n, seed))


state = st.session_state
which = st.query_params.get("which", "geo")
n = int(st.query_params.get("n", 256 if which == "geo" else 64))
swaps = state.setdefault("swaps", 0)
with st.container(horizontal=True):
    if st.button("swap"):
        state.swaps = swaps = swaps + 1
    if st.button("hide"):
        state.hidden = not state.get("hidden", False)
    st.button("noop")
    if st.button("elsewhere"):
        which = "plane" if which == "geo" else "geo"
    if st.button("left"):
        state.position = 0.1
st.title("Deux images", anchor=False)

if not state.get("hidden"):
    make = geographic if which == "geo" else plane
    if which in ("geo", "plane"):
        out = swipe(
            make(n, swaps % 2),
            make(n, swaps % 2 + 2),
            key="pair",
            position=state.get("position", 0.5),
            labels=WORDS
            | {"before": f"Avant {swaps} <b>", "after": "Après", "bar": "Comparer avant et après"},
            height=470 if which == "geo" else None,
            rectangle=[[16, 24], [24, 32]] if which == "plane" else None,
            pixelated=which == "plane",
        )
        if state.get("legend", True):
            st.html(
                scale_legend(Scale("PuOr", -1, 1), title="Preuve", ends=("contre", "pour"), missing="nuages")
            )
        if out.clicked:
            state.clicked = vars(out.clicked)
        st.text("RESULT " + json.dumps({"position": out.position, "clicked": state.get("clicked")}))
    elif which == "folium":
        like = georeferenced(128)
        bright = like.copy(data=field(128, 1) > 0.7)
        found = Objects(features_geojson(bright, min_pixels=200), "Objets", show={"pixels": "Pixels"})
        chosen = folium_map([Layer(geographic(128, 1), "Image"), found], key="folium", outline=True)
        spot = vars(chosen.place) if chosen.place else None
        st.text("RESULT " + json.dumps({"place": spot, "properties": chosen.properties}))
    else:
        scale = Scale("PuOr", -1, 1)
        layers = [
            Layer(overlay(scale.colour(field(n, s) * 2 - 1, alpha_by_value=True)), f"Preuve {s}")
            for s in (5, 6)
        ]
        for column, name in zip(st.columns(2), "ab", strict=True):
            with column:
                spot = picture(
                    plane(n, 1),
                    layers if name == "a" else layers[:1],
                    key=name,
                    labels=WORDS | {"opacity": "Opacité", "blend": "Fondre", "title": f"Méthode {name}"},
                    group="ab",
                    blend=True,
                )
                if spot:
                    state.clicked = {"map": name, "row": spot.row, "column": spot.column}
        st.text("RESULT " + json.dumps({"clicked": state.get("clicked")}))
else:
    st.text("RESULT hidden")
