"""The map elements in Chromium, with every name but 127.0.0.1 unresolvable."""

from __future__ import annotations

import json

import pytest
from pyproj import Transformer

from tests.browser.gesture import press
from tests.browser.harness import ARTEFACTS, axe, settle

pytestmark = [
    pytest.mark.browser,
    # rioxarray 0.19 and rasterio 1.4 use affine the old way; cmocean 4.0 passes a length.
    pytest.mark.filterwarnings("ignore:Use .@. matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Passing 'N' to ListedColormap"),
]
APP = "tests/browser/apps/swipe_app.py"
#: Milliseconds after which what is waited for will never come: a busy machine may take half a minute for the first map.
LONG = 120_000
#: Milliseconds of the page's own processor time that one move of the divider may take: half of a frame.
STEP = 8

VIEW = """({ view }) => {
  const c = view.map.getCenter()
  return { lat: c.lat, lng: c.lng, zoom: view.map.getZoom() }
}"""
CLIPS = """(root) => [...root.querySelectorAll('img.picture')]
  .map((i) => [i.naturalWidth, i.parentElement.style.clipPath])"""
SWAP = """() => new Promise((done) => {
  const shadows = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
  const image = shadows.find((s) => s?.querySelector('.eogen-map')).querySelector('img.picture')
  const old = image.src, start = performance.now(), buttons = [...document.querySelectorAll('button')]
  const swapped = () => image.src !== old && image.complete
  const look = () => swapped() ? done(performance.now() - start) : requestAnimationFrame(look)
  buttons.find((b) => b.innerText.trim() === 'swap').click(); look()
})"""
KEEP = """({ view }) => view.map.on('unload', () => { globalThis.gone = true }) && null"""


def ready(page, count=1):
    page.locator(".eogen-map[data-ready]").nth(count - 1).wait_for(timeout=LONG)
    settle(page, LONG / 1000)
    page.wait_for_timeout(150)
    return page.locator(".eogen-map").first


def result(page):
    return json.loads(page.get_by_text("RESULT").first.inner_text().split("RESULT ", 1)[1])


def await_result(page, test):
    for _ in range(LONG // 50):
        if page.get_by_text("RESULT").count() and test(found := result(page)):
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {result(page)}")


def shot(page, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"maps_{name}.png")


@pytest.fixture
def visit(serve, open_page):
    return lambda query="", **options: open_page(f"{serve(APP)}/?{query}", **options)


def test_both_pictures_are_drawn_and_nothing_is_asked_of_the_network(visit):
    page = visit()
    root = ready(page)
    (wide, left), (_, right) = root.evaluate(CLIPS)
    assert wide > 200
    assert left.startswith("polygon(")
    assert left != right
    assert root.locator(".tag.before").inner_text() == "Avant 0 <b>", "labels are text, not markup"
    assert root.locator(".leaflet-control-scale-line").inner_text().endswith("m")
    shot(page, "geo_light")
    page.seen.assert_clean()


def test_keyboard_moves_the_divider_and_says_so_once(visit):
    page = visit()
    root = ready(page)
    bar = root.locator(".divider")
    bar.focus()
    page.keyboard.press("Shift")  # a key that moves nothing: the focus is the keyboard's
    assert root.locator(".handle").evaluate("e => getComputedStyle(e).outlineStyle") == "solid", (
        "focus is visible"
    )
    done = press(bar, "ArrowLeft", 10)
    assert done.value == "0.3"
    assert done.said.replace("\u202f", " ").replace("\xa0", " ") == "30 %"
    assert done.moved
    assert (done.early, done.late) == (0, 1), "one message per gesture, after it"
    assert await_result(page, lambda r: r["position"] == 0.3)


def worked(client):
    """Return the seconds of processor time that the page's main thread has used for its tasks, drawing included."""
    said = client.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in said if one["name"] == "TaskDuration")


@pytest.mark.parametrize("way", ["mouse", "touch"])
def test_dragging_is_smooth_and_silent(visit, way):
    options = {"has_touch": True, "viewport": {"width": 390, "height": 844}} if way == "touch" else {}
    page = visit(**options)
    root = ready(page)
    box = root.locator(".frame").bounding_box()
    y, start = box["y"] + box["height"] / 2, box["x"] + box["width"] / 2
    # 24 px off the middle: inside the 60 px target, outside the 46 px handle.
    points = [start + 24 - i * box["width"] * 0.35 / 60 for i in range(60)]
    page.seen.sent.clear()
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    if way == "mouse":
        page.mouse.move(points[0], y)
        page.mouse.down()
        before = worked(client)
        for x in points:
            page.mouse.move(x, y)
    else:
        before = worked(client)
        client.send(
            "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": points[0], "y": y}]}
        )
        for x in points:
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    took = 1000 * (worked(client) - before) / len(points)
    moved = float(root.locator(".divider").input_value())
    assert moved == pytest.approx((points[-1] - box["x"]) / box["width"], abs=0.01), (
        "the line is under the finger"
    )
    assert page.seen.sent == [], "nothing is sent while dragging"
    if way == "mouse":
        page.mouse.up()
    else:
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await_result(page, lambda r: abs(r["position"] - moved) < 1e-6)
    print(f"\ndragging by {way}: {took:.2f} ms of the processor a move")
    assert took <= STEP, f"{took:.1f} ms a move; the rest of a frame is the browser's"
    page.seen.assert_clean()


def test_a_click_returns_where_it_was_on_earth(visit):
    """Against the Web Mercator formula, to one pixel of the screen."""
    page = visit()
    root = ready(page)
    box = root.locator(".map").bounding_box()
    view = root.evaluate(VIEW)
    dx, dy = 210, -120
    page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy)
    clicked = await_result(page, lambda r: r["clicked"])["clicked"]
    metres = 2 * 20037508.342789244 / (256 * 2 ** view["zoom"])
    forth = Transformer.from_crs(4326, 3857, always_xy=True).transform
    x0, y0 = forth(view["lng"], view["lat"])
    x, y = forth(clicked["lng"], clicked["lat"])
    assert (x - x0) / metres == pytest.approx(dx, abs=1)
    assert (y0 - y) / metres == pytest.approx(dy, abs=1)


@pytest.mark.parametrize("spot", [(0.5, 0.5), (0.3, 20.02), (10.5, 3.2), (63.4, 63.6), (24.01, 16.01)])
def test_a_click_without_a_crs_returns_the_pixel(visit, spot):
    page = visit("which=plane", viewport={"width": 620, "height": 900})
    root = ready(page)
    box = root.locator(".map").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1), "a square image gets a square frame"
    assert root.locator(".leaflet-control-scale-line").count() == 0
    assert (
        root.locator("img.picture").first.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
    )
    root.locator(".zoom").evaluate("e => e.hidden = e.style.display = 'none'")
    scale = box["width"] / 64
    page.mouse.click(box["x"] + spot[0] * scale, box["y"] + spot[1] * scale)
    clicked = await_result(page, lambda r: r["clicked"])["clicked"]
    # Chromium rounds a click to whole CSS pixels.
    assert clicked["x"] == pytest.approx(spot[0], abs=1 / scale)
    assert clicked["y"] == pytest.approx(spot[1], abs=1 / scale)


def test_a_tap_returns_the_pixel(visit):
    page = visit("which=plane", has_touch=True, viewport={"width": 390, "height": 844})
    box = ready(page).locator(".map").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 50.5 / 64, box["y"] + box["height"] * 12.5 / 64)
    clicked = await_result(page, lambda r: r["clicked"])["clicked"]
    assert (int(clicked["x"]), int(clicked["y"])) == (50, 12)


def test_the_keyboard_can_choose_a_pixel(visit):
    page = visit("which=plane", viewport={"width": 620, "height": 900})
    root = ready(page)
    page.get_by_role("button", name="left").focus()
    page.keyboard.press("Tab")
    assert root.locator(".hint").is_visible()
    assert root.locator(".cross").get_attribute("hidden") is None
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert root.locator("output").inner_text() == f"Colonne {32 + 3}, ligne {31 - 1}"
    shot(page, "plane_keyboard")
    page.keyboard.press("Enter")
    clicked = await_result(page, lambda r: r["clicked"])["clicked"]
    assert (int(clicked["x"]), int(clicked["y"])) == (32 + 3, 31 - 1)


def test_new_pictures_keep_zoom_and_divider(visit):
    page = visit()
    root = ready(page)
    root.evaluate("(root) => { root.mine = true }")
    root.get_by_role("button", name="Agrandir").click()
    root.get_by_role("button", name="Agrandir").click()
    page.wait_for_timeout(600)
    root.locator(".divider").focus()
    page.keyboard.press("ArrowRight")
    await_result(page, lambda r: r["position"] == 0.52)
    before, picture = root.evaluate(VIEW), root.locator("img.picture").first.get_attribute("src")
    took = page.evaluate(SWAP)
    print(f"\nswap of two 256 px pictures: {took:.0f} ms")
    settle(page)
    assert root.locator("img.picture").first.get_attribute("src") != picture
    assert root.evaluate(VIEW) == before
    assert root.evaluate("(root) => root.mine"), "not mounted again"
    assert root.locator(".divider").input_value() == "0.52"
    assert root.locator(".tag.before").inner_text() == "Avant 1 <b>"
    page.seen.assert_clean()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844), (2560, 1440)])
@pytest.mark.parametrize("query", ["", "which=plane"])
def test_the_frame_is_always_full_of_image(visit, query, size):
    page = visit(query, viewport={"width": size[0], "height": size[1]})
    root = ready(page)
    for _ in range(2):
        frame = root.locator(".map").bounding_box()
        image = root.locator("img.picture").first.bounding_box()
        assert image["x"] <= frame["x"] + 1
        assert image["y"] <= frame["y"] + 1
        assert image["x"] + image["width"] >= frame["x"] + frame["width"] - 1
        assert image["y"] + image["height"] >= frame["y"] + frame["height"] - 1
        page.set_viewport_size({"width": size[0] - 60, "height": size[1]})
        page.wait_for_timeout(300)
    assert root.get_by_role("button", name="Réduire").is_disabled()


def test_mounting_again_leaves_nothing_behind(visit):
    page = visit("which=layers")
    ready(page, 2)
    assert page.evaluate("globalThis.eogenMapGroups.get('ab').size") == 2
    for _ in range(3):
        page.get_by_text("hide").click()
        page.get_by_text("RESULT hidden").wait_for()
        assert page.evaluate("globalThis.eogenMapGroups.size") == 0
        page.get_by_text("hide").click()
        ready(page, 2)
        assert page.evaluate("globalThis.eogenMapGroups.get('ab').size") == 2
    assert page.locator(".leaflet-container").count() == 2
    page.seen.assert_clean()


def test_unmounting_after_an_update_still_cleans_up(visit):
    """Streamlit keeps only the clean-up of the last call, so every call must return one."""
    page = visit()
    root = ready(page)
    root.evaluate(KEEP)
    page.get_by_text("swap").click()
    page.wait_for_timeout(300)
    settle(page)
    page.get_by_text("hide").click()
    page.get_by_text("RESULT hidden").wait_for()
    page.wait_for_function("globalThis.gone")


def test_pictures_of_a_group_move_together_and_opacity_stays_in_the_browser(visit):
    page = visit("which=layers")
    ready(page, 2)
    first, second = page.locator(".eogen-map").nth(0), page.locator(".eogen-map").nth(1)
    assert first.evaluate(VIEW) == second.evaluate(VIEW)
    page.seen.sent.clear()
    first.get_by_role("button", name="Agrandir").click()
    page.wait_for_timeout(700)
    assert first.evaluate(VIEW) == second.evaluate(VIEW)
    assert second.evaluate("(r) => r.view.map.getZoom() > r.view.map.getMinZoom() + 0.4")
    slider = first.get_by_role("slider", name="Opacité")
    slider.focus()
    page.keyboard.press("Home")
    opacity = "(root) => getComputedStyle(root.view.map.getPane('top')).opacity"
    assert first.evaluate(opacity) == "0"
    assert second.evaluate(opacity) == "0.6"
    first.get_by_label("Fondre").check()
    assert (
        first.evaluate("(root) => getComputedStyle(root.view.map.getPane('top')).mixBlendMode") == "multiply"
    )
    first.get_by_label("Preuve 6").uncheck()
    assert first.locator("img.picture").nth(2).evaluate("e => getComputedStyle(e).opacity") == "0"
    page.wait_for_timeout(500)
    assert page.seen.sent == []
    page.seen.assert_clean()


def test_a_layer_click_says_which_map_and_which_pixel(visit):
    page = visit("which=layers", viewport={"width": 1366, "height": 1000})
    ready(page, 2)
    box = page.locator(".eogen-map .map").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] * (40.5 / 64), box["y"] + box["height"] * (20.5 / 64))
    assert await_result(page, lambda r: r["clicked"])["clicked"] == {"map": "b", "row": 20, "column": 40}


def test_the_pointer_is_shown_in_the_neighbour(visit):
    page = visit("which=layers", viewport={"width": 1366, "height": 1000})
    ready(page, 2)
    ghost = page.locator(".eogen-map .ghost").nth(1)
    assert ghost.get_attribute("hidden") is not None
    one, two = (page.locator(".eogen-map .map").nth(i).bounding_box() for i in (0, 1))
    page.mouse.move(one["x"] + 200, one["y"] + 150)
    mark = ghost.bounding_box()
    assert mark["x"] + mark["width"] / 2 - two["x"] == pytest.approx(200, abs=1.5)
    assert mark["y"] + mark["height"] / 2 - two["y"] == pytest.approx(150, abs=1.5)


def test_python_can_move_the_divider_and_reads_it_back(visit):
    page = visit()
    root = ready(page)
    page.get_by_role("button", name="left").click()
    await_result(page, lambda r: r["position"] == 0.1)
    assert root.locator(".divider").input_value() == "0.1"


def test_the_same_element_goes_from_earth_to_the_plane_and_back(visit):
    page = visit()
    root = ready(page)
    for crs, bars in (("L.CRS.Simple", 0), ("L.CRS.EPSG3857", 1)):
        page.get_by_role("button", name="elsewhere" if not bars else "noop").click()
        page.wait_for_timeout(500)
        ready(page)
        assert root.evaluate(f"({{ view }}) => {{ const L = view.L; return view.map.options.crs === {crs} }}")
        assert root.locator(".leaflet-control-scale-line").count() == bars
    page.seen.sent.clear()
    root.get_by_role("button", name="Agrandir").click()
    page.wait_for_timeout(500)
    assert root.evaluate("({ view }) => view.map.getZoom() - view.map.getMinZoom()") == pytest.approx(
        0.5, abs=0.01
    ), "one click, one step"
    page.seen.assert_clean()


def test_a_fitted_map_lets_the_page_scroll(visit):
    page = visit("which=plane", has_touch=True, viewport={"width": 390, "height": 844})
    root = ready(page)
    touch = "(root) => getComputedStyle(root.querySelector('.map')).touchAction"
    assert root.evaluate(touch) == "pan-y"
    root.get_by_role("button", name="Agrandir").click()
    page.wait_for_timeout(600)
    assert root.evaluate(touch) == "none"
    assert root.locator(".divider").evaluate("e => getComputedStyle(e).height") == "60px"


def test_less_motion_when_asked(visit):
    page = visit(reduced_motion="reduce")
    root = ready(page)
    assert root.evaluate("(root) => root.view.map.options.zoomAnimation") is False


@pytest.mark.parametrize("query", ["", "which=plane", "which=layers", "which=folium"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation(visit, query, scheme):
    page = visit(query, color_scheme=scheme)
    if query == "which=folium":
        page.frame_locator("iframe").locator(".leaflet-container").wait_for(timeout=LONG)
        settle(page)
        page.wait_for_timeout(500)
    else:
        ready(page)
    assert axe(page) == []
    shot(page, f"{query.removeprefix('which=') or 'geo'}_{scheme}")


def test_folium_draws_offline_and_says_what_was_chosen(visit):
    page = visit("which=folium")
    frame = page.frame_locator("iframe")
    frame.locator("img.leaflet-image-layer").wait_for(timeout=LONG)
    assert frame.locator("img.leaflet-image-layer").evaluate("e => e.naturalWidth") > 100
    frame.locator("path.leaflet-interactive").last.click()
    found = await_result(page, lambda r: r["properties"])
    assert found["properties"]["pixels"] > 0
    assert 45.3 < found["place"]["lat"] < 45.6
    page.seen.assert_clean()
