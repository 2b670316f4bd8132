"""Maps that leave the app as one file, and what may be committed, with every name but 127.0.0.1 unresolvable."""

from __future__ import annotations

import re

import pytest

from tests.browser.harness import ARTEFACTS, REPOSITORY, axe

pytestmark = pytest.mark.browser


def test_a_stand_alone_map_opens_from_a_file(open_page, tmp_path):
    from tests.pages.test_maps import standalone

    path = tmp_path / "carte.html"
    path.write_text(standalone(), "utf-8")
    page = open_page(path.as_uri())
    image = page.locator("img.leaflet-image-layer").first
    image.wait_for()
    assert image.evaluate("e => e.naturalWidth") > 100
    slider = page.get_by_role("slider", name="Opacité")
    slider.focus()
    page.keyboard.press("Home")
    assert image.evaluate("e => e.style.opacity") == "0"
    page.get_by_label("Évidence").uncheck()
    assert page.locator("img.leaflet-image-layer").count() == 0
    page.get_by_label("Évidence").check()
    assert page.locator("img.leaflet-image-layer").first.evaluate("e => e.style.opacity") == "0"
    assert page.title() == "Carte <simulée>"
    assert page.locator(".eogen-legend").count() == 3
    assert axe(page) == []
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / "standalone.png")
    assert page.seen.external == [path.as_uri()]
    assert page.seen.errors == []


def test_nothing_committed_names_a_content_network():
    for path in (REPOSITORY / "pages/kit/maps").glob("*.*s"):
        assert not re.search(r"https?://", path.read_text("utf-8")), path
