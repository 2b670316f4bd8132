"""The true rain: a hidden Gaussian field that moves and forgets, small structures first, and rains where it is high.

In Fourier space every wave is a first-order autoregression in the frame that moves with the rain, with a memory that
grows as its length to the power 0.8 (Venugopal et al. 1999: dynamic scaling); moving is a turn of its phase, exact for
any fraction of a cell. Rain is a generalised Pareto quantile of the field's excess over the level that gives the wet
part. The field lives on a torus larger than the region, so that what the wind brings has been somewhere before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.special import log_ndtr, ndtr

from eogen.rain.maps import CELL
from eogen.rain.regimes import Weather, weather

CENTRE = (46.6, 2.6)
KM_PER_DEGREE = 111.195
MARGIN_KM = 300.0
STEP_HOURS = 0.5
#: Waves longer than this do not grow further, km; the memory grows as length^EXPONENT.
OUTER_KM, EXPONENT = 900.0, 0.8
#: A cell's mean of half an hour has a ceiling, mm h-1.
CEILING = 100.0
#: Infrared sees the field at this scale, shifted downwind; cirrus of its own has this slope. km.
CLOUD_KM, ANVIL_KM, CIRRUS_SLOPE = 60.0, 10.0, 3.6
#: Spread of the hidden field within a cell of 0.1 degrees, in its standard deviations.
WITHIN = 0.35
#: Where the ground lifts the air: latitude, longitude, half width north and east (degrees), log of the gain.
MOUNTAINS = ((45.3, 6.6, 0.9, 0.7, 0.5), (45.2, 3.0, 0.7, 0.6, 0.35), (42.8, 0.5, 0.3, 1.2, 0.5),
             (48.0, 7.0, 0.4, 0.2, 0.3))  # fmt: skip


@dataclass(frozen=True)
class Torus:
    """The cells on which rain is drawn: the region with a margin, whose opposite sides meet.

    Attributes:
        lat: (y,) degrees north, margin included.
        lon: (x,) degrees east.
        inside: the region's rows and columns.
        km: cell height and width.
    """

    lat: np.ndarray
    lon: np.ndarray
    inside: tuple[slice, slice]
    km: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, margin included."""
        return len(self.lat), len(self.lon)

    def waves(self) -> tuple[np.ndarray, np.ndarray]:
        """Return wavenumbers north (y, 1) and east (1, x/2 + 1), cycles per km."""
        return (
            np.fft.fftfreq(len(self.lat), self.km[0])[:, None],
            np.fft.rfftfreq(len(self.lon), self.km[1])[None],
        )

    def gaussian(self, width_km: float) -> np.ndarray:
        """Return the response (real FFT layout) of a Gaussian of this full width at half maximum."""
        north, east = self.waves()
        sigma = width_km / np.sqrt(8 * np.log(2))
        return np.exp(-2 * (np.pi * sigma) ** 2 * (north**2 + east**2)).astype(np.float32)

    def unit(self, amplitude: np.ndarray) -> np.ndarray:
        """Return ``amplitude`` scaled so that white noise of unit variance keeps it; the mean wave is left out."""
        amplitude = amplitude.copy()
        amplitude[0, 0] = 0.0
        twice = np.full(amplitude.shape[1], 2.0)
        twice[0] = 1.0
        if len(self.lon) % 2 == 0:
            twice[-1] = 1.0
        return amplitude / np.sqrt((amplitude**2 * twice).sum() / (len(self.lat) * len(self.lon)))


@dataclass(frozen=True)
class Truth:
    """One half hour of the true sky, on the torus.

    Attributes:
        rain: (y, x) mm h-1 float32, 0 where it does not rain.
        wet_share: (y, x) 0 to 1, part of the cell where it rains.
        cold: (y, x) how far the cloud tops are above the level of rain; > 0 = infrared sees rain (e-foldings).
        weather: what the sky was drawn from.
        moved: km north and east since the half hour before.
    """

    rain: np.ndarray
    wet_share: np.ndarray
    cold: np.ndarray
    weather: Weather
    moved: tuple[float, float]


def torus(shape: tuple[int, int]) -> Torus:
    """Return the cells of a region of ``shape`` (lat, lon) cells of 0.1 degrees centred on France, with its margin."""
    km = (KM_PER_DEGREE * CELL, KM_PER_DEGREE * CELL * float(np.cos(np.deg2rad(CENTRE[0]))))
    axes, inside = [], []
    for n, size, middle in zip(shape, km, CENTRE, strict=True):
        total = next_fast_len(n + int(np.ceil(MARGIN_KM / size)), real=True)
        before = (total - n) // 2
        # Whole cells of IMERG's own grid, whose centres lie at 0.05, 0.15 ... degrees.
        first = round((middle - n * CELL / 2) / CELL) - before
        axes.append((first + np.arange(total)) * CELL + CELL / 2)
        inside.append(slice(before, before + n))
    return Torus(axes[0].round(2), axes[1].round(2), (inside[0], inside[1]), km)


def rain(seed: int, start: np.datetime64, place: Torus, only: str | None = None) -> Iterator[Truth]:
    """Yield the true sky of each half hour from ``start`` on, without end; equal arguments give equal bits.

    Args:
        seed: draws everything.
        start: UTC.
        place: where.
        only: keep to one regime.

    Raises:
        InputError: ``rain_regime``.
    """
    north, east = place.waves()
    lengths = 1 / np.maximum(np.hypot(north, east), 1 / OUTER_KM)
    slowness = (lengths / 100.0) ** EXPONENT
    lifted = _lift(place)
    veil = place.gaussian(CLOUD_KM)
    cirrus = veil * place.unit((north**2 + east**2 + OUTER_KM**-2) ** (-CIRRUS_SLOPE / 4))
    cirrus = place.unit(cirrus)
    rng = np.random.default_rng((seed, 11))
    draw = lambda: rfft2(rng.standard_normal(place.shape, np.float32))
    state, high = draw(), draw()
    shaped: tuple[object, np.ndarray] = (None, veil)
    for k, now in enumerate(weather(seed, start, only)):
        moved = (now.wind[1] * 3.6 * STEP_HOURS, now.wind[0] * 3.6 * STEP_HOURS)
        if k:
            keep = np.exp(-STEP_HOURS / (now.mean.memory * slowness)).astype(np.float32)
            fresh = np.sqrt(1 - keep * keep)
            turn = _turn(north, east, moved)
            state = keep * turn * state + fresh * draw()
            high = keep * turn * high + fresh * draw()
        if shaped[0] != now.spells:
            shaped = (now.spells, _amplitude(place, now, north, east))
        waves = state * shaped[1]
        field = irfft2(waves, place.shape)
        tops = place.unit(shaped[1] * veil)
        blown = np.array(now.wind) * ANVIL_KM / max(float(np.hypot(*now.wind)), 1e-6)
        link = now.mean.link
        tops = link * tops * _turn(north, east, (blown[1], blown[0])) * state
        cloud = irfft2(tops + np.sqrt(1 - link * link) * cirrus * high, place.shape)
        level = np.log(now.mean.wet) + lifted
        excess = level - log_ndtr(-field)
        wet = excess > 0
        amount = now.mean.scale / now.mean.tail * np.expm1(now.mean.tail * np.where(wet, excess, 0))
        yield Truth(
            np.minimum(amount, CEILING).astype(np.float32),
            np.where(wet, ndtr(excess / (2 * WITHIN)), 0).astype(np.float32),
            (np.log(now.mean.cold * now.mean.wet + 0.01) - log_ndtr(-cloud)).astype(np.float32),
            now,
            moved if k else (0.0, 0.0),
        )


def _turn(north: np.ndarray, east: np.ndarray, moved: tuple[float, float]) -> np.ndarray:
    """Return the phases of a move of (north, east) km."""
    return (np.exp(-2j * np.pi * moved[0] * north) * np.exp(-2j * np.pi * moved[1] * east)).astype(
        np.complex64
    )


def _amplitude(place: Torus, now: Weather, north: np.ndarray, east: np.ndarray) -> np.ndarray:
    """Return the spectrum's square root for the regimes at work; their variances add up to one."""
    power = 0.0
    for share, kind, front in now.spells:
        along = east * np.cos(front) + north * np.sin(front)
        across = north * np.cos(front) - east * np.sin(front)
        k2 = along**2 * kind.stretch + across**2 / kind.stretch + OUTER_KM**-2
        power = power + share * place.unit(k2 ** (-kind.slope / 4)) ** 2
    return np.sqrt(power).astype(np.float32)


def _lift(place: Torus) -> np.ndarray:
    """Return (y, x) the log of what the mountains add to the chance of rain."""
    lift = np.zeros(place.shape)
    for lat, lon, tall, wide, gain in MOUNTAINS:
        lift += gain * np.exp(
            -(((place.lat[:, None] - lat) / tall) ** 2) - ((place.lon[None] - lon) / wide) ** 2
        )
    return lift.astype(np.float32)
