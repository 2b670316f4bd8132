"""Judging by keys: how soon the next case is seen."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.stage import Stage
from benchmarks.table import Row
from eogen.verdicts import campaigns, database
from tests.browser.harness import settle
from tests.browser.test_verdicts import answer, keys, rest
from tests.judged import SIDES

#: Milliseconds.
SOON = 300.0


def judging(stage: Stage) -> list[Row]:
    """Answer cases by the arrows; the answer is in the database before the next case is seen."""
    where = f"sqlite:///{stage.folder / 'judged.sqlite'}"
    n = stage.times(40, 12)
    try:
        made = campaigns.create("keys", SIDES, n=n + 1, repeats=0, blind=True, database=where)
        query = f"lang=fr&view=expert&campaign={made.name}&reviewer=AB"
        took = []
        with (
            stage.server(EOGEN_DB=where, EOGEN_WARMUP="0") as server,
            stage.visit(f"{server.url}/verdicts?{query}") as page,
        ):
            page.locator(".eo-case img").first.wait_for()
            settle(page, 60)
            keys(page)
            for k in range(n):
                took.append(answer(page, "ArrowLeft" if k % 2 else "ArrowRight"))
                rest(page)
    finally:
        database.close()
    return [Row("verdicts: key to next case", "ms", tuple(took), SOON, note="from keydown to its picture")]


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"judging": judging}
