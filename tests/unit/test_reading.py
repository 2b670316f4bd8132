"""Public texts are for a child of ten: easy by the count of words and syllables, and free of the trade's words."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from pages.kit.words import LANGUAGES, read_all
from tests.reading import ease, plain, syllables_en, syllables_fr, words

#: Texts of one subject read together: 80 and more is easy, what children of ten read.
TOGETHER = 80.0
#: A text alone, of so many words at least: shorter ones are hard to measure, and a long name may weigh on one.
ALONE, LEAST = 65.0, 10
#: Words of the trade that no public text needs; where a thing must be named, the plain word is known to the child.
TRADE = {
    "fr": (
        r"algorithme|réseau de neurones|bayés|réflectance|spectr|longueur d'onde|radiométr|phytoplancton|posterior"
        r"|dineof|u-net|grad-cam|shap|\bvae\b|latent|quantile|médiane?\b|variance|corrél|calibr|écart-type|log₁₀"
        r"|ndvi|\bcsi\b|paramètre|probabilit|distribution|statisti|pondér|normalis|itér|facteur|seuil|raster|métrique"
    ),
    "en": (
        r"algorithm|neural|bayes|reflectance|spectr|wavelength|radiometr|phytoplankton|posterior|dineof|u-net"
        r"|grad-cam|shap\b|\bvae\b|latent|quantile|\bmedian|variance|correlat|calibrat|deviation|log₁₀|ndvi|\bcsi\b"
        r"|parameter|probabilit|distribution|statisti|weighted|normali[sz]|iterat|\bfactor|threshold|raster|metric"
    ),
}  # fmt: skip


def public(lang: str) -> dict[str, str]:
    """Every text that the public view shows: those of tables named ``public``, the doors' and the home page's."""
    doors = re.compile(r"rooms\.\w+\.(question|sentence)|home\.(question|lead)")
    return {k: t for k, t in read_all(lang).items() if ".public." in f".{k}" or doors.fullmatch(k)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_public_texts_of_a_subject_are_easy(lang: str) -> None:
    subjects = defaultdict(list)
    for key, text in public(lang).items():
        subjects[key.split(".public.")[0].split(".")[0]].append(text.rstrip(" .") + ".")
    assert set(subjects) >= {"canopy", "ocean", "change", "rain", "landcover", "rooms", "home", "stand"}
    measured = {name: round(ease(" ".join(texts), lang), 1) for name, texts in subjects.items()}
    print(measured)
    assert {name: value for name, value in measured.items() if value < TOGETHER} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_public_text_is_hard(lang: str) -> None:
    hard = {
        key: (round(ease(text, lang)), text)
        for key, text in public(lang).items()
        if len(words(plain(text))) >= LEAST and ease(text, lang) < ALONE
    }
    assert hard == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_public_texts_are_free_of_the_words_of_the_trade(lang: str) -> None:
    trade = re.compile(TRADE[lang], re.IGNORECASE)
    found = {key: match[0] for key, text in public(lang).items() if (match := trade.search(plain(text)))}
    assert found == {}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (syllables_fr, {"chat": 1, "plancton": 2, "regarde": 2, "satellite": 3, "océan": 3, "qu'elle": 1, "maïs": 2}),
        (syllables_en, {"cat": 1, "plankton": 2, "looked": 1, "satellite": 3, "machine": 2, "guessed": 1, "table": 2}),
    ],
)  # fmt: skip
def test_syllables_are_those_of_the_dictionary(count, expected) -> None:
    assert {word: count(word) for word in expected} == expected


def test_a_technical_sentence_is_harder_than_a_plain_one() -> None:
    pairs = {
        "fr": ("Grattez le nuage et regardez la mer.",
               "L'autocorrélation spatiale conditionne significativement l'interprétation probabiliste."),
        "en": ("Wipe the cloud and look at the sea.",
               "Spatial autocorrelation significantly determines probabilistic interpretation."),
    }  # fmt: skip
    for lang, (easy, hard) in pairs.items():
        assert ease(easy, lang) > 90
        assert ease(hard, lang) < 10
