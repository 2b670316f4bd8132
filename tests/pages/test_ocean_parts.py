"""Behind the ocean room's pages: clouds, gaps, pictures, exports."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import thumbnail
from eogen.ocean.gap import gap_score
from pages.kit.words import load
from pages.parts.ocean import cases, compute, draw, exports, gaps, layers, rounds, sources
from pages.parts.ocean.state import State, box


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data that has kept nothing."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(rounds, "folder", lambda: tmp_path / "clouds")


def _round(number):
    source = sources.simulated("simulated_clear")
    return cases.laid(source.key, number, "en", load("en"), source, ("oi", "climatology"))


def test_every_cloud_hides_only_what_was_seen_and_enough_of_it():
    source = sources.simulated("simulated_clear")
    deck = cases.deck(source.key, source)
    assert len(deck) >= 10
    for number in range(8):
        laid = _round(number)
        hidden, seen = laid.hidden, np.isfinite(laid.truth)
        assert not (hidden & ~seen).any(), "there is a truth under every hidden cell"
        assert cases.LEAST <= hidden.sum() / seen.sum() <= cases.MOST
        assert np.isnan(laid.state.observed.values[laid.state.frame][hidden]).all()
        left, right = cases.halves(laid.truth, hidden)
        assert abs(left - right) >= cases.DIFFER, "the bet has an answer"


def test_the_cloud_covers_every_hidden_cell():
    laid = _round(0)
    pixels = draw.cloud(laid.hidden, laid.state.sea, 4)
    assert (pixels[draw.up(laid.hidden, 4)][:, 3] == 255).all(), (
        "a hidden cell that shines through gives the answer away"
    )
    land = draw.up(~laid.state.sea, 4)
    assert (pixels[land][:, 3] == 0).all()


def test_the_picture_of_the_door_does_not_change_from_one_drawing_to_the_next():
    first = thumbnail.draw()
    assert first.shape == (512, 512, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, thumbnail.draw())
    assert thumbnail.key() == thumbnail.key()


def test_rounds_come_back_from_disk_as_they_were_played(tmp_path):
    made = rounds.play(1)
    (kept,) = (tmp_path / "clouds").glob("*.npz")
    back = rounds._read(kept, made.source)
    for name in ("key", "count", "source"):
        assert getattr(back, name) == getattr(made, name)
    for name in ("hidden", "guess", "sd", "simple", "truth", "sea"):
        assert np.array_equal(
            getattr(back, name), getattr(made, name), equal_nan=name not in ("hidden", "sea")
        )
    assert np.array_equal(back.frame.lat, made.frame.lat)
    assert back.frame.time.values[0] == made.frame.time.values[0]
    assert rounds.provenance(load("fr"), back) == rounds.provenance(load("fr"), made)


def test_a_disk_that_cannot_be_written_costs_nothing_but_time(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(rounds, "folder", lambda: tmp_path / "file" / "clouds")
    assert rounds.play(2).hidden.any()
    assert "clouds are not kept" in caplog.text


@pytest.fixture(scope="module")
def state():
    sea = sources.simulated("simulated")
    cut, frame = sea.cube, 11
    mask = gaps.donated(cut, 4)
    return State(
        sea.name, sea.key, sea.cube, cut, box(cut), frame, "donor", gaps.held(cut, frame, mask), ("oi", "convolution"),
        0, 3, sources.provenance(load("en"), sea, cut.time.values[frame]), donor=4, truth=sea.truth,
    )  # fmt: skip


def test_what_is_withheld_is_hidden_from_the_methods_only(state):
    assert state.hidden.any()
    assert np.isnan(state.observed.values[state.frame][state.hidden]).all()
    assert np.isfinite(state.cut.values[state.frame][state.hidden]).all()
    others = np.arange(state.cut.sizes["time"]) != state.frame
    assert np.array_equal(state.observed.values[others], state.cut.values[others], equal_nan=True)
    assert not (state.hidden & state.real_gap).any()


def test_exports_go_round(state, tmp_path):
    import rasterio
    from rasterio.io import MemoryFile

    made = compute.filled(state, "convolution")
    path = tmp_path / "fill.nc"
    path.write_bytes(exports.netcdf(state, made))
    with xr.open_dataset(path) as back:
        assert back.attrs["Conventions"].startswith("CF-")
        assert np.array_equal(back["mean"].values, made["mean"].values, equal_nan=True)
        assert back["member"].sizes["member"] == state.members
        assert set(np.unique(back["cell"])) <= {0, 1, 2, 3}
        assert np.array_equal(back["cell"].values[0] == 2, state.hidden)
        assert str(back.time.values[0])[:10] == str(state.date)[:10]
        assert back["mean"].attrs["units"] == "log10(mg m-3)"
    with MemoryFile(exports.geotiff(state, made)) as memory, memory.open() as file:
        assert file.crs == rasterio.crs.CRS.from_epsg(4326)
        assert file.count == 2 + state.members
        assert file.descriptions[:2] == ("mean", "sd")
        assert np.array_equal(file.read(1), made["mean"].values[0][::-1], equal_nan=True)
        assert np.allclose(file.bounds, [state.region[2], state.region[0], state.region[3], state.region[1]])
        assert np.isnan(file.nodata)
    table = exports.table(state, {"convolution": made})
    assert table.n[0] == state.hidden.sum()
    json.dumps(exports.record(state), allow_nan=False)


def test_errors_are_those_of_the_withheld_cells():
    rng = np.random.default_rng(0)
    truth, held = rng.normal(size=(40, 40)), np.zeros((40, 40), bool)
    held[5:25, 10:30] = True
    noise = rng.normal(0, 0.2, truth.shape)
    mean = np.where(held, truth + 0.1 + noise, 99.0)
    found = gap_score(mean, np.full_like(truth, 0.2), truth, held)
    expected = (0.1 + noise)[held]
    assert found.rmse == pytest.approx(np.sqrt((expected**2).mean()))
    assert found.bias == pytest.approx(expected.mean())
    assert found.mae == pytest.approx(np.abs(expected).mean())
    assert found.low < found.rmse < found.high
    assert found.n == 400
    assert found.inside_90 == pytest.approx(np.mean(np.abs(expected) <= 1.6449 * 0.2))
    with pytest.raises(InputError, match="no error can be known"):
        gap_score(mean, None, truth, np.zeros_like(held))


def test_moved_clouds_do_not_come_in_from_outside(state):
    own = gaps.donated(state.cut, state.frame)
    assert np.array_equal(gaps.moved(state.cut, state.frame, 0, 0), own)
    moved = gaps.moved(state.cut, state.frame, 5, -7)
    assert not moved[:5].any()
    assert not moved[:, -7:].any()
    assert (moved <= state.sea).all()


@pytest.mark.parametrize("shape", [(1, 1), (17, 21), (96, 96)])
def test_masks_go_round(shape):
    mask = np.random.default_rng(1).random(shape) < 0.3
    assert np.array_equal(gaps.unpacked(gaps.packed(mask), shape), mask)
    assert np.array_equal(gaps.of_bits(gaps.to_bits(mask), shape), mask)


def test_land_clouds_and_guesses_look_different(state):
    scale = layers.scale(state)
    seen = draw.paint(layers.read(state, compute.seen(state, withheld=False)), state.sea, scale, 4,
                      real_gap=state.real_gap, hidden=state.hidden)  # fmt: skip
    inks = {tuple(colour) for colour in seen[draw.up(~state.sea, 4)]}
    assert inks <= {draw.LAND, draw.HELD_EDGE}
    inside = {tuple(c) for c in seen[draw.up(state.hidden, 4)]}
    assert inside <= {*draw.WITHHELD, draw.REAL_EDGE}
    nobody = {tuple(c) for c in seen[draw.up(state.real_gap, 4)]}
    assert nobody <= {*draw.UNSEEN, draw.HELD_EDGE}


def test_a_chosen_place_is_the_cell_under_it(state):
    from pages.kit.maps.view import Place

    lat, lon = float(state.cut.lat[20]), float(state.cut.lon[33])
    assert draw.cell(state.cut, Place(lat + 0.01, lon - 0.01)) == (20, 33)
    assert draw.cell(state.cut, Place(lat + 30, lon)) is None
    assert draw.cell(state.cut, None) is None
