"""A Streamlit app on a free port, and a Chromium that can reach nothing else.

Fixtures for pytest (import the ones a test file needs)::

    from tests.browser.harness import browser, open_page, serve  # noqa: F401

    def test_home(open_page, serve):
        page = open_page(serve("app.py") + "/?lang=fr")
        ...
        page.seen.assert_clean()
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
ARTEFACTS = REPOSITORY / "artefacts" / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOME = re.compile(r"^(http|ws)://127\.0\.0\.1[:/]")
INLINE = ("data:", "blob:", "about:")


@dataclass
class Server:
    """A running app: where it answers and where its output goes."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


@dataclass
class Seen:
    """What a page asked for and complained about."""

    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def assert_clean(self) -> None:
        assert not self.external, f"asked the network for {sorted(set(self.external))}"
        assert not self.errors, f"console: {self.errors}"


def chromium() -> str:
    """Return the path of a Chromium; skip the test where there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no Chromium found (looked for {', '.join(BROWSERS)})")


#: The ports this process was given; see :func:`free_port`.
_HELD: list[socket.socket] = []


def free_port() -> int:
    """Return a port for a server that is started later: nobody else is given it while this process lives.

    It stays bound and nobody listens. Linux gives such a port neither to those who ask for any, nor to a connection
    that leaves, but leaves it to a server that asks for that very one with SO_REUSEADDR, as Streamlit and nginx do.
    Other systems would refuse the server too: there the port is let go, and is free when it is drawn.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    if sys.platform == "linux":
        _HELD.append(held)
    else:
        held.close()
    return port


def start(app: Path, log: Path, *, environment: dict[str, str] | None = None, seconds: float = 60) -> Server:
    """Start ``streamlit run app`` from the repository (with its config.toml); wait until it is healthy."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(app),
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    stop(server)
    raise RuntimeError(f"{app} did not start; it said:\n{server.output()}")


def stop(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Print what the servers said under a failed browser test (re-export this hook in a conftest.py)."""
    report = yield
    if report.failed and "serve" in getattr(item, "fixturenames", ()):
        for server in item.config.stash.get(SERVERS, {}).values():
            report.sections.append((f"output of {server.url}", server.output()[-6000:]))
    return report


SERVERS = pytest.StashKey[dict[Any, Server]]()


@pytest.fixture(scope="session")
def serve(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., str]]:
    """Return a function (path of an app, **environment) -> its address; one server for each."""
    running = request.config.stash.setdefault(SERVERS, {})
    folder = tmp_path_factory.mktemp("servers")

    def address(app: str | Path, **environment: str) -> str:
        key = (str(app), *sorted(environment.items()))
        if key not in running:
            running[key] = start(REPOSITORY / app, folder / f"{len(running)}.log", environment=environment)
        return running[key].url

    yield address
    for server in running.values():
        stop(server)
    running.clear()


@pytest.fixture(scope="session")
def bare(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the app on a machine with no data and nothing kept, warmed up; one for all the rooms' tests.

    Each server warms up every room; one a file would warm them all up again beside the tests.
    """
    empty = str(tmp_path_factory.mktemp("empty"))
    return serve("app.py", EOGEN_WARMUP="1", EOGEN_DATA=empty, XDG_CACHE_HOME=empty, XDG_DATA_HOME=empty)


@contextmanager
def engine() -> Iterator[Browser]:
    """Run a headless Chromium in which no name but 127.0.0.1 resolves."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            ],
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the session; see :func:`engine`."""
    with engine() as running:
        yield running


def watch(context: BrowserContext, page: Page) -> Seen:
    """Record external requests, console errors and websocket messages of ``page``."""
    seen = Seen()

    def asked(request: Any) -> None:
        if not HOME.match(request.url) and not request.url.startswith(INLINE):
            seen.external.append(request.url)

    def said(message: Any) -> None:
        # Streamlit asks for its health endpoint under a deep link's own path once: a harmless 404.
        if message.type == "error" and "404" not in message.text:
            seen.errors.append(message.text[:300])

    def joined(socket: Any) -> None:
        socket.on("framesent", lambda data: seen.sent.append(len(data)))
        socket.on("framereceived", lambda data: seen.received.append(len(data)))

    context.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.errors.append(str(error)[:300]))
    page.on("websocket", joined)
    return seen


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function (address, **context options) -> Page; ``page.seen`` records what it did."""
    contexts: list[BrowserContext] = []

    def visit(address: str, **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1366, "height": 768})
        options.setdefault("locale", "fr-FR")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.seen = watch(context, page)
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()


def settle(page: Page, seconds: float = 20) -> None:
    """Wait until the script of the page has finished running."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=seconds * 1000)


#: Held to as well, though axe takes it for moderate: whoever jumps from heading to heading must miss none.
ALSO = ("heading-order",)


def lasting(page: Page, find: Callable[[Page], list[str]]) -> list[str]:
    """Return what ``find`` finds wrong and goes on finding.

    Components are filled after the script's end, on a busy machine long after it. A clean page is asked once.
    """
    for pause in (0, 700, 1500, 3000, 6000, 12000):
        page.wait_for_timeout(pause)
        if not (found := find(page)):
            break
    return found


def axe(page: Page) -> list[str]:
    """Return the violations axe finds that are serious, critical or of :data:`ALSO`, one line each."""
    return lasting(page, _axe)


def _axe(page: Page) -> list[str]:
    """Return what axe finds now.

    It cannot judge the contrast of what is scrolled out of Streamlit's inner frame, so the window is first
    made as tall as the page.
    """
    from axe_playwright_python.sync_playwright import Axe

    hidden = page.evaluate(
        "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)"
        "(document.querySelector('[data-testid=stMain]') ?? document.body)"
    )
    if hidden > 0:
        size = page.viewport_size or {"width": 1366, "height": 768}
        page.set_viewport_size({"width": size["width"], "height": size["height"] + hidden + 120})
        page.wait_for_timeout(300)

    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']} × {len(v['nodes'])}: {v['help']} {v['nodes'][0]['html'][:300]}"
        for v in found
        if v["impact"] in ("serious", "critical") or v["id"] in ALSO
    ]
