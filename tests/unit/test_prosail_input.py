"""What the canopy model is given: names, units, bounds, files; each mistake gets its sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eogen.canopy import constants, sensors, soil
from eogen.canopy.prosail import Prosail
from eogen.canopy.variables import ATBD, LEGACY, VARIABLES, names
from eogen.errors import InputError, Unavailable
from tests.canopy_draws import draw

HEAD = "nm," + ",".join(b.replace("B0", "B") for b in sensors.BANDS)


@pytest.fixture(scope="module")
def model() -> Prosail:
    return Prosail()


@pytest.fixture
def canopies(model):
    return draw(4, model.variables)


def code(fault: pytest.ExceptionInfo) -> str:
    return fault.value.code


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("wrong", ["below", "above", "nan", "inf"])
def test_a_value_out_of_bounds_is_named_with_its_unit(model, canopies, name, wrong):
    v = VARIABLES[name]
    width = v.high - v.low
    value = {"below": v.low - 0.01 * width, "above": v.high + 0.01 * width}.get(wrong) or float(wrong)
    canopies[name][2] = value
    with pytest.raises(InputError) as fault:
        model(canopies)
    assert code(fault) == "canopy_bounds"
    assert name in str(fault.value)
    assert v.unit in str(fault.value)


def test_water_in_the_wrong_unit_is_refused(model, canopies):
    """The mistake of jgomezdans/prosail#10: mg/cm² instead of cm."""
    with pytest.raises(InputError, match=r"cw goes from 15.* cm was expected"):
        model(canopies | {"cw": torch.tensor(15.0)})


def test_missing_and_unknown_names_are_told(model, canopies):
    canopies["psi"] = canopies.pop("relative_azimuth")
    with pytest.raises(InputError, match="missing: relative_azimuth; unknown: psi") as fault:
        model(canopies)
    assert code(fault) == "canopy_names"


@pytest.mark.parametrize("shape", [(3,), (4, 1), (0,)])
def test_shapes_must_agree(model, canopies, shape):
    with pytest.raises(InputError) as fault:
        model(canopies | {"lai": torch.ones(shape)})
    assert code(fault) == "canopy_shape"


@pytest.mark.parametrize(
    "options",
    [{"sensor": "S2D"}, {"version": "4"}, {"lidf": "round"}, {"classes": 7}, {"dtype": torch.float16}],
)
def test_unknown_choices_are_told(options):
    with pytest.raises(InputError) as fault:
        Prosail(**options)
    assert code(fault) == "canopy_choice"


def test_impossible_slopes_are_refused():
    model = Prosail(lidf="verhoef")
    with pytest.raises(InputError) as fault:
        model(draw(4, model.variables) | {"lidfa": torch.tensor(-0.8), "lidfb": torch.tensor(0.4)})
    assert code(fault) == "canopy_slopes"


def test_bounds_themselves_are_taken_in_both_precisions():
    for dtype in (torch.float32, torch.float64):
        model = Prosail(dtype=dtype)
        for end in ("low", "high"):
            ends = {n: torch.tensor(getattr(VARIABLES[n], end), dtype=torch.float32) for n in model.variables}
            assert model(ends).isfinite().all()


def test_versions_have_their_variables():
    assert len(names("5")) == 14
    assert set(names("D")) - set(names("5")) == {"ant"}
    assert set(names("PRO")) - set(names("D")) == {"prot", "cbc"}
    assert "cm" not in names("PRO")
    assert set(LEGACY) == set(names("5"))
    assert set(ATBD) < set(names("5"))
    for prior in (*LEGACY.values(), *ATBD.values()):
        assert (prior.loc is None) == (prior.law == "uniform") or prior.narrow


def test_pro_without_its_constants_says_where_they_were_sought(monkeypatch, tmp_path):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    with pytest.raises(Unavailable) as fault:
        Prosail(version="PRO")
    assert code(fault) == "no_pro_constants"


def test_without_the_package_the_command_is_told(monkeypatch):
    monkeypatch.setattr(constants, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="pip install prosail") as fault:
        Prosail()
    assert code(fault) == "no_prosail"


@pytest.mark.parametrize(
    "spectra", [np.ones(2101), np.ones((2, 2100)), np.full((2, 2101), 1.2), np.full((2, 2101), np.nan)]
)
def test_soils_must_be_two_spectra(spectra):
    with pytest.raises(InputError) as fault:
        Prosail(soil=spectra)
    assert code(fault) == "soil_shape"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lambda\n400\n2500\n",
        "lambda\ta\n500\t.1\n2500\t.2\n",
        "lambda\ta\n400\t10\n2500\t20\n",
        "lambda\ta\n400\tx\n",
        "lambda\ta\n",
    ],
)
def test_a_file_that_is_no_soil_library_is_refused(tmp_path, text):
    path = tmp_path / "soils.txt"
    path.write_text(text)
    with pytest.raises(InputError) as fault:
        soil.read_library(path)
    assert code(fault) == "soil_library"


def test_a_soil_library_is_read_by_the_nanometre(tmp_path):
    path = tmp_path / "soils.txt"
    path.write_text("lambda\tdark\tbright\n400\t0.1\t0.2\n2500\t0.3\t0.2\n")
    library = soil.read_library(path)
    assert library.soil.to_numpy().tolist() == ["dark", "bright"]
    assert float(library.sel(soil="dark", wavelength=1450)) == pytest.approx(0.2)
    model = Prosail(soil=library)
    bare = draw(1, model.variables) | {"lai": torch.tensor(0.0), "psoil": torch.tensor(0.0)}
    assert torch.allclose(model(bare | {"rsoil": torch.tensor(1.0)}), torch.tensor(0.2))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "nm,B2\n400,x\n", HEAD, HEAD + "\n400,x\n"])
def test_a_file_that_is_no_response_is_refused(tmp_path, text):
    path = tmp_path / "srf.csv"
    path.write_text(text)
    with pytest.raises(InputError) as fault:
        sensors.read_response(path)
    assert code(fault) == "spectral_response"


def test_a_response_is_a_mean(tmp_path):
    """Boxes of 10 nm by ESA's column names: a band is the mean of its ten values; the sun bends it."""
    grid = np.arange(400, 2501)
    edges = {b: 450 + 200 * i for i, b in enumerate(sensors.BANDS)}
    columns = ",".join(f"S2A_SR_AV_{b.replace('B0', 'B')}" for b in edges)
    rows = [[w, *(int(e <= w < e + 10) for e in edges.values())] for w in grid]
    path = tmp_path / "srf.csv"
    path.write_text(f"SR_WL,{columns}\n" + "\n".join(",".join(map(str, row)) for row in rows))
    ramp = torch.from_numpy(grid / 2500.0)[None]
    flat = sensors.convolve(ramp, sensors.read_response(path))[0].numpy()
    assert np.allclose(flat, (np.array(list(edges.values())) + 4.5) / 2500)
    sun = tmp_path / "sun.txt"
    sun.write_text("0.3 3\n2.6 1\n")
    assert (sensors.convolve(ramp, sensors.read_response(path, sun))[0].numpy() < flat).all()
