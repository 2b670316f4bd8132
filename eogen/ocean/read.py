"""What the room reads: the products of ocean colour and temperature, reference series, and what a visitor gives."""

from __future__ import annotations

from eogen.ocean.read_nep import nep, sensor_pair
from eogen.ocean.read_product import from_dataset, read

__all__ = ["from_dataset", "nep", "read", "sensor_pair"]
