"""PROSAIL against the numba implementation `prosail`, and what must hold whatever the parameters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import special

from eogen.canopy import lidf, prosail
from eogen.canopy.numerics import absorbed, arc, exprel
from eogen.canopy.prosail import FACTORS, Prosail
from eogen.canopy.variables import LEGACY, VARIABLES
from tests.canopy_draws import draw, one

DOUBLE = torch.float64
ORDER = (
    "n",
    "cab",
    "car",
    "cbrown",
    "cw",
    "cm",
    "lai",
    "hspot",
    "solar_zenith",
    "view_zenith",
    "relative_azimuth",
)


def numba_spectra(p: dict[str, torch.Tensor], version: str, kind: int, **more) -> np.ndarray:
    import prosail as reference

    rows = []
    for i in range(len(p["n"])):
        at = {k: float(v[i]) for k, v in p.items()}
        n, cab, car, cbrown, cw, cm, lai, hspot, *angles = (at[k] for k in ORDER)
        slope, second = (at["ala"], 0.0) if kind == 2 else (at["lidfa"], at["lidfb"])
        rows.append(
            reference.run_prosail(
                *(n, cab, car, cbrown, cw, cm, lai, slope, hspot, *angles),
                ant=at.get("ant", 0.0),
                prospect_version=version,
                typelidf=kind,
                lidfb=second,
                rsoil=at["rsoil"],
                psoil=at["psoil"],
                **more,
            )
        )
    return np.array(rows)


@pytest.mark.parametrize("version", ["5", "D"])
def test_a_thousand_spectra_equal_numba(version):
    model = Prosail(version=version, dtype=DOUBLE)
    p = draw(1000, model.variables, seed=1)
    expected = numba_spectra(p, version, 2)
    assert abs(model.spectrum(p).numpy() - expected).max() < 1e-7
    assert abs(Prosail(version=version).spectrum(p).numpy() - expected).max() < 1e-5


def test_cesbio_simulations_equal_numba():
    """Bright soils (up to 1.8) and azimuths over the full turn, in float32 as they are used."""
    random = np.random.default_rng(2)
    p = {n: torch.from_numpy(random.uniform(b.low, b.high, 200)) for n, b in LEGACY.items()}
    folded = p | {"relative_azimuth": 180 - (180 - p["relative_azimuth"]).abs()}
    assert abs(Prosail(version="5").spectrum(p).numpy() - numba_spectra(folded, "5", 2)).max() < 1e-5


def test_verhoef_leaves_equal_numba():
    model = Prosail(lidf="verhoef", dtype=DOUBLE)
    p = draw(100, model.variables, seed=3)
    expected = numba_spectra(p, "D", 1)
    assert abs(model.spectrum(p).numpy() - expected).max() < 1e-7
    assert abs(Prosail(lidf="verhoef").spectrum(p).numpy() - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("factor", "name"),
    [("bihemispherical", "BHR"), ("directional_hemispherical", "DHR"), ("hemispherical_directional", "HDR")],
)
def test_other_factors_equal_numba(factor, name):
    model = Prosail(dtype=DOUBLE)
    p = draw(50, model.variables, seed=4)
    assert abs(model.spectrum(p, factor).numpy() - numba_spectra(p, "D", 2, factor=name)).max() < 1e-7


@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def test_no_leaves_leave_the_soil_exactly(dtype):
    model = Prosail(dtype=dtype)
    p = draw(200, model.variables, seed=5) | {"lai": torch.zeros(())}
    soil = model.soil(p)
    for factor in FACTORS:
        assert torch.equal(model.spectrum(p, factor), soil)


def test_the_two_sides_of_the_sun_are_alike():
    model = Prosail(dtype=DOUBLE)
    p = draw(300, model.variables, seed=6)
    psi = p["relative_azimuth"]
    for other in (360 - psi, -psi, psi - 360):
        assert abs(model(p | {"relative_azimuth": other}) - model(p)).max() < 1e-12


def test_energy_is_kept():
    """Over soils below one, no factor leaves [0, 1]; leaf shares neither, and they sum to one."""
    model = Prosail(dtype=DOUBLE)
    p = draw(300, model.variables, seed=7)
    for factor in ("bihemispherical", "directional_hemispherical"):
        found = model.spectrum(p, factor)
        assert found.min() >= 0
        assert found.max() <= 1
    r, t = model.leaf(p)
    assert min(r.min(), t.min()) >= 0
    assert (r + t).max() <= 1
    assert model.spectrum(p).min() >= 0


def test_more_leaves_hide_the_soil():
    model = Prosail(dtype=DOUBLE)
    p = draw(50, model.variables, seed=8) | {"lai": torch.tensor(15.0), "solar_zenith": torch.tensor(30.0)}
    p |= {"ala": torch.tensor(40.0), "hspot": torch.tensor(0.05)}
    bright, dark = (model.spectrum(p | {"rsoil": torch.tensor(r)})[:, 0] for r in (1.0, 0.0))
    assert abs(bright - dark).max() < 1e-3


@pytest.mark.parametrize("classes", [13, 18])
def test_inclinations_sum_to_one(classes):
    ala = torch.linspace(0, 90, 181, dtype=DOUBLE)
    shares = lidf.campbell(ala, classes)
    assert shares.min() >= 0
    assert abs(shares.sum(0) - 1).max() < 1e-12
    a = torch.linspace(-1, 1, 21, dtype=DOUBLE)
    shares = lidf.verhoef(a, (1 - a.abs()) * 0.9, classes)
    assert shares.min() >= -1e-9
    assert abs(shares.sum(0) - 1).max() < 1e-12


def test_the_sphere_is_a_sphere():
    """Campbell's ellipsoid of axis ratio one has shares cos(low) - cos(high): the textbook formula's 0/0."""
    low, high = 50.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        ratio = 3.2491 - 0.1239 * middle + 2.1145e-3 * middle**2 - 1.6184e-5 * middle**3
        low, high = (middle, high) if ratio > 0 else (low, middle)
    ala = torch.tensor([low], dtype=DOUBLE, requires_grad=True)
    shares = lidf.campbell(ala)
    edges = np.cos(np.radians(lidf.EDGES[18]))
    assert np.allclose(shares.detach().numpy()[:, 0], edges[:-1] - edges[1:], atol=1e-14)
    assert torch.autograd.grad(shares[3].sum(), ala)[0].isfinite().all()


def test_special_functions_equal_scipy():
    k = torch.logspace(-7, 2.3, 4000, dtype=DOUBLE)
    x = k.numpy()
    exact = -np.expm1(-x) + x * (np.exp(-x) - x * special.exp1(x))
    assert np.allclose(absorbed(k).numpy(), exact, rtol=1e-12, atol=1e-15)
    assert np.allclose(absorbed(k.float()).numpy(), exact, rtol=1e-6, atol=2e-7)
    k = k.clone().requires_grad_()
    slope = torch.autograd.grad(absorbed(k).sum(), k)[0].numpy()
    assert np.allclose(slope, 2 * special.expn(2, x), rtol=1e-10, atol=1e-15)
    both = torch.cat([-k.detach().flip(0), torch.zeros(1, dtype=DOUBLE), k.detach()[:3000]])
    assert np.allclose(exprel(both).numpy(), special.exprel(both.numpy()), rtol=1e-12)
    assert torch.autograd.gradcheck(exprel, torch.linspace(-3, 3, 41, dtype=DOUBLE, requires_grad=True))
    assert torch.autograd.gradcheck(arc, torch.linspace(-0.9, 3, 41, dtype=DOUBLE, requires_grad=True))


def test_single_values_and_pieces_change_nothing(monkeypatch):
    model = Prosail(dtype=DOUBLE)
    p = draw(64, model.variables, seed=9)
    p |= {n: p[n][0] for n in ("solar_zenith", "view_zenith", "relative_azimuth", "psoil", "rsoil")}
    whole = model(p), model.spectrum(p), model.soil(p)
    assert [len(found) for found in whole] == [64, 64, 64]
    monkeypatch.setattr(prosail, "PIECE", 2101 * 5)
    for found, expected in zip((model(p), model.spectrum(p), model.soil(p)), whole, strict=True):
        assert found.shape == expected.shape
        assert abs(found - expected).max() < 1e-13
    spread = {n: v.expand(64) for n, v in p.items()}
    assert abs(model(spread) - whole[0]).max() < 1e-13


def test_the_hot_spot_is_a_peak_without_a_break():
    """Kuusk's peak is highest where view and sun coincide; float32 follows it through its point."""
    field = one(n=1.5, cab=40, car=8, ant=0, cbrown=0, cw=0.01, cm=0.009, lai=3, ala=57, hspot=0.1)
    view = torch.tensor([29, 29.9, 29.99, 29.999999, 30, 30.000001, 30.01, 30.1, 31], dtype=DOUBLE)
    p = field | one(psoil=0.5, rsoil=1, solar_zenith=30, relative_azimuth=0) | {"view_zenith": view}
    red = Prosail(dtype=DOUBLE)(p)[:, 2]
    assert red.argmax() == 4
    assert abs(red[3:6] - red[4]).max() < 1e-7
    assert abs(Prosail()(p)[:, 2] - red).max() < 1e-5


def test_memory_of_ten_thousand_gradients():
    """Peak memory of a whole process: interpreter, torch, and the gradient of 10,000 canopies' bands.

    Read from /proc: the peak that getrusage tells is inherited from the process that runs the tests.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak memory of a process is read from /proc, which this system has not")
    code = """
import re, torch
from pathlib import Path
from eogen.canopy.prosail import Prosail
from tests.canopy_draws import draw
torch.set_num_threads(1)
model = Prosail()
p = {k: v.requires_grad_() for k, v in draw(10_000, model.variables, dtype=torch.float32).items()}
torch.autograd.grad(model(p).sum(), list(p.values()))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 1e9


def test_nothing_heavy_is_imported():
    """The room's physics neither compiles `prosail` nor starts anything the app does not ask for."""
    code = "import sys, eogen.canopy.prosail as p; p.Prosail(); print('prosail' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_bounds_hold_every_prior():
    for name, prior in LEGACY.items():
        assert VARIABLES[name].low <= prior.low < prior.high <= VARIABLES[name].high
