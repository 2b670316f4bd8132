"""Well-made files of every kind that is read, small, from the tests' own makers; one list for each reader."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.fuzz.mutate import zipped
from tests import canopy_files, change_files, landcover_files, ocean_files, rain_files, series_files

Files = tuple[tuple[str, bytes], ...]


def all_seeds() -> dict[str, list[Files]]:
    """Return reader -> sets of files that it accepts; the same bytes every time."""
    found: dict[str, list[Files]] = {}
    with tempfile.TemporaryDirectory() as place:
        for number, maker in enumerate((_landcover, _change, _ocean, _rain, _canopy, _series, _kept)):
            folder = Path(place) / str(number)
            folder.mkdir()
            for reader, files in maker(folder):
                found.setdefault(reader, []).append(files)
    return found


def _landcover(folder: Path) -> Iterator[tuple[str, Files]]:
    bands = landcover_files.ALL
    order = tuple(b for b in bands if b != "B10")
    yield "landcover", (("scene.tif", landcover_files.tiff(landcover_files.scene(bands), bands)),)
    named = landcover_files.tiff(
        landcover_files.scene(order), compress="deflate", tiled=True, blockxsize=16, blockysize=16
    )
    yield "landcover", (("twelve.tif", named),)
    yield "landcover", (("a.png", landcover_files.encoded(landcover_files.PICTURE, "PNG")),)
    yield "landcover", (("a.jpg", landcover_files.encoded(landcover_files.PICTURE, "JPEG")),)


def _change(folder: Path) -> Iterator[tuple[str, Files]]:
    make = change_files
    one, two = make.tif(make.noise(1)), make.tif(make.noise(2), nodata=0)
    label = make.picture(make.square())
    yield "change_pair", (("a.tif", one), ("b.tif", two), ("label.png", label))
    yield (
        "change_pair",
        (("a.png", make.picture(make.noise(3))), ("b.jpg", make.picture(make.noise(4), "JPEG"))),
    )
    yield (
        "change_pair",
        (("a.bmp", make.picture(make.noise(5), "BMP")), ("b.png", make.picture(make.noise(6, 4)))),
    )
    yield "change_series", tuple((f"s_2020010{k}.tif", make.tif(make.noise(k))) for k in (1, 2, 3))


def _ocean(folder: Path) -> Iterator[tuple[str, Files]]:
    for name, maker in (("occci", ocean_files.occci), ("cmems", ocean_files.cmems)):
        path = ocean_files.write(maker(), folder / f"{name}.nc")
        yield "ocean", ((path.name, path.read_bytes()),)
    path = ocean_files.write(ocean_files.nasa(), folder / "classic.nc", "scipy")
    yield "ocean", ((path.name, path.read_bytes()),)
    store = ocean_files.write(ocean_files.erddap(), folder / "sea.zarr", "zarr")
    yield "ocean", (("sea.zip", _folder(store)),)
    days = [("globcolour.nc", ocean_files.write(ocean_files.globcolour(), folder / "g.nc").read_bytes())]
    yield "ocean", (("days.zip", zipped(days)),)
    axes = {"time": [str(t)[:10] for t in ocean_files.TIME], "lat": ocean_files.LAT.tolist(),
            "lon": ocean_files.LON.tolist(), "chl_units": "mg m-3"}  # fmt: skip
    np.save(folder / "Chl.npy", (10 ** ocean_files.truth()).astype(np.float32))
    arrays = [("axes.json", json.dumps(axes).encode()), ("Chl.npy", (folder / "Chl.npy").read_bytes())]
    yield "ocean", (("arrays.zip", zipped(arrays)),)
    yield (
        "ocean",
        (
            (
                "bins_20200101.csv",
                b"latitude,longitude,chlor_a (mg m-3)\n43.1,5.2,0.3\n43.1,5.3,0.5\n43.2,5.2,0.4\n43.2,5.3,0.4\n",
            ),
        ),
    )


def _rain(folder: Path) -> Iterator[tuple[str, Files]]:
    make = rain_files
    rain, (lat, lon) = make.truth(), make.axes()
    path = make.granule(folder / "3B-HHR.MS.MRG.3IMERG.20180824-S180000-E182959.1080.V07B.HDF5", rain,
                        "2018-08-24T18:00:00", lat, lon, extra=make.beside(rain))  # fmt: skip
    imerg = (path.name, path.read_bytes())
    yield "rain", (imerg,)
    yield "rain_extent", (imerg,)
    time = np.array(["2018-08-24T18:00", "2018-08-24T18:30"], "datetime64[ns]")
    path = make.cf(folder / "cf.nc", make.truth(2), time, lat, lon)
    yield "rain_radar", ((path.name, path.read_bytes()),)
    path = make.odim(folder / "odim.h5", np.abs(make.truth(1, 40, 40)[0]))
    yield "rain_radar", ((path.name, path.read_bytes()),)
    path = make.knmi(folder / "knmi.h5", make.truth(1, 765, 700)[0], dt.datetime(2018, 8, 24, 18, 5))
    yield "rain_radar", ((path.name, path.read_bytes()),)
    yield "rain_radar", (("raa01-rw_10000-1810180050-dwd---bin", make.radolan(make.truth(1, 900, 900)[0])),)
    path = make.meteonet(
        folder / "rainfall_NW_2016_08.3.npz", np.zeros((1, 565, 784)), [dt.datetime(2016, 8, 1)]
    )
    yield "rain_radar", ((path.name, path.read_bytes()),)
    path = make.inmet(folder / "INMET_S_PR_A807_CURITIBA_01-01-2023_A_31-12-2023.CSV")
    yield "rain_radar", ((path.name, path.read_bytes()),)


def _canopy(folder: Path) -> Iterator[tuple[str, Files]]:
    make = canopy_files
    yield "canopy", (("field.tif", make.tiff(make.canopy_image(), make.BANDS)),)
    head = ",".join([*make.BANDS, "sza", "vza", "raa", "lai"])
    rows = "\n".join(
        ",".join(map(str, [*np.round(make.GREEN * (1 + k / 50), 4), 30, 5, 60, k])) for k in range(5)
    )
    yield "canopy", (("spectra.csv", f"{head}\n{rows}\n".encode()),)
    semi = f"{head}\n{rows}\n".replace(",", ";").replace(".", ",")
    yield "canopy", (("spectres.csv", semi.encode()),)
    path = make.geopackage(
        folder / "points.gpkg", [{"name": "a", "lai": 2.0}], [(500_000.0, 4_800_000.0)], 32631
    )
    yield "canopy_points", ((path.name, path.read_bytes()),)


def _series(folder: Path) -> Iterator[tuple[str, Files]]:
    for name, make in (("cube", series_files.netcdf_cube), ("dates", series_files.dated_images),
                       ("breizh", lambda f: series_files.breizhcrops(f, "L2A")), ("time", series_files.timesen2crop),
                       ("pastis", series_files.pastis), ("patch", lambda f: series_files.eopatch(f, False)),
                       ("mesh", lambda f: series_files.terramesh(f, 0)), ("long", series_files.long_table),
                       ("wide", series_files.wide_table)):  # fmt: skip
        place = folder / name
        place.mkdir()
        make(place)
        yield "series", (*_files(place),)


def _kept(folder: Path) -> Iterator[tuple[str, Files]]:
    import torch
    from safetensors.torch import save
    from torch import nn

    from eogen.results import Figure, Report
    from eogen.verdicts.record import Verdict

    torch.manual_seed(0)
    state = save({k: v.contiguous() for k, v in nn.Linear(3, 2).state_dict().items()})
    card = {"model": "m", "room": "ocean", "data": [], "seed": 0, "code_version": "0", "torch": "2", "parameters": 8,
            "date": "2026-01-01", "cost": {}, "metrics": {}, "temperature": 1.0, "notes": [], "extra": {},
            "sha256": ""}  # fmt: skip
    yield "weights", (("m.safetensors", state), ("m.json", json.dumps(card).encode()))
    yield "checkpoint", (("m.safetensors", state),)
    torch.save(nn.Linear(3, 2).state_dict(), folder / "m.pt")
    yield "checkpoint", (("m.pt", (folder / "m.pt").read_bytes()),)
    report = Report(
        "ocean", figures=[Figure("rmse", "dineof", "sea", 0.2, 0.1, 0.3, 9)], machine={"cores": 2}
    )
    yield "results", (("ocean.json", report.to_json().encode()),)
    lines = [
        Verdict("change", f"case {k}", "change" if k % 2 else "unsure", id=f"{k}", time="2026-01-01T00:00:00")
        for k in range(4)
    ]
    yield "verdicts", (("change.jsonl", "\n".join(v.to_json() for v in lines).encode() + b"\n"),)
    yield "archive", (("set.zip", zipped([("a/b.txt", b"text" * 99), ("a/c.bin", bytes(500))])),)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _folder(folder: Path) -> bytes:
    return zipped(list(_files(folder)))


Maker = Callable[[Path], Iterator[tuple[str, Files]]]
