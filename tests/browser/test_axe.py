"""No serious or critical violation of axe on any page, in any language, view and theme, nor on any expert panel.

One server, one page of one visitor for all of them.
"""

from __future__ import annotations

import re

import pytest

from pages.kit.words import load
from tests.browser.harness import axe, lasting, settle, watch

pytestmark = pytest.mark.browser

PAGES = ("", "canopy", "ocean", "change", "rain", "landcover", "landcover?topic=season")
DESKS = ("results", "results?section=compare", "verdicts")
VISITS = [(path, view) for path in PAGES for view in ("public", "expert")] + [
    (desk, "expert") for desk in DESKS
]
#: Where panels are chosen -> the words of the choice, the parameter of the address, and the fewest panels there are.
#: The panels themselves are read from the page, so that a new one cannot be forgotten here. The opening one is in
#: VISITS, those of canopy are in test_canopy.py.
PANELS = {
    "ocean?side=48&members=2&proto_dates=4": ("ocean.tabs.label", "panel", 9),
    "change": ("change.tabs.label", "panel", 7),
    "rain": ("rain.tabs.label", "panel", 7),
    "landcover": ("landcover.panels.label", "panel", 7),
    "landcover?topic=season": ("landcover.series.tabs.label", "look_at", 8),
    "results": ("results.section", "section", 5),
}
#: What shows the world to somebody who does not see it: said of every picture.
PICTURES = """() => [...document.querySelectorAll('img, canvas, svg[role=img], [role=img], .js-plotly-plot')]
  .filter((e) => { const b = e.getBoundingClientRect(); return b.width > 40 && b.height > 40 })
  .filter((e) => e.getAttribute('role') !== 'presentation')
  .filter((e) => !e.querySelector('[role=grid]')) // a table drawn on a canvas holds itself as a table for readers
  .filter((e) => !e.closest('[aria-hidden=true], [role=img][aria-label], [role=figure][aria-label]'))
  .filter((e) => !(e.getAttribute('alt') ?? e.getAttribute('aria-label') ?? '').trim() && e.getAttribute('alt') !== '')
  .map((e) => e.outerHTML.slice(0, 160))"""
NAMED = """() => [...document.querySelectorAll('[alt], [role=img][aria-label], [role=figure][aria-label]')]
  .map((e) => e.getAttribute('alt') || e.getAttribute('aria-label') || '').filter(Boolean)"""
MOVING = """() => document.getAnimations().filter((a) => {
  const t = a.effect?.getComputedTiming?.() ?? {}
  return a.playState === 'running' && t.duration > 200 && (t.iterations === Infinity || t.duration > 1000)
}).map((a) => a.animationName ?? a.transitionProperty ?? 'script').concat(
  [...document.querySelectorAll('video[autoplay], marquee')].map((e) => e.tagName))"""


@pytest.fixture(scope="module")
def only_page(bare, browser):
    """One page of one visitor for all the rows of this file: a new one for each would cost two minutes."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="fr-FR", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.seen = watch(context, page)
    yield page, bare
    context.close()


def faults(page, scheme):
    """Return what is wrong in a theme."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_timeout(300)
    settle(page, 90)
    return axe(page) + lasting(page, lambda here: here.evaluate(PICTURES))


@pytest.mark.parametrize(("path", "view"), VISITS, ids=lambda part: part or "home")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_nobody_is_shut_out(only_page, path, lang, view):
    page, address = only_page
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{address}/{path}{'&' if '?' in path else '?'}lang={lang}&view={view}")
    page.locator("h1").first.wait_for()
    settle(page, 90)
    assert {scheme: faults(page, scheme) for scheme in ("light", "dark")} == {"light": [], "dark": []}
    assert page.evaluate("document.documentElement.lang") == lang
    names = "\n".join(page.evaluate(NAMED))
    assert not re.findall(r"(?im)\.(?:png|jpe?g|webp|svg|tif)$|^(?:image|picture|img|0|figure|chart)$", names)
    assert page.evaluate(MOVING) == [], "who asks for less motion gets it"


@pytest.mark.parametrize(("place", "path"), list(enumerate(PANELS)), ids=list(PANELS))
def test_nobody_is_shut_out_of_a_panel(only_page, place, path):
    """Each panel is scanned once, in one language and one theme: both change from row to row and from panel to panel.

    All four combinations of 37 panels would cost four minutes more. The languages differ in their words only, and the
    two themes are the same variables everywhere: a fault of contrast in one panel's own colours is what could slip
    through in the theme that was not its turn.
    """
    page, address = only_page
    label, name, least = PANELS[path]
    lang = ("fr", "en")[place % 2]
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{address}/{path}{'&' if '?' in path else '?'}lang={lang}&view=expert")
    panels = page.get_by_role("radiogroup", name=load(lang)(label), exact=True).get_by_role("radio")
    panels.first.wait_for()
    settle(page, 90)
    assert panels.count() >= least
    found = {}
    for k in range(1, panels.count()):
        before = page.url
        panels.nth(k).click()
        page.wait_for_url(lambda url, before=before: url != before)  # the server has heard of it and works
        settle(page, 120)
        scheme = ("light", "dark")[(place // 2 + k) % 2]
        if wrong := faults(page, scheme):
            found[page.url.partition(f"{name}=")[2].partition("&")[0], scheme] = wrong
    assert found == {}
