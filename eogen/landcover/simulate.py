"""Simulated 13-band patches that look like one EuroSAT class, with the pixels that make them so.

A patch is painted on a fine grid from surface spectra (:mod:`eogen.landcover.materials`) and ground plans
(:mod:`eogen.landcover.shapes`), averaged to 10 m, and seen through a clear atmosphere and Sentinel-2's own
optics and sampling: 20 m and 60 m bands are averaged to their native pixel and interpolated back, and every
band has noise.

The *evidence* is where the class is: the road's or the river's pixels, or, for the classes that fill a scene,
the part of the patch covered by it, 50 to 60 %; the rest shows another class, so that an explanation that
points anywhere is wrong half of the time. The pictures are for scoring explanations; never show them as real.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter, zoom

from eogen.errors import InputError
from eogen.landcover.bands import ALL, BANDS, CLASSES
from eogen.landcover.materials import SURFACES, top_of_atmosphere
from eogen.landcover.shapes import Ground, to_pixels

#: Classes that can be simulated: all of EuroSAT's.
LABELS: tuple[str, ...] = CLASSES
#: Noise of one native pixel, reflectance (one standard deviation; of the order of Sentinel-2's).
NOISE = 0.0008
#: Blur of optics and of the release's resampling, pixels of 10 m (one standard deviation); with the pixel's
#: own extent the transfer at half a cycle per pixel is 0.19, about that of the instrument.
BLUR = 0.5
#: A pixel is evidence when at least this part of it is covered by the class (roads are about a pixel wide).
COVERED = 0.4

Painted = tuple[np.ndarray, np.ndarray]
"""Surface reflectance (band, fine, fine) and boolean evidence (fine, fine)."""


def patch(label: str, seed: int, size: int = 64, *, share: float | None = None) -> xr.Dataset:
    """Return one simulated patch; equal arguments give equal patches.

    Args:
        label: one of :data:`LABELS`.
        seed: 0 or more.
        size: side, pixels of 10 m; at least 32.
        share: part of the patch (0.2 to 1) that a scene-filling class covers; drawn from 0.5 to 0.6 when
            None. Rivers and highways have their own width.

    Returns:
        Dataset with ``reflectance`` (band = all 13, y, x; top of atmosphere, float32) and boolean
        ``evidence`` (y, x); attrs label, seed, origin="simulated", evidence_fraction.

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
    if seed < 0 or size < 32 or not 0.2 <= (0.2 if share is None else share) <= 1:
        raise InputError(
            "patch_arguments",
            "A simulated patch needs a seed of 0 or more, a side of at least 32 pixels and a share from 0.2 "
            "to 1; {seed}, {size} and {share} were given.",
            seed=seed,
            size=size,
            share=share,
        )
    rng = np.random.default_rng([LABELS.index(label), seed])
    drawn = rng.uniform(0.5, 0.6)
    surface, covered = _PAINTERS[label](Ground(size, rng), drawn if share is None else share)
    sunlit = np.float32(1 + 0.06 * np.clip(rng.normal(), -2, 2))
    ground = gaussian_filter(to_pixels(surface) * sunlit, (0, BLUR, BLUR), mode="nearest")
    values = _sensed(top_of_atmosphere(ground, rng), rng)
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
    """Return a textured surface of one material; ``contrast`` is the spread of its log brightness."""
    return SURFACES[material][:, None, None] * np.exp(contrast * ground.texture(length))


def _mixed(ground: Ground, first: str, second: str, share: float, length: float) -> np.ndarray:
    """Return ``first`` with soft clumps of ``second``, ``share`` of the area."""
    field = ground.texture(length)
    weight = 1 / (1 + np.exp(-3 * (field - np.quantile(field, 1 - share))))
    return _flat(ground, second, 0.1) * weight + _flat(ground, first, 0.1) * (1 - weight)


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
    number, count = ground.parcels(ground.rng.uniform(14, 24), 1.5, 0.25)
    dryness = (ground.rng.beta(0.8, 1.6, count) * 0.8).astype(np.float32)[number]
    meadow = SURFACES["grass"][:, None, None] * (1 - dryness) + SURFACES["dry_grass"][:, None, None] * dryness
    light = np.exp(0.06 * ground.texture(1.5) + 0.1 * ground.texture(5))
    # Hedges along half of the parcels' borders, a pixel wide.
    border = (maximum_filter(number, 4) != minimum_filter(number, 4)) & (ground.texture(4) > 0)
    return np.where(border, SURFACES["broadleaf"][:, None, None], meadow * light)


def _part(
    fill: Callable[[Ground], np.ndarray], around: Callable[[Ground], np.ndarray], length: float = 9.0
) -> Callable[[Ground, float], Painted]:
    """Return a painter that shows ``fill`` in a given share of the patch and ``around`` in the rest."""

    def paint(ground: Ground, share: float) -> Painted:
        where = ground.region(share, length)
        return np.where(where, fill(ground), around(ground)), where

    return paint


def _water(ground: Ground) -> np.ndarray:
    turbid = np.float32(ground.rng.beta(0.8, 1.6))
    spectrum = SURFACES["clear_water"] * (1 - turbid) + SURFACES["turbid_water"] * turbid
    return spectrum[:, None, None] * np.exp(0.05 * ground.texture(12) + 0.04 * ground.texture(0.6))


def _annual_crop(ground: Ground) -> np.ndarray:
    return _fields(ground, ("bare_soil", "ripe_crop", "green_crop", "bare_soil"), ground.rng.uniform(10, 18))


def _permanent_crop(ground: Ground) -> np.ndarray:
    """Return narrow parcels planted in rows over soil or grass, each with its own direction and spacing."""
    rng = ground.rng
    number, count = ground.parcels(rng.uniform(7, 11), 2.2)
    angle = rng.uniform(0, np.pi) + rng.choice((0.0, np.pi / 2), count) + rng.normal(0, 0.1, count)
    rows = ground.rows(rng.uniform(2.6, 4.0, count)[number], angle[number])
    planted = (rng.uniform(0.3, 0.9, count)[number] * rows).astype(np.float32)
    soils = np.stack([SURFACES["bare_soil"], SURFACES["dry_grass"], SURFACES["ripe_crop"]])
    plants = np.stack([SURFACES["shrub"], SURFACES["broadleaf"]])
    soil = soils[rng.integers(0, len(soils), count)].T[:, number]
    plant = plants[rng.integers(0, len(plants), count)].T[:, number]
    return (plant * planted + soil * (1 - planted)) * np.exp(0.06 * ground.texture(0.7))


def _herbaceous(ground: Ground) -> np.ndarray:
    moor = _mixed(ground, "dry_grass", "shrub", ground.rng.uniform(0.3, 0.6), ground.rng.uniform(1.5, 3.5))
    return moor * np.exp(0.08 * ground.texture(3.0))


def _residential(ground: Ground) -> np.ndarray:
    streets, roof = ground.buildings((2.6, 3.2), (0.4, 0.7), 0.85, 4)
    out = _mixed(ground, "grass", "broadleaf", 0.35, 0.7) * 0.8
    for kind, material in enumerate(("red_tiles", "red_tiles", "dark_roof", "concrete")):
        out = np.where(roof == kind, SURFACES[material][:, None, None], out)
    out = np.where(streets, SURFACES["asphalt"][:, None, None], out)
    return out * np.exp(0.1 * ground.texture(0.5) + 0.15 * ground.texture(4))


def _industrial(ground: Ground) -> np.ndarray:
    width = ground.rng.uniform(9, 14)
    streets, roof = ground.buildings((width, width * 0.7), (0.45, 0.9), 0.85, 4)
    out = _mixed(ground, "asphalt", "dry_grass", 0.3, 1.5)
    for kind, material in enumerate(("metal_roof", "concrete", "dark_roof", "asphalt")):
        out = np.where(roof == kind, SURFACES[material][:, None, None], out)
    out = np.where(streets, SURFACES["asphalt"][:, None, None], out)
    return out * np.exp(0.08 * ground.texture(0.8))


def _river(ground: Ground, share: float) -> Painted:
    distance = ground.distance_to_curve(ground.rng.uniform(4, 9), ground.rng.uniform(45, 80))
    half = ground.rng.uniform(3, 12) / 2 * (1 + 0.1 * ground.texture(8))
    trees = distance < half + ground.rng.uniform(2, 4) * (1 + 0.5 * ground.texture(3))
    banks = distance < half + 0.5
    image = np.where(trees, _forest(ground), _countryside(ground))
    bank = str(ground.rng.choice(("gravel", "dry_grass", "shrub")))
    image = np.where(banks, _flat(ground, bank, 0.1), image)
    water = distance < half
    return np.where(water, _water(ground), image), water


def _highway(ground: Ground, share: float) -> Painted:
    distance = ground.distance_to_curve(ground.rng.uniform(0, 3), ground.rng.uniform(90, 160))
    half = ground.rng.uniform(1, 3) / 2
    verge = distance < half + 0.6
    image = np.where(verge, _flat(ground, "dry_grass", 0.08), _countryside(ground))
    road = distance < half
    surface = _flat(ground, str(ground.rng.choice(("asphalt", "concrete"))), 0.05)
    return np.where(road, surface, image), road


_PAINTERS: dict[str, Callable[[Ground, float], Painted]] = {
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
