"""Scores of IMERG maps against radar (or gauges): what each is, whose it is, and their values per map and pooled.

Everywhere: IMERG is judged, radar is the truth, a pixel that either lacks counts for neither, and a score that has no
meaning on a map (no rain at all, one value only) is NaN, never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.rain.scores_fss import fss_from_sums, fss_sums
from eogen.rain.scores_sal import sal
from eogen.rain.scores_sums import THRESHOLDS, sums

#: The event of yes-no scores, and that and the scale of the fractions skill score: mm/h, mm/h, km.
EVENT, FSS_EVENT, FSS_KM = 0.2, 0.5, 50.0
#: Below this share of the sum of squares, a variance is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Score:
    """What a score is.

    Attributes:
        name: of the variable.
        formula: in the sums of :func:`eogen.rain.scores_sums.sums`, in words of the field.
        best: value of a perfect map.
        low, high: its range (infinite where open).
        paper: where it is defined.
        higher: whether more is better; where not, nearness to ``best`` is.
        adds: whether it pools by adding sums (SAL does not).
    """

    name: str
    formula: str
    best: float
    low: float
    high: float
    paper: str
    higher: bool = True
    adds: bool = True


_WILKS = "Wilks 2011, Statistical Methods in the Atmospheric Sciences, 3rd ed., section 8.2"
_INF = float("inf")
#: Every score, in the order they are shown.
SCORES = (
    Score("cc_log", "Pearson correlation of log(1 + R/(1 mm/h))", 1, -1, 1, "Wilks 2011, section 3.5.2"),
    Score("fss", "1 - sum (Pi - Pr)^2 / sum (Pi^2 + Pr^2), P the share of events in a window", 1, 0, 1,
          "Roberts & Lean 2008, Mon. Weather Rev. 136, 78, doi 10.1175/2007MWR2123.1"),
    Score("log_bias", "ln(mean IMERG / mean radar)", 0, -_INF, _INF,
          "Ebert et al. 2007, Bull. Am. Meteorol. Soc. 88, 47, doi 10.1175/BAMS-88-1-47", higher=False),
    Score("csi", "hits / (hits + alarms + misses)", 1, 0, 1, "Schaefer 1990, Weather Forecast. 5, 570"),
    Score("pod", "hits / (hits + misses)", 1, 0, 1, _WILKS),
    Score("far", "alarms / (hits + alarms), the false alarm ratio", 0, 0, 1, _WILKS, higher=False),
    Score("hss", "2 (hits rest - alarms misses) / ((h + m)(m + r) + (h + a)(a + r))", 1, -1, 1,
          "Heidke 1926, Geogr. Ann. 8, 301; Wilks 2011, section 8.2.3"),
    Score("kge", "1 - sqrt((r - 1)^2 + (s_i/s_r - 1)^2 + (mean_i/mean_r - 1)^2)", 1, -_INF, 1,
          "Gupta et al. 2009, J. Hydrol. 377, 80, doi 10.1016/j.jhydrol.2009.08.003"),
    Score("rmse_log", "root mean square difference of log(1 + R/(1 mm/h))", 0, 0, _INF, "Wilks 2011, section 8.3.1",
          higher=False),
    Score("structure", "S of SAL", 0, -2, 2, "Wernli et al. 2008, doi 10.1175/2008MWR2415.1", higher=False, adds=False),
    Score("amplitude", "A of SAL", 0, -2, 2, "Wernli et al. 2008", higher=False, adds=False),
    Score("location", "L of SAL", 0, 0, 2, "Wernli et al. 2008", higher=False, adds=False),
)  # fmt: skip
#: By name.
BY_NAME = {s.name: s for s in SCORES}


def all_sums(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    thresholds: Sequence[float] = THRESHOLDS,
    fss_event: float = FSS_EVENT,
    fss_km: float = FSS_KM,
) -> xr.Dataset:
    """Return the sums of :func:`~eogen.rain.scores_sums.sums` and, on maps (time, lat, lon), those of one FSS.

    Args and errors: as :func:`score_maps`.
    """
    found = sums(imerg, radar, thresholds)
    if imerg.dims == ("time", "lat", "lon"):
        extra = fss_sums(imerg, radar, [fss_event], [fss_km])
        found = found.merge(extra.isel(event=0, window_km=0, drop=True))
    return found


def from_sums(of: xr.Dataset, event: float = EVENT) -> xr.Dataset:
    """Return every score that adds, from sums of any shape.

    Args:
        of: sums with any dims besides ``threshold``: one entry a map, a day, a class, a draw of a bootstrap.
        event: which of its thresholds (mm/h) yes-no scores are at.

    Returns:
        The scores of :data:`SCORES` that add (``fss`` where its sums are there), ``cc`` (correlation of plain rates),
        ``wet_imerg`` and ``wet_radar`` (shares of pixels that are events) and ``n``.
    """
    s = of.sel(threshold=event, method="nearest", tolerance=1e-6).drop_vars("threshold")
    a, b, c, d, n = s["hits"], s["alarms"], s["misses"], s["rest"], s["n"]
    some = n.where(n > 0)
    r, spread = _correlation(s, "")
    cc_log, _ = _correlation(s, "l")
    ratio = _over(s["x"], s["y"])
    far_off = np.maximum(s["lxx"] + s["lyy"] - 2 * s["lxy"], 0)
    chance = (a + c) * (c + d) + (a + b) * (b + d)
    found = {
        "cc_log": cc_log,
        "log_bias": np.log(ratio.where(ratio > 0)),
        "csi": _over(a, a + b + c),
        "pod": _over(a, a + c),
        "far": _over(b, a + b),
        "hss": _over(2 * (a * d - b * c), chance),
        "kge": 1 - np.sqrt((r - 1) ** 2 + (spread - 1) ** 2 + (ratio - 1) ** 2),
        "rmse_log": np.sqrt(far_off / some),
        "cc": r,
        "wet_imerg": (a + b) / some,
        "wet_radar": (a + c) / some,
        "n": n,
    }
    if "fss_apart" in s:
        found["fss"] = fss_from_sums(s)
    return xr.Dataset(found)


def pooled(of: xr.Dataset, event: float = EVENT) -> xr.Dataset:
    """Return the scores of all maps as if they were one: sums added over time, then :func:`from_sums`.

    For the FSS this is the sum of numerators over the sum of denominators (Mittermaier 2021, doi
    10.1175/MWR-D-18-0106.1), not the mean of the maps' scores.
    """
    return from_sums(of.sum("time"), event)


def score_maps(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    event: float = EVENT,
    fss_event: float = FSS_EVENT,
    fss_km: float = FSS_KM,
    with_sal: bool = False,
) -> xr.Dataset:
    """Return the scores of each map (time).

    Args:
        imerg, radar: mm/h on the same times and places, dims (time, lat, lon); or (time, station), where FSS and SAL
            have no meaning and are absent.
        event: a pixel is wet at or above this, mm/h.
        fss_event, fss_km: event (mm/h) and width of the window (km) of the fractions skill score.
        with_sal: also structure, amplitude and location, which take about 1 ms a map.

    Raises:
        InputError: as :func:`~eogen.rain.scores_sums.sums` and :func:`~eogen.rain.scores_fss.window_pixels`.
    """
    found = from_sums(all_sums(imerg, radar, (event,), fss_event, fss_km), event)
    if with_sal and imerg.dims == ("time", "lat", "lon"):
        found = found.merge(sal(imerg, radar))
    named = [s.name for s in SCORES if s.name in found]
    return found[[*named, *(v for v in found.data_vars if v not in named)]]


def _correlation(s: xr.Dataset, prefix: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Return Pearson's correlation and the ratio of the standard deviations, NaN where one does not vary."""
    some = s["n"].where(s["n"] > 1)
    x, y, xx, yy, xy = (s[prefix + k] for k in ("x", "y", "xx", "yy", "xy"))
    vx, vy = xx - x * x / some, yy - y * y / some
    vx, vy = vx.where(vx > _ROUNDING * xx), vy.where(vy > _ROUNDING * yy)
    return ((xy - x * y / some) / np.sqrt(vx * vy)).clip(-1, 1), np.sqrt(vx / vy)


def _over(a: xr.DataArray, b: xr.DataArray) -> xr.DataArray:
    return a / b.where(b > 0)
