"""What the server says of itself at ``/_stcore/metrics``, beside what Streamlit says there of sessions and caches.

Families (OpenMetrics gauges): ``eogen_jobs{state}``, heavy jobs running and waiting; ``eogen_runs{state}``, runs of
pages that go on and that wait at the turnstile; ``eogen_memory_bytes``, resident memory; ``eogen_weights{room}``, files
of trained weights on this machine; ``eogen_info{version}``, always 1. They are there from the first visit on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime.stats import GaugeStat

from eogen import __version__
from pages.kit import queue, turnstile
from pages.kit.rooms import ROOMS

_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights"


def jobs() -> list[GaugeStat]:
    """Return how many heavy jobs run and wait."""
    told = zip(("running", "waiting"), queue.HEAVY.counts(), strict=True)
    return [GaugeStat("eogen_jobs", n, {"state": state}, help="Heavy jobs of visitors.") for state, n in told]


def runs() -> list[GaugeStat]:
    """Return how many runs of pages go on and wait."""
    told = zip(("running", "waiting"), turnstile.RUNS.counts(), strict=True)
    return [GaugeStat("eogen_runs", n, {"state": state}, help="Runs of pages.") for state, n in told]


def memory() -> list[GaugeStat]:
    """Return the resident memory in bytes; nothing where the system does not say it (other than Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return []
    size = pages * os.sysconf("SC_PAGE_SIZE")
    return [GaugeStat("eogen_memory_bytes", size, unit="bytes", help="Resident memory of the server.")]


def weights() -> list[GaugeStat]:
    """Return how many files of weights each room has."""
    return [
        GaugeStat(
            "eogen_weights",
            sum(1 for _ in (_WEIGHTS / room).glob("*.safetensors")),
            {"room": room},
            help="Files of trained weights.",
        )
        for room in ROOMS
    ]


def info() -> list[GaugeStat]:
    """Return the version."""
    return [GaugeStat("eogen_info", 1, {"version": __version__}, help="Version of EOGen.")]


FAMILIES: dict[str, Callable[[], list[GaugeStat]]] = {
    "eogen_jobs": jobs,
    "eogen_runs": runs,
    "eogen_memory_bytes": memory,
    "eogen_weights": weights,
    "eogen_info": info,
}


class Provider:
    """Answers Streamlit's ``StatsManager``."""

    @property
    def stats_families(self) -> Sequence[str]:
        """The names of the families."""
        return tuple(FAMILIES)

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[GaugeStat]]:
        """Return the families asked for, all by default."""
        return {
            name: make() for name, make in FAMILIES.items() if family_names is None or name in family_names
        }


@st.cache_resource(show_spinner=False, max_entries=1)
def start() -> None:
    """Have the server say them, from now on."""
    if runtime.exists():
        runtime.get_instance().stats_mgr.register_provider(Provider())
