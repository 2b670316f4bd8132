"""Server memory with the room visited, and whether it stays flat when visitors come and go."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import stage as stages
from benchmarks.stage import DRAWN, Stage
from benchmarks.table import Row
from benchmarks.visitors import visit
from tests.browser.harness import settle

LARGEST = 450.0


def memory(stage: Stage) -> list[Row]:
    """USS (memory that is the server's alone) after home, public and expert view, then after many sessions."""
    found: dict[str, float] = {}
    with stage.server(stage.empty) as server:
        with stage.visit(server.url) as page:
            page.locator("h1").first.wait_for()
        empty = (stages.uss(server),)
    with stage.server(**stages.data()) as server:
        with stage.visit(server.url + "/?lang=fr") as page:
            page.locator("[data-testid=stPageLink]").first.wait_for()
            found["home page drawn"] = stages.uss(server)
        stages.quiet(server)
        found["after the warm-up"] = stages.uss(server)
        for view, maps in (("public", 1), ("expert", 2)):
            with stage.visit(f"{server.url}/landcover?lang=fr&view={view}") as page:
                page.locator(DRAWN).nth(maps - 1).wait_for()
                settle(page, 90)
            found[f"landcover visited, {view}"] = stages.uss(server)
        after = []
        for number in range(stage.times(20, 6)):
            view = ("public", "expert")[number % 2]
            visit(server.url, "landcover", f"lang=fr&view={view}&card={number}")
            after.append(stages.uss(server))
    half = len(after) // 2
    slope = (after[-1] - after[half - 1]) / (len(after) - half)
    visited = max(found.values())
    rows = [
        Row(f"server memory, {name}", "MB", (value,), floor=empty if name.startswith("home") else ())
        for name, value in found.items()
    ]
    note = f"second half of {len(after)} sessions, all within the 2 minutes that Streamlit keeps a session"
    return [
        *rows,
        Row(
            "server memory with landcover visited",
            "MB",
            (visited,),
            LARGEST,
            "max",
            note="USS; largest of the above",
        ),
        Row("server memory after more sessions", "MB", tuple(after)),
        Row("growth per session", "MB", (slope,), note=note),
    ]


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"memory": memory}
