"""What makes the simulated sea green, cold, high or rough: one cause after the other, each with its size.

Amplitudes are log10 mg m-3 of CHL, degrees of temperature, metres of sea level, m s-1 of wind; times are days, lengths
km or cells of about 4.6 km.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from eogen.ocean.coast import Coast
from eogen.ocean.eddies import Eddies
from eogen.ocean.turbulence import evolving

#: Cells by which a gradient of one (an eddy's profile per cell) displaces the water.
WOUND = 100.0


def sea_state(
    rng: np.random.Generator,
    noise: np.random.Generator,
    lat: np.ndarray,
    time: np.ndarray,
    days: np.ndarray,
    shore: Coast,
    stirred: Eddies,
    step: float,
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return log10 CHL, the drivers by name, each (time, lat, lon), and the turbulence that CHL and fractions share.

    Args:
        rng: draws single numbers and series.
        noise: draws fields.
        lat: (lat,) degrees.
        time: (time,) datetime64.
        days: (time,) since the first.
        shore: the coast.
        stirred: the eddies.
        step: days between frames.
    """
    count, shape = len(days), shore.sea.shape
    year = (time - time.astype("datetime64[Y]")) / np.timedelta64(1, "D")
    season = np.cos(2 * np.pi * (year - 230) / 365.25)  # 1 in August, -1 in February
    turbulence = _stirred(evolving(noise, count, shape, 2.5, 70.0, (16.0 / step, 5.0 / step)), stirred.turn)
    other = evolving(noise, count, shape, 3.2, 60.0, (30.0 / step, 8.0 / step))
    still = evolving(noise, 1, shape, 3.4, 60.0)[0]
    blown = evolving(noise, count, shape, 4.0, 300.0, (3.0 / step, 3.0 / step))
    lively = np.exp(0.22 * rng.standard_normal())  # seas differ in how much their fields vary
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
        + 0.65 * np.exp(-shore.offshore / 50.0)
        + 0.03 * (lat - lat.mean())[:, None]
        + 0.09 * still
        + bloom(lat, year)[:, :, None] * (1 + 0.25 * still)
        + 0.06 * front
        + lively * (0.10 * stirred.turn + 0.145 * turbulence)
        + 0.30 * upwelled
        + 0.45 * rivers
        + 0.05 * mixed
        + 0.11 * _series(rng, count, step, 7.0)[:, None, None]  # the weather of the whole region
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


def _stirred(field: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return ``field`` wound up by the eddies: each cell takes the value found up its streamline.

    What eddies turn becomes filaments. The longest way is about a radius, on the flank of a full-grown eddy.
    """
    north, east = np.gradient(turn, axis=1) * WOUND, np.gradient(turn, axis=2) * WOUND
    y, x = np.indices(field.shape[1:])
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


def bloom(lat: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Return (time, lat): a spring bloom that starts in the south, a weaker one in autumn that starts in the north."""
    away = lambda peak: (year[:, None] - peak + 182.6) % 365.25 - 182.6
    spring = np.exp(-0.5 * (away(95 + 4.0 * (lat - 45)) / 26.0) ** 2)
    autumn = np.exp(-0.5 * (away(285 - 2.5 * (lat - 45)) / 30.0) ** 2)
    return 0.28 * spring + 0.15 * autumn


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


def _series(rng: np.random.Generator, count: int, step: float, memory_days: float) -> np.ndarray:
    """Return (count,) a Gaussian series of unit variance that forgets in ``memory_days``."""
    keep = np.exp(-step / memory_days)
    series = rng.standard_normal(count)
    for t in range(1, count):
        series[t] = keep * series[t - 1] + np.sqrt(1 - keep * keep) * series[t]
    return series
