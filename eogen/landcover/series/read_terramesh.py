"""A TerraMesh patch: one Sentinel-2 image with a land-cover code for every pixel -> a cube of one date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.geotiff import read as read_geotiff
from eogen.landcover.archives import LULC, MaskedSample, terramesh
from eogen.landcover.series.cube import UNKNOWN, cube
from eogen.landcover.series.read_common import believable

#: Classes of a patch; "no_data" and "clouds" are unknown.
CLASSES = tuple(name for name in LULC.values() if name not in ("no_data", "clouds"))


def patches(folder: Path) -> list[MaskedSample]:
    """Return the patches of ``folder``: the masks in its LULC that have an image in its S2L2A or S2L1C."""
    if not (folder / "LULC").is_dir():
        return []
    held = [each for each in terramesh(folder) if each.root == folder]
    return [
        p for p in held if any((folder / level / f"{p.name}.tif").is_file() for level in ("S2L2A", "S2L1C"))
    ]


def read(patch: MaskedSample) -> xr.Dataset:
    """Return the patch: surface reflectance where it has it, else top of atmosphere (``level`` says which).

    The +1000 of processing baseline 04.00 is found from the values and taken off (``offset_removed``): reprocessed
    images before 2022 carry it too. ``time`` is the tag of the mask, or 1970 where it has none (``dated`` is "").

    Raises:
        InputError: those of ``read_image``, of ``MaskedSample.mask`` and of ``cube``.
    """
    level = "L2A" if (patch.root / "S2L2A" / f"{patch.name}.tif").is_file() else "L1C"
    image = patch.l2a() if level == "L2A" else patch.l1c()
    codes = patch.mask().values
    if codes.shape != image.shape[1:]:
        raise InputError(
            "series_grid_differs",
            "{first} and {second} do not lie on the same pixels; resample them to one grid first.",
            first=image.attrs["source"], second=f"LULC/{patch.name}.tif",
        )  # fmt: skip
    place = {name: k for k, name in enumerate(CLASSES)}
    label = np.full(codes.shape, UNKNOWN, np.int16)
    for code, name in LULC.items():
        label[codes == code] = place.get(name, UNKNOWN)
    when = _when(patch.root / "LULC" / f"{patch.name}.tif")
    values = believable(image.values)
    cloud = next(code for code, name in LULC.items() if name == "clouds")
    return cube(
        values[None], (codes != cloud)[None], np.array([when or "1970-01-01"], "datetime64[ns]"),
        [str(b) for b in image["band"].values], image["y"].values, image["x"].values, crs=image.rio.crs, label=label,
        classes=CLASSES, kind="real", dataset="terramesh_lulc", title=patch.name, source=f"{level}/{patch.name}.tif",
        licence="Apache-2.0; mask ESRI / Impact Observatory CC BY 4.0; contains modified Copernicus Sentinel data",
        level=level, dated="tag" if when else "", offset_removed=int(image.attrs["offset_removed"]), label_kind="map",
    )  # fmt: skip


def _when(path: Path) -> str | None:
    """Return the moment in the file's tags."""
    tag = read_geotiff(path.read_bytes(), path.name, lambda _: None).tags.get("datetime")
    try:
        return None if tag is None or np.isnat(np.datetime64(tag)) else str(tag)
    except ValueError:
        return None
