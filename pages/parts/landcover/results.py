"""What `python -m eogen evaluate landcover` measured: networks and explanations, beside their targets."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from eogen.landcover.models import MODELS
from eogen.results import Figure, Report
from pages.kit import export, figures, measured
from pages.kit.address import choose
from pages.kit.words import Words

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "landcover.json"
#: Columns of the table of explanations: (figure, data set).
COLUMNS = (
    ("milliseconds", "eurosat"),
    ("srg", "eurosat"),
    ("srg_evidence_space", "eurosat"),
    ("sanity", "eurosat"),
    ("noise", "eurosat"),
    ("pointing_hit", "simulated"),
    ("focus_share", "eurosat_mosaics"),
)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(stamp: float) -> Report:
    return Report.from_json(RESULTS.read_text("utf-8"))


def show(t: Words) -> None:
    """Draw the committed results, or say how to make them."""
    if not RESULTS.is_file():
        st.info(t("landcover.results.none"), icon=":material/science:")
        st.code("python -m eogen evaluate landcover --json results.json", language="bash", wrap_lines=True)
        return
    report = _read(RESULTS.stat().st_mtime)
    st.markdown(t("landcover.results.lead"))
    networks = [f for f in report.figures if "/" not in f.method]
    st.dataframe(_networks(networks, t), hide_index=True, width="stretch", alt=t("landcover.results.alt"))
    _confusion(report, t)
    st.markdown(t("landcover.results.explanations"))
    name = choose(
        st.segmented_control,
        t("landcover.results.network"),
        list(MODELS),
        name="measured",
        default="rgb_cnn",
        required=True,
        label_visibility="collapsed",
        format_func=lambda m: t(f"models.{m}.name"),
    )
    table = _explanations([f for f in report.figures if f.method.startswith(f"{name}/")], t)
    alt = t("landcover.results.explanations_alt", network=t(f"models.{name}.name"))
    st.dataframe(table, hide_index=True, width="stretch", alt=alt)
    st.caption(
        t(
            "landcover.results.machine",
            processor=report.machine["processor"],
            date=report.machine["date"],
            version=report.code_version,
            seconds=report.seconds,
        )
    )
    export.bar(
        [
            export.table("eogen-landcover-results", report.table),
            export.File("eogen-landcover.json", report.to_json),
        ],
        t,
        key="results",
        address=False,
    )


def _networks(rows: list[Figure], t: Words) -> pd.DataFrame:
    """Return one row per figure of a network, with its interval, number of cases and target."""
    return pd.DataFrame(
        {
            t("landcover.results.figure"): t(f"metrics.{f.name}"),
            t("landcover.results.method"): t(f"models.{f.method}.name")
            if f.method in MODELS
            else t(f"metrics.{f.method}"),
            t("landcover.results.set"): f.dataset,
            t("landcover.results.value"): measured.with_interval(f, t),
            "n": f.n,
            t("landcover.results.target"): measured.target(f, t),
        }
        for f in rows
    )


def _explanations(rows: list[Figure], t: Words) -> pd.DataFrame:
    """Return one row per explanation: time, faithfulness, sanity, stability, pointing, focus."""
    found = {(f.method.partition("/")[2], f.name, f.dataset): f for f in rows}
    methods = dict.fromkeys(method for method, name, _ in found if name == "srg")
    return pd.DataFrame(
        {t("landcover.results.method"): t(f"explanations.{method}.name")}
        | {
            t(f"metrics.{name}"): measured.with_interval(f, t)
            if (f := found.get((method, name, dataset)))
            else "–"
            for name, dataset in COLUMNS
        }
        for method in methods
    )


def _confusion(report: Report, t: Words) -> None:
    """Draw the confusion matrix of the colour network on unseen pictures, in shares of the true class."""
    name = next((n for n in report.tables if n.startswith("confusion: rgb_cnn, EuroSAT RGB")), None)
    if name is None:
        return
    counts = report.tables[name]
    share = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    labels = [t(f"classes.{c}.short") for c in counts.columns]
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.results.said"), "", side="top"),
        y=figures.axis(t("landcover.results.true"), "", autorange="reversed"),
        height=430,
    )
    figure.add_heatmap(
        x=labels,
        y=labels,
        z=100 * share.values,
        zmin=0,
        zmax=100,
        colorscale=figures.scale(),
        colorbar={"title": {"text": "%"}},
        hovertemplate="%{y} → %{x}: %{z:.1f} %<extra></extra>",
    )
    with st.expander(t("landcover.results.confusion")):
        figures.show(figure, key="confusion", alt=t("landcover.results.confusion"), expert=True)
        per_class = report.tables[name.replace("confusion", "per class")]
        st.dataframe(per_class, width="stretch", alt=t("landcover.results.per_class_alt"))
