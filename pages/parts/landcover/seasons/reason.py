"""The machine's reason in one sentence: class, month and kind of light, and no more than the explanation says.

The words of a colour are those of the tile as it is drawn; "strong" and "weak" compare the field with the average one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eogen.landcover.series import tints
from eogen.landcover.series.told import Told
from pages.kit.words import Words

#: Lights a sentence can name: spectral groups, and all of them together.
LIGHTS = ("visible", "red_edge", "nir", "swir", "any")


def cue(t: Words, light: str, side: str, colour: str | None, months: Sequence[int]) -> str:
    """Say what was seen and when: ``son jaune d'avril``.

    Args:
        t: the reader's words.
        light: one of :data:`LIGHTS`.
        side: ``"strong"``, ``"weak"`` or ``"plain"``.
        colour: name of the tile's colour (:data:`eogen.landcover.series.tints.NAMES`), for visible light.
        months: numbers from 0.
    """
    when = t.list(t(f"landcover.series.public.of_month.{m + 1}") for m in months)
    if light == "visible" and colour is not None:
        return t(
            "landcover.series.public.cues.visible",
            colour=t(f"landcover.series.public.colours.{colour}"), when=when,
        )  # fmt: skip
    if light not in LIGHTS[1:4]:
        return t("landcover.series.public.cues.any", when=when)
    return t(f"landcover.series.public.cues.{light}_{side}", when=when)


def sentence(
    t: Words, label: str, found: Told, series: np.ndarray, bands: Sequence[str], *, right: bool
) -> str:
    """Say by what the machine recognised a class.

    Args:
        t: the reader's words.
        label: the class answered.
        found: the months that told it.
        series: (month, band) of the field.
        bands: their names.
        right: whether the answer is true (or the truth unknown): else it only thought it recognised it.
    """
    if not found.months:
        return t("landcover.series.public.reason_year", a=t(f"landcover.series.classes.{label}.a"))
    drawn = tints.colours(series, bands)
    said: dict[tuple[str, str, str | None], list[int]] = {}
    for month, light, side in zip(found.months, found.lights, found.sides, strict=True):
        seen = drawn[month]
        colour = tints.name(seen) if light == "visible" and seen is not None else None
        said.setdefault((light, side if light != "visible" else "", colour), []).append(month)
    cues = [cue(t, *what, sorted(months)) for what, months in said.items()]
    key = f"reason_{'right' if right else 'wrong'}_{len(cues)}"
    return t(
        f"landcover.series.public.{key}",
        the=t(f"landcover.series.public.the.{label}"), first=cues[0], second=cues[-1],
    )  # fmt: skip


def gloss(t: Words, found: Told) -> str:
    """Explain the kind of light of the first month told: what it is, not what the machine made of it."""
    return t(f"landcover.series.public.gloss.{found.lights[0]}") if found.months else ""


def months(t: Words, numbers: Sequence[int]) -> str:
    """Name months in a sentence: ``avril et mai``."""
    return t.list(t(f"landcover.series.month_names.{m + 1}") for m in sorted(numbers))
