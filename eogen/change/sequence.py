"""Many dates of one place: how surprising is each date, given what was seen there before?

A pixel that looks like one of its last few selves is not new, though it may differ from the very last: a memory of k
dates keeps the least surprising of k comparisons (the idea of RaVAEn's scores: Ruzicka et al. 2022, there in a latent
space). What comes back every year is not new either: with ``seasonal`` a date is compared with the same season of
earlier years too. When it broke for good is in :mod:`eogen.change.breaks`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.change.methods import method, score
from eogen.change.stack import pair
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: Pixels two dates must share for their law to be known; days by which a season may be missed; dates looked back at
#: most, in memories (clouds).
SHARED, SEASON, REACH = 400, 45, 3
YEAR = 365.25
_DAY = np.timedelta64(1, "D")


def compare(images: xr.DataArray, one: int, two: int, name: str, **choices: object) -> np.ndarray | None:
    """Return the score (y, x) of a pair of dates of a stack; None when they share fewer than ``SHARED`` pixels.

    Args:
        choices: ``normalise``, ``smooth``, ``seed`` of :func:`eogen.change.methods.score`.
    """
    dates = pair(images, one, two)
    if dates.valid.values.all(0).sum() < SHARED:
        return None
    return score(dates, name, **choices).nll.values


def surprise(
    images: xr.DataArray,
    name: str = "gaussian_conditional",
    memory: int = 3,
    *,
    seasonal: bool = False,
    normalise: str | None = None,
    smooth: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return how unusual each date is, given its last ``memory`` dates.

    Args:
        images: a stack of two dates or more; each may have clouds of its own.
        name: of an estimator.
        memory: dates each pixel is compared with: the last ones on which it was seen, 1 or more.
        seasonal: compare also with the date of each earlier year that is nearest in season, if it is within 45 days.
        normalise, smooth, seed: of the estimator (:func:`eogen.change.methods.score`).
        progress: stage ``compare``; may raise ``Cancelled``.

    Returns:
        From the second date on: ``nll`` (time, y, x) the least over the comparisons, NaN where the pixel is not seen or
        was never seen before; ``against`` (time, y, x) int16 the number of the date it was like most, -1 for none;
        ``compared`` (time, y, x) int8; ``level`` (time) the mean of ``nll``; ``seen`` (time) the part of pixels judged.

    Raises:
        InputError: ``change_memory``; ``change_undated``; and those of the estimator.
    """
    if memory < 1:
        raise InputError(
            "change_memory", "A memory of {memory} dates was asked for; it has one or more.", memory=memory
        )
    dates, rows, columns = images.sizes["time"], images.sizes["y"], images.sizes["x"]
    earlier = same_season(images) if seasonal else [[] for _ in range(dates)]
    row = method(name)
    choices = {"normalise": normalise, "smooth": smooth, "seed": seed}
    shape = (dates - 1, rows, columns)
    least = np.full(shape, np.inf, np.float32)
    against, compared = np.full(shape, -1, np.int16), np.zeros(shape, np.int8)
    for t in range(1, dates):
        remembered = np.zeros((rows, columns), int)
        back = list(range(t - 1, max(-1, t - 1 - REACH * memory), -1))
        for other in back + [k for k in earlier[t] if k not in back]:
            wanted = images.valid.values[t] & ((remembered < memory) | (other in earlier[t]))
            if not (wanted & images.valid.values[other]).any():
                continue
            found = compare(images, other, t, name, **choices)
            if found is None:
                continue
            here = wanted & np.isfinite(found)
            remembered += here & (other in back)
            compared[t - 1] += here
            better = here & (found < least[t - 1])
            least[t - 1][better], against[t - 1][better] = found[better], other
        progress(t, dates - 1, "compare")
    nll = np.where(against >= 0, least, np.nan).astype(np.float32)
    judged = np.isfinite(nll)
    total = np.where(judged, nll, 0).sum((1, 2), dtype=np.float64)
    level = np.where(judged.any((1, 2)), total / np.maximum(judged.sum((1, 2)), 1), np.nan)
    coords = {k: v for k, v in images.coords.items() if set(v.dims) <= {"y", "x"}}
    about = {
        k: v
        for k, v in images.attrs.items()
        if k in ("kind", "dataset", "title", "licence", "source", "sensor")
    }
    about |= {
        "estimator": name,
        "paper": row.paper,
        "memory": memory,
        "seasonal": int(seasonal),
        "seed": seed,
    }
    return xr.Dataset(
        {
            "nll": (("time", "y", "x"), nll),
            "against": (("time", "y", "x"), against),
            "compared": (("time", "y", "x"), compared),
            "level": ("time", level),
            "seen": ("time", judged.mean((1, 2))),
        },
        coords | {"time": images.time.values[1:]},
        about,
    )


def same_season(images: xr.DataArray) -> list[list[int]]:
    """Return, for each date, the number of the date nearest in season in each earlier year, newest year first.

    Raises:
        InputError: ``change_undated``.
    """
    times = dated(images)
    found = []
    for t, time in enumerate(times):
        ago = (time - times[:t]) / _DAY
        chosen = []
        for years in range(1, int(ago.max() / YEAR + 0.5) + 1 if t else 1):
            missed = np.abs(ago - years * YEAR)
            if missed.min() <= SEASON:
                chosen.append(int(missed.argmin()))
        found.append(chosen)
    return found


def dated(images: xr.DataArray) -> np.ndarray:
    """Return the dates of a stack.

    Raises:
        InputError: ``change_undated``.
    """
    times = images.time.values
    if not np.issubdtype(times.dtype, np.datetime64):
        raise InputError(
            "change_undated",
            "The {found} images have no dates; seasons need them. Give the dates, or do without seasons.",
            found=len(times),
        )  # fmt: skip
    return times
