"""What is known of each public set of pairs: what its images are, and what its labels call a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eogen.catalog.entries import entry
from eogen.change.read_label import Rule

_RGB = ("red", "green", "blue")
_OMBRIA_S1 = r"ombria(.*[^a-z0-9])?(s1|sentinel-?1)(?![0-9])"


@dataclass(frozen=True)
class Row:
    """One set.

    Attributes:
        name: stable.
        pattern: found in the folder's path (lower case) when it is this set.
        dataset: its catalogue entry (title, licence, citation, address); "" for a folder of no known set.
        sensor: of :data:`eogen.change.sensors.SENSORS`; "" to have it guessed from the files.
        bands: names; () to have them guessed.
        pixel: side of a pixel in metres where the files do not say where they lie; None when unknown or not uniform.
        rule: how its labels are written.
        changed: what its labels call a change: ``urban`` (buildings, roads, no crops, no water), ``buildings``,
            ``anything``, ``water`` (flood extents, permanent water often inside), ``land_cover``.
    """

    name: str
    pattern: str
    dataset: str
    sensor: str = ""
    bands: tuple[str, ...] = ()
    pixel: float | None = None
    rule: Rule = "mask"
    changed: Literal["urban", "buildings", "anything", "water", "land_cover"] = "anything"

    @property
    def title(self) -> Mapping[str, str]:
        """Return the title in ``"en"`` and ``"fr"``; empty for a folder of no known set."""
        return entry(self.dataset).title if self.dataset else {"en": "", "fr": ""}

    @property
    def licence(self) -> str:
        """Return the licence, "" when unknown."""
        return entry(self.dataset).licence if self.dataset else ""

    @property
    def url(self) -> str:
        """Return the address of its home page, "" when unknown."""
        return entry(self.dataset).homepage if self.dataset else ""


#: The first whose pattern fits.
ROWS: tuple[Row, ...] = (
    Row("oscd_13", r"oscd.*(s2l1c|13)", "oscd_13", "sentinel2", pixel=10, changed="urban"),
    Row("oscd_rgb", r"oscd|onera", "oscd_rgb", "sentinel2", _RGB, 10, changed="urban"),
    Row("sztaki", r"sztaki|airchange|szada|tiszadob", "sztaki", "aerial", _RGB, 1.5),
    Row("landsat_wuhan", r"landsat", "landsat_wuhan", "landsat_tm", pixel=30),
    Row("levir_cd", r"levir", "levir_cd", "aerial", _RGB, 0.5, changed="buildings"),
    Row("whu_cd", r"whu", "whu_cd", "aerial", _RGB, changed="buildings"),
    Row("dsifn", r"dsifn", "dsifn", "aerial", _RGB, 2),
    Row("ombria_s1", _OMBRIA_S1, "ombria_s1", "sentinel1", ("backscatter",), 10, changed="water"),
    Row("ombria_s2", r"ombria", "ombria_s2", "sentinel2", ("swir", "nir", "red"), 10, changed="water"),
    Row("second", r"(?<![a-z])second(?![a-z])", "second", "aerial", _RGB, rule="second", changed="land_cover"),
    Row("hi_ucd", r"hi[-_ ]?ucd", "hi_ucd", "aerial", _RGB, 0.1, "hi_ucd", "land_cover"),
)  # fmt: skip
UNKNOWN = Row("unknown", "", "")


def row_of(place: str) -> Row:
    """Return the row of a folder, by its path under the data folder; ``UNKNOWN`` when none fits."""
    return next((row for row in ROWS if re.search(row.pattern, place.lower())), UNKNOWN)


def row(name: str) -> Row:
    """Return the row called ``name``; ``UNKNOWN`` when there is none."""
    return next((each for each in ROWS if each.name == name), UNKNOWN)
