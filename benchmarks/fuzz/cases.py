"""Which file is number N: the well-made ones unchanged, then the hostile ones, then mutations without end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.fuzz import hostile, mutate
from benchmarks.fuzz.seeds import Files, all_seeds

#: Names under which files come now and then.
NAMES = ("../../../etc/cron.d/x", "a" * 300 + ".tif", "{name}.nc", "<img src=x onerror=alert(1)>.tif", "a\nb.tif",
         "", "/vsicurl/http://127.0.0.1:9/a.tif", "con.nc",
         "é\u202e.csv", "2020-99-99.tif", ".zip", "x.CSV", "x.zip")  # fmt: skip
#: Numbers -1, -2, …: what the suite has to notice (see its own test).
TRAPS = ("raises", "mute", "writes", "asks", "leaves", "eats", "dies", "hangs")
#: Readers that go by names on disk; the others get odd names too.
_BY_NAME = ("series", "weights", "checkpoint", "results", "verdicts", "archive", "canopy_points")


@dataclass(frozen=True)
class Case:
    """One case: what is opened by whom, and whether it must not be accepted."""

    reader: str
    files: Files
    label: str
    refuse: bool = False


class Cases:
    """Number -> case, the same for the same seed."""

    def __init__(self, seed: int, bait: str, secret: Path) -> None:
        self.seed, self.bait, self.secret = seed, bait, secret
        self.seeds = [(reader, files) for reader, sets in all_seeds().items() for files in sets]

    @cached_property
    def attacks(self) -> list[hostile.Attack]:
        """The hostile files, made when the first of them is asked for."""
        return hostile.all_attacks(self.bait, self.secret)

    def firsts(self) -> list[int]:
        """Return the numbers of the well-made files."""
        return list(range(len(self.seeds)))

    def __getitem__(self, number: int) -> Case:
        if number < 0:
            return Case("trap", ((TRAPS[-number - 1], b""),), "trap")
        if number < len(self.seeds):
            reader, files = self.seeds[number]
            return Case(reader, files, f"well made: {files[0][0]}")
        if number < len(self.seeds) + len(self.attacks):
            label, reader, files, refuse = self.attacks[number - len(self.seeds)]
            return Case(reader, files, label, refuse)
        rng = np.random.default_rng([self.seed, number])
        reader, files = self.seeds[int(rng.integers(len(self.seeds)))]
        at = int(rng.integers(len(files)))
        changed = list(files)
        name, data = changed[at]
        changed[at] = (name, mutate.one(data, rng, name))
        if reader not in _BY_NAME and rng.random() < 0.1:
            changed[at] = (NAMES[int(rng.integers(len(NAMES)))], changed[at][1])
        return Case(reader, tuple(changed), f"mutated: {name}")
