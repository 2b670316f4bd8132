"""Judging in Chromium, by keys and by thumb: the next case comes, and an answer is kept first."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest

from eogen.verdicts import campaigns, current, database, load, turns
from tests.browser.harness import ARTEFACTS, axe, settle
from tests.judged import PLAIN, SIDES

pytestmark = pytest.mark.browser

#: Listens for one key, and says in `took` how many milliseconds later another picture is on the left.
NEXT = """() => {
  const left = () => document.querySelectorAll('.eo-case img')[1]?.src ?? ''
  const before = left()
  globalThis.took = 0
  addEventListener('keydown', () => {
    const begun = performance.now()
    const look = () => {
      const now = left()
      if (now && now !== before) globalThis.took = performance.now() - begun
      else requestAnimationFrame(look)
    }
    look()
  }, { once: true, capture: true })
}"""


@pytest.fixture(scope="module")
def desk(serve, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of the app, and of its database."""
    where = f"sqlite:///{tmp_path_factory.mktemp('verdicts') / 'v.sqlite'}"
    yield serve("app.py", EOGEN_DB=where), where
    database.close()


@pytest.fixture
def visit(desk, open_page):
    def go(path, **options):
        page = open_page(desk[0] + path, **options)
        page.set_default_timeout(60_000)
        page.locator(".eo-case img").first.wait_for()
        settle(page)
        return page

    return go


def keys(page) -> None:
    """Wait until the answers listen to their keys: buttons are loaded late, and take theirs after they are drawn."""
    page.locator(".st-key-verdicts_first button").wait_for()
    page.evaluate("new Promise((done) => requestIdleCallback(() => done()))")


def answer(page, key) -> float:
    """Press ``key``; return the milliseconds until the next case is seen, as the browser counts them."""
    page.evaluate(NEXT)
    page.keyboard.press(key)
    return page.wait_for_function("globalThis.took").json_value()


def rest(page) -> None:
    """Wait until the case that is seen is the one that a key answers.

    Its picture comes a moment before its buttons; a key in that moment is one more for the case before, which has its
    answer and keeps it.
    """
    settle(page, 60)


def done(page) -> str:
    return page.locator("[data-testid=stProgress]").first.inner_text()


def test_from_key_to_next_case(desk, visit):
    made = campaigns.create("keys", SIDES, n=24, repeats=0, blind=True, database=desk[1])
    page = visit(f"/verdicts?lang=fr&view=expert&campaign={made.name}&reviewer=AB")
    keys(page)
    took = []
    for k in range(16):
        took.append(answer(page, "ArrowLeft" if k % 2 else "ArrowRight"))
        assert len(load(campaign=made.name, database=desk[1])) == k + 1, "kept before the next case was shown"
        rest(page)
    print(f"\nkey to next case: median {statistics.median(took):.0f} ms, most {max(took):.0f} ms")
    page.keyboard.press("u")
    page.get_by_text("17 sur 24").wait_for()
    rest(page)
    page.keyboard.press("z")
    page.get_by_text("16 sur 24").wait_for()
    rest(page)
    page.keyboard.press("n")
    field = page.locator(".st-key-verdicts_note input")
    field.wait_for()
    page.wait_for_function("document.activeElement?.closest('.st-key-verdicts_note') !== null")
    page.keyboard.type("un nuage")  # its letters are no keys: nothing is answered meanwhile
    page.keyboard.press("Enter")
    settle(page)
    assert "16 sur 24" in done(page)
    page.locator(".st-key-verdicts_first button").click()
    page.get_by_text("17 sur 24").wait_for()
    assert current(load(database=desk[1]))[-1].note == "un nuage"
    page.reload()
    page.get_by_text("17 sur 24").wait_for()
    page.seen.assert_clean()


def test_with_a_thumb(desk, visit):
    made = campaigns.create("thumb", PLAIN, n=10, repeats=0, database=desk[1])
    page = visit(
        f"/verdicts?lang=en&campaign={made.name}&reviewer=CD", viewport={"width": 390, "height": 844}, has_touch=True
    )  # fmt: skip
    for name in ("first", "second", "unsure", "skip"):
        box = page.locator(f".st-key-verdicts_{name} button").bounding_box()
        assert box["y"] + box["height"] <= 844, f"{name} is below the screen"
        assert min(box["width"], box["height"]) >= 44
    picture = page.locator(".eo-case img").first.bounding_box()
    assert (
        picture["y"] + picture["height"] < page.locator(".st-key-verdicts_first button").bounding_box()["y"]
    )
    page.locator(".st-key-verdicts_first button").tap()
    page.get_by_text("1 of 10").wait_for()
    settle(page)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / "verdicts_phone.png")
    assert axe(page) == []
    page.seen.assert_clean()


@pytest.mark.parametrize(
    ("panel", "lang", "scheme"), [("agreement", "fr", "dark"), ("machine", "en", "light")]
)
def test_what_people_said_shuts_nobody_out(desk, open_page, panel, lang, scheme):
    made = campaigns.create(f"said {panel}", PLAIN, n=12, repeats=0, database=desk[1])
    held = campaigns.cases(made.name, desk[1])
    for who in ("AB", "CD"):
        for k, turn in enumerate(turns.place(made, who, held, desk[1]).coming):
            answer = "change" if ((turn.held.case.score or 0) > 0.5) != (k == 3) else "no_change"
            turns.judge(made, who, turn, answer, seconds=2.0, database=desk[1])
    query = f"campaign={made.name}&reviewer=AB&panel={panel}"
    page = open_page(f"{desk[0]}/verdicts?lang={lang}&view=expert&{query}", color_scheme=scheme)
    page.set_default_timeout(60_000)
    page.locator("[data-testid=stPlotlyChart], [data-testid=stDataFrame]").first.wait_for()
    settle(page, 60)
    assert axe(page) == []
    page.seen.assert_clean()
