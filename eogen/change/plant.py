"""A change painted by hand into the second date of a pair, real or simulated."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.change.covers import SPECTRA
from eogen.change.scene import WAVELENGTH
from eogen.change.sensors import common
from eogen.change.stack import both_valid
from eogen.errors import InputError

#: What is painted: materials of :data:`eogen.change.covers.SPECTRA`, mixed.
PAINTS: dict[str, tuple[str, ...]] = {
    "building": ("bright_roof", "tile"), "flood": ("muddy_water",), "fire": ("burnt",), "clear_cut": ("slash", "soil"),
}  # fmt: skip
#: What any band can be made, whatever it sees: this many robust deviations of the scene above or below its median.
SHIFTS = {"brighter": 3.0, "darker": -2.0}
KINDS = (*PAINTS, *SHIFTS)
#: What the paints are told from: the ground around them in a usual scene, and how much it varies (reflectance).
AROUND = ("leaves", "grass", "soil", "broadleaf", "straw")
#: Middle of each colour (um): spectra are read between the bands of the table on straight lines.
MICROMETRES = {
    "coastal": 0.443, "blue": 0.49, "green": 0.56, "red": 0.665, "rededge1": 0.705, "rededge2": 0.74, "rededge3": 0.783,
    "nir": 0.842, "nir_narrow": 0.865, "vapour": 0.945, "cirrus": 1.375, "swir": 1.61, "swir2": 2.19,
}  # fmt: skip
#: Blur of the edges (pixels) and texture of the paint (robust deviations of the scene).
EDGE, TEXTURE = 0.4, 0.15


def plant(
    images: xr.DataArray, mask: np.ndarray, kind: str = "building", contrast: float = 1.0, seed: int = 0
) -> xr.DataArray:
    """Return a pair with a change painted into its second date.

    The paint is laid in the scene's own units: a material lies as many deviations from the scene's median as its
    spectrum lies from a usual ground (:data:`AROUND`), so that it works on reflectances and on 8-bit pictures.

    Args:
        images: a pair, or a stack: the last date is painted.
        mask: (y, x) bool, where.
        kind: one of :data:`KINDS`.
        contrast: opacity of the paint, above 0 to 1 (all of the ground replaced).
        seed: of the paint's texture.

    Returns:
        A new stack; ``label`` is 1 under the mask where both dates are valid; elsewhere it is what it was, -1 (unknown)
        if there was none. A real pair becomes kind="derived"; ``planted`` says what was painted.

    Raises:
        InputError: ``change_plant_kind``; ``change_plant_mask``; ``change_plant_contrast``.
    """
    mask = np.asarray(mask, bool)
    valid = both_valid(images)
    if mask.shape != valid.shape or not (mask & valid).any():
        raise InputError(
            "change_plant_mask",
            "The painted mask has {found} pixels and {painted} of them lie on valid ground; it needs {expected} "
            "pixels, and one or more painted.",
            found=" × ".join(map(str, mask.shape)), expected=" × ".join(map(str, valid.shape)),
            painted=int((mask & valid).sum()) if mask.shape == valid.shape else 0,
        )  # fmt: skip
    if not 0 < contrast <= 1:
        raise InputError(
            "change_plant_contrast", "A contrast of {contrast} was asked for; it lies above 0 and up to 1.",
            contrast=contrast,
        )  # fmt: skip
    after = images.values[-1].astype(np.float64)
    paint = _paint(images, kind, after, valid, np.random.default_rng(seed))
    weight = contrast * gaussian_filter(mask.astype(np.float64), EDGE, mode="nearest")
    low = 0.0 if float(images.min()) >= 0 else -np.inf
    mixed = np.where(valid, np.maximum(after * (1 - weight) + paint * weight, low), after)
    made = images.copy(data=np.concatenate([images.values[:-1], mixed[None].astype(np.float32)]))
    known = images.label.values if "label" in images.coords else np.full(mask.shape, -1, np.int8)
    made = made.assign_coords(label=(("y", "x"), np.where(mask & valid, 1, known).astype(np.int8)))
    origin = "simulated" if images.attrs.get("kind") == "simulated" else "derived"
    return made.assign_attrs(kind=origin, planted=kind, planted_contrast=float(contrast))


def paints(images: xr.DataArray) -> tuple[str, ...]:
    """Return the kinds that can be painted here: materials need bands whose colour is known."""
    return KINDS if set(common(images)) <= set(MICROMETRES) else tuple(SHIFTS)


def _paint(
    images: xr.DataArray, kind: str, after: np.ndarray, valid: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the image (band, y, x) of the paint alone, in the units of the scene."""
    if kind not in (offered := paints(images)):
        raise InputError(
            "change_plant_kind", "{kind} cannot be painted on the bands {bands}; here there are: {known}.",
            kind=kind, bands=", ".join(map(str, images.band.values)), known=", ".join(offered),
        )  # fmt: skip
    inside = after[:, valid]
    middle = np.median(inside, 1)
    spread = 1.4826 * np.median(np.abs(inside - middle[:, None]), 1)
    spread = np.where(spread > 0, spread, inside.std(1))
    away = np.full(len(after), SHIFTS[kind]) if kind in SHIFTS else _deviations(kind, images)
    texture = gaussian_filter(rng.standard_normal(valid.shape), 0.7)
    texture = TEXTURE * texture / texture.std()
    return (middle + spread * away)[:, None, None] + spread[:, None, None] * texture


def _deviations(kind: str, images: xr.DataArray) -> np.ndarray:
    """Return how many deviations of a usual ground each band of a material is away from it; at most 8."""
    at = [MICROMETRES[name] for name in common(images)]
    seen = lambda names: np.array([np.interp(at, WAVELENGTH, SPECTRA[name]) for name in names])
    usual = seen(AROUND)
    return np.clip((seen(PAINTS[kind]).mean(0) - usual.mean(0)) / usual.std(0), -8, 8)
