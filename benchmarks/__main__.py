"""Measure and print: ``python -m benchmarks [--only NAME…] [--json FILE] [--quick]``."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    explanations,
    inpaint,
    judging,
    likelihoods,
    machine,
    memory,
    methods,
    opening,
    prosail,
    rain,
    rerun,
    swipe,
    table,
)
from benchmarks.stage import Stage
from tests.browser import harness

log = logging.getLogger(__name__)

#: No group is begun after so many minutes, unless it was asked for; as many with ``--quick``.
MINUTES = (11, 2)
#: In the order they are run: what is asked most first, the largest last.
GROUPS: dict[str, Callable[[Stage], list[table.Row]]] = {
    **opening.GROUPS,
    **rerun.GROUPS,
    **memory.GROUPS,
    **swipe.GROUPS,
    **judging.GROUPS,
    **explanations.GROUPS,
    **prosail.GROUPS,
    **methods.GROUPS,
    **likelihoods.GROUPS,
    **rain.GROUPS,
    **inpaint.GROUPS,
}


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    found.add_argument(
        "--only", nargs="+", choices=list(GROUPS), metavar="NAME", help=f"of {', '.join(GROUPS)}"
    )
    found.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    found.add_argument("--quick", action="store_true", help="few repeats: a look, not a result")
    return found


def main(words: list[str] | None = None) -> int:
    """Run the groups asked for; return 1 where one of them failed."""
    asked = parser().parse_args(words)
    facts = machine.facts()
    print(machine.headline(facts), flush=True)
    rows: list[table.Row] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="eogen-bench-") as folder, harness.engine() as browser:
        stage = Stage(browser, Path(folder), asked.quick)
        end = time.perf_counter() + 60 * (MINUTES[1] if asked.quick else MINUTES[0])
        for name in asked.only or GROUPS:
            if time.perf_counter() > end and not asked.only:
                stage.absent.append(f"{name}: the time was over; python -m benchmarks --only {name}")
                continue
            began = time.perf_counter()
            try:
                rows += GROUPS[name](stage)
            except Exception as error:  # the other groups' figures must not be lost with it
                log.exception("%s failed", name)
                failed.append(name)
                stage.absent.append(f"{name}: it failed ({type(error).__name__}; see above)")
            print(f"… {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    if stage.visits:
        note = f"in {stage.visits} visits; {', '.join(sorted(set(stage.external))) or 'only 127.0.0.1 was asked'}"
        rows.append(table.Row("external requests", "", (len(stage.external),), 0, "max", note=note))
    facts["load_after"] = list(machine.load())
    print(f"\n{table.text(rows)}\n\nload average at the end: {facts['load_after'][0]}")
    for sentence in stage.absent:
        print(f"not measured: {sentence}")
    if asked.json:
        asked.json.write_text(table.to_json(rows, facts, stage.absent), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
