"""The fractions skill score (Roberts & Lean 2008): is there as much rain in the neighbourhood, if not on the spot?

In a window around each pixel, the share of events of one map is compared with that of the other. Beyond the edge, as
where either map has no data, there is no event in either; windows are centred on pixels that both have. Without gaps
this is the score of ``pysteps`` for the same window in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.ndimage import uniform_filter1d

from eogen.errors import InputError
from eogen.rain.scores_sums import check_same, chunks

#: Events (mm/h) and widths (km) of the table by scale and threshold.
EVENTS, WIDTHS_KM = (0.2, 0.5, 1.0, 2.0, 5.0), (10.0, 30.0, 50.0, 100.0, 200.0)
#: Share of events under which an FSS says nothing: in either map (github.com/nci/scores, discussion 266: 0.5-1 %).
LEAST = 0.005
#: Kilometres in a degree of latitude, mean radius 6371 km.
_DEGREE = 111.195


def fss(apart: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return ``1 - apart / most``, NaN where ``most`` is zero: no event in either map."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(most > 0, 1 - apart / most, np.nan)


def fractions_sums(
    x: np.ndarray, y: np.ndarray, event: float, window: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator (n,) of the FSS of maps x and y (n, y, x), NaN where no data.

    Args:
        event: at or above, mm/h.
        window: rows and columns.
    """
    event = float(event)
    missing = np.isnan(x) | np.isnan(y)
    shares = []
    for values in (x, y):
        share = ((values >= event) & ~missing).astype(float)
        for axis, width in ((1, window[0]), (2, window[1])):
            share = uniform_filter1d(share, int(width), axis=axis, mode="constant", cval=0.0)
        share[missing] = 0
        shares.append(share)
    a, b = shares
    return ((a - b) ** 2).sum((1, 2)), (a**2 + b**2).sum((1, 2))


def window_pixels(maps: xr.DataArray, width_km: float) -> tuple[int, int]:
    """Return the odd rows and columns nearest to a width on the ground at the middle latitude.

    Raises:
        InputError: ``rain_fss_window`` when the window is wider than the map.
    """
    height, width = maps.sizes["lat"], maps.sizes["lon"]
    lat = maps["lat"].values.astype(float)
    lon = maps["lon"].values.astype(float)
    steps = [abs(np.diff(v).mean()) * _DEGREE if len(v) > 1 else np.inf for v in (lat, lon)]
    steps[1] *= np.cos(np.deg2rad(lat.mean()))
    rows, columns = (2 * max(int(np.round((width_km / s - 1) / 2)), 0) + 1 for s in steps)
    if rows > height or columns > width:
        raise InputError(
            "rain_fss_window",
            "A window of {width} km is {rows} × {columns} pixels; the map has {height} × {across}. Choose a smaller "
            "window.",
            width=width_km,
            rows=rows,
            columns=columns,
            height=height,
            across=width,
        )
    return rows, columns


def fss_sums(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    events: Sequence[float] = EVENTS,
    widths_km: Sequence[float] = WIDTHS_KM,
) -> xr.Dataset:
    """Return ``fss_apart`` and ``fss_most`` (time, event, window_km), which add over maps, and the shares of events.

    Args:
        imerg, radar: mm/h, (time, lat, lon), on one grid.
        events: mm/h; widths_km: of the square on the ground, km.

    Raises:
        InputError: ``rain_score_grids``, ``rain_score_time``, ``rain_fss_window``.
    """
    check_same(imerg, radar)
    windows = [window_pixels(imerg, w) for w in widths_km]
    apart = np.zeros((imerg.sizes["time"], len(events), len(windows)))
    most = np.zeros_like(apart)
    for part, x, y in chunks(imerg, radar):
        for j, event in enumerate(events):
            for k, window in enumerate(windows):
                apart[part, j, k], most[part, j, k] = fractions_sums(x, y, event, window)
    dims = ("time", "event", "window_km")
    coords = {
        "time": imerg["time"],
        "event": [float(e) for e in events],
        "window_km": [float(w) for w in widths_km],
    }
    return xr.Dataset({"fss_apart": (dims, apart), "fss_most": (dims, most)}, coords)


def fss_from_sums(of: xr.Dataset) -> xr.DataArray:
    """Return the FSS of sums of any shape."""
    return xr.apply_ufunc(fss, of["fss_apart"], of["fss_most"])


def fss_table(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    events: Sequence[float] = EVENTS,
    widths_km: Sequence[float] = WIDTHS_KM,
    least: float = LEAST,
) -> xr.Dataset:
    """Return the pooled FSS by threshold and scale, and where it may be read.

    Returns:
        ``fss`` (event, window_km), NaN where events are rarer than ``least`` in either map; ``wet_imerg`` and
        ``wet_radar`` (event), shares of pixels; ``useful`` (event): 0.5 + half the radar's share, what a map uniformly
        wet with the right area would reach and above which the map is of use (Roberts & Lean 2008, section 3).
    """
    fine = fss_from_sums(fss_sums(imerg, radar, events, widths_km).sum("time"))
    counts = np.zeros((2, len(events)))
    n = 0
    for _, x, y in chunks(imerg, radar):
        n += int((~np.isnan(x)).sum())
        counts += [[(v >= float(e)).sum() for e in events] for v in (x, y)]
    wet = xr.DataArray(counts / max(n, 1), dims=("side", "event"), coords={"event": fine["event"]})
    shown = (wet >= least).all("side")
    return xr.Dataset({
        "fss": fine.where(shown), "wet_imerg": wet[0], "wet_radar": wet[1], "useful": 0.5 + wet[1] / 2
    })  # fmt: skip
