"""The two languages say the same things, are well set, and every text the code asks for exists."""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.kit.words import FOLDER, LANGUAGES, Words, load, pick, read, read_all, typeset
from tests.real import REPOSITORY

NB, NNB = "\u00a0", "\u202f"
RAW = {lang: read_all(lang) for lang in LANGUAGES}
#: names under which pages call their words
CALLERS = {"words", "t", "w", "_"}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# --- the files ---


def test_both_languages_have_the_same_keys():
    assert set(RAW["fr"]) == set(RAW["en"])


def test_both_languages_keep_a_key_in_the_same_file():
    for path in (FOLDER / "fr").glob("*.toml"):
        assert set(read(path)) == set(read(FOLDER / "en" / path.name)), path.name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty(lang):
    assert [key for key, text in RAW[lang].items() if not text] == []


def test_both_languages_have_the_same_places():
    assert {
        k: (places(RAW["fr"][k]), places(t))
        for k, t in RAW["en"].items()
        if places(RAW["fr"][k]) != places(t)
    } == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_place_formats_are_known(lang):
    known = re.compile(r"|\+?\d|\+?percent\d?|share|duration|bytes|date|list|[^|]*\|[^|]*")
    wrong = {
        key: spec
        for key, text in RAW[lang].items()
        for _, name, spec, _ in string.Formatter().parse(text)
        if name is not None and (not name.isidentifier() or not known.fullmatch(spec or ""))
    }
    assert wrong == {}


def bare(text: str) -> str:
    """The text without places, addresses, code, link targets, icons and tags, which follow no typography."""
    return re.sub(r"\{[^{}]*\}|https?://\S+|`[^`]*`|\]\([^)]*\)|:material/\w+:|<[^>]*>|&\w+;", "x", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_typography(lang):
    wrong = []
    for key in load(lang):
        text = bare(load(lang).text(key))
        if '"' in text or re.search(r"\w'\w", text):
            wrong.append((key, "straight quote", text))
        if lang == "fr":
            if re.search(rf"[^{NNB}?!]([?!;%])", text) or re.search(rf"[^{NB}\d]:(\s|$)", text):
                wrong.append((key, "space before ? ! ; % :", text))
            if re.search(rf"«[^{NNB}]|[^{NNB}]»", text) or "“" in text:
                wrong.append((key, "French quotes", text))
            if re.search(r"\d\.\d", text):
                wrong.append((key, "decimal point", text))
        elif re.search(rf"[\s{NB}{NNB}][?!;:%]|«", text):
            wrong.append((key, "French typography in English", text))
    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_public_sentences_are_short(lang):
    wrong = {
        key: sentence
        for key, text in RAW[lang].items()
        if ".public." in f".{key}"
        for sentence in re.split(r"(?<=[.?!…])\s", text)
        if len([word for word in sentence.split() if re.search(r"\w", word)]) > 20
    }
    assert wrong == {}


# --- the code and the files ---


@cache
def trees(folder: str) -> tuple[tuple[Path, ast.Module], ...]:
    root = REPOSITORY / folder
    found = [root] if root.is_file() else sorted(root.rglob("*.py"))
    assert found, f"no Python file under {folder}/"
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in found)


def calls(folder: str) -> Iterator[tuple[str, str, ast.Call]]:
    """Every call ``name(...)`` or ``x.name(...)`` under ``folder``: where, name, call."""
    for path, tree in trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", name, node


def missing_texts(folder: str, keys: set[str]) -> list[str]:
    missing = []
    for where, name, node in calls(folder):
        if name not in CALLERS or not node.args:
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if first.value not in keys:
                missing.append(f"{where}: {first.value}")
        elif isinstance(first, ast.JoinedStr):
            parts = [re.escape(p.value) if isinstance(p, ast.Constant) else r"[\w.]+" for p in first.values]
            if not any(re.fullmatch("".join(parts), key) for key in keys):
                missing.append(f"{where}: {ast.unparse(first)}")
    return missing


def test_every_text_the_pages_ask_for_exists():
    places = ["pages", *(["app.py"] if (REPOSITORY / "app.py").exists() else [])]
    assert [text for place in places for text in missing_texts(place, set(RAW["fr"]))] == []


def error_classes() -> set[str]:
    """Names of the error family: InputError and everything derived from it under eogen/."""
    family = {"InputError"}
    bases = {
        node.name: {b.id if isinstance(b, ast.Name) else getattr(b, "attr", "") for b in node.bases}
        for _, tree in trees("eogen")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    while new := {name for name, parents in bases.items() if parents & family} - family:
        family |= new
    return family


def raised() -> Iterator[tuple[str, ast.Call]]:
    family = error_classes()
    return ((where, node) for where, name, node in calls("eogen") if name in family)


def test_the_error_family_is_found():
    assert {"InputError", "Unavailable"} <= error_classes()


def test_every_input_error_has_a_sentence_in_both_languages():
    wrong = []
    for where, node in raised():
        if not (node.args and isinstance(node.args[0], ast.Constant)):
            wrong.append(f"{where}: the code must be a literal text")
            continue
        key = f"errors.{node.args[0].value}"
        given_facts = {keyword.arg for keyword in node.keywords}
        for lang in LANGUAGES:
            if key not in RAW[lang]:
                wrong.append(f"{where}: no {key} in {lang}.toml")
            elif None not in given_facts and (unknown := places(RAW[lang][key]) - given_facts):
                wrong.append(f"{where}: {key} in {lang}.toml asks for {sorted(unknown)}, not given")
    assert wrong == []


def test_every_input_error_is_given_what_its_own_sentence_needs():
    wrong = []
    for where, node in raised():
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            given_facts = {keyword.arg for keyword in node.keywords}
            if None not in given_facts and (needed := places(node.args[1].value) - given_facts):
                wrong.append(f"{where}: the sentence needs {sorted(needed)}")
    assert wrong == []


# --- Words ---


def test_a_missing_text_names_key_and_language():
    with pytest.raises(KeyError, match=r"rooms\.moon.*assets/words/fr"):
        load("fr")("rooms.moon")


def test_a_missing_fact_is_named():
    words = Words("en", {"a": "{there} and {gone}"})
    with pytest.raises(KeyError, match=r"'gone'.*there"):
        words("a", there=1)


def test_an_unknown_place_format_is_an_error():
    with pytest.raises(ValueError, match="unknown place format"):
        Words("en", {"a": "{x:.2f}"})("a", x=1.0)


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("fr", "Vrai ?", f"Vrai{NNB}?"),
        ("fr", "Vrai?", f"Vrai{NNB}?"),
        ("fr", "Vrai ?!", f"Vrai{NNB}?!"),
        ("fr", "50 % ; fin", f"50{NNB}%{NNB}; fin"),
        ("fr", "{x} %", f"{{x}}{NNB}%"),
        ("fr", "Ici : là", f"Ici{NB}: là"),
        ("fr", "**Ici** : là", f"**Ici**{NB}: là"),
        ("fr", "{x} : là", f"{{x}}{NB}: là"),
        ("fr", "à 12:30", "à 12:30"),
        ("fr", "l'eau d'« ici »", f"l’eau d’«{NNB}ici{NNB}»"),
        ("fr", "l'{x}", "l’{x}"),
        ("fr", "voir https://a.fr/?b=c;d", "voir https://a.fr/?b=c;d"),
        ("fr", "[là](https://a.fr/?b=c) ?", f"[là](https://a.fr/?b=c){NNB}?"),
        ("fr", ":material/home: `a ? b` {x:percent} :red[a]", ":material/home: `a ? b` {x:percent} :red[a]"),
        ("fr", "a &nbsp; b <b class='x'>c</b>", "a &nbsp; b <b class='x'>c</b>"),
        ("fr", "20 000 images de 10 m", f"20{NNB}000 images de 10{NB}m"),
        ("en", "It's 50% of {n} km: \u201cyes\u201d?", f"It\u2019s 50% of {{n}}{NB}km: \u201cyes\u201d?"),
    ],
)
def test_typesetting(lang, text, expected):
    assert typeset(text, lang) == expected


@given(st.text(alphabet="aé ?!;%:'«»{}0,.\u00a0\u202f`*", max_size=40), st.sampled_from(LANGUAGES))
def test_typesetting_twice_changes_nothing(text, lang):
    once = typeset(text, lang)
    assert typeset(once, lang) == once


@pytest.mark.parametrize(
    ("value", "options", "fr", "en"),
    [
        (0, {}, "0", "0"),
        (1234567, {}, f"1{NNB}234{NNB}567", "1,234,567"),
        (np.int64(-12), {}, "−12", "−12"),
        (0.5, {}, "0,5", "0.5"),
        (np.float32(0.25), {}, "0,25", "0.25"),
        (3.14159, {}, "3,14", "3.14"),
        (2.0, {}, "2", "2"),
        (2, {"digits": 2}, "2,00", "2.00"),
        (-0.004, {"digits": 2}, "0,00", "0.00"),
        (0.5, {"digits": 1, "signed": True}, "+0,5", "+0.5"),
        (664.6, {"digits": 0, "unit": "nm"}, f"665{NB}nm", f"665{NB}nm"),
        (1e-5, {}, f"1{NB}×{NB}10⁻⁵", f"1{NB}×{NB}10⁻⁵"),
        (float("nan"), {}, "–", "–"),
        (float("-inf"), {}, "−∞", "−∞"),
    ],
)
def test_numbers(value, options, fr, en):
    assert load("fr").number(value, **options) == fr
    assert load("en").number(value, **options) == en


@given(st.floats(-1e6, 1e6), st.integers(0, 4), st.sampled_from(LANGUAGES))
def test_numbers_read_back(value, digits, lang):
    text = load(lang).number(value, digits).replace("−", "-").replace(NNB, "")
    text = text.replace(",", ".") if lang == "fr" else text.replace(",", "")
    assert abs(float(text) - value) <= 0.5 * 10**-digits * (1 + 1e-6) + 1e-9


@given(st.floats(0, 1), st.integers(0, 2))
def test_a_percentage_is_never_surer_than_the_fraction(fraction, digits):
    text = load("en").percent(fraction, digits)
    if text in ("0%", "0.0%", "0.00%"):
        assert fraction == 0
    if text in ("100%", "100.0%", "100.00%"):
        assert fraction == 1


def test_percent_and_dates_and_sizes_and_spans():
    fr, en = load("fr"), load("en")
    assert (fr.percent(0.943), en.percent(0.943, 1)) == (f"94{NNB}%", "94.3%")
    assert fr.percent(-0.12, signed=True) == f"−12{NNB}%"
    assert fr.date("2021-04-17") == en.date("2021-04-17").replace("April", "avril") == f"17{NB}avril 2021"
    assert (
        fr.date(dt.datetime(2020, 8, 1, 12))
        == fr.date(np.datetime64("2020-08-01T12:00"))
        == f"1er{NB}août 2020"
    )
    assert (en.date("2021-04"), en.date("2021")) == ("April 2021", "2021")
    assert (fr.bytes(1_234_567), en.bytes(999_999), en.bytes(12)) == (
        f"1,2{NB}Mo",
        f"1.0{NB}MB",
        f"12{NB}bytes",
    )
    spans = [fr.duration(s) for s in (0.0001, 0.008, 0.9999, 3.42, 59.7, 125, 4800)]
    assert [s.replace(NB, " ") for s in spans] == [
        "< 1 ms",
        "8 ms",
        "1,0 s",
        "3,4 s",
        "1 min 00 s",
        "2 min 05 s",
        "1 h 20 min",
    ]
    assert (fr.list(["a", 1.5, "c"]), en.list(["a"]), en.list([])) == ("a, 1,5 et c", "a", "")


def test_places_follow_the_language():
    text = {"a": "{n} {n:band|bands}, {p:percent}, {x:+2}, {t:duration}, {d:date}, {l}"}
    facts = {"n": 1.5, "p": 0.5, "x": 0.5, "t": 3, "d": dt.date(2021, 4, 17), "l": ["B02", "B03"]}
    assert (
        Words("fr", text)("a", **facts) == f"1,5 band, 50{NNB}%, +0,50, 3{NB}s, 17{NB}avril 2021, B02 et B03"
    )
    assert Words("en", text)("a", **facts) == f"1.5 bands, 50%, +0.50, 3{NB}s, 17{NB}April 2021, B02 and B03"


@pytest.mark.parametrize(
    ("requested", "locale", "lang"),
    [
        ("en", "fr-FR", "en"),
        ("fr", "en-GB", "fr"),
        (None, "fr", "fr"),
        (None, "FR-ca", "fr"),
        (None, "en-US", "en"),
        (None, "de", "en"),
        (None, None, "fr"),
        ("xx", None, "fr"),
        ("", "it-IT", "en"),
    ],
)
def test_pick(requested, locale, lang):
    assert pick(requested, locale) == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_class_band_and_group_has_its_words(lang):
    from eogen.landcover.bands import BANDS, CLASSES, GROUPS

    words = load(lang)
    assert all(words(f"classes.{name}.{form}") for name in CLASSES for form in ("name", "short", "a"))
    assert all(words(f"bands.{name}") for name in BANDS)
    assert all(words(f"groups.{name}.{form}") for name in GROUPS for form in ("name", "sentence"))
    assert len({words(f"classes.{name}.short") for name in CLASSES}) == len(CLASSES)
