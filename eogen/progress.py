"""How long work says where it is, and how its reader stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Progress(Protocol):
    """Called as ``progress(done, total, what)`` between steps of a task.

    ``what`` is a short stable snake_case name of the stage (a page translates it), never a sentence. The callee
    may raise :class:`eogen.errors.Cancelled`; a task must then leave nothing half-written behind.
    """

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Report ``done`` of ``total`` steps of stage ``what``."""


def silent(done: int, total: int, what: str = "") -> None:
    """Report to nobody: the default of every long task."""


def sketch(progress: Progress, field: np.ndarray) -> None:
    """Hand what the work believes so far to a reader that looks (one with a method ``look``); others see nothing."""
    look = getattr(progress, "look", None)
    if look is not None:
        look(field)


def staged(progress: Progress, what: str) -> Progress:
    """Return a progress that reports every step as stage ``what`` and hands on no sketch: for steps of other work."""
    return lambda done, total, _what="": progress(done, total, what)
