"""Keys pressed on the divider of a swipe map, in one go, and what left the browser meanwhile.

A pause between two presses that is longer than the divider's own rightly makes two gestures of them, and a busy
machine may pause anywhere. So the keys are pressed by the page itself, and its own timers say what came first.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator

#: Presses the keys, looks, and returns how many messages had left when; swipe.js waits 300 ms after the last press.
_PRESS = """async (bar, [key, times, clips]) => {
  let left = 0
  const send = WebSocket.prototype.send, rest = (ms) => new Promise((done) => setTimeout(done, ms))
  WebSocket.prototype.send = function (...what) { left += 1; return send.apply(this, what) }
  try {
    const looks = () => [...bar.getRootNode().querySelectorAll(clips)].map((e) => e.parentElement.style.clipPath)
    const before = looks()
    const pause = rest(290)                       // begun before the divider's own, of 300: always over before it
    for (let k = 0; k < times; k++)
      bar.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))
    const value = bar.value, said = bar.ariaValueText, after = looks()
    await pause
    const early = left
    for (let k = 0; k < 1200 && left === early; k++) await rest(100)
    await rest(500)                               // a second one would have left with the first
    return { value, said, moved: before.join() !== after.join(), early, late: left - early }
  } finally { WebSocket.prototype.send = send }
}"""


@dataclass(frozen=True)
class Gesture:
    """What some presses did.

    Attributes:
        value: of the divider right after the last press; said: how it is read out then.
        moved: whether the pictures were cut anew by then.
        early: messages that left before the divider's pause was over; late: those that left after it.
    """

    value: str
    said: str
    moved: bool
    early: int
    late: int


def press(bar: Locator, key: str, times: int) -> Gesture:
    """Press ``key`` so many times on the divider; return what happened until the message has left."""
    return Gesture(**bar.evaluate(_PRESS, [key, times, "img.picture"]))
