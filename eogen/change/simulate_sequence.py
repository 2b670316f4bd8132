"""Many dates of one simulated place, its seasons and clouds, and one break whose date and place are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation

from eogen.change.ground import ground, rough
from eogen.change.happenings import HAPPENINGS
from eogen.change.scene import MARGIN, seen, usual
from eogen.change.simulate import checked, dressed, known, padded
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: What lasts; a flood goes away again.
KINDS = ("clear_cut", "building", "fire", "none")
#: Dates that can be asked for; days between two when only their number is given.
COUNT, STEP = (4, 120), 30
#: Part of the dates without a cloud; the rest are hidden by a beta (1.2, 3) share, 29 % on average.
CLEAR = 0.45
#: Pixels by which the mask of clouds is wider than the cloud; light of a cloud (reflectance) and of its thin edge.
AROUND, WHITE = 2, 0.55


def sequence(
    seed: int = 0,
    dates: int | Sequence[object] = 16,
    kind: str = "clear_cut",
    size: int = 128,
    *,
    clouds: bool = True,
    bands: Literal["all", "rgb"] = "all",
    progress: Progress = silent,
) -> xr.DataArray:
    """Return a simulated sequence; equal arguments give equal bits.

    Args:
        seed: 0 or more.
        dates: increasing dates, or how many, then 30 days apart, give or take 6.
        kind: what breaks, one of :data:`KINDS`; ``"none"``: nothing but seasons and clouds.
        size: side, pixels of 10 m.
        clouds: hide parts of more than half of the dates; ``valid`` is False there.
        bands: as for :func:`eogen.change.simulate.simulate`.
        progress: stage ``simulate``; may raise ``Cancelled``.

    Returns:
        A stack whose ``label`` (y, x) is 1 where the break is, with the attributes ``break_index`` (number of the first
        date on which it is there; -1 without a break) and ``break_date``. At least two dates come before it and two,
        itself included, after.

    Raises:
        InputError: ``change_simulated_kind``; ``change_simulated``; ``change_simulated_dates``.
    """
    known(kind, KINDS)
    checked(seed, size)
    rng = np.random.default_rng((seed, 307))
    times = _times(rng, dates)
    days = [usual(rng, date, k) for k, date in enumerate(times)]
    plan = ground(seed, padded(size))
    change = HAPPENINGS[kind](rng, plan) if kind != "none" else None
    count = len(times)
    low, high = max(2, round(0.3 * count)), min(count - 2, round(0.7 * count))
    at = int(rng.integers(low, high, endpoint=True)) if change is not None else -1
    images, hidden = [], []
    for k, day in enumerate(days):
        image = seen(plan, day, seed, change if 0 <= at <= k else None)
        image, cloud = _clouded(rng, image) if clouds else (image, np.zeros(image.shape[1:], bool))
        images.append(image)
        hidden.append(cloud[:size, :size])
        progress(k + 1, count, "simulate")
    return dressed(
        np.stack(images), days, change, size, bands, f"a sequence, {kind}, seed {seed}", ~np.stack(hidden),
        happened=kind, break_index=at, break_date=str(times[at]) if at >= 0 else "",
    )  # fmt: skip


def _times(rng: np.random.Generator, dates: int | Sequence[object]) -> np.ndarray:
    """Return the dates, datetime64[D].

    Raises:
        InputError: ``change_simulated_dates``.
    """
    if isinstance(dates, (int, np.integer)):
        number = int(dates)
        away = STEP * np.arange(max(number, 0)) + rng.integers(-6, 7, max(number, 0))
        times = np.datetime64("2020-01-01") + rng.integers(8, 60) + away
    else:
        times = np.asarray(dates, "datetime64[D]")
        number = len(times)
    if not COUNT[0] <= number <= COUNT[1] or not (np.diff(times).astype(int) > 0).all():
        raise InputError(
            "change_simulated_dates",
            "{found} dates were asked for; a simulated sequence has {least} to {most}, each later than the one before.",
            found=number, least=COUNT[0], most=COUNT[1],
        )  # fmt: skip
    return times.astype("datetime64[D]")


def _clouded(rng: np.random.Generator, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an image (6, y, x) under clouds, and where they hide it; what is left thin at their edge stays valid."""
    hidden = np.zeros(image.shape[1:], bool)
    share = rng.beta(1.2, 3.0)
    clear = rng.random() < CLEAR
    side = image.shape[1] + MARGIN
    veil = rough(rng, side, 3.2, side / 2)[:-MARGIN, :-MARGIN]  # cut: the field is periodic
    if clear or share < 0.02:
        return image, hidden
    thick = 1.5 * (veil - np.quantile(veil, 1 - share))
    opacity = np.clip(0.35 + thick, 0, 1) * (thick > -0.35)
    hidden = binary_dilation(thick > -0.2, iterations=AROUND)
    return (image * (1 - opacity) + WHITE * opacity).astype(np.float32), hidden
