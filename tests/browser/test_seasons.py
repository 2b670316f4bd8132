"""The game of the year in a real browser, with no network."""

from __future__ import annotations

import pytest

from tests.browser.harness import ARTEFACTS, axe, settle

WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_field_is_guessed(bare, open_page, options):
    page = open_page(f"{bare}/landcover?topic=season&lang=fr", **options)
    page.set_default_timeout(90_000)
    page.locator("[class*=st-key-choose_] button").first.wait_for()
    settle(page, 90)
    assert page.locator(".eo-year > li").count() == 12
    assert page.evaluate(WIDE) <= 0
    page.locator("[class*=st-key-choose_] button").first.click()
    page.locator(".st-key-another button").wait_for()
    settle(page, 90)
    assert page.get_by_text("Peut-on croire cette raison").count() == 1
    assert page.evaluate(WIDE) <= 0
    assert axe(page) == []
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"seasons_{'phone' if options else 'desk'}.png", full_page=True)
    page.locator(".st-key-another button").click()
    page.locator("[class*=st-key-choose_] button").first.wait_for()
    assert "field=2" in page.url
    page.seen.assert_clean()
