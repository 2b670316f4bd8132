"""Whatever is done to a file, a reader gives rain or a sentence, never a fault of a library."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eogen.errors import InputError, Unavailable
from eogen.rain import read, read_gauges, read_mrms
from tests import rain_files as files
from tests.real import real_data


@cache
def samples() -> dict[str, tuple[str, bytes, Callable]]:
    """Kind -> (name, a good file, its reader)."""
    lat, lon = files.axes()
    rain = files.truth(1)
    values = np.random.default_rng(0).random((20, 20))
    time = np.array(["2021-03-01"], "datetime64[ns]")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        made = {
            "imerg": files.granule(
                root / "3B-HHR.IMERG.HDF5", rain, "2020-01-01", lat, lon, extra=files.beside(rain)
            ),
            "odim": files.odim(root / "a.hdf", values),
            "knmi": files.knmi(root / "k.h5", values, datetime.datetime(2020, 1, 1)),
            "cf": files.cf(root / "c.nc", rain, time, lat, lon),
            "meteonet": files.meteonet(
                root / "rainfall_NW.npz", np.zeros((1, 565, 784)), [datetime.datetime(2016, 1, 1)]
            ),
            "gauges": files.inmet(root / "g.csv"),
        }
        readers = {"imerg": read.imerg, "gauges": read_gauges.read}
        return {
            kind: (path.name, path.read_bytes(), readers.get(kind, read.native))
            for kind, path in made.items()
        }


@pytest.mark.parametrize("kind", ["imerg", "odim", "knmi", "cf", "meteonet", "gauges"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_or_changed_is_read_or_refused_in_words(kind: str, data: st.DataObject) -> None:
    name, good, reader = samples()[kind]
    raw = bytearray(good[: data.draw(st.integers(0, len(good)))] if data.draw(st.booleans()) else good)
    for _ in range(data.draw(st.integers(0, 6))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers made of changed bytes may overflow
        refused = None
        try:
            reader(bytes(raw), name=name)
        except InputError as reason:
            refused = reason
    assert refused is None or refused.code.startswith("rain_")


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
@example(b"ncols")  # what a grid in text begins with: its kind is told by that alone, and reading it refuses
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(InputError):
        read.native(raw, name="x")
    with pytest.raises(InputError):
        read.imerg(raw, name="x")


def test_grib_without_its_driver_or_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    if read_mrms.has_grib():
        with pytest.raises(InputError) as caught:
            read_mrms.read(b"GRIB" + bytes(200), name="x.grib2")
        assert caught.value.code in ("rain_damaged", "rain_quantity")
    monkeypatch.setattr(read_mrms, "has_grib", lambda: False)
    with pytest.raises(Unavailable) as missing:
        read_mrms.read(b"GRIB" + bytes(200), name="x.grib2")
    assert missing.value.code == "rain_no_grib"


@pytest.mark.real
def test_real_files_of_no_rain_are_refused() -> None:
    folder = real_data("rain")
    names = (
        "usps*/*.h5",
        "meteonet/*coords*",
        "meteonet/*quality*",
        "meteonet/reflectivity*",
        "meteonet/arpege*.grib",
    )
    refused = [path for name in names for path in folder.glob(name)]
    if not refused:
        pytest.skip("no such file here")
    for path in refused:
        with pytest.raises(InputError):
            read.native(path)


@pytest.mark.parametrize("proj", ["1e+308", "inf", "+proj=nowhere", "EPSG:0"])
def test_a_projection_that_nobody_knows_is_said_when_the_file_is_read(proj: str, tmp_path: Path) -> None:
    path = files.knmi(tmp_path / "k.h5", np.ones((4, 4)), datetime.datetime(2020, 1, 1))
    with h5py.File(path, "r+") as file:
        file["geographic/map_projection"].attrs["projection_proj4_params"] = np.bytes_(proj)
    with pytest.raises(InputError) as caught:
        read.native(path.read_bytes(), name="k.h5")
    assert caught.value.code == "rain_damaged"
