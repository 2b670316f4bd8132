"""ETH Zurich's field points: winter wheat in Switzerland, 2019 to 2023, and Sentinel-2 images of Sen2Cor around.

Two sets: ``eth_rtminv`` has ten bands and the angles of each pixel's product; ``eth_croptraits`` has no B08 and no
angles, but chlorophyll, and the published look-up-table inversion beside (Graf et al. 2023,
doi:10.1016/j.rse.2023.113860).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.canopy import geometry, geopackage
from eogen.canopy.checks import boa_offset
from eogen.canopy.dataset import NEEDED, known, points
from eogen.canopy.sensors import BANDS
from eogen.canopy.tables import absent, days, numbers, read_table, texts, unusable
from eogen.errors import InputError

FOLDER = "eth_insitu"
#: A published error above this is a code for "no solution".
_NO_SOLUTION = 1e19
_KEY = ("scene_id", "point_id", "parcel", "location")
_TRAITS = ("lai", "ccc", "cab")


def eth_rtminv(root: Path) -> xr.Dataset:
    """Return the wheat points with angles: RTMinv_ML's match of field values and images, 2022 and 2023.

    Args:
        root: the room's data folder.

    Returns:
        (pixel) ``reflectance`` (pixel, band), the angles, ``lai`` and ``green_canopy_cover`` (NaN where not measured);
        coordinates ``site``, ``field_date``, ``lai_kind``, ``sensor`` (always "": not told), ``longitude``,
        ``latitude``.

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: ``canopy_table``.
    """
    paths = sorted((root / FOLDER).glob("rtminv_s2_*.csv"))
    if not paths:
        raise absent(root / FOLDER, "rtminv_s2_*.csv", "eth_rtminv")
    angles = ("sun_zenith", "view_zenith", "relative_azimuth")
    needed = (*BANDS, *angles, "date", "location", "geometry", "lai")
    table = pd.concat(
        [read_table(path, needed).assign(source=path.name) for path in paths], ignore_index=True
    )
    place = table["geometry"].astype(str).str.extract(r"POINT\s*\(\s*(\S+)\s+(\S+)\s*\)")
    return points(
        known(numbers(table, BANDS)),
        dict(zip(("solar_zenith", "view_zenith", "relative_azimuth"), numbers(table, angles).T, strict=True)),
        {
            "lai": numbers(table, ["lai"])[:, 0],
            "green_canopy_cover": numbers(table, ["green_canopy_cover"])[:, 0],
        },
        {
            "site": texts(table, "location"),
            "field_date": days(table, "date"),
            "lai_kind": np.full(len(table), "GLAI"),
            "sensor": np.full(len(table), "", dtype="<U3"),
            "longitude": numbers(place, [0])[:, 0],
            "latitude": numbers(place, [1])[:, 0],
        },
        source="eth_rtminv",
        origin="real",
        geometry_source="the products (mean of the tile)",
    )


def eth_croptraits(root: Path) -> xr.Dataset:
    """Return the wheat points with chlorophyll, and the published inversion of the same spectra.

    Args:
        root: the room's data folder; of the three tables (lai, ccc, cab), those that are there are joined.

    Returns:
        (pixel) ``reflectance`` (pixel, band; B08 is NaN), the angles, and in the field ``lai``, ``ccc`` (g/m2), ``cab``
        (µg/cm2), ``bbch``; ``scl``; ``offset_removed``: 0.1 for the scenes whose reflectance still carried the
        offset of baseline 04.00, which is subtracted here. Published (not from the corrected spectra): ``lut_lai``,
        ``lut_lai_q05``, ``lut_lai_q95``, the same for ``ccc`` and ``cab`` and, with a prior by growth phase,
        ``lut_lai_phenology`` …; ``lut_error``. Coordinates ``site``, ``parcel``, ``point``, ``scene``, ``phase``,
        ``field_date`` (NaT where the sheet says no day), ``s2_date``, ``sensor``, ``lai_kind``.

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: ``canopy_table``, ``canopy_tile``.
    """
    table = _joined(root / FOLDER)
    products = {scene: _product(str(scene)) for scene in table["scene_id"].unique()}
    reflectance, removed = _without_offset(known(numbers(table, BANDS)), table["scene_id"])
    angles = _angles(table, products, sites(root))
    values = {trait: numbers(table, [f"insitu {trait}"])[:, 0] for trait in _TRAITS}
    values |= {
        "bbch": numbers(table, ["BBCH Rating"])[:, 0],
        "scl": numbers(table, ["SCL"])[:, 0],
        "offset_removed": removed,
        **_published(table),
    }
    of_scene = [products[scene] for scene in table["scene_id"]]
    found = points(
        reflectance,
        dict(zip(("solar_zenith", "view_zenith", "relative_azimuth"), angles.T, strict=True)),
        values,
        {
            "site": texts(table, "location"),
            "parcel": texts(table, "parcel"),
            "point": texts(table, "point_id"),
            "scene": texts(table, "scene_id"),
            "phase": texts(table, "Macro-Stage"),
            "field_date": days(table, "date_insitu"),
            "s2_date": np.array([each.date for each in of_scene]).astype("datetime64[ns]"),
            "sensor": np.array([each.sensor for each in of_scene]),
            "lai_kind": np.full(len(table), "GLAI"),
        },
        source="eth_croptraits",
        origin="real",
        geometry_source="computed from the product's orbit and day, at the field",
    )
    for name in found.data_vars:
        trait = str(name).removeprefix("lut_").split("_")[0]
        if str(name).startswith("lut_") and trait in _TRAITS:
            found[name].attrs = {
                "units": found[trait].attrs["units"],
                "long_name": "published inversion (LUT)",
            }
    return found


def sites(root: Path) -> dict[str, tuple[float, float]]:
    """Return the mean longitude and latitude (degrees) of each site of the field's GeoPackages, by its name.

    Raises:
        InputError: ``canopy_table``.
    """
    held: dict[str, list[tuple[float, float]]] = {}
    # Not croptraits_*.gpkg: it holds the same points with coordinates of one system under the name of another.
    for path in sorted((root / FOLDER).glob("in-situ_*.gpkg")):
        for row in geopackage.rows(path):
            if row.get("location") and row["longitude"] is not None:
                held.setdefault(str(row["location"]), []).append((row["longitude"], row["latitude"]))
    return {site: tuple(np.mean(places, axis=0).tolist()) for site, places in held.items()}


def _joined(folder: Path) -> pd.DataFrame:
    """Return one row per scene and point; the field's values are in the columns ``insitu lai``, …"""
    joined: pd.DataFrame | None = None
    for trait in _TRAITS:
        for path in sorted(folder.glob(f"croptraits_*insitu_{trait}.csv")):
            table = read_table(path, (*_KEY, *NEEDED, trait)).rename(columns={trait: f"insitu {trait}"})
            if table.duplicated(list(_KEY)).any():
                raise unusable(path.name, "a scene and point come twice")
            if joined is None:
                joined = table
            else:
                joined = table.set_index(list(_KEY)).combine_first(joined.set_index(list(_KEY))).reset_index()
    if joined is None:
        raise absent(folder, "croptraits_*insitu_*.csv", "eth_croptraits")
    return joined


def _product(scene: str) -> geometry.Product:
    if (found := geometry.product(scene)) is None:
        raise unusable("croptraits", f"{scene} is not the name of a Sentinel-2 product")
    return found


def _without_offset(reflectance: np.ndarray, scenes: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    removed = np.zeros(len(reflectance))
    for place in scenes.groupby(scenes).indices.values():
        removed[place] = boa_offset(reflectance[place])
    return reflectance - removed[:, None], removed


def _angles(
    table: pd.DataFrame, products: Mapping[str, geometry.Product], places: Mapping[str, tuple[float, float]]
) -> np.ndarray:
    """Return the three angles (row, 3); at the middle of the tile where the site's place is not known."""
    found = {}
    for scene, site in set(zip(table["scene_id"], table["location"], strict=True)):
        image = products[scene]
        place = places.get(site) or geometry.tile_centre(image.tile)
        try:
            found[scene, site] = geometry.angles(image.date, *place, image.orbit)
        except InputError:
            # A tile's middle can lie outside the swath that its corner is in: seen from straight above, then.
            found[scene, site] = geometry.angles(image.date, *place)
    return np.array([found[key] for key in zip(table["scene_id"], table["location"], strict=True)])


def _published(table: pd.DataFrame) -> dict[str, np.ndarray]:
    values = {}
    for trait in _TRAITS:
        for bound in ("", "_q05", "_q95"):
            for name, column in (("", f"{trait}{bound}_all"), ("_phenology", f"{trait}{bound} (Phenology)")):
                values[f"lut_{trait}{name}{bound}"] = numbers(table, [column])[:, 0]
    error = numbers(table, ["error_all"])[:, 0]
    values["lut_error"] = np.where(error < _NO_SOLUTION, error, np.nan)
    return values
