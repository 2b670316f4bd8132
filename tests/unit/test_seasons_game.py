"""The words and colours of the game of the year: a sentence for whatever is told, a name for whatever is drawn."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from eogen.landcover.series import read_worldcereal, territory, tints
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.told import Told
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import reason, strip

#: Every class of the game: those of France and of the territory, twins included.
CLASSES = sorted({*read_worldcereal.CLASSES, *territory.LAWS})


def year(**months: float) -> np.ndarray:
    made = np.full((12, len(USUAL)), 0.08, np.float32)
    for name, value in months.items():
        made[int(name[1:])] = value
    return made


def told(*months: int, light: str = "nir", side: str = "strong") -> Told:
    n = len(months)
    return Told(months, (light,) * n, (side,) * n, months[0] if n else 0, np.zeros(12))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_class_month_and_light_has_a_sentence(lang):
    t = load(lang)
    seen = set()
    for label, month, light, side, right in itertools.product(
        CLASSES, range(12), reason.LIGHTS, ("strong", "weak", "plain"), (True, False)
    ):
        if (side != "strong" and light in ("visible", "any")) or (not right and month):
            continue  # those lights have no sides, and a wrong answer its own first words only
        found = told(month, light=light, side=side)
        said = reason.sentence(t, label, found, year(), USUAL, right=right)
        assert not re.search(r"[{}_]", said), said
        assert said.endswith(".")
        assert t(f"landcover.series.public.the.{label}") in said
        assert t(f"landcover.series.month_names.{month + 1}") in said
        assert len(said.split()) <= 20
        assert reason.gloss(t, found)
        seen.add(said)
    # plain, strong and weak of three invisible lights; the one colour of these tiles; all lights together
    assert len(seen) == len({t(f"landcover.series.public.the.{c}") for c in CLASSES}) * (12 + 1) * (3 * 3 + 2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_colour_has_a_name_in_the_sentence(lang):
    t = load(lang)
    for colour in tints.NAMES:
        assert t(f"landcover.series.public.colours.{colour}") in reason.cue(
            t, "visible", "plain", colour, [3]
        )


@pytest.mark.parametrize(
    ("lang", "said"),
    [("fr", "Elle a reconnu le colza à son infrarouge fort d’avril et de mai."),
     ("en", "It recognised the rapeseed by its strong infrared in April and May.")],
)  # fmt: skip
def test_two_months_of_one_light_share_their_words(lang, said):
    assert reason.sentence(load(lang), "rapeseed", told(4, 3), year(), USUAL, right=True) == said


def test_two_lights_are_both_named_and_a_wrong_answer_was_only_thought_recognised():
    found = Told((3, 7), ("swir", "any"), ("weak", "plain"), 3, np.zeros(12))
    said = reason.sentence(load("fr"), "maize", found, year(), USUAL, right=False)
    assert (
        said
        == "Elle a cru reconnaître le maïs à son infrarouge lointain faible d’avril et à toute sa lumière d’août."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_no_month_told_none_is_named(lang):
    t = load(lang)
    said = reason.sentence(t, "maize", told(), year(), USUAL, right=True)
    assert not any(t(f"landcover.series.month_names.{m}") in said for m in range(1, 13))
    assert reason.gloss(t, told()) == ""


def test_a_colour_that_was_never_seen_is_not_named():
    hidden = year(m3=np.nan)
    said = reason.sentence(load("en"), "maize", told(3, light="visible"), hidden, USUAL, right=True)
    assert said == "It recognised the maize by all its light in April."


@pytest.mark.parametrize(
    ("rgb", "name"),
    [((0.03, 0.05, 0.03), "dark_green"), ((0.05, 0.09, 0.04), "green"), ((0.01, 0.01, 0.01), "dark"),
     ((0.2, 0.15, 0.1), "pale_brown"), ((0.1, 0.075, 0.05), "brown"), ((0.08, 0.08, 0.08), "grey"),
     ((0.4, 0.4, 0.4), "white"), ((0.02, 0.04, 0.07), "blue"), ((0.22, 0.2, 0.08), "yellow"),
     ((0.1, 0.13, 0.05), "yellow_green")],
)  # fmt: skip
def test_colours_are_called_what_they_look_like(rgb, name):
    (colour,) = tints.colours(np.array([rgb[::-1]]), ("B02", "B03", "B04"))
    assert tints.name(colour) == name


def test_every_colour_a_screen_has_is_named():
    steps = range(0, 256, 15)
    assert {tints.name(c) for c in itertools.product(steps, steps, steps)} == set(tints.NAMES)


def test_brighter_fields_are_drawn_brighter_and_leaves_red_to_the_satellite():
    drawn = tints.colours(np.linspace(0, 0.3, 7)[:, None] * np.ones(len(USUAL)), USUAL)
    assert drawn == sorted(drawn)
    leaf = np.full((1, len(USUAL)), 0.04)
    leaf[0, USUAL.index("B08")] = 0.5
    ((red, green, blue),) = tints.colours(leaf, USUAL, tints.FALSE)
    assert red > 2 * max(green, blue)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("extra", [False, True])
def test_the_strip_has_twelve_months_and_says_what_clouds_hide(lang, extra):
    t = load(lang)
    made = strip.html(t, year(m0=np.nan, m11=np.nan), USUAL, told=[4], infrared=extra, green=extra)
    assert made.count("<li") == 12
    assert made.count("month told") == 1
    assert made.count("tile cloud") == (4 if extra else 2)
    assert t("landcover.series.public.month_cloud", month=t("landcover.series.month_names.1")) in made
    assert t("landcover.series.public.tag") in made
    assert made.count("clip-path") == (10 if extra else 0)
    assert (t("landcover.series.public.curve") in made) is extra


def test_a_year_without_a_single_clear_month_is_drawn():
    made = strip.html(load("fr"), np.full((12, len(USUAL)), np.nan), USUAL, infrared=True, green=True)
    assert made.count("tile cloud") == 24
    assert "clip-path" not in made
    assert strip.small(np.full((12, len(USUAL)), np.nan), USUAL).count("cloud") == 12
