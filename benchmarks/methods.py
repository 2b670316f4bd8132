"""Time and memory of every method of every room: ``python -m benchmarks.methods [ROOM…] [--quick] [--json FILE]``.

The methods are those of each room's registry; each answers the question its page asks first, on simulated data, one
thread. A first call, which imports and loads weights, is not counted, unless it takes so long that it stays the only
one. Memory is how far the process grew at its peak beyond what it held before, with the weights and libraries that
nothing had loaded yet. The explanations of the landcover room have a benchmark of their own (``explanations``), with
their faithfulness beside.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from benchmarks import machine, table
from benchmarks.stage import Stage
from eogen.errors import InputError
from pages.kit.upkeep import give_back

#: Seconds for a room: methods whose turn comes later are said to be left out. ``quick``: a look.
BUDGET, QUICK = 110.0, 12.0
#: A first call that takes longer is not repeated.
LONG = 5.0

Tasks = Iterator[tuple[str, Callable[[], object]]]


def canopy() -> Tasks:
    """2,000 draws of the posterior of one pixel, by family."""
    from eogen.canopy import models
    from eogen.canopy.dataset import pixels
    from eogen.canopy.methods import FAMILIES
    from eogen.canopy.observation import observe
    from eogen.canopy.territory import territory

    seen = observe(pixels(territory(1)))[:1]
    loaded = {}

    def run(name: str) -> object:
        of = FAMILIES[name].proposal or name
        if of not in loaded:
            loaded[of] = models.load(of)[0]
        with torch.inference_mode():
            return models.posterior(name, loaded[of], seen).sample(2000, torch.Generator().manual_seed(0))

    for name in FAMILIES:
        yield name, lambda name=name: run(name)


def ocean() -> Tasks:
    """One frame of 96 × 96 of a sea of 24 frames, by method."""
    from eogen.ocean.methods import METHODS, fill
    from eogen.ocean.simulate import ocean as sea

    made = sea(0)
    for name in METHODS:
        yield name, lambda name=name: fill(made.observed, name, [12], drivers=made.drivers)


def change() -> Tasks:
    """A pair of 128 × 128 in six bands, by estimator."""
    from eogen.change.methods import METHODS, score, unavailable
    from eogen.change.simulate import simulate

    pair = simulate("building", seed=1, size=128)

    def run(name: str) -> object:
        if why := unavailable(METHODS[name], pair):
            raise InputError("absent", "{why}", why=why)
        return score(pair, name)

    for name in METHODS:
        yield name, lambda name=name: run(name)


def rain() -> Tasks:
    """The score of two maps of 80 × 80 without radar, by method."""
    from eogen.rain.judge import judge
    from eogen.rain.methods import METHODS
    from eogen.rain.simulate import simulate

    maps = simulate(31000, 4).isel(time=slice(0, 2))
    for name in METHODS:
        yield name, lambda name=name: judge(maps, name)


ROOMS: dict[str, Callable[[], Tasks]] = {"canopy": canopy, "ocean": ocean, "change": change, "rain": rain}


def held(field: str) -> float:
    """Return ``VmRSS`` (held now) or ``VmHWM`` (at the peak) of this process in MB; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:")), 0.0)


def measured(run: Callable[[], object], repeats: int) -> tuple[list[float], float, bool]:
    """Return seconds of the calls, MB that the process grew by at its peak, and whether the first one is among them."""
    give_back()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted anew
    before = held("VmRSS")
    began = time.perf_counter()
    run()
    values = [time.perf_counter() - began]
    only = values[0] > LONG
    if not only:
        values.clear()
        for _ in range(repeats):
            began = time.perf_counter()
            run()
            values.append(time.perf_counter() - began)
    return values, max(0.0, held("VmHWM") - before), only


def of_room(room: str, quick: bool, absent: list[str]) -> list[table.Row]:
    """Measure the methods of one room within its budget; what was not measured is added to ``absent``, with why."""
    end = time.monotonic() + (QUICK if quick else BUDGET)
    found, late = [], []
    for name, run in ROOMS[room]():
        if time.monotonic() > end:
            late.append(name)
            continue
        try:
            values, grown, only = measured(run, 1 if quick else 3)
        except InputError as reason:  # weights, or a model that the user brings
            absent.append(f"{room}: {name}: {reason}")
            continue
        note = f"{grown:.0f} MB at its peak" + (
            "; the first call, weights and imports included" if only else ""
        )
        found.append(table.Row(f"{room}: {name}", "s", tuple(values), note=note))
    if late:
        absent.append(f"{room}: the time was over before {', '.join(late)}")
    return found


def methods(
    stage: Stage | None = None, rooms: tuple[str, ...] = tuple(ROOMS), quick: bool = False
) -> list[table.Row]:
    """Return the methods of the rooms."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    absent: list[str] = [] if stage is None else stage.absent
    try:
        done = [
            row for room in rooms for row in of_room(room, quick if stage is None else stage.quick, absent)
        ]
    finally:
        torch.set_num_threads(threads)
    if stage is None:
        for sentence in absent:
            print(f"not measured: {sentence}")
    return done


GROUPS: dict[str, Callable[[Stage], list[table.Row]]] = {"methods": methods}

if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m benchmarks.methods", description=__doc__)
    asked.add_argument("rooms", nargs="*", choices=[*ROOMS, []], metavar="ROOM")
    asked.add_argument("--quick", action="store_true", help="once each: a look, not a result")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    given = asked.parse_args()
    facts = machine.facts()
    print(machine.headline(facts), flush=True)
    rows_found = methods(rooms=tuple(given.rooms) or tuple(ROOMS), quick=given.quick)
    print(table.text(rows_found))
    if given.json:
        given.json.write_text(table.to_json(rows_found, facts, []), encoding="utf-8")
    sys.exit(0)
