"""What `python -m eogen evaluate canopy` measured: calibration, comparison of the families, real fields."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from eogen.results import Report
from pages.kit import export
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.canopy import results_views as views
from pages.parts.canopy.measurements import SIMULATED, Measured

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "canopy.json"
SECTIONS = ("families", "calibration", "field", "all")


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, stamp: float) -> Report:
    return Report.from_json(Path(path).read_text("utf-8"))


def show(t: Words) -> None:
    """Draw the committed results, or say how to make them."""
    if not RESULTS.is_file():
        st.info(t("canopy.results.none"), icon=":material/science:")
        st.code(
            "python -m eogen evaluate canopy --json assets/results/canopy.json",
            language="bash",
            wrap_lines=True,
        )
        return
    report = _read(str(RESULTS), RESULTS.stat().st_mtime)
    found = Measured(report)
    st.markdown(t("canopy.results.lead"))
    _exhibit(t, found)
    section = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("canopy.results.section"),
        SECTIONS,
        name="measured",
        default=SECTIONS[0],
        format_func=lambda s: t(f"canopy.results.sections.{s}"),
    )
    {"families": _families, "calibration": _calibration, "field": _field, "all": _all}[section](t, found)
    if report.absent:
        with st.expander(t("canopy.results.absent", n=len(report.absent))):
            for sentence in report.absent:
                st.code(sentence, language=None, wrap_lines=True)
    machine = report.machine
    st.caption(
        t(
            "canopy.results.machine",
            processor=str(machine.get("processor", "–")),
            date=machine.get("date", "2026"),
            version=report.code_version,
            seconds=report.seconds,
        )
    )
    export.bar(
        [
            export.table("eogen-canopy-results", report.table),
            export.File("eogen-canopy.json", report.to_json),
            *_charts(section, found),
        ],
        t,
        key="canopy_results",
        address=False,
    )


def _charts(section: str, found: Measured) -> list[export.Chart]:
    if section != "calibration" or not found.families:
        return []
    keys = ["canopy_coverage", "canopy_width"]
    keys += ["canopy_sbc_a", "canopy_sbc_b"] if found.with_table("sbc") else []
    keys += ["canopy_tarp"] if found.with_table("tarp") else []
    return [export.Chart(key, key.replace("_", "-"), str(number + 1)) for number, key in enumerate(keys)]


def _exhibit(t: Words, found: Measured) -> None:
    """Say in one sentence what coverage per variable cannot see."""
    best, plain = found.best, "independent"
    cover = found.coverages(plain)
    nats = {name: found.value("nll", name) for name in (best, plain) if name}
    misses = {name: found.value("posterior_predictive_rmse", name) for name in (best, plain) if name}
    if best is None or best == plain or not cover or None in (*nats.values(), *misses.values()):
        return
    st.info(
        t(
            "canopy.results.exhibit",
            low=min(cover),
            high=max(cover),
            family=t(f"canopy.families.{best}.name"),
            nats=nats[plain] - nats[best],  # type: ignore[operator]
            miss=misses[plain],
            best=misses[best],
        ),
        icon=":material/visibility:",
    )


def _families(t: Words, found: Measured) -> None:
    """Draw the comparison of the families on simulations, and the targets."""
    if not found.families:
        st.caption(t("canopy.results.empty"))
        return
    st.dataframe(
        views.comparison(t, found), hide_index=True, width="stretch", alt=t("canopy.results.comparison")
    )
    st.caption(t("canopy.results.comparison_note"))
    goals = views.targets(t, found)
    if len(goals):
        reached = sum(f.reached is True for f in found.goals)
        st.markdown(f"**{t('canopy.results.targets', reached=reached, n=len(found.goals))}**")
        st.dataframe(goals, hide_index=True, width="stretch", alt=t("canopy.results.targets_alt"))


def _calibration(t: Words, found: Measured) -> None:
    """Draw coverage and width, ranks, and joint coverage."""
    if not found.families:
        st.caption(t("canopy.results.empty"))
        return
    st.markdown(t("canopy.results.coverage_lead"))
    views.coverage(t, found)
    ranked = found.with_table("sbc")
    if ranked:
        st.markdown(t("canopy.results.sbc_lead"))
        wanted = [name for name in (found.best, "independent") if name in ranked]
        for number, (column, side) in enumerate(zip(st.columns(2), "ab", strict=True)):
            with column:
                name = choose(
                    st.selectbox,
                    t("canopy.results.family"),
                    ranked,
                    name=f"ranks_{side}",
                    default=(wanted + ranked * 2)[number],
                    format_func=lambda name: views.method(t, name),
                )
                views.ranks(t, found, name, f"canopy_sbc_{side}")
    if found.with_table("tarp"):
        st.markdown(t("canopy.results.tarp_lead"))
        views.tarp(t, found)


def _field(t: Words, found: Measured) -> None:
    """Draw the tables of real fields."""
    leaf = views.field(t, found, "rmse")
    if not len(leaf):
        st.caption(t("canopy.results.no_field"))
        return
    st.markdown(t("canopy.results.field_lead"))
    st.dataframe(leaf, hide_index=True, width="stretch", alt=t("canopy.results.field_alt"))
    st.caption(t("canopy.results.r2_note"))
    st.caption(t("canopy.results.pai_note"))
    chlorophyll = views.field(t, found, "ccc_rmse")
    if len(chlorophyll):
        st.markdown(t("canopy.results.ccc_lead"))
        st.dataframe(chlorophyll, hide_index=True, width="stretch", alt=t("canopy.results.ccc_alt"))
    leaves = [f for f in found.report.figures if f.name == "cab_r2" and f.value is not None]
    if leaves:
        top = max(leaves, key=lambda f: f.value or 0.0)
        st.caption(t("canopy.results.cab", r2=top.value, n=top.n))


def _all(t: Words, found: Measured) -> None:
    """Draw every figure."""
    st.dataframe(
        views.everything(t, found),
        hide_index=True,
        width="stretch",
        height=520,
        alt=t("canopy.results.all_alt"),
    )
    st.caption(t("canopy.results.simulated_note", name=SIMULATED))
