"""Every word, number and date of the app in the reader's language.

Texts live in ``assets/words/{fr,en}/*.toml``, a file for each subject, and are asked for by dotted key:
``words("rooms.ocean.question")``. Places in a text are ``{fact}``, written in the reader's language by the
kind of value (number, date, list, text) or by what follows the colon:

==================  =====================================  ======================
place               value                                  in French
==================  =====================================  ======================
``{x}``             ``12345``, ``0.5``, ``3.14159``        ``12 345``, ``0,5``, ``3,14``
``{x:2}``           ``0.5``                                ``0,50`` (two decimals)
``{x:+1}``          ``0.5``                                ``+0,5`` (signed, one decimal)
``{x:percent}``     ``0.943`` (a fraction)                 ``94 %``; ``percent1`` keeps one decimal
``{x:share}``       ``0.999`` (in a sentence)              ``plus de 99 %`` where others write ``> 99 %``
``{n:band|bands}``  a count                                singular or plural
``{t:duration}``    seconds                                ``2 min 05 s``
``{n:bytes}``       a number of bytes                      ``1,2 Mo``
``{d:date}``        a date, ISO text or numpy datetime64   ``17 avril 2021``
==================  =====================================  ======================

Authors write plain spaces and straight apostrophes; ’ and no-break spaces are set on loading: U+202F before
``? ! ; %`` and inside « », U+00A0 before ``:`` and units (Imprimerie nationale, *Lexique des règles
typographiques en usage à l'Imprimerie nationale*).
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import numbers
import re
import string
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LANGUAGES: tuple[str, ...] = ("fr", "en")
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "words"

NARROW, FIRM, MINUS = "\u202f", "\u00a0", "\u2212"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}

#: What typography must not touch: places, addresses, code, links, icons, colours, entities, tags, times.
_PROTECTED = re.compile(
    r"\{[^{}]*\}|https?://[^\s)]+|`[^`]*`|\]\([^)]*\)|:material/\w+:|:[a-z-]+\[|&#?\w+;|</?[a-z][^>]*>|\d:\d"
)
_UNITS = r"(?:nm|µm|mm|cm|m|km|m²|km²|px|ms|s|min|h|ko|kB|Mo|MB|Go|GB|°C)"


class Words:
    """The texts and the number, date and list conventions of one language.

    Args:
        lang: ``"fr"`` or ``"en"``.
        texts: dotted key -> text, as :func:`read_all` gives them.
    """

    def __init__(self, lang: str, texts: dict[str, str]) -> None:
        self.lang = lang
        self._texts = {key: typeset(text, lang) for key, text in texts.items()}
        self._formatter = _Formatter(self)

    def __call__(self, key: str, /, **facts: Any) -> str:
        """Return the text of ``key`` with its places filled.

        Raises:
            KeyError: no such text in this language (names key and language), or a fact is missing (names it).
        """
        try:
            text = self._texts[key]
        except KeyError:
            raise KeyError(f"no text {key!r} in assets/words/{self.lang}") from None
        if "{" not in text:
            return text
        try:
            return self._formatter.vformat(text, (), facts)
        except KeyError as error:
            missing = str(error.args[0])
            raise KeyError(
                f"text {key!r} ({self.lang}) needs the fact {missing!r}, given: {sorted(facts)}"
            ) from None

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def text(self, key: str) -> str:
        """Return the text of ``key`` typeset, places not filled (for tests and tools)."""
        return self._texts[key]

    def number(
        self, value: float, digits: int | None = None, unit: str | None = None, signed: bool = False
    ) -> str:
        """Write a number: decimal comma or point, grouped thousands, a true minus sign.

        Args:
            value: any real number; not-a-number is written ``–``.
            digits: decimals kept; by default integers are written whole, others with 3 significant digits.
            unit: appended after a no-break space, e.g. ``"nm"``.
            signed: write ``+`` before positive numbers.
        """
        whole = isinstance(value, numbers.Integral)
        value = int(value) if whole else float(value)
        if math.isnan(value):
            return "–"
        size = abs(value)
        if math.isinf(size):
            body = "∞"
        elif digits is not None:
            body = self._localised(f"{size:,.{digits}f}")
        elif whole:
            body = self._localised(f"{size:,d}")
        elif size and (size < 1e-3 or size >= 1e7):
            mantissa, exponent = (
                f"{size:.2g}".split("e") if "e" in f"{size:.2g}" else f"{size:.1e}".split("e")
            )
            body = f"{self._localised(mantissa)}{FIRM}×{FIRM}10{str(int(exponent)).translate(_SUPERSCRIPT)}"
        else:
            decimals = max(0, 2 - math.floor(math.log10(size))) if size else 0
            text = f"{size:,.{decimals}f}"
            body = self._localised(text.rstrip("0").rstrip(".") if "." in text else text)
        negative = value < 0 and any(c in "123456789∞" for c in body)
        sign = MINUS if negative else "+" if signed and value > 0 else ""
        space = NARROW if unit == "%" else FIRM
        return f"{sign}{body}" + (f"{space}{unit}" if unit else "")

    def _localised(self, text: str) -> str:
        return text.translate({ord(","): NARROW, ord("."): ","}) if self.lang == "fr" else text

    def percent(self, fraction: float, digits: int = 0, signed: bool = False) -> str:
        """Write a fraction as a percentage: ``94 %`` in French, ``94%`` in English.

        A fraction that is neither 0 nor 1 is never written as 0 % or 100 %: nothing is said surer than it is.
        """
        if math.isnan(fraction):
            return "–"
        step = 10.0**-digits
        size = abs(fraction) * 100
        gap = NARROW if self.lang == "fr" else ""
        if not signed and 0 < size <= step / 2:  # a half is rounded to the even number, which is 0
            return f"<{FIRM}{self.number(step, digits)}{gap}%"
        if not signed and 100 - step / 2 <= size < 100:
            return f">{FIRM}{self.number(100 - step, digits)}{gap}%"
        return f"{self.number(float(fraction) * 100, digits, signed=signed)}{gap}%"

    def date(self, value: Any) -> str:
        """Write a day (``17 avril 2021``), a month (``"2021-04"``) or a year (``"2021"``).

        Args:
            value: ``date``, ``datetime``, ``numpy.datetime64`` or ISO 8601 text; hours are left out.
        """
        parts = (
            str(value)[:10].split("-")
            if not isinstance(value, dt.date)
            else value.isoformat()[:10].split("-")
        )
        year, rest = parts[0], [int(part) for part in parts[1:]]
        if not rest:
            return year
        month = _MONTHS[self.lang][rest[0] - 1]
        if len(rest) == 1:
            return f"{month} {year}"
        day = "1er" if self.lang == "fr" and rest[1] == 1 else str(rest[1])
        return f"{day}{FIRM}{month} {year}"

    def bytes(self, n: float) -> str:
        """Write a size in decimal units: ``1,2 Mo`` or ``1.2 MB``."""
        letter = "o" if self.lang == "fr" else "B"
        if n < 1000:
            return self.number(int(n), unit="octets" if self.lang == "fr" else "bytes")
        for prefix in ("k", "M", "G", "T"):
            n /= 1000
            if n < 999.5 or prefix == "T":
                break
        return self.number(float(n), 1 if n < 10 else 0, unit=prefix + letter)

    def duration(self, seconds: float) -> str:
        """Write a time span: ``8 ms``, ``3,4 s``, ``2 min 05 s``, ``1 h 20 min``."""
        if seconds < 0.0005:
            return f"<{FIRM}{self.number(1, unit='ms')}"
        if seconds < 0.9995:
            return self.number(round(seconds * 1000), unit="ms")
        if seconds < 9.95:  # a whole number of seconds is a guess: no decimal pretends to know better
            return self.number(seconds, 0 if isinstance(seconds, numbers.Integral) else 1, unit="s")
        total = round(seconds)
        if total < 60:
            return self.number(total, unit="s")
        if total < 3600:
            return f"{total // 60}{FIRM}min{FIRM}{total % 60:02d}{FIRM}s"
        minutes = round(seconds / 60)
        return f"{self.number(minutes // 60)}{FIRM}h{FIRM}{minutes % 60:02d}{FIRM}min"

    def list(self, items: Iterable[Any]) -> str:
        """Write an enumeration: ``a, b et c``; numbers and dates follow the language."""
        *most, last = [self._plain(item) for item in items] or [""]
        return f"{', '.join(most)} {'et' if self.lang == 'fr' else 'and'} {last}" if most else last

    def _plain(self, value: Any) -> str:
        if isinstance(value, str) or value is None:
            return str(value)
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            return self.number(value)
        if isinstance(value, dt.date):
            return self.date(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self.list(sorted(value) if isinstance(value, (set, frozenset)) else value)
        return str(value)


class _Formatter(string.Formatter):
    """``str.format`` whose values are written by :class:`Words`."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def format_field(self, value: Any, spec: str) -> str:
        words = self.words
        if "|" in spec:
            one, many = spec.split("|")
            return one if (abs(value) < 2 if words.lang == "fr" else value == 1) else many
        if re.fullmatch(r"\+?\d", spec):
            return words.number(float(value), int(spec[-1]), signed=spec[0] == "+")
        if match := re.fullmatch(r"(\+?)percent(\d?)", spec):
            return words.percent(value, int(match[2] or 0), signed=bool(match[1]))
        if spec == "share":
            under, over = ("moins de ", "plus de ") if words.lang == "fr" else ("under ", "over ")
            return words.percent(value).replace(f"<{FIRM}", under).replace(f">{FIRM}", over)
        if spec in ("duration", "bytes", "date", "list"):
            return getattr(words, spec)(value)
        if spec:
            raise ValueError(f"unknown place format {spec!r}: see pages/kit/words.py")
        return words._plain(value)


def typeset(text: str, lang: str) -> str:
    """Set apostrophes and no-break spaces in ``text``, leaving places, code, tags and addresses alone."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return f"\ue000{chr(0xE001 + len(held) - 1)}"  # two private-use characters stand for a protected span

    text = _PROTECTED.sub(hold, text)
    text = re.sub(r"(?<=\w)'(?=[\w«“*\ue000])|(?<=s)'(?=\s)", "’", text)
    text = re.sub(rf"(?<=[\d\ue001-\uf8ff]) (?={_UNITS}(?![\w’-]))", FIRM, text)
    if lang == "fr":
        text = re.sub(r"(?<=\w)-t-(?=(?:il|elle|on)\b)", "\u2011t\u2011", text)
        text = re.sub(r"(?<=[^\s?!])[ \u00a0\u202f]*(?=[?!;%])", NARROW, text)
        text = re.sub(r"«[ \u00a0\u202f]*", f"«{NARROW}", text)
        text = re.sub(r"[ \u00a0\u202f]*»", f"{NARROW}»", text)
        text = re.sub(r"(?<=[\w»)’*\ue001-\uf8ff])[ \u00a0\u202f]*:(?=[\s*]|$)", f"{FIRM}:", text)
        text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", NARROW, text)
    return re.sub("\ue000(.)", lambda match: held[ord(match[1]) - 0xE001], text)


def read(path: Path) -> dict[str, str]:
    """Return the texts of one file, dotted key -> text as written.

    Raises:
        TypeError: a value is not a text (names its key).
    """

    def walk(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from walk(value, f"{prefix}{name}.")
            elif isinstance(value, str):
                yield prefix + name, value.strip()
            else:
                raise TypeError(f"{path.name}: {prefix}{name} is not a text")

    return dict(walk(tomllib.loads(path.read_text(encoding="utf-8")), ""))


def read_all(lang: str) -> dict[str, str]:
    """Return the texts of every file of a language, dotted key -> text as written.

    Raises:
        TypeError: a value is not a text.
        ValueError: two files say the same key (names it).
    """
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / lang).glob("*.toml")):
        found = read(path)
        if twice := set(texts) & set(found):
            raise ValueError(f"{path.name}: {sorted(twice)[0]} stands in another file of {lang}, too")
        texts |= found
    return texts


@functools.lru_cache
def load(lang: str) -> Words:
    """Return the words of ``lang``, read once per process."""
    return Words(lang, read_all(lang))


def pick(requested: str | None, locale: str | None) -> str:
    """Choose the language: the address's ``?lang=``, else the browser's, else French.

    >>> pick("en", "fr-FR"), pick(None, "fr-CA"), pick(None, "de-DE"), pick(None, None), pick("xx", None)
    ('en', 'fr', 'en', 'fr', 'fr')
    """
    if requested in LANGUAGES:
        return requested
    return "fr" if not locale or locale.lower().startswith("fr") else "en"
