"""Files of rain in their providers' layouts, written from a truth that the tests know."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

FILL, FILL_INT = -9999.9, -9999


def truth(frames: int = 1, rows: int = 12, columns: int = 16, seed: int = 7) -> np.ndarray:
    """Rain (time, lat, lon) in mm/h with dry cells, NaN in one corner, no symmetry."""
    rng = np.random.default_rng(seed)
    rain = np.round(
        np.where(rng.random((frames, rows, columns)) < 0.4, rng.gamma(1.0, 2.0, (frames, rows, columns)), 0),
        2,
    )
    rain[:, :2, :3] = np.nan
    return rain.astype(np.float32)


def axes(
    rows: int = 12, columns: int = 16, south: float = 43.05, west: float = 1.05
) -> tuple[np.ndarray, np.ndarray]:
    return (np.round(south + 0.1 * np.arange(rows), 2), np.round(west + 0.1 * np.arange(columns), 2))


def beside(rain: np.ndarray, seed: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "quality": np.where(np.isnan(rain), np.nan, rng.random(rain.shape)).astype(np.float32),
        "source": rng.choice([0, 3, 9, 11], rain.shape).astype(np.int16),
        "infrared": rng.integers(0, 101, rain.shape).astype(np.int16),
    }


def granule(
    path: Path, rain: np.ndarray, start: str, lat: np.ndarray, lon: np.ndarray, *, version: str = "V07B",
    run: str = "", extra: dict[str, np.ndarray] | None = None, skip: tuple[str, ...] = (), algorithm: str = "3IMERGHH",
    subset: bool = False, bounds: bool = True,
) -> Path:  # fmt: skip
    """One half-hourly granule of IMERG as PPS writes it (time, lon, lat), or Hyrax's flat subset of it."""
    seven = version.startswith("V07")
    epoch = np.datetime64("1980-01-06" if seven else "1970-01-01", "s")
    seconds = int((np.datetime64(start, "s") - epoch).astype(int))
    units = f"seconds since {str(epoch)[:10]} 00:00:00 UTC"
    with h5py.File(path, "w") as file:
        file.attrs["FileHeader"] = np.bytes_(
            f"DOI=10.5067/GPM/IMERG/3B-HH/07;\nAlgorithmID={algorithm};\nFileName=3B-HHR{run}.MS.MRG.3IMERG.x.HDF5;\n"
            f"TimeInterval=HALF_HOUR;\nProductVersion={version};\n"
        )
        grid = file if subset else file.create_group("Grid")
        inner = grid if subset or not seven else grid.create_group("Intermediate")
        for name, values, unit in (("time", np.array([seconds], np.int32), units), ("lon", lon.astype(np.float32),
                                   "degrees_east"), ("lat", lat.astype(np.float32), "degrees_north")):  # fmt: skip
            axis = grid.create_dataset(name, data=values)
            axis.attrs["units"] = np.bytes_(unit)
            axis.make_scale(name)
        grid["time"].attrs["calendar"] = np.bytes_("julian")
        if bounds and not subset:
            grid.create_dataset("time_bnds", data=np.array([[seconds, seconds + 1800]], np.int32)).attrs[
                "units"
            ] = np.bytes_(units)

        def put(group: h5py.Group, name: str, values: np.ndarray, fill: float, unit: str = "") -> None:
            if name in skip:
                return
            whole = np.where(np.isnan(values.astype(float)), fill, values).transpose(0, 2, 1)
            held = group.create_dataset(name, data=whole.astype(values.dtype))
            held.attrs["DimensionNames"] = np.bytes_("time,lon,lat")
            held.attrs["_FillValue"] = np.array(fill, values.dtype)
            if unit:
                held.attrs["units"] = np.bytes_(unit)
            for place, dim in enumerate(("time", "lon", "lat")):
                held.dims[place].attach_scale(grid[dim])

        put(grid, "precipitation" if seven else "precipitationCal", rain.astype(np.float32), FILL, "mm/hr")
        if extra is not None:
            put(grid, "precipitationQualityIndex", extra["quality"], FILL)
            put(inner, "MWprecipSource" if seven else "HQprecipSource", extra["source"], FILL_INT)
            put(inner, "IRinfluence" if seven else "IRkalmanFilterWeight", extra["infrared"], FILL_INT)
    return path


def odim(
    path: Path, values: np.ndarray, *, quantity: str = "RATE", seconds: tuple[str, str] = ("180000", "181500"),
    quality: np.ndarray | None = None,
) -> Path:  # fmt: skip
    """An OPERA composite of 2 km around (55 N, 10 E); NaN is nodata, 0 is undetect."""
    with h5py.File(path, "w") as file:
        file.attrs["Conventions"] = np.bytes_("ODIM_H5/V2_0")
        what = file.create_group("what").attrs
        what.update(
            {"date": np.bytes_("20180824"), "time": np.bytes_(seconds[0]), "object": np.bytes_("COMP")}
        )
        proj = "+proj=laea +lat_0=55.0 +lon_0=10.0 +x_0=0 +y_0=0 +units=m +ellps=WGS84"
        from eogen.rain.geometry import geographic

        west, north = -values.shape[1] * 1000.0, values.shape[0] * 1000.0
        lon, lat = geographic(proj).transform(west, north)
        file.create_group("where").attrs.update(
            {"projdef": np.bytes_(proj), "UL_lon": lon, "UL_lat": lat, "xscale": 2000.0, "yscale": 2000.0,
             "xsize": values.shape[1], "ysize": values.shape[0]}
        )  # fmt: skip
        stored = np.where(np.isnan(values), -9999000.0, np.where(values == 0, -8888000.0, values))
        for number, (name, data) in enumerate(((quantity, stored), ("QIND", quality)), 1):
            if data is None:
                continue
            dataset = file.create_group(f"dataset{number}")
            dataset.create_group("data1").create_dataset("data", data=data)
            dataset.create_group("what").attrs.update(
                {"quantity": np.bytes_(name), "gain": 1.0, "offset": 0.0, "nodata": -9999000.0, "undetect": -8888000.0,
                 "startdate": np.bytes_("20180824"), "starttime": np.bytes_(seconds[0]),
                 "enddate": np.bytes_("20180824"), "endtime": np.bytes_(seconds[1])}
            )  # fmt: skip
    return path


def knmi(
    path: Path,
    amount: np.ndarray,
    end: datetime.datetime,
    *,
    parameter: str = "ACCUMULATED_PRECIPITATION_[MM]",
) -> Path:
    """A KNMI product of 5 minutes: hundredths of a mm, NaN is 65535."""
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

    def stamp(moment: datetime.datetime) -> np.ndarray:
        return np.array([f"{moment:%d}-{months[moment.month - 1]}-{moment:%Y;%H:%M:%S}.000".encode()])

    with h5py.File(path, "w") as file:
        file.create_group("overview").attrs.update(
            {
                "product_datetime_start": stamp(end - datetime.timedelta(minutes=5)),
                "product_datetime_end": stamp(end),
            }
        )
        geographic = file.create_group("geographic")
        geographic.attrs.update(
            {"geo_column_offset": [0.0], "geo_row_offset": [3650.0], "geo_pixel_size_x": [1.0],
             "geo_pixel_size_y": [-1.0]}
        )  # fmt: skip
        geographic.create_group("map_projection").attrs["projection_proj4_params"] = np.bytes_(
            "+proj=stere +lat_0=90 +lon_0=0.0 +lat_ts=60.0 +a=6378.137 +b=6356.752 +x_0=0 +y_0=0"
        )
        image = file.create_group("image1")
        image.attrs.update(
            {
                "image_geo_parameter": np.bytes_(parameter),
                "image_product_name": np.bytes_("RAD_NL25_RAU_5min"),
            }
        )
        stored = np.where(np.isnan(amount), 65535, np.round(amount * 100)).astype(np.uint16)
        image.create_dataset("image_data", data=stored)
        image.create_group("calibration").attrs.update(
            {"calibration_formulas": np.bytes_("GEO=0.01*PV+0.0"), "calibration_missing_data": [65535],
             "calibration_out_of_image": [65535]}
        )  # fmt: skip
    return path


def meteonet(path: Path, amount: np.ndarray, dates: list[datetime.datetime], *, protocol: int = 3) -> Path:
    """A MeteoNet archive: hundredths of a mm (NaN is -1), its dates pickled as the provider's."""
    import pickle

    def npy(array: np.ndarray) -> bytes:
        stream = io.BytesIO()
        if array.dtype == object:
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "|O", "fortran_order": False, "shape": array.shape}
            )
            pickle.dump(array, stream, protocol=protocol)
        else:
            np.lib.format.write_array(stream, array)
        return stream.getvalue()

    stored = np.where(np.isnan(amount), -1, np.round(amount * 100)).astype(np.int16)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", npy(stored))
        archive.writestr("dates.npy", npy(np.array(dates, dtype=object)))
        archive.writestr("miss_dates.npy", npy(np.array([])))
    return path


def radolan(
    amount: np.ndarray, *, product: str = "RW", when: str = "180050", month: str = "1022", minutes: int = 60
) -> bytes:
    """A binary composite of RADOLAN: tenths of a mm from the south, NaN flagged as no data, the header as DWD's."""
    rows, columns = amount.shape
    header = (
        f"{product}{when}10000{month}BY{2 * rows * columns + 143:07d}VS 3SW   2.29.1PR E-01INT{minutes:4d}"
        f"GP{rows:4d}x{columns:4d}MF 00000001MS 70<asb,boo,ros,hnr,umd,pro,ess,fld,drs,neu,nhb,oft,eis,tur,isn,fbg,mem>"
    )
    words = np.where(np.isnan(amount), 0x2000 | 2500, np.round(np.nan_to_num(amount) * 10)).astype("<u2")
    return header.encode() + b"\x03" + words[::-1].tobytes()


def cf(
    path: Path, rain: np.ndarray, time: np.ndarray, lat: np.ndarray, lon: np.ndarray, units: str = "mm h-1"
) -> Path:
    """A CF file of NetCDF-4, latitudes from the north as many write them."""
    held = xr.Dataset(
        {"rain_rate": (("time", "lat", "lon"), rain[:, ::-1], {"units": units, "standard_name": "rainfall_rate"})},
        {"time": time, "lat": ("lat", lat[::-1], {"units": "degrees_north"}),
         "lon": ("lon", lon, {"units": "degrees_east"})},
    )  # fmt: skip
    held.to_netcdf(
        path, engine="h5netcdf", encoding={"time": {"units": "minutes since 2020-01-01", "dtype": "int64"}}
    )
    return path


def inmet(
    path: Path, hours: int = 6, *, code: str = "A807", missing: tuple[int, ...] = (2,), old: bool = False
) -> Path:
    """A station file of INMET; the amount of hour i is i / 10 mm. ``old``: as written before 2019."""
    lines = ["REGIAO:;S", "UF:;PR", "ESTACAO:;CURITIBA", f"CODIGO (WMO):;{code}", "LATITUDE:;-25,4486111",
             "LONGITUDE:;-49,23055554", "ALTITUDE:;922,91", "DATA DE FUNDACAO:;28/01/03",
             "Data;Hora UTC;PRECIPITAÇÃO TOTAL, HORÁRIO (mm);PRESSAO (mB);"]  # fmt: skip
    for hour in range(hours):
        amount = ("-9999" if old else "") if hour in missing else f"{hour / 10}".replace(".", ",")
        when = f"2023-01-01;{hour:02d}:00" if old else f"2023/01/01;{hour:02d}00 UTC"
        lines.append(f"{when};{amount};912,8;")
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path
