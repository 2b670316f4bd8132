"""The swipe map: frames while dragging, messages while dragging, exchange of both pictures."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.stage import DRAWN, Stage
from benchmarks.table import Row
from tests.browser.harness import REPOSITORY, settle
from tests.browser.test_swipe import SWAP

APP = REPOSITORY / "tests" / "browser" / "apps" / "swipe_app.py"
STEPS = 60
#: Milliseconds between frames, 88 of them.
FRAMES = """() => new Promise((done) => {
  const times = []; let last = performance.now(), n = 0
  const tick = () => {
    const t = performance.now(); times.push(t - last); last = t
    ++n < 90 ? requestAnimationFrame(tick) : done(times.slice(2))
  }
  requestAnimationFrame(tick)
})"""


def swipe(stage: Stage) -> list[Row]:
    """Drag the divider of two 512 x 512 pictures with the mouse; then exchange them."""
    frames: list[float] = []
    still: list[float] = []
    messages: list[float] = []
    swaps: list[float] = []
    with stage.server(APP) as server, stage.visit(f"{server.url}/?which=geo&n=512") as page:
        root = page.locator(DRAWN).first
        root.wait_for()
        settle(page, 60)
        for _ in range(stage.times(3, 1)):
            page.wait_for_timeout(600)
            still += page.evaluate(FRAMES)
            page.seen.sent.clear()
            divider, box = (
                float(root.locator(".divider").input_value()),
                root.locator(".frame").bounding_box(),
            )
            assert box is not None
            y, x = box["y"] + box["height"] / 2, box["x"] + box["width"] * divider
            root.evaluate("(root, js) => { root.frames = eval(js)() }", FRAMES)
            page.mouse.move(x, y)
            page.mouse.down()
            way = -1 if divider > 0.4 else 1
            for step in range(STEPS):
                page.mouse.move(x + way * step * box["width"] * 0.35 / STEPS, y)
            frames += root.evaluate("(root) => root.frames")
            messages.append(len(page.seen.sent))
            page.mouse.up()
        settle(page, 60)
        for turn in range(2 + stage.times(10, 4)):
            page.wait_for_timeout(400)
            settle(page, 60)
            took = page.evaluate(SWAP)
            if turn >= 2:  # the first two warp their pictures
                swaps.append(took)
    return [
        Row(
            "swipe: frame while dragging",
            "ms",
            tuple(frames),
            20.0,
            "p95",
            floor=tuple(still),
            note="beside it: median frame of the same page untouched (software rendering)",
        ),
        Row("swipe: messages while dragging", "", tuple(messages), 0, "max"),
        Row("swipe: both 512² pictures exchanged", "ms", tuple(swaps), 300.0),
    ]


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"swipe": swipe}
