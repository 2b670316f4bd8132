"""The canopy room in a real browser, with no network: the public slider and game, the expert's clicks and panels."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.harness import ARTEFACTS, axe, settle

READY = ".eogen-map[data-ready]"
WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
PANELS = ("inspector", "spectrum", "ambiguity", "latent", "maps", "priors", "results")


@pytest.fixture(scope="module")
def address(serve):
    return serve("app.py", EOGEN_WARMUP="1")


@pytest.fixture
def visit(address, open_page):
    def go(query: str, **options):
        page = open_page(f"{address}/canopy?{query}", **options)
        page.set_default_timeout(120_000)
        page.locator(READY).first.wait_for()
        settle(page, 90)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"canopy_{name}.png")


def picture(page):
    return page.locator(f"{READY} img.picture").first.get_attribute("src")


def test_more_leaves_change_the_picture_and_what_the_machine_says(visit):
    page = visit("lang=fr")
    assert page.locator("h1").inner_text() == "Que cache ce vert\u202f?"
    before, said = picture(page), page.get_by_text("La machine dit").inner_text()
    page.get_by_role("slider").first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        settle(page)
    page.wait_for_url("**leaves=6*")
    expect(page.locator(f"{READY} img.picture").first).not_to_have_attribute("src", before, timeout=90_000)
    settle(page)
    expect(page.get_by_text("La machine dit")).not_to_have_text(said, timeout=90_000)
    assert page.evaluate(WIDE) == 0
    shot(page, "leaves")
    page.seen.assert_clean()


def test_the_game_is_played_to_its_end(visit):
    page = visit("lang=en")
    page.locator(".st-key-play button").click()
    page.locator(".st-key-canopy_bets button").nth(3).click()
    page.locator(".eogen-map.swipe[data-ready]").wait_for()
    settle(page)
    assert "guess=3" in page.url
    page.locator(".st-key-another_field button").click()
    page.locator(".st-key-canopy_bets button").first.wait_for()
    page.seen.assert_clean()


def test_a_click_on_the_map_asks_another_pixel(visit):
    page = visit("lang=en&view=expert")
    page.locator(".js-plotly-plot .xtitle").first.wait_for()
    settle(page, 90)
    before = page.get_by_text("Pixel in question").inner_text()
    box = page.locator(READY).first.bounding_box()
    page.mouse.click(box["x"] + 0.12 * box["width"], box["y"] + 0.85 * box["height"])
    page.get_by_text(before).wait_for(state="detached")
    settle(page, 90)
    assert "row" in page.url or "pixel" in page.url
    shown = page.get_by_text("Pixel in question").inner_text()
    page.reload()
    page.get_by_text(shown).wait_for()
    shot(page, "clicked")
    page.seen.assert_clean()


@pytest.mark.parametrize(("place", "panel"), list(enumerate(PANELS)), ids=PANELS)
def test_every_panel_opens_without_faults(visit, place, panel):
    """In one language and one theme each, by turns; see test_axe.py."""
    lang, scheme = (("fr", "light"), ("fr", "dark"), ("en", "light"), ("en", "dark"))[place % 4]
    page = visit(f"lang={lang}&view=expert&panel={panel}", color_scheme=scheme)
    page.locator(".st-key-export_canopy").first.wait_for()
    settle(page, 120)
    shot(page, panel)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.evaluate(WIDE) == 0
    assert axe(page) == []
    page.seen.assert_clean()


@pytest.mark.parametrize("view", ["public", "expert"])
def test_a_phone_scrolls_only_downwards(visit, view):
    page = visit(f"lang=fr&view={view}", viewport={"width": 390, "height": 844}, color_scheme="dark")
    settle(page, 90)
    shot(page, f"phone_{view}")
    assert page.evaluate(WIDE) == 0
    if view == "public":
        assert axe(page) == []
    page.seen.assert_clean()
