"""The game of the year as visitors play it: bet, answer, reason, score, next, summary; with and without data."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from eogen.landcover.series.cube import USUAL, parcels
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import compute, deck, score, sources
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data

CLASSES = ("grassland", "straw_cereals", "maize", "rapeseed", "sunflower_soy", "permanent_crops")
EACH = 12


class Nearest:
    """The class whose mean year is nearest: quick, and it knows most fields."""

    classes, bands, months = CLASSES, USUAL, 12

    def __init__(self, means: np.ndarray) -> None:
        self.means = means

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        away = np.nansum((np.asarray(series)[:, None] - self.means) ** 2, (2, 3))
        score = np.exp(-20 * away)
        return (score / score.sum(1, keepdims=True)).astype(np.float32)


def fields(clouded: bool = False):
    """Return parcels whose classes part in one month and one band each."""
    generator = np.random.default_rng(3)
    label = np.repeat(np.arange(len(CLASSES)), EACH)
    values = generator.normal(0.1, 0.004, (len(label), 12, len(USUAL)))
    for number in range(len(CLASSES)):
        values[label == number, 2 * number, number] += 0.3
    values[::5, 11] = np.nan
    if clouded:
        values[:] = np.nan
    when = np.datetime64("2023-01", "M") + np.arange(12)
    return parcels(
        values,
        when,
        USUAL,
        label=label,
        classes=CLASSES,
        kind="simulated",
        title="made for tests",
        licence="MIT",
    )


@pytest.fixture
def made(monkeypatch, tmp_path, request):
    """A machine with little parcels and quick models in the place of the trained ones."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    held = fields(clouded=getattr(request, "param", "clear") == "clouded")
    clear = fields()
    means = np.stack([clear["reflectance"].values[k * EACH : (k + 1) * EACH, :11].mean(0) for k in range(6)])
    model = Nearest(np.concatenate([means, means[:, -1:]], 1))
    whole = SimpleNamespace(whole=model, unseen_by=lambda series: (model, True), fold=lambda series: 0)
    monkeypatch.setattr(sources, "offered", lambda: ["territory"])
    monkeypatch.setattr(sources, "parcels", lambda source: held)
    monkeypatch.setattr(compute, "offered", lambda source: ["tempcnn", compute.LIVE])
    monkeypatch.setattr(compute, "knows", lambda source, method: whole)
    monkeypatch.setattr(score, "_READY", set())
    return held


def well(at, lang):
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at)
    if lang == "fr":
        assert faults_of_typography(shown) == []
    return shown


def choices(at):
    return [b for b in at.button if b.key.startswith("choose_")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_game_is_played(made, lang):
    words = load(lang)
    at = visit(lang=lang, topic="season")
    shown = well(at, lang)
    assert [title.value for title in at.title] == [words("landcover.series.public.question")]
    assert len(choices(at)) == 4
    assert bodies(at).count('class="month') == 12
    assert "month told" not in bodies(at), "the answer is not given away"
    assert "eo-badge simulated" in bodies(at)
    assert "another" not in [b.key for b in at.button], "first the bet"
    assert words("landcover.series.public.curve") not in " ".join(shown)

    at.toggle[1].set_value(True).run()
    assert words("landcover.series.public.curve") in " ".join(well(at, lang))

    choices(at)[0].click().run()
    said = " ".join(well(at, lang))
    assert "month told" in bodies(at)
    assert words("landcover.series.public.believe") in said
    assert words("landcover.series.public.unseen") in said
    assert words("landcover.series.public.players.machine") in said
    assert words("landcover.series.public.tally", n=1) in said
    label = deck.deal("territory")[0].label
    assert words(f"landcover.series.public.the.{label}") in said, "the machine knows these fields"
    number = CLASSES.index(label) * 2 + 1
    assert words(f"landcover.series.month_names.{number}") in said, "the month in which the class differs"

    at.button(key="another").click().run()
    well(at, lang)
    assert address(at)["field"] == "2"
    assert len(choices(at)) == 4


@pytest.mark.parametrize("lang", LANGUAGES)
def test_after_ten_fields_the_visit_is_summed_up(made, lang):
    words = load(lang)
    at = visit(lang=lang, topic="season")
    dealt = deck.deal("territory")
    for number in range(score.VISIT):
        at.button(key=f"choose_{dealt[number].label}").click().run()
        assert not at.exception
        at.button(key="another").click().run()
    shown = " ".join(well(at, lang))
    assert words("landcover.series.public.out_of", k=10, n=10) in shown
    assert words("landcover.series.public.summary_tie") in shown
    assert bodies(at).count("eo-year-small") == score.VISIT
    assert words("landcover.series.public.players.forest") in shown, "the baseline plays too"
    at.button(key="again").click().run()
    well(at, lang)
    assert address(at)["field"] == "11"
    assert len(choices(at)) == 4


def test_a_link_opens_its_field_and_the_deck_has_every_class_again_and_again(made):
    dealt = deck.deal("territory")
    for turn in range(deck.ROUNDS):
        this = dealt[turn * len(CLASSES) : (turn + 1) * len(CLASSES)]
        assert sorted(f.label for f in this) == sorted(CLASSES)
    assert len({f.row for f in dealt}) == len(dealt), "no field twice"
    for each in dealt:
        assert each.label in each.offered
        assert len(set(each.offered)) == deck.CHOICES
        assert made.attrs["classes"][int(made["label"][each.row])] == each.label
    at = visit(lang="fr", topic="season", field="7")
    assert {b.key for b in choices(at)} == {f"choose_{c}" for c in dealt[6].offered}
    assert deck.deal("territory") == dealt, "the order is fixed"


@pytest.mark.parametrize("made", ["clouded"], indirect=True)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_fields_clouded_all_year_do_not_break_it(made, lang):
    at = visit(lang=lang, topic="season")
    well(at, lang)
    assert bodies(at).count("tile cloud") == 12
    choices(at)[1].click().run()
    shown = " ".join(well(at, lang))
    assert load(lang)("landcover.series.public.lead_year") in shown
    assert "month told" not in bodies(at)


def test_the_image_game_invites_to_it(tmp_path, monkeypatch, made):
    at = visit(lang="fr")
    assert [title.value for title in at.title] == [load("fr")("rooms.landcover.question")]
    at.button(key="invite").click().run()
    assert not at.exception
    assert address(at)["topic"] == "season"
    assert [title.value for title in at.title] == [load("fr")("landcover.series.public.question")]


def test_without_data_the_simulated_territory_serves_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    assert deck.source() == "territory"
    dealt = deck.deal("territory")
    assert len({f.label for f in dealt}) == 10
    assert all(f.label in f.offered for f in dealt)


def test_parcels_whose_class_nobody_knows_are_not_played(made, monkeypatch):
    unknown = made.assign(label=("parcel", np.full(made.sizes["parcel"], -1, np.int16)))
    monkeypatch.setattr(sources, "offered", lambda: ["france", "territory"])
    monkeypatch.setattr(sources, "parcels", lambda source: unknown if source == "france" else made)
    assert deck.source() == "territory"


def test_a_real_field_is_answered_by_a_machine_that_did_not_learn_from_it(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("landcover").parent))
    monkeypatch.setattr(score, "prepare", lambda source: None)  # the forest takes seconds to grow
    if deck.source() != "france":
        pytest.skip("no labelled parcels among the real data")
    at = visit(lang="fr", topic="season")
    well(at, "fr")
    assert "eo-badge real" in bodies(at)
    choices(at)[0].click().run()
    assert load("fr")("landcover.series.public.unseen") in " ".join(well(at, "fr"))
    first = deck.deal("france")[0]
    here = deck.state(first, deck.players("france")[0])
    kept = compute.knows("france", here.method)
    assert here.model is (
        kept.whole if kept.fold(here.series) is None else kept.models[kept.fold(here.series)]
    )
