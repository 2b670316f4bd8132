"""The date in a file's name."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

#: Year, month and day, with or without the same mark between them, not inside a longer number. A time may follow.
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def date_in(name: str) -> np.datetime64 | None:
    """Return the first whole date in ``name`` (2020-01-13, 2020_01_13, 20200113, 20200113T105421), or None.

    Names of Sentinel products hold several; the first is that of the image, the others are of its processing.

    >>> date_in("Boadella_2020-01-13.tif")
    numpy.datetime64('2020-01-13','ns')
    """
    for found in _DATE.finditer(name):
        try:
            day = date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:  # 31 February
            continue
        return np.datetime64(day, "ns")
    return None
