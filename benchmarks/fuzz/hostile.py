"""Files that were made to harm: bombs, lies, programs, endless queries; HDF5 has a file of its own."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sqlite3
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from benchmarks.fuzz import hostile_hdf5
from benchmarks.fuzz.hostile_hdf5 import GRIDS, Attack
from benchmarks.fuzz.mutate import zipped
from benchmarks.fuzz.seeds import Files

IMAGES = ("landcover", "canopy", "change_pair")


def all_attacks(bait: str, secret: Path) -> list[Attack]:
    """Return every attack; ``bait`` is an address that nobody may ask, ``secret`` a file that nobody may read."""
    with tempfile.TemporaryDirectory() as place:
        makers = (_pointers(bait, secret), _rasters(), _pictures(), _zips(bait), _texts(),
                  hostile_hdf5.attacks(secret, Path(place)), _databases(Path(place)), _programs(Path(place)),
                  _compressed())  # fmt: skip
        return [attack for maker in makers for attack in maker]


def _image(reader: str, name: str, data: bytes) -> Files:
    return ((name, data), ("b_" + name, data)) if reader == "change_pair" else ((name, data),)


def _pointers(bait: str, secret: Path) -> Iterator[Attack]:
    """Files that tell GDAL, or whoever opens them by name, to open something else."""
    source = "<SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource>"
    band = f'<VRTRasterBand dataType="Byte" band="1">{source}</VRTRasterBand>'
    vrt = f'<VRTDataset rasterXSize="64" rasterYSize="64">{band}</VRTDataset>'
    texts = {
        "VRT of a file": vrt.format(secret),
        "VRT of an address": vrt.format(f"/vsicurl/{bait}"),
        "WMS": f'<GDAL_WMS><Service name="TMS"><ServerUrl>{bait}</ServerUrl></Service></GDAL_WMS>',
        "curl path": f"/vsicurl/{bait}/a.tif",
        "zip path": f"/vsizip//vsicurl/{bait}/a.zip/a.tif",
        "subdataset": f'NETCDF:"{secret}":chl',
        "hdf5 subdataset": f'HDF5:"/vsicurl/{bait}/a.h5"://a',
    }
    for attack, text in texts.items():
        for reader in IMAGES:
            yield attack, reader, _image(reader, "a.tif", text.encode()), True
        for reader in GRIDS:
            yield attack, reader, (("a.nc", text.encode()),), True
        for reader in IMAGES:
            yield f"{attack} as a name", reader, _image(reader, text, b"II*\x00" + text.encode()), True
    for name in (
        f"/vsicurl/{bait}/a.nc",
        str(secret),
        "../../../etc/passwd",
        "http://127.0.0.1/a.zarr",
        "a\0b.nc",
    ):
        yield "a name that is a path", "ocean", ((name, b"CDF\x01" + bytes(200)),), True
        yield "a name that is a path", "rain", ((name, b"\x89HDF\r\n\x1a\n" + bytes(200)),), True


def _tiff(width: int, height: int, count: int, dtype: str, **more: object) -> bytes:
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=width, height=height, count=count, dtype=dtype, crs="EPSG:32631", tiled=True,
            transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), compress="deflate", sparse_ok=True, **more,
        ):  # fmt: skip
            pass
        return memory.read()


def _rasters() -> Iterator[Attack]:
    """Kilobytes that promise gigabytes; and the largest that is within the limits, which has to fit."""
    for reader in IMAGES:
        yield (
            "huge raster",
            reader,
            _image(reader, "h.tif", _tiff(500_000, 500_000, 3, "uint16", bigtiff="yes")),
            True,
        )
        yield "many bands", reader, _image(reader, "m.tif", _tiff(64, 64, 20_000, "uint8")), True
        # Nodata everywhere, but all of it has to be decoded to be known: the answer is free, the memory is not.
        yield "largest within limits", reader, _image(reader, "l.tif", _tiff(2700, 2700, 13, "uint16")), False
        yield "largest of one type", reader, _image(reader, "f.tif", _tiff(5900, 5900, 2, "float64")), False
        yield "widest picture", reader, _image(reader, "w.tif", _tiff(5900, 2800, 3, "uint8")), False


def _png(width: int, height: int, colour: int, rows: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    line = 1 + width * {0: 1, 2: 3, 6: 4}[colour]
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(line)) for _ in range(rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _pictures() -> Iterator[Attack]:
    for reader in ("landcover", "change_pair"):
        yield "bomb of a PNG", reader, _image(reader, "b.png", _png(60_000, 60_000, 2, 200)), True
        yield "cut bomb of a PNG", reader, _image(reader, "c.png", _png(5_000, 3_000, 6, 100)), False
        yield "largest PNG", reader, _image(reader, "p.png", _png(4_000, 3_000, 2, 3_000)), False
        text = zlib.compress(bytes(200_000_000), 9)
        body = b"zTXtk\0\0" + text
        odd = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        plain = _png(32, 32, 2, 32)
        yield "bomb in a PNG's text", reader, _image(reader, "t.png", plain[:33] + odd + plain[33:]), False


def _zips(bait: str) -> Iterator[Attack]:
    zeros = zipped([(f"{k}.nc", bytes(150_000_000)) for k in range(2)])
    nested = zipped([("inner.zip", zipped([("a.nc", bytes(1000))]))])
    link = io.BytesIO()
    with zipfile.ZipFile(link, "w") as archive:
        info = zipfile.ZipInfo("sea.nc")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    lie = zeros.replace(struct.pack("<I", 150_000_000), struct.pack("<I", 1_000))
    chunk = {"zarr_format": 2, "shape": [10**6, 10**6, 10**6], "chunks": [10**5, 10**5, 10**5], "dtype": "<f8",
             "order": "C", "compressor": None, "filters": None, "fill_value": 1.0}  # fmt: skip
    attrs = b'{"_ARRAY_DIMENSIONS": ["time", "lat", "lon"], "units": "mg m-3"}'
    zarr = zipped([("s.zarr/.zgroup", b'{"zarr_format": 2}'), ("s.zarr/chl/.zarray", json.dumps(chunk).encode()),
                   ("s.zarr/chl/.zattrs", attrs)])  # fmt: skip
    axes = {"time": ["2020-01-01"] * 4, "lat": [1, 2], "lon": [1, 2]}
    head = (
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999, 99999, 99), }".ljust(
            127
        )
        + b"\n"
    )
    arrays = zipped([("axes.json", json.dumps(axes).encode()), ("Chl.npy", head)])
    deep = zipped([("axes.json", b"[" * 200_000), ("Chl.npy", head)])
    files = {"bomb": zeros, "bomb that lies": lie, "zip in a zip": nested, "link": link.getvalue(),
             "endless zarr": zarr, "endless array": arrays, "deep axes": deep, "no member": zipped([])}  # fmt: skip
    for name in ("../../out.nc", "/tmp/out.nc", "C:\\out.nc", "a/../../../out.nc", f"/vsicurl/{bait}"):
        files[f"path {name}"] = zipped([(name, b"CDF\x01" + bytes(100))])
    for attack, data in files.items():
        yield attack, "ocean", (("a.zip", data),), True
        if attack not in ("zip in a zip", "endless zarr", "endless array", "deep axes", "no member"):
            yield attack, "archive", (("a.zip", data),), True


def _texts() -> Iterator[Attack]:
    deep = b"[" * 300_000
    for reader, name in (("results", "ocean.json"), ("verdicts", "change.jsonl")):
        yield "deep JSON", reader, ((name, deep),), reader != "verdicts"
        yield "no JSON", reader, ((name, b"\xff\xfe\x00"),), reader != "verdicts"
        yield "a long number", reader, ((name, b"1" * 100_000),), reader != "verdicts"
    yield "a line of megabytes", "verdicts", (("change.jsonl", b"x" * 5_000_000),), False
    yield "deep JSON", "weights", (("m.safetensors", b""), ("m.json", deep)), True
    head = b"B02,B03,B04,B05,B06,B07,B8A,B11,B12\n"
    tables = {
        "many columns": b",".join(b"c%d" % k for k in range(300_000)) + b"\n" + b"1," * 300_000,
        "open quote": head + b'"' + b"1,2\n" * 2_000_000,
        "one long line": head + b"1" * 20_000_000,
        "many rows": head + b"0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1\n" * 400_000,
        "formulas": head + b"=1+1,@SUM(A1),+1,-1,0.1,0.1,0.1,0.1,0.1\n",
    }
    for attack, data in tables.items():
        yield attack, "canopy", (("t.csv", data),), True
    radolan = (
        b"RW18005010000" + b"1022BY99999999VS 3SW   2.29.1PR E-01INT  60GP9999x9999MF 00000001MS  1<a>\x03"
    )
    yield "header of a composite", "rain_radar", (("raa01-rw_10000-1810180050-dwd---bin", radolan),), True
    yield "GRIB of nothing", "rain_radar", (("a.grib2", b"GRIB" + bytes(400)),), True


def _databases(place: Path) -> Iterator[Attack]:
    """A database whose query never ends, and one that holds far too much."""
    endless = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid, x AS geom FROM c"
    )
    forty = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 40)"
    large = f"{forty} SELECT zeroblob(100000000) AS a FROM c"
    for attack, query in (("endless view", endless), ("view of gigabytes", large)):
        path = place / f"{attack}.gpkg"
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE gpkg_contents (table_name TEXT, srs_id INTEGER)")
            base.execute("INSERT INTO gpkg_contents VALUES ('points', 4326)")
            base.execute(f"CREATE VIEW points AS {query}")
            base.commit()
        yield attack, "canopy_points", ((path.name, path.read_bytes()),), True


class _Program:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("program_ran"),))


def _programs(place: Path) -> Iterator[Attack]:
    pickled = pickle.dumps({"state_dict": _Program()})
    yield "program", "checkpoint", (("m.pt", pickled),), True
    yield "program", "ocean", (("a.nc", pickled),), True
    np.save(place / "p.npy", np.array([_Program()], dtype=object), allow_pickle=True)
    data = (place / "p.npy").read_bytes()
    axes = json.dumps({"time": ["2020-01-01"], "lat": [1], "lon": [1]}).encode()
    yield "program in an array", "ocean", (("a.zip", zipped([("axes.json", axes), ("Chl.npy", data)])),), True
    npz = zipped([("data.npy", data), ("dates.npy", data), ("miss_dates.npy", data)])
    yield "program in dates", "rain_radar", (("rainfall_NW_2016_08.3.npz", npz),), True
    for attack, length in (("header of exabytes", 2**62), ("header of megabytes", 90_000_000)):
        yield attack, "checkpoint", (("m.safetensors", struct.pack("<Q", length) + b"{}"),), True
    wide = json.dumps({"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}).encode()
    yield (
        "shape of exabytes",
        "checkpoint",
        (("m.safetensors", struct.pack("<Q", len(wide)) + wide + bytes(4)),),
        True,
    )


def _compressed() -> Iterator[Attack]:
    bomb = gzip.compress(bytes(100_000_000), 6) * 15
    yield "bomb of gzip", "rain_radar", (("raa01-rw_10000-1810180050-dwd---bin.gz", bomb),), True
    yield "bomb of gzip", "rain_radar", (("MRMS_PrecipRate_00.00_20200101-000000.grib2.gz", bomb),), True
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        info = tarfile.TarInfo("../../raa01-rw_10000-1810180050-dwd---bin")
        info.size = 300_000_000
        archive.addfile(info, io.BytesIO(bytes(300_000_000)))
    yield "bomb of tar", "rain_radar", (("RW201810.tar.gz", held.getvalue()),), True
    yield "bomb of tar", "archive", (("a.tar.gz", held.getvalue()),), True
