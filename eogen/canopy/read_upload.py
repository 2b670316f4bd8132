"""A visitor's own file: a GeoTIFF of Sentinel-2 bands, or a table of spectra.

Nothing is guessed in silence: a file in digital numbers, with the offset of 2022 still in, without angles or without a
band is refused with a sentence that says what to give; the same call with that argument then reads it.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from eogen.canopy import geometry
from eogen.canopy.checks import (
    HIGHEST,
    LOWEST,
    check_reflectance,
    check_values,
    missing_angles,
    missing_bands,
)
from eogen.canopy.dataset import ANGLES, NEEDED, described, fold, points
from eogen.canopy.raster_bands import (
    FILLED,
    band_name,
    band_names,
    band_twice,
    centre,
    quantities,
    samples,
    scene,
)
from eogen.canopy.sensors import BANDS
from eogen.canopy.tables import numbers
from eogen.errors import InputError
from eogen.geotiff import MAX_FILE_BYTES, SIGNATURES, too_large

#: Rows of a table beyond which it is not a visitor's spectra.
MOST_ROWS = 200_000
#: Columns beyond which it is no table of spectra; each costs the parser as much as thousands of rows.
MOST_COLUMNS = 2000
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
#: Names under which tables give angles, compared without case, blanks and signs.
_NAMES = {
    "solar_zenith": (
        "solarzenith",
        "sunzenith",
        "sunzen",
        "sza",
        "tts",
        "solarzenithangle",
        "sunzenithangle",
    ),
    "view_zenith": ("viewzenith", "viewzen", "vza", "tto", "sensorzenith", "joinzen", "viewzenithangle"),
    "relative_azimuth": ("relativeazimuth", "relazimuth", "raa", "psi", "phi", "relativeazimuthangle"),
    "solar_azimuth": ("solarazimuth", "sunazimuth", "sunaz", "saa"),
    "view_azimuth": ("viewazimuth", "viewaz", "vaa", "sensorazimuth", "joinaz"),
}


def read_upload(
    data: bytes,
    name: str,
    *,
    scale: float | None = None,
    offset: float | None = None,
    angles: Mapping[str, float] | None = None,
    bands: Sequence[str] | None = None,
) -> xr.Dataset:
    """Return what a visitor gives, checked by :func:`eogen.canopy.checks.check_reflectance`.

    Args:
        data: the file.
        name: its name; shown, and searched for the name of a Sentinel-2 product, which tells the angles.
        scale: what to multiply the file's numbers by to have reflectance (0.0001 for digital numbers); found in the
            file's tags when None.
        offset: reflectance to subtract after scaling (0.1 for products since 2022; 0 says that there is none); None
            lets the check refuse what looks like an offset.
        angles: ``solar_zenith``, ``view_zenith``, ``relative_azimuth`` in degrees; they overrule the file's.
        bands: names of a GeoTIFF's bands in its order, overruling those in the file.

    Returns:
        A scene (y, x) or points (pixel) as of the room's readers; ``lai`` where a table has it. attrs: ``source``,
        ``origin`` "upload", ``sha256``, ``georeferenced``, ``geometry_source``, ``offset_removed``, ``without_b08``,
        ``pixels_out_of_range``: pixels beyond any reflectance (clouds, glint), set to NaN where they are few.

    Raises:
        InputError: ``canopy_empty``, ``file_too_large``, ``canopy_picture``, ``canopy_not_readable``, ``canopy_scale``,
            ``canopy_rows``, ``corrupt_file``, ``too_many_pixels``, ``canopy_band_count``, ``canopy_band_twice``, and
            those of :func:`eogen.canopy.checks.check_reflectance`.
    """
    shown = _shown(name)
    if not data:
        raise InputError(
            "canopy_empty", "{name} is empty (0 bytes); give a GeoTIFF or a table (CSV).", name=shown
        )
    if len(data) > MAX_FILE_BYTES:
        raise too_large(shown, len(data))
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise InputError("canopy_scale", "The scale is {given}; a number above 0 was expected.", given=scale)
    if data.startswith(SIGNATURES):
        dataset = _image(data, shown, scale, bands)
    elif data.startswith(_PICTURES):
        raise InputError(
            "canopy_picture",
            "{name} is a picture in three colours; ten bands of Sentinel-2 are needed, as a GeoTIFF or a table.",
            name=shown,
        )
    else:
        dataset = _spectra(data, shown, scale)
    dataset = _believable(dataset, offset)
    dataset = _lit(dataset, shown, angles)
    without = not bool(dataset.reflectance.sel(band="B08").notnull().any())
    dataset = described(
        dataset, origin="upload", sha256=hashlib.sha256(data).hexdigest(), without_b08=int(without)
    )
    return check_reflectance(dataset, offset_known=offset is not None)


def _image(data: bytes, name: str, scale: float | None, bands: Sequence[str] | None) -> xr.Dataset:
    found = samples(data, name)
    names = band_names(found, bands, name)
    if missing := [band for band in NEEDED if band not in names]:
        raise missing_bands(name, missing)
    if scale is not None:  # the visitor's word overrules the file's
        found = replace(found, scales=(scale,) * len(names), offsets=(0.0,) * len(names))
    values = quantities(found)
    tags = {re.sub(r"[^a-z]", "", key.casefold()): value for key, value in found.tags.items()}
    dataset = scene(values, names, found).assign_attrs(source=name)
    for angle in ANGLES:
        given = pd.to_numeric([tags.get(key) for key in _NAMES[angle] if key in tags], errors="coerce")
        if len(given) and np.isfinite(given[0]):
            dataset[angle] = np.float32(given[0])
    level = (
        "L1C" if "B10" in names else "unknown"
    )  # B10 sees no ground: only products at the top of the air have it
    return dataset.assign_attrs(geometry_source="the file's tags", processing_level=level)


def _spectra(data: bytes, name: str, scale: float | None) -> xr.Dataset:
    table = _table(data, name)
    plain = {column: re.sub(r"[^a-z0-9]", "", column.casefold()) for column in table.columns}
    held = _band_columns(table, name)
    if missing := [band for band in NEEDED if band not in held]:
        raise missing_bands(name, missing)
    reflectance = numbers(table, [held.get(band, "-") for band in BANDS])
    reflectance = np.where(np.abs(reflectance) < FILLED, reflectance, np.nan) * (
        1 if scale is None else scale
    )
    found = {}
    for angle, names in _NAMES.items():
        if columns := [column for column, short in plain.items() if short in names]:
            found[angle] = numbers(table, columns[:1])[:, 0]
    if "relative_azimuth" not in found and {"solar_azimuth", "view_azimuth"} <= {*found}:
        found["relative_azimuth"] = found["solar_azimuth"] - found["view_azimuth"]
    absent = np.full(len(table), np.nan)
    values = {}
    if columns := [column for column, short in plain.items() if short == "lai"]:
        values["lai"] = numbers(table, columns[:1])[:, 0]
    dataset = points(
        reflectance, {angle: found.get(angle, absent) for angle in ANGLES}, values, {}, source=name
    )
    absent_angles = [angle for angle in ANGLES if angle not in found]
    return dataset.drop_vars(absent_angles).assign_attrs(georeferenced=False, geometry_source="the table")


def _table(data: bytes, name: str) -> pd.DataFrame:
    """Return a table whose columns are parted by commas, semicolons or tabs; with semicolons, commas are decimal."""
    try:
        text = data.decode("utf-8-sig")
        if "\0" in text:
            raise ValueError("binary")
        head = text.splitlines()[0]
        mark = max(",;\t", key=head.count)
        if head.count(mark) >= MOST_COLUMNS:
            raise ValueError("columns")
        decimal = "," if mark == ";" and not re.search(r"\d\.\d", text) else "."
        table = pd.read_csv(
            io.StringIO(text), sep=mark, decimal=decimal, nrows=MOST_ROWS + 1, low_memory=False
        )
    except (ValueError, IndexError, UnicodeDecodeError) as fault:
        raise _not_readable(name) from fault
    table.columns = [str(column).strip() for column in table.columns]
    if table.empty or len(table.columns) < 2:
        raise _not_readable(name)
    if len(table) > MOST_ROWS:
        raise InputError(
            "canopy_rows",
            "{name} has more than {most} rows; cut out the part of interest, or give an image as a GeoTIFF.",
            name=name,
            most=MOST_ROWS,
        )
    return table


def _believable(dataset: xr.Dataset, offset: float | None) -> xr.Dataset:
    """Subtract the offset given, refuse digital numbers, and set the few pixels beyond any reflectance to NaN."""
    name = dataset.attrs["source"]
    if offset:
        dataset = dataset.assign(reflectance=dataset.reflectance - np.float32(offset))
    check_values(dataset.reflectance, name)
    with np.errstate(invalid="ignore"):
        beyond = ((dataset.reflectance < LOWEST) | (dataset.reflectance > HIGHEST)).any("band")
    return dataset.assign(reflectance=dataset.reflectance.where(~beyond)).assign_attrs(
        offset_removed=float(offset or 0), pixels_out_of_range=int(beyond.sum())
    )


def _lit(dataset: xr.Dataset, name: str, given: Mapping[str, float] | None) -> xr.Dataset:
    """Add the angles: those given, else those of the file, else those of the product that the name tells."""
    if given:
        if missing := [angle for angle in ANGLES if angle not in given]:
            raise missing_angles(name, missing)
        for angle in ANGLES:
            value = float(fold(np.array(given[angle]))) if angle == "relative_azimuth" else given[angle]
            like = dataset.reflectance.isel(band=0, drop=True) if "pixel" in dataset.dims else None
            dataset[angle] = np.float32(value) if like is None else xr.full_like(like, value)
        return dataset.assign_attrs(geometry_source="given by the visitor")
    missing = [angle for angle in ANGLES if angle not in dataset]
    if not missing:
        return dataset
    image = geometry.product(name)
    if image is None or "pixel" in dataset.dims:
        raise missing_angles(name, missing)
    place = centre(dataset) if dataset.attrs["georeferenced"] else geometry.tile_centre(image.tile)
    found = geometry.angles(image.date, *place, image.orbit)
    for angle, value in zip(ANGLES, (*found[:2], float(fold(np.array(found[2])))), strict=True):
        dataset[angle] = np.float32(value)
    dataset.attrs.update(sensor=image.sensor, geometry_source="computed from the product's orbit and day")
    return dataset


def _band_columns(table: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the column of each band: that with its name alone, else the only one in whose name it is found."""
    named: dict[str, list[str]] = {}
    for column in table.columns:
        if band := band_name(column):
            named.setdefault(band, []).append(column)
    held, twice = {}, []
    for band, columns in named.items():
        alone = [c for c in columns if re.fullmatch(r"(?i)b(and)?[ _-]?0*\d{1,2}a?", c)]
        if len(chosen := alone or columns) > 1 and band in BANDS:
            twice.append(band)
        held[band] = chosen[0]
    if twice:
        raise band_twice(name, twice)
    return held


def _not_readable(name: str) -> InputError:
    return InputError(
        "canopy_not_readable",
        "{name} is neither a GeoTIFF nor a table (CSV: a row of names such as B02, then one spectrum per row), "
        "whatever its extension says.",
        name=name,
    )


def _shown(name: str) -> str:
    """Return the last part of an uploaded file's name, short and printable."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(character for character in last if character.isprintable())[:150] or "file"
