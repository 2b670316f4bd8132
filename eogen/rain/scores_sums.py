"""Sums over pixels that add from map to map, from which scores are made.

A score of a map, of a day or of a year is the same function of the same sums; so pooling is adding, and a bootstrap is
adding again in other proportions, without going back to the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from eogen.errors import InputError

#: Rates (mm/h) from which a pixel counts as an event. 0.2 is what a tipping-bucket gauge can see in an hour.
THRESHOLDS = (0.2, 0.5, 1.0, 2.0, 5.0)
#: Maps handled at once: 80x80 maps take 13 MB for each working array.
CHUNK = 256
#: Of ``log1p``: a rate of 1 mm/h is where the scale turns from linear to logarithmic.
_MOMENTS = ("x", "y", "xx", "yy", "xy", "lx", "ly", "lxx", "lyy", "lxy")
_COUNTS = ("hits", "alarms", "misses", "rest")


def sums(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    thresholds: Sequence[float] = THRESHOLDS,
    classes: xr.DataArray | None = None,
) -> xr.Dataset:
    """Return what adds, for each map: moments of the rates and of their logarithm, and counts of events.

    A pixel that either side lacks (NaN) is in no sum: no data is not zero.

    Args:
        imerg: what is judged, mm/h, dims (time, ...): (time, lat, lon), or (time, station).
        radar: what it is judged by, mm/h, on the same places.
        thresholds: a pixel is an event at or above each of these, mm/h.
        classes: as :mod:`eogen.rain.breakdown` makes them, (time,) or of the pixels: sums are then apart by class.

    Returns:
        ``n`` and the moments ``x y xx yy xy`` of imerg (x) and radar (y), ``lx ly lxx lyy lxy`` of
        ``log(1 + rate / (1 mm/h))``, all (time); ``hits alarms misses rest`` (time, threshold). Float64. With classes,
        a dim ``class`` follows time.

    Raises:
        InputError: ``rain_score_time`` without a time axis first, ``rain_score_grids`` when the two do not lie on the
            same places and times.
    """
    check_same(imerg, radar)
    levels = [float(t) for t in thresholds]
    parts = []
    for part, x, y in chunks(imerg, radar):
        masks = [None] if classes is None else _masks(classes, imerg, part)
        each = [_chunk_sums(x if m is None else np.where(m, x, np.nan), y, levels) for m in masks]
        parts.append({k: np.stack([e[k] for e in each], axis=1) for k in each[0]})
    joined = {k: np.concatenate([p[k] for p in parts]) for k in ("n", *_MOMENTS, *_COUNTS)}
    dims = {k: ("time", "class", "threshold")[: v.ndim] for k, v in joined.items()}
    names = ["all"] if classes is None else list(classes.attrs["classes"])
    coords = {"time": imerg["time"].values, "class": names, "threshold": levels}
    found = xr.Dataset({k: (dims[k], v) for k, v in joined.items()}, coords)
    return found if classes is not None else found.isel({"class": 0}, drop=True)


def check_same(imerg: xr.DataArray, radar: xr.DataArray) -> None:
    """Raise ``InputError`` unless both have time first, and the same dims, sizes and coordinates."""
    for given in (imerg, radar):
        if not given.ndim or given.dims[0] != "time":
            found = ", ".join(str(d) for d in given.dims)
            sentence = "The axes are ({found}); time is expected first, then the places. Transpose the maps."
            raise InputError("rain_score_time", sentence, found=found)
    same = imerg.dims == radar.dims and imerg.shape == radar.shape
    if same:
        for d in imerg.dims:
            if d in imerg.coords and d in radar.coords:
                same &= _close(imerg[d].values, radar[d].values)
    if not same:
        raise InputError(
            "rain_score_grids",
            "The maps ({first}) and what judges them ({second}) do not lie on the same times and places; bring both to "
            "one grid and to common times first.",
            first=_extent(imerg),
            second=_extent(radar),
        )


def chunks(imerg: xr.DataArray, radar: xr.DataArray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield ``(slice, imerg, radar)`` of some maps at a time, NaN on either side made NaN on both.

    Integers become float; float32 stays float32, so that a threshold compares as it was stored.
    """
    for start in range(0, max(imerg.shape[0], 1), CHUNK):
        part = slice(start, start + CHUNK)
        x, y = (_floating(a[part].values) for a in (imerg, radar))
        either = np.isnan(x) | np.isnan(y)
        yield part, np.where(either, np.nan, x), np.where(either, np.nan, y)


def _masks(classes: xr.DataArray, imerg: xr.DataArray, part: slice) -> Iterator[np.ndarray]:
    """Yield which pixels of some maps are in each class; matched by dim, not by label."""
    dims = [d for d in imerg.dims if d in classes.dims]
    values = classes.transpose(*dims).isel(time=part).values
    values = values.reshape(len(values), *(imerg.sizes[d] if d in dims else 1 for d in imerg.dims[1:]))
    for k in range(len(classes.attrs["classes"])):
        yield values == k


def _floating(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind == "f" else values.astype(float)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, atol=1e-4))
    return bool(np.array_equal(a, b))


def _extent(maps: xr.DataArray) -> str:
    return " × ".join(f"{d} {n}" for d, n in maps.sizes.items())


def _chunk_sums(x: np.ndarray, y: np.ndarray, thresholds: Sequence[float]) -> dict[str, np.ndarray]:
    count = len(x)
    x, y = x.reshape(count, -1), y.reshape(count, -1)
    valid = ~np.isnan(x) & ~np.isnan(y)
    found: dict[str, np.ndarray] = {"n": valid.sum(1).astype(float)}
    a, b = (np.where(valid, v, 0).astype(float) for v in (x, y))
    la, lb = np.log1p(a), np.log1p(b)
    for prefix, p, q in (("", a, b), ("l", la, lb)):
        pairs = {"x": p.sum(1), "y": q.sum(1)}
        pairs |= {k: np.einsum("ij,ij->i", *v) for k, v in {"xx": (p, p), "yy": (q, q), "xy": (p, q)}.items()}
        found |= {prefix + k: v for k, v in pairs.items()}
    for name in _COUNTS:
        found[name] = np.empty((count, len(thresholds)))
    for k, threshold in enumerate(thresholds):
        # NaN compares false: a missing pixel is no event, and is kept out of ``rest`` by ``n``.
        seen, true = (x >= threshold) & valid, (y >= threshold) & valid
        hits, called, events = (seen & true).sum(1), seen.sum(1), true.sum(1)
        found["hits"][:, k], found["alarms"][:, k] = hits, called - hits
        found["misses"][:, k] = events - hits
        found["rest"][:, k] = found["n"] - called - events + hits
    return found
