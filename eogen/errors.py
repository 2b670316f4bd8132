"""The one family of errors a visitor may read.

Every error that can be caused by an input is an :class:`InputError`: an English sentence (what was given, what
was expected, what to do), a stable ``code`` and the ``facts`` in it, so that a page can say the same sentence
in another language (``errors.<code>`` in ``assets/words``).
"""

from __future__ import annotations

from typing import Any


class InputError(ValueError):
    """Something given by the user cannot be used.

    Args:
        code: stable snake_case name of the sentence, e.g. ``"band_count"``.
        sentence: the English sentence, with ``{name}`` places.
        **facts: what fills the places; numbers stay numbers so that a page can format them.

    >>> str(InputError("band_count", "The file has {found} bands; {expected} are needed.", found=4, expected=13))
    'The file has 4 bands; 13 are needed.'
    """

    def __init__(self, code: str, sentence: str, **facts: Any) -> None:
        super().__init__(sentence.format(**facts))
        self.code = code
        self.sentence = sentence
        self.facts = facts


class Unavailable(InputError):  # noqa: N818 - a state, not a fault
    """Something optional is not on this machine (weights, data, network): says which, and how to get it."""


class Cancelled(Exception):  # noqa: N818 - a request, not a fault
    """Raised inside a long task when its reader has asked to stop."""
