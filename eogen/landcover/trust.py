"""From the measured numbers of one explanation to a verdict a visitor can use, as codes a page translates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from eogen.landcover.bands import BANDS
from eogen.landcover.sanity import Checks

Level = Literal["good", "unsure", "bad"]

#: Standard errors by which a map must beat the random control.
SIGNIFICANT = 2.0
#: |rank correlation| with a randomised model's map: Grad-CAM 0.23 and IG 0.05 pass, KernelSHAP 0.57 fails
#: (reference measurements of this project, 13-band CNN, 12 patches).
SANITY_GOOD, SANITY_BAD = 0.3, 0.5
#: Relative change under 5 % noise: CAMs 0.01, gradients 0.1 to 0.3, unstable KernelSHAP 1.7 (same source).
NOISE_GOOD, NOISE_BAD = 0.15, 0.5


@dataclass(frozen=True)
class Gauge:
    """One of the three gauges.

    Attributes:
        name: ``"faithfulness"``, ``"sanity"`` or ``"stability"``.
        level: good, unsure or bad.
        code: stable snake_case name of the sentence (``landcover.trust.<code>``).
        value: the number behind it.
        error: its standard error, NaN where unknown.
    """

    name: str
    level: Level
    code: str
    value: float
    error: float


@dataclass(frozen=True)
class Alarm:
    """The model leans on bands that carry no land cover (60 m bands for correcting the atmosphere).

    Attributes:
        code: ``"shortcut_group"`` (the atmosphere outweighs every other group) or ``"shortcut_band"``.
        bands: the bands concerned, most important first.
        share: their share of the absolute Shapley values, 0 to 1.
    """

    code: str
    bands: tuple[str, ...]
    share: float


def _gap(scores: xr.Dataset, name: str, other: str) -> tuple[float, float]:
    """Return how much more SRG one map has than another, and the standard error of the difference."""
    one, two = scores.sel(order=name), scores.sel(order=other)
    error = np.hypot(np.nan_to_num(float(one.srg_se)), np.nan_to_num(float(two.srg_se)))
    return float(one.srg) - float(two.srg), float(error)


def faithfulness_gauge(scores: xr.Dataset, name: str = "evidence") -> Gauge:
    """Judge SRG: bad when not above random by two standard errors, unsure when not above the edge filter.

    Args:
        scores: of :func:`eogen.landcover.faithfulness.faithfulness` with both controls; three repeats or more
            give the standard errors (with one they count as 0).
        name: of the map.
    """
    value, error = float(scores.srg.sel(order=name)), float(scores.srg_se.sel(order=name))
    above_random, doubt = _gap(scores, name, "random")
    if above_random <= SIGNIFICANT * doubt or above_random <= 0:
        return Gauge("faithfulness", "bad", "not_better_than_chance", value, error)
    above_edges, doubt = _gap(scores, name, "sobel")
    if above_edges <= SIGNIFICANT * doubt:
        return Gauge("faithfulness", "unsure", "not_better_than_edges", value, error)
    return Gauge("faithfulness", "good", "faithful", value, error)


def sanity_gauge(checks: Checks) -> Gauge:
    """Judge the correlation with maps of randomised models: above 0.5 the map ignores what was learned."""
    found = checks.sanity
    if np.isnan(found.value) or found.value > SANITY_BAD:
        return Gauge("sanity", "bad", "ignores_learning", found.value, found.error)
    if found.value > SANITY_GOOD:
        return Gauge("sanity", "unsure", "partly_ignores_learning", found.value, found.error)
    return Gauge("sanity", "good", "depends_on_learning", found.value, found.error)


def stability_gauge(checks: Checks) -> Gauge:
    """Judge the change under 5 % noise."""
    found = checks.stability
    if np.isnan(found.value) or found.value > NOISE_BAD:
        return Gauge("stability", "bad", "changes_with_noise", found.value, found.error)
    if found.value > NOISE_GOOD:
        return Gauge("stability", "unsure", "moves_with_noise", found.value, found.error)
    return Gauge("stability", "good", "stable", found.value, found.error)


@dataclass(frozen=True)
class Verdict:
    """Three gauges and their summary.

    Attributes:
        gauges: faithfulness, sanity, stability.
        level: the worst of faithfulness and sanity; a shaky but faithful map is at worst unsure.
        code: ``"trust"``, ``"trust_with_care"`` or ``"do_not_trust"``.
    """

    gauges: tuple[Gauge, Gauge, Gauge]
    level: Level
    code: str


def verdict(scores: xr.Dataset, checks: Checks, name: str = "evidence") -> Verdict:
    """Summarise the trust one map deserves."""
    gauges = faithfulness_gauge(scores, name), sanity_gauge(checks), stability_gauge(checks)
    if "bad" in (gauges[0].level, gauges[1].level):
        return Verdict(gauges, "bad", "do_not_trust")
    if all(g.level == "good" for g in gauges):
        return Verdict(gauges, "good", "trust")
    return Verdict(gauges, "unsure", "trust_with_care")


def shortcut_alarm(shapley: xr.Dataset, *, top: int = 3) -> Alarm | None:
    """Say whether the answer leans on B01, B09 or B10, which see the air more than the ground.

    Args:
        shapley: of :mod:`eogen.landcover.band_shapley`, over "group" or over "band".
        top: how many of the highest bands are looked at. Only values that raise the answer count.

    Returns:
        the alarm, or None. Models without these bands never raise it.
    """
    values = shapley["shapley"]
    size = float(np.abs(values).sum())
    dimension = str(values.dims[0])
    order = values[np.argsort(values.values, kind="stable")[::-1]]
    if dimension == "group":
        if str(order["group"].values[0]) != "atmosphere" or float(order[0]) <= 0:
            return None
        bands = tuple(str(shapley["bands"].sel(group="atmosphere").values).split())
        return Alarm("shortcut_group", bands, float(order[0]) / size)
    high = [str(b) for b, v in zip(order["band"].values[:top], order.values[:top], strict=True) if v > 0]
    bands = tuple(b for b in high if BANDS[b].group == "atmosphere")
    if not bands:
        return None
    return Alarm("shortcut_band", bands, float(np.abs(values.sel(band=list(bands))).sum()) / size)
