"""SL2P: made-up networks whose answer is known by hand, and ESA's own test cases."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eogen.canopy.dataset import points
from eogen.canopy.sensors import BANDS
from eogen.canopy.sl2p import INPUTS, VARIABLES, Sl2p, sl2p
from eogen.errors import InputError, Unavailable
from tests.canopy_files import sl2p_files
from tests.real import available, real_data


def spectra(green: np.ndarray, **labels: np.ndarray) -> xr.Dataset:
    """Points whose reflectance is ``green`` in every band, seen from above."""
    green = np.asarray(green, dtype=float)
    angles = dict.fromkeys(("solar_zenith", "view_zenith", "relative_azimuth"), np.zeros(len(green)))
    return points(np.repeat(green[:, None], len(BANDS), axis=1), angles, {}, labels, source="made up")


@pytest.mark.parametrize("sign", ["", "-"])
def test_the_network_is_what_its_numbers_say(tmp_path, sign):
    """Two layers: 4 + 4 tanh(2 B03 - 1), cut to 1..6, flagged below 0.8 and above 6.2.

    ESA's files write some tolerances with a minus sign.
    """
    (sl2p_files(tmp_path) / "LAI_ExtremeCases").write_text(f"{sign}0.2,1,6\n")
    x = np.linspace(0, 1, 21)
    found = Sl2p(tmp_path).apply(spectra(x))
    raw = 4 + 4 * np.tanh(2 * x - 1)
    np.testing.assert_allclose(found.value, np.clip(raw, 1, 6), atol=1e-6)
    assert (found.output_out_of_range.values == ((raw < 0.8) | (raw > 6.2))).all()
    assert found.output_out_of_range.any()
    assert not found.output_out_of_range.all()
    assert found.value.attrs["units"] == "m2/m2"


def test_the_domain_is_bounds_and_cells(tmp_path):
    sl2p_files(tmp_path, cells=(3, 4, 7))
    x = np.array([-0.01, 0.05, 0.25, 0.35, 0.45, 0.65, 0.75, 1.0, 1.01])
    found = Sl2p(tmp_path).apply(spectra(x))
    # Cells below the lowest one named (3) count as that one.
    assert list(~found.input_out_of_domain.values) == [
        False,
        True,
        True,
        True,
        False,
        True,
        False,
        False,
        False,
    ]
    mixed = spectra([0.25])
    mixed.reflectance[0, 1] = 0.65  # every band in an occupied cell of its own, but not all in the same
    assert bool(Sl2p(tmp_path).apply(mixed).input_out_of_domain[0])


def test_missing_inputs_are_nan_and_not_flagged(tmp_path):
    sl2p_files(tmp_path)
    data = spectra([0.5, 0.5, 0.5])
    data.reflectance[0, BANDS.index("B11")] = np.nan
    data.reflectance[1, BANDS.index("B08")] = np.nan  # not an input
    data.view_zenith[2] = np.nan
    found = Sl2p(tmp_path).apply(data)
    assert list(found.value.isnull().values) == [True, False, True]
    assert not found.input_out_of_domain.values[[0, 2]].any()


def test_a_scene_and_its_pixels_give_the_same(tmp_path):
    sl2p_files(tmp_path)
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, (10, 4, 5)).astype(np.float32)
    scene = xr.Dataset(
        {"reflectance": (("band", "y", "x"), values)},
        coords={"band": list(BANDS), "y": range(4), "x": range(5)},
    )
    scene = scene.assign(solar_zenith=30.0, view_zenith=5.0, relative_azimuth=90.0)
    found = Sl2p(tmp_path).apply(scene)
    assert found.value.dims == ("y", "x")
    flat = Sl2p(tmp_path).apply(scene.stack(pixel=("y", "x")).transpose("pixel", "band"))
    np.testing.assert_array_equal(found.value.values.ravel(), flat.value.values)


def test_each_satellite_has_its_network(tmp_path):
    sl2p_files(tmp_path, gain=1)
    sl2p_files(tmp_path, sensor="S2B", gain=-1)
    data = spectra([0.7] * 4, sensor=np.array(["S2A", "S2B", "S2C", ""]))
    found = sl2p(data, tmp_path)
    up, down = 4 + 4 * np.tanh(0.4), 4 - 4 * np.tanh(0.4)
    assert found.value.values == pytest.approx([up, down, up, up], abs=1e-5)
    assert found.attrs["sensor_assumed"] == 2
    alone = sl2p(data.drop_vars("sensor").assign_attrs(sensor="S2B"), tmp_path)
    assert alone.value.values == pytest.approx([down] * 4, abs=1e-5)
    assert alone.attrs["sensor_assumed"] == 0
    assert sl2p(data.drop_vars("sensor"), tmp_path).attrs["sensor_assumed"] == -1


def test_absent_networks_are_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="eogen fetch snap_sl2p") as caught:
        Sl2p(tmp_path)
    assert caught.value.code == "no_sl2p"


@pytest.mark.parametrize(
    "choice",
    [{"variable": "lai"}, {"sensor": "S2C"}, {"version": "9"}, {"sensor": "S2B", "version": "2_1"}],
)
def test_unknown_choices_are_refused(tmp_path, choice):
    with pytest.raises(InputError) as caught:
        Sl2p(tmp_path, **choice)
    assert caught.value.code == "canopy_choice"


@pytest.mark.parametrize(
    "part", ["Normalisation", "Weights_Layer1_Neurons", "Weights_Layer2_Bias", "Denormalisation"]
)
@pytest.mark.parametrize("content", ["", "1,2,3\n4,5,6\n", "a,b\n", None])
def test_damaged_networks_are_told(tmp_path, part, content):
    path = sl2p_files(tmp_path) / f"LAI_{part}"
    path.write_text(content) if content is not None else path.unlink()
    expected = "no_sl2p" if content is None and part == "Normalisation" else "sl2p_file"
    with pytest.raises(InputError) as caught:
        Sl2p(tmp_path)
    assert caught.value.code == expected


@pytest.mark.parametrize("part", ["ExtremeCases", "DefinitionDomain_Grid", "DefinitionDomain_MinMax"])
def test_damaged_ranges_are_told(tmp_path, part):
    (sl2p_files(tmp_path) / f"LAI_{part}").unlink()
    with pytest.raises(InputError) as caught:
        Sl2p(tmp_path).apply(spectra([0.5]))
    assert caught.value.code == "sl2p_file"


@pytest.mark.parametrize(
    ("drop", "code"), [("B05", "canopy_missing_bands"), ("solar_zenith", "canopy_missing_angles")]
)
def test_inputs_that_lack_something_are_told(tmp_path, drop, code):
    sl2p_files(tmp_path)
    data = spectra([0.5])
    data = data.drop_vars(drop) if drop in data else data.sel(band=[band for band in BANDS if band != drop])
    with pytest.raises(InputError, match=drop) as caught:
        Sl2p(tmp_path).apply(data)
    assert caught.value.code == code


def cases(folder: Path, variable: str) -> np.ndarray:
    """ESA's test cases (row, 12): 8 reflectances, 3 cosines, the expected output; rows with a gap left out."""
    for path, opened in (
        (folder / f"{variable}_TestCases.gz", gzip.open),
        (folder / f"{variable}_TestCases", open),
    ):
        if path.is_file():
            with opened(path, "rt") as file:
                table = np.genfromtxt(file, delimiter=",")
            return table[np.isfinite(table).all(1)]
    pytest.skip(f"no test cases of {variable} in {folder}")


#: Largest error that is accepted, and rows without gaps, of ESA's cases for each network.
ESA = [
    ("LAI", "S2A", "3_0", 5e-4, 41_452),
    ("FAPAR", "S2A", "3_0", 2e-4, 41_472),
    ("FCOVER", "S2A", "3_0", 3e-4, 41_472),
    ("LAI_Cab", "S2A", "3_0", 0.12, 41_433),
    ("LAI", "S2B", "3_0", 5e-4, 654),
    ("FAPAR", "S2B", "3_0", 2e-4, 301),
    ("FCOVER", "S2B", "3_0", 2e-4, 246),
    ("LAI_Cab", "S2B", "3_0", 0.03, 152),
    ("LAI", "S2A", "2_1", 5e-4, 100),
    ("FAPAR", "S2A", "2_1", 2e-4, 54),
]


@pytest.mark.real
@pytest.mark.parametrize(("variable", "sensor", "version", "most", "count"), ESA)
def test_esas_test_cases(variable, sensor, version, most, count):
    root = real_data("canopy")
    net = available(Sl2p, root, variable, sensor, version)
    folder = root / "snap_sl2p" / version / (sensor if version == "3_0" else ".") / variable
    table = cases(folder, variable)
    assert len(table) == count
    found = np.clip(net.evaluate(table[:, :11]), *net.limits)
    assert np.abs(found - table[:, 11]).max() < most
    if version == "2_1":
        assert net.in_domain(table[:, : len(INPUTS)]).all()
    else:  # the published tables of this version are cut short
        assert net.in_domain(table[:, : len(INPUTS)]).mean() > 0.8


@pytest.mark.real
def test_the_cases_pass_through_datasets_too():
    """The angles of a Dataset are degrees: their cosines must be put in ESA's order."""
    root = real_data("canopy")
    table = cases(root / "snap_sl2p/3_0/S2B/LAI", "LAI")
    view, sun, azimuth = np.degrees(np.arccos(table[:, 8:11].T))
    reflectance = np.full((len(table), len(BANDS)), np.nan)
    for place, band in enumerate(INPUTS):
        reflectance[:, BANDS.index(band)] = table[:, place]
    angles = {"solar_zenith": sun, "view_zenith": view, "relative_azimuth": azimuth}
    net = available(Sl2p, root, "LAI", "S2B")
    found = net.apply(points(reflectance, angles, {}, {}, source="ESA"))
    np.testing.assert_allclose(found.value, table[:, 11], atol=5e-4)


@pytest.mark.real
def test_every_network_is_readable():
    root = real_data("canopy")
    for variable in VARIABLES:
        for sensor in ("S2A", "S2B"):
            found = available(Sl2p, root, variable, sensor).apply(spectra([0.1]))
            assert bool(found.value.notnull().all())
        old = available(Sl2p, root, variable, "S2A", "2_1")
        assert bool(old.apply(spectra([0.1])).value.notnull().all())
