"""The rain room in a real browser, with no network: the film, the switches by mouse, touch and keys."""

from __future__ import annotations

import pytest

from pages.parts.rain.stories import STORIES
from tests.browser import wire
from tests.browser.harness import ARTEFACTS, axe, settle

READY = ".sky[data-ready=yes]"
WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
STORY = STORIES[0]


@pytest.fixture
def visit(bare, open_page):
    def go(query: str, **options):
        page = open_page("about:blank", **options)
        wire.record(page)
        page.goto(f"{bare}/rain?{query}")
        page.set_default_timeout(90_000)
        page.locator(READY).first.wait_for()
        settle(page, 90)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"rain_{name}.png")


def note(page):
    return int(page.locator(".note-value").inner_text().split("/")[0])


def test_a_satellite_is_switched_off_and_missed(visit):
    page = visit("lang=fr")
    assert page.locator(".sky").get_attribute("data-at") == str(STORY.at)
    before = note(page)
    row = page.locator(f".fleet button[data-name='{STORY.satellite}']")
    assert row.get_attribute("aria-pressed") == "true"
    row.click()
    page.locator(f".sky[data-off='{STORY.satellite}']").wait_for()
    page.locator(".sky:not(.waiting)").wait_for()
    settle(page)
    assert row.get_attribute("aria-pressed") == "false"
    assert f"off={STORY.satellite}" in page.url
    assert note(page) < before - 20
    assert page.locator(".swath-name.off").count() == 1
    shot(page, "off")
    page.locator(".skins button").nth(1).click()
    assert page.locator(".maps figure").first.locator(".kinds li").count() == 3
    row.focus()
    page.keyboard.press("Space")
    page.locator(".sky[data-off='']:not(.waiting)").wait_for()
    assert note(page) == before
    page.seen.assert_clean()


#: Moves the hour three times, 0.2 s apart; returns where it then is, and how long after the last each frame was sent.
MOVE = """async (hour) => {
  const before = wire.frames.length, wait = (ms) => new Promise((ok) => setTimeout(ok, ms))
  let moved
  for (let k = 0; k < 3; k++) {
    if (k) await wait(200)
    hour.stepUp()
    moved = wire.now()
    hour.dispatchEvent(new Event("input", { bubbles: true }))
  }
  const shown = hour.closest(".sky").dataset.at
  await wait(700)
  return [shown, wire.frames.slice(before).map(([at]) => at - moved)]
}"""


def test_the_hour_moves_without_talking_and_comes_back_in_a_link(visit):
    page = visit("lang=en&story=1")
    hour, at = page.locator(".hour"), STORIES[1].at
    hour.focus()
    page.keyboard.press("ArrowRight")
    page.locator(f".sky[data-at='{at + 1}']").wait_for()
    page.wait_for_url(f"**at={at + 1}*")
    settle(page)
    shown, rests = hour.evaluate(MOVE)
    assert shown == str(at + 4)
    assert [rest > 0.49 for rest in rests] == [True], (
        "moving talks to nobody, resting half a second does, once"
    )
    page.wait_for_url(f"**at={at + 4}*")
    settle(page)
    assert page.locator(".sky").get_attribute("data-at") == str(at + 4)
    page.locator(".play").click()
    page.locator(f".sky[data-at='{at + 5}']").wait_for()
    page.locator(".play").click()
    page.seen.assert_clean()


def test_on_a_phone(visit):
    page = visit("lang=fr", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate(WIDE) <= 0
    one, two = (page.locator(".frame").nth(k).bounding_box() for k in (0, 1))
    assert abs(one["y"] - two["y"]) < 1, "side by side"
    page.locator(".fleet button").first.tap()
    page.locator(".sky[data-off='GPM']:not(.waiting)").wait_for()
    shot(page, "phone")
    page.seen.assert_clean()


@pytest.mark.parametrize("query", ["lang=fr&off=GPM", "lang=en&view=expert"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(visit, query, scheme):
    page = visit(query, color_scheme=scheme)
    assert page.evaluate(WIDE) <= 0
    assert axe(page) == []
    page.seen.assert_clean()
