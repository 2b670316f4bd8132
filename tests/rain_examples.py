"""Examples made up in a moment, whose scores hang on the age alone: old maps are bad, wherever it rains."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eogen.rain.examples import TARGETS, Examples
from eogen.rain.frames import CHANNELS, SIDE
from eogen.rain.score_model import FEATURES


def made_up(days: int, each: int, first: int = 0) -> Examples:
    """Return ``each`` maps of ``days`` days, numbered from ``first``: a shower somewhere, seen some time ago."""
    rng = np.random.default_rng((7, first))
    n = days * each
    y, x = np.mgrid[:SIDE, :SIDE]
    centre, width, peak = rng.uniform(5, 35, (n, 2)), rng.uniform(2, 8, n), rng.uniform(0.5, 2, n)
    apart = (y - centre[:, 0, None, None]) ** 2 + (x - centre[:, 1, None, None]) ** 2
    rain = peak[:, None, None] * np.exp(-apart / (2 * width[:, None, None] ** 2))
    age = rng.uniform(0, 1, n)
    frames = np.zeros((n, len(CHANNELS), SIDE, SIDE), np.float16)
    for name in ("before", "now", "after"):
        frames[:, CHANNELS.index(name)] = rain
    for name, values in {
        "rough": 0.1,
        "age": age,
        "quality": 1 - age,
        "infrared": age / 2,
        "known": 1,
    }.items():
        frames[:, CHANNELS.index(name)] = np.broadcast_to(values, n)[:, None, None]
    features = pd.DataFrame(rng.uniform(0, 1, (n, len(FEATURES))), columns=list(FEATURES))
    features["wet"], features["peak"] = (rain > 0.1).mean((1, 2)), np.expm1(peak)
    features["age"], features["age_wet"], features["quality"] = 180 * age, 180 * age, 1 - age
    good = 0.9 - 0.7 * age
    scores = pd.DataFrame({name: good + 0.02 * rng.standard_normal(n) for name in TARGETS})
    block = np.repeat(np.arange(first, first + days), each)
    time = np.datetime64("2023-01-01", "ns") + block * np.timedelta64(1, "D")
    time = time + np.tile(np.arange(each), days) * np.timedelta64(60, "m")
    return Examples(frames, features, scores, time, block, np.full(n, "showers"))
