"""Maps of a simulated IMERG beside the truth: a constellation one can break.

The true rain (:mod:`eogen.rain.truth`) is seen by the satellites of :mod:`eogen.rain.orbits` through the instruments of
:mod:`eogen.rain.sensors`, and merged as IMERG merges (:mod:`eogen.rain.morphing`): forward only in the *early* run,
which knows nothing of what comes after; forward and backward in the *late* run. Truth, noise and winds do not depend on
which satellites are switched off, so that what changes is what they missed. "Radar" is the truth itself.

Years stream in chunks: memory holds one chunk and the six hours after it, whatever the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.rain import maps
from eogen.rain.morphing import HORIZON, Blend, Carried, blend, carry, nothing
from eogen.rain.orbits import SATELLITES, SLOT_SECONDS, Satellite, constellation, near, since_epoch
from eogen.rain.regimes import regime as regime_row
from eogen.rain.sensors import IR_SKILL, SENSORS, infrared, retrieve
from eogen.rain.truth import Torus, Truth, rain, torus

RUNS = ("early", "late")
START = "2023-06-01"
SHAPE = (80, 80)
CHUNK = 48
HALF_HOUR = np.timedelta64(30, "m")
SMALLEST = 16
#: Error of the winds that carry the rain, m s-1, and hours over which it is alike.
WIND_ERROR, WIND_MEMORY = 3.0, 6.0


@dataclass(frozen=True)
class _Slot:
    """One half hour: the truth, the looks, and what forward morphing knows."""

    truth: Truth
    seen: Carried
    quality: np.ndarray
    minute: np.ndarray
    infrared: np.ndarray
    forward: Carried
    cells: tuple[int, int]


def simulate(
    seed: int = 0,
    half_hours: int = 48,
    *,
    start: str | np.datetime64 = START,
    run: str = "late",
    regime: str | None = None,
    drop: Iterable[str] = (),
    shape: tuple[int, int] = SHAPE,
) -> xr.Dataset:
    """Return a pair (:mod:`eogen.rain.maps`) of simulated IMERG and truth; equal arguments give equal bits.

    Args:
        seed: 0 or more.
        half_hours: 1 or more.
        start: UTC, of the first half hour.
        run: ``"early"`` (nothing of t + 1 is known) or ``"late"``.
        regime: keep to one of :data:`eogen.rain.regimes.REGIMES`; None = the weather changes with the season.
        drop: satellites or sensors switched off, or ``"all"``.
        shape: (lat, lon) cells of 0.1 degrees, centred on France; 80 x 80 are 890 x 611 km, 72 x 104 are 800 x 795 km.

    Returns:
        The pair, and beside it ``microwave_precipitation`` (mm h-1, NaN = no look), ``microwave_minute`` (of the look,
        after the start of the half hour), ``satellite`` (int16 index into :data:`eogen.rain.orbits.SATELLITES` of the
        look, -1 = none), ``infrared_precipitation`` (mm h-1), and along time ``regime`` and ``regime_share``
        (time, regime_name). ``microwave_age`` is that of the nearest look, before or (late) after.

    Raises:
        InputError: ``rain_simulated``; ``rain_run``; ``rain_satellite``; ``rain_regime``.
    """
    [pair] = stream(
        seed, half_hours, start=start, run=run, regime=regime, drop=drop, shape=shape, chunk=half_hours
    )
    return pair


def stream(
    seed: int = 0,
    half_hours: int = 2 * 365 * 48,
    *,
    start: str | np.datetime64 = START,
    run: str = "late",
    regime: str | None = None,
    drop: Iterable[str] = (),
    shape: tuple[int, int] = SHAPE,
    chunk: int = CHUNK,
) -> Iterator[xr.Dataset]:
    """Yield consecutive pieces of what :func:`simulate` returns, ``chunk`` half hours each (the last may be shorter).

    The pieces put together do not depend on ``chunk``, and their beginning not on ``half_hours``.

    Raises:
        InputError: see :func:`simulate`; raised at once, before the first piece.
    """
    if seed < 0 or half_hours < 1 or chunk < 1 or min(shape) < SMALLEST:
        raise InputError(
            "rain_simulated",
            "No rain can be simulated from seed {seed}, {half_hours} half hours of {shape} cells in pieces of {chunk}; "
            "the seed must be 0 or more, half hours and pieces 1 or more, each side {smallest} cells or more.",
            seed=seed, half_hours=half_hours, shape=" x ".join(map(str, shape)), chunk=chunk, smallest=SMALLEST,
        )  # fmt: skip
    if run not in RUNS:
        raise InputError(
            "rain_run", "There is no run called {run}; there are: {known}.", run=run, known=", ".join(RUNS)
        )
    left = constellation(drop)
    if regime is not None:
        regime_row(regime)
    place, first = torus(shape), np.datetime64(start, "ns")
    # The sky begins earlier, so that the first map has its past.
    sky = rain(seed, first - HORIZON * HALF_HOUR, place, regime)
    return _pieces(seed, half_hours, chunk, run == "late", place, first, left, sky)


def _pieces(
    seed: int, half_hours: int, chunk: int, late: bool, place: Torus, first: np.datetime64,
    left: tuple[Satellite, ...], sky: Iterator[Truth],
) -> Iterator[xr.Dataset]:  # fmt: skip
    slots = islice(_slots(seed, place, first - HORIZON * HALF_HOUR, left, sky), HORIZON, None)
    ahead = HORIZON if late else 0
    held: list[_Slot] = []
    for at in range(0, half_hours, chunk):
        size = min(chunk, half_hours - at)
        held += islice(slots, size + ahead - len(held))
        backward = _backward(held, size, place.shape) if late else [None] * size
        merged = [
            blend(s.seen, s.quality, s.forward, later, s.infrared, IR_SKILL)
            for s, later in zip(held[:size], backward, strict=True)
        ]
        yield _pair(held[:size], merged, place, first + at * HALF_HOUR, seed, late)
        held = held[size:]


def _slots(
    seed: int, place: Torus, first: np.datetime64, left: tuple[Satellite, ...], sky: Iterator[Truth]
) -> Iterator[_Slot]:
    rng = np.random.default_rng((seed, 12))
    keep = np.exp(-0.5 / WIND_MEMORY)
    error = rng.standard_normal(2)
    forward = nothing(place.shape)
    way, gone = np.zeros(2), np.zeros(2, int)
    start = float(since_epoch(first))
    may: dict[str, np.ndarray] = {}
    for k, truth in enumerate(sky):
        if k % CHUNK == 0:
            seconds = start + SLOT_SECONDS * (k + np.arange(CHUNK))
            may = {s.name: near(s, seconds, place.lat, place.lon) for s in left}
        looking = [s for s in left if may[s.name][k % CHUNK]]
        seen, quality, minute = _look(seed, k, place, truth, looking, start + SLOT_SECONDS * k)
        if k:
            way = way + (np.array(truth.moved) + WIND_ERROR * 1.8 * error) / place.km
        error = keep * error + np.sqrt(1 - keep * keep) * rng.standard_normal(2)
        # Whole cells, as IMERG moves its boxes; the rest is kept for the next half hour.
        cells = np.rint(way).astype(int) - gone
        gone = gone + cells
        forward = carry(forward, (int(cells[0]), int(cells[1])), seen)
        hot = infrared(place, truth, np.random.default_rng((seed, 13, k)))
        yield _Slot(truth, seen, quality, minute, hot, forward, (int(cells[0]), int(cells[1])))


def _look(
    seed: int, k: int, place: Torus, truth: Truth, looking: list[Satellite], seconds: float
) -> tuple[Carried, np.ndarray, np.ndarray]:
    """Return the looks of one half hour, their quality and their minute; imagers win, then who is nearer the middle."""
    held, rank = nothing(place.shape), np.full(place.shape, np.inf)
    rain_, skill, who = held.rain, held.skill, held.who
    quality, minute = np.zeros(place.shape, np.float32), np.full(place.shape, np.nan, np.float32)
    for satellite in looking:
        minutes, aside = satellite.passing(seconds, place.lat, place.lon)
        sensor = SENSORS[satellite.sensor]
        order = np.where(np.isfinite(minutes), np.abs(minutes - 15) + (0 if sensor.imager else 100), np.inf)
        better = order < rank
        if not better.any():
            continue
        # The noise belongs to the satellite and the moment: switching another one off does not change it.
        index = SATELLITES.index(satellite)
        found = retrieve(
            place, truth, sensor, aside, satellite.swath, np.random.default_rng((seed, 14, k, index))
        )
        rank = np.where(better, order, rank)
        rain_, minute = np.where(better, found, rain_), np.where(better, minutes, minute)
        skill = np.where(better, np.float32(sensor.skill), skill)
        quality = np.where(better, np.float32(sensor.quality), quality)
        who = np.where(better, np.int16(index), who)
    return Carried(rain_, skill, held.age, who), quality, minute


def _backward(held: list[_Slot], size: int, shape: tuple[int, int]) -> list[Carried]:
    """Return, for the first ``size`` half hours, what the looks after them say, carried against the wind."""
    later = nothing(shape)
    found: list[Carried] = []
    for k in range(len(held) - 1, -1, -1):
        cells = held[k + 1].cells if k + 1 < len(held) else (0, 0)
        if k < size:
            # What this half hour itself saw is not part of it: forward has it already.
            found.append(carry(later, (-cells[0], -cells[1]), nothing(shape)))
        later = carry(later, (-cells[0], -cells[1]), held[k].seen)
    return found[::-1]


def _pair(
    slots: list[_Slot], merged: list[Blend], place: Torus, first: np.datetime64, seed: int, late: bool
) -> xr.Dataset:
    cut = lambda arrays: np.stack([a[place.inside] for a in arrays])
    time = first + np.arange(len(slots)) * HALF_HOUR
    lat, lon = place.lat[place.inside[0]], place.lon[place.inside[1]]
    run = "late" if late else "early"
    about = {
        "kind": "simulated", "dataset": "rain_simulated", "title": f"Simulated IMERG {run} run, seed {seed}",
        "licence": "CC0-1.0", "source": "eogen.rain.simulate", "run": run, "cell_methods": "time: point",
    }  # fmt: skip
    make = lambda values, name="precipitation": maps.precipitation(values, time, lat, lon, name=name, **about)
    who = cut(s.seen.who for s in slots)
    codes = np.array([SENSORS[s.sensor].code for s in SATELLITES] + [0], np.int16)
    told = maps.imerg(
        make(cut(m.rain for m in merged)),
        quality_index=cut(m.quality for m in merged),
        microwave_source=codes[who],
        microwave_age=30 * cut(m.age for m in merged),
        infrared_share=cut(m.infrared_share for m in merged),
    )
    share = make(cut(s.truth.wet_share for s in slots), "radar_wet_share")
    held = maps.pair(told, make(cut(s.truth.rain for s in slots), "radar"), share)
    direct = np.where(who >= 0, cut(s.seen.rain for s in slots), np.float32("nan"))
    held["microwave_precipitation"] = make(direct, "microwave_precipitation")
    held["microwave_minute"] = (maps.DIMS, cut(s.minute for s in slots), {"units": "minutes"})
    names = " ".join(s.name for s in SATELLITES)
    held["satellite"] = (
        maps.DIMS, who, {"flag_values": np.arange(len(SATELLITES), dtype=np.int16), "flag_meanings": names}
    )  # fmt: skip
    held["infrared_precipitation"] = make(cut(s.infrared for s in slots), "infrared_precipitation")
    held = held.assign_coords(regime=("time", [s.truth.weather.name for s in slots]))
    held["regime_share"] = (("time", "regime_name"), np.array([s.truth.weather.shares for s in slots]))
    return held
