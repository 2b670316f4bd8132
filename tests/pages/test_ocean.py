"""The ocean room as visitors meet it: both views, both languages, links, gaps, files good and bad, data or none."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import simulate, thumbnail
from eogen.ocean.gap import gap_score
from eogen.ocean.methods import METHODS
from pages.kit.words import LANGUAGES, load
from pages.parts.ocean import cases, compute, draw, expert, exports, gaps, layers, sources
from pages.parts.ocean.state import State, box
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data

pytestmark = pytest.mark.filterwarnings("ignore:In a future version, xarray will not decode")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("ocean").parent))


def well(at, lang):
    """Assert what every page of the app must be; return its texts."""
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at), "markdown does not render in HTML"
    assert not [text for text in shown if "nan" in text.split()]
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


def elements(at):
    """Return the data of the page's own elements."""
    return [json.loads(e.proto.json) for e in at.get("bidi_component") if e.proto.json]


def element(at, name):
    """Return the data of the one element that holds ``name``."""
    (found,) = [data for data in elements(at) if name in data]
    return found


# --- the public view ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_cloud_is_laid_and_the_bet_is_kept(lang):
    at = visit("ocean", lang=lang)
    words = load(lang)
    shown = well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.ocean.question")]
    assert "eo-badge simulated" in bodies(at)
    first = element(at, "cloud")
    assert first["token"]
    assert first["under"] != first["cloud"]
    assert not any(words("ocean.public.after") == text for text in shown), "the truth is not shown yet"
    at.button(key="bet_left").click().run()
    assert any(words("ocean.public.on_left") in text for text in well(at, lang))
    assert address(at)["bet"] == "left"
    assert element(at, "cloud")["token"] == first["token"], "a bet does not lay the cloud anew"
    at.button(key="another_cloud").click().run()
    well(at, lang)
    assert address(at)["cloud"] == "1"
    assert "bet" not in address(at)
    assert element(at, "cloud")["token"] != first["token"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_opens_the_truth_and_the_score(lang):
    at = visit("ocean", lang=lang, cloud="2", look="truth", bet="right")
    shown = well(at, lang)
    words = load(lang)
    pair = element(at, "before")
    assert pair["before"] != pair["after"]
    assert pair["labels"]["after"] == words("ocean.public.after")
    laid = _round(2)
    guess, sd, simple = (
        compute.filled(laid.state, name, 0)[layer].values[0]
        for name, layer in (("oi", "mean"), ("oi", "sd"), ("climatology", "mean"))
    )
    factor = 10 ** np.sqrt(np.mean((guess - laid.truth)[laid.hidden] ** 2))
    assert any(words.number(factor, 1) in text for text in shown), "the score is that of the hidden cells"
    usual = 10 ** np.sqrt(np.mean((simple - laid.truth)[laid.hidden] ** 2))
    assert any(words("ocean.public.simple", factor=words.number(usual, 1)) == text for text in shown)
    inside = np.mean(np.abs(guess - laid.truth)[laid.hidden] <= 1.645 * sd[laid.hidden])
    assert any(words("ocean.public.honest", share=float(inside)) == text for text in shown)
    truth = "left" if np.subtract(*cases.halves(laid.truth, laid.hidden)) > 0 else "right"
    assert any(words(f"ocean.public.on_{truth}") in text for text in shown)


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


# --- the expert view ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("source", sources.SIMULATED)
def test_every_simulated_sea(lang, source):
    at = visit("ocean", lang=lang, view="expert", source=source)
    shown = well(at, lang)
    assert "eo-badge simulated" in bodies(at)
    assert at.selectbox(key="source").value == source
    assert any(load(lang)("ocean.methods.oi") in text for text in shown)
    assert element(at, "before")["before"].startswith("data:image/webp")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("look", layers.LAYERS)
def test_every_layer(lang, look):
    at = visit("ocean", lang=lang, view="expert", look=look, before="a", after="b")
    well(at, lang)
    assert address(at).get("look", "mean") == look
    assert element(at, "before")["before"] != element(at, "before")["after"]


@pytest.mark.parametrize("quantity", ["micro", "nano", "pico"])
def test_size_classes_are_said_to_be_derived_or_simulated(quantity):
    at = visit(
        "ocean", lang="fr", view="expert", quantity=quantity, method_a="convolution", method_b="nearest"
    )
    shown = well(at, "fr")
    assert any(load("fr")(f"ocean.quantities.{quantity}") in text for text in shown)


@pytest.mark.parametrize("gap", gaps.KINDS)
def test_every_gap(gap):
    at = visit("ocean", lang="en", view="expert", gap=gap, method_a="convolution", method_b="climatology")
    shown = well(at, "en")
    scored = any("RMSE" in text for text in shown)
    assert scored == (gap != "real"), "an error is known only where something is withheld"
    if gap == "drawn":
        assert gaps.unpacked(address(at)["mask"], (96, 96)).any()


def test_a_drawn_gap_travels_in_the_address():
    mask = np.zeros((96, 96), bool)
    mask[10:30, 5:40] = True
    at = visit("ocean", lang="en", view="expert", gap="drawn", mask=gaps.packed(mask), method_a="nearest")
    well(at, "en")
    assert address(at)["mask"] == gaps.packed(mask)
    assert np.array_equal(gaps.of_bits(element(at, "mask")["mask"], mask.shape), mask)


@pytest.mark.parametrize("mask", ["", "%%%", "AAAA", gaps.packed(np.ones((9, 9), bool)), "eJw" + "A" * 400])
def test_a_bent_mask_in_the_address_is_ignored(mask):
    at = visit(
        "ocean", lang="en", view="expert", gap="drawn", mask=mask, method_a="nearest", method_b="climatology"
    )
    well(at, "en")


@pytest.mark.parametrize(
    "bent", [{"date": "2021-99"}, {"centre": "95_0"}, {"side": "7"}, {"method_a": "magic"}, {"pixel": "1_1"},
             {"sea": "x"}, {"member": "99"}, {"panel": "cellar"}, {"gap": "hole"}, {"donor": "never"},
             {"source": "moon"}],
)  # fmt: skip
def test_a_bent_address_opens_the_usual_view(bent):
    well(visit("ocean", lang="fr", view="expert", **bent), "fr")


def test_a_place_has_its_series():
    sea = sources.simulated("simulated")
    rows, columns = np.nonzero(sea.cube.sea.values)
    row, column = rows[len(rows) // 2], columns[len(rows) // 2]
    at = visit(
        "ocean", lang="fr", view="expert", source="simulated",
        pixel=f"{float(sea.cube.lat[row]):.4f}_{float(sea.cube.lon[column]):.4f}",
        method_a="convolution", method_b="time_linear",
    )  # fmt: skip
    well(at, "fr")
    (chart,) = at.get("plotly_chart")
    spec = json.loads(chart.proto.spec)
    assert {trace.get("name") for trace in spec["data"]} >= {load("fr")("ocean.methods.convolution")}
    assert spec["layout"]["yaxis"]["ticktext"], "round numbers, in mg m-3, on the logarithmic axis"


def test_the_member_is_shuffled():
    at = visit(
        "ocean", lang="fr", view="expert", look="member", before="observed", after="a", method_a="convolution"
    )
    first = element(at, "before")["after"]
    at.button(key="shuffle").click().run()
    well(at, "fr")
    assert address(at)["member"] == "2"
    assert element(at, "before")["after"] != first


def test_a_slow_method_asks_first(monkeypatch):
    monkeypatch.setattr(compute, "LARGE", 100)
    compute._DONE.clear()
    at = visit("ocean", lang="en", view="expert", method_a="oi", method_b="climatology", seed="41")
    well(at, "en")
    asked = [button for button in at.button if button.key and button.key.startswith("run_")]
    assert len(asked) == 1
    asked[0].click().run()
    well(at, "en")
    assert not [button for button in at.button if button.key and button.key.startswith("run_")]


@pytest.mark.parametrize("panel", expert.offered())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_panel_opens(panel, lang):
    at = visit("ocean", lang=lang, view="expert", panel=panel, method_a="convolution", method_b="climatology")
    assert not at.exception
    assert not [box for box in boxes(at) if load(lang)("kit.errors.sorry") in box]
    assert raw(texts(at)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_method_has_its_words(lang):
    words = load(lang)
    for name in METHODS:
        assert f"ocean.methods.{name}" in words
        assert f"ocean.method_is.{name}" in words
        assert f"ocean.method_bad.{name}" in words


# --- files ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "content"), [("a.nc", b""), ("b.nc", b"not a file"), ("c.zip", b"PK\x03\x04nothing"),
                         ("d.nc", b"\x80\x04pickle")]
)  # fmt: skip
def test_a_bad_file_is_said_beside_the_button(lang, name, content):
    at = visit("ocean", lang=lang, view="expert", source="upload")
    shown = well(at, lang)
    assert load(lang)("ocean.upload.waiting") in shown
    at.file_uploader(key="ocean_file").set_value((name, content, "application/octet-stream")).run()
    assert not at.exception
    (said,) = boxes(at)
    assert load(lang)("kit.errors.title") in said
    assert load(lang)("kit.errors.sorry") not in said


def test_a_visitors_own_cube_is_filled(tmp_path):
    made = simulate.ocean(5, 6, (40, 44), gaps="composite").observed
    path = tmp_path / "mine.nc"
    chl = (10**made).drop_vars(["sea", "bathymetry", "spatial_ref"], errors="ignore").rename("chlor_a")
    chl.assign_attrs(
        units="mg m-3", standard_name="mass_concentration_of_chlorophyll_a_in_sea_water"
    ).to_netcdf(path)
    at = visit("ocean", lang="en", view="expert", source="upload")
    at.file_uploader(key="ocean_file").set_value(("mine.nc", path.read_bytes(), "application/x-netcdf")).run()
    well(at, "en")
    assert "eo-badge upload" in bodies(at)
    assert element(at, "before")["labels"]["after"] == load("en")("ocean.methods.oi")


# --- what is behind the page ---


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


# --- real data ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_real_sea_is_shown_first(real, lang):
    at = visit("ocean", lang=lang)
    well(at, lang)
    assert "eo-badge real" in bodies(at)
    at = visit("ocean", lang=lang, view="expert", method_a="convolution", method_b="climatology")
    well(at, lang)
    assert "eo-badge real" in bodies(at)


def test_every_real_source_opens(real):
    for name in sources.held():
        at = visit(
            "ocean",
            lang="en",
            view="expert",
            source=name,
            method_a="nearest",
            method_b="climatology",
            side="48",
        )
        assert not at.exception, name
        assert not [box for box in boxes(at) if load("en")("kit.errors.sorry") in box], (name, boxes(at))
        assert raw(texts(at)) == []
