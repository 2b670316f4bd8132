"""The whole app in Chromium, with every name but 127.0.0.1 unresolvable; screenshots in artefacts/browser/app_*."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from eogen.landcover.bands import ALL
from tests.browser.gesture import press
from tests.browser.harness import ARTEFACTS, REPOSITORY, axe, chromium, settle, watch
from tests.landcover_files import scene, tiff

pytestmark = pytest.mark.browser

READY = ".eogen-map[data-ready]"
WIDE = "(() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth })()"
SIZES = ((390, 844), (1366, 768), (1920, 1080))
FOCUS = """() => { let e = document.activeElement
  while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement
  const said = /^(A|BUTTON)$/.test(e?.tagName) ? e.innerText.trim() : e?.ariaLabel ?? ''
  return [e?.tagName, e?.type ?? '', e?.className?.toString() ?? '', said].join('|')
}"""


@pytest.fixture(scope="module")
def app(serve, browser):
    """The address of a server whose very first request was a deep link, and what that visitor saw."""
    address = serve("app.py", EOGEN_WARMUP="1")
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    page = context.new_page()
    seen = watch(context, page)
    begun = time.monotonic()
    page.goto(f"{address}/landcover?lang=en&view=expert")
    page.locator(READY).nth(1).wait_for(timeout=90_000)
    settle(page, 90)
    print(f"\nfirst visit of a fresh server, expert: {time.monotonic() - begun:.1f} s")
    first = {
        "title": page.locator("h1").inner_text(),
        "text": page.locator("body").inner_text(),
        "doors": page.locator("[data-testid=stTopNavLink]").all_inner_texts(),
        "seen": seen,
        "lang": page.evaluate("document.documentElement.lang"),
    }
    shot(page, "fresh_deep_link")
    context.close()
    return address, first


@pytest.fixture
def visit(app, open_page):
    def go(path="/", **options):
        page = open_page(app[0] + path, **options)
        page.set_default_timeout(60_000)
        return page

    return go


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"app_{name}.png")


def ready(page, count=1):
    page.locator(READY).nth(count - 1).wait_for()
    settle(page, 60)
    page.wait_for_timeout(150)


def door(page):
    """Wait for the home page with the picture of the door.

    Five are drawn one after the other while the server still loads every library: the limit only catches a hang.
    """
    page.locator(".st-key-door_landcover img").wait_for(timeout=240_000)
    settle(page, 60)


def bet(page):
    page.locator("[class*=st-key-choose_] button").first.click()
    page.locator(".eogen-map.swipe[data-ready]").wait_for()
    settle(page)


def test_a_fresh_server_entered_by_a_deep_link_shows_the_page(app):
    _, first = app
    assert first["title"] == "Where did the machine look?"
    assert "Page not found" not in first["text"]
    assert [door.split("\n")[-1] for door in first["doors"]] == [
        "Home",
        "Canopy",
        "Ocean",
        "Change",
        "Rain",
        "Landscape",
        "Validation",
        "Results",
    ]
    assert first["lang"] == "en"
    first["seen"].assert_clean()


def test_through_the_door_and_through_the_game(visit):
    page = visit("/?lang=fr")
    door(page)
    assert page.locator("h1").inner_text() == "Ce que les machines croient voir de la Terre"
    box = page.locator(".st-key-door_landcover").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.8)  # anywhere on the card
    ready(page)
    assert "/landcover" in page.url
    assert page.locator(".eogen-map.swipe").count() == 0, "first the bet"
    shot(page, "bet")
    bet(page)
    shot(page, "answer")
    assert page.get_by_text("La machine dit").is_visible()

    # While its trust is being measured, the page asks for news of it: not the bar's talk.
    page.get_by_text("Peut-on croire cette explication").wait_for()
    settle(page)
    moved = press(page.locator(".divider"), "ArrowLeft", 5)
    assert moved.value == "0.4"
    assert moved.moved
    assert moved.early == 0, "nothing is sent while the bar moves"
    assert moved.late == 1, "one message when it rests"
    settle(page)

    page.get_by_role("button", name="Cacher un morceau").click()
    page.locator(".eogen-map.layers[data-ready]").wait_for()
    settle(page)
    whole = page.locator(".eogen-map img.picture").first.get_attribute("src")
    box = page.locator(".eogen-map .map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("Avec vos carrés").wait_for()
    settle(page)
    assert page.locator(".eogen-map img.picture").first.get_attribute("src") != whole
    shot(page, "hidden")

    page.locator(".st-key-another button").click()
    page.locator("[class*=st-key-choose_] button").first.wait_for()
    assert "card=1" in page.url
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.seen.assert_clean()


@pytest.mark.parametrize(
    ("lang", "scheme"), [("fr", "light"), ("en", "dark"), ("fr", "dark"), ("en", "light")]
)
def test_every_view_fits_the_screen_and_is_accessible(visit, lang, scheme):
    faults = {}
    page = visit(f"/?lang={lang}", color_scheme=scheme, reduced_motion="reduce")

    def judge(name):
        page.mouse.move(3, 400)  # what is under the pointer has other colours
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(120)
            if (over := page.evaluate(WIDE)) > 0:
                faults[f"{name} {width}"] = f"{over} px too wide"
            if (lang, scheme) in (("fr", "light"), ("en", "dark")):
                shot(page, f"{name}_{lang}_{scheme}_{width}")
        page.set_viewport_size({"width": 1366, "height": 768})
        page.wait_for_timeout(300)
        if found := axe(page):
            faults[name] = found
        page.set_viewport_size({"width": 1366, "height": 768})

    door(page)
    judge("home")
    card = page.locator(".st-key-door_landcover")
    assert card.evaluate("e => getComputedStyle(e).transitionDuration") == "0s", "less motion when asked"
    page.locator(".st-key-door_landcover a").click()
    ready(page)
    judge("public_bet")
    bet(page)
    judge("public_answer")
    assert (
        page.locator(".eo-bars .fill").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
    )
    page.get_by_role("radio", name="Expert").click()
    ready(page, 2)
    page.locator(".js-plotly-plot .xtitle").first.wait_for()
    settle(page, 60)
    judge("expert")
    assert faults == {}
    assert page.evaluate("document.documentElement.lang") == lang
    page.seen.assert_clean()


@pytest.fixture
def brought(visit, tmp_path):
    """The expert view of a visitor's own GeoTIFF."""
    file = tmp_path / "mon image.tif"
    file.write_bytes(tiff(scene(ALL, size=64)))
    page = visit(
        "/landcover?lang=fr&view=expert&set=upload&model_a=rgb_cnn&model_b=rgb_cnn&method_b=occlusion"
    )
    page.get_by_role("button", name="Votre image").click()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(file)
    ready(page, 2)
    page.keyboard.press("Escape")
    page.locator(".js-plotly-plot .xtitle").first.wait_for()
    settle(page, 60)
    return page


def saved(page, tmp_path, button):
    with page.expect_download() as download:
        button.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_an_own_image_is_explained_and_everything_can_be_taken_away(brought, tmp_path):
    import rasterio

    page = brought
    shot(page, "own_image")
    bar = page.locator(".st-key-export_landcover")

    def take(name):
        return saved(page, tmp_path, bar.get_by_role("button", name=name, exact=True))

    rows = take("CSV").read_text("utf-8").splitlines()
    assert rows[0] == "model,class,probability"
    assert len(rows) == 11
    assert sum(float(row.split(",")[2]) for row in rows[1:]) == pytest.approx(1, abs=1e-4)

    card = json.loads(take("JSON").read_text("utf-8"))
    assert card["image"]["origin"] == "upload"
    assert [e["method"] for e in card["explanations"]] == ["grad_cam", "occlusion"]

    with rasterio.open(take("GeoTIFF")) as grid:
        assert grid.crs.to_epsg() == 32632
        assert tuple(grid.bounds) == (500_000, 5_000_000 - 640, 500_640, 5_000_000)
        assert (grid.count, grid.nodata is not None) == (2, True)

    objects = json.loads(take("GeoJSON").read_text("utf-8"))
    assert objects["type"] == "FeatureCollection"
    for feature in objects["features"]:
        ring = feature["geometry"]["coordinates"][0]
        assert all(8.9 < x < 9.1 and 45.1 < y < 45.2 for x, y in ring), "longitude and latitude"

    html = take("Carte HTML").read_text("utf-8")
    assert "mon image" in html
    assert "<script src" not in html

    starts = {"PNG": b"\x89PNG", "SVG": b"<svg"}
    for side in "ab":
        for kind, start in starts.items():
            name = f"Télécharger mon image-removal-{side} ({kind})"
            assert saved(page, tmp_path, page.get_by_role("button", name=name)).read_bytes().startswith(start)

    bar.get_by_role("button", name="Lien").click()
    code = page.locator(".eo-qr img")
    code.wait_for()
    assert code.evaluate("e => e.naturalWidth") > 0
    assert "method_b=occlusion" in page.locator("[data-testid=stPopoverBody] code").inner_text()
    shot(page, "link")
    page.seen.assert_clean()


def test_experts_change_method_panel_and_language_and_keep_the_view(visit):
    page = visit("/landcover?lang=fr&view=expert&set=simulated&class=Highway&model_a=rgb_cnn&model_b=rgb_cnn")
    ready(page, 2)
    settle(page, 60)
    page.seen.sent.clear()
    slider = page.locator(".eogen-map").first.get_by_role("slider", name="Opacité")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(400)
    assert slider.input_value() == "0"
    assert page.seen.sent == [], "opacity is settled in the browser"

    begun = time.monotonic()
    page.get_by_role("radio", name="Bandes").click()
    page.get_by_text("Multiplier sa réflectance par").wait_for()
    settle(page, 60)
    print(f"\npanel of bands: {time.monotonic() - begun:.2f} s")
    assert page.locator("[data-testid=stSliderThumbValue] p").evaluate("e => e.clientHeight") < 40, (
        "on one line"
    )
    shot(page, "bands")
    assert page.get_by_role("button", name="(PNG)").count() == 0, "no chart here to save"

    page.locator("[data-testid=stMain]").evaluate(
        "e => e.scrollTo(0, 0)"
    )  # an open list closes when the page scrolls
    page.wait_for_timeout(200)
    page.get_by_role("combobox", name="Méthode B").click()
    page.get_by_role("option", name="Occlusion").click()
    page.locator(".tag.title", has_text="Occlusion").wait_for()
    settle(page, 60)
    page.get_by_role("radio", name="EN", exact=True).click()
    page.get_by_text("Multiply its reflectance by").wait_for()
    settle(page, 60)
    for part in ("set=simulated", "class=Highway", "method_b=occlusion", "panel=bands", "view=expert"):
        assert part in page.url
    assert page.evaluate("document.documentElement.lang") == "en"
    page.seen.assert_clean()


def focus(page, sought):
    """Press Tab until the focus is on what is sought; say what was passed when it never comes."""
    passed = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if sought in (at := page.evaluate(FOCUS)):
            return
        passed.append(at)
    raise AssertionError(f"the keyboard never reaches {sought!r}: {passed}")


def test_the_game_can_be_played_by_the_keyboard_alone(visit):
    page = visit("/?lang=en")
    door(page)
    focus(page, "Where did the machine look?")
    page.keyboard.press("Enter")
    ready(page)
    name = page.locator("[class*=st-key-choose_] button").first.inner_text()
    focus(page, name)
    page.keyboard.press("Enter")
    page.locator(".eogen-map.swipe[data-ready]").wait_for()
    settle(page)
    focus(page, "|divider|")
    page.keyboard.press("ArrowRight")
    assert page.locator(".divider").input_value() == "0.52"
    focus(page, "Hide a piece")
    page.keyboard.press("Enter")
    page.locator(".eogen-map.layers[data-ready]").wait_for()
    settle(page)
    focus(page, "|map")
    page.keyboard.press("Enter")
    page.get_by_text("With your squares").wait_for()
    settle(page)
    shot(page, "keyboard")
    focus(page, "Another picture")
    page.keyboard.press("Enter")
    page.locator("[class*=st-key-choose_] button").first.wait_for()
    assert "card=1" in page.url


def test_the_stand_goes_home_by_itself(visit):
    page = visit("/landcover?lang=en&card=3&stand=1&idle=2")
    ready(page)
    begun = time.monotonic()
    page.wait_for_url(lambda url: "/landcover" not in url, timeout=15_000)
    assert time.monotonic() - begun < 8
    page.get_by_role("heading", name="Ce que les machines croient voir de la Terre").wait_for()
    assert "stand=1" in page.url
    assert "card=" not in page.url


def test_nothing_is_missing_where_there_is_no_network_at_all():
    """Server and browser in a network namespace in which only loopback exists."""
    probe = (
        subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True)
        if shutil.which("unshare")
        else None
    )
    if probe is None or probe.returncode:
        why = probe.stderr.strip() if probe else "no unshare"
        pytest.skip(f"network namespaces are refused here ({why}); the other tests had no name resolvable")
    chromium()  # skips where there is none
    run = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.browser.alone"],
        cwd=REPOSITORY, env=os.environ | {"EOGEN_WARMUP": "0"}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    said = json.loads(run.stdout)
    assert said["interfaces"] == ["lo"]
    assert said["external"] == []
    assert said["errors"] == []
    assert len(said["drawn"]) == 2
    assert min(said["drawn"]) > 0
