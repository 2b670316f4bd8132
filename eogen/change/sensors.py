"""What is known of each sensor: which of its bands is red, near infrared, short-wave infrared."""

from __future__ import annotations

import xarray as xr

#: Sensor -> band name in a stack -> common name.
SENSORS: dict[str, dict[str, str]] = {
    "sentinel2": {
        "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
        "B07": "rededge3", "B08": "nir", "B8A": "nir_narrow", "B09": "vapour", "B10": "cirrus", "B11": "swir",
        "B12": "swir2",
    },
    "landsat_tm": {"B1": "blue", "B2": "green", "B3": "red", "B4": "nir", "B5": "swir", "B7": "swir2"},
    "sentinel1": {},
    "aerial": {},
    "unknown": {},
}  # fmt: skip


def common(images: xr.DataArray) -> list[str]:
    """Return the common name of each band (its own name where the sensor says nothing)."""
    names = SENSORS.get(str(images.attrs.get("sensor", "unknown")), {})
    return [names.get(str(band), str(band)) for band in images.band.values]
