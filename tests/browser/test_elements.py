"""Elements and their clean-ups, alone on an empty page and called as Streamlit 1.67 calls them.

Streamlit fetches an element's module anew for each change of data. A call that a newer change overtakes meanwhile is
still made, and its clean-up is run at once: just before the newer call or just after it, on the same root. Only the
last call's clean-up is kept, for unmount. So whatever the order, the newest call must stand.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eogen.raster import overlay
from pages.kit import idle
from pages.kit.maps import layers, leaflet, swipe, view
from pages.kit.stand import attract, screen, tour
from pages.parts.ocean import flipbook
from pages.parts.rain import sky

pytestmark = pytest.mark.browser

HOME = "http://127.0.0.1:9/"  # nobody listens there: every answer is given below
LINGER = "new Promise((ok) => setTimeout(ok, 1100))"  # a clean-up waits for 1 s: see view.js


def source(module, name):
    return Path(module.__file__).with_name(name).read_text("utf-8")


ELEMENTS = {
    "swipe": (f"<style>{view.CSS}</style>{swipe._HTML}", view.script("swipe.js")),
    "layers": (f"<style>{view.CSS}</style>{layers._HTML}", view.script("layers.js")),
    "sky": (sky._HTML, source(sky, "sky.js")),
    "flipbook": (flipbook._HTML, source(flipbook, "flipbook.js")),
    "attract": (attract._HTML, source(attract, "attract.js")),
    "tour": (tour._HTML, source(tour, "tour.js")),
    "screen": ("", screen._SCRIPT),
    "idle": ("", source(idle, "idle.js")),
}


@pytest.fixture
def stage(browser):
    """Return a function (name of an element) -> a page whose ``call(data)`` calls it and ``sent`` is what it said."""
    context = browser.new_context(viewport={"width": 800, "height": 600})
    faults = []

    def answer(route):
        name = route.request.url.rsplit("/", 1)[1]
        if name:
            return route.fulfill(path=Path(leaflet.FOLDER) / name)
        return route.fulfill(
            body="<!doctype html><div class=stApp><div class=host></div></div>", content_type="text/html"
        )

    def open_element(name):
        html, script = ELEMENTS[name]
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.route("**/*", answer)
        page.goto(HOME)
        page.evaluate(
            """async ([html, script]) => {
              globalThis.host = document.querySelector(".host")
              host.innerHTML = html
              globalThis.sent = []
              const say = (...what) => sent.push(what)
              const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }))
              const element = (await import(url)).default
              globalThis.call = (data) =>
                element({ data, parentElement: host, setStateValue: say, setTriggerValue: say })
            }""",
            [html, script],
        )
        return page

    yield open_element
    context.close()
    assert faults == []


def scene(name, *, geographic=False):
    """The data of a map, as its Python side would send it."""
    picture = overlay(np.full((24, 36, 3), 90, np.uint8))
    labels = {word: word for word in (*view.WORDS, "before", "after", "bar", "opacity", "title")} | {
        "lang": "fr"
    }
    data = view.scene(
        picture, labels=labels, words=(), height=300, marker=None, rectangle=None, pixelated=None, outline=None,
        clickable=True,
    )  # fmt: skip
    if geographic:
        data |= {
            "geographic": True,
            "bounds": [[45.0, 5.0], [45.2, 5.3]],
            "inner": [[45.0, 5.0], [45.2, 5.3]],
        }
    more = {
        "swipe": {"before": picture.url, "after": picture.url, "position": 0.5},
        "layers": {
            "image": picture.url, "opacity": 0.6, "group": None, "blend": False,
            "layers": [{"url": picture.url, "label": word} for word in ("one", "two")],
        },
    }  # fmt: skip
    return data | more[name]


MAPS = pytest.mark.parametrize("name", ["swipe", "layers"])
OPEN = "() => Boolean(host.querySelector('.eogen-map[data-ready=yes] .leaflet-map-pane img.picture'))"
BARE = """() => {
  const root = host.querySelector('.eogen-map')
  return !root.view && !('ready' in root.dataset) && !root.querySelector('link') && !root.querySelector('.leaflet-pane')
}"""


@MAPS
@pytest.mark.parametrize("order", ["after", "before"])
def test_a_map_outlives_the_clean_up_of_an_overtaken_call(stage, name, order):
    page, data = stage(name), scene(name)
    page.evaluate("(data) => { call(data) }", data)
    page.wait_for_function(OPEN)
    kept = page.evaluate(
        f"""async ([data, order]) => {{
          const root = host.querySelector('.eogen-map'), before = root.view
          before.map.setZoom(before.map.getMinZoom() + 2, {{ animate: false }})
          const overtaken = call(data)
          if (order === "before") overtaken()
          call({{ ...data, height: 200 }})
          if (order === "after") overtaken()
          await {LINGER}
          return [root.view === before, before.map.getZoom() - before.map.getMinZoom(), before.scene.height]
        }}""",
        [data, order],
    )
    assert kept == [True, pytest.approx(2), 200], (
        "the same view, where the visitor had moved it, with the new data"
    )
    assert page.evaluate(OPEN)


@MAPS
def test_a_map_that_was_closed_says_so_and_opens_again_on_its_root(stage, name):
    page, data = stage(name), scene(name)
    page.evaluate("(data) => { globalThis.end = call(data) }", data)
    page.wait_for_function(OPEN)
    page.evaluate("() => { host.remove(); end() }")
    assert page.evaluate(BARE), "unmounted: closed at once"
    page.evaluate("(data) => { document.body.append(host); globalThis.end = call(data) }", data)
    page.wait_for_function(OPEN)
    if name == "layers":
        page.locator(".choices input").first.uncheck()
        assert page.locator(".choices input").count() == 2
        assert page.get_by_alt_text("one").evaluate("e => e.style.opacity") == "0"
    page.evaluate("() => end()")
    page.wait_for_function(BARE)


@MAPS
def test_a_map_closed_before_leaflet_has_come_opens_once(stage, name):
    page, data = stage(name), scene(name)
    page.evaluate(
        """(data) => {
          const first = call(data)
          host.remove(); first()
          document.body.append(host)
          call(data)
        }""",
        data,
    )
    page.wait_for_function(OPEN)
    assert page.locator(".eogen-map link").count() == 1
    page = stage(name)
    page.evaluate(
        "(data) => { const only = call(data); host.remove(); only(); document.body.append(host) }", data
    )
    page.evaluate(f"() => {LINGER}")
    assert page.evaluate(BARE)


@MAPS
def test_a_map_whose_plane_changes_before_leaflet_has_come_has_the_newer_one(stage, name):
    page = stage(name)
    page.evaluate("(both) => both.map(call) && null", [scene(name), scene(name, geographic=True)])
    page.wait_for_function(OPEN)
    assert page.evaluate("() => host.querySelector('.eogen-map').view.map.options.crs.code") == "EPSG:3857"
    assert page.locator(".eogen-map link").count() == 1


def day():
    """A day of six hours with one map and one satellite."""
    hours = 6
    return {
        "token": "day", "lang": "fr", "labels": {word: word for word in sky.WORDS}, "count": hours,
        "clock": [f"{k} h" for k in range(hours)], "said": [["dit"]] * hours, "swaths": [[]] * hours, "land": "M0 0",
        "places": [], "shape": 1.0, "columns": 3, "at": 0, "heard": 0, "off": [], "ticks": [], "most": None,
        "wide": False, "hint": "", "note": None,
        "maps": [
            {"title": "t", "swaths": False, "places": False, "skins": [{"label": "s", "url": "data:,", "legend": ""}]}
        ],
        "rows": [{"name": "GPM", "label": "GPM", "about": "", "passes": []}],
    }  # fmt: skip


@pytest.mark.parametrize("order", ["after", "before"])
def test_the_rain_film_and_the_hour_outlive_the_clean_up_of_an_overtaken_call(stage, order):
    page = stage("sky")
    overtake = """const old = call(data)
      if (order === 'before') old()
      const last = call(data)
      if (order === 'after') old()"""
    told = page.evaluate(
        f"""async ([data, order]) => {{
          call(data)
          const hour = host.querySelector('.hour')
          hour.value = 2; hour.dispatchEvent(new Event('input'))
          {overtake}
          await {LINGER}
          host.querySelector('.play').click()
          await (async () => {{ {overtake}; globalThis.end = last }})()
          await {LINGER}
          return [sent.map(([name, what]) => [name, what.at]), host.querySelector('.play').textContent]
        }}""",
        [day(), order],
    )
    assert told == [[["asked", 2]], "pause"], "the hour was told, the film goes on"
    page.wait_for_function("host.querySelector('.sky').dataset.at > 3")
    stands = page.evaluate(
        f"""async () => {{
          end()
          await {LINGER}
          const at = () => host.querySelector('.sky').dataset.at, before = at()
          await {LINGER}
          return at() === before
        }}"""
    )
    assert stands


def test_a_film_of_pictures_leaves_no_timer_behind(stage):
    page = stage("flipbook")
    data = {
        "frames": [{"url": f"data:,{k}", "label": f"{k}"} for k in range(5)],
        "ratio": "1.5", "period": 30, "labels": {word: word for word in ("play", "pause", "at")},
    }  # fmt: skip
    assert page.evaluate(
        """async (data) => {
          const turning = async () => {
            const at = () => host.querySelector('.at').value, before = at()
            let moved = false
            for (let k = 0; k < 10; k++) { await new Promise((ok) => setTimeout(ok, 35)); moved ||= at() !== before }
            return moved
          }
          const play = host.querySelector('.play'), seen = {}
          call(data); play.click()
          seen.plays = await turning()
          const old = call(data)
          seen.newData = await turning()
          const last = call(data); play.click()
          old()
          seen.overtaken = [await turning(), play.textContent]
          last()
          seen.unmounted = [await turning(), play.textContent]
          return seen
        }""",
        data,
    ) == {"plays": True, "newData": False, "overtaken": [True, "pause"], "unmounted": [False, "play"]}


def test_the_attract_loop_stays_until_the_last_call_is_cleaned_up(stage):
    page = stage("attract")
    data = {"doors": [], "touch": "t", "after": 0.05, "turn": 1}
    page.evaluate("(data) => { globalThis.old = call(data); globalThis.last = call(data) }", data)
    page.locator(".attract").wait_for()
    page.evaluate("old()")
    assert page.locator(".attract").is_visible()
    page.evaluate("last()")
    assert not page.locator(".attract").is_visible()


def test_the_tour_and_the_idle_clock_outlive_an_overtaken_call_and_end_with_the_last(stage):
    words = ("name", "pause", "go_on", "next", "stop", "say", "count")
    bar = {"step": 1, "room": "rain", "rooms": ["a", "b"], "seconds": 0.3, "words": {w: w for w in words}}
    clock = {"lang": "fr", "seconds": 0.3, "home": False, "resets": 0}
    for name, data, said in (("tour", bar, "go"), ("idle", clock, "idle")):
        page = stage(name)
        page.evaluate("(data) => { const old = call(data); globalThis.last = call(data); old() }", data)
        page.wait_for_function("sent.length")
        assert [what for what, _ in page.evaluate("sent")] == [said]
        page = stage(name)
        page.evaluate("(data) => { call(data); call(data)() }", data)
        page.evaluate(f"() => {LINGER}")
        assert page.evaluate("sent") == [], name


def test_the_stand_stays_barred_until_the_last_call_is_cleaned_up(stage):
    page = stage("screen")
    told = page.evaluate(
        """() => {
          const native = window.open
          const barred = () => [
            document.documentElement.classList.contains("eo-stand"), window.open !== native,
            !document.body.dispatchEvent(new Event("contextmenu", { bubbles: true, cancelable: true })),
            host.shadowRoot.adoptedStyleSheets.length,
          ]
          host.attachShadow({ mode: "open" })
          const old = call(null), last = call(null)
          old()
          const during = barred()
          last(); last()
          return [during, barred()]
        }"""
    )
    assert json.dumps(told) == "[[true, true, true, 1], [false, false, false, 0]]"
