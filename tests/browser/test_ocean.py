"""The ocean room in a real browser, with no network: the scratched cloud, the swipe, the drawn gap, the clicks."""

from __future__ import annotations

import pytest

from tests.browser.harness import ARTEFACTS, axe, settle

READY = ".scratch[data-ready=yes]"
MAP = ".eogen-map.swipe[data-ready]"
WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
#: How opaque the cloud is, summed over a coarse grid of its canvas.
CLOUD = """canvas => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  let sum = 0
  for (let i = 3; i < data.length; i += 40) sum += data[i]
  return sum }"""
#: Drag the divider 60 steps and return what each costs the page until its layout is done, ms, least first. Frames are
#: not counted: on a loaded machine the browser itself misses them.
STEPS = """async bar => { const times = []
  for (let k = 0; k < 60; k++) {
    bar.value = 0.2 + 0.6 * k / 60
    const begun = performance.now()
    bar.dispatchEvent(new Event("input", { bubbles: true }))
    bar.getBoundingClientRect()
    times.push(performance.now() - begun)
    await new Promise(requestAnimationFrame)
  }
  return times.sort((a, b) => a - b) }"""


@pytest.fixture
def visit(bare, open_page):
    def go(query: str, ready: str = READY, **options):
        page = open_page(f"{bare}/ocean?{query}", **options)
        page.set_default_timeout(90_000)
        page.locator(ready).first.wait_for()
        settle(page, 90)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"ocean_{name}.png")


def canvas(page):
    return page.locator(f"{READY} canvas")


def test_the_cloud_is_scratched_by_mouse_and_nothing_is_sent_meanwhile(visit):
    page = visit("lang=fr")
    assert page.locator("h1").inner_text().endswith("sous les nuages\u202f?")
    whole, sent = canvas(page).evaluate(CLOUD), len(page.seen.sent)
    box = canvas(page).bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for k in range(1, 6):
        page.mouse.move(box["x"] + k / 6 * box["width"], box["y"] + (0.2 + 0.1 * k) * box["height"], steps=10)
    part = canvas(page).evaluate(CLOUD)
    assert 0 < part < whole, "a part of the cloud is gone, not all of it"
    page.mouse.up()
    page.wait_for_timeout(600)
    assert len(page.seen.sent) == sent, "a move of the brush talks to nobody"
    assert page.locator(".scratch output").inner_text()
    shot(page, "scratched")

    for row in range(12):  # the rest, line by line
        page.mouse.move(box["x"] + 3, box["y"] + (row + 0.5) / 12 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 3, box["y"] + (row + 0.5) / 12 * box["height"], steps=6)
        if row == 11:
            assert len(page.seen.sent) <= sent + 1
        page.mouse.up()
        if canvas(page).evaluate("c => c.classList.contains('gone')"):
            break
    page.locator(".st-key-compare button").wait_for()
    settle(page)
    assert canvas(page).evaluate("c => c.classList.contains('gone')")
    shot(page, "guess")
    page.locator(".st-key-compare button").click()
    page.locator(MAP).wait_for()
    settle(page)
    assert "look=truth" in page.url
    shot(page, "truth")
    page.seen.assert_clean()


def test_the_cloud_is_scratched_by_keys(visit):
    page = visit("lang=en")
    whole, sent = canvas(page).evaluate(CLOUD), len(page.seen.sent)
    canvas(page).focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown") * 2:
        page.keyboard.press(key)
    assert canvas(page).evaluate(CLOUD) < whole
    assert len(page.seen.sent) == sent
    page.keyboard.press("Enter")
    page.locator(".st-key-compare button").wait_for()
    page.seen.assert_clean()


def test_another_cloud_is_laid_after_the_button_has_taken_one_away(visit):
    page = visit("lang=en&cloud=1")
    page.locator(".st-key-bet_right button").click()
    settle(page)
    page.locator(".scratch button").click()
    page.locator(".st-key-compare button").click()
    page.locator(MAP).wait_for()
    settle(page)
    assert "bet=right" in page.url
    assert page.get_by_text("You:").count() == 1, "the tally of the session"
    page.locator(".st-key-another_cloud button").click()
    page.locator(READY).wait_for()
    settle(page)
    assert "cloud=2" in page.url
    assert "bet" not in page.url
    assert not canvas(page).evaluate("c => c.classList.contains('gone')")
    assert canvas(page).evaluate(CLOUD) > 0
    page.seen.assert_clean()


def test_the_divider_leaves_the_frame_its_time_and_sends_nothing(visit):
    page = visit("lang=en&look=truth", MAP)
    bar, sent = page.locator(f"{MAP} input.divider"), len(page.seen.sent)
    times = bar.evaluate(STEPS)
    assert len(page.seen.sent) == sent
    assert times[57] <= 8, f"95 % of the steps take up to {times[57]:.1f} ms, half of a frame is 8"
    page.seen.assert_clean()


def test_a_click_on_the_sea_opens_its_series_and_the_address_keeps_it(visit):
    page = visit("lang=fr&view=expert&method_a=convolution&method_b=climatology", MAP)
    page.locator(".st-key-export_ocean").wait_for()
    settle(page)
    box = page.locator(f"{MAP} .map").bounding_box()
    page.locator(f"{MAP} .map").click(position={"x": 0.12 * box["width"], "y": 0.45 * box["height"]})
    page.locator(".st-key-ocean_pixel_chart .js-plotly-plot").wait_for()
    settle(page)
    assert "pixel=" in page.url
    shot(page, "pixel")
    page.reload()
    page.locator(".st-key-ocean_pixel_chart .js-plotly-plot").wait_for()
    page.seen.assert_clean()


def test_a_gap_is_drawn_and_sent_once(visit):
    page = visit("lang=en&view=expert&gap=drawn&method_a=convolution&method_b=climatology", MAP)
    page.locator(".st-key-export_ocean").wait_for()
    settle(page)
    before = page.url
    page.get_by_role("button", name="Draw").click()
    painter = page.locator(".painter[data-ready] canvas")
    painter.wait_for()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Clear").click()
    sent, box = len(page.seen.sent), painter.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=15)
    page.mouse.up()
    page.wait_for_timeout(400)
    assert len(page.seen.sent) == sent, "painting talks to nobody"
    shot(page, "painter")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_function("old => location.href !== old", arg=before)
    settle(page)
    assert "mask=" in page.url
    page.seen.assert_clean()


# The other two combinations are in test_axe.py, for what opens first.
@pytest.mark.parametrize(("lang", "scheme"), [("fr", "light"), ("en", "dark")])
@pytest.mark.parametrize(
    "query", ["cloud=0", "cloud=1&look=truth&bet=left", "view=expert", "view=expert&look=sd"]
)
def test_nothing_keeps_anyone_out(visit, lang, scheme, query):
    ready = READY if query == "cloud=0" else MAP
    page = visit(f"lang={lang}&{query}", ready, color_scheme=scheme)
    settle(page, 90)
    assert page.evaluate(WIDE) == 0
    assert axe(page) == []
    page.seen.assert_clean()


@pytest.mark.parametrize("view", ["public", "expert"])
def test_a_phone_scrolls_only_downwards(visit, view):
    page = visit(
        f"lang=fr&view={view}", READY if view == "public" else MAP,
        viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True,
    )  # fmt: skip
    shot(page, f"phone_{view}")
    assert page.evaluate(WIDE) == 0
    if view == "public":
        assert axe(page) == []
        canvas(page).tap(position={"x": 100, "y": 100})
    page.seen.assert_clean()


def test_the_stand_goes_home_when_nobody_scratches(visit):
    page = visit("lang=fr&stand=1&idle=3")
    page.locator(".st-key-doors_3, [class*=st-key-door_]").first.wait_for(timeout=20_000)
    assert "/ocean" not in page.url
