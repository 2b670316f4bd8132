"""No serious or critical violation of axe on any page, in any language, view and theme; one server, one page."""

from __future__ import annotations

import re

import pytest

from tests.browser.harness import axe, settle, watch

pytestmark = pytest.mark.browser

PAGES = ("", "canopy", "ocean", "change", "rain", "landcover", "landcover?topic=season")
DESKS = ("results", "results?section=compare", "verdicts")
VISITS = [(path, view) for path in PAGES for view in ("public", "expert")] + [
    (desk, "expert") for desk in DESKS
]
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
    """Return what axe finds in a theme once the page has come to rest: components are filled after the script's end."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for pause in (300, 700, 1500, 3000):
        page.wait_for_timeout(pause)
        settle(page, 90)
        if not (found := axe(page)):
            break
    return found


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
    assert page.evaluate(PICTURES) == [], "every picture says what it shows"
    names = "\n".join(page.evaluate(NAMED))
    assert not re.findall(r"(?im)\.(?:png|jpe?g|webp|svg|tif)$|^(?:image|picture|img|0|figure|chart)$", names)
    assert page.evaluate(MOVING) == [], "who asks for less motion gets it"
