"""Simulated 13-band patches that look like one EuroSAT class, with the pixels that make them so.

A patch is painted on a fine grid from surface spectra (:mod:`eogen.landcover.materials`) and ground plans
(:mod:`eogen.landcover.shapes`), averaged to 10 m, seen through a clear atmosphere and through Sentinel-2's own
sampling: 20 m and 60 m bands are averaged to their native pixel and interpolated back, and every band has noise.

The *evidence* is where the class is: the road's or the river's pixels, or, for the classes that fill a scene, the
part of the patch covered by it, 40 to 60 %; the rest shows another class, so that an explanation that points
anywhere is wrong half of the time. These pictures are for scoring explanations; they are never shown as real.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.ndimage import zoom

from eogen.errors import InputError
from eogen.landcover.bands import ALL, BANDS, CLASSES
from eogen.landcover.materials import SURFACES, top_of_atmosphere
from eogen.landcover.shapes import Ground, to_pixels

#: Classes that can be simulated: all of EuroSAT's.
LABELS: tuple[str, ...] = CLASSES
#: Noise of one native pixel, reflectance (one standard deviation; of the order of Sentinel-2's SNR at low light).
NOISE = 0.0008
#: A pixel is evidence when at least this part of it is covered by the class (roads are narrower than a pixel).
COVERED = 0.4

Painted = tuple[np.ndarray, np.ndarray]
"""Surface reflectance (band, fine, fine) and boolean evidence (fine, fine)."""


def patch(label: str, seed: int, size: int = 64) -> xr.Dataset:
    """Return one simulated patch; equal arguments give equal patches.

    Args:
        label: one of :data:`LABELS`.
        seed: 0 or more.
        size: side, pixels of 10 m; at least 32.

    Returns:
        Dataset with ``reflectance`` (band = all 13, y, x; top of atmosphere, float32) and boolean ``evidence``
        (y, x); attrs label, seed, origin="simulated", evidence_fraction.

    Raises:
        InputError: ``unknown_class``, ``patch_arguments``.
    """
    if label not in _PAINTERS:
        raise InputError(
            "unknown_class",
            "There is no class {label}; the classes are {known}.",
            label=label,
            known=", ".join(LABELS),
        )
    if seed < 0 or size < 32:
        raise InputError(
            "patch_arguments",
            "A simulated patch needs a seed of 0 or more and a side of at least 32 pixels, not {seed} and {size}.",
            seed=seed,
            size=size,
        )
    rng = np.random.default_rng([LABELS.index(label), seed])
    surface, covered = _PAINTERS[label](Ground(size, rng))
    sunlit = np.float32(1 + 0.06 * np.clip(rng.normal(), -2, 2))
    values = _sensed(top_of_atmosphere(to_pixels(surface) * sunlit, rng), rng)
    evidence = to_pixels(covered.astype(np.float32)) >= COVERED
    facts = {"label": label, "seed": seed, "origin": "simulated"}
    reflectance = xr.DataArray(
        values,
        dims=("band", "y", "x"),
        coords={"band": list(ALL), "y": np.arange(size), "x": np.arange(size)},
        attrs={
            "units": "1",
            "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
            "source": f"simulated {label} {seed}",
            "processing_level": "L1C",
            "georeferenced": False,
            "offset_removed": 0,
            **facts,
        },
    )
    return xr.Dataset(
        {"reflectance": reflectance, "evidence": (("y", "x"), evidence)},
        attrs={**facts, "evidence_fraction": float(evidence.mean())},
    )


def _sensed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sample each band at its native resolution, add noise, and interpolate back to 10 m."""
    out = np.empty_like(image, dtype=np.float32)
    size = image.shape[-1]
    for k, name in enumerate(ALL):
        step = BANDS[name].resolution // 10
        # Whole native pixels: the patch is continued by reflection up to the next multiple of the step.
        more = -size % step
        padded = np.pad(image[k], (0, more), mode="symmetric")
        native = padded.reshape(len(padded) // step, step, -1, step).mean(axis=(1, 3))
        # B10 has a hundredth of the others' signal, and noise to match.
        native = native + rng.normal(0, NOISE * (0.1 if name == "B10" else 1), native.shape)
        fine = zoom(native, step, order=1, mode="nearest", grid_mode=True) if step > 1 else native
        out[k] = np.maximum(fine[:size, :size], 1e-4)
    return out


def _flat(ground: Ground, material: str, contrast: float, length: float = 1.2) -> np.ndarray:
    """Return a textured surface of one material: brightness varies by ``contrast`` (one standard deviation)."""
    return SURFACES[material][:, None, None] * np.exp(contrast * ground.texture(length))


def _mixed(ground: Ground, first: str, second: str, share: float, length: float) -> np.ndarray:
    """Return clumps of ``second`` (``share`` of the area) in ``first``."""
    return np.where(ground.region(share, length), _flat(ground, second, 0.1), _flat(ground, first, 0.1))


def _fields(ground: Ground, materials: tuple[str, ...], width: float, contrast: float = 0.05) -> np.ndarray:
    """Return parcels; each mixes two of ``materials`` in its own proportion and has its own brightness."""
    number, count = ground.parcels(width)
    spectra = np.stack([SURFACES[m] for m in materials])
    pairs = ground.rng.integers(0, len(materials), (count, 2))
    share = ground.rng.beta(0.5, 0.5, (count, 1)).astype(np.float32)
    parcels = spectra[pairs[:, 0]] * share + spectra[pairs[:, 1]] * (1 - share)
    parcels *= ground.rng.normal(1, 0.08, (count, 1)).clip(0.8, 1.2)
    return parcels.T[:, number] * np.exp(contrast * ground.texture(1.5))


def _countryside(ground: Ground) -> np.ndarray:
    """Return fields of many kinds, the background of lines and settlements."""
    materials = ("green_crop", "grass", "grass", "dry_grass", "ripe_crop", "bare_soil")
    return _fields(ground, materials, ground.rng.uniform(9, 14))


def _forest(ground: Ground) -> np.ndarray:
    stand = _mixed(ground, "broadleaf", "conifer", ground.rng.uniform(0.1, 0.7), ground.rng.uniform(2, 6))
    return stand * np.exp(0.12 * ground.texture(0.5))


def _pasture(ground: Ground) -> np.ndarray:
    meadow = _fields(ground, ("grass", "grass", "dry_grass"), ground.rng.uniform(20, 30), 0.06)
    hedges = ground.texture(0.8) > 2.3
    return np.where(hedges, SURFACES["broadleaf"][:, None, None], meadow)


def _part(
    fill: Callable[[Ground], np.ndarray], around: Callable[[Ground], np.ndarray], length: float = 9.0
) -> Callable[[Ground], Painted]:
    """Return a painter that shows ``fill`` in 40 to 60 % of the patch and ``around`` in the rest."""

    def paint(ground: Ground) -> Painted:
        where = ground.region(ground.rng.uniform(0.42, 0.58), length)
        return np.where(where, fill(ground), around(ground)), where

    return paint


def _water(ground: Ground) -> np.ndarray:
    turbid = np.float32(ground.rng.beta(0.8, 1.6))
    spectrum = SURFACES["clear_water"] * (1 - turbid) + SURFACES["turbid_water"] * turbid
    return spectrum[:, None, None] * np.exp(0.05 * ground.texture(12) + 0.04 * ground.texture(0.6))


def _annual_crop(ground: Ground) -> np.ndarray:
    return _fields(ground, ("bare_soil", "ripe_crop", "green_crop", "bare_soil"), ground.rng.uniform(10, 18))


def _permanent_crop(ground: Ground) -> np.ndarray:
    """Return narrow parcels planted in rows: plants over soil or grass, each parcel with its own direction."""
    number, count = ground.parcels(ground.rng.uniform(7, 11), 2.2)
    out = np.empty((len(ALL), *number.shape), dtype=np.float32)
    base = ground.rng.uniform(0, np.pi)
    for parcel in range(count):
        angle = base + ground.rng.choice((0.0, np.pi / 2)) + ground.rng.normal(0, 0.1)
        rows = ground.rows(ground.rng.uniform(2.6, 4.0), angle) * ground.rng.uniform(0.4, 0.9)
        soil = SURFACES[str(ground.rng.choice(("bare_soil", "dry_grass")))]
        plant = SURFACES[str(ground.rng.choice(("shrub", "broadleaf")))]
        inside = number == parcel
        planted = rows[inside]
        out[:, inside] = plant[:, None] * planted + soil[:, None] * (1 - planted)
    return out * np.exp(0.06 * ground.texture(0.7))


def _herbaceous(ground: Ground) -> np.ndarray:
    moor = _mixed(ground, "dry_grass", "shrub", ground.rng.uniform(0.3, 0.6), ground.rng.uniform(1.5, 3.5))
    return moor * np.exp(0.08 * ground.texture(3.0))


def _residential(ground: Ground) -> np.ndarray:
    streets, roof = ground.buildings((2.4, 3.0), (0.45, 0.75), 0.85, 4)
    out = _mixed(ground, "grass", "broadleaf", 0.35, 0.7) * 0.8
    for kind, material in enumerate(("red_tiles", "red_tiles", "concrete", "dark_roof")):
        out = np.where(roof == kind, SURFACES[material][:, None, None], out)
    out = np.where(streets, SURFACES["asphalt"][:, None, None], out)
    return out * np.exp(0.12 * ground.texture(0.5))


def _industrial(ground: Ground) -> np.ndarray:
    width = ground.rng.uniform(9, 14)
    streets, roof = ground.buildings((width, width * 0.7), (0.45, 0.9), 0.85, 4)
    out = _mixed(ground, "asphalt", "dry_grass", 0.3, 1.5)
    for kind, material in enumerate(("metal_roof", "concrete", "dark_roof", "concrete")):
        out = np.where(roof == kind, SURFACES[material][:, None, None], out)
    out = np.where(streets, SURFACES["asphalt"][:, None, None], out)
    return out * np.exp(0.08 * ground.texture(0.8))


def _river(ground: Ground) -> Painted:
    distance = ground.distance_to_curve(ground.rng.uniform(4, 9), ground.rng.uniform(45, 80))
    half = ground.rng.uniform(3, 8) / 2 * (1 + 0.1 * ground.texture(8))
    trees = distance < half + ground.rng.uniform(2, 4) * (1 + 0.5 * ground.texture(3))
    banks = distance < half + 0.5
    image = np.where(trees, _forest(ground), _countryside(ground))
    image = np.where(banks, _flat(ground, "gravel", 0.1), image)
    water = distance < half
    return np.where(water, _water(ground), image), water


def _highway(ground: Ground) -> Painted:
    distance = ground.distance_to_curve(ground.rng.uniform(0, 3), ground.rng.uniform(90, 160))
    half = ground.rng.uniform(1, 3) / 2
    verge = distance < half + 0.6
    image = np.where(verge, _flat(ground, "dry_grass", 0.08), _countryside(ground))
    road = distance < half
    surface = _flat(ground, str(ground.rng.choice(("asphalt", "concrete"))), 0.05)
    return np.where(road, surface, image), road


_PAINTERS: dict[str, Callable[[Ground], Painted]] = {
    "AnnualCrop": _part(_annual_crop, _forest),
    "Forest": _part(_forest, _pasture),
    "HerbaceousVegetation": _part(_herbaceous, _forest),
    "Highway": _highway,
    "Industrial": _part(_industrial, _pasture, 12.0),
    "Pasture": _part(_pasture, _forest),
    "PermanentCrop": _part(_permanent_crop, _forest, 12.0),
    "Residential": _part(_residential, _pasture, 12.0),
    "River": _river,
    "SeaLake": _part(_water, _countryside, 14.0),
}
