"""The shared elements in Chromium, no name resolved: exports, stop, idle reset, contrast, no request out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pages.kit.words import load
from tests.browser import harness, wire

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(serve):
    return serve("tests/pages/apps/kit_demo.py", EOGEN_JOBS="1")


@pytest.fixture
def visit(browser, server):
    """Open the demo page; at the end nothing may have been asked outside this machine."""
    contexts, outside = [], []

    def open_page(query="", *, path="/", wait="text=end of page", stays=False, **options):
        context = browser.new_context(
            **{"viewport": {"width": 1366, "height": 900}, "locale": "fr-FR"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        wire.record(page, stays=stays)
        page.on(
            "request",
            lambda r: None if r.url.startswith((server, "data:", "blob:")) else outside.append(r.url),
        )
        page.goto(f"{server}{path}?{query}")
        page.wait_for_selector(wait)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("lang", "width"), [("fr", 1366), ("en", 390)])
def test_no_serious_fault_of_accessibility(visit, lang, width, scheme):
    pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(f"lang={lang}", viewport={"width": width, "height": 3000}, color_scheme=scheme)
    page.wait_for_selector(".js-plotly-plot .xtitle")
    for form in ("PNG", "SVG"):  # export.js names them when the chart is there
        name = load(lang)("kit.export.download_help", what="spectrum", format=form)
        page.get_by_role("button", name=name, exact=True).wait_for()
    assert harness.axe(page) == []
    page.wait_for_function("(lang) => document.documentElement.lang === lang", arg=lang)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), "the page is wider than the screen"


def test_figures_and_files_are_saved(visit, tmp_path):
    page = visit("lang=fr", color_scheme="dark")
    page.wait_for_selector(".js-plotly-plot .xtitle")
    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "CSV": b"wavelength_nm,", "GeoTIFF": b"II*", "GeoJSON": b"{"}
    for name, start in starts.items():
        label = f"Télécharger spectrum ({name})" if name in ("PNG", "SVG") else name
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        path: Path = tmp_path / name
        download.value.save_as(path)
        assert path.read_bytes().startswith(start), name
    from PIL import Image

    with Image.open(tmp_path / "PNG") as picture:
        assert picture.convert("RGB").getpixel((3, 3)) == (0x10, 0x17, 0x1D), (
            "the page's ground is painted in"
        )
    svg = (tmp_path / "SVG").read_text()
    assert "Longueur d’onde (nm)" in svg
    assert "0,2" in svg
    plot = "document.querySelector('.js-plotly-plot')"
    assert page.evaluate(f"{plot}.layout.paper_bgcolor") == "rgba(0,0,0,0)", "the figure itself is as it was"


def test_the_qr_code_and_the_card_are_drawn_in_the_theme(visit):
    page = visit("lang=fr", color_scheme="dark")
    page.get_by_role("button", name="Lien").click()
    image = page.wait_for_selector(".eo-qr img")
    assert image.evaluate("e => e.naturalWidth > 0 && e.getBoundingClientRect().width > 100")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('[data-testid=stPopoverBody]')).colorScheme")
        == "dark"
    )


def test_long_work_shows_time_left_and_stops_when_asked(visit):
    page = visit("lang=fr&seconds=60", wait="[data-testid=stProgress]")
    page.wait_for_selector("text=/encore .* environ/")
    page.get_by_role("button", name="Arrêter").click()
    begun = time.monotonic()
    page.wait_for_selector("text=Arrêté à votre demande")
    page.wait_for_selector("text=end of page")
    assert time.monotonic() - begun < 5
    assert page.locator("[data-testid=stProgress]").count() == 0
    page.get_by_role("button", name="Recommencer").click()
    page.wait_for_selector("[data-testid=stProgress]")


def test_short_work_does_not_flash(visit):
    page = visit("lang=fr&appear=60")  # a busy machine makes no short work long
    page.evaluate(
        """() => { window.flashes = 0; new MutationObserver(() => {
        if (document.querySelector('[data-testid=stProgress]')) window.flashes++ })
        .observe(document.body, { subtree: true, childList: true }) }"""
    )
    page.get_by_label("s", exact=True).fill("0.9")  # long enough for a bar to be seen, were it drawn
    page.keyboard.press("Enter")
    page.wait_for_selector("text=result=18")
    assert page.evaluate("window.flashes") == 0


def test_an_abandoned_stand_goes_home_and_forgets(visit):
    page = visit("lang=en&stand=1&idle=4", path="/room", wait="input[aria-label=note]", stays=True)
    page.get_by_label("note").fill("my secret")
    page.keyboard.press("Enter")
    page.wait_for_timeout(5000)
    assert wire.homeward(page) == [], "a touch starts the clock again"
    assert "/room" in page.url
    late, _ = wire.idle(page, 4)
    assert -0.01 < late < 1
    page.wait_for_url(lambda url: "/room" not in url)
    page.wait_for_selector("text=end of page")
    assert "lang=" not in page.url
    assert "stand=1" in page.url
    page.wait_for_function("document.documentElement.lang === 'fr'")  # back to the browser's language
    frames = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda event: frames.append(event))
    page.wait_for_timeout(6000)
    assert frames == [], "an untouched home page asks for nothing"
    page.goto(page.url.replace("/?", "/room?"))
    assert page.wait_for_selector("input[aria-label=note]").input_value() == ""


def test_an_abandoned_stand_goes_home_in_the_midst_of_a_long_job(visit):
    """The page's script waits for the job all the while; the job, which holds the one slot, is stopped too."""
    query = "lang=en&stand=1&idle=5&seconds=600"
    page = visit(query, path="/room", wait="[data-testid=stProgress]", stays=True)
    loaded = page.evaluate("performance.timeOrigin")
    late, _ = wire.idle(page, 5)
    begun = time.monotonic()
    page.wait_for_url(lambda url: "/room" not in url)
    print(
        f"\nin the midst of a job: asked {late:.3f} s after the set time, home {time.monotonic() - begun:.2f} s later"
    )
    assert -0.01 < late < 1
    page.wait_for_selector("text=end of page")
    assert page.evaluate("performance.timeOrigin") == loaded, (
        "the server answered: the watchdog reloaded nothing"
    )
    assert "stand=1" in page.url
    assert "seconds=" not in page.url
    page.get_by_label("s", exact=True).fill(
        "1.5"
    )  # heavy: it would wait for as long as the other holds a slot
    page.keyboard.press("Enter")
    page.wait_for_selector("text=result=30")


def test_a_touched_home_page_resets_once(visit):
    page = visit("lang=en&stand=1&idle=2")
    loaded = page.evaluate("performance.timeOrigin")
    page.wait_for_selector(".js-plotly-plot .xtitle")
    page.wait_for_function("window.eogenIdle")  # the element listens
    page.mouse.move(200, 200)
    page.wait_for_function("document.documentElement.lang == 'fr'")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    frames = []
    session.on("Network.webSocketFrameSent", lambda event: frames.append(event))
    page.wait_for_timeout(16_000)  # longer than the watchdog
    assert frames == []
    assert page.evaluate("performance.timeOrigin") == loaded, "the watchdog was called off: no reload"
