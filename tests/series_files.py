"""Tiny files in the layouts of series: WorldCereal, eo-learn, TerraMesh, BreizhCrops, TimeSen2Crop, PASTIS."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from eogen.landcover.bands import ALL
from tests.landcover_files import tiff

USUAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
LEGEND = {
    "LANDCOVER10": {
        "1": "temporary_crops",
        "2": "grasslands",
        "3": "permanent_crops",
        "4": "temporary_crops",
    },
    "CROPTYPE24": {"1": "maize", "2": "no_crop", "3": "ignore", "4": "potatoes"},
    "CROPTYPE28": {"1": "maize", "5": "spring_wheat"},
}


def long_table(folder: Path, name: str = "any.parquet", legend: bool = True) -> Path:
    """Five parcels of codes 1 to 5, three dekads, the second missing for the first parcel; digital numbers 100 k."""
    rows = []
    for parcel in range(5):
        for step, day in enumerate(("2023-01-01", "2023-01-11", "2023-01-21")):
            if parcel == 0 and step == 1:
                continue
            numbers = {f"S2-L2A-{b}": 100 * (k + 1) + parcel for k, b in enumerate(USUAL)}
            if parcel == 1 and step == 2:
                numbers = dict.fromkeys(numbers, 65535)
            rows.append({"sample_id": f"p{parcel}", "timestamp": pd.Timestamp(day), **numbers, "S2-L2A-B8A": 65535,
                         "lon": 1.0 + parcel, "lat": 45.0, "tile": "31TCJ", "ewoc_code": parcel + 1})  # fmt: skip
    # The order of rows must not matter.
    pd.DataFrame(rows).sample(frac=1, random_state=3).to_parquet(folder / name)
    if legend:
        (folder / "mappings.json").write_text(json.dumps(LEGEND))
    return folder / name


def wide_table(folder: Path) -> Path:
    """Two parcels, two months, one starting a month after the other; two bands."""
    held = {"sample_id": ["a", "b"], "start_date": ["2020-12-01", "2021-01-01"], "ewoc_code": [1, 2],
            "tile": ["x", "y"]}  # fmt: skip
    for band, base in (("B02", 100), ("B8A", 3000)):
        for step in (0, 1):
            held[f"OPTICAL-{band}-ts{step}-10m"] = np.array(
                [base + step, 65535 if step else base + 10], np.uint16
            )
    pd.DataFrame(held).to_parquet(folder / "wide.parquet")
    (folder / "legend.json").write_text(json.dumps(LEGEND))
    return folder / "wide.parquet"


def netcdf_cube(folder: Path) -> list[Path]:
    """A cube of 2 months x 3 x 4 pixels with its two maps, and a map of another place."""
    y, x = 5_000_000.0 - 10 * np.arange(3), 600_000.0 + 10 * np.arange(4)
    crs = xr.DataArray(np.bytes_(b""), attrs={"crs_wkt": "EPSG:32631"})
    bands = {f"S2-L2A-{b}": (("t", "y", "x"), np.full((2, 3, 4), 100 * (k + 1), np.uint16)) for k, b in
             enumerate(USUAL)}  # fmt: skip
    held = xr.Dataset(
        bands, coords={"t": np.array(["2021-01-01", "2021-02-01"], "datetime64[ns]"), "y": y, "x": x}
    )
    held["S2-L2A-B02"][1, 0, 0] = 65535
    held["crs"] = crs
    paths = [folder / n for n in ("c.nc", "crop.nc", "land.nc", "far.nc")]
    held.to_netcdf(paths[0], engine="h5netcdf")
    for path, names, offset in (
        (paths[1], ("barley", "maize", "other_crop"), 0.0),
        (paths[2], ("cropland", "other"), 0.0),
        (paths[3], ("cropland", "other"), 1e5),
    ):
        layers = np.zeros((2 + len(names), 3, 4), np.uint16)
        layers[0, 1:] = 1
        layers[1] = 80
        place = {"bands": ["classification", "probability", *(f"probability_{n}" for n in names)], "y": y + offset,
                 "x": x}  # fmt: skip
        xr.DataArray(layers, dims=("bands", "y", "x"), coords=place, name="map").to_netcdf(
            path, engine="h5netcdf"
        )
    return paths


def dated_images(folder: Path, cloudy: int = 2, offset: int = 0) -> list[Path]:
    """Five dates of 20 x 20 pixels, 12 bands, one of them white with cloud; ``offset`` in every one."""
    order = tuple(b for b in ALL if b != "B10")
    paths = []
    for k, day in enumerate(("2020-03-01", "2020-06-01", "2020-09-01", "2021-01-01", "2021-05-01")):
        level = np.array([300, 400, 500, 400, 700, 1800, 2100, 2300, 2400, 2500, 1500, 800])
        noise = np.random.default_rng(k).integers(0, 40, (12, 20, 20))
        values = level[:, None, None] + noise + (5000 if k == cloudy else 0) + offset
        path = folder / f"Here_{day}.tif"
        path.write_bytes(tiff(values.astype(np.int16), order))
        paths.append(path)
    return paths


def eopatch(folder: Path, flat: bool) -> Path:
    """Three dates of 4 x 5 pixels of NDVI; the second date is cloud, a pixel of the first is missing."""
    rng = np.random.default_rng(0)
    ndvi = rng.uniform(-0.1, 0.9, (3, 4, 5, 1)).astype(np.float32)
    cloud, data = np.zeros((3, 4, 5, 1), np.uint8), np.ones((3, 4, 5, 1), np.uint8)
    cloud[1], data[0, 0, 0] = 1, 0
    lulc = np.arange(20).reshape(4, 5, 1).astype(np.uint16) % 12
    for kind, name, values in (
        ("data", "NDVI", ndvi), ("mask", "CLM", cloud), ("mask", "IS_DATA", data), ("mask_timeless", "LULC", lulc),
    ):  # fmt: skip
        path = folder / (f"{kind}_{name}.npy" if flat else f"{kind}/{name}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, values)
    (folder / "timestamps.json").write_text(
        json.dumps(["2015-07-11T10:00:08", "2015-08-20T10:07:28Z", "2016-01-01"])
    )
    ring = [[400_000, 5_000_000], [400_000, 5_000_040], [400_050, 5_000_040], [400_050, 5_000_000]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    (folder / "bbox.geojson").write_text(json.dumps({"crs": crs, "type": "Polygon", "coordinates": [ring]}))
    return folder


def terramesh(folder: Path, offset: int) -> Path:
    """A patch of 224 x 224 pixels (surface) with its mask: left half trees, right half crops, one row cloud."""
    order = tuple(b for b in ALL if b != "B10")
    values = 300 + 150 * np.arange(12)[:, None, None] + np.zeros((12, 32, 32), int) + offset
    mask = np.full((1, 32, 32), 2, np.uint8)
    mask[:, :, 16:], mask[:, 0] = 4, 8
    for kind, content in (("S2L2A", tiff(values.astype(np.int16), order)), ("LULC", tiff(mask))):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "1U_2R_0_0.tif").write_bytes(content)
    return folder


def breizhcrops(folder: Path, level: str) -> Path:
    """Four parcels, one of a crop in no class, with dates of their own; the second date of each is cloud."""
    below = folder / "2017" / level[:3]
    below.mkdir(parents=True)
    rows = []
    with h5py.File(below / "frh01.h5", "w") as file:
        for k, crop in enumerate(("BTH", "MIS", "XXX", "BTH")):
            days = np.array(["2017-01-01", "2017-02-01", "2017-03-01"], "datetime64[ns]") + np.timedelta64(
                k, "D"
            )
            table = {b: np.full(3, 100 * (place + 2) + k) for place, b in enumerate(ALL)}
            table |= {
                "B10": np.full(3, 12),
                "QA10": np.zeros(3),
                "QA20": np.zeros(3),
                "QA60": np.array([0, 1024, 0]),
            }
            table |= {
                "CLD": np.array([0, 1, 0]),
                "EDG": np.zeros(3),
                "SAT": np.zeros(3),
                "doa": days.astype(np.int64),
            }
            order = {
                "L1C": (*ALL, "QA10", "QA20", "QA60", "doa"),
                "L1C, first": ("B01", "B10", "B11", "B12", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A",
                               "B09", "QA10", "QA20", "QA60", "doa"),
                "L2A": ("doa", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12", "CLD", "EDG",
                        "SAT"),
            }[level]  # fmt: skip
            file[f"csv/frh01/{k}.csv"] = np.stack([np.asarray(table[c], float) for c in order], 1)
            rows.append({"CODE_CULTU": crop, "path": f"csv/frh01/{k}.csv", "meanCLD": 0.1, "sequencelength": 3,
                         "id": 1000 + k})  # fmt: skip
    pd.DataFrame(rows).to_csv(below / "frh01.csv")
    mapping = pd.DataFrame(
        {"code": ["MIS", "BTH", "BDH"], "id": [3, 1, 1], "classname": ["corn", "wheat", "wheat"]}
    )
    mapping.to_csv(folder / "classmapping.csv")
    return below / "frh01.h5"


def timesen2crop(folder: Path) -> Path:
    """Two tiles of one place; tile 33UVP has three dates and classes 1 and 2, 2019_33UVP two dates and class 2."""
    for tile, days, kinds in (
        ("33UVP", (20170903, 20171003, 20180613), ("1", "2")), ("2019_33UVP", (20180905, 20190620), ("2",)),
    ):  # fmt: skip
        (folder / tile).mkdir(parents=True)
        pd.DataFrame({"acquisition_date": days}).to_csv(folder / tile / "dates.csv", index=False)
        for kind in kinds:
            (folder / tile / kind).mkdir()
            for pixel in range(3):
                table = {f"B{k}": np.full(len(days), 100 * k + pixel) for k in range(1, 10)}
                table["Flag"] = [0, 1, 0][: len(days)]
                pd.DataFrame(table).to_csv(folder / tile / kind / f"{pixel}.csv", index=False)
    return folder


def pastis(folder: Path) -> Path:
    """Two patches of 6 x 8 pixels, three dates; the second patch has no annotation."""
    for kind in ("DATA_S2", "ANNOTATIONS"):
        (folder / kind).mkdir(parents=True)
    features = []
    for k, patch in enumerate((10001, 10000)):
        values = np.full((3, 10, 6, 8), 500, np.int16) + 100 * np.arange(10, dtype=np.int16)[:, None, None]
        np.save(folder / "DATA_S2" / f"S2_{patch}.npy", values)
        west = 700_000 + 1280 * k
        ring = [[west, 6_600_000], [west + 80, 6_600_000], [west + 80, 6_600_060], [west, 6_600_060]]
        features.append({
            "type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
            "properties": {"ID_PATCH": patch, "Fold": 1 + k, "TILE": "t30uxv",
                           "dates-S2": {"0": 20180917, "1": 20181002, "2": 20190101}},
        })  # fmt: skip
    target = np.zeros((3, 6, 8), np.uint8)
    target[0, 0], target[0, 1] = 19, 3
    np.save(folder / "ANNOTATIONS" / "TARGET_10001.npy", target)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    (folder / "metadata.geojson").write_text(json.dumps({"crs": crs, "features": features}))
    return folder
