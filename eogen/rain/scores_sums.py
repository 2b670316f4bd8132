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
    names = ["all"] if classes is None else list(classes.attrs["classes"])
    parts = []
    for part, x, y in chunks(imerg, radar):
        kind = np.zeros((1,) * x.ndim, np.int8) if classes is None else _of_chunk(classes, imerg, part)
        parts.append(_chunk_sums(x, y, levels, np.broadcast_to(kind, x.shape), len(names)))
    joined = {k: np.concatenate([p[k] for p in parts]) for k in ("n", *_MOMENTS, *_COUNTS)}
    dims = {k: ("time", "class", "threshold")[: v.ndim] for k, v in joined.items()}
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


def _of_chunk(classes: xr.DataArray, imerg: xr.DataArray, part: slice) -> np.ndarray:
    """Return the classes of some maps, shaped to broadcast against them; matched by dim, not by label."""
    dims = [d for d in imerg.dims if d in classes.dims]
    values = classes.transpose(*dims).isel(time=part).values
    return values.reshape(len(values), *(imerg.sizes[d] if d in dims else 1 for d in imerg.dims[1:]))


def _floating(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind == "f" else values.astype(float)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, atol=1e-4))
    return bool(np.array_equal(a, b))


def _extent(maps: xr.DataArray) -> str:
    return " × ".join(f"{d} {n}" for d, n in maps.sizes.items())


def _chunk_sums(
    x: np.ndarray, y: np.ndarray, thresholds: Sequence[float], kind: np.ndarray, kinds: int
) -> dict[str, np.ndarray]:
    """Return the sums of some maps, (maps, kinds) or (maps, kinds, thresholds)."""
    used = ~np.isnan(x) & (kind >= 0) & (kind < kinds)
    shape, size = (len(x), kinds), len(x) * kinds
    # One number a map and class: each sum is then one pass over the pixels, however many classes there are.
    which = (np.nonzero(used)[0] * kinds + kind[used]).astype(np.int64)
    total = lambda weights: np.bincount(which, weights, minlength=size).reshape(shape)
    number = lambda where: np.bincount(which[where], minlength=size).reshape(shape).astype(float)
    x, y = x[used], y[used]
    found = {"n": number(slice(None))}
    for prefix, p, q in (("", x.astype(float), y.astype(float)), ("l", _log(x), _log(y))):
        columns = {"x": p, "y": q, "xx": p * p, "yy": q * q, "xy": p * q}
        found |= {prefix + k: total(v) for k, v in columns.items()}
    counts: dict[str, list[np.ndarray]] = {k: [] for k in _COUNTS}
    for threshold in thresholds:
        seen, true = x >= threshold, y >= threshold
        hits, called, events = number(seen & true), number(seen), number(true)
        rest = found["n"] - called - events + hits
        for name, value in zip(_COUNTS, (hits, called - hits, events - hits, rest), strict=True):
            counts[name].append(value)
    return found | {k: np.stack(v, axis=-1) for k, v in counts.items()}


def _log(rate: np.ndarray) -> np.ndarray:
    return np.log1p(rate.astype(float))
