"""Pairs whose truth is known: a small territory before and after something happened, or after nothing did.

Something always differs: between two dates the sun moves, fields grow and ripen each at its own pace, the air is a
little hazier, the sensor has noise and the images lie some hundredths of a pixel apart. The three nuisances
(``season``, ``illumination``, ``misregistration``) are those taken far; like ``none`` they have a label of zeros. Its
statistics are compared with those of real pairs in ``tests/unit/test_change_simulate_real.py``. It is for showing what
can be known; never show it as real.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import xarray as xr
from affine import Affine
from rasterio.crs import CRS

from eogen.change.covers import BANDS
from eogen.change.ground import FINE, ground
from eogen.change.happenings import HAPPENINGS
from eogen.change.scene import MARGIN, Change, Day, blocks, seen, usual
from eogen.change.stack import stack
from eogen.errors import InputError

#: Real changes, nuisances, and nothing.
NUISANCES = ("season", "illumination", "misregistration", "none")
KINDS = (*HAPPENINGS, *NUISANCES)
#: Red, green and blue, as pictures have them.
RGB = ("B04", "B03", "B02")
#: Days between the two dates, least and most.
APART = {"flood": (5, 15), "fire": (10, 40), "clear_cut": (340, 390), "building": (345, 385), "season": (90, 180),
         "illumination": (355, 375), "misregistration": (355, 375), "none": (345, 385)}  # fmt: skip
#: Sides that can be asked for, pixels.
SIDES = (48, 1024)
#: Corner (UTM 31 N, m) and pixel (m).
CORNER, PIXEL, CRS_CODE = (380_000.0, 4_840_000.0), 10.0, 32631


def simulate(kind: str, seed: int = 0, size: int = 192, bands: Literal["all", "rgb"] = "all") -> xr.DataArray:
    """Return a simulated pair; equal arguments give equal bits.

    Args:
        kind: one of :data:`KINDS`.
        seed: 0 or more.
        size: side, pixels of 10 m, 48 to 1024.
        bands: ``"all"``: B02 B03 B04 B08 B11 B12 (surface reflectance, 0-1; the last two have 20 m pixels, repeated);
            ``"rgb"``: B04 B03 B02.

    Returns:
        A stack of two dates (:mod:`eogen.change.stack`) in EPSG:32631, kind="simulated", with ``label``: 1 where half
        of the pixel or more changed.

    Raises:
        InputError: ``change_simulated_kind``; ``change_simulated``.
    """
    known(kind, KINDS)
    checked(seed, size)
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    plan = ground(seed, padded(size))
    change = HAPPENINGS[kind](rng, plan) if kind in HAPPENINGS else None
    days = _days(rng, kind)
    images = np.stack([seen(plan, days[0], seed), seen(plan, days[1], seed, change)])
    return dressed(images, days, change, size, bands, f"{kind}, seed {seed}", happened=kind)


def padded(size: int) -> int:
    """Return the side (pixels) of the plan of an image: margins added, even."""
    return size + 2 * MARGIN + size % 2


def known(kind: str, kinds: tuple[str, ...]) -> None:
    """Raise ``change_simulated_kind`` unless ``kind`` is one of ``kinds``."""
    if kind not in kinds:
        raise InputError(
            "change_simulated_kind", "Nothing called {kind} can be simulated here; there are: {known}.",
            kind=kind, known=", ".join(kinds),
        )  # fmt: skip


def checked(seed: int, size: int) -> None:
    """Raise ``change_simulated`` for a seed or a size that cannot be."""
    if seed < 0 or not SIDES[0] <= size <= SIDES[1]:
        raise InputError(
            "change_simulated",
            "No territory can be simulated from seed {seed} with a side of {size} pixels; the seed must be 0 or more, "
            "the side {least} to {most}.",
            seed=seed, size=size, least=SIDES[0], most=SIDES[1],
        )  # fmt: skip


def dressed(
    images: np.ndarray, days: list[Day], change: Change | None, size: int, bands: str, title: str,
    valid: np.ndarray | None = None, **more: object,
) -> xr.DataArray:  # fmt: skip
    """Return images (time, 6, y, x) of simulated days as a stack, cut to ``size``, with the label of the change."""
    names = RGB if bands == "rgb" else BANDS
    chosen = [BANDS.index(name) for name in names]
    made = stack(
        images[:, chosen, :size, :size], names, times=[d.date for d in days],
        crs=CRS.from_epsg(CRS_CODE), transform=Affine(PIXEL, 0, CORNER[0], 0, -PIXEL, CORNER[1]),
        valid=valid, label=label(change, size),
        kind="simulated", dataset="change_simulated", title=f"Simulated territory: {title}", licence="CC0-1.0",
        source="eogen.change.simulate", sensor="sentinel2", units="1", **more,
    )  # fmt: skip
    return made


def label(change: Change | None, size: int) -> np.ndarray:
    """Return (size, size) int8: 1 where half of the pixel or more changed."""
    if change is None:
        return np.zeros((size, size), np.int8)
    part = blocks((change.weight > 0.5).astype(np.float32), FINE)[MARGIN:, MARGIN:][:size, :size]
    return (part >= 0.5).astype(np.int8)


def _days(rng: np.random.Generator, kind: str) -> list[Day]:
    """Return the two acquisitions of a kind."""
    first = np.datetime64("2021-01-01") + rng.integers(110, 200)
    if kind == "season":
        first = np.datetime64("2021-01-01") + rng.integers(20, 330)
    second = first + rng.integers(*APART[kind], endpoint=True)
    before, after = (usual(rng, date.astype("datetime64[D]"), k) for k, date in enumerate((first, second)))
    if kind == "illumination":
        low, tilt = rng.uniform(14, 28), rng.choice((-1, 1)) * rng.uniform(25, 60)
        after = replace(
            after, zenith=before.zenith + low, azimuth=before.azimuth + tilt, haze=rng.uniform(0.12, 0.3),
            gain=after.gain * rng.uniform(0.8, 1.15) * (1 + rng.normal(0, 0.04, len(BANDS))),
        )  # fmt: skip
    if kind == "misregistration":
        away, angle = rng.uniform(0.5, 2.0), rng.uniform(0, 2 * np.pi)
        after = replace(after, moved=(away * np.sin(angle), away * np.cos(angle)))
    return [before, after]
