"""Do explanations agree with each other? Rank correlation of their months, series by series."""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.landcover.sanity import Measured, rank_correlation


def agreement(importance: dict[str, np.ndarray]) -> xr.Dataset:
    """Return the mean Spearman correlation of every pair of explanations over the same series.

    Args:
        importance: by name, (n, month) or (n, month, band); the latter count with the sum over the bands, so that
            all rank the same months.

    Returns:
        over "one" and "other": ``rank_correlation``, -1..1 (0 where an explanation is constant), its standard error
        ``error`` over the series, and ``same_top``, the share of series whose most important month is the same.
    """
    by_month = {k: (v.sum(2) if np.ndim(v) == 3 else np.asarray(v)) for k, v in importance.items()}
    names = list(by_month)
    shape = (len(names), len(names))
    mean, error, same = np.ones(shape), np.zeros(shape), np.ones(shape)
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            pairs = list(zip(by_month[one], by_month[other], strict=True))
            found = Measured.of([rank_correlation(a, b) for a, b in pairs])
            mean[i, j] = mean[j, i] = found.value
            error[i, j] = error[j, i] = found.error
            same[i, j] = same[j, i] = np.mean([a.argmax() == b.argmax() for a, b in pairs])
    over = ("one", "other")
    return xr.Dataset(
        {
            "rank_correlation": (over, mean, {"units": "1", "long_name": "Spearman's rank correlation"}),
            "error": (over, error, {"units": "1", "long_name": "standard error over series"}),
            "same_top": (over, same, {"units": "1", "long_name": "share with the same first month"}),
        },
        coords={"one": names, "other": names},
        attrs={"n": len(next(iter(by_month.values()))) if names else 0},
    )
