"""What a summary of a class says most, so that it can be said in one sentence: its months and its bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.landcover.bands import BANDS, GROUPS

#: Months that are named: at most this many, each at least this share of the first.
MONTHS, SHARE = 3, 0.5
#: One group of bands is named alone from this share of the named months on, two from the other.
ONE, TWO = 0.5, 0.65


@dataclass(frozen=True)
class Leading:
    """What stands out.

    Attributes:
        months: numbers of the months from 0, in the order of the year; empty where none stands out.
        groups: spectral groups that carry those months, the first the most; empty where none does, or where bands
            are not told apart.
        share: of the positive importance of the year that falls on the months, 0..1.
    """

    months: tuple[int, ...]
    groups: tuple[str, ...]
    share: float


def leading(summary: xr.Dataset, number: int) -> Leading:
    """Return what a class's importance says most.

    A month stands out whose interval lies above the mean of the months and above 0, and which has at least half of the
    importance of the first: a mean alone would name months by chance.

    Args:
        summary: of :func:`eogen.landcover.series.summaries.summary`.
        number: of the class.
    """
    one = summary.isel({"class": number})
    mean, low = one["month_mean"].values, one["month_low"].values
    positive = np.maximum(np.nan_to_num(mean), 0)
    if not positive.any():
        return Leading((), (), 0.0)
    stands = (low > max(float(np.nanmean(mean)), 0)) & (mean >= SHARE * np.nanmax(mean))
    first = np.argsort(-np.where(stands, mean, -np.inf), kind="stable")[:MONTHS]
    months = tuple(sorted(int(m) for m in first if stands[m]))
    share = float(positive[list(months)].sum() / positive.sum())
    return Leading(months, _groups(one, months), share)


def _groups(one: xr.Dataset, months: Sequence[int]) -> tuple[str, ...]:
    if "mean" not in one or not months:
        return ()
    cells = np.maximum(one["mean"].values[list(months)], 0)
    group = np.array([BANDS[str(b)].group for b in one["band"].values])
    weight = {name: float(cells[:, group == name].sum()) for name in GROUPS if (group == name).any()}
    total = sum(weight.values())
    ranked = sorted(weight, key=lambda name: -weight[name])
    for count, least in ((1, ONE), (2, TWO)):
        if total and len(ranked) > count and sum(weight[n] for n in ranked[:count]) >= least * total:
            return tuple(ranked[:count])
    return ()
