"""Who judged what: verdicts that are only ever added, on the disk before the next case is shown."""

from eogen.verdicts.record import ANSWERS, Damaged, Loaded, Verdict, current, read_lines, to_lines
from eogen.verdicts.store import add, load, store

__all__ = [
    "ANSWERS",
    "Damaged",
    "Loaded",
    "Verdict",
    "add",
    "current",
    "load",
    "read_lines",
    "store",
    "to_lines",
]
