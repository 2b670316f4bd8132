"""One expert panel of the ocean room on a small simulated sea, without the page around it: ``?panel=&lang=``."""

import importlib

import numpy as np
import streamlit as st

from eogen.ocean import simulate
from eogen.ocean.cube import region
from pages.kit import style
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.kit.provenance import Provenance
from pages.kit.words import load
from pages.parts.ocean.state import State


@st.cache_resource(show_spinner=False)
def sea(side: int, frames: int, gaps: str) -> simulate.Simulated:
    return simulate.ocean(3, frames, (side, side), gaps=gaps)


st.set_page_config(layout="wide")
style.apply()
asked = st.query_params
words = load(asked.get("lang", "fr"))
side, frames = int(asked.get("side", "40")), int(asked.get("frames", "8"))
made = sea(side, frames, asked.get("gaps", "composite"))
cut, frame = made.observed, frames // 2
if asked.get("sst") == "1":
    cut = made.drivers["sst"].where(np.isfinite(made.observed)).assign_attrs(made.drivers["sst"].attrs)
held = np.zeros(cut.shape, bool)
if asked.get("held", "1") == "1":
    held[frame, 10:26, 8:30] = True
    held &= np.isfinite(cut.values)
box = (float(cut.lat[0]), float(cut.lat[-1]), float(cut.lon[0]), float(cut.lon[-1]))
state = State(
    "simulated", f"test-{side}-{frames}-{asked.get('gaps')}-{asked.get('sst')}", cut, region(cut, *box), box, frame,
    "drawn", held, (asked.get("a", "oi"), asked.get("b", "convolution")), 0, 8, Provenance("simulated"),
    asked.get("quantity", "chl"), None, made.truth.values,
)  # fmt: skip
with guard(words):
    importlib.import_module(f"pages.parts.ocean.panel_{asked['panel']}").show(Visitor(words, True), state)
