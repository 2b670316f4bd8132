"""CESBIO's field points: leaf area measured in France, Italy and Spain, and the Sentinel-2 images around.

Reflectances of Theia (level 2A by MAJA). For each campaign two tables hold, row by row, the same field visits with the
last clear image before (named ``after_*``: the visit is after it) and the first after (``before_*``); another holds
every image of every field. Source: Zérah et al. 2024, doi:10.1016/j.rse.2024.114309, and the field sheets beside them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen.canopy.dataset import points
from eogen.canopy.geometry import to_degrees
from eogen.canopy.sensors import BANDS
from eogen.canopy.tables import absent, days, numbers, read_table, texts, unusable

FOLDER, ENTRY = "cesbio_insitu", "cesbio_insitu"
_PAIR = re.compile(r"(?P<side>before|after)_(?P<campaign>[^_]+_T\d{2}[A-Z]{3}_.*)\.csv(\.gz)?")
_SERIES = re.compile(r"acquisitions_sampling_(?P<campaign>[^_]+_T\d{2}[A-Z]{3}_.*)\.csv(\.gz)?")
_CAMPAIGN = re.compile(r"(?P<country>[^_]+)_T(?P<tile>\d{2}[A-Z]{3})_(?P<rest>.*)")
#: "B02" is written "B2" there.
_COLUMNS = {f"B{band[1:].lstrip('0')}": band for band in BANDS}
_MASKS = ("sat_mask", "cloud_mask", "edge_mask")
_NEEDED = (
    *_COLUMNS,
    *_MASKS,
    "sun_zen",
    "sun_az",
    "join_zen",
    "join_az",
    "s2_date",
    "field_date",
    "s2_filenames",
)
#: Column of leaf area (letters and digits only), its kind, the column of its standard deviation; the first that has
#: a value in a table is used for the whole of it, so that one campaign has one instrument.
_LAI = (
    ("paieffce", "PAIeff", ""),
    ("licorlai", "LAI-2000", "stdlicor"),
    ("laiaccupa", "AccuPAR", "sdlaiacc"),
    ("accupar", "AccuPAR", ""),
)
_COVERS = ("Species", "CropType", "LandCover", "Land_cover", "land_cover", "Crop")
_FIELDS = ("NameESU", "ESUnumber", "ESU", "Name")


def cesbio(root: Path) -> xr.Dataset:
    """Return every field visit with the clear image nearest in time (the one before the visit, of two as near).

    Args:
        root: the room's data folder.

    Returns:
        (pixel) ``reflectance`` (pixel, band), the angles, ``lai`` (NaN where not measured), ``lai_sd``, ``days``
        from the visit to the image; coordinates ``site`` ("France 2017", "Italy T33TWF"), ``esu`` (the field),
        ``lai_kind`` (a key of ``dataset.LAI_KINDS``), ``land_cover``, ``field_date``, ``s2_date``, ``sensor``,
        ``tile``, ``longitude``, ``latitude``. View and sun angles are whole degrees in the source.
        attrs: ``without_image``, visits without a clear image.

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: ``canopy_table``.
    """
    campaigns: dict[str, list[pd.DataFrame]] = {}
    for path in sorted((root / FOLDER).glob("*.csv*")):
        if found := _PAIR.fullmatch(path.name):
            table = _read(path, ("geometry",)).assign(side=found["side"])
            campaigns.setdefault(found["campaign"], []).append(table)
    if not campaigns:
        raise absent(root / FOLDER, "before_*.csv, after_*.csv", ENTRY)
    nearest = {campaign: _nearest(tables) for campaign, tables in campaigns.items()}
    visits = {campaign: len(pd.concat(tables).visit.unique()) for campaign, tables in campaigns.items()}
    found = xr.concat(
        [_points(table, campaign) for campaign, table in nearest.items()],
        dim="pixel",
        combine_attrs="drop_conflicts",
    )
    return found.assign_attrs(without_image=sum(visits.values()) - found.sizes["pixel"])


def cesbio_series(root: Path) -> xr.Dataset:
    """Return every clear image of every field, for leaf area as a function of time.

    Clear: neither saturated, cloudy nor at the edge of the swath, and some infrared light (B08 above 0).

    Args:
        root: the room's data folder.

    Returns:
        As :func:`cesbio`, one image of one ``point`` along ``pixel``, sorted by site, point, day (a field, ``esu``, can
        have several points: its name with "#1", "#2" …), without field values. These are along ``visit``:
        ``visit_site``, ``visit_esu``, ``visit_point``, ``visit_date``, ``visit_lai``, ``visit_lai_kind``.

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: ``canopy_table``.
    """
    found = []
    for path in sorted((root / FOLDER).glob("acquisitions_sampling_*.csv*")):
        if name := _SERIES.fullmatch(path.name):
            found.append(_series(_read(path), name["campaign"]))
    if not found:
        raise absent(root / FOLDER, "acquisitions_sampling_*.csv.gz", ENTRY)
    images = xr.concat([images for images, _ in found], dim="pixel", combine_attrs="drop_conflicts")
    return images.merge(xr.concat([visits for _, visits in found], dim="visit"))


def _read(path: Path, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    table = read_table(path, (*_NEEDED, *needed))
    image, visit = days(table, "s2_date"), days(table, "field_date")
    clear = (numbers(table, _MASKS) == 0).all(1) & (numbers(table, ["B8"])[:, 0] > 0) & ~np.isnat(image)
    return table.assign(image=image, visited=visit, clear=clear)


def _nearest(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row per field visit: that of the nearest clear image."""
    for table in tables:
        again = table.groupby(["geometry", "field_date"]).cumcount().astype(str)
        table["visit"] = table["geometry"] + "|" + table["field_date"] + "|" + again
        table["row"] = np.arange(len(table))
    both = pd.concat(tables, ignore_index=True)
    both["gap"] = (both["image"] - both["visited"]).dt.days.abs()
    # Of two as near, "after" (the visit comes after the image) sorts first.
    both = both[both["clear"]].sort_values(["gap", "side"], kind="stable").drop_duplicates("visit")
    return both.sort_values("row", kind="stable")


def _points(table: pd.DataFrame, campaign: str) -> xr.Dataset:
    lai, spread, kind = _leaf_area(table)
    site, tile = _site(table, campaign)
    longitude, latitude = _place(table, tile, campaign)
    gap = (table["image"] - table["visited"]).dt.days.to_numpy()
    return points(
        numbers(table, _COLUMNS),
        _angles(table),
        {"lai": lai, "lai_sd": spread, "days": gap},
        {
            "site": np.full(len(table), site),
            "esu": _field(table),
            "lai_kind": np.full(len(table), kind),
            "land_cover": _first(table, _COVERS),
            "field_date": table["visited"].to_numpy(),
            "s2_date": table["image"].to_numpy(),
            "sensor": _sensor(table),
            "tile": np.full(len(table), tile),
            "longitude": longitude,
            "latitude": latitude,
        },
        source="cesbio_insitu",
        origin="real",
        geometry_source="the products, in whole degrees",
    )


def _series(table: pd.DataFrame, campaign: str) -> tuple[xr.Dataset, xr.Dataset]:
    site, tile = _site(table, campaign)
    table = table.assign(esu=_field(table), sensor=_sensor(table))
    table = table.assign(point=_numbered(table))
    lai, _, kind = _leaf_area(table)
    fields = table.assign(lai=lai).drop_duplicates(["point", "visited"]).sort_values(["point", "visited"])
    visits = xr.Dataset(
        {"visit_lai": ("visit", fields["lai"].to_numpy(), {"units": "m2/m2"})},
        coords={
            "visit_site": ("visit", np.full(len(fields), site)),
            "visit_esu": ("visit", fields["esu"].to_numpy(dtype=str)),
            "visit_point": ("visit", fields["point"].to_numpy(dtype=str)),
            "visit_date": ("visit", fields["visited"].to_numpy()),
            "visit_lai_kind": ("visit", np.full(len(fields), kind)),
        },
    )
    # A table repeats each image for every visit of the point.
    clear = table[table["clear"]].drop_duplicates(["point", "s2_filenames"]).sort_values(["point", "image"])
    images = points(
        numbers(clear, _COLUMNS),
        _angles(clear),
        {},
        {
            "site": np.full(len(clear), site),
            "esu": clear["esu"].to_numpy(dtype=str),
            "point": clear["point"].to_numpy(dtype=str),
            "land_cover": _first(clear, _COVERS),
            "s2_date": clear["image"].to_numpy(),
            "sensor": clear["sensor"].to_numpy(dtype=str),
            "tile": np.full(len(clear), tile),
        },
        source="cesbio_insitu",
        origin="real",
        geometry_source="the products, in whole degrees",
    )
    return images, visits


def _leaf_area(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, str]:
    """Return leaf area, its standard deviation (both NaN where not given) and its kind ("" where there is none)."""
    plain = {re.sub(r"[^a-z0-9]", "", column.casefold()): column for column in table.columns}
    for column, kind, spread in _LAI:
        if column in plain:
            both = numbers(table, [plain[column], plain.get(spread, "-")])
            if np.isfinite(both[:, 0]).any():
                return both[:, 0], both[:, 1], kind
    return np.full(len(table), np.nan), np.full(len(table), np.nan), ""


def _site(table: pd.DataFrame, campaign: str) -> tuple[str, str]:
    """Return the site's name and tile: the year tells campaigns apart, or the tile where no year or word does."""
    parts = _CAMPAIGN.fullmatch(campaign)
    country, tile, rest = parts["country"].capitalize(), parts["tile"], parts["rest"]
    if re.fullmatch(r"\d{4}", rest):
        return f"{country} {rest}", tile
    if not rest:
        return f"{country} T{tile}", tile
    return f"{country} {table['visited'].dt.year.min():.0f}", tile


def _angles(table: pd.DataFrame) -> dict[str, np.ndarray]:
    sun_zenith, sun, view_zenith, view = numbers(table, ["sun_zen", "sun_az", "join_zen", "join_az"]).T
    return {"solar_zenith": sun_zenith, "view_zenith": view_zenith, "relative_azimuth": sun - view}


def _place(table: pd.DataFrame, tile: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    text = table["geometry"].astype(str)
    found = text.str.extract(
        r"POINT\s*\(\s*(-?[\d.]+(?:e-?\d+)?)\s+(-?[\d.]+(?:e-?\d+)?)\s*\)", flags=re.IGNORECASE
    )
    if found.isna().any(axis=None):
        raise unusable(name, "a geometry is not a POINT")
    code = f"EPSG:{326 if tile[2] >= 'N' else 327}{tile[:2]}"
    return to_degrees(code, *found.astype(float).to_numpy().T, name)


def _field(table: pd.DataFrame) -> np.ndarray:
    """Return the name of each row's field; a number loses the ".0" that gaps in its column gave it."""
    return np.array([re.sub(r"\.0+$", "", name) for name in _first(table, _FIELDS)], dtype=str)


def _numbered(table: pd.DataFrame) -> pd.Series:
    """Return each row's point: the field's name and the number of the place in it, in order of appearance."""
    places = [column for column in ("X-WGS84", "Y-WGS84", "X_UTM", "Y_UTM") if column in table]
    place = table.groupby(places, dropna=False).ngroup() if places else pd.Series(0, index=table.index)
    number = place.groupby(table["esu"]).transform(lambda of_field: pd.factorize(of_field)[0] + 1)
    return table["esu"] + "#" + number.astype(str)


def _sensor(table: pd.DataFrame) -> np.ndarray:
    """Return "S2A" … from the files' names, "" where they do not say."""
    found = table["s2_filenames"].astype("string").str.extract(r"SENTINEL2([ABC])_")[0]
    return ("S2" + found).fillna("").to_numpy(dtype=str)


def _first(table: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """Return the first of ``columns`` that is there, as strings; "" where none is."""
    return texts(table, next((column for column in columns if column in table), columns[0]))
