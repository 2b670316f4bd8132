"""The stage of the measurements: servers, an empty app to compare with, pages in one headless Chromium."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page

from tests.browser import harness

APP = harness.REPOSITORY / "app.py"
#: What Streamlit costs by itself.
EMPTY = 'import streamlit as st\n\nst.title("Empty")\n'
#: A page whose map is drawn.
DRAWN = ".eogen-map[data-ready]"
WAIT = 90_000.0


@dataclass
class Stage:
    """What every measurement needs; ``external`` gathers the requests that left this
    machine in all of them, ``absent`` what could not be measured and why."""

    browser: Browser
    folder: Path
    quick: bool = False
    external: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    visits: int = 0

    def __post_init__(self) -> None:
        self.empty = self.folder / "empty.py"
        self.empty.write_text(EMPTY, encoding="utf-8")

    def times(self, usual: int, quick: int) -> int:
        """Return how often to repeat."""
        return quick if self.quick else usual

    @contextmanager
    def server(self, app: Path = APP, **environment: str) -> Iterator[harness.Server]:
        """Run ``app`` with a cache folder of its own (kept between servers: the second start is warm)."""
        more = {"XDG_CACHE_HOME": str(self.folder / "cache"), "OMP_NUM_THREADS": "1"} | environment
        running = harness.start(app, self.folder / "server.log", environment=more)
        try:
            yield running
        finally:
            harness.stop(running)

    @contextmanager
    def visit(self, address: str, **options: Any) -> Iterator[Page]:
        """Open ``address`` as a visitor who was never here."""
        options = {"viewport": {"width": 1366, "height": 768}, "locale": "fr-FR"} | options
        context = self.browser.new_context(**options)
        try:
            page = context.new_page()
            page.set_default_timeout(WAIT)
            page.seen = harness.watch(context, page)  # type: ignore[attr-defined]
            page.goto(address, wait_until="commit")
            yield page
            self.external += page.seen.external  # type: ignore[attr-defined]
            self.visits += 1
        finally:
            context.close()


def process(server: harness.Server) -> psutil.Process:
    """Return the server's process."""
    return psutil.Process(server.process.pid)


def cpu(server: harness.Server) -> float:
    """Return the processor seconds the server has used."""
    used = process(server).cpu_times()
    return used.user + used.system


def uss(server: harness.Server) -> float:
    """Return the memory that would come back if the server ended, in MB."""
    return process(server).memory_full_info().uss / 1e6


def own(server: harness.Server) -> float:
    """Return the part of :func:`uss` that is no file's, in MB.

    The rest are pages of libraries, which count only while no other Python process has them open too, and which the
    system takes back when it needs to.
    """
    return sum(part.private_dirty for part in process(server).memory_maps()) / 1e6


def quiet(server: harness.Server, seconds: float = 60.0) -> None:
    """Wait until the server does nothing: its warm-up is over."""
    end, still = time.monotonic() + seconds, 0
    before = cpu(server)
    while still < 3 and time.monotonic() < end:
        time.sleep(0.4)
        now = cpu(server)
        still = still + 1 if now - before < 0.02 else 0
        before = now


def data() -> dict[str, str]:
    """Return the environment that shows the real data beside the checkout, if they are there."""
    beside = harness.REPOSITORY.parent / "shared" / "data"
    return {"EOGEN_DATA": str(beside)} if "EOGEN_DATA" not in os.environ and beside.is_dir() else {}
