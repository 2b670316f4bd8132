"""One rerun: what the server takes, what the visitor waits, on the page of the room.

The server's time runs from the browser sending the wish to the last "script finished" coming back (times of the
browser's network stack); the browser's from the click to the first changed text in the page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import stage as stages
from benchmarks.stage import DRAWN, Stage
from benchmarks.table import Row
from tests.browser.harness import Server, settle

SERVER, BROWSER = 200.0, 400.0
#: Runs ``act`` and resolves with the milliseconds to the first change of the text of ``root``.
CHANGED = """([root, act]) => new Promise((done, fail) => {
  const all = () => [...document.querySelectorAll(root)].map((e) => e.textContent).join('|')
  const app = document.querySelector('[data-testid=stApp]')
  const old = all(), start = performance.now()
  let ran = false
  const look = () => {
    const took = performance.now() - start, rests = app.dataset.testScriptState === 'notRunning'
    ran ||= !rests
    // A number that stays the same to its last figure: the end of the run is what the visitor waits for.
    if (all() !== old || (ran && rests)) return done(took)
    if (took > 30000) return fail(new Error('the text never changed'))
    requestAnimationFrame(look)
  }
  new Function(act)(); look()
})"""
MAIN = "[data-testid=stMainBlockContainer]"


@dataclass
class Wire:
    """When wishes left and when scripts ended, in seconds of the browser's clock."""

    sent: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Wire:
        """Listen to the websocket of ``page`` from now on."""
        wire, session = cls(), page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", lambda event: wire.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", wire._received)
        return wire

    def _received(self, event: dict[str, Any]) -> None:
        message = ForwardMsg.FromString(base64.b64decode(event["response"]["payloadData"]))
        if message.WhichOneof("type") == "script_finished":
            self.ended.append(event["timestamp"])

    def clear(self) -> None:
        self.sent.clear()
        self.ended.clear()

    def milliseconds(self) -> float:
        """Return from the first wish to the last end since :meth:`clear`."""
        if not self.sent or not self.ended:
            raise RuntimeError(f"{len(self.sent)} wishes and {len(self.ended)} ends were seen")
        return 1e3 * (self.ended[-1] - self.sent[0])


def press(key: str) -> str:
    """Return the script that presses the button of that key."""
    return f"document.querySelector('.st-key-{key} button').click()"


def switch(key: str, option: str) -> str:
    """Return the script that picks an option of a segmented control."""
    return (
        f"[...document.querySelectorAll('.st-key-{key} button')]"
        f".find(b => b.textContent.trim() === '{option}').click()"
    )


def slide(key: str, arrow: str) -> str:
    """Return the script that moves a slider by one step."""
    return (
        f"const slider = document.querySelector('.st-key-{key} input[type=range]'); slider.focus();"
        f"for (const kind of ['keydown', 'keyup'])"
        f" slider.dispatchEvent(new KeyboardEvent(kind, {{ key: '{arrow}', code: '{arrow}', bubbles: true }}))"
    )


@dataclass
class Timer:
    """Takes one action after the other on one page."""

    page: Page
    wire: Wire
    server: Server
    cpu: dict[str, list[float]] = field(default_factory=dict)
    ran: dict[str, list[float]] = field(default_factory=dict)
    shown: dict[str, list[float]] = field(default_factory=dict)

    def act(self, name: str, script: str, root: str = MAIN) -> None:
        """Do it, and keep what it took under ``name``; an empty name keeps nothing (a first time)."""
        self.wire.clear()
        used = stages.cpu(self.server)
        shown = self.page.evaluate(CHANGED, [root, script])
        settle(self.page, 60)
        self.page.wait_for_timeout(150)
        settle(self.page, 60)
        if name:
            self.shown.setdefault(name, []).append(shown)
            self.ran.setdefault(name, []).append(self.wire.milliseconds())
            self.cpu.setdefault(name, []).append(1e3 * (stages.cpu(self.server) - used))

    def rows(self, where: str, heavy: frozenset[str] = frozenset()) -> list[Row]:
        """Return server and browser time of every action; ``heavy`` ones compute, and have no target."""
        found = []
        for name in self.ran:
            cpu = sum(self.cpu[name]) / len(self.cpu[name])
            limits = (None, None) if name in heavy else (SERVER, BROWSER)
            note = f"server CPU {cpu:.0f} ms on average"
            if name in heavy:
                note += "; computes (progress is shown), so it has no target"
            found.append(
                Row(f"{where}: {name}, server", "ms", tuple(self.ran[name]), limits[0], "p95", note=note)
            )
            found.append(Row(f"{where}: {name}, browser", "ms", tuple(self.shown[name]), limits[1], "p95"))
        return found


def public(stage: Stage, server: Server) -> list[Row]:
    """Bet, next picture, language, hide: the game of the public view."""
    with stage.visit(f"{server.url}/landcover?lang=fr") as page:
        page.locator(DRAWN).first.wait_for()
        settle(page, 60)
        timer = Timer(page, Wire.of(page), server)
        bet = "document.querySelector('[class*=st-key-choose_] button').click()"
        for turn in range(stage.times(9, 4)):
            name = "" if turn == 0 else "place a bet"
            timer.act(name, bet)
            timer.act("" if turn == 0 else "next picture", press("another"))
        timer.act("", bet)
        _languages(timer, stage.times(20, 6))
        for _ in range(stage.times(5, 2)):
            timer.act("start hiding", press("hide"))
            timer.act("stop hiding", press("back"))
    return timer.rows("public")


def expert(stage: Stage, server: Server) -> list[Row]:
    """Language, a what-if slider and another panel in the expert view."""
    with stage.visit(f"{server.url}/landcover?lang=fr&view=expert&panel=bands") as page:
        page.locator(DRAWN).nth(1).wait_for()
        page.locator(".st-key-what_if_factor input[type=range]").wait_for(state="attached")
        settle(page, 60)
        timer = Timer(page, Wire.of(page), server)
        timer.act("", switch("lang", "EN"))
        timer.act("", switch("lang", "FR"))
        _languages(timer, stage.times(20, 6))
        for turn in range(stage.times(21, 6)):
            step = slide("what_if_factor", "ArrowRight" if turn % 2 else "ArrowLeft")
            timer.act("" if turn == 0 else "what-if slider", step, ".eo-bars")
        for turn in range(stage.times(21, 6)):
            shown = "Bandes" if turn % 2 else "Fidélité"
            timer.act("" if turn == 0 else "another panel", switch("panel", shown))
    return timer.rows("expert")


def _languages(timer: Timer, times: int) -> None:
    for turn in range(times):
        timer.act("switch the language", switch("lang", "FR" if turn % 2 else "EN"))


def rerun(stage: Stage) -> list[Row]:
    """Both views on one server that is warm."""
    rows = []
    with stage.server(**stages.data()) as server:
        with stage.visit(server.url + "/?lang=fr") as page:
            page.locator("[data-testid=stPageLink]").first.wait_for()
        stages.quiet(server)
        for view in (public, expert):
            rows += view(stage, server)
    return rows


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"rerun": rerun}
