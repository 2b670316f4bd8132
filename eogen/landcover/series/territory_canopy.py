"""What parcels of the simulated territory reflect on a day: the laws, each parcel's own draws, and PROSAIL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.special import expit, ndtr

from eogen.canopy.likelihood import bands
from eogen.canopy.sensors import BANDS
from eogen.canopy.space import INFERRED
from eogen.landcover.bands import ALL
from eogen.landcover.materials import SURFACES
from eogen.landcover.series.territory_laws import LAWS, LEAF, Growth, Law, window

#: Reflectance of yellow petals where they differ from leaves: this project's round numbers, held by a test to the
#: rise of red in April over real rapeseed.
PETALS: Mapping[str, float] = {"B02": 0.05, "B03": 0.30, "B04": 0.28, "B05": 0.40}
#: Leaf area (m2/m2) of the weeds that grow everywhere, all year.
WEEDS = 0.1
#: Growths a law may have, and places of a parcel's draws: for each growth its rise, end, leaf area and chance.
MOST = 4
_REST = ("cab", "cw", "ala", "psoil", "rsoil", "early", "late", "light", "m0", "m1", "m2", "m3")
NORMALS = 4 * MOST + len(_REST)
_AT = {name: 4 * MOST + k for k, name in enumerate(_REST)}


@dataclass(frozen=True)
class Parcels:
    """Parcels as they were drawn; two sets of equal ``normal`` differ by their laws only.

    Attributes:
        kind: (n,) names of classes.
        normal: (n, NORMALS) standard normal draws.
        harvest_shift: days by which every crop's harvest is moved; what is sown after it waits.
    """

    kind: np.ndarray
    normal: np.ndarray
    harvest_shift: float = 0.0


@dataclass(frozen=True)
class Year:
    """The days on which the territory is seen.

    Attributes:
        day: (t,) of the year.
        dry: (t,) how much drier than its average the soil is, on the scale of ``psoil`` (0-1).
    """

    day: np.ndarray
    dry: np.ndarray


def draw(rng: np.random.Generator, kind: np.ndarray, farm: np.ndarray) -> Parcels:
    """Return parcels; those of one farm share half the variance of every draw."""
    own = rng.standard_normal((len(kind), NORMALS))
    shared = rng.standard_normal((int(farm.max(initial=-1)) + 1, NORMALS))[farm]
    # Cut: a parcel five deviations late would be in another season.
    return Parcels(np.asarray(kind), np.clip(np.sqrt(0.5) * (own + shared), -2.2, 2.2))


def year(rng: np.random.Generator, day: np.ndarray) -> Year:
    """Return days with a wet winter, a dry summer, and rain that dries off between them."""
    season = -0.22 * np.cos(2 * np.pi * (day - 20) / 365.25)
    wet = np.zeros(len(day))
    for k in range(len(day)):
        gap = float(day[k] - day[k - 1]) if k else 365.0
        wet[k] = np.exp(-abs(gap) / 6) * (wet[k - 1] if k else 0) + (rng.random() < 0.3) * rng.uniform(0, 0.3)
    return Year(np.asarray(day, float), season - np.minimum(wet, 0.4) + 0.05)


def dates(held: Parcels) -> dict[str, np.ndarray]:
    """Return ``emergence``, ``ripening`` and ``harvest`` (n,), days of the year; NaN where the class has none."""
    found = {name: np.full(len(held.kind), np.nan) for name in ("emergence", "ripening", "harvest")}
    for name in np.unique(held.kind):
        here = held.kind == name
        law = LAWS[str(name)]
        for k, row in enumerate(law.growths):
            if row.crop:
                rise, ripe, end = _days(law, k, held.normal[here], held.harvest_shift)
                for key, value, limit in (
                    ("emergence", rise, row.rise), ("ripening", ripe, row.ripe), ("harvest", end, row.end),
                ):  # fmt: skip
                    found[key][here] = np.where(-60 < limit < 400, value, np.nan)
    return found


def reflectance(held: Parcels, seen: Year, vigour: float = 0.0) -> np.ndarray:
    """Return surface reflectance (n, t, 10) float32 without noise, in the order of ``eogen.canopy.sensors.BANDS``.

    Args:
        held: parcels.
        seen: days.
        vigour: how much better than its parcel's average a place grows (standard deviations).
    """
    out = np.empty((len(held.kind), len(seen.day), len(BANDS)), np.float32)
    for name in np.unique(held.kind):
        here = held.kind == name
        out[here] = _of_law(LAWS[str(name)], held.normal[here], seen, vigour, held.harvest_shift)
    return out


def leaf_area(held: Parcels, seen: Year) -> np.ndarray:
    """Return the leaf area index (n, t) of what grows, dry leaves with it."""
    out = np.zeros((len(held.kind), len(seen.day)), np.float32)
    for name in np.unique(held.kind):
        here = held.kind == name
        law = LAWS[str(name)]
        out[here] = _canopy(law, held.normal[here], seen, 0.0, held.harvest_shift)["lai"] * (law.planted > 0)
    return out


def _of_law(law: Law, normal: np.ndarray, seen: Year, vigour: float, shift: float) -> np.ndarray:
    shape = (len(normal), len(seen.day), len(BANDS))
    out = np.zeros(shape)
    if law.planted:
        canopy = _canopy(law, normal, seen, vigour, shift)
        theta = np.stack([np.broadcast_to(canopy[name], shape[:2]).ravel() for name in INFERRED], 1)
        sun = np.broadcast_to(zenith(seen.day), shape[:2]).ravel()
        angles = np.stack([sun, np.full(sun.size, 5.0), np.full(sun.size, 118.0)], 1)
        with torch.inference_mode():
            green = bands(torch.from_numpy(theta).float(), torch.from_numpy(angles).float())
        green = green.numpy().reshape(shape).astype(float) * law.shade
        if "petals" in canopy:
            for band, value in PETALS.items():
                k = BANDS.index(band)
                green[..., k] += canopy["petals"] * (value - green[..., k])
        if law.gaps:
            psoil, rsoil = canopy["psoil"][..., None], canopy["rsoil"][..., None]
            dry, wet = _soils()
            green = (1 - law.gaps) * green + law.gaps * rsoil * (psoil * dry + (1 - psoil) * wet)
        out += law.planted * green
    if law.materials:
        ends = np.array(list(law.materials.values()))
        places = [_AT["m0"] + k for k in range(len(ends))]
        share = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * ndtr(normal[:, places])
        share /= share.sum(1, keepdims=True)
        spectra = np.stack([SURFACES[m] for m in law.materials])[:, [ALL.index(b) for b in BANDS]]
        light = np.exp(0.12 * normal[:, _AT["light"]] + 0.06 * vigour)[:, None]
        out += (1 - law.planted) * (light * (share @ spectra))[:, None]
    return out.astype(np.float32)


@lru_cache(maxsize=1)
def _soils() -> np.ndarray:
    """Return the dry and the wet soil in the bands (2, 10): the canopy model without leaves."""
    theta = torch.tensor([[LEAF.get(name, 0.0) for name in INFERRED]] * 2)
    theta[:, INFERRED.index("rsoil")] = 1.0
    theta[:, INFERRED.index("psoil")] = torch.tensor([1.0, 0.0])
    with torch.inference_mode():
        return bands(theta, torch.tensor([[45.0, 5.0, 118.0]])).numpy().astype(float)


def zenith(day: np.ndarray) -> np.ndarray:
    """Return the sun's zenith angle (degrees) half past ten in mid-France: 24 in June, 66 in December."""
    return 45.0 + 21.0 * np.cos(2 * np.pi * (np.asarray(day) - 355) / 365.25)


def _days(law: Law, k: int, normal: np.ndarray, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rise, ripening and end (n,) of a law's growth."""
    row: Growth = law.growths[k]
    rise = row.rise + row.late * normal[:, k]
    ripe = row.ripe + row.late * normal[:, k]
    end = np.maximum(row.end + row.spread * normal[:, MOST + k], np.where(row.ripe < 400, ripe + 5, -999))
    if row.crop and row.end < 400:
        end = end + shift
    crop = next((j for j, each in enumerate(law.growths) if each.crop), k)
    if k > crop and row.rise > law.growths[crop].end:
        # What follows the crop waits for its harvest.
        waits = np.maximum(rise, _days(law, crop, normal, shift)[2] + 12)
        rise, end = waits, end + (waits - rise)
    return rise, ripe, end


def _canopy(law: Law, normal: np.ndarray, seen: Year, vigour: float, shift: float) -> dict[str, np.ndarray]:
    """Return the canopy variables of :data:`INFERRED`, each (n, t) or (n, 1), and ``petals`` if it ever flowers."""
    day = seen.day[None]
    total, dry = np.full((len(normal), len(seen.day)), WEEDS), np.zeros((len(normal), len(seen.day)))
    for k, row in enumerate(law.growths):
        rise, ripe, end = (each[:, None] for each in _days(law, k, normal, shift))
        ripened = expit((day - ripe) / 5)
        has = ndtr(normal[:, 3 * MOST + k]) < row.chance
        peak = row.peak * np.exp(row.uneven * normal[:, 2 * MOST + k]) * has
        area = peak[:, None] * expit((day - rise) / row.pace) * expit((end - day) / row.ending)
        area = area * (1 - 0.4 * ripened)  # dried leaves shrink
        total, dry = total + area, dry + area * ripened
    part = dry / total
    leaf = {**LEAF, **law.leaf}
    of = {
        name: normal[:, _AT[name], None] for name in ("cab", "cw", "ala", "psoil", "rsoil", "early", "late")
    }
    found = {
        "n": np.full((1, 1), leaf["n"]),
        "cab": leaf["cab"] * np.exp(0.10 * of["cab"] + 0.04 * vigour) * (1 - 0.75 * part),
        "car": leaf["car"] * (1 - 0.5 * part),
        "cbrown": leaf["cbrown"] + 1.1 * part,
        "cw": leaf["cw"] * np.exp(0.10 * of["cw"]) * (1 - 0.7 * part),
        "cm": np.full((1, 1), leaf["cm"]),
        "lai": np.minimum(total * np.exp(0.18 * vigour), 9.0),
        "ala": leaf["ala"] + 3.0 * of["ala"],
        "hspot": np.full((1, 1), leaf["hspot"]),
        "psoil": np.clip(leaf["psoil"] + 0.1 * of["psoil"] + seen.dry[None], 0, 1),
        "rsoil": leaf["rsoil"] * np.exp(0.16 * of["rsoil"] + 0.05 * vigour),
    }
    for event in law.events:
        felt = window(event, day, ndtr(of["early"]), ndtr(of["late"]))
        for name, factor in event.changes.items():
            if name == "petals":
                found[name] = factor * felt
            else:
                found[name] = found[name] * (1 + (factor - 1) * felt)
    return found
