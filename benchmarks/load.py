"""How many visitors one process bears: ``python -m benchmarks.load [--quick] [--sessions 1 10 20 50] [--json FILE]``.

The app is started as ``make demo`` starts it, warm-up included. N sessions (websockets, no browser) share the ten
torch pages, the public and the expert view of the five rooms; each moves one widget every two seconds. A run's time is
from asking to the end of the script, as a visitor waits for it. ``--come-and-go`` opens and closes many sessions
instead and prints the memory after each hundred. The visitors run in a process of their own, at a lower priority than
the app where the machine allows it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine, stage, table
from benchmarks.visitors import Visitor, visit
from eogen.cli.serve import ENVIRONMENT
from tests.browser import harness

ROOMS = ("canopy", "ocean", "change", "rain", "landcover")
VIEWS = ("public", "expert")
#: What a visitor of each page does: keys of widgets that are tried in order; the language is on every page.
ACTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("canopy", "public"): ("leaves", "lang"),
    ("canopy", "expert"): ("layer", "lang"),
    ("ocean", "expert"): ("look", "lang"),
    ("change", "expert"): ("opacity", "lang"),
    ("rain", "expert"): ("curve", "lang"),
    ("landcover", "expert"): ("look", "lang"),
}
SESSIONS = (1, 10, 20, 50)
THINK = 2.0  #: seconds from one action of a visitor to the next
SETTLES = 26.0  #: seconds until freed memory has gone back to the system (pages.kit.upkeep)
LASTS = 24.0  #: seconds measured for each N
TARGET, MEMORY, MANY = 1000.0, 700.0, 500
#: MB by which the sessions after the first hundred may make the server grow: those fill the caches of both languages,
#: and Streamlit keeps a session for two minutes after its visitor has gone.
FLAT = 50.0


@dataclass
class Measured:
    """What N sessions saw."""

    sessions: int
    took: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    def milliseconds(self, view: str = "") -> list[float]:
        """Return the time of every run, of one view where it is named."""
        return [1e3 * t for (_, seen), ts in self.took.items() if not view or seen == view for t in ts]


def mix(views: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pages that sessions share, in turn."""
    return list(itertools.product(ROOMS, views))


async def one(
    url: str, page: str, view: str, ready: asyncio.Barrier, lasts: float, found: Measured, seed: int
) -> None:
    """Be one visitor: open the page, wait for the others, then act every two seconds."""
    chance = random.Random(seed)
    took = found.took.setdefault((page, view), [])
    async with Visitor(url, page, f"lang=fr&view={view}") as me:
        await me.open()
        keys = [key for key in ACTIONS.get((page, view), ("lang",)) if key in me.widgets]
        for key in keys:  # what a first time computes is the warm-up's, not this measurement's
            for turn in (1, 0):
                await me.act(key, turn)
        await ready.wait()
        end = time.monotonic() + lasts
        await asyncio.sleep(chance.uniform(0, THINK))
        for turn in itertools.count(1):
            began = time.monotonic()
            if began >= end:
                break
            took.append(await me.act(keys[turn % len(keys)], turn))
            await asyncio.sleep(max(0.0, THINK - (time.monotonic() - began)))
        found.failed += me.failed


async def crowd(
    server: harness.Server, sessions: int, pages: Sequence[tuple[str, str]], lasts: float
) -> Measured:
    """Let N visitors act at once; return what they saw."""
    found = Measured(sessions)
    ready = asyncio.Barrier(sessions + 1)
    async with asyncio.TaskGroup() as group:
        for number in range(sessions):
            page, view = pages[number % len(pages)]
            group.create_task(one(server.url, page, view, ready, lasts, found, number))
        await ready.wait()
        used, began = stage.cpu(server), time.monotonic()
    found.cpu, found.seconds = stage.cpu(server) - used, time.monotonic() - began
    return found


def rows(found: Measured, name: str) -> list[table.Row]:
    """Return what N sessions saw as lines of the table."""
    all_ = found.milliseconds()
    by_page = {f"{page} {view}": table.percentile(ts, 0.95) for (page, view), ts in found.took.items() if ts}
    slowest = sorted(by_page.items(), key=lambda pair: -pair[1])[:3]
    note = f"{len(all_) / found.seconds:.1f} runs a second of {1e3 * found.cpu / len(all_):.0f} ms processor each"
    note += "; slowest p95: "
    note += ", ".join(f"{page} {1e3 * value:.0f} ms" for page, value in slowest)
    note += f"; load average {machine.load()[0]}"
    if found.failed:
        note += f"; {len(found.failed)} ERRORS, the first: {found.failed[0][:120]}"
    return [table.Row(f"{name}, {found.sessions} sessions", "ms", tuple(all_), TARGET, "p95", note=note)]


def bear(server: harness.Server, sessions: Iterable[int], lasts: float) -> list[table.Row]:
    """Measure each number of sessions on the mixed pages, then on public pages alone."""
    done = []
    for name, views in (("public and expert pages", VIEWS), ("public pages", VIEWS[:1])):
        for n in sessions:
            done += rows(asyncio.run(crowd(server, n, mix(views), lasts)), name)
            print(table.text(done[-1:]).splitlines()[2], file=sys.stderr, flush=True)
    return done


def visited(server: harness.Server) -> table.Row:
    """Visit every page in both views; return the memory that is the server's alone."""
    for page, view in [("", "public"), *mix(VIEWS)]:
        visit(server.url, page, f"lang=fr&view={view}")
    time.sleep(SETTLES)
    stage.quiet(server)
    return table.Row(
        "memory with every page visited",
        "MB",
        (stage.uss(server),),
        MEMORY,
        "max",
        note=f"USS, both views, {SETTLES:.0f} s later; {stage.own(server):.0f} MB of it no file's",
    )


def come_and_go(server: harness.Server, many: int, step: int = 100) -> table.Row:
    """Open and close sessions one after the other, each on another page; return the memory after each ``step``."""
    pages = mix(VIEWS)
    visited(server)
    values = [stage.uss(server)]
    for number in range(1, many + 1):
        page, view = pages[number % len(pages)]
        visit(server.url, page, f"lang={('fr', 'en')[number % 2]}&view={view}")
        if number % step == 0:
            values.append(stage.uss(server))
            print(f"… {number} sessions: {values[-1]:.0f} MB", file=sys.stderr, flush=True)
    note = (
        " → ".join(f"{value:.0f}" for value in values) + f" MB over {many} sessions; {machine.load()[0]} load"
    )
    return table.Row(
        f"memory grown from session {step} to {many}",
        "MB",
        (values[-1] - values[min(1, len(values) - 1)],),
        FLAT,
        "max",
        note=note,
    )


def main(words: list[str] | None = None) -> int:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    asked.add_argument("--sessions", nargs="+", type=int, default=list(SESSIONS), metavar="N")
    asked.add_argument("--come-and-go", nargs="?", type=int, const=MANY, metavar="SESSIONS")
    asked.add_argument("--seconds", type=float, help=f"measured for each N (usually {LASTS:.0f})")
    asked.add_argument("--quick", action="store_true", help="short: a look, not a result")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    given = asked.parse_args(words)
    facts = machine.facts()
    print(machine.headline(facts), flush=True)
    lasts = given.seconds or (8.0 if given.quick else LASTS)
    with tempfile.TemporaryDirectory(prefix="eogen-load-") as folder:
        server = harness.start(stage.APP, Path(folder, "log"), environment=ENVIRONMENT | stage.data())
        try:
            visit(server.url, "", "lang=fr")
            stage.quiet(server, 120)
            found = [visited(server)]
            if given.come_and_go:
                found.append(come_and_go(server, given.come_and_go))
            else:
                found += bear(server, given.sessions, lasts)
                found.append(table.Row("memory afterwards", "MB", (stage.uss(server),)))
        finally:
            harness.stop(server)
    facts["load_after"] = machine.load()
    print(f"{table.text(found)}\n\nload average at the end: {facts['load_after'][0]}")
    if given.json:
        given.json.write_text(table.to_json(found, facts, []), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
