"""The trial that several panels read: which dates, what is hidden of them, what each method said of it.

It hides cells of the region itself, under other dates' clouds, whatever gap the visitor drew: scores need more dates
than the one that is looked at. Results are kept per method, so that one more method costs only itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st
import xarray as xr

from eogen.ocean.holdout import SEED, spread
from eogen.ocean.methods import METHODS
from eogen.ocean.trial import Trial, hidden, trial
from eogen.progress import Progress, silent
from pages.kit import progress
from pages.kit.address import choose, number
from pages.kit.words import Words
from pages.parts.ocean import compute, titles
from pages.parts.ocean.state import State, digest

#: Draws per method; fewer on large regions, where they would take hundreds of megabytes.
MEMBERS, FEW, LARGE = 16, 4, 2_000_000
#: Dates scored, as names in the address, and how many by default.
DATES = ("4", "8", "16", "all")
DEFAULT_DATES = "8"


def dates(observed: xr.DataArray, frame: int, count: str) -> tuple[int, ...]:
    """Return the frames to score: ``frame`` and others spread over the cube, among those with anything observed."""
    return spread(np.isfinite(observed.values), None if count == "all" else int(count), frame)


def signature(state: State) -> str:
    """Return a hash of what is tried: the region as observed, not what the visitor has withheld of it."""
    return digest(state.key, state.region, state.cut.shape)


def protocol(t: Words, state: State, columns: Sequence | None = None) -> tuple[tuple[int, ...], int]:
    """Draw how many dates are scored and the seed of the clouds; return the frames and the seed.

    Without ``columns`` nothing is drawn and what was chosen on another panel holds.
    """
    if columns is None:
        count = st.session_state.get("proto_dates", st.query_params.get("proto_dates", DEFAULT_DATES))
        seed = int(st.session_state.get("proto_seed", SEED))
        return dates(state.cut, state.frame, count if count in DATES else DEFAULT_DATES), seed
    count = choose(
        partial(columns[0].segmented_control, required=True), t("ocean.trial.dates"), DATES, name="proto_dates",
        default=DEFAULT_DATES, format_func=lambda n: t("ocean.trial.all_dates") if n == "all" else n,
        help=t("ocean.trial.dates_help"),
    )  # fmt: skip
    seed = number(
        columns[1].number_input, t("ocean.trial.seed"), 0, 999_999, name="proto_seed", default=SEED,
        help=t("ocean.trial.seed_help"),
    )  # fmt: skip
    return dates(state.cut, state.frame, count), seed


def of_whole(t: Words, state: State) -> None:
    """Say that the cube's own variable is looked at, where a size class was chosen."""
    if state.quantity != "chl":
        st.caption(t("ocean.trial.of_whole", name=titles.variable(t, str(state.cut.name))))


@st.cache_resource(show_spinner=False, max_entries=96)
def _tried(
    key: tuple[str, str, int, int, tuple[int, ...]],
    _observed: xr.DataArray,
    _drivers: xr.Dataset | None,
    _progress: Progress,
) -> Trial:
    _, method, members, seed, targets = key
    given = hidden(_observed, targets, seed=seed)
    return trial(
        _observed, method, given=given, members=members, seed=seed, drivers=_drivers, progress=_progress
    )


def tried(
    state: State,
    method: str,
    targets: tuple[int, ...],
    seed: int,
    report: Progress = silent,
    members: int = MEMBERS,
) -> Trial:
    """Return what a method said of hidden cells; do not write into it.

    Raises:
        InputError: ``ocean_no_holdout`` and those of the method.
    """
    drawn = members if np.prod(state.cut.shape[1:]) * len(targets) <= LARGE else FEW
    return _tried((signature(state), method, drawn, seed, targets), state.cut, state.drivers, report)


def run(t: Words, state: State, methods: Sequence[str], columns: Sequence | None = None) -> dict[str, Trial]:
    """Return the trials of some methods, computed with progress where they are not kept; stopped ones are left out.

    Args:
        t: the reader's language.
        state: what is on the screen.
        methods: names.
        columns: where the protocol's controls are drawn, or None.
    """
    targets, seed = protocol(t, state, columns)
    of_whole(t, state)
    found = {}
    for name in methods:
        made = progress.run(
            t("ocean.trial.trying", method=titles.method(t, name)),
            lambda report, name=name: tried(state, name, targets, seed, report),
            t,
            key=f"trial_{signature(state)}_{name}_{seed}_{digest(targets)}",
        )
        if made is not None:
            found[name] = made
    return found


def usual(state: State) -> list[str]:
    """Return the methods that are tried unasked: the quick ones, and the two that were chosen."""
    offered = compute.offered(state.drivers is not None)
    quick = [n for n in offered if METHODS[n].kind in ("simple", "statistical") and not METHODS[n].slow]
    return list(dict.fromkeys([*quick, *(n for n in state.methods if n in offered and not METHODS[n].slow)]))


def chosen(t: Words, state: State) -> list[str]:
    """Draw which methods are tried, in the address as ``?tried=a-b``; return them."""
    offered, first = compute.offered(state.drivers is not None), usual(state)
    if "tried" not in st.session_state:
        asked = [n for n in st.query_params.get("tried", "").split("-") if n in offered]
        st.session_state["tried"] = asked or first
    st.session_state["tried"] = [n for n in st.session_state["tried"] if n in offered]
    slow = [titles.method(t, n) for n in offered if METHODS[n].slow]
    found = st.pills(
        t("ocean.trial.methods"), offered, key="tried", selection_mode="multi",
        format_func=lambda n: titles.method(t, n) + (" ⏱" if METHODS[n].slow else ""),
        help=t("ocean.trial.slow", methods=t.list(slow)) if slow else None,
    )  # fmt: skip
    if list(found) == first:
        st.query_params.pop("tried", None)
    else:
        st.query_params["tried"] = "-".join(found)
    return [n for n in offered if n in found]
