"""An ocean whose truth is known: chlorophyll, what drives it, its size classes, and what clouds leave of them.

Chlorophyll (log10 mg m-3) is a sum: a shelf richer than the open sea, a bloom that moves poleward with spring, a
meandering front, drifting eddies, upwelling and river plumes at the coast, wind that mixes, and a turbulent rest that
the eddies stir. Temperature, sea level and wind come from the same causes, so that they say something about it: cold
upwelled water is green, cyclones are low and green. Amplitudes and times were set so that spread, spectrum and memory
match those of 8-day composites of the NE Pacific (``tests/unit/test_ocean_simulate_real.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.ndimage import map_coordinates

from eogen.errors import InputError
from eogen.ocean import compositions
from eogen.ocean.clouds import below, coverages, veil
from eogen.ocean.coast import Coast, coast
from eogen.ocean.cube import cube
from eogen.ocean.eddies import Eddies, eddies
from eogen.ocean.psc import as_fractions
from eogen.ocean.size_classes import brewin2015
from eogen.ocean.turbulence import evolving

#: Hidden parts of CHL and of the fractions, and the style of the clouds. "project" is the project's definition;
#: "composite" and "daily" are what 8-day composites and single days of the NE Pacific show (measured; the fractions'
#: are set in the project's proportion).
GAPS = {
    "project": (0.10, 0.60, "composite"),
    "composite": (0.51, 0.78, "composite"),
    "daily": (0.896, 0.954, "daily"),
}
#: Sensor noise, log10: what varies smoothly with the air and what varies from cell to cell. Together 0.1. Two sensors
#: differ by 0.137 on the same day (n = 498,421), yet neighbouring cells of a composite by no more than 0.09.
SMOOTH_NOISE, WHITE_NOISE = 0.095, 0.03
LAT_STEP, LON_STEP = 1 / 24, 1 / 16
SHORTEST = 16


@dataclass(frozen=True)
class Simulated:
    """A sea and what was seen of it.

    Attributes:
        truth: cube log10_chl, complete over the sea, without noise.
        observed: cube log10_chl with noise, NaN under the clouds.
        drivers: ``sst`` (degree_Celsius), ``sea_level`` (m), ``wind_speed`` (m s-1), complete over the sea.
        fractions: ``micro``, ``nano``, ``pico``: parts of CHL, sum 1, complete over the sea, without noise.
        fractions_observed: same with noise, NaN under the clouds; what hides CHL hides them too.
    """

    truth: xr.DataArray
    observed: xr.DataArray
    drivers: xr.Dataset
    fractions: xr.Dataset
    fractions_observed: xr.Dataset


def ocean(
    seed: int = 0,
    frames: int = 24,
    shape: tuple[int, int] = (96, 96),
    step_days: float = 8.0,
    gaps: str | float | tuple[float, float] = "project",
    start: str | None = None,
) -> Simulated:
    """Return a simulated sea; equal arguments give equal bits.

    Args:
        seed: 0 or more.
        frames: 1 or more.
        shape: (lat, lon) cells of about 4.6 km, at least 16 each.
        step_days: between frames.
        gaps: a name of :data:`GAPS`; or the mean hidden part of CHL, between 0 and 1 (the fractions then lose five
            ninths of what is left, the project's proportion); or the hidden parts of CHL and of the fractions.
        start: date of the first frame; drawn from the year 2021 by default.

    Raises:
        InputError: ``ocean_simulated``; ``ocean_gaps``.
    """
    if seed < 0 or frames < 1 or min(shape) < SHORTEST or not step_days > 0:
        raise InputError(
            "ocean_simulated",
            "No sea can be simulated from seed {seed}, {frames} frames of {shape} cells every {days} days; the seed "
            "must be 0 or more, the frames 1 or more, each side {shortest} cells or more, the step above 0.",
            seed=seed, frames=frames, shape=" x ".join(map(str, shape)), days=step_days, shortest=SHORTEST,
        )  # fmt: skip
    hidden, hidden_fractions, kind = hidden_parts(gaps)
    rngs = [np.random.default_rng((seed, k)) for k in range(8)]
    lat, lon, time, days = _axes(rngs[0], frames, shape, step_days, start)
    km = (111.195 * LAT_STEP, float(111.195 * LON_STEP * np.cos(np.deg2rad(lat.mean()))))
    shore = coast(rngs[1], shape, km)
    stirred = eddies(rngs[2], days, shape, km)
    chl, physics, turbulence = _sea(rngs[3], rngs[4], lat, time, days, shore, stirred, step_days)
    about = {
        "kind": "simulated", "dataset": "ocean_simulated", "title": f"Simulated ocean, seed {seed}",
        "licence": "CC0-1.0", "source": "eogen.ocean.simulate",
    }  # fmt: skip
    grid = (time, lat, lon, shore.sea)
    make = lambda values, name="log10_chl": cube(
        values, *grid, name=name, bathymetry=shore.bathymetry, **about
    )
    truth = make(chl)
    noisy = chl + _noise(rngs[5], frames, shape)
    thick = veil(rngs[6], frames, shape, kind)
    covered = coverages(rngs[6], frames, hidden, kind)
    more = _at_least(coverages(rngs[6], frames, hidden_fractions, kind), covered)
    observed = make(np.where(below(thick, covered, shore.sea), np.nan, noisy))
    share, noisy_share = _composition(rngs[7], chl, physics["sst"], turbulence, shore.sea)
    gone = below(thick, more, shore.sea) | ~np.isfinite(observed.values)
    fractions = as_fractions(truth, np.where(shore.sea, share, np.nan))
    seen = as_fractions(truth, np.where(gone | ~shore.sea, np.nan, noisy_share))
    drivers = xr.Dataset({name: make(field, name) for name, field in physics.items()}, attrs=about)
    return Simulated(truth, observed, drivers, fractions, seen)


def hidden_parts(gaps: str | float | tuple[float, float]) -> tuple[float, float, str]:
    """Return the hidden part of CHL and of the fractions, and the style of the clouds; see :func:`ocean`.

    Raises:
        InputError: ``ocean_gaps``.
    """
    if isinstance(gaps, str) and gaps in GAPS:
        return GAPS[gaps]
    if isinstance(gaps, (int, float)) and not isinstance(gaps, bool):
        gaps = (float(gaps), 1 - (1 - float(gaps)) * 4 / 9)
    if isinstance(gaps, tuple) and len(gaps) == 2 and 0 < gaps[0] <= gaps[1] < 1:
        return float(gaps[0]), float(gaps[1]), "daily" if gaps[0] > 0.7 else "composite"
    raise InputError(
        "ocean_gaps",
        "Gaps of {gaps} were asked for; give one of {known}, a hidden part of chlorophyll between 0 and 1, or two, "
        "the second, of the size classes, not below the first.",
        gaps=str(gaps), known=", ".join(GAPS),
    )  # fmt: skip


def _at_least(share: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Return ``share`` raised to ``floor`` frame by frame, its mean kept."""
    target = share.mean()
    raised = np.maximum(share, floor)
    for _ in range(50):
        over = raised.mean() - target
        if over < 1e-9:
            break
        room = raised - floor
        raised = raised - room * min(over / max(room.mean(), 1e-12), 1.0)
    return raised


def _axes(
    rng: np.random.Generator, frames: int, shape: tuple[int, int], step_days: float, start: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return latitudes and longitudes (degrees, mid-ocean), times and days since the first."""
    south = 42 + LAT_STEP * rng.integers(0, 240)
    lat = south + LAT_STEP * np.arange(shape[0])
    lon = -45 + LON_STEP * np.arange(shape[1])
    day = rng.integers(0, 365)
    first = np.datetime64("2021-01-01") + day if start is None else np.datetime64(start)
    days = np.arange(frames) * float(step_days)
    return lat, lon, first.astype("datetime64[ns]") + (days * 86400e9).astype("timedelta64[ns]"), days


def _series(rng: np.random.Generator, count: int, step: float, memory_days: float) -> np.ndarray:
    """Return (count,) a Gaussian series of unit variance that forgets in ``memory_days``."""
    keep = np.exp(-step / memory_days)
    series = rng.standard_normal(count)
    for t in range(1, count):
        series[t] = keep * series[t - 1] + np.sqrt(1 - keep * keep) * series[t]
    return series


def _sea(
    rng: np.random.Generator,
    noise: np.random.Generator,
    lat: np.ndarray,
    time: np.ndarray,
    days: np.ndarray,
    shore: Coast,
    stirred: Eddies,
    step: float,
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return log10 CHL, the drivers, each (time, lat, lon), and the turbulence they share."""
    count, shape = len(days), shore.sea.shape
    year = (time - time.astype("datetime64[Y]")) / np.timedelta64(1, "D")
    season = np.cos(2 * np.pi * (year - 230) / 365.25)  # 1 in August, -1 in February
    # What eddies have turned around is filaments: the field is looked up where its water came from.
    turbulence = _stirred(
        evolving(noise, count, shape, 2.5, 70.0, (26.0 / step, 6.0 / step)), stirred.turn, shore
    )
    other = evolving(noise, count, shape, 3.2, 60.0, (30.0 / step, 8.0 / step))
    still = evolving(noise, 1, shape, 3.4, 60.0)[0]
    blown = evolving(noise, count, shape, 4.0, 300.0, (3.0 / step, 3.0 / step))
    front = _front(rng, days, shape)
    upwelling = np.exp(0.7 * _series(rng, count, step, 12.0)) * (0.6 + 0.4 * season)
    near = np.exp(-shore.offshore / 28.0)
    wind = 8.5 - 2.2 * season[:, None, None] + 2.0 * blown + 0.8 * upwelling[:, None, None] * near
    mixed = blown + 0.4 * (wind - wind.mean((1, 2), keepdims=True))
    rivers = _plumes(rng, shore, days, year, step)
    upwelled = upwelling[:, None, None] * near
    chl = (
        -0.45
        + 0.08 * rng.standard_normal()
        + 0.75 * np.exp(-shore.offshore / 60.0)
        + 0.03 * (lat - lat.mean())[:, None]
        + 0.14 * still
        + _bloom(lat, year)[:, :, None] * (1 + 0.25 * still)
        + 0.07 * front
        + 0.12 * stirred.turn
        + 0.18 * turbulence
        + 0.30 * upwelled
        + 0.45 * rivers
        + 0.05 * mixed
    )
    sst = (
        13.5
        - 0.55 * (lat - 48)[:, None]
        + 3.5 * season[:, None, None]
        - 0.9 * front
        - 0.45 * stirred.turn
        - 0.16 * turbulence
        + 0.50 * other
        - 1.2 * upwelled
        - 0.30 * mixed
    )
    level = stirred.sea_level - 0.05 * front + 0.012 * other + 0.03 * season[:, None, None] - 0.02 * upwelled
    physics = {"sst": np.maximum(sst, -1.8), "sea_level": level, "wind_speed": np.maximum(wind, 0.3)}
    return np.clip(chl, -2.5, 2.0), physics, turbulence


def _stirred(field: np.ndarray, turn: np.ndarray, shore: Coast, angle: float = 1.4) -> np.ndarray:
    """Return ``field`` wound up by the eddies: each cell takes the value found upstream along their streamlines."""
    reach = angle * 9.0  # cells: the turn at the rim of an eddy of 40 km
    north = np.gradient(turn, axis=1) * reach * 4.0
    east = np.gradient(turn, axis=2) * reach * 4.0
    y, x = np.indices(shore.sea.shape)
    wound = np.empty_like(field)
    for t in range(len(field)):
        wound[t] = map_coordinates(field[t], [y - east[t], x + north[t]], order=1, mode="reflect")
    return wound


def _front(rng: np.random.Generator, days: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return (time, lat, lon), -1 equatorward to 1 poleward of a meandering jet."""
    tall, wide = shape
    x = np.arange(wide)
    line = np.full((len(days), wide), rng.uniform(0.3, 0.7) * tall)
    for _ in range(4):
        length, size = rng.uniform(40, 130), rng.uniform(2, 7)
        speed = rng.uniform(0.1, 0.6)  # cells a day, eastward
        line += size * np.sin(2 * np.pi * (x - speed * days[:, None]) / length + rng.uniform(0, 2 * np.pi))
    return np.tanh((np.arange(tall)[:, None] - line[:, None, :]) / rng.uniform(3, 7))


def _bloom(lat: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Return (time, lat): a spring bloom that starts in the south, a weaker one in autumn that starts in the north."""
    away = lambda peak: (year[:, None] - peak + 182.6) % 365.25 - 182.6
    spring = np.exp(-0.5 * (away(95 + 4.0 * (lat - 45)) / 26.0) ** 2)
    autumn = np.exp(-0.5 * (away(285 - 2.5 * (lat - 45)) / 30.0) ** 2)
    return 0.38 * spring + 0.18 * autumn


def _plumes(
    rng: np.random.Generator, shore: Coast, days: np.ndarray, year: np.ndarray, step: float
) -> np.ndarray:
    """Return (time, lat, lon) 0 to about 2: what rivers bring, strongest in spring, bent along the coast."""
    y, x = np.indices(shore.sea.shape)
    plume = np.zeros((len(days), *shore.sea.shape))
    for row, column in shore.mouths:
        flow = np.exp(0.4 * _series(rng, len(days), step, 15.0)) * (
            1 + 0.5 * np.cos(2 * np.pi * (year - 120) / 365.25)
        )
        dy, dx = y - row, x - column
        lean = rng.uniform(0.5, 2.0)
        along = np.where(dy > 0, dy / (4.0 * lean), dy / 3.0)
        for t in range(len(days)):
            wide = 0.7 + 0.3 * flow[t]
            plume[t] += flow[t] * np.exp(-np.hypot(along, dx / 5.0) / wide)
    return plume


def _noise(rng: np.random.Generator, frames: int, shape: tuple[int, int]) -> np.ndarray:
    smooth = evolving(rng, frames, shape, 2.6, 50.0)
    return SMOOTH_NOISE * smooth + WHITE_NOISE * rng.standard_normal(smooth.shape)


def _composition(
    rng: np.random.Generator, chl: np.ndarray, sst: np.ndarray, turbulence: np.ndarray, sea: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return fractions (3, time, lat, lon) and the same with noise.

    The mean follows CHL (Brewin et al. 2015); around it warm water favours the small, and communities differ from place
    to place, so that CHL alone does not tell the fractions.
    """
    ratios = compositions.log_ratios(compositions.without_zeros(brewin2015(10.0**chl)))
    warm = (sst - sst[:, sea].mean()) / max(float(sst[:, sea].std()), 1e-6)
    local = evolving(rng, len(chl), sea.shape, 3.2, 60.0, (4.0, 1.0))
    ratios[0] += -0.20 * warm + 0.25 * local + 0.10 * turbulence
    ratios[1] += -0.15 * warm + 0.20 * evolving(rng, len(chl), sea.shape, 3.2, 60.0, (4.0, 1.0))
    noisy = ratios + 0.12 * rng.standard_normal(ratios.shape)
    return compositions.parts(ratios), compositions.parts(noisy)
