"""What the timings depend on, and how far this machine was ours while they were taken."""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

from eogen import results

#: Above this load at the start, other work disturbs the timings: they are upper bounds.
QUIET = 1.5


def core_share(seconds: float = 0.4) -> float:
    """Return which share of a core a busy loop gets now (1 on a quiet machine)."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        pass
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


def load() -> list[float]:
    """Return the load averages of 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def facts() -> dict[str, Any]:
    """Return processor, cores, memory, versions, code, load average, and the share of a core a process gets."""
    return results.machine() | {
        "code": results.code_version(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": load(),
        "core_share": round(core_share(), 2),
    }


def headline(machine: dict[str, Any]) -> str:
    """Return the lines over the table."""
    one, five, _ = machine["load"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB; "
        f"Python {machine['python']}, torch {machine['torch']}; code {machine['code']}",
        f"load average {one} (1 min), {five} (5 min); a busy process gets {machine['core_share']:.0%} of a core",
    ]
    if one > QUIET:
        lines.append(
            f"WARNING: other work runs here (load {one} > {QUIET}): read every time as an upper bound."
        )
    return "\n".join(lines)
