"""How two dates are made comparable before they are compared: a choice that is shown, because it changes the winner."""

from __future__ import annotations

import numpy as np

#: ``none``: as they are. ``median``: each band's median removed from each date, one scale for both. ``zscore``: each
#: band of each date to median 0 and robust deviation 1. ``match``: the quantiles of each band of both dates are carried
#: to their mean (symmetric histogram matching).
NORMALISATIONS = ("none", "median", "zscore", "match")
_LEVELS = np.linspace(0, 100, 257)


def normalised(
    before: np.ndarray, after: np.ndarray, valid: np.ndarray, how: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return both dates (band, y, x) float32 normalised; 0 where not valid.

    All choices but ``none`` also divide each band by one robust deviation shared by both dates (``zscore``: by each
    date's own), so that bands weigh alike; ``none`` divides all bands by a single number, so that bands keep their
    relative contrast. Swapping the dates swaps the results.

    Raises:
        InputError: ``change_normalise``.
    """
    from eogen.errors import InputError

    if how not in NORMALISATIONS:
        raise InputError(
            "change_normalise", "There is no normalisation called {name}; there are: {known}.",
            name=how, known=", ".join(NORMALISATIONS),
        )  # fmt: skip
    one, two = np.array(before, np.float64), np.array(after, np.float64)
    scale = 1.0
    if how == "none":
        scale = np.median([deviation(d[:, valid]) for d in (one, two)]) or 1.0
    for k in range(len(one)) if how != "none" else ():
        a, b = one[k][valid], two[k][valid]
        if how == "match":
            low, high = np.percentile(a, _LEVELS), np.percentile(b, _LEVELS)
            mean = (low + high) / 2
            a, b = np.interp(a, low, mean), np.interp(b, high, mean)
        else:
            a, b = a - np.median(a), b - np.median(b)
        own, other = deviation(a), deviation(b)
        if how != "zscore":
            own = other = (own + other) / 2
        one[k][valid], two[k][valid] = a / (own or 1.0), b / (other or 1.0)
    return tuple(np.where(valid, d / scale, 0).astype(np.float32) for d in (one, two))


def deviation(values: np.ndarray) -> float:
    """Return a robust standard deviation; the plain one where most values are equal."""
    spread = 1.4826 * np.median(np.abs(values - np.median(values)))
    return float(spread if spread > 0 else values.std())
