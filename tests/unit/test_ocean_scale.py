"""Filling store to store: the same answer however it is cut, and nothing of a killed run is lost or wrong."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr
from distributed import Client, LocalCluster
from typer.testing import CliRunner

from eogen.cli import app
from eogen.errors import Cancelled, InputError, Unavailable
from eogen.ocean.methods import METHODS
from eogen.ocean.scale.manifest import Manifest
from eogen.ocean.scale.rows import Scaled
from eogen.ocean.scale.run import inpaint
from tests.ocean_stores import dataset, store
from tests.real import REPOSITORY

STEP = 1e-4
SLOW = Scaled("slow", "tests.ocean_stores:slow")
BLURRED = Scaled("blurred", "tests.ocean_stores:blurred", 0, 1, 56, 36, 12, sd=True)
WHOLE = Scaled("blurred", "tests.ocean_stores:blurred", 16, 1, sd=True)


@pytest.fixture(scope="module")
def cloudy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(tmp_path_factory.mktemp("cube") / "in.zarr")


def filled(source: Path, out: Path, method: str | Scaled = "convolution", **more) -> xr.Dataset:
    inpaint(source, out, method, count=0, **more)
    return xr.open_zarr(out).load()


def test_what_was_seen_keeps_its_bits_and_the_sea_has_no_gap(cloudy, tmp_path):
    given, answer = xr.open_zarr(cloudy, consolidated=False).load(), filled(cloudy, tmp_path / "o.zarr")
    seen = np.isfinite(given.log10_chl.values)
    np.testing.assert_array_equal(answer.log10_chl.values[seen], given.log10_chl.values[seen])
    np.testing.assert_array_equal(
        np.isfinite(answer.log10_chl.values), np.broadcast_to(given.sea.values, seen.shape)
    )
    np.testing.assert_array_equal(answer.filled.values == 1, given.sea.values & ~seen)
    assert answer.log10_chl.attrs["units"] == "log10(mg m-3)"
    xr.testing.assert_equal(answer.time, given.time)


@pytest.mark.parametrize("longest", [32, 48])
def test_tiles_show_no_seam(cloudy, tmp_path, longest):
    whole = filled(cloudy, tmp_path / "whole.zarr").log10_chl
    tiles = filled(cloudy, tmp_path / "tiles.zarr", longest=longest).log10_chl
    apart = np.abs(whole - tiles).max().item()
    assert apart <= 1.01 * STEP  # the last digit of the packing: rounding, a hundredth of the 1 % allowed
    assert apart <= 0.01 * whole.std().item()


def test_the_date_line_is_a_place_like_any_other(tmp_path):
    cube = dataset()
    turned = cube.roll(lon=32, roll_coords=False)
    here = filled(store(tmp_path / "a.zarr", cube), tmp_path / "ao.zarr", longest=48).log10_chl.values
    there = filled(store(tmp_path / "b.zarr", turned), tmp_path / "bo.zarr", longest=48).log10_chl.values
    assert np.nanmax(np.abs(np.roll(here, 32, -1) - there)) <= 1.01 * STEP
    cube["lon"] = cube.lon / 2  # half a globe: its ends are apart
    half = filled(store(tmp_path / "c.zarr", cube), tmp_path / "co.zarr", longest=48).log10_chl.values
    assert np.nanmax(np.abs(half - here)[:, :, [0, -1]]) > 100 * STEP


def test_windows_fade_into_each_other(cloudy, tmp_path):
    """A method that is off by a window's mean jumps where windows end, unless they are blended."""
    one = filled(cloudy, tmp_path / "one.zarr", WHOLE).log10_chl
    several = filled(cloudy, tmp_path / "several.zarr", BLURRED).log10_chl
    cut = filled(cloudy, tmp_path / "cut.zarr", BLURRED, longest=48)
    xr.testing.assert_allclose(several, cut.log10_chl, atol=1.01 * STEP, rtol=0)
    assert set(np.unique(cut.log10_chl_sd.values[cut.filled.values == 1]).round(3)) == {0.1}
    deviation = one.std().item()
    difference = (several - one).values
    jump = max(np.nanmax(np.abs(np.diff(difference, axis=a))) for a in (1, 2))
    assert jump <= 0.01 * deviation
    assert np.nanmax(np.abs(difference)) > 2 * STEP  # else the windows were never different


def test_land_is_what_no_time_saw_never_what_a_window_did_not(tmp_path):
    cube = dataset((20, 64, 96)).drop_vars("sea")
    cube.log10_chl[:16, 10:50, 20:70] = np.nan  # a whole slab of frames does not see it; later ones do
    later = np.isfinite(cube.log10_chl.values).any(0)
    answer = filled(store(tmp_path / "i.zarr", cube), tmp_path / "o.zarr", longest=32)
    np.testing.assert_array_equal(
        np.isfinite(answer.log10_chl.values), np.broadcast_to(later, answer.log10_chl.shape)
    )


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_milligrams_in_floats_from_north_to_south(tmp_path, zarr_format):
    cube = dataset((6, 48, 64))
    linear = 10**cube.log10_chl
    given = xr.Dataset({"CHL": linear.assign_attrs(units="mg m-3"), "land_mask": ~cube.sea}).isel(
        lat=slice(None, None, -1)
    )
    answer = filled(store(tmp_path / "i.zarr", given, False, zarr_format), tmp_path / "o.zarr").log10_chl
    expected = cube.log10_chl.isel(lat=slice(None, None, -1))
    seen = np.isfinite(expected.values)
    np.testing.assert_allclose(answer.values[seen], expected.values[seen], atol=0.51 * STEP)
    assert bool(np.isfinite(answer.values[:, cube.sea.values[::-1]]).all())
    assert (answer.lat.diff("lat") < 0).all()


#: Networks are tested where their weights are; oi takes a minute to tune itself, whatever the size.
QUICK = [name for name, row in METHODS.items() if not row.model and not row.drivers and name != "oi"]


@pytest.mark.parametrize("name", QUICK)
def test_every_method_of_the_registry_fills_a_store(tmp_path, name):
    cube = dataset((6, 32, 40))
    answer = filled(store(tmp_path / "i.zarr", cube), tmp_path / "o.zarr", name)
    np.testing.assert_array_equal(np.isfinite(answer.log10_chl.values).all(0), cube.sea.values)
    spread = answer.get("log10_chl_sd")
    if spread is not None:
        assert (spread.values[answer.filled.values == 1] > 0).all()
        assert (spread.values[:, cube.sea.values][answer.filled.values[:, cube.sea.values] == 0] == 0).all()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_a_run_killed_outright_goes_on_to_the_same_bits(cloudy, tmp_path):
    script = """if True:
        import sys
        from eogen.ocean.scale.run import inpaint
        from tests.unit.test_ocean_scale import SLOW
        inpaint(sys.argv[1], sys.argv[2], SLOW, count=0, longest=32, seed=3)
    """
    out = tmp_path / "o.zarr"
    done, end = tmp_path / "o.zarr.inpaint" / "done", time.monotonic() + 120
    process = subprocess.Popen(
        [sys.executable, "-c", script, cloudy, out],
        cwd=REPOSITORY,
        env={**os.environ, "EOGEN_TEST_HELD": str(done)},
    )
    try:
        while len(list(done.glob("fill-*.json"))) < 2:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < end, "two tiles were never done"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    before = {f.name: f.stat().st_mtime_ns for f in done.glob("*.json")}
    told = inpaint(cloudy, out, SLOW, count=0, longest=32, seed=3)
    assert (told["tiles_kept"], told["tiles"]) == (2, 6)
    assert all((done / name).stat().st_mtime_ns == at for name, at in before.items())  # not done again
    inpaint(cloudy, tmp_path / "p.zarr", SLOW, count=0, longest=32, seed=3)
    assert contents(out) == contents(tmp_path / "p.zarr")


def test_what_was_spoilt_is_found_by_its_checksum(cloudy, tmp_path):
    out = tmp_path / "o.zarr"
    inpaint(cloudy, out, SLOW, count=0, longest=32)
    before = contents(out)
    next(f for f in sorted((out / "log10_chl").rglob("*")) if f.is_file() and f.name.isdigit()).unlink()
    assert inpaint(cloudy, out, SLOW, count=0, longest=32)["tiles_kept"] == 6  # trusted, unless asked
    told = inpaint(cloudy, out, SLOW, count=0, longest=32, verify=True)
    assert told["tiles_kept"] == told["tiles"] - 1
    assert contents(out) == before


def test_a_killed_worker_loses_nothing(cloudy, tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_TEST_SLOW", "0.2")
    killed, said = [], []

    def progress(done: int, total: int, what: str = "") -> None:
        if what == "fill" and done == 1 and not killed:
            children = psutil.Process().children(recursive=True)
            killed.append(next(c for c in children if "spawn_main" in " ".join(c.cmdline())))
            killed[0].send_signal(signal.SIGKILL)

    out = tmp_path / "o.zarr"
    told = inpaint(cloudy, out, SLOW, count=1, longest=32, seed=3, progress=progress, say=said.append)
    assert killed
    assert told["tiles"] == 6
    assert said[0].startswith("Watch the workers at http://127.0.0.1:")
    monkeypatch.setenv("EOGEN_TEST_SLOW", "0")
    inpaint(cloudy, tmp_path / "p.zarr", SLOW, count=0, longest=32, seed=3)
    assert contents(out) == contents(tmp_path / "p.zarr")


def test_stopping_keeps_what_is_done(cloudy, tmp_path):
    def progress(done: int, total: int, what: str = "") -> None:
        if what == "fill" and done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        inpaint(cloudy, tmp_path / "o.zarr", "climatology", count=0, longest=32, progress=progress)
    assert inpaint(cloudy, tmp_path / "o.zarr", "climatology", count=0, longest=32)["tiles_kept"] == 2


def refused(code: str, *arguments, **more) -> InputError:
    with pytest.raises(InputError) as caught:
        inpaint(*arguments, count=0, **more)
    assert caught.value.code == code
    return caught.value


def test_what_cannot_be_used_gets_a_sentence(cloudy, tmp_path):
    refused("inpaint_no_store", tmp_path / "none.zarr", tmp_path / "o.zarr")
    (tmp_path / "plain").mkdir()
    refused("inpaint_not_zarr", tmp_path / "plain", tmp_path / "o.zarr")
    refused("inpaint_folder", cloudy, tmp_path / "no" / "where.zarr")
    refused("inpaint_same", cloudy, cloudy)
    refused("inpaint_output_exists", cloudy, tmp_path / "plain")
    refused("inpaint_output_exists", cloudy, tmp_path / "plain", fresh=True)
    refused("ocean_method", cloudy, tmp_path / "o.zarr", "magic")
    cube = dataset((4, 32, 32))
    flat = store(tmp_path / "flat.zarr", cube.isel(time=0, drop=True))
    assert "log10_chl(lat, lon)" in str(refused("inpaint_no_time", flat, tmp_path / "o.zarr"))
    two = store(tmp_path / "two.zarr", cube.assign(log10_other=cube.log10_chl))
    refused("inpaint_which", two, tmp_path / "o.zarr")
    refused("inpaint_which", two, tmp_path / "o.zarr", variable="sst")
    refused(
        "inpaint_order", store(tmp_path / "t.zarr", cube.transpose("lat", "lon", "time")), tmp_path / "o.zarr"
    )
    refused("inpaint_no_dates", store(tmp_path / "n.zarr", cube.drop_vars("time")), tmp_path / "o.zarr")
    twice = cube.isel(time=[0, 1, 1, 2])
    refused("ocean_duplicate_times", store(tmp_path / "d.zarr", twice), tmp_path / "o.zarr")
    refused(
        "ocean_axis", store(tmp_path / "b.zarr", cube.isel(time=slice(None, None, -1))), tmp_path / "o.zarr"
    )
    odd = cube.rename(log10_chl="chlor_a")
    odd.chlor_a.attrs["units"] = "furlong"
    refused("inpaint_units", store(tmp_path / "u.zarr", odd), tmp_path / "o.zarr")
    refused("ocean_all_missing", store(tmp_path / "m.zarr", cube.where(False)), tmp_path / "o.zarr")
    needy = Scaled("needy", "tests.ocean_stores:slow", drivers=("sst",))
    refused("inpaint_drivers", cloudy, tmp_path / "o.zarr", needy)
    refused("inpaint_unfilled", cloudy, tmp_path / "l.zarr", Scaled("lazy", "tests.ocean_stores:lazy"))
    assert not (tmp_path / "o.zarr").exists()


def test_another_question_does_not_go_on_with_this_answer(cloudy, tmp_path):
    out = tmp_path / "o.zarr"
    inpaint(cloudy, out, "climatology", count=0)
    assert refused("inpaint_settings", cloudy, out, "climatology", seed=1).facts["changed"] == "seed"
    refused("inpaint_settings", cloudy, out, "convolution")
    assert inpaint(cloudy, out, "climatology", count=0)["tiles_kept"] > 0
    assert inpaint(cloudy, out, "convolution", count=0, fresh=True)["tiles_kept"] == 0
    with Manifest(str(out)).lock():
        script = "import sys; from eogen.cli import main; main()"
        command = [sys.executable, "-c", script, "inpaint", cloudy, out, "--workers", "0"]
        other = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert other.returncode == 1
    assert "Another run is writing" in other.stderr


def test_a_full_disk_is_said_and_the_run_goes_on_later(cloudy, tmp_path, monkeypatch):
    finish = Manifest.finish

    def full(self: Manifest, stage: str, name: str, facts: dict) -> None:
        if stage == "fill" and len(self.done("fill")) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        finish(self, stage, name, facts)

    monkeypatch.setattr(Manifest, "finish", full)
    refused("inpaint_disk_full", cloudy, tmp_path / "o.zarr", "climatology", longest=32)
    monkeypatch.setattr(Manifest, "finish", finish)
    assert inpaint(cloudy, tmp_path / "o.zarr", "climatology", count=0, longest=32)["tiles_kept"] == 2


def test_nobody_at_the_address(cloudy, tmp_path, monkeypatch):
    monkeypatch.setattr("eogen.ocean.scale.cluster.PATIENCE", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(Unavailable) as caught:
            inpaint(cloudy, tmp_path / "o.zarr", address=address)
        assert caught.value.code == "inpaint_cluster"
    assert list(tmp_path.iterdir()) == []


def test_the_workers_of_somebody_elses_scheduler(cloudy, tmp_path, monkeypatch):
    monkeypatch.setattr("eogen.ocean.scale.cluster.PATIENCE", 60)
    options = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=0, **options) as cluster:
        address = cluster.scheduler_address
        # The scheduler gets its minute to answer, and half a second is waited for workers that never come.
        wait = Client.wait_for_workers
        with monkeypatch.context() as hurried:
            hurried.setattr(Client, "wait_for_workers", lambda self, n, timeout: wait(self, n, timeout=0.5))
            with pytest.raises(Unavailable) as caught:
                inpaint(cloudy, tmp_path / "o.zarr", "climatology", address=address)
        assert caught.value.code == "inpaint_no_workers"
        cluster.scale(1)
        cluster.wait_for_workers(1, timeout=60)
        assert inpaint(cloudy, tmp_path / "o.zarr", "climatology", address=address, longest=32)["tiles"] == 6
        with pytest.raises(InputError) as caught:
            inpaint(cloudy, tmp_path / "l.zarr", Scaled("lazy", "tests.ocean_stores:lazy"), address=address)
        assert caught.value.code == "inpaint_unfilled"  # said by a worker, raised here
    inpaint(cloudy, tmp_path / "p.zarr", "climatology", count=0, longest=32)
    assert contents(tmp_path / "o.zarr") == contents(tmp_path / "p.zarr")


def test_the_command_writes_json_and_says_the_rest(cloudy, tmp_path):
    out = tmp_path / "o.zarr"
    done = CliRunner().invoke(
        app, ["inpaint", str(cloudy), str(out), "--workers", "0", "--method", "climatology"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["out"] == str(out)
    assert told["tiles_kept"] == 0
    again = CliRunner().invoke(
        app, ["inpaint", str(cloudy), str(out), "--workers", "0", "--method", "climatology"]
    )
    assert json.loads(again.stdout)["tiles_kept"] == told["tiles"]
    lost = CliRunner().invoke(app, ["inpaint", str(cloudy), str(tmp_path / "x.zarr"), "--method", "magic"])
    assert (lost.exit_code, lost.stdout) == (1, "")
    assert "no method called magic" in lost.stderr
