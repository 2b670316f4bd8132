"""The desk of results in Chromium: clean in both themes, on a phone; a view pinned and handed on as one file."""

from __future__ import annotations

import pytest

from tests.browser.harness import ARTEFACTS, axe, settle

pytestmark = pytest.mark.browser

WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory):
    database = tmp_path_factory.mktemp("reviews") / "reviews.sqlite"
    return serve("app.py", EOGEN_WARMUP="0", EOGEN_DB=f"sqlite:///{database}")


@pytest.fixture
def visit(app, open_page):
    def go(path, **options):
        page = open_page(app + path, **options)
        page.set_default_timeout(60_000)
        page.locator("h1").wait_for()
        settle(page, 60)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"results_{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_is_clean(visit, scheme):
    page = visit("/results?lang=fr&view=expert", color_scheme=scheme)
    page.locator(".eo-standings tbody").nth(5).wait_for()
    shot(page, scheme)
    assert axe(page) == []
    page.seen.assert_clean()


def test_it_fits_a_phone(visit):
    page = visit("/results?lang=en&view=expert", viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.locator(".eo-standings tbody").nth(5).wait_for()
    shot(page, "phone")
    assert page.evaluate(WIDE) <= 0
    page.get_by_role("radio", name="EN").or_(
        page.get_by_role("button", name="EN", exact=True)
    ).first.wait_for()
    hall = page.locator(".st-key-hall").bounding_box()
    assert hall["x"] >= 0
    assert hall["x"] + hall["width"] <= 390


def test_a_view_is_pinned_read_again_and_handed_on(visit, open_page, tmp_path):
    page = visit("/results?lang=en&view=expert&section=room&of=canopy")
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.locator(".st-key-pin button").first.click()
    page.get_by_label("Title of the review").fill('<script>"r"</script>')
    page.get_by_label("Note", exact=True).fill("<b>Read</b> this again.")
    page.keyboard.press("Tab")
    settle(page, 30)
    page.get_by_role("button", name="Pin this view").click()
    page.get_by_text("Pinned, with 1 picture.").wait_for()
    shot(page, "pinned")
    page.seen.assert_clean()

    desk = visit("/results?lang=en&view=expert&section=reviews")
    desk.get_by_text("How good are these models?").nth(1).wait_for()
    desk.locator("[class*=st-key-pin_] img").first.wait_for()
    shot(desk, "reviews")
    assert axe(desk) == []
    desk.get_by_label("Note", exact=True).fill("<b>Read</b> this twice.")
    desk.keyboard.press("Tab")
    desk.get_by_role("button", name="Keep the note").click()
    desk.get_by_text("Note kept.").wait_for()
    with desk.expect_download() as got:
        desk.get_by_role("button", name="HTML file").click()
    got.value.save_as(tmp_path / "review.html")
    desk.seen.assert_clean()

    file = open_page((tmp_path / "review.html").as_uri())
    picture = file.locator("img")
    assert picture.count() == 1
    width, height, dark = picture.evaluate(
        """image => {
          const canvas = document.createElement("canvas"), ink = canvas.getContext("2d")
          Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight })
          ink.drawImage(image, 0, 0)
          const data = ink.getImageData(0, 0, canvas.width, canvas.height).data
          let dark = 0
          for (let k = 0; k < data.length; k += 4) if (data[k] < 120) dark += 1
          return [canvas.width, canvas.height, dark]
        }"""
    )
    assert width > 600
    assert height > 200
    assert dark > 500  # dots, intervals and words are drawn, not an empty ground
    assert file.locator("h1").inner_text() == '<script>"r"</script>'
    assert "<b>Read</b> this twice." in file.locator("body").inner_text()
    asked = [url for url in file.seen.external if not url.startswith("file:")]
    assert asked == []
    assert file.seen.errors == []
    file.screenshot(path=ARTEFACTS / "results_file.png", full_page=True)
