"""What microwave and infrared instruments make of the true rain: footprints, detection limits, noise.

Every microwave instrument sees a wide mean, says too much of light rain and too little of heavy rain (Bogerd et al.
2021, against the Dutch radar), misses what is weak or has low tops, and errs by a factor that is alike over some 40 km.
Infrared sees cloud tops: large, blown downwind, and nearly nothing of shallow rain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import fft2, ifft2

from eogen.rain.truth import Torus, Truth


@dataclass(frozen=True)
class Sensor:
    """One kind of microwave radiometer.

    Attributes:
        code: in ``MWprecipSource``.
        imager: conical scan, low frequencies: preferred where two see the same place.
        footprint: full width at half maximum at nadir and at the edge of the swath, km (equal for conical scans).
        noise: standard deviation of the log of the error.
        limit: rain (mm h-1) that is seen one time in two where tops are high.
        skill: correlation with the truth that the merging expects at the moment of observation.
        quality: the quality index given to a direct observation.
    """

    code: int
    imager: bool
    footprint: tuple[float, float]
    noise: float
    limit: float
    skill: float
    quality: float


SENSORS = {
    "GMI": Sensor(9, True, (17, 17), 0.52, 0.13, 0.76, 0.9),
    "AMSR2": Sensor(3, True, (17, 17), 0.52, 0.13, 0.76, 0.9),
    "SSMIS": Sensor(5, True, (24, 24), 0.58, 0.15, 0.74, 0.87),
    "MHS": Sensor(7, False, (22, 45), 0.78, 0.18, 0.68, 0.8),
    "ATMS": Sensor(11, False, (24, 50), 0.78, 0.18, 0.68, 0.8),
}
#: y = GAIN (x + FLOOR)^POWER where rain is found; km over which errors are alike; steepness of detection in log rain;
#: how fast it rises beyond; how much higher the limit is where tops are low.
GAIN, FLOOR, POWER, NOISE_KM, STEEPNESS, FADE, SHALLOW = 1.4, 0.12, 0.8, 40.0, 1.6, 1.3, 0.6
#: Infrared: scale and shape of its climatological law of rain, and its noise.
IR_SCALE, IR_TAIL, IR_NOISE, IR_SKILL = 0.55, 0.25, 0.9, 0.36


def two_fields(place: Torus, rng: np.random.Generator, width_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two independent Gaussian fields (y, x) of unit variance, smooth over ``width_km``."""
    white = rng.standard_normal((2, *place.shape), np.float32)
    response = _whole(place, place.gaussian(width_km))
    response = response / np.sqrt(np.mean(response**2))
    both = ifft2(fft2(white[0] + 1j * white[1]) * response)
    return both.real, both.imag


def retrieve(
    place: Torus, truth: Truth, sensor: Sensor, aside: np.ndarray, swath: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the rain (y, x; mm h-1) that a microwave sensor reports, over the whole torus.

    Args:
        place: the cells.
        truth: what there is.
        sensor: who looks.
        aside: (y, x) distance from the track, km.
        swath: km.
        rng: draws the noise.
    """
    near, far = (place.gaussian(width) for width in sensor.footprint)
    if sensor.footprint[0] == sensor.footprint[1]:
        seen = ifft2(fft2(truth.rain) * _whole(place, near)).real
    else:
        both = ifft2(fft2(truth.rain) * _whole(place, near + 1j * far))
        edge = np.minimum((2 * aside / swath) ** 2, 1)
        seen = (1 - edge) * both.real + edge * both.imag
    seen = np.maximum(seen, 1e-6)
    factor, chance = two_fields(place, rng, NOISE_KM)
    amount = GAIN * (seen + FLOOR) ** POWER * np.exp(sensor.noise * factor - 0.5 * sensor.noise**2)
    limit = sensor.limit * (1 + SHALLOW * truth.weather.mean.shallow)
    # A normal number times 1.7 is nearly logistic: its comparison with the log odds is a draw of the detection.
    found = STEEPNESS * np.log(seen / limit) - 1.7 * chance
    # A Bayesian mean fades towards the edge of what it finds instead of stopping there.
    return (amount * -np.expm1(-FADE * np.maximum(found, 0))).astype(np.float32)


def infrared(place: Torus, truth: Truth, rng: np.random.Generator) -> np.ndarray:
    """Return the rain (y, x; mm h-1) that infrared cloud tops suggest; a climatological law, blind to the regime."""
    noise, _ = two_fields(place, rng, 2 * NOISE_KM)
    excess = np.maximum(truth.cold, 0)
    amount = IR_SCALE / IR_TAIL * np.expm1(IR_TAIL * excess)
    return (amount * np.exp(IR_NOISE * noise - 0.5 * IR_NOISE**2)).astype(np.float32)


def _whole(place: Torus, half: np.ndarray) -> np.ndarray:
    """Return an even response, given for a real FFT, for a full one."""
    wide = len(place.lon)
    columns = np.minimum(np.arange(wide), wide - np.arange(wide))
    return half[:, columns]
