"""Without a mouse: on each public page the Tab key reaches the main action, and says so by a ring; a key does it.

What else the keys do in each game (scratching, finding, moving the divider) is tested with the game's own page.
"""

from __future__ import annotations

import pytest

from tests.browser.harness import settle

pytestmark = pytest.mark.browser

#: Page -> what holds its main action, the key that does it, and what is there once it is done.
ACTIONS = {
    "canopy": (".st-key-play button", "Enter", ".st-key-canopy_bets"),
    "ocean": (".st-key-ocean_bets button", "Enter", ".st-key-ocean_bets [data-testid=stBaseButton-primary]"),
    "change": (".st-key-change_spot, .st-key-change_spot *", "", ""),
    "rain": (".st-key-rain_lone button", "Enter", ".st-key-rain_all button:not([disabled])"),
    "landcover": (".st-key-bets button", "Enter", ".st-key-hide"),
}
#: Presses of Tab from the top of the page; the bars above it have ten stops.
MOST = 45


@pytest.mark.parametrize("room", ACTIONS)
def test_the_main_action_is_reached_and_done(bare, open_page, room):
    sought, key, then = ACTIONS[room]
    page = open_page(f"{bare}/{room}?lang=fr")
    page.set_default_timeout(60_000)
    page.locator(sought).first.wait_for()
    settle(page, 60)
    passed = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
        if page.evaluate("s => document.activeElement.matches(s)", sought):
            break
    else:
        raise AssertionError(f"the keyboard never reaches {sought}: {passed}")
    ring = """() => { let e = document.activeElement
      while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement
      const s = getComputedStyle(e)
      return e.matches(':focus-visible') && (s.outlineStyle !== 'none' || s.boxShadow !== 'none') }"""
    assert page.evaluate(ring), "what has the focus is ringed"
    if key:
        page.keyboard.press(key)
        page.locator(then).first.wait_for()
    page.seen.assert_clean()
