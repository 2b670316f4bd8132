"""From nothing to a picture: start of the server, first paint of the home page, first visit of a room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks import stage as stages
from benchmarks.stage import DRAWN, Stage
from benchmarks.table import Row
from tests.browser.harness import REPOSITORY, Server, settle

#: Libraries a visitor of the home page must not wait for.
HEAVY = (
    *("torch", "captum", "shap", "xarray", "rioxarray", "rasterio", "scipy", "skimage", "sklearn"),
    *("matplotlib", "plotly", "folium", "streamlit_folium", "leafmap", "cmocean"),
)
FIRST = "deep link in a new browser profile, on a server warmed up whose room nobody has visited, to the map drawn"
_HOME = """
import json, sys, threading
from streamlit.testing.v1 import AppTest
AppTest.from_string("import streamlit as st").run()
awaited = []
class Seen:  # a picture drawn in the background may need them: no visitor waits for it
    def find_spec(self, name, path=None, target=None):
        if name in {heavy!r} and not threading.current_thread().name.startswith("eogen-"):
            awaited.append(name)
sys.meta_path.insert(0, Seen())
run = AppTest.from_file("app.py", default_timeout=60).run()
assert not run.exception, run.exception
print(json.dumps([name for name in awaited if name in sys.modules]))
"""


def heavy() -> list[str]:
    """Return the heavy libraries loaded when the home page is first drawn (a script run without warm-up)."""
    done = subprocess.run(
        [sys.executable, "-c", _HOME.format(heavy=HEAVY)],
        cwd=REPOSITORY,
        env=os.environ | stages.data() | {"EOGEN_WARMUP": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def imports(stage: Stage) -> list[Row]:
    """Heavy libraries that the first visitor of the home page waits for."""
    loaded = heavy()
    note = f"loaded: {', '.join(loaded)}" if loaded else f"looked for {', '.join(HEAVY)}"
    return [Row("heavy libraries loaded by the home page", "", (len(loaded),), 0, "max", note=note)]


def _seen(stage: Stage, server: Server, began: float, selector: str) -> float:
    with stage.visit(server.url + "/?lang=fr") as page:
        page.locator(selector).first.wait_for()
        return time.perf_counter() - began


def start(stage: Stage) -> list[Row]:
    """Process start to the home page, warm and with an empty cache; then the room's first visit."""
    home: list[float] = []
    empty: list[float] = []
    health: list[float] = []
    empty_health: list[float] = []
    visits: dict[str, list[tuple[float, float]]] = {"public": [], "expert": []}
    again: list[float] = []
    for trial in range(1 + stage.times(6, 2)):
        began = time.perf_counter()
        with stage.server(stage.empty) as server:
            empty_health.append(time.perf_counter() - began)
            empty.append(_seen(stage, server, began, "h1"))
            began = time.perf_counter()
            again.append(_seen(stage, server, began, "h1"))
        began = time.perf_counter()
        with stage.server(**stages.data()) as server:
            health.append(time.perf_counter() - began)
            home.append(_seen(stage, server, began, "[data-testid=stPageLink]"))
            stages.quiet(server)
            if trial:
                view = ("public", "expert")[trial % 2]
                visits[view].append(_first(stage, server, view))
    note = "loopback, new browser profile, Chromium running; cache of pictures on disk from the first start"
    return [
        Row("start to home page, second start", "s", tuple(home[1:]), 3.0, floor=tuple(empty[1:]), note=note),
        Row("start to home page, empty picture cache", "s", (home[0],), floor=(empty[0],)),
        Row("streamlit run to health", "s", tuple(health[1:]), floor=tuple(empty_health[1:])),
        *(
            Row(
                f"first visit of landcover, {view}",
                "s",
                tuple(drawn for drawn, _ in values),
                4.0,
                floor=tuple(again[1:]),
                note=FIRST,
            )
            for view, values in visits.items()
        ),
        Row(
            "first visit of landcover, expert, complete",
            "s",
            tuple(still for _, still in visits["expert"]),
            note="until the gauges and curves are drawn too and the script has ended",
        ),
    ]


def _first(stage: Stage, server: Server, view: str) -> tuple[float, float]:
    """Return the seconds until the picture is drawn (in the expert view: both), and until all is still."""
    began = time.perf_counter()
    with stage.visit(f"{server.url}/landcover?lang=fr&view={view}") as page:
        page.locator(DRAWN).nth(1 if view == "expert" else 0).wait_for()
        drawn = time.perf_counter() - began
        if view == "expert":
            page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()
        settle(page, 90)
        return drawn, time.perf_counter() - began


def serve(stage: Stage) -> list[Row]:
    """``python -m eogen serve`` to its sentence that the app is open."""
    values = []
    for _ in range(1 + stage.times(3, 1)):
        began = time.perf_counter()
        values.append(_said(began))
    return [
        Row(
            "eogen serve to open",
            "s",
            tuple(values[1:]),
            4.0,
            note="second start; `make demo` adds make itself",
        )
    ]


def _said(began: float) -> float:
    command = [sys.executable, "-u", "-m", "eogen", "serve", "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "http://127.0.0.1" in line:
                return time.perf_counter() - began
        raise RuntimeError("eogen serve ended without opening the app")
    finally:
        process.terminate()
        process.wait(15)


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"imports": imports, "serve": serve, "start": start}
