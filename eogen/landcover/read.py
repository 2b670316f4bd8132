"""What the room reads: single images, the labelled sets, and tiles of large images."""

from __future__ import annotations

from eogen.landcover.archives import LULC, MaskedSample, Sample, eurosat_ms, eurosat_rgb, pixels, terramesh
from eogen.landcover.images import read_image, read_upload
from eogen.landcover.tiles import tile, tile_grid

__all__ = [
    "LULC",
    "MaskedSample",
    "Sample",
    "eurosat_ms",
    "eurosat_rgb",
    "pixels",
    "read_image",
    "read_upload",
    "terramesh",
    "tile",
    "tile_grid",
]
