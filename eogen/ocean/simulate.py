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

from eogen.errors import InputError
from eogen.ocean import compositions
from eogen.ocean.clouds import below, coverages, veil
from eogen.ocean.coast import coast
from eogen.ocean.cube import cube
from eogen.ocean.eddies import eddies
from eogen.ocean.psc import as_fractions
from eogen.ocean.sea_state import sea_state
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
#: Frames longer than this (days) are composites: a patchwork of days, whose sea was not the same (log10).
COMPOSITE_DAYS, PATCHES, PATCH_NOISE = 3.0, 3, 0.08
LAT_STEP, LON_STEP = 1 / 24, 1 / 16
SHORTEST = 16


@dataclass(frozen=True)
class Simulated:
    """A sea and what was seen of it.

    Attributes:
        truth: cube log10_chl, complete over the sea, without noise.
        observed: cube log10_chl with noise, NaN under the clouds; every day of a composite has its own patches.
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
    chl, physics, turbulence = sea_state(rngs[3], rngs[4], lat, time, days, shore, stirred, step_days)
    about = {
        "kind": "simulated", "dataset": "ocean_simulated", "title": f"Simulated ocean, seed {seed}",
        "licence": "CC0-1.0", "source": "eogen.ocean.simulate",
    }  # fmt: skip
    grid = (time, lat, lon, shore.sea)
    make = lambda values, name="log10_chl": cube(
        values, *grid, name=name, bathymetry=shore.bathymetry, **about
    )
    truth = make(chl)
    noisy = chl + _noise(rngs[5], frames, shape, step_days > COMPOSITE_DAYS)
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


def _noise(rng: np.random.Generator, frames: int, shape: tuple[int, int], composite: bool) -> np.ndarray:
    """Return what the sensor adds and, in a composite, what depends on the days that were seen of each cell."""
    smooth = evolving(rng, frames, shape, 2.6, 50.0)
    noise = SMOOTH_NOISE * smooth + WHITE_NOISE * rng.standard_normal(smooth.shape)
    if not composite:
        return noise
    days = evolving(rng, PATCHES * frames, shape, 2.6, 50.0).reshape(PATCHES, frames, *shape)
    seen_on = evolving(rng, PATCHES * frames, shape, 2.6, 100.0).reshape(PATCHES, frames, *shape).argmax(0)
    return noise + PATCH_NOISE * np.take_along_axis(days, seen_on[None], 0)[0]


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
