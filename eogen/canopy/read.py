"""What the room reads: field points, pieces of images, forest stands, and what a visitor gives."""

from __future__ import annotations

from eogen.canopy.checks import check_reflectance
from eogen.canopy.dataset import LAI_KINDS, complete, pixel, pixels
from eogen.canopy.read_cesbio import cesbio, cesbio_series
from eogen.canopy.read_chips import Chip, chips, dense_chip
from eogen.canopy.read_eth import eth_croptraits, eth_rtminv
from eogen.canopy.read_forest import forest
from eogen.canopy.read_upload import read_upload

__all__ = [
    "LAI_KINDS",
    "Chip",
    "cesbio",
    "cesbio_series",
    "check_reflectance",
    "chips",
    "complete",
    "dense_chip",
    "eth_croptraits",
    "eth_rtminv",
    "forest",
    "pixel",
    "pixels",
    "read_upload",
]
