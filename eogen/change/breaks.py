"""When a place broke for good: unlike what it was before, like itself since.

The scores of all pairs of dates are distances; a break splits the dates in two such that pairs across it are far and
pairs on either side are near. For each split the energy statistic of Matteson & James (2014),
``m n / (m + n) (2 across - within before - within after)`` of mean distances, is divided by the scatter of the
distances that the split leaves unexplained (so that a restless field needs a larger step than a roof, in the manner of
the DISCO ratio of Rizzo & Szekely 2010); the best split is the break. Each pair's scores are first put on one scale,
their median 0 and robust deviation 1, so that a pair of unlike seasons counts no more than another.

How often chance does as well is read off the same statistic with the dates in random order. Random orders are pooled
over pixels, as few dates have few orders. The order of seasons is not random, and a field that ripened once will look
broken in one year of images: with two years or more, ``season`` compares like seasons only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import xarray as xr

from eogen.change.methods import method
from eogen.change.sequence import YEAR, compare, dated
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: Dates a segment must have been seen on; scatter (robust deviations of a pair's map) that is always granted.
SEGMENT, FLOOR = 2, 1.0
#: Random orders, pixels each is tried on, seed of both.
ORDERS, SAMPLE = 60, 1500
#: Most comparisons times pixels (4 bytes each); pixels worked on at once.
MOST, CHUNK = 150_000_000, 16_384


def breaks(
    images: xr.DataArray,
    name: str = "gaussian_pmi",
    *,
    season: float | None = None,
    normalise: str | None = None,
    smooth: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return the most likely break of each pixel, and how likely chance does as well.

    Args:
        images: a stack of four dates or more.
        name: of an estimator.
        season: days of the year by which two dates may be apart to be compared (standard deviation of a Gaussian
            weight); all are compared alike when None.
        normalise, smooth, seed: of the estimator; the seed also draws the random orders.
        progress: stages ``compare`` and ``breaks``; may raise ``Cancelled``.

    Returns:
        ``index`` (y, x) int16: the first date on which the pixel is seen changed, -1 where it was seen on fewer than
        two dates before or after every split; ``date`` (y, x) datetime64, where dates are known; ``strength`` (y, x)
        float32, the studentised statistic; ``p_value`` (y, x) float32.

    Raises:
        InputError: ``change_few_dates``; ``change_breaks_size``; ``change_undated``; and those of the estimator.
    """
    dates, rows, columns = images.sizes["time"], images.sizes["y"], images.sizes["x"]
    if dates < 2 * SEGMENT:
        raise InputError(
            "change_few_dates", "There are {found} dates; a break needs {needed} or more: two before and two after.",
            found=dates, needed=2 * SEGMENT,
        )  # fmt: skip
    couples = list(combinations(range(dates), 2))
    if len(couples) * rows * columns > MOST:
        raise InputError(
            "change_breaks_size",
            "{dates} dates of {pixels} pixels are too many to compare all with all; cut out a smaller place or choose "
            "fewer dates ({most} pixels at most with these).",
            dates=dates, pixels=rows * columns, most=MOST // len(couples),
        )  # fmt: skip
    row = method(name)
    weight = np.ones(len(couples)) if season is None else _alike(dated(images), couples, season)
    maps = np.full((len(couples), rows * columns), np.nan, np.float32)
    for k, (one, two) in enumerate(couples):
        if weight[k] > 0.01:
            found = compare(images, one, two, name, normalise=normalise, smooth=smooth, seed=seed)
            maps[k] = np.nan if found is None else _standard(found).ravel()
        progress(k + 1, len(couples), "compare")
    pairs = Pairs(maps, weight.astype(np.float32), images.valid.values.reshape(dates, -1))
    strength, at = _best(pairs, np.arange(dates))
    chance = _by_chance(pairs, np.random.default_rng(seed), progress)
    above = len(chance) - np.searchsorted(chance, strength)
    p = np.where(at >= 0, (above + 1) / (len(chance) + 1), np.nan)
    coords = {k: v for k, v in images.coords.items() if set(v.dims) <= {"y", "x"}}
    about = {
        k: v
        for k, v in images.attrs.items()
        if k in ("kind", "dataset", "title", "licence", "source", "sensor")
    }
    about |= {"estimator": name, "paper": row.paper, "season": season or 0.0, "seed": seed, "dates": dates}
    shape = (rows, columns)
    made = {
        "index": at.reshape(shape).astype(np.int16),
        "strength": np.where(at >= 0, strength, np.nan).reshape(shape).astype(np.float32),
        "p_value": p.reshape(shape).astype(np.float32),
    }
    if np.issubdtype(images.time.dtype, np.datetime64):
        made["date"] = np.where(at >= 0, images.time.values[at], np.datetime64("NaT", "ns")).reshape(shape)
    return xr.Dataset({k: (("y", "x"), v) for k, v in made.items()}, coords, about)


@dataclass(frozen=True)
class Pairs:
    """All comparisons of a stack.

    Attributes:
        maps: (pair, pixel) scores on one scale, NaN where a pixel was not seen twice; pairs in the order of
            ``itertools.combinations``.
        weight: (pair,) how much each counts.
        seen: (date, pixel) bool.
    """

    maps: np.ndarray
    weight: np.ndarray
    seen: np.ndarray

    @property
    def dates(self) -> int:
        """Return their number."""
        return len(self.seen)

    def ordered(self, order: np.ndarray, pixels: slice | np.ndarray) -> Pairs:
        """Return the comparisons of some pixels with the dates in another order."""
        number = np.zeros((self.dates, self.dates), int)
        one, two = np.triu_indices(self.dates, 1)
        number[one, two] = number[two, one] = np.arange(len(one))
        chosen = number[order[one], order[two]]
        return Pairs(self.maps[chosen][:, pixels], self.weight[chosen], self.seen[order][:, pixels])


def statistic(pairs: Pairs) -> np.ndarray:
    """Return (split, pixel) the studentised statistic of a break before date ``SEGMENT + split``; -inf where untold."""
    one, two = np.triu_indices(pairs.dates, 1)
    splits = np.arange(SEGMENT, pairs.dates - SEGMENT + 1)[:, None]
    groups = np.stack([two < splits, one >= splits, (one < splits) & (two >= splits)]).astype(np.float32)
    known = np.isfinite(pairs.maps)
    counts, values = known * pairs.weight[:, None], np.where(known, pairs.maps, 0)
    flat = groups.reshape(-1, len(one))
    total = (flat @ (values * pairs.weight[:, None])).reshape(*groups.shape[:2], -1)
    number = (flat @ counts).reshape(total.shape)
    told = (number > 0.01).all(0)
    mean = total / np.maximum(number, 0.01)
    before = pairs.seen.cumsum(0)[SEGMENT - 1 : pairs.dates - SEGMENT]
    after = pairs.seen.sum(0) - before
    energy = before * after / np.maximum(before + after, 1) * (2 * mean[2] - mean[0] - mean[1])
    squares = (values**2 * pairs.weight[:, None]).sum(0)
    rest = np.maximum(squares - (total * mean).sum(0), 0) / np.maximum(counts.sum(0) - 3, 1)
    told &= (before >= SEGMENT) & (after >= SEGMENT)
    return np.where(told, energy / np.sqrt(rest + FLOOR**2), -np.inf)


def _best(pairs: Pairs, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (pixel,) the best statistic, and the first date seen after its split, -1 where there is none."""
    strength, at = [], []
    for start in range(0, pairs.maps.shape[1], CHUNK):
        some = pairs.ordered(order, slice(start, start + CHUNK))
        found = statistic(some)
        best = found.max(0)
        split = SEGMENT + found.argmax(0)
        # A split among hidden dates is one with the next: the date is the first on which the pixel was seen.
        later = some.seen & (np.arange(some.dates)[:, None] >= split)
        strength.append(best)
        at.append(np.where(np.isfinite(best), later.argmax(0), -1))
    return np.concatenate(strength), np.concatenate(at)


def _by_chance(pairs: Pairs, rng: np.random.Generator, progress: Progress) -> np.ndarray:
    """Return, sorted, the best statistics of pixels whose dates are in random order."""
    pixels = np.flatnonzero(pairs.seen.sum(0) >= 2 * SEGMENT)
    if not len(pixels):
        return np.zeros(0)
    pixels = rng.choice(pixels, min(SAMPLE, len(pixels)), replace=False)
    few = pairs.ordered(np.arange(pairs.dates), pixels)
    found = []
    for k in range(ORDERS):
        found.append(statistic(few.ordered(rng.permutation(pairs.dates), slice(None))).max(0))
        progress(k + 1, ORDERS, "breaks")
    found = np.concatenate(found)
    return np.sort(found[np.isfinite(found)])


def _standard(values: np.ndarray) -> np.ndarray:
    """Return a map with median 0 and robust deviation 1."""
    away = values - np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(away))
    return away / (spread if spread > 0 else 1.0)


def _alike(times: np.ndarray, couples: list[tuple[int, int]], season: float) -> np.ndarray:
    """Return (pair,) the weight of each pair: 1 in the same season, falling with days of the year between."""
    day = (times - times[0]) / np.timedelta64(1, "D")
    apart = np.array([abs(day[a] - day[b]) % YEAR for a, b in couples])
    apart = np.minimum(apart, YEAR - apart)
    return np.exp(-0.5 * (apart / season) ** 2)
