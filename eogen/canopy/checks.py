"""Is this reflectance? What visitors give, and what archives hold, is often something close to it.

Three mistakes are met: digital numbers (reflectance times 10,000), percentages, and the offset of +0.1 that Sentinel-2
products carry since processing baseline 04.00 (BOA_ADD_OFFSET, 25 January 2022) and that their reader did not remove.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.canopy.dataset import ANGLES, NEEDED, OPTIONAL, complete, no_valid_pixel
from eogen.canopy.sensors import BANDS
from eogen.errors import InputError

#: Added to every reflectance since processing baseline 04.00 (ESA, Sentinel-2 products specification).
OFFSET = 0.1
#: Reflectance that can be believed: correction errors reach -0.1 over dark water, fresh snow and glint 1.6.
LOWEST, HIGHEST = -0.1, 1.6
#: A scene may hold this share of pixels beyond them (clouds, glint): they are not the canopy's.
SPARED = 0.01
#: A pixel is green where its infrared is at least this many times its red (NDVI above 0.41), offset or not.
GREEN = 2.4


def check_reflectance(dataset: xr.Dataset, *, offset_known: bool = False) -> xr.Dataset:
    """Refuse what cannot be ten reflectances and three angles; return ``dataset`` itself.

    Args:
        dataset: ``reflectance`` (pixel, band) or (band, y, x) and the angles of ``ANGLES``.
        offset_known: whether somebody has said what the offset is; nothing is then concluded from the values.

    Raises:
        InputError: ``canopy_missing_bands``, ``canopy_missing_angles``, ``canopy_angle_range``,
            ``canopy_no_valid_pixel``, ``canopy_digital_numbers``, ``canopy_reflectance_range``, ``canopy_offset``.
    """
    name = str(dataset.attrs.get("source", "the image"))
    _check_bands(dataset, name)
    _check_angles(dataset, name)
    check_values(dataset.reflectance, name)
    if not bool(complete(dataset).any()):
        raise no_valid_pixel(dataset)
    if offset_known:
        return dataset
    values = np.moveaxis(dataset.reflectance.values, dataset.reflectance.dims.index("band"), -1)
    if boa_offset(values.reshape(-1, len(dataset.band)), [str(b) for b in dataset.band.values]):
        raise InputError(
            "canopy_offset",
            "{name}: no band goes below {floor:.2f}, though there are green leaves; this looks like the offset of "
            "+0.1 of Sentinel-2 products since 2022. Subtract it (offset of 0.1) or say there is none (offset of 0).",
            name=name,
            floor=float(np.nanmin(values)),
        )
    return dataset


def check_values(reflectance: xr.DataArray, name: str) -> None:
    """Refuse digital numbers, percentages, and what is far from any reflectance; NaN is passed over.

    Raises:
        InputError: ``canopy_digital_numbers``, ``canopy_reflectance_range``.
    """
    values = reflectance.values[np.isfinite(reflectance.values)]
    if not values.size:
        return
    beyond = (values < LOWEST) | (values > HIGHEST)
    if beyond.mean() <= (SPARED if values.size >= 10 * len(BANDS) / SPARED else 0):
        return
    # Half of a scene's pixels are not clouds: the middle tells the unit.
    middle, least, most = float(np.median(values)), float(values.min()), float(values.max())
    factor = 100 if HIGHEST < middle <= 100 else 10_000 if 100 < middle <= 16_000 else None
    if factor and least >= -0.1 * factor:
        raise InputError(
            "canopy_digital_numbers",
            "{name} goes from {least:.4g} to {most:.4g}: these are digital numbers or percentages. Reflectance "
            "(0 to 1) is needed: divide by {factor}.",
            name=name,
            least=least,
            most=most,
            factor=factor,
            scale=1 / factor,
        )
    raise InputError(
        "canopy_reflectance_range",
        "{name} goes from {least:.4g} to {most:.4g}; reflectances are between 0 and 1. Check the unit, and declare the "
        "value that means no data.",
        name=name,
        least=least,
        most=most,
    )


def boa_offset(values: np.ndarray, bands: list[str] | tuple[str, ...] = BANDS) -> float:
    """Return the offset to subtract from reflectances (pixel, band) of one scene: ``OFFSET``, or 0.

    It is there when no band of no pixel goes below 0.1 although some pixels are green: leaves reflect 0.02 to 0.08 of
    blue and red light, whatever lies under them. Bare dry soil alone can be brighter than 0.1 in every band, so nothing
    is concluded from it. One pixel in 200 may lie lower (noise). Fooled by a scene that is green and hazy everywhere.
    """
    names = list(bands)
    known = values[
        :, [i for i, band in enumerate(names) if np.isfinite(values[:, i]).any() and band in BANDS]
    ]
    known = known[np.isfinite(known).all(1)]
    if not len(known) or "B04" not in names or not {"B08", "B8A"} & {*names}:
        return 0.0
    infrared = values[:, names.index("B8A" if "B8A" in names else "B08")]
    green = infrared >= GREEN * values[:, names.index("B04")]
    floor = float(np.quantile(known.min(1), 0.005))
    return OFFSET if floor >= OFFSET - 0.002 and bool(green.any()) else 0.0


def _check_bands(dataset: xr.Dataset, name: str) -> None:
    held = [str(band) for band in dataset.reflectance.band.values] if "reflectance" in dataset else []
    missing = [band for band in NEEDED if band not in held]
    if missing:
        raise missing_bands(name, missing)
    empty = [band for band in NEEDED if not bool(dataset.reflectance.sel(band=band).notnull().any())]
    if 0 < len(empty) < len(NEEDED):
        raise missing_bands(name, empty)


def missing_bands(name: str, missing: list[str]) -> InputError:
    """Return the error for a source without some of the bands needed."""
    return InputError(
        "canopy_missing_bands",
        "{name} lacks {missing}; the bands {needed} are needed ({optional} too, but it may be missing).",
        name=name,
        missing=", ".join(missing),
        needed=", ".join(NEEDED),
        optional=OPTIONAL,
    )


def _check_angles(dataset: xr.Dataset, name: str) -> None:
    missing = [angle for angle in ANGLES if angle not in dataset or not bool(dataset[angle].notnull().all())]
    if missing:
        raise missing_angles(name, missing)
    for angle, limit in zip(ANGLES, (85, 85, 360), strict=True):
        least, most = float(dataset[angle].min()), float(dataset[angle].max())
        if not (least >= 0 and most <= limit):
            raise InputError(
                "canopy_angle_range",
                "{name}: {angle} goes from {least:.4g} to {most:.4g}; 0 to {limit} degrees were expected.",
                name=name,
                angle=angle,
                least=least,
                most=most,
                limit=limit,
            )


def missing_angles(name: str, missing: list[str]) -> InputError:
    """Return the error for a source that does not say from where it was lit and seen."""
    return InputError(
        "canopy_missing_angles",
        "{name} does not give {missing} (degrees): give them beside the file, or keep the product's own name "
        "(S2A_MSIL2A_…_R051_T31TCJ), which tells them.",
        name=name,
        missing=", ".join(missing),
    )
