"""What the room reads: the products of ocean colour and temperature, reference series, and what a visitor gives."""

from __future__ import annotations

from eogen.ocean.read_arrays import arrays
from eogen.ocean.read_nep import nep, sensor_pair
from eogen.ocean.read_product import from_dataset, read
from eogen.ocean.read_reference import Alboran, alboran, gher, pft
from eogen.ocean.read_upload import upload
from eogen.ocean.sources import Source, sources

__all__ = [
    "Alboran",
    "Source",
    "alboran",
    "arrays",
    "from_dataset",
    "gher",
    "nep",
    "pft",
    "read",
    "sensor_pair",
    "sources",
    "upload",
]
