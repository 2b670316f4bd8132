"""What the satellite gives: ten reflectances and three angles per pixel, as tensors for the models.

The wall between gridded data (xarray, checked, with names and units) and the mathematics (tensors).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import xarray as xr
from torch import Tensor

from eogen.canopy.sensors import BANDS
from eogen.canopy.space import GEOMETRY
from eogen.errors import InputError

#: The one band a Sentinel-2 product may lack here: its neighbours B07 and B8A say almost the same.
OPTIONAL = "B08"


@dataclass(frozen=True)
class Observation:
    """Some pixels, or field points.

    Attributes:
        reflectance: (m, 10), 0-1, bands as in ``sensors.BANDS``; NaN where a band is missing.
        geometry: (m, 3), degrees: solar zenith, view zenith, relative azimuth (0-180).
    """

    reflectance: Tensor
    geometry: Tensor

    def __len__(self) -> int:
        return len(self.reflectance)

    def __getitem__(self, which: int | slice | Tensor) -> Observation:
        """Return some of the pixels; one pixel keeps its axis."""
        if isinstance(which, int):
            which = slice(which, which + 1 or None)
        return Observation(self.reflectance[which], self.geometry[which])

    @property
    def present(self) -> Tensor:
        """Return which bands are there (m, 10)."""
        return self.reflectance.isfinite()


def fold(azimuth: Tensor) -> Tensor:
    """Return relative azimuths folded to 0-180 degrees: a canopy is the same from both sides of the sun's plane."""
    return 180 - ((azimuth % 360) - 180).abs()


def observe(dataset: xr.Dataset) -> Observation:
    """Return the pixels of a dataset that are complete enough for the models.

    Args:
        dataset: ``reflectance`` (pixel, band) and ``solar_zenith``, ``view_zenith``, ``relative_azimuth`` (pixel) or
            scalar, degrees.

    Raises:
        InputError: ``canopy_angles``, ``canopy_bands``, ``canopy_pixels`` when a pixel has no value in a band.
    """
    if missing := [n for n in GEOMETRY if n not in dataset]:
        raise InputError(
            "canopy_angles",
            "The angles {missing} are not given; solar_zenith, view_zenith and relative_azimuth (degrees) are needed.",
            missing=", ".join(missing),
        )
    held = [str(b) for b in dataset.reflectance.band.values]
    if missing := [b for b in BANDS if b not in held and b != OPTIONAL]:
        raise InputError(
            "canopy_bands",
            "The bands {missing} are missing; the canopy models need {needed} (B08 alone may be absent).",
            missing=", ".join(missing),
            needed=", ".join(BANDS),
        )
    values = dataset.reflectance.reindex(band=list(BANDS)).transpose("pixel", "band").values
    reflectance = torch.tensor(values, dtype=torch.float32)
    needed = [i for i, b in enumerate(BANDS) if b != OPTIONAL]
    if holes := int((~reflectance[:, needed].isfinite()).any(1).sum()):
        raise InputError(
            "canopy_pixels",
            "{count} of {total} pixels have no value in some band; leave them out first.",
            count=holes,
            total=len(reflectance),
        )
    angles = [torch.tensor(dataset[n].values, dtype=torch.float32).expand(len(reflectance)) for n in GEOMETRY]
    return Observation(reflectance, torch.stack([angles[0], angles[1], fold(angles[2])], 1))
