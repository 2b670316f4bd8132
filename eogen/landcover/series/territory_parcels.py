"""Simulated parcels whose every date and reason is known: PROSAIL through a year, seen through clouds.

Each class follows its law (:mod:`eogen.landcover.series.territory_laws`); each parcel draws its own dates, leaf areas
and soil. Equal seeds give equal parcels whatever the options: ``harvest_shift`` and ``cloud_month`` change what they
say and nothing else, which makes true counterfactuals. Never show it as real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import xarray as xr

from eogen.canopy.noise import Noise
from eogen.canopy.sensors import BANDS
from eogen.landcover.series import cube as exchange
from eogen.landcover.series import territory_canopy as canopy
from eogen.landcover.series import territory_sky as sky
from eogen.landcover.series.months import monthly as by_month
from eogen.landcover.series.territory_laws import CLASSES, known
from eogen.landcover.series.territory_options import EVERY, check, days, require, through

#: Errors of a parcel's mean reflectance: each band's own, and those that all bands of a date share.
NOISE = Noise(0.002, 0.01, 0.002, 0.02)
#: Parcels of one farm: they are sown together and lie under one sky.
FARM = 4
#: Regions with weather of their own.
REGIONS = 12
ABOUT = {
    "kind": "simulated", "dataset": "territory", "licence": "MIT",
    "source": "PROSAIL and laws of growth (eogen.landcover.series.territory)",
}  # fmt: skip
#: Streams of random numbers: one for each thing, so that no option changes another's draws.
PARCELS_STREAM, LABELS_STREAM, YEAR_STREAM, SKY_STREAM, NOISE_STREAM, PLACES_STREAM = range(301, 307)


def parcels(
    seed: int, n: int = 2000, *, classes: Sequence[str] = CLASSES, year: int = 2023, every: int = EVERY,
    monthly: bool = True, cloudy: float = 1.0, harvest_shift: float = 0.0, cloud_month: int | None = None,
    noise: Noise = NOISE,
) -> xr.Dataset:  # fmt: skip
    """Return simulated parcels through a year.

    Args:
        seed: 0 or more; equal seeds and ``n`` give equal parcels, whatever their classes.
        n: how many; classes take turns.
        classes: of :data:`eogen.landcover.series.territory_laws.LAWS`.
        year: of the dates.
        every: days between images.
        monthly: whether the images are averaged by month (``step_days`` 30.4) or not (0).
        cloudy: factor of the usual cloud cover, 0-2.
        harvest_shift: days by which harvests are moved, -120 to 120.
        cloud_month: 1-12, a month in which nothing is seen.
        noise: of each image.

    Returns:
        Parcels (:mod:`eogen.landcover.series.cube`) of the ten bands of ``eogen.canopy.sensors.BANDS``, with ``label``,
        ``group`` (farm), ``lon``, ``lat``; and the truth: ``clean`` (parcel, time, band) without noise or cloud,
        ``leaf_area`` (parcel, time, m2/m2), ``emergence``, ``ripening``, ``harvest`` (parcel, day of the year, NaN
        where there is none).

    Raises:
        InputError: ``territory_option``, ``territory_class``.
    """
    check(seed, harvest_shift, cloud_month, cloudy)
    require("n", n, n >= 1, ">= 1")
    classes, when = known(classes), through(year, every)
    held, label, farm = drawn(seed, n, classes, harvest_shift)
    day, month = days(when)
    seen = canopy.year(stream(seed, YEAR_STREAM), day)
    clean = canopy.reflectance(held, seen)
    values = _noisy(clean, noise, seed)
    over = stream(seed, SKY_STREAM)
    values[~sky.seen(over, sky.covers(over, month, cloudy, cloud_month, REGIONS), farm)] = np.nan
    places = stream(seed, PLACES_STREAM)
    lon, lat = (places.uniform(*ends, farm.max() + 1)[farm] for ends in ((-0.5, 5.0), (44.0, 49.5)))
    about = ABOUT | {
        "title": f"Simulated territory, seed {seed}",
        "seed": seed,
        "harvest_shift": harvest_shift,
    }
    found = exchange.parcels(
        values, when, BANDS, label=label, classes=classes, group=farm, lon=lon, lat=lat, step_days=0, **about
    )
    area = canopy.leaf_area(held, seen)
    if monthly:
        found = by_month(found, np.datetime64(f"{year:04d}-01"), 12)
        clean = np.stack([clean[:, month == m].mean(1) for m in range(1, 13)], 1)
        area = np.stack([area[:, month == m].mean(1) for m in range(1, 13)], 1)
    found["clean"] = (
        ("parcel", "time", "band"), clean, {"units": "1", "long_name": "true reflectance, without noise or cloud"},
    )  # fmt: skip
    found["leaf_area"] = (("parcel", "time"), area, {"units": "m2/m2", "standard_name": "leaf_area_index"})
    return with_dates(found, held, "parcel")


def drawn(
    seed: int, n: int, classes: tuple[str, ...], harvest_shift: float
) -> tuple[canopy.Parcels, np.ndarray, np.ndarray]:
    """Return parcels, their labels (n,) and their farms (n,)."""
    label = stream(seed, LABELS_STREAM).permutation(np.arange(n) % len(classes))
    farm = np.arange(n) // FARM
    held = canopy.draw(stream(seed, PARCELS_STREAM), np.array(classes)[label], farm)
    return replace(held, harvest_shift=harvest_shift), label, farm


def with_dates(found: xr.Dataset, held: canopy.Parcels, dimension: str) -> xr.Dataset:
    """Return a dataset with ``emergence``, ``ripening`` and ``harvest`` along a dimension, days of the year."""
    for name, values in canopy.dates(held).items():
        found[name] = (dimension, values.astype(np.float32), {"units": "day of the year", "long_name": name})
    return found


def _noisy(clean: np.ndarray, noise: Noise, seed: int) -> np.ndarray:
    generator = torch.Generator().manual_seed(int(stream(seed, NOISE_STREAM).integers(2**62)))
    rows = torch.from_numpy(clean.reshape(-1, clean.shape[-1]))
    return np.maximum(noise.sample(rows, generator).numpy(), 1e-4).reshape(clean.shape)


def stream(seed: int, number: int) -> np.random.Generator:
    """Return one of the streams of random numbers of a seed."""
    return np.random.default_rng((seed, number))
