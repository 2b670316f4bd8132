"""Every shared element on one page, in both languages: to look at, and to drive from tests."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd
import streamlit as st

from eogen.errors import InputError, Unavailable
from pages.kit import card, errors, export, figures, idle, progress, provenance, style
from pages.kit.words import load, pick

st.set_page_config(page_title="EOGen kit", layout="wide")
style.apply()
words = load(pick(st.query_params.get("lang"), st.context.locale))
expert = st.query_params.get("view", "expert") == "expert"


def demo() -> None:
    card.heading("landcover", words)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        fig = figures.figure(
            words, x=figures.axis("Longueur d’onde", "nm"), y=figures.axis("Réflectance", ""), legend=True
        )
        fig.add_scatter(x=[443, 560, 665, 842, 1610], y=[0.05, 0.08, 0.06, 0.31, 0.22], name="A")
        fig.add_scatter(x=[443, 560, 665, 842, 1610], y=[0.06, 0.07, 0.05, 0.02, 0.01], name="B")
        figures.show(fig, key="spectrum", alt="Deux spectres", expert=expert)
        provenance.caption(
            provenance.Provenance("real", "Toulouse", "Sentinel-2", "réflectance", "2021-04-17", "CC-BY-4.0"),
            words,
        )
        for origin in provenance.ORIGINS[1:]:
            provenance.caption(provenance.Provenance(origin, "<b>x</b>"), words)
        provenance.model_card(CARD, words, key="ms")
        export.bar(
            [
                export.Chart("spectrum", "spectrum"),
                export.table(
                    "bands", lambda: pd.DataFrame({"wavelength_nm": [442.7], "réflectance": [0.05]})
                ),
                export.raster("evidence", lambda: b"II*\0"),
                export.objects("places", lambda: {"type": "FeatureCollection", "features": []}),
                export.record("broken", broken),
            ],
            words,
            key="demo",
        )
    with right:
        names = ("River", "Highway", "SeaLake", "PermanentCrop")
        values = ((0.81, 0.74, 0.86), (0.12, 0.08, 0.17), (0.06, 0.03, 0.1), (0.004, 0, 0.01))
        rows = [
            card.Bar(words(f"classes.{n}.name"), v, low=lo, high=hi, main=n == "River")
            for n, (v, lo, hi) in zip(names, values, strict=True)
        ]
        card.bars(rows, words, label="Probabilités", room="landcover")
        shares = [("B02", 0.05), ("B08", 0.42), ("B8A", -0.08), ("B11", 0.23), ("B12", -0.17)]
        card.bars(
            [
                card.Bar(words(f"bands.{b}"), v, note=words("bands.wavelength", wavelength=842))
                for b, v in shares
            ],
            words,
            label="Bandes",
            signed=True,
        )
        card.gauge(
            "Fidélité",
            0.62,
            words,
            low=-1,
            interval=(0.5, 0.7),
            references={"hasard": 0.02, "contours": 0.3},
            verdict="Les pixels montrés comptent vraiment.",
            room="landcover",
        )
        card.gauge("Stabilité", None, words)
        card.metric("Probabilité", words.percent(0.81), "calibrée")
    with errors.guard(words):
        raise InputError(
            "unreadable", "The file {name} cannot be read.", name="<script>alert(1)</script>.tif"
        )
    with errors.guard(words):
        raise Unavailable(
            "no_such_text", "The weights of {model} are absent.", model="ms_cnn", command="make train"
        )
    with errors.guard(words):
        raise RuntimeError("a secret path")
    seconds = st.number_input("s", 0.0, 60.0, float(st.query_params.get("seconds", 0.0)), key="seconds")
    if seconds:
        appear = float(st.query_params.get("appear", progress.APPEAR))
        with errors.guard(words), patch.object(progress, "APPEAR", appear):
            result = progress.run("Calcul", lambda p: slow(p, seconds), words, key=f"slow_{seconds}")
            st.write(f"result={result}")
    st.write("end of page")


def slow(report, seconds: float) -> int:
    steps = max(1, int(seconds / 0.05))
    for step in range(steps):
        report(step, steps, "explain")
        time.sleep(0.05)
    return steps


def broken() -> dict:
    raise RuntimeError("cannot be made")


CARD = {
    "sha256": "ab" * 32,
    "data": [{"name": "EuroSAT <MS>", "licence": "MIT", "n": 106}],
    "metrics": {"accuracy": {"value": 0.84, "low": 0.77, "high": 0.9, "n": 106}},
    "date": "2026-11-21",
    "seed": 0,
    "parameters": 18342,
    "cost": {"seconds": 81.0},
}


def room() -> None:
    st.title("Room")
    st.text_input("note", key="note")
    if seconds := float(st.query_params.get("seconds", 0.0)):
        result = progress.run("Calcul", lambda p: slow(p, seconds), words, key=f"room_{seconds}")
        st.write(f"result={result}")


home = st.Page(demo, title="Demo", default=True)
page = st.navigation([home, st.Page(room, title="Room", url_path="room")], position="hidden")
stand = st.query_params.get("stand") == "1"
idle.watch(
    words.lang,
    home=home,
    seconds=float(st.query_params.get("idle", 60)) if stand else None,
    at_home=page.title == "Demo",
)
page.run()
