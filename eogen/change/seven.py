"""Pairs for the public's game: a simulated territory, and seven differences of several kinds and sizes.

Between the two dates, a year and some weeks apart, fields, light and air also differ as they always do; that is not
counted. The ground and what it reflects are those of :mod:`eogen.change.simulate`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation

from eogen.change.covers import BANDS
from eogen.change.ground import FINE, Ground, ground, rough
from eogen.change.scene import MARGIN, Change, blocks, material, seen, usual
from eogen.change.simulate import dressed, padded

FIELDS = ("cereal", "maize", "meadow", "vineyard")
WOODS = ("broadleaf", "conifer")


@dataclass(frozen=True)
class Difference:
    """One kind of difference.

    Attributes:
        becomes: materials of :data:`eogen.change.covers.SPECTRA`, mixed.
        on: uses it stands on; ``("town",)`` for the built-up area.
        radius: least and most, pixels.
        shape: ``"patch"``, ``"block"`` (a turned rectangle) or ``"line"``.
    """

    becomes: tuple[str, ...]
    on: tuple[str, ...]
    radius: tuple[float, float]
    shape: str = "patch"


#: Kind -> how it looks.
DIFFERENCES: dict[str, Difference] = {
    "flood": Difference(("muddy_water",), (*FIELDS, *WOODS), (10, 14)),
    "fire": Difference(("burnt",), WOODS, (9, 14)),
    "clear_cut": Difference(("slash", "soil"), WOODS, (7, 11), "block"),
    "hall": Difference(("bright_roof",), FIELDS, (4, 6), "block"),
    "house": Difference(("tile", "bright_roof"), FIELDS, (2.3, 3), "block"),
    "pond": Difference(("water",), FIELDS, (4.5, 7)),
    "quarry": Difference(("earthwork",), FIELDS, (7, 10)),
    "road": Difference(("asphalt",), FIELDS, (14, 20), "line"),
    "grove": Difference(("conifer",), FIELDS, (6, 9)),
    "gone": Difference(("grass",), ("town",), (5, 7)),
}
#: Part of the side near the edges where nothing is put, room between two differences (pixels), and trials for each.
EDGE, APART, TRIALS = 0.07, 9, 30
#: At least so much of a shape must lie on its uses, and so many pixels.
FIT, LEAST = 0.75, 12


def seven(seed: int = 0, size: int = 224, count: int = 7) -> xr.DataArray:
    """Return a pair with ``count`` differences; equal arguments give equal bits.

    Args:
        seed: 0 or more.
        size: side, pixels of 10 m.
        count: of the differences; fewer are put where there is no room.

    Returns:
        A stack of two dates (see :func:`eogen.change.simulate.simulate`) with the coordinate ``difference`` (y, x;
        int8: 1 to ``count``, 0 elsewhere) and the attribute ``kinds``, their names with commas between.
    """
    rng = np.random.default_rng((seed, 401))
    plan = ground(seed, padded(size))
    n = len(plan.use)
    weight, spectrum = np.zeros((n, n), np.float32), np.zeros((len(BANDS), n, n), np.float32)
    number, kinds = np.zeros((n, n), np.int8), []
    order = list(rng.permutation(list(DIFFERENCES)))
    for kind in order + order:
        if len(kinds) == count:
            break
        mask = _place(rng, plan, DIFFERENCES[kind], number, kind == "flood")
        if mask is None:
            continue
        kinds.append(kind)
        number[mask] = len(kinds)
        weight[mask] = 1.0
        colour = material(*DIFFERENCES[kind].becomes)
        spectrum[:, mask] = (colour * np.exp(0.06 * rough(rng, n, 1.0)))[:, mask]
    first = np.datetime64("2021-01-01") + rng.integers(130, 190)
    second = first + 365 + rng.integers(8, 26) * rng.choice((-1, 1))
    days = [usual(rng, day.astype("datetime64[D]"), k) for k, day in enumerate((first, second))]
    change = Change(weight, spectrum)
    images = np.stack([seen(plan, days[0], seed), seen(plan, days[1], seed, change)])
    made = dressed(images, days, change, size, "all", f"differences, seed {seed}", happened=",".join(kinds))
    return made.assign_coords(difference=(("y", "x"), _numbered(number, len(kinds), size))).assign_attrs(
        kinds=",".join(kinds)
    )


def _numbered(number: np.ndarray, count: int, size: int) -> np.ndarray:
    """Return (size, size) int8: the difference that takes half of the pixel or more."""
    out = np.zeros((size, size), np.int8)
    for k in range(1, count + 1):
        part = blocks((number == k).astype(np.float32), FINE)[MARGIN:, MARGIN:][:size, :size]
        out[part >= 0.5] = k
    return out


def _place(
    rng: np.random.Generator, plan: Ground, kind: Difference, taken: np.ndarray, wet: bool
) -> np.ndarray | None:
    """Return (y, x) bool, the shape of a difference where there is room for it; None where there is none."""
    n = len(plan.use)
    on = plan.town if kind.on == ("town",) else plan.of(*kind.on) & ~plan.town
    free = np.zeros((n, n), bool)
    edge = int(EDGE * n)
    free[edge:-edge, edge:-edge] = True
    if taken.any():
        free &= ~binary_dilation(taken > 0, np.ones((3, 3), bool), iterations=APART * FINE)
    near = binary_dilation(plan.of("water"), iterations=4 * FINE) if wet else on
    places = np.argwhere(free & on & near)
    wavy = rough(rng, n, 5.0, 2.5 * FINE * kind.radius[0])
    for _ in range(TRIALS if len(places) else 0):
        shape = _shape(rng, wavy, places[rng.integers(len(places))], kind)
        inside = shape & on
        enough = inside.sum() >= max((0.3 if wet else FIT) * shape.sum(), LEAST * FINE**2)
        if enough and free[inside].all():
            return inside
    return None


def _shape(rng: np.random.Generator, wavy: np.ndarray, at: np.ndarray, kind: Difference) -> np.ndarray:
    """Return (y, x) bool around a place; the rim of a patch follows ``wavy`` (unit variance)."""
    n = len(wavy)
    y, x = np.mgrid[:n, :n] - np.asarray(at)[:, None, None]
    radius, turn = FINE * rng.uniform(*kind.radius), rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    if kind.shape == "block":
        return (np.abs(u) <= 1.25 * radius) & (np.abs(v) <= 0.8 * radius)
    if kind.shape == "line":
        return (np.abs(u) <= radius) & (np.abs(v + 2 * FINE * np.sin(u / (6 * FINE))) <= 0.9 * FINE)
    return np.hypot(u, v) + 0.22 * radius * wavy <= radius
