"""What the readers of series share: days in names, faults told in sentences, arrays and tables opened with care."""

from __future__ import annotations

import json
import re
import tokenize
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eogen.errors import InputError, Unavailable

#: What the libraries raise on damaged files (pyarrow's errors are ValueError, OSError or KeyError).
FAULTS = (OSError, ValueError, TypeError, LookupError, RuntimeError, AttributeError, EOFError, ArithmeticError,
          MemoryError, NotImplementedError, SyntaxError, SystemError, tokenize.TokenError,
          zipfile.BadZipFile)  # fmt: skip
#: Digital number of reflectance 1 (ESA PSD, QUANTIFICATION_VALUE), and the mark of "no data" of openEO's uint16.
QUANTIFICATION, NODATA = 10_000, 65_535
#: Most numbers decoded at once, about 800 MB as float32: guards against files that are not what they seem.
MOST = 200_000_000
#: Largest text file that is read for what it says (PASTIS's metadata has 20 MB).
MOST_TEXT = 200_000_000

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def day_in(name: str) -> np.datetime64 | None:
    """Return the first whole day in ``name`` (2020-01-13, 2020_01_13, 20200113T105421), or None.

    >>> day_in("Boadella_2020-01-13.tif")
    numpy.datetime64('2020-01-13')
    """
    for found in _DAY.finditer(name):
        try:
            return np.datetime64(date(int(found[1]), int(found[3]), int(found[4])), "D")
        except ValueError:  # 31 February
            continue
    return None


def days(values: Any, name: str) -> np.ndarray:
    """Return ``values`` (text or numbers such as 20180924) as datetime64[D].

    Raises:
        InputError: ``series_dates``.
    """
    try:
        text = pd.Series(values).astype(str).str.replace(r"\.0$", "", regex=True).str.strip()
        found = text.map(day_in)
        if not len(found) or found.isna().any():
            raise ValueError
        return np.array(found.to_list(), "datetime64[D]")
    except FAULTS as fault:
        raise InputError(
            "series_dates",
            "The dates of {name} cannot be read; each must be a day such as 2018-09-24 or 20180924.",
            name=name,
        ) from fault


def array(path: Path) -> np.ndarray:
    """Return a ``.npy`` array, not yet in memory; pickled objects are refused.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_large``.
    """
    present(path)
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
            raise ValueError("not an array of numbers")
    except FAULTS as fault:
        raise damaged(path.name, fault) from fault
    if found.size > MOST:
        raise large(path.name, found.size)
    return found


def table(path: Path, **how: Any) -> pd.DataFrame:
    """Return a CSV table.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``.
    """
    present(path)
    try:
        return pd.read_csv(path, **how)
    except FAULTS as fault:
        raise damaged(path.name, fault) from fault


def loaded(path: Path) -> Any:
    """Return what a JSON file says.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``.
    """
    present(path)
    try:
        if path.stat().st_size > MOST_TEXT:
            raise ValueError("too large")
        return json.loads(path.read_text(encoding="utf-8"))
    except (*FAULTS, RecursionError) as fault:
        raise damaged(path.name, fault) from fault


def present(path: Path) -> None:
    """Raise :class:`Unavailable` ``series_absent`` where there is no such file."""
    if not path.is_file():
        raise Unavailable(
            "series_absent",
            "{path} is not there; `{command}` says what lies where.",
            path=str(path),
            command="python -m eogen data --room landcover",
        )


def damaged(name: str, fault: BaseException) -> InputError:
    """Return the error for a file that cannot be read."""
    return InputError(
        "series_damaged",
        "{name} is damaged, cut short or not what its name says ({reason}); copy or download it again.",
        name=name,
        reason=type(fault).__name__,
    )


def lacking(name: str, missing: str) -> InputError:
    """Return the error for a file in which something is missing."""
    return InputError(
        "series_lacks",
        "{name} lacks {missing}; give the file as its provider made it.",
        name=name,
        missing=missing,
    )


def unlike(name: str, found: tuple[int, ...], expected: str) -> InputError:
    """Return the error for an array of a wrong shape."""
    return InputError(
        "series_file_shape",
        "{name} has the shape {found}; {expected} is expected beside the other files.",
        name=name,
        found=" × ".join(map(str, found)) or "0",
        expected=expected,
    )


def large(name: str, size: int) -> InputError:
    """Return the error for a file with too many numbers."""
    return InputError(
        "series_large",
        "{name} holds {millions} million values; at most {most} million are read at once. Cut out a part of it.",
        name=name,
        millions=round(size / 1e6),
        most=MOST // 1_000_000,
    )


def believable(values: np.ndarray) -> np.ndarray:
    """Return reflectance as float32: below -0.2, where correction went wrong, NaN; above 3, glint and cloud, cut."""
    with np.errstate(invalid="ignore"):
        return np.where(values < -0.2, np.nan, np.minimum(values, 3)).astype(np.float32)


def grouped(names: Any) -> np.ndarray:
    """Return (n,) int: the same number for the same name, in the order of the sorted names."""
    return np.unique(np.asarray(names).astype(str), return_inverse=True)[1].astype(np.int64)
