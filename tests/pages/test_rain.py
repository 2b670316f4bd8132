"""The rain room as visitors meet it: both views, both languages, the switches, the challenge, links, data or none."""

from __future__ import annotations

import base64
import io
import json
import math

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from eogen.errors import Unavailable
from eogen.rain.orbits import SATELLITES, SLOT_SECONDS, since_epoch
from eogen.rain.scores import score_maps
from pages.kit.words import LANGUAGES, load
from pages.parts.rain import (
    challenge,
    days,
    draw,
    expert,
    exports,
    fleet,
    judge,
    panel_constellation,
    public,
    trios,
)
from pages.parts.rain.days import NAMES, SLOTS
from pages.parts.rain.state import State
from pages.parts.rain.stories import STORIES
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit

STORY = STORIES[0]
LONE = (STORY.satellite,)
#: What a model might say of a day; the real one takes seconds to fit and has tests of its own.
VALUE = np.linspace(0, 1, SLOTS)
SAID = xr.Dataset({"csi": ("time", VALUE), "csi_low": ("time", VALUE / 2), "csi_high": ("time", VALUE)})


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data, where a model has its say."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(judge, "guess", lambda _: SAID)


@pytest.fixture(scope="module")
def full():
    return days.day(STORY.choice())


@pytest.fixture(scope="module")
def lone():
    return days.day(STORY.choice(LONE))


guess = judge.guess


def well(at, lang):
    """Assert what every page of the app must be; return its texts."""
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert not [text for text in shown if "nan" in text.split()]
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


def film(at):
    """Return the data of the one film on the page."""
    held = [json.loads(e.proto.json) for e in at.get("bidi_component") if e.proto.json]
    (found,) = [data for data in held if "maps" in data]
    return found


# --- the public view ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_day_opens_at_the_moment_one_satellite_matters(lang, full):
    at = visit("rain", lang=lang)
    words = load(lang)
    well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.rain.question")]
    assert "eo-badge simulated" in bodies(at)
    data = film(at)
    assert data["at"] == STORY.at
    assert data["off"] == []
    assert data["hint"] == STORY.satellite
    assert [row["name"] for row in data["rows"]] == list(NAMES)
    assert len(data["said"]) == len(data["clock"]) == len(data["note"]["now"]) == SLOTS
    hits, missed, invented = public.counts(full, STORY.at)
    said = words("rain.public.found", n=hits + missed, hits=hits, invented=invented)
    assert data["said"][STORY.at][1] == said
    assert words("rain.public.fresh", who=STORY.satellite) == data["said"][STORY.at][0]
    assert data["note"]["full"] is None, "nothing to compare with while all are on"
    assert words.text("rain.public.explained")[:20] in " ".join(texts(at))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_satellite_that_is_switched_off_is_missed(lang, full, lone):
    at = visit("rain", lang=lang)
    at.button(key="rain_lone").click().run()
    well(at, lang)
    assert address(at)["off"] == STORY.satellite
    data = film(at)
    assert data["off"] == list(LONE)
    now, before = (data["note"][name][STORY.at] for name in ("now", "full"))
    assert now < before - 0.25, "it alone saw the rain"
    hits, _, invented = public.counts(full, STORY.at)
    assert data["said"][STORY.at][2] == load(lang)("rain.public.with_all", hits=hits, invented=invented)
    at.button(key="rain_all").click().run()
    assert "off" not in address(at)
    assert film(at)["maps"][0]["skins"][0]["url"] != data["maps"][0]["skins"][0]["url"]
    assert film(at)["maps"][1] == data["maps"][1], "the truth stays what it is"


def test_with_all_switched_off_only_clouds_are_left():
    at = visit("rain", lang="en", off="all", at="20")
    well(at, "en")
    data = film(at)
    assert data["off"] == list(NAMES)
    assert {said[0] for said in data["said"]} == {load("en")("rain.public.blind")}
    assert data["at"] == 20


def test_another_shower_is_another_day():
    at = visit("rain", lang="en", off="GPM", at="3")
    at.button(key="rain_another").click().run()
    well(at, "en")
    assert address(at)["story"] == "1"
    assert "off" not in address(at)
    assert film(at)["at"] == STORIES[1].at
    assert film(at)["token"] != str(STORY.seed)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_three_satellites_are_kept_and_judged(lang):
    words = load(lang)
    held = trios.notes(STORY)
    best = max(held, key=lambda trio: held[trio])
    others = ".".join(n for n in NAMES if n not in best)
    at = visit("rain", lang=lang, look="three", off=others)
    shown = " ".join(well(at, lang))
    assert film(at)["most"] == 3
    assert words("rain.public.three_rank", rank=1, n=120) in shown
    assert words("rain.public.three_best") in shown
    assert "rain_best" not in {b.key for b in at.button}
    worst = min(held, key=lambda trio: held[trio])
    at = visit("rain", lang=lang, look="three", off=".".join(n for n in NAMES if n not in worst))
    assert words("rain.public.three_poor") in " ".join(well(at, lang))
    at.button(key="rain_best").click().run()
    assert tuple(n for n in NAMES if n not in film(at)["off"]) == best
    at.button(key="rain_back").click().run()
    assert "look" not in address(at)
    assert film(at)["most"] is None


def test_the_challenge_begins_with_all_off_and_counts():
    at = visit("rain", lang="en")
    at.button(key="rain_three").click().run()
    shown = " ".join(well(at, "en"))
    assert load("en")("rain.public.three_left", n=3) in shown
    assert film(at)["off"] == list(NAMES)


# --- stories and trios hold ---


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.seed)
def test_a_story_tells_what_the_simulator_makes(story):
    with_it, without = days.day(story.choice()), days.day(story.choice((story.satellite,)))
    assert with_it.looking(story.at)[0] == story.satellite
    assert with_it.seen[story.at] > 0.9
    assert without.seen[story.at] < 0.1, "nobody else looked"
    assert not without.age[story.at] < 60, "what is left is an hour old or more"
    lost = float(with_it.scores["csi"][story.at] - without.scores["csi"][story.at])
    assert lost > 0.25
    assert abs(float(with_it.whole["csi"] - without.whole["csi"])) < 0.06, "a day hardly notices"


def test_the_notes_of_trios_are_those_of_today():
    assert len(trios.TRIOS) == 120
    story, k = STORIES[-1], 77
    trio = trios.TRIOS[k]
    assert trios.notes(story)[trio] == pytest.approx(trios.measure(story, trio) / 1000, abs=0.0011)
    for story in STORIES:
        held = trios.notes(story)
        assert len(held) == 120
        assert 0 < min(held.values()) < max(held.values()) < 1
        ranks = sorted(challenge.place(story, trio) for trio in held)
        assert ranks[0] == 1
        assert ranks[-1] <= 120


# --- what is drawn is what is there ---


def pixels(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


@pytest.mark.parametrize("name", ["imerg", "radar", "verdict", "age", "sensor"])
def test_a_sheet_holds_every_hour_north_up(name, lone):
    sheet = pixels(draw.sheet(lone.choice.key, name, lone))
    assert sheet.shape[:2] == (6 * 80, 8 * 80)
    found = draw.numbers(lone, name)
    for k in (0, 9, 47):
        row, column = divmod(k, draw.COLUMNS)
        cut = sheet[80 * row : 80 * (row + 1), 80 * column : 80 * (column + 1)]
        wanted = draw.palette_of(name)[found[k]]
        seen = wanted[..., 3] > 0
        assert (cut[seen] == wanted[seen]).all()
        assert (cut[~seen][:, 3] == 0).all()


def test_colours_say_what_the_maps_say(lone):
    rain = lone.pair["radar"].values[STORY.at][::-1]
    number = draw.numbers(lone, "radar")[STORY.at]
    for k, low in enumerate(draw.STEPS, 1):
        high = draw.STEPS[k] if k < len(draw.STEPS) else math.inf
        assert ((number == k) == ((rain >= low) & (rain < high))).all()
    counted = np.bincount(draw.numbers(lone, "verdict")[STORY.at].ravel(), minlength=4)
    assert tuple(counted[1:]) == public.counts(lone, STORY.at)


def test_an_outline_encloses_what_is_seen(full):
    from matplotlib.path import Path

    lat, lon = (np.array(axis) for axis in days.places_of(full))
    checked = 0
    for k, slot in enumerate(days.swaths(STORY.start, *days.places_of(full))):
        for swath in slot[:1]:
            satellite = SATELLITES[NAMES.index(swath["name"])]
            seconds = float(since_epoch(np.datetime64(STORY.start))) + SLOT_SECONDS * k
            seen = np.isfinite(satellite.passing(seconds, lat, lon)[0])[::-1]
            points = [tuple(map(float, p.split())) for p in swath["d"].strip("MZ").split("L")]
            y, x = np.mgrid[:80, :80]
            inside = Path(points).contains_points(np.c_[(x.ravel() + 0.5) / 80, (y.ravel() + 0.5) / 80])
            assert (inside.reshape(80, 80) == seen).mean() > 0.97
            checked += 1
    assert checked > 10


def test_the_note_is_the_score_of_the_room(lone):
    wanted = score_maps(lone.pair["precipitation"], lone.pair["radar"])["csi"].values
    assert lone.scores["csi"].values == pytest.approx(wanted, nan_ok=True)
    hits, missed, invented = public.counts(lone, 5)
    assert wanted[5] == pytest.approx(hits / (hits + missed + invented))
    assert days.note_of(lone.choice) == pytest.approx(float(lone.whole["csi"]))


def test_the_age_over_the_rain_counts_never_as_oldest(full):
    blind = days.day(STORY.choice(NAMES))
    assert np.isnan(blind.age).all()
    assert (blind.seen == 0).all()
    assert np.nanmin(full.age) == 0


@pytest.mark.parametrize(
    ("minutes", "fr", "en"),
    [(30, "30 min", "30 min"), (60, "1 h", "1 h"), (150, "2 h 30", "2 h 30"), (math.nan, "jamais", "never")],
)
def test_ages_are_written_in_hours(minutes, fr, en):
    plain = lambda text: text.replace("\u00a0", " ").replace("\u202f", " ")
    assert plain(fleet.since(load("fr"), minutes)) == plain(fr)
    assert plain(fleet.since(load("en"), minutes)) == plain(en)


def test_towns_lie_on_the_map_where_they_are(full):
    lat, lon = days.places_of(full)
    towns = {town["name"]: town for town in draw.towns(lat, lon)}
    assert {"Paris", "Lyon", "Toulouse"} <= set(towns)
    assert towns["Paris"]["y"] < towns["Lyon"]["y"] < towns["Toulouse"]["y"]
    assert towns["Toulouse"]["x"] < towns["Lyon"]["x"]
    middle = draw.place(lat, lon, (lat[0] + lat[-1]) / 2, (lon[0] + lon[-1]) / 2)
    assert middle == pytest.approx((0.5, 0.5))
    assert 0.6 < draw.shape(lat, lon) < 0.75


# --- the expert view ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_constellation_panel(lang):
    at = visit("rain", lang=lang, view="expert", off="GPM.NOAA-20", at="30", run="late", regime="showers")
    words = load(lang)
    well(at, lang)
    assert "eo-badge simulated" in bodies(at)
    data = film(at)
    assert len(data["maps"]) == 5
    assert data["off"] == ["GPM", "NOAA-20"]
    table = at.dataframe[0].value
    assert list(table.iloc[:, 0]) == [words(f"rain.scores.{name}") for name in panel_constellation.SHOWN]
    at.button(key="rain_without_MHS").click().run()
    assert film(at)["off"] == ["NOAA-19", "MetOp-B", "MetOp-C"]
    at.button(key="rain_all").click().run()
    well(at, lang)
    table = at.dataframe[0].value
    assert (table.iloc[:, 1] == table.iloc[:, 2]).all(), "all ten against all ten"


def test_a_link_reopens_the_same_view_in_any_language():
    link = {
        "view": "expert",
        "seed": "7",
        "season": "winter",
        "regime": "drizzle",
        "run": "late",
        "off": "all",
    }
    seen = {}
    for lang in LANGUAGES:
        at = visit("rain", lang=lang, **link)
        well(at, lang)
        seen[lang] = {k: v for k, v in address(at).items() if k != "lang"}
    assert seen["fr"] == seen["en"]
    assert link.items() <= seen["fr"].items()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"story": "999", "off": "GPM.<b>.x", "at": "²", "look": "three"},
        {"off": "all.GPM", "at": "99999"},
        {
            "view": "expert",
            "seed": "-1",
            "season": "monsoon",
            "regime": "{x}",
            "run": "final",
            "panel": "?",
            "at": "48",
        },
    ],
    ids=range(3),
)
def test_a_link_that_makes_no_sense_opens_the_page(nonsense):
    well(visit("rain", lang="fr", **nonsense), "fr")


def test_only_panels_that_are_there_are_offered():
    assert expert.offered()[0] == "constellation"
    assert set(expert.offered()) <= set(expert.PANELS)


def test_a_day_is_taken_away(tmp_path, lone):
    state = State(lone.choice, 5, public.told(load("en"), lone.choice))
    (tmp_path / "day.nc").write_bytes(exports.netcdf(state))
    with xr.open_dataset(tmp_path / "day.nc", engine="h5netcdf") as again:
        assert again["precipitation"].values == pytest.approx(lone.pair["precipitation"].values, nan_ok=True)
        assert again["precipitation"].attrs["units"] == "mm h-1"
    table = exports.scores(state)
    assert len(table) == SLOTS
    assert exports.record(state)["off"] == list(LONE)


# --- the model's word ---


def test_without_weights_the_model_says_nothing(monkeypatch, lone):
    def absent(*_):
        raise Unavailable("no_weights", "none", file="x", command="y")

    monkeypatch.setattr(judge.judge, "judge", absent)
    judge._guess.clear()
    assert guess(lone) is None
    judge._guess.clear()
    assert public.note(load("en"), lone, lone, None).guess is None


def test_what_the_model_says_is_written(lone, full):
    note = public.note(load("en"), lone, full, SAID)
    assert note.guess[-1] == 1
    assert note.guess_text[-1] == load("en")("rain.public.guess", n="100", low="50", high="100")
    assert load("en")("rain.public.key_guess") in note.keys
