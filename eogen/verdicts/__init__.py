"""Who judged what: verdicts of people on what the machine shows."""

from eogen.verdicts.store import ANSWERS, Damaged, Loaded, Verdict, current, load, store

__all__ = ["ANSWERS", "Damaged", "Loaded", "Verdict", "current", "load", "store"]
