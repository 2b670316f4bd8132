"""Pieces of Sentinel-2 images: ETH's wheat fields with published trait maps, and a dense piece of the Amazon.

Fields: Graf et al. 2023, doi:10.1016/j.rse.2023.113860; named ``<site>__<product>__SRF_S2.tiff``. What lies outside
the parcels is 0, NaN or 1e20 there. Some still carry the +0.1 offset of baseline 04.00, whatever their name says: it
is found from the values (``checks.boa_offset``) and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.canopy import geometry, geopackage
from eogen.canopy.checks import boa_offset
from eogen.canopy.dataset import ANGLES, complete, described, fold, known, no_valid_pixel
from eogen.canopy.raster_bands import band_names, centre, quantities, samples, scene
from eogen.canopy.sensors import BANDS
from eogen.canopy.tables import absent, unusable
from eogen.errors import InputError
from eogen.geotiff import Samples

FOLDER, DENSE_FOLDER = "eth_s2_patches", "s2_patch"
_IMAGE, _TRAITS = "__SRF_S2.tiff", "__all_phases_lutinv_traits.tiff"
_METADATA = "__eodal_mapper_metadata.gpkg"
_UNITS = {"lai": "m2/m2", "ccc": "g/m2", "cab": "µg/cm2"}
#: Larger values are a code for no data.
_NO_VALUE = 1e19


@dataclass(frozen=True)
class Chip:
    """A piece of one image.

    Attributes:
        name: unique in its folder.
        site: where.
        date: day of the image; NaT where it is not known.
        sensor: "S2A" …; "" where it is not known.
        path: the GeoTIFF.
    """

    name: str
    site: str
    date: np.datetime64
    sensor: str
    path: Path

    def load(self) -> xr.Dataset:
        """Return the chip.

        Returns:
            ``reflectance`` (band, y, x; NaN outside the parcels, and B08 everywhere), ``scl`` (y, x; 0 where
            missing), the three angles (scalars), and, where published, ``lut_lai``, ``lut_lai_q05``, ``lut_lai_q95``,
            the same for ``ccc`` (g/m2), ``lut_cab`` (y, x); scalar coordinate ``time`` (UTC). attrs: ``source``,
            ``site``, ``sensor``, ``origin``, ``offset_removed`` (the published maps were made with it still in),
            ``geometry_source``.

        Raises:
            InputError: ``canopy_no_valid_pixel``, ``canopy_table``, ``canopy_orbit``, ``corrupt_file``, and those of
                :func:`eogen.canopy.raster_bands.band_names`.
        """
        found = samples(self.path.read_bytes(), self.path.name)
        names = band_names(found, None, self.path.name)
        values = known(found.values)
        bands = [place for place, band in enumerate(names) if band in BANDS]
        values[:, ~np.isfinite(values[bands]).all(0)] = np.nan
        dataset = scene(values, names, found).assign_attrs(source=self.name)
        if not bool(complete(dataset).any()):
            raise no_valid_pixel(dataset)
        if "SCL" in found.descriptions:
            classes = found.values[found.descriptions.index("SCL")]
            valid = complete(dataset).values & np.isfinite(classes) & (classes < 12)
            dataset["scl"] = ("y", "x"), np.where(valid, classes, 0).astype(np.uint8)
        return described(
            self._with_traits(_lit(_corrected(dataset), self), found),
            site=self.site,
            sensor=self.sensor,
            origin="real",
        )

    def _with_traits(self, dataset: xr.Dataset, image: Samples) -> xr.Dataset:
        path = self.path.with_name(self.path.name.removesuffix(_IMAGE) + _TRAITS)
        if not path.is_file() or not self.path.name.endswith(_IMAGE):
            return dataset
        found = samples(path.read_bytes(), path.name)
        if (found.transform, found.values.shape[1:]) != (image.transform, image.values.shape[1:]):
            raise unusable(path.name, "its grid is not that of its image")
        valid = complete(dataset).values
        for name, values in zip(found.descriptions, found.values, strict=True):
            trait = name.split("_")[0]
            if trait in _UNITS:
                kept = np.where(valid & (np.abs(values) < _NO_VALUE), values, np.nan).astype(np.float32)
                attrs = {"units": _UNITS[trait], "long_name": f"published inversion (LUT): {name}"}
                dataset[f"lut_{name}"] = ("y", "x"), kept, attrs
        return dataset


def chips(root: Path) -> list[Chip]:
    """Return the field chips under the room's data folder ``root``, sorted by site and day (none: an empty list)."""
    found = []
    for path in (root / FOLDER).glob("*" + _IMAGE):
        name = path.name.removesuffix(_IMAGE)
        image = geometry.product(name)
        date = image.date if image else np.datetime64("NaT", "D")
        found.append(Chip(name, name.split("__")[0], date, image.sensor if image else "", path))
    return sorted(found, key=lambda chip: (chip.site, str(chip.date), chip.name))


def dense_chip(root: Path) -> xr.Dataset:
    """Return the dense piece: forest and clearings, every pixel valid, ten bands.

    Neither its day nor its angles are told: they are those of a mean day of the year at its place, seen from above.

    Args:
        root: the room's data folder.

    Returns:
        As :meth:`Chip.load`, without ``time`` and traits.

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: as :meth:`Chip.load`.
    """
    paths = sorted((root / DENSE_FOLDER).glob("*.tif"))
    if not paths:
        raise absent(root / DENSE_FOLDER, "*.tif", "s2_patch")
    path = paths[0]
    found = samples(path.read_bytes(), path.name)
    dataset = scene(quantities(found), band_names(found, None, path.name), found).assign_attrs(
        source=path.name
    )
    if not bool(complete(dataset).any()):
        raise no_valid_pixel(dataset)
    dataset = _corrected(dataset)
    place = centre(dataset)
    year = np.arange("2023-01-01", "2024-01-01", 10, dtype="datetime64[D]")
    zenith = float(np.mean([geometry.angles(day, *place)[0] for day in year]))
    dataset = _with_angles(
        dataset, (zenith, 0.0, 0.0), "assumed: mean of the year at this place, seen from above"
    )
    return described(dataset, site=path.stem, sensor="", origin="real")


def _corrected(dataset: xr.Dataset) -> xr.Dataset:
    """Subtract the offset of baseline 04.00 where the values show it; say so in the attributes."""
    flat = dataset.reflectance.transpose("y", "x", "band").values.reshape(-1, len(BANDS))
    offset = boa_offset(flat[np.isfinite(flat).any(1)])
    return dataset.assign(reflectance=dataset.reflectance - np.float32(offset)).assign_attrs(
        offset_removed=offset
    )


def _lit(dataset: xr.Dataset, chip: Chip) -> xr.Dataset:
    """Add the angles: of the metadata file beside the chip, else computed from the product's name."""
    image = geometry.product(chip.name)
    beside = chip.path.with_name(chip.site + _METADATA)
    if beside.is_file():
        for row in geopackage.rows(beside):
            if image and image.name in str(row.get("product_uri")):
                return _of_metadata(dataset, row, beside.name)
    if image is None:
        raise InputError(
            "canopy_no_product",
            "{name} does not hold the name of its Sentinel-2 product (S2A_MSIL2A_…_R108_T32TMT), so the angles of sun "
            "and view are not known.",
            name=chip.path.name,
        )
    place = centre(dataset) if dataset.attrs["georeferenced"] else geometry.tile_centre(image.tile)
    angles = geometry.angles(image.date, *place, image.orbit)
    time = geometry.overpass(image.date, *place, image.orbit).time
    return _with_angles(dataset, angles, "computed from the product's orbit and day, at the field", time)


def _of_metadata(dataset: xr.Dataset, row: dict, name: str) -> xr.Dataset:
    try:
        sun, sun_azimuth = float(row["sun_zenith_angle"]), float(row["sun_azimuth_angle"])
        view, view_azimuth = float(row["sensor_zenith_angle"]), float(row["sensor_azimuth_angle"])
        time = np.datetime64(str(row["sensing_time"]), "ms")
    except (KeyError, TypeError, ValueError) as fault:
        raise unusable(name, f"it does not give the angles ({fault})") from fault
    return _with_angles(dataset, (sun, view, sun_azimuth - view_azimuth), "metadata (mean of the tile)", time)


def _with_angles(
    dataset: xr.Dataset, angles: tuple[float, float, float], source: str, time: np.datetime64 | None = None
) -> xr.Dataset:
    for name, angle in zip(ANGLES, (angles[0], angles[1], float(fold(np.array(angles[2])))), strict=True):
        dataset[name] = np.float32(angle)
    if time is not None:
        dataset = dataset.assign_coords(time=time.astype("datetime64[ns]"))
    return dataset.assign_attrs(geometry_source=source)
