"""The change room in a real browser, with no network: the game by mouse, touch, keys and list; the objects."""

from __future__ import annotations

import json

import pytest

from tests.browser.harness import ARTEFACTS, axe, settle

READY = ".spot[data-ready=yes]"
MAP = ".eogen-map.swipe[data-ready]"
WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
#: Centres of the differences, as parts of the sides, from the element's own state.
RINGS = "e => e.eogen.rings"


@pytest.fixture
def visit(bare, open_page):
    def go(query: str, ready: str = READY, **options):
        page = open_page(f"{bare}/change?{query}", **options)
        page.set_default_timeout(90_000)
        page.locator(ready).first.wait_for()
        settle(page, 90)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"change_{name}.png")


def spot(page):
    return page.locator(READY)


def found(page):
    return int(spot(page).get_attribute("data-found"))


def tap(page, ring, side="after", touch=False):
    box = page.locator(f".frame.{side}").bounding_box()
    x, y = box["x"] + ring["x"] * box["width"], box["y"] + ring["y"] * box["height"]
    (page.touchscreen.tap if touch else page.mouse.click)(x, y)


def empty_place(page):
    """Return a place where nothing was planted."""
    return page.locator(READY).evaluate("""e => {
        const { grid, side } = e.eogen
        const k = grid.indexOf("0", Math.floor(side * (side + 1) / 2))  // not in a rounded corner
        return { x: (k % side + .5) / side, y: (Math.floor(k / side) + .5) / side }
    }""")


def test_the_game_is_played_by_mouse_and_nothing_is_sent_meanwhile(visit):
    page = visit("lang=fr")
    assert page.locator("h1").inner_text().endswith("ici\u202f?")
    rings = spot(page).evaluate(RINGS)
    sent = len(page.seen.sent)
    tap(page, empty_place(page))
    assert found(page) == 0
    assert spot(page).get_attribute("data-missed") == "1"
    for k, ring in enumerate(rings[:3]):
        tap(page, ring, "before" if k % 2 else "after")
        assert found(page) == k + 1
    tap(page, rings[0])
    assert found(page) == 3, "a difference counts once"
    assert page.locator(".frame.before .found").count() == 3, "marked on both pictures"
    page.get_by_role("button", name="Un indice").click()
    assert page.locator(".frame.after .hinted").count() == 1
    shot(page, "game")
    page.wait_for_timeout(500)
    assert len(page.seen.sent) == sent, "a tap talks to nobody"
    page.get_by_role("button", name="Voir ce que voit la machine").click()
    page.locator(MAP).wait_for()
    settle(page)
    assert "look=machine" in page.url
    assert "found=1.2.3" in page.url
    assert page.get_by_text("Vous\u00a0: 3 sur 7").count() == 1
    shot(page, "machine")
    page.locator(".divider").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".st-key-another_pair button").click()
    page.locator(READY).wait_for()
    assert "round=1" in page.url
    page.seen.assert_clean()


def test_all_seven_found_shows_the_machine_by_itself(visit):
    page = visit("lang=en&round=1")
    for ring in spot(page).evaluate(RINGS):
        tap(page, ring)
    page.locator(MAP).wait_for()
    settle(page)
    assert page.get_by_text("You: 7 of 7").count() == 1
    page.seen.assert_clean()


def test_the_game_is_played_by_keys_and_by_the_list(visit):
    page = visit("lang=en")
    page.locator(".frame.after").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".frame.before .ghost").is_visible(), "the cross shows on both pictures"
    page.keyboard.press("Enter")
    assert found(page) + int(spot(page).get_attribute("data-missed")) == 1
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    places = page.locator(".places button")
    assert places.count() == 12
    for k in range(5):  # too few to end the game, even with one found above
        places.nth(k).focus()
        page.keyboard.press("Enter")
        assert places.nth(k).get_attribute("class") in ("right", "wrong")
    left = """(root) => {  // in one go: the element is replaced a moment after the seventh is found
        for (const button of [...root.querySelectorAll(".places button:not(.right, .wrong)")]) button.click()
        return root.dataset.found
    }"""
    assert spot(page).evaluate(left) == "7"
    page.locator(MAP).wait_for()
    page.seen.assert_clean()


def test_the_game_on_a_phone_by_touch(visit):
    page = visit("lang=fr", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate(WIDE) <= 0
    before, after = (page.locator(f".frame.{side}").bounding_box() for side in ("before", "after"))
    assert after["y"] > before["y"] + before["height"] - 1, "one above the other"
    assert before["width"] > 300
    ring = spot(page).evaluate(RINGS)[0]
    page.locator(".frame.before").scroll_into_view_if_needed()
    tap(page, ring, "before", touch=True)
    assert found(page) == 1
    shot(page, "phone")
    page.seen.assert_clean()


@pytest.mark.parametrize(
    "query", ["lang=fr", "lang=fr&look=machine&found=1.2", "lang=fr&view=expert&source=simulated"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(visit, query, scheme):
    ready = MAP if "look" in query or "expert" in query else READY
    page = visit(query, ready, color_scheme=scheme)
    assert page.evaluate(WIDE) <= 0
    assert axe(page) == []
    page.seen.assert_clean()


def test_an_object_is_judged_and_taken_away(visit, tmp_path):
    page = visit("lang=en&view=expert&source=simulated", MAP)
    page.locator(".st-key-verdict_change button").click()
    page.locator(".st-key-verdict_change [data-testid=stBaseButton-primary]").wait_for()
    settle(page)
    shot(page, "judged")
    with page.expect_download() as taken:
        page.locator(".st-key-export_change").get_by_role("button", name="GeoJSON", exact=True).click()
    taken.value.save_as(tmp_path / "objects.geojson")
    made = json.loads((tmp_path / "objects.geojson").read_text("utf-8"))
    assert made["type"] == "FeatureCollection"
    for feature in made["features"]:
        own = feature["properties"]
        assert own["polygon_m2"] == pytest.approx(own["area_m2"], rel=0.01)
    page.seen.assert_clean()
