"""What can be taken away from the map: classes and confidence as rasters, the pixel as a table."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from eogen.raster import geotiff_bytes
from pages.kit import export
from pages.kit.words import Words
from pages.parts.landcover.seasons import map_compute, map_places
from pages.parts.landcover.seasons.map_compute import Answer, Reader
from pages.parts.landcover.seasons.map_places import Scene


def bar(t: Words, scene: Scene, by: Reader | None, answer: Answer | None, at: tuple[int, int]) -> None:
    """Draw the export bar; what needs a place on Earth is offered where there is one."""
    stem = f"landcover-{scene.place.name}".replace("/", "-").replace("_", "-")
    files: list[export.File | export.Chart] = []
    if by is not None and answer is not None:
        stem += f"-{by.name}".replace("_", "-")
        if answer.found.rio.crs is not None:
            files.append(export.raster(f"{stem}-classes", partial(classes, scene, by, answer)))
            files.append(export.raster(f"{stem}-confidence", partial(confidence, scene, by, answer)))
    elif "label" in scene.shown and scene.shown.rio.crs is not None:
        files.append(export.raster(f"{stem}-mask", partial(mask, scene)))
    files.append(export.table(f"{stem}-pixel", partial(pixel, scene, by, at)))
    if scene.shown.sizes["time"] > 1:
        files.append(export.Chart("seasons_map_curve", f"{stem}-curve"))
    export.bar(files, t, key="seasons_map")


def classes(scene: Scene, by: Reader, answer: Answer) -> bytes:
    """Return the classes as a GeoTIFF: int16 numbers named in its tags, -1 where there is no answer."""
    return geotiff_bytes(_named(answer.found["label"], answer.classes, scene, by))


def confidence(scene: Scene, by: Reader, answer: Answer) -> bytes:
    """Return the confidence as a GeoTIFF, 0 to 1, NaN where there is no answer."""
    made = answer.found["confidence"].rename("confidence")
    return geotiff_bytes(made.assign_attrs(_about(scene, by) | {"units": "1"}))


def mask(scene: Scene) -> bytes:
    """Return the mask of a place as a GeoTIFF."""
    return geotiff_bytes(_named(scene.shown["label"], tuple(scene.shown.attrs["classes"]), scene, None))


def _named(label: xr.DataArray, names: tuple[str, ...], scene: Scene, by: Reader | None) -> xr.DataArray:
    tags = {f"class_{number}": name for number, name in enumerate(names)}
    made = label.rename("class").assign_attrs(_about(scene, by) | tags)
    return made.rio.write_nodata(-1)


def _about(scene: Scene, by: Reader | None) -> dict[str, str]:
    return {
        "place": "/".join(scene.key), "kind": "derived", "model": "" if by is None else "/".join(by.key),
        "source": str(scene.images.attrs["source"]), "licence": str(scene.images.attrs["licence"]),
    }  # fmt: skip


def pixel(scene: Scene, by: Reader | None, at: tuple[int, int]) -> pd.DataFrame:
    """Return a pixel's dates: bands, NDVI, whether it was clear, and each class's probability by the model."""
    shown = scene.shown
    made = pd.DataFrame({"date": [str(day) for day in map_places.dates(scene)]})
    made["row"], made["column"] = at[0] + 1, at[1] + 1
    made["clear"] = shown["clear"].values[:, at[0], at[1]]
    if "reflectance" in shown:
        for band in shown["band"].values:
            made[str(band)] = shown["reflectance"].sel(band=band).values[:, at[0], at[1]]
    made["ndvi"] = map_compute.greenness(scene)[:, at[0], at[1]]
    if "label" in shown:
        number = int(shown["label"].values[at])
        made["label"] = shown.attrs["classes"][number] if number >= 0 else ""
    if by is not None and made["clear"].any():
        said = map_compute.probability(scene, by, at)
        target = int(np.argmax(said))
        found = map_compute.why(scene, by, at, target)
        made["importance_of"], made["importance"] = by.classes[target], found.month
        for name, value in zip(by.classes, said, strict=True):
            made[f"p_{name}"] = value
    return made
