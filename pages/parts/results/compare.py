"""Two runs side by side: what differs before any figure, what moved, what only one has."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from eogen.compare_runs import Difference, Pair, compare
from eogen.results import Figure
from pages.kit import export
from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.words import Words
from pages.parts.results import naming, runs, tables

VIEWS = ("moved", "both", "only_first", "only_second")
#: In a session: the dropped file that was put beside its partner.
_SEEN = "_results_dropped"


def show(t: Words) -> None:
    """Draw two runs compared (``?first=``, ``?second=``)."""
    _drop(t)
    found = {run.name: run for run in runs.every(t)}
    if not found:
        st.info(t("results.none"), icon=":material/science:")
        return
    left, right = st.columns(2)
    names = list(found)
    extra = [name for name in names if found[name].kept != "committed"]
    label = lambda name: t("results.compare.nothing") if not name else runs.label(t, found[name])
    partner = next(
        (n for n in names if extra and found[n].report.room == found[extra[-1]].report.room), names[0]
    )
    first = choose(
        left.selectbox, t("results.compare.first"), names, name="first", default=partner, format_func=label
    )
    options = ["", *(n for n in names if n != first)]
    default = extra[-1] if extra and extra[-1] in options else ""
    second = choose(
        right.selectbox, t("results.compare.second"), options, name="second", default=default,
        key=f"results_second_{len(options)}_{first}", format_func=label,
    )  # fmt: skip
    if not second:
        st.info(t("results.compare.how", folder="EOGEN_DATA/results"), icon=":material/compare_arrows:")
        room, part = (*found[first].report.room.split("_"), "")[:2]
        st.code(
            f"python -m eogen evaluate {room}{f' --part {part}' if part else ''} --json {room}.json",
            language="bash",
            wrap_lines=True,
        )
        return
    _draw(t, found[first], found[second])


def _drop(t: Words) -> None:
    """Take a file of results for this visit."""
    with st.expander(t("results.compare.drop"), icon=":material/upload_file:"):
        given = st.file_uploader(
            t("results.compare.file"), type="json", key="results_file", max_upload_size=64
        )
        if given is not None:
            with guard(t):
                runs.take(given.name, given.getvalue())
                _put_beside(given.file_id)
        if runs.folder().is_dir():
            st.caption(t("results.compare.folder", n=len(runs.local(t))))


def _put_beside(file: str) -> None:
    """Compare a file, the first time it is seen, with the program's own run of the same room."""
    if st.session_state.get(_SEEN) != file and (dropped := runs.given()):
        st.session_state[_SEEN] = file
        room = dropped[-1].report.room
        st.session_state["first"] = next((r.name for r in runs.committed() if r.report.room == room), None)


def _draw(t: Words, first: runs.Run, second: runs.Run) -> None:
    if first.report.room != second.report.room:
        st.warning(t("results.compare.rooms"), icon=":material/warning:")
    made = compare(first.report, second.report)
    _differences(t, made.differences)
    moved = made.moved()
    counts = {way: sum(p.verdict == way for p in moved) for way in ("better", "worse", "other")}
    unknown = sum(p.moved is None and p.difference not in (0, None) for p in made.pairs)
    st.markdown(t("results.compare.lead", n=len(made.pairs), moved=len(moved), unknown=unknown, **counts))
    sizes = dict(zip(VIEWS, map(len, (moved, made.pairs, made.only_first, made.only_second)), strict=True))
    view = choose(
        st.segmented_control, t("results.compare.look"), VIEWS, name="look", default="moved", required=True,
        label_visibility="collapsed", format_func=lambda v: f"{t(f'results.compare.views.{v}')} ({t.number(sizes[v])})",
    )  # fmt: skip
    room = first.report.room
    if view in ("moved", "both"):
        rows = moved if view == "moved" else list(made.pairs)
        frame = paired(t, room, rows)
    else:
        frame = alone(t, room, made.only_first if view == "only_first" else made.only_second)
    if frame.empty:
        st.caption(t("results.compare.empty"))
    else:
        tables.draw(
            t, frame, alt=t("results.compare.alt"), key=f"results_compared_{view}", height=520,
            numbers={name: None for name in (t("results.compare.difference"),) if name in frame},
            widths=_widths(t),
        )  # fmt: skip
    st.caption(t("results.compare.note"))
    export.bar([export.table("eogen-two-runs", made.table)], t, key="results_compare")


def _widths(t: Words) -> dict[str, int]:
    """Return the columns' pixels: together no wider than the page, so that difference and verdict are seen."""
    columns = {"columns.figure": 170, "columns.method": 210, "columns.set": 180, "compare.first": 146,
               "compare.second": 146, "compare.difference": 128, "compare.verdict": 90}  # fmt: skip
    return {t(f"results.{name}"): width for name, width in columns.items()}


def _differences(t: Words, found: Sequence[Difference]) -> None:
    """Say first what the two runs do not share."""
    if not found:
        st.success(t("results.compare.same"), icon=":material/check:")
        return
    lines = [t("results.compare.differ")]
    for subject in dict.fromkeys(d.subject for d in found):
        some = [d for d in found if d.subject == subject]
        said = [_said(t, d) for d in some[:4]]
        more = t("results.compare.more", n=len(some) - 4) if len(some) > 4 else ""
        title, all_said = t(f"results.compare.subjects.{subject}"), " · ".join(said) + more
        lines.append(f"- {t('results.compare.difference_of', subject=title, said=all_said)}")
    st.warning("\n".join(lines), icon=":material/difference:")


def _said(t: Words, difference: Difference) -> str:
    """Write one difference; hashes by their first letters. What files say is shown as code, never as markup."""
    if difference.subject == "room":
        return f"{naming.title(t, difference.first)} → {naming.title(t, difference.second)}"
    short = lambda text: f"`{text.replace('`', '')[:16] or '–'}`"
    name = f"{short(difference.name)} " if difference.name else ""
    return f"{name}{short(difference.first)} → {short(difference.second)}"


def paired(t: Words, room: str, pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return a row per figure of both runs."""
    method, figure, dataset = naming.of(t, room)
    return pd.DataFrame(
        {
            t("results.columns.figure"): figure(p.first.name),
            t("results.columns.method"): method(p.first.method),
            t("results.columns.set"): dataset(p.first.dataset),
            t("results.compare.first"): tables.interval(p.first, t),
            t("results.compare.second"): tables.interval(p.second, t),
            t("results.compare.difference"): p.difference,
            t("results.compare.verdict"): t(f"results.compare.verdicts.{p.verdict}"),
        }
        for p in pairs
    )


def alone(t: Words, room: str, rows: Sequence[Figure]) -> pd.DataFrame:
    """Return a row per figure of one run."""
    method, figure, dataset = naming.of(t, room)
    return pd.DataFrame(
        {
            t("results.columns.figure"): figure(f.name),
            t("results.columns.method"): method(f.method),
            t("results.columns.set"): dataset(f.dataset),
            t("results.columns.value"): tables.interval(f, t),
            "n": f.n,
        }
        for f in rows
    )
