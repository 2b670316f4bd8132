"""A made-up kind of case for tests: coloured squares, some of them known."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from eogen.progress import Progress
from eogen.verdicts.kinds import Case, Kind, Legend, Option, Panel


def propose(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    progress(1, 1, "propose")
    return [
        Case(
            f"{options['method']}/{k}", dataset="squares", scene="made up", thing=str(k),
            facts={"k": k, "lon": 2.0 + k / 100, "lat": 48.0}, method=options["method"], weights="ab" * 32,
            stratum="low" if k < 20 else "high", score=k / 59, truth="real" if k % 3 == 0 else "",
            origin="simulated", source="tests", licence="CC0-1.0",
        )
        for k in range(60)
    ]  # fmt: skip


def png(shade: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (64, 64), (shade, shade, 120)).save(held, "PNG")
    return held.getvalue()


def draw(case: Case) -> tuple[Panel, ...]:
    k = int(case.facts["k"])
    legend = Legend(("#000000", "#ffffff"), 0.0, 1.0, "test")
    return (
        Panel("place", png(90)),
        Panel("real", png(4 * k), legend),
        Panel("filled", png(255 - 4 * k), legend),
    )


SIDES = Kind("test_sides", "ocean", ("real", "filled"), propose, draw,
             (Option("method", lambda: ["oi", "flow"]),), sides=True)  # fmt: skip
PLAIN = Kind("test_plain", "change", ("change", "no_change"), propose, draw,
             (Option("method", lambda: ["oi", "flow"]),), shuffled=("real", "filled"))  # fmt: skip
