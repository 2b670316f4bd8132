"""Text tables of the archives -> pandas, with a sentence for each way they can be wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eogen.errors import InputError, Unavailable


def read_table(path: Path, needed: Iterable[str] = (), **how: Any) -> pd.DataFrame:
    """Return the table in ``path``, its column names stripped of blanks.

    Args:
        path: a CSV file, gzip-ed if its name ends in .gz.
        needed: columns it must have.
        **how: passed on to :func:`pandas.read_csv`.

    Raises:
        InputError: ``canopy_table``.
    """
    try:
        table = pd.read_csv(path, low_memory=False, **how)
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as fault:
        raise unusable(path.name, f"{type(fault).__name__}: {fault}".splitlines()[0]) from fault
    table.columns = [str(column).strip() for column in table.columns]
    if missing := [column for column in needed if column not in table]:
        raise unusable(path.name, "without the columns " + ", ".join(missing))
    return table


def numbers(table: pd.DataFrame, columns: Iterable[str]) -> np.ndarray:
    """Return columns as float64 (row, column); what is not a number, and a column that is not there, is NaN."""
    gap = pd.Series(np.nan, index=table.index)
    return np.array([_numeric(table.get(column, gap)) for column in columns], dtype=float).T


def _numeric(column: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:  # a whole number of hundreds of digits is no measurement
        small = column.map(lambda value: not isinstance(value, int) or abs(value) < 10**300)
        return pd.to_numeric(column.where(small.astype(bool)), errors="coerce")


def texts(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as strings, "" where it is empty or not there."""
    if column not in table:
        return np.full(len(table), "", dtype=str)
    return table[column].astype("string").fillna("").str.strip().to_numpy(dtype=str)


def days(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of dates (ISO 8601) as datetime64[ns] of midnight, NaT where there is none ("April")."""
    if column not in table:
        return np.full(len(table), np.datetime64("NaT", "ns"))
    dates = pd.to_datetime(table[column].astype("string"), format="ISO8601", errors="coerce")
    return dates.dt.normalize().to_numpy().astype("datetime64[ns]")


def unusable(name: str, reason: str) -> InputError:
    """Return the error for a table that is not what its name says."""
    return InputError(
        "canopy_table",
        "{name} cannot be used: {reason}. Fetch it again, or check that it has the layout of the catalogue.",
        name=name,
        reason=reason,
    )


def absent(folder: Path, pattern: str, entry: str) -> Unavailable:
    """Return the error for a set of which no file is here."""
    return Unavailable(
        "canopy_absent",
        "{folder} holds no file {pattern}; this command brings them: {command}",
        folder=str(folder),
        pattern=pattern,
        command=f"python -m eogen fetch {entry}",
    )
