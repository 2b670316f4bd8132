"""Microwave rain carried along until the next look, forward and backward, and weighed with infrared.

After KF-CMORPH (Joyce and Xie 2011) and IMERG (Huffman et al. 2020; quality index note of 2019): each estimate has an
expected correlation r with the truth, which falls with its age; weights are r2 / (1 - r2); the quality index is the
correlation expected of the blend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Hours after which the correlation of carried rain has fallen to 1/e; half hours after which it is given up.
MEMORY_HOURS, HORIZON = 4.0, 12
#: Infrared is called when the last look is older than this many half hours.
INFRARED_AFTER = 1
#: What is rained less than this (mm h-1) after blending is called dry.
DRIZZLE = 0.03


@dataclass(frozen=True)
class Carried:
    """Rain under way.

    Attributes:
        rain: (y, x) mm h-1.
        skill: (y, x) expected correlation when it was seen; 0 = nothing is carried here.
        age: (y, x) half hours since it was seen.
        who: (y, x) index of the satellite, -1 = none.
    """

    rain: np.ndarray
    skill: np.ndarray
    age: np.ndarray
    who: np.ndarray

    @property
    def held(self) -> np.ndarray:
        """Where something is carried."""
        return self.skill > 0

    @property
    def information(self) -> np.ndarray:
        """Return r2 / (1 - r2), 0 where nothing is carried."""
        r2 = (self.skill * np.exp(-0.5 * self.age / MEMORY_HOURS)) ** 2
        return r2 / (1 - r2)


@dataclass(frozen=True)
class Blend:
    """The merged map and what is said beside it.

    Attributes:
        rain: (y, x) mm h-1.
        quality: 0 to 1.
        infrared_share: 0 to 1.
        age: half hours to the microwave look it rests on (the nearest of before and after), NaN = none.
    """

    rain: np.ndarray
    quality: np.ndarray
    infrared_share: np.ndarray
    age: np.ndarray


def nothing(shape: tuple[int, int]) -> Carried:
    """Return what is carried before anything was seen."""
    zeros = np.zeros(shape, np.float32)
    return Carried(zeros, zeros, np.zeros(shape, np.int16), np.full(shape, -1, np.int16))


def carry(before: Carried, cells: tuple[int, int], seen: Carried) -> Carried:
    """Return ``before`` half an hour on, moved by whole ``cells`` (north, east), and renewed where ``seen`` holds."""
    moved = (
        np.roll(a, cells, (0, 1)) for a in (before.rain, before.skill, before.age + np.int16(1), before.who)
    )
    rain, skill, age, who = moved
    fresh = seen.held
    skill = np.where(age > HORIZON, np.float32(0), skill)
    return Carried(
        np.where(fresh, seen.rain, rain),
        np.where(fresh, seen.skill, skill),
        np.where(fresh, np.int16(0), age),
        np.where(fresh, seen.who, np.where(skill > 0, who, np.int16(-1))),
    )


def blend(
    seen: Carried,
    quality: np.ndarray,
    forward: Carried,
    backward: Carried | None,
    infrared: np.ndarray,
    infrared_skill: float,
) -> Blend:
    """Return the merged map of a half hour.

    Args:
        seen: the looks of this half hour; they are taken as they are.
        quality: (y, x) quality index of a direct look.
        forward: what comes from before (this half hour's looks included).
        backward: what comes from after; None = it is not known yet.
        infrared: (y, x) mm h-1.
        infrared_skill: its expected correlation.
    """
    direct = seen.held
    weight, rain = forward.information, forward.rain
    age = np.where(forward.held, forward.age, np.inf)
    total, mixed = weight, weight * rain
    if backward is not None:
        more = backward.information
        total, mixed = total + more, mixed + more * backward.rain
        age = np.minimum(age, np.where(backward.held, backward.age, np.inf))
    called = (age > INFRARED_AFTER) & ~direct
    r2 = infrared_skill**2
    hot = np.where(called, np.float32(r2 / (1 - r2)), np.float32(0))
    total, mixed = total + hot, mixed + hot * infrared
    blended = mixed / np.maximum(total, np.float32(1e-9))
    merged = np.where(direct, seen.rain, blended)
    merged = np.where(merged < DRIZZLE, np.float32(0), merged)
    return Blend(
        merged.astype(np.float32),
        np.where(direct, quality, np.sqrt(total / (1 + total))).astype(np.float32),
        np.where(called, hot / np.maximum(total, 1e-9), 0).astype(np.float32),
        np.where(np.isfinite(age), age, np.nan).astype(np.float32),
    )
