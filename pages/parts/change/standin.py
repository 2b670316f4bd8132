"""Small stand-ins for what is on its way into eogen.change; each is replaced by the import of the real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine
from rasterio.crs import CRS
from scipy.ndimage import find_objects, gaussian_filter, label
from scipy.stats import norm

from eogen.change.stack import pixel_area, stack

BANDS = ("blue", "green", "red", "nir", "swir")
KINDS = ("flood", "fire", "clear_cut", "building", "season", "illumination", "misregistration", "none")
#: Reflectance of materials in BANDS.
MATERIAL = {
    "water": (0.05, 0.05, 0.04, 0.03, 0.02), "forest": (0.025, 0.045, 0.03, 0.32, 0.13),
    "soil": (0.08, 0.11, 0.16, 0.24, 0.30), "roof": (0.20, 0.19, 0.24, 0.27, 0.26),
    "road": (0.12, 0.12, 0.13, 0.15, 0.17), "burnt": (0.035, 0.04, 0.05, 0.07, 0.14),
    "crop": (0.04, 0.08, 0.05, 0.40, 0.19), "stubble": (0.07, 0.10, 0.14, 0.26, 0.28),
}  # fmt: skip


def noise(rng: np.random.Generator, size: int, width: float) -> np.ndarray:
    found = gaussian_filter(rng.standard_normal((size, size)), width, mode="wrap")
    return found / found.std()


def territory(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return reflectance (band, y, x) and class (y, x): 0 field, 1 forest, 2 water, 3 town."""
    y, x = np.mgrid[:size, :size]
    turn = rng.uniform(-0.4, 0.4)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    u, v = u + 2 * noise(rng, size, 14), v + 2 * noise(rng, size, 14)
    seeds = rng.uniform(-0.3 * size, 1.3 * size, (2, 110))
    distance = np.abs(u[..., None] - seeds[0]) * 0.8 + np.abs(v[..., None] - seeds[1])
    field = distance.argmin(-1)
    ripe = rng.beta(1.2, 1.2, 110)[field]
    crop, stubble = (np.array(MATERIAL[k])[:, None, None] for k in ("crop", "stubble"))
    land = crop * ripe + stubble * (1 - ripe)
    land = land * (1 + 0.05 * np.sin(v * 1.4) * (rng.random(110) < 0.4)[field])
    kind = np.zeros((size, size), int)
    hills = noise(rng, size, size / 10)
    kind[hills > 0.75] = 1
    course = size * (0.3 + 0.4 * rng.random()) + size / 8 * np.sin(x[0] / size * rng.uniform(3, 6) + rng.uniform(0, 6))
    kind[np.abs(y - course[None]) < size / 60 + 1.2] = 2
    middle = rng.uniform(0.25, 0.75, 2) * size
    town = (np.hypot(y - middle[0], x - middle[1]) < size / 7) & (kind == 0)
    roads = (np.abs(u - u[int(middle[0]), int(middle[1])]) < 0.9) | (np.abs(v - v[int(middle[0]), int(middle[1])]) < 0.9)
    streets = town & ((u % 13 < 1.6) | (v % 11 < 1.6))
    roof = town & (u % 13 > 3.5) & (u % 13 < 11) & (v % 11 > 3.5) & (v % 11 < 9)
    for mask, name in ((kind == 1, "forest"), (town, "crop"), (roof, "roof"), (streets | (roads & (kind != 1)), "road"),
                       (kind == 2, "water")):  # fmt: skip
        land = np.where(mask, np.array(MATERIAL[name])[:, None, None], land)
    kind[town] = 3
    rough = 1 + 0.10 * noise(rng, size, 0.6) * (kind == 1) + 0.03 * noise(rng, size, 1.0)
    return np.clip(land * rough, 0.005, 0.9), kind


def blob(rng: np.random.Generator, size: int, at: tuple[int, int], radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    return np.hypot(y - at[0], x - at[1]) + radius * 0.25 * noise(rng, size, max(radius / 2, 1)) < radius


def put(rng: np.random.Generator, land: np.ndarray, mask: np.ndarray, name: str, share: float = 1.0) -> np.ndarray:
    new = np.array(MATERIAL[name])[:, None, None] * (1 + 0.04 * noise(rng, land.shape[1], 1.0))
    return np.where(mask, share * new + (1 - share) * land, land)


def light(rng: np.random.Generator, land: np.ndarray, kind: np.ndarray, season: float) -> np.ndarray:
    """Return the land on another day: other light, other crops."""
    size = land.shape[1]
    gain = 1 + 0.08 * rng.standard_normal() + 0.04 * noise(rng, size, size / 4)
    ripen = np.array([0.15, 0.12, 0.35, -0.22, 0.12])[:, None, None] * season
    wave = np.clip(1 + 0.35 * noise(rng, size, 9), 0.3, 1.7)
    moved = land * (1 + ripen * wave * np.isin(kind, (0, 1)) * np.where(kind == 1, 0.5, 1))
    return np.clip(moved * gain + 0.006 * rng.standard_normal() + 0.004 * rng.standard_normal(land.shape), 0.003, 1)


def _made(before, after, changed, title, size, seed):  # noqa: ANN001, ANN202
    return stack(
        np.stack([before, after]).astype(np.float32), BANDS, times=["2021-05-12", "2022-09-20"],
        crs=CRS.from_epsg(32631), transform=Affine(10, 0, 430_000, 0, -10, 4_700_000), label=changed.astype(np.int8),
        kind="simulated", dataset="simulated", title=title, licence="", source=f"{title}-{seed}", sensor="unknown",
        units="1",
    )  # fmt: skip


def simulate(kind: str, seed: int, size: int = 192) -> xr.DataArray:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    land, what = territory(rng, size)
    after, changed = land, np.zeros((size, size), bool)
    if kind in ("flood", "fire", "clear_cut", "building"):
        on = {"flood": 2, "fire": 1, "clear_cut": 1, "building": 0}[kind]
        name = {"flood": "water", "fire": "burnt", "clear_cut": "soil", "building": "roof"}[kind]
        places = np.argwhere(what == on)
        for _ in range(6 if kind == "building" else 2):
            at = tuple(places[rng.integers(len(places))])
            radius = 3 if kind == "building" else size / 9
            changed |= blob(rng, size, at, radius) & ((what == on) | (kind in ("flood", "building")))
        after = put(rng, land, changed, name)
    if kind == "misregistration":
        after = np.roll(land, (1, 1), (1, 2))
    season = 1.0 if kind != "none" else 0.0
    return _made(
        light(rng, land, what, 0), light(rng, after, what, season if kind == "season" else 0.4 * season),
        changed & (what >= 0), kind, size, seed,
    )  # fmt: skip


def sequence(seed: int, dates: int = 12, size: int = 128) -> xr.DataArray:
    rng = np.random.default_rng([seed, 99])
    land, what = territory(rng, size)
    days = np.datetime64("2021-02-10") + np.arange(dates) * np.timedelta64(45, "D")
    cut = blob(rng, size, tuple(np.argwhere(what == 1)[500]), size / 8) & (what == 1)
    frames = []
    for k, day in enumerate(days):
        season = np.sin(2 * np.pi * ((day - np.datetime64("2021-05-01")).astype(int) / 365))
        there = put(rng, land, cut, "soil") if k >= dates * 2 // 3 else land
        frames.append(light(rng, there, what, 0.6 * season))
    return stack(
        np.stack(frames).astype(np.float32), BANDS, times=days, crs=CRS.from_epsg(32631),
        transform=Affine(10, 0, 430_000, 0, -10, 4_700_000), label=cut.astype(np.int8), kind="simulated",
        dataset="simulated", title="sequence", licence="", source=f"sequence-{seed}", sensor="unknown", units="1",
    )  # fmt: skip


@dataclass(frozen=True)
class Usual:
    median: float
    spread: float
    own: bool


def self_usual(found: xr.Dataset) -> Usual:
    return usual([found], True)


def usual(maps: list[xr.Dataset], own: bool = False) -> Usual:
    values = np.concatenate([m.nll.values[np.isfinite(m.nll.values)] for m in maps])
    median = float(np.median(values))
    above = np.percentile(values, 84.1) - median
    return Usual(median, float(above) or 1.0, own)


def p_values(found: xr.Dataset, known: Usual) -> xr.Dataset:
    z = (found.nll.values - known.median) / known.spread
    p = np.where(np.isfinite(z), norm.sf(z / 1.2), np.nan).astype(np.float32)
    return found.assign(p_value=(("y", "x"), p)).assign_attrs(self_calibrated=int(known.own))


def threshold(known: Usual, rate: float) -> float:
    return float(known.median + 1.2 * known.spread * norm.isf(rate))


def objects(found: xr.Dataset, rate: float, least_pixels: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    p = found.p_value.values
    named, count = label(np.nan_to_num(p, nan=1.0) <= rate)
    area = pixel_area(found.p_value)
    rows, kept = [], np.zeros(named.shape, np.int32)
    score = -np.log10(np.maximum(p, 1e-12))
    for k, where in enumerate(find_objects(named), 1):
        inside = named[where] == k
        if inside.sum() < least_pixels:
            continue
        number = len(rows) + 1
        kept[where][inside] = number
        y, x = np.nonzero(inside)
        rows.append({
            "id": number, "area_m2": None if area is None else float(area[where][inside].sum()),
            "pixels": int(inside.sum()), "mean": float(score[where][inside].mean()),
            "peak": float(score[where][inside].max()), "row": float(y.mean() + where[0].start),
            "column": float(x.mean() + where[1].start), "top": where[0].start, "bottom": where[0].stop,
            "left": where[1].start, "right": where[1].stop,
        })  # fmt: skip
    return pd.DataFrame(rows), kept


#: Kind of difference -> (material it becomes, class it stands on, radius in parts of the side: least, most).
PLANTED = {
    "flood": ("water", 2, 0.055, 0.075), "fire": ("burnt", 1, 0.06, 0.09), "clear_cut": ("soil", 1, 0.05, 0.075),
    "hall": ("roof", 0, 0.022, 0.03), "house": ("roof", 0, 0.012, 0.016), "pond": ("water", 0, 0.03, 0.045),
    "quarry": ("soil", 0, 0.04, 0.06), "road": ("road", 0, 0.0, 0.0), "grove": ("forest", 0, 0.035, 0.05),
    "gone": ("crop", 3, 0.035, 0.045),
}  # fmt: skip


def seven(seed: int, size: int = 224, count: int = 7) -> xr.DataArray:
    """Return a pair with so many differences; ``difference`` (y, x) numbers them, the attribute ``kinds`` names them."""
    rng = np.random.default_rng([seed, 7])
    land, what = territory(rng, size)
    after, number, kinds = land, np.zeros((size, size), np.int8), []
    edge = int(0.07 * size)
    inside = np.zeros((size, size), bool)
    inside[edge:-edge, edge:-edge] = True
    order = list(rng.permutation(list(PLANTED)))
    for kind in order * 3:
        if len(kinds) == count:
            break
        if kind in kinds and len(set(kinds)) < len(PLANTED) - 2:
            continue
        name, on, least, most = PLANTED[kind]
        free = inside & (gaussian_filter((number > 0).astype(float), 0.05 * size) < 1e-3)
        places = np.argwhere(free & (what == on))
        for _ in range(20 if len(places) else 0):
            at = places[rng.integers(len(places))]
            if kind == "road":
                turn, length = rng.uniform(0, np.pi), rng.uniform(0.14, 0.2) * size
                y, x = np.mgrid[:size, :size]
                u = (x - at[1]) * np.cos(turn) + (y - at[0]) * np.sin(turn)
                v = (y - at[0]) * np.cos(turn) - (x - at[1]) * np.sin(turn) + 2 * np.sin(u / 9)
                mask = (np.abs(u) < length / 2) & (np.abs(v) < 1.4)
            elif kind in ("hall", "house"):
                turn, half = rng.uniform(0, np.pi), rng.uniform(least, most) * size
                y, x = np.mgrid[:size, :size]
                u = (x - at[1]) * np.cos(turn) + (y - at[0]) * np.sin(turn)
                v = (y - at[0]) * np.cos(turn) - (x - at[1]) * np.sin(turn)
                mask = (np.abs(u) < half * 1.5) & (np.abs(v) < half)
            else:
                mask = blob(rng, size, tuple(at), rng.uniform(least, most) * size)
            mask &= (what != 2) if kind == "flood" else (what == on)
            far = free[mask].all() if mask.any() else False
            if far and mask.sum() >= 25:
                after = put(rng, after, mask, name)
                kinds.append(kind)
                number[mask] = len(kinds)
                break
    made = _made(
        light(rng, land, what, 0), light(rng, after, what, 0.8 * rng.choice([-1, 1])), number > 0, "seven", size, seed
    )
    return made.assign_coords(difference=(("y", "x"), number)).assign_attrs(kinds=",".join(kinds))
