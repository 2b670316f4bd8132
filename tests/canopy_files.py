"""Made-up files in the layouts that the canopy readers meet: tables, GeoTIFFs, a GeoPackage, networks of SL2P."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine
from rasterio.io import MemoryFile

from eogen.canopy.observation import observe
from eogen.canopy.read import pixels
from eogen.canopy.sensors import BANDS

UTM = {"crs": "EPSG:32632", "transform": Affine(10, 0, 492_760, 0, -10, 5_258_660)}
PRODUCT = "S2A_MSIL2A_20220511T101601_N0400_R065_T32TMT_20220511T174519"
ANGLES = {"solar_zenith": 31.0, "view_zenith": 6.0, "relative_azimuth": 50.0}
#: A green canopy, in the order of BANDS.
GREEN = np.array([0.02, 0.045, 0.02, 0.07, 0.3, 0.39, 0.4, 0.41, 0.13, 0.06])
NINE = tuple(band for band in BANDS if band != "B08")


def short(band: str) -> str:
    """ "B02" -> "B2", as CESBIO writes it."""
    return f"B{band[1:].lstrip('0')}"


def visit(place: int = 0, field: str = "2018-05-10", image: str = "2018-05-08", **other) -> dict:
    """One row of CESBIO's tables: field ``place`` is 100 m east of the one before; reflectance is GREEN."""
    row = {
        "geometry": f"POINT ({353_000 + 100 * place} 4812000)",
        "field_date": field,
        **{short(band): value for band, value in zip(BANDS, GREEN, strict=True)},
        **dict.fromkeys(("sat_mask", "cloud_mask", "edge_mask", "geophysical_mask"), 0),
        **{"sun_zen": 30, "sun_az": 150, "join_zen": 2, "join_az": 260, "s2_date": image},
        "s2_filenames": f"/a/SENTINEL2B_{image.replace('-', '')}-105827-648_L2A_T31TCJ_C_V2-2_roi_0.tif",
        "NameESU": f"F{place}",
        "Species": "winter wheat",
        "PAIeff – CE": 1.5 + place,
    }
    return row | other


def cesbio_folder(root: Path, **tables: Sequence[Mapping]) -> Path:
    """Write tables, named as CESBIO's without ".csv", under ``root``; return ``root``."""
    folder = root / "cesbio_insitu"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        pd.DataFrame(list(rows)).to_csv(folder / f"{name}.csv")
    return root


def tiff(
    values: np.ndarray, names: Sequence[str] = (), scale: float = 1, offset: float = 0, **profile
) -> bytes:
    profile = {**UTM, **profile}
    tags = profile.pop("tags", {})
    height, width = values.shape[1:]
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", count=len(values), height=height, width=width, dtype=values.dtype, **profile
        ) as out:
            out.write(values)
            if names:
                out.descriptions = tuple(names)
            out.scales, out.offsets = (scale,) * len(values), (offset,) * len(values)
            out.update_tags(**tags)
        return memory.read()


def canopy_image(
    names: Sequence[str] = BANDS, size: int = 12, noise: float = 0.01, seed: int = 0
) -> np.ndarray:
    """Reflectance (band, y, x) of a green field: GREEN with some noise, other bands 0.2 (B10: nearly black)."""
    level = dict(zip(BANDS, GREEN, strict=True)) | {"B01": 0.02, "B09": 0.4, "B10": 0.001, "SCL": 4}
    rng = np.random.default_rng(seed)
    base = np.array([level[name] for name in names])[:, None, None]
    return (base * (1 + noise * rng.standard_normal((len(names), size, size)))).astype(np.float32)


def chip(root: Path, name: str, reflectance: np.ndarray, **profile) -> Path:
    """Write a field chip of nine bands and SCL (reflectance is (9, y, x)); return its path."""
    folder = root / "eth_s2_patches"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}__SRF_S2.tiff"
    classes = np.full((1, *reflectance.shape[1:]), 4, np.float32)
    path.write_bytes(
        tiff(np.concatenate([reflectance.astype(np.float32), classes]), (*NINE, "SCL"), **profile)
    )
    return path


def geopackage(
    path: Path, rows: Sequence[Mapping], places: Sequence[tuple[float, float]], system: int
) -> Path:
    """Write a GeoPackage with one table of points (x, y) in EPSG:``system``."""
    columns = list(rows[0])
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE gpkg_contents (table_name TEXT, srs_id INTEGER)")
        base.execute("INSERT INTO gpkg_contents VALUES ('points', ?)", [system])
        base.execute(f"CREATE TABLE points (fid INTEGER, geom BLOB, {', '.join(columns)})")
        for number, (row, place) in enumerate(zip(rows, places, strict=True)):
            blob = b"GP\x00\x01" + struct.pack("<i", system) + struct.pack("<BI2d", 1, 1, *place)
            marks = ", ".join("?" * (2 + len(columns)))
            base.execute(f"INSERT INTO points VALUES ({marks})", [number, blob, *row.values()])
        base.commit()
    return path


def sl2p_files(
    root: Path,
    variable: str = "LAI",
    sensor: str = "S2A",
    gain: float = 1.0,
    cells: Sequence[int] = tuple(range(1, 11)),
) -> Path:
    """Write a network that gives 4 + 4 tanh(gain x), x being B03 scaled from [0, 1] to [-1, 1]; return its folder.

    Its domain: bands in [0, 1], all eight in the same cell, one of ``cells`` (1 to 10).
    """
    folder = root / "snap_sl2p" / "3_0" / sensor / variable
    folder.mkdir(parents=True)
    first = np.zeros((5, 11))
    first[0, 0] = gain
    tables = {
        "Normalisation": np.tile([0.0, 1.0], (11, 1)),
        "Weights_Layer1_Neurons": first,
        "Weights_Layer1_Bias": np.zeros((1, 5)),
        "Weights_Layer2_Neurons": np.eye(1, 5),
        "Weights_Layer2_Bias": np.zeros((1, 1)),
        "Denormalisation": np.array([[0.0, 8.0]]),
        "ExtremeCases": np.array([[0.2, 1, 6]]),
        "DefinitionDomain_MinMax": np.array([np.zeros(8), np.ones(8)]),
        "DefinitionDomain_Grid": np.repeat(np.array(cells)[:, None], 8, axis=1),
    }
    for part, table in tables.items():
        np.savetxt(folder / f"{variable}_{part}", table, delimiter=",")
    return folder


def well_made(dataset: xr.Dataset) -> None:
    """Assert what every reader promises."""
    assert list(dataset.band.values) == list(BANDS)
    assert dataset.reflectance.dtype == np.float32
    assert dataset.reflectance.attrs["units"] == "1"
    for angle in ANGLES:
        assert dataset[angle].attrs["units"] == "degree"
        assert float(dataset[angle].min()) >= 0
    assert float(dataset.relative_azimuth.max()) <= 180
    assert dataset.attrs["geometry_source"]
    assert dataset.attrs["origin"] == "real"
    assert len(observe(pixels(dataset))) == pixels(dataset).sizes["pixel"]
