"""What a page says to the server and when it was touched, by the browser's own clock.

A clock that ticks in the browser is judged there: what Playwright hears of it comes late by as much as the machine is
busy, and a reaction of the server comes later still. Times are seconds of ``performance.now()``, which goes on from
one page of the app to the next.
"""

from __future__ import annotations

from playwright.sync_api import Page

#: Hands every frame to the record before the browser sends it, and keeps the time of the last touch.
_RECORD = """(() => {
  const now = () => performance.now() / 1000
  const wire = (globalThis.wire = { frames: [], touched: null, now })
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder("latin1").decode(data)
    wire.frames.push([now(), text])
    return send.call(this, data)
  }
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
    window.addEventListener(name, () => { wire.touched = now() }, { capture: true, passive: true })
  let stays
  wire.touch = () => document.dispatchEvent(new PointerEvent("pointermove"))
  wire.stay = () => { stays = setInterval(wire.touch, 200) }     // a visitor who does not go
  wire.leave = () => { clearInterval(stays); wire.touch() }
  if (STAYS) wire.stay()
})()"""

#: The event by which the idle element (pages/kit/idle.js) tells the server that its time is over.
_IDLE = '"event":"idle"'


def record(page: Page, *, stays: bool = False) -> None:
    """Record the page from its next opening on.

    Args:
        stays: somebody touches the screen from the beginning and until :func:`idle`, so that the idle clock does not
            run while a slow machine still draws.
    """
    page.add_init_script(_RECORD.replace("STAYS", "true" if stays else "false"))


def frames(page: Page) -> int:
    """Return how many frames the page has sent."""
    return page.evaluate("wire.frames.length")


def homeward(page: Page) -> list[float]:
    """Return when the page has asked to go home."""
    return page.evaluate(
        "(mark) => wire.frames.filter(([, text]) => text.includes(mark)).map(([at]) => at)", _IDLE
    )


def idle(page: Page, seconds: float) -> tuple[float, int]:
    """Let a screen alone and wait until it asks to go home.

    Returns:
        How late it asked, seconds after ``seconds`` without a touch (negative: too early), and how many frames it
        sent in that time.
    """
    page.evaluate("(mark) => { wire.leave(); wire.from = wire.frames.length; wire.mark = mark }", _IDLE)
    found = page.wait_for_function(
        """() => {
          const since = wire.frames.slice(wire.from), k = since.findIndex(([, text]) => text.includes(wire.mark))
          return k >= 0 && [since[k][0] - wire.touched, k]
        }""",
        timeout=(seconds + 90) * 1000,
    )
    after, sent = found.json_value()
    return after - seconds, sent
