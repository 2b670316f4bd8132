"""The simulated territory as a cube of images: fields, woods, a river and a town, clouds and their shadows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.canopy.noise import Noise
from eogen.canopy.sensors import BANDS
from eogen.canopy.territory import CORNER, CRS, PIXEL, fields, smooth
from eogen.landcover.bands import BANDS as ABOUT_BANDS
from eogen.landcover.series import cube as exchange
from eogen.landcover.series import territory_canopy as canopy
from eogen.landcover.series import territory_parcels as common
from eogen.landcover.series import territory_sky as sky
from eogen.landcover.series.territory_laws import CLASSES, known
from eogen.landcover.series.territory_options import SIDES, check, days, require, through
from eogen.progress import Progress, silent

#: Errors of a pixel's reflectance, and of a whole image (a factor).
NOISE, GAIN = Noise(0.003, 0.02), 0.015
#: Levels of vigour at which a parcel's canopy is made; pixels lie between them.
LEVELS = (-1.5, 0.0, 1.5)
#: Contrast of what is always there within a parcel and in a town (log); blur of the optics (one s.d., m).
TEXTURE, STREETS, BLUR = 0.03, 0.25, {10: 4.5, 20: 8.0}
#: Classes that follow the ground and not the plough.
WOODS, BUILT, WATER = ("deciduous_forest", "evergreen_forest"), "town", "water"
#: Reflectance of a thick cloud, and part of the light that a deep shadow takes.
CLOUD, SHADOW = 0.55, 0.6
_PLAN, _TEXTURE, _PIXELS = range(401, 404)


def territory(
    seed: int, size: int | tuple[int, int] = 96, dates: np.ndarray | None = None, *,
    classes: Sequence[str] = CLASSES, monthly: bool = False, cloudy: float = 1.0, harvest_shift: float = 0.0,
    cloud_month: int | None = None, noise: Noise = NOISE, progress: Progress = silent,
) -> xr.Dataset:  # fmt: skip
    """Return one simulated territory through time.

    Args:
        seed: 0 or more; equal seeds and sizes give equal grounds, whatever the other options.
        size: pixels of 10 m a side, or (rows, columns), 32-1024.
        dates: (t,) datetime64 ascending; every 5 days of 2023 by default.
        classes: of :data:`eogen.landcover.series.territory_laws.LAWS`; woods, town and water only where named.
        monthly: whether the clear pixels of each month are averaged (``step_days`` 30.4).
        cloudy: factor of the usual cloud cover, 0-2.
        harvest_shift: days by which harvests are moved, -120 to 120.
        cloud_month: 1-12, a month of clouds throughout.
        noise: of each pixel.
        progress: told of each date.

    Returns:
        A cube (:mod:`eogen.landcover.series.cube`) of the ten bands of ``eogen.canopy.sensors.BANDS`` with ``label``,
        ``clear``; single images show their clouds, months are NaN where nothing was clear. Besides: ``parcel`` (y, x)
        int32, places along ``field``; ``kind`` (field) into ``classes``; ``emergence``, ``ripening``, ``harvest``
        (field), days of the year.

    Raises:
        InputError: ``territory_option``, ``territory_class``, ``series_time``.
    """
    shape = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    check(seed, harvest_shift, cloud_month, cloudy)
    require("size", size, all(SIDES[0] <= s <= SIDES[1] for s in shape), f"{SIDES[0]}..{SIDES[1]}")
    classes = known(classes)
    when = through(2023) if dates is None else np.asarray(dates, "datetime64[D]")
    require("dates", len(when), len(when) > 0, ">= 1")
    parcel, kind = _ground(seed, shape, classes)
    held = canopy.draw(
        common.stream(seed, common.PARCELS_STREAM),
        np.array(classes)[kind],
        np.arange(len(kind)) // common.FARM,
    )
    held = replace(held, harvest_shift=harvest_shift)
    day, month = days(when)
    year = canopy.year(common.stream(seed, common.YEAR_STREAM), day)
    levels = np.stack([canopy.reflectance(held, year, vigour) for vigour in LEVELS])
    over = sky.covers(common.stream(seed, common.SKY_STREAM), month, cloudy, cloud_month)[0]
    still = common.stream(seed, _TEXTURE)
    within = np.clip(
        0.8 * smooth(still, shape, 3) + 0.6 * still.standard_normal(shape), LEVELS[0], LEVELS[-1]
    )
    built = held.kind[parcel] == BUILT
    texture = np.exp(np.where(built, STREETS, TEXTURE) * still.standard_normal(shape)).astype(np.float32)
    images = np.empty((len(when), len(BANDS), *shape), np.float32)
    clear = np.empty((len(when), *shape), bool)
    for t in range(len(when)):
        progress(t, len(when), "simulate")
        image = _between(levels[:, :, t], parcel, within) * texture
        rng = np.random.default_rng((seed, _PIXELS, t))
        images[t], clear[t] = _seen(image, rng, float(over[t]), float(canopy.zenith(day[t])), noise)
    step = 0.0
    if monthly:
        images, clear, when = _monthly(images, clear, when)
        step = 30.4
    about = common.ABOUT | {
        "title": f"Simulated territory, seed {seed}",
        "seed": seed,
        "harvest_shift": harvest_shift,
    }
    y = CORNER[1] - PIXEL * (np.arange(shape[0]) + 0.5)
    x = CORNER[0] + PIXEL * (np.arange(shape[1]) + 0.5)
    found = exchange.cube(
        images,
        clear,
        when,
        BANDS,
        y,
        x,
        crs=CRS,
        label=kind[parcel],
        classes=classes,
        step_days=step,
        **about,
    )
    found["parcel"] = (("y", "x"), parcel.astype(np.int32), {"long_name": "number of the parcel"})
    found["kind"] = ("field", kind.astype(np.int16), {"long_name": "class of the parcel"})
    return common.with_dates(found, held, "field")


def _ground(seed: int, shape: tuple[int, int], classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the parcel of each pixel (y, x) and the class (field,) of each parcel, as a place in ``classes``."""
    rng = common.stream(seed, _PLAN)
    pieces, wood = fields(rng, *shape, largest=max(60.0, shape[0] * shape[1] / 90))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    bend = shape[1] * (
        rng.uniform(0.3, 0.7) + 0.12 * np.sin(y / shape[0] * rng.uniform(3, 7) + rng.uniform(0, 6))
    )
    river = np.abs(x - bend) < max(2.0, 0.022 * shape[1])
    centre = rng.uniform(0.25, 0.75, 2) * shape
    near = np.hypot(y - centre[0], x - centre[1]) < 0.17 * min(shape) * np.exp(0.15 * smooth(rng, shape, 6))
    # One draw for each thing, whatever the classes: a class left out does not move the others.
    order = rng.permutation(pieces.max() + 1)
    part = np.zeros(shape, int)
    if woods := [c for c in WOODS if c in classes]:
        part[wood] = 1
    if BUILT in classes:
        part[near & (part == 0)] = 2
    if WATER in classes:
        part[river] = 3
    number = pieces * 4 + part
    number[part == 3] = -1
    names, parcel = np.unique(number, return_inverse=True)
    parcel = parcel.reshape(shape)
    sizes = np.bincount(parcel.ravel())
    kind = np.zeros(len(names), int)
    sown = [k for k, c in enumerate(classes) if c not in (*WOODS, BUILT, WATER)] or list(range(len(classes)))
    given = dict.fromkeys((*sown, *(classes.index(w) for w in woods)), 0.0)
    for place in np.argsort(order[np.maximum(names, 0) // 4], kind="stable"):
        what = 3 if names[place] < 0 else names[place] % 4
        if what >= 2:
            kind[place] = classes.index(WATER if what == 3 else BUILT)
            continue
        # The class that has least so far: a small territory still has them all.
        choice = [classes.index(w) for w in woods] if what == 1 else sown
        kind[place] = min(choice, key=lambda k: given[k])
        given[kind[place]] += sizes[place]
    return parcel, kind


def _between(levels: np.ndarray, parcel: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Return an image (band, y, x) between parcels' reflectances (level, field, band) at pixels' vigour (y, x)."""
    at = (within - LEVELS[0]) / (LEVELS[1] - LEVELS[0])
    low = np.clip(at.astype(int), 0, len(LEVELS) - 2)
    share = (at - low)[..., None].astype(np.float32)
    return ((1 - share) * levels[low, parcel] + share * levels[low + 1, parcel]).transpose(2, 0, 1)


def _seen(
    image: np.ndarray, rng: np.random.Generator, cover: float, zenith: float, noise: Noise
) -> tuple[np.ndarray, np.ndarray]:
    """Return an image through optics, clouds and noise, and where it is clear (y, x)."""
    gain = 1 + GAIN * rng.standard_normal()  # drawn before clouds: it is the same whatever the sky
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    opacity, shadow = sky.clouds(rng, image.shape[1:], cover, zenith, PIXEL)
    out = np.empty_like(image)
    for k, band in enumerate(BANDS):
        out[k] = gaussian_filter(image[k], BLUR[ABOUT_BANDS[band].resolution] / PIXEL)
    out = out * gain * (1 - SHADOW * shadow)
    out = out * (1 - opacity) + CLOUD * opacity
    rows = torch.from_numpy(out.reshape(len(out), -1).T.astype(np.float32))
    noisy = noise.sample(rows, generator).numpy().T.reshape(out.shape)
    return np.maximum(noisy, 1e-4), (opacity < sky.THIN) & (shadow < sky.THIN)


def _monthly(
    images: np.ndarray, clear: np.ndarray, when: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means of what was clear in each month, NaN where nothing was, and the first days of the months."""
    month = when.astype("datetime64[M]")
    months = np.arange(month.min(), month.max() + 1)
    out = np.full((len(months), *images.shape[1:]), np.nan, np.float32)
    for k, each in enumerate(months):
        here = np.flatnonzero(month == each)
        total = sum((np.where(clear[t], images[t], 0) for t in here), np.zeros(images.shape[1:]))
        count = clear[here].sum(0)
        out[k] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out, np.isfinite(out).all(1), months.astype("datetime64[D]")
