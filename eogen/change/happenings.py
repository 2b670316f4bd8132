"""What can happen to the simulated ground: where, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.change.covers import BANDS
from eogen.change.ground import FINE, Ground, rough
from eogen.change.scene import Change, material


def flood(rng: np.random.Generator, plan: Ground) -> Change:
    """Return water, muddy, over the lowest 8 to 22 % of the land (heights are above the river)."""
    land = ~plan.of("water")
    level = np.quantile(plan.height[land], rng.uniform(0.08, 0.22))
    depth = (level - plan.height) / max(float(plan.height[land].std()), 1e-6)
    weight = land * np.clip(0.5 + 12 * depth, 0, 1)
    mud = rng.uniform(0.4, 1.0)
    colour = mud * material("muddy_water") + (1 - mud) * material("water")
    return Change(weight.astype(np.float32), colour)


def fire(rng: np.random.Generator, plan: Ground) -> Change:
    """Return burnt ground: one ragged, unevenly severe patch around a wood, 3 to 9 % of the land."""
    n = len(plan.use)
    fuel = plan.of("broadleaf", "conifer", "meadow", "vineyard") & ~plan.town
    core = _start(rng, plan.of("broadleaf", "conifer") & ~plan.town)
    y, x = np.mgrid[:n, :n]
    reach = np.hypot(y - core[0], x - core[1]) * np.exp(0.45 * rough(rng, n, 2.8, n / 4))
    reach[~fuel] = np.inf
    wanted = min(int(rng.uniform(0.03, 0.09) * n * n), int(fuel.sum()))
    burnt = reach <= np.partition(reach.ravel(), wanted - 1)[wanted - 1]
    severe = np.clip(0.85 + 0.2 * rough(rng, n, 2.4, n / 6), 0.0, 1.0)
    return Change((burnt * np.where(severe > 0.55, severe, 0)).astype(np.float32), material("burnt"))


def clear_cut(rng: np.random.Generator, plan: Ground) -> Change:
    """Return two to five felled rectangles of 1 to 6 ha in the woods: litter and soil."""
    woods = plan.of("broadleaf", "conifer") & ~plan.town
    here = np.zeros(woods.shape, bool)
    for _ in range(rng.integers(2, 6)):
        here |= _rectangle(rng, woods.shape, _start(rng, woods), (9, 26)) & woods
    mixed = rng.uniform(0.5, 1.0)
    return Change(here.astype(np.float32), mixed * material("slash") + (1 - mixed) * material("soil"))


def building(rng: np.random.Generator, plan: Ground) -> Change:
    """Return 6 to 14 new buildings of 20 to 80 m in fields, most near the town, and turned earth around them."""
    fields = plan.of("cereal", "maize", "meadow", "vineyard")
    near = gaussian_filter(plan.town.astype(np.float32), len(fields) / 12)
    weight = np.zeros(fields.shape, np.float32)
    spectrum = np.broadcast_to(material("earthwork"), (len(BANDS), *fields.shape)).copy()
    for _ in range(rng.integers(6, 15)):
        at = _start(rng, fields, near + 0.02)
        roof = _rectangle(rng, fields.shape, at, (2, 8)) & fields
        site = gaussian_filter(roof.astype(np.float32), 0.8 * FINE) > 0.2
        weight[site & fields] = 1.0
        kind = rng.choice(("bright_roof", "dark_roof", "tile", "bright_roof"))
        spectrum[:, roof] = material(str(kind))[:, :, 0]
    return Change(weight, spectrum)


#: Name -> what happens.
HAPPENINGS: dict[str, Callable[[np.random.Generator, Ground], Change]] = {
    "flood": flood, "fire": fire, "clear_cut": clear_cut, "building": building,
}  # fmt: skip


def _start(rng: np.random.Generator, where: np.ndarray, liking: np.ndarray | None = None) -> tuple[int, int]:
    """Return a place drawn from ``where``, away from the edges if it can be."""
    inner = np.zeros_like(where)
    edge = len(where) // 8
    inner[edge:-edge, edge:-edge] = True
    places = np.flatnonzero(where & inner) if (where & inner).any() else np.flatnonzero(where)
    chance = None if liking is None else liking.ravel()[places] / liking.ravel()[places].sum()
    return tuple(int(k) for k in np.unravel_index(rng.choice(places, p=chance), where.shape))


def _rectangle(
    rng: np.random.Generator, shape: tuple[int, int], at: tuple[int, int], sides: tuple[float, float]
) -> np.ndarray:
    """Return (y, x) bool: a turned rectangle whose sides (pixels) are drawn between two numbers."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    turn, (long, short) = rng.uniform(0, np.pi), FINE * rng.uniform(*sides, 2)
    u = np.cos(turn) * (x - at[1]) + np.sin(turn) * (y - at[0])
    v = -np.sin(turn) * (x - at[1]) + np.cos(turn) * (y - at[0])
    return (np.abs(u) <= long / 2) & (np.abs(v) <= short / 2)
