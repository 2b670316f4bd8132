"""How hard a text is to read, by counting: words a sentence, syllables a word.

French: Kandel & Moles (1958), Flesch's reading ease fitted to French, 207 - 1.015 words/sentence - 73.6
syllables/word. English: Flesch (1948), 206.835 - 1.015 words/sentence - 84.6 syllables/word. Both run from 0 (hard)
to 100 (easy); 70 to 80 is read by most children of ten to twelve, 80 to 90 by those of ten.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*", re.UNICODE)
_SILENT = re.compile(r"(?<=[^aeiouyàâéèêëîïôûùüœæ])(?:e|es|ent)$")


def plain(text: str) -> str:
    """Return what is read aloud: no places, no marks, no tags."""
    text = re.sub(r"\{[^{}]*\|([^{}]*)\}", r"\1", text)  # {n:one|many} is read as the many
    text = re.sub(r"\{[^{}]*\}", " 7 ", text)
    return re.sub(r":material/\w+:|<[^>]*>|[*_`#]|&\w+;", " ", text)


def words(text: str) -> list[str]:
    """Return the words; numbers are none."""
    return _WORD.findall(text)


def sentences(text: str) -> int:
    """Return how many sentences a text has, at least one."""
    return max(1, len([part for part in re.split(r"[.?!…]+(?:\s|$)", text) if _WORD.search(part)]))


def syllables_fr(word: str) -> int:
    """Return the syllables of a French word as spoken: a mute e at the end is none, an elided word joins the next.

    >>> [syllables_fr(w) for w in ("machine", "l'eau", "satellite", "nuages", "vérité", "océan", "calculent")]
    [2, 1, 3, 1, 3, 3, 2]
    """
    word = re.split(r"[’']", word.lower())[-1]
    word = re.sub(r"(?<=[gq])u(?=[eéèêiî])", "", word)
    groups = re.findall(r"[aeiouyàâéèêëîïôûùüœæ]+", _SILENT.sub("", word))
    return max(1, sum(1 + len(re.findall(r"é(?=[aou])|(?<=[ao])[ïë]", group)) for group in groups))


def syllables_en(word: str) -> int:
    """Return the syllables of an English word by its vowel groups.

    >>> [syllables_en(w) for w in ("machine", "the", "satellite", "clouds", "guesses", "little", "place", "changed")]
    [2, 1, 3, 1, 2, 2, 1, 1]
    """
    word = word.lower().split("’")[0].split("'")[0]
    count = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"[^aeioulr]e$|[^aeioutd]ed$|[^aeiouscxzg]es$", word) or re.search(r"[aeiou][lr]e$", word):
        count -= 1
    return max(1, count)


def ease(text: str, lang: str) -> float:
    """Return the reading ease of a text: 100 is easy, 0 is hard; a text without words is 100."""
    found = words(plain(text))
    if not found:
        return 100.0
    length = len(found) / sentences(plain(text))
    if lang == "fr":
        return 207 - 1.015 * length - 73.6 * sum(map(syllables_fr, found)) / len(found)
    return 206.835 - 1.015 * length - 84.6 * sum(map(syllables_en, found)) / len(found)
