"""The laws of the simulated territory: what grows in each class, when, and the events that alone tell twins apart.

The dates and leaf areas are this project's reading of the French growing year (sowing and harvest calendars, and the
monthly NDVI of real parcels, to which a test holds them); they are meant to be edited, not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from eogen.errors import InputError


@dataclass(frozen=True)
class Growth:
    """One plant cover, from its rise to its end (days of the year; negative: the year before).

    Attributes:
        rise, pace: day of half growth, and days it takes.
        peak: leaf area index (m2/m2) at its best.
        ripe: day by which half of it has dried.
        end: day it is harvested, ploughed in or has fallen; beyond 400: it stays.
        late: days (one standard deviation) by which parcels differ in ``rise`` and ``ripe``.
        spread: days by which they differ in ``end``.
        chance: part of the parcels that has it.
        uneven: log standard deviation of the leaf area between parcels.
        crop: whether it is the class's crop, the one whose dates are told and whose harvest can be moved.
        ending: days in which it goes; a harvest takes one, leaves fall for weeks.
    """

    rise: float
    pace: float
    peak: float
    ripe: float = 500.0
    end: float = 500.0
    late: float = 6.0
    spread: float = 6.0
    chance: float = 1.0
    uneven: float = 0.2
    crop: bool = False
    ending: float = 1.0


@dataclass(frozen=True)
class Event:
    """Something that happens within one month and touches one group of bands.

    Attributes:
        name: what it is.
        start, end: days of the year between which it is felt; parcels differ within them.
        changes: factor on a canopy variable at its height; ``"petals"``: share of the ground in flower.
    """

    name: str
    start: float
    end: float
    changes: Mapping[str, float]


@dataclass(frozen=True)
class Law:
    """What a class is.

    Attributes:
        growths: plant covers through the year, the earlier first.
        leaf: canopy variables at their best, over :data:`LEAF`.
        events: what happens to it besides.
        materials: what does not grow there, of :data:`eogen.landcover.materials.SURFACES`: material -> (least, most)
            share, drawn for each parcel and made to sum to what plants leave.
        planted: part of the ground that bears the growths.
        gaps: part of what is planted where the soil lies open: tracks, borders, bare patches.
        shade: factor of reflectance: crowns throw shadow that leaves of a flat canopy do not.
    """

    growths: tuple[Growth, ...] = ()
    leaf: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    materials: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    planted: float = 1.0
    gaps: float = 0.07
    shade: float = 1.0


@dataclass(frozen=True)
class Twin:
    """Two classes of equal law but for one event.

    Attributes:
        first, second: the classes.
        event: the one that only one of them has.
        month: 1-12, the only one in which they differ.
        groups: of bands in which they differ (:data:`eogen.landcover.bands.GROUPS`) more than noise.
    """

    first: str
    second: str
    event: str
    month: int
    groups: tuple[str, ...]


#: Canopy variables of a healthy leaf and the ground, units of :data:`eogen.canopy.variables.VARIABLES`.
LEAF: Mapping[str, float] = MappingProxyType({
    "n": 1.5, "cab": 46, "car": 10, "cbrown": 0.0, "cw": 0.016, "cm": 0.005, "ala": 57, "hspot": 0.15, "psoil": 0.5,
    "rsoil": 0.8,
})  # fmt: skip
_WEEDS = Growth(-60, 20, 0.75, end=103, late=25, spread=18, uneven=0.7)
_AFTER = Growth(282, 14, 0.9, late=20, chance=0.6, uneven=0.6)
_CEREAL = Law(
    (Growth(-35, 20, 0.8, 120, 150, uneven=0.4),
     Growth(88, 9, 3.2, 169, 188, late=6, spread=5, crop=True),
     _AFTER),
    {"cab": 48, "ala": 60},
)  # fmt: skip
_MAIZE = Law(
    (_WEEDS, Growth(179, 5, 4.2, 245, 276, late=6, spread=9, crop=True), replace(_AFTER, peak=0.6, chance=0.4)),
    {"cab": 52, "ala": 55, "cw": 0.014},
)  # fmt: skip
_RAPE = Law(
    (Growth(-95, 15, 1.8, 128, 165, uneven=0.25),
     Growth(66, 12, 2.4, 174, 188, late=6, spread=5, crop=True),
     Growth(214, 8, 0.9, end=262, late=8, spread=12, chance=0.8, uneven=0.5),
     Growth(338, 10, 1.0, late=10, uneven=0.4)),
    {"cab": 48, "ala": 50, "cw": 0.02},
)  # fmt: skip
_GRASS = Law(
    (Growth(-200, 30, 1.6, uneven=0.3),
     Growth(82, 14, 1.3, 160, 215, late=8, spread=8, ending=8, crop=True),
     Growth(262, 16, 0.5, late=12)),
    {"cab": 40, "ala": 62, "cm": 0.006, "cbrown": 0.25}, gaps=0.1,
)  # fmt: skip
_FLOWERS = Event("flowering", 92, 120, {"petals": 0.09})
_HAY = Event("mowing", 153, 181, {"lai": 0.2})
_WATERED = Event("irrigation", 183, 212, {"cw": 2.4})
_HUNGRY = Event("nitrogen", 61, 90, {"cab": 0.5})

#: Class -> law: the ten classes of the territory, then the second of each pair of twins.
LAWS: Mapping[str, Law] = MappingProxyType({
    "winter_cereal": _CEREAL,
    "maize": _MAIZE,
    "rapeseed": replace(_RAPE, events=(_FLOWERS,)),
    "sunflower": Law(
        (replace(_WEEDS, peak=0.38, end=98), Growth(179, 7, 1.6, 230, 260, late=7, spread=8, crop=True, uneven=0.3),
         replace(_AFTER, peak=0.4, chance=0.7)),
        {"cab": 42, "ala": 45, "cw": 0.022, "n": 1.6}, gaps=0.12,
    ),
    "grassland": _GRASS,
    "deciduous_forest": Law(
        (Growth(-200, 30, 0.5), Growth(108, 7, 4.6, 296, 312, late=6, spread=6, ending=7, crop=True)),
        {"cab": 48, "ala": 48, "cm": 0.008, "cbrown": 0.35, "rsoil": 0.6}, gaps=0.0, shade=0.75,
    ),
    "evergreen_forest": Law(
        (Growth(-200, 30, 4.2, uneven=0.15, crop=True),), {"cab": 50, "cm": 0.012, "ala": 55, "cbrown": 0.25},
        gaps=0.0, shade=0.55,
    ),
    "water": Law(materials={"clear_water": (0.3, 1.0), "turbid_water": (0.0, 0.7)}, planted=0.0),
    "town": Law(
        (Growth(-200, 30, 1.6, uneven=0.3), Growth(105, 10, 1.6, 290, 310, ending=8, crop=True)),
        materials={"asphalt": (0.5, 1.0), "red_tiles": (0.1, 1.0), "concrete": (0.1, 0.6), "dark_roof": (0.1, 0.5)},
        planted=0.28, shade=0.9,
    ),
    "bare_soil": Law((Growth(-200, 30, 0.12, uneven=0.6, crop=True),)),
    "forage_rape": _RAPE,
    "hay_meadow": replace(_GRASS, events=(_HAY,)),
    "irrigated_maize": replace(_MAIZE, events=(_WATERED,)),
    "late_fertilised_cereal": replace(_CEREAL, events=(_HUNGRY,)),
})  # fmt: skip
#: The ten classes of the territory.
CLASSES: tuple[str, ...] = tuple(LAWS)[:10]
#: Pairs of classes whose one difference is known.
TWINS: tuple[Twin, ...] = (
    Twin("rapeseed", "forage_rape", "flowering", 4, ("visible", "red_edge")),
    Twin("grassland", "hay_meadow", "mowing", 6, ("visible", "red_edge", "nir", "swir")),
    Twin("maize", "irrigated_maize", "irrigation", 7, ("swir",)),
    Twin("winter_cereal", "late_fertilised_cereal", "nitrogen", 3, ("visible", "red_edge")),
)


def known(classes: Iterable[str]) -> tuple[str, ...]:
    """Return the classes, each once; InputError ``territory_class`` for one without a law, or none at all."""
    chosen = tuple(dict.fromkeys(classes))
    missing = [name for name in chosen if name not in LAWS]
    if missing or not chosen:
        raise InputError(
            "territory_class",
            "The simulated territory has no class {given}; it has {known}.",
            given=missing[0] if missing else "-",
            known=", ".join(LAWS),
        )
    return chosen


def window(event: Event, day: np.ndarray, early: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Return how strongly (0-1) an event is felt, exactly 0 outside its days.

    Args:
        event: it.
        day: of the year (...).
        early, late: 0-1 (...): where between its bounds it begins (within six days) and ends (within six).
    """
    start, end = event.start + 6 * early, event.end - 6 * late
    return np.clip(np.minimum(day - start, end - day) / 3.0, 0, 1)
