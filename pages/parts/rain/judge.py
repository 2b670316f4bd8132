"""What a trained model says of a map without seeing the radar. The one door to models, so that none need be there."""

from __future__ import annotations

import threading

import numpy as np
import streamlit as st

from pages.parts.rain.days import Day

#: The model asked, by run: the early one never sees the map after.
ASKED = {"early": "desom_early", "late": "desom_aware"}
_LOCK = threading.Lock()


def asked(run: str) -> str | None:
    """Return the name of the model whose weights are on this machine, or None."""
    from eogen.rain.models import FOLDER

    name = ASKED[run]
    return name if (FOLDER / f"{name}.safetensors").is_file() else None


def guess(day: Day, score: str = "csi") -> np.ndarray | None:
    """Return (time,) the score the model gives each half hour, never having seen the radar, or None without weights."""
    name = asked(day.choice.run)
    return None if name is None else _guess(day.choice.key, name, day)[score]


@st.cache_data(show_spinner=False, max_entries=48)
def _guess(key: str, name: str, _day: Day) -> dict[str, np.ndarray]:
    from eogen.rain.examples import of_maps
    from eogen.rain.models import load

    alone = _day.pair.drop_vars(["radar", "radar_wet_share"])
    model, _ = load(name)
    with _LOCK:  # one model serves every visitor
        scores = model.predict(of_maps(alone, real_time=_day.choice.run == "early")).scores
    return {str(c): scores[c].to_numpy() for c in scores}
