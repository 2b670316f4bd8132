"""What every place where a file can be dropped shares."""

from __future__ import annotations

from eogen.errors import InputError
from eogen.readonly import refuse_if_read_only
from pages.kit import errors
from pages.kit.words import Words


def refused(words: Words) -> bool:
    """Say that nothing can be given here, where that is so, and return whether it is."""
    try:
        refuse_if_read_only("upload")
    except InputError as error:
        errors.show(error, words)
        return True
    return False
