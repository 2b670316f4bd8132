"""What the ground of the simulated territory reflects, and how green it is on each day of the year.

The spectra are this project's own round numbers, set by hand to what published libraries and Sentinel-2 images show of
each cover (vegetation dark in blue and red, bright in near infrared, water darker the longer the wave, burnt ground
dark in near infrared and not in the short-wave infrared); they are copied from no library. A field's green comes
and goes by two logistic curves, one up and one down (the shape that Zhang et al. 2003 fit to vegetation indices).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
#: Surface reflectance of what pixels are mixed of, in the order of ``BANDS``.
SPECTRA: dict[str, tuple[float, ...]] = {
    "soil": (0.085, 0.115, 0.150, 0.225, 0.310, 0.265),
    "straw": (0.080, 0.125, 0.170, 0.290, 0.330, 0.220),
    "leaves": (0.025, 0.055, 0.030, 0.450, 0.200, 0.090),
    "grass": (0.035, 0.070, 0.050, 0.380, 0.230, 0.120),
    "broadleaf": (0.020, 0.042, 0.025, 0.390, 0.175, 0.075),
    "bare_trees": (0.035, 0.050, 0.060, 0.170, 0.190, 0.125),
    "conifer": (0.018, 0.032, 0.022, 0.230, 0.105, 0.048),
    "water": (0.045, 0.047, 0.032, 0.016, 0.008, 0.006),
    "muddy_water": (0.075, 0.100, 0.105, 0.065, 0.018, 0.012),
    "asphalt": (0.090, 0.100, 0.110, 0.140, 0.165, 0.145),
    "tile": (0.090, 0.120, 0.190, 0.270, 0.310, 0.270),
    "bright_roof": (0.330, 0.350, 0.360, 0.380, 0.360, 0.330),
    "dark_roof": (0.070, 0.075, 0.082, 0.105, 0.125, 0.115),
    "burnt": (0.034, 0.040, 0.047, 0.075, 0.165, 0.165),
    "slash": (0.055, 0.085, 0.115, 0.205, 0.300, 0.235),
    "earthwork": (0.140, 0.180, 0.225, 0.300, 0.380, 0.340),
}  # fmt: skip
MATERIALS = tuple(SPECTRA)
_MATRIX = np.array(list(SPECTRA.values()), np.float32)


@dataclass(frozen=True)
class Season:
    """How a plant cover goes through the year (days of the year; parts of the ground, 0-1).

    Attributes:
        green, other, ripe: materials: what is green, what is under it, what it dries to.
        low, high: green cover out of season and at its best.
        up, down, cut: days of half green-up, of half drying, of harvest (equal to ``down``: none).
        pace: days a change takes.
    """

    green: str
    other: str
    ripe: str
    low: float
    high: float
    up: float
    down: float
    cut: float
    pace: float


#: What grows; every other use is the material of its name, all year.
SEASONS: dict[str, Season] = {
    "cereal": Season("leaves", "soil", "straw", 0.12, 0.92, 75, 168, 198, 11),
    "maize": Season("leaves", "soil", "straw", 0.03, 0.93, 165, 262, 284, 9),
    "meadow": Season("grass", "soil", "straw", 0.62, 0.95, 80, 300, 300, 18),
    "vineyard": Season("leaves", "soil", "straw", 0.08, 0.45, 125, 290, 290, 12),
    "broadleaf": Season("broadleaf", "bare_trees", "bare_trees", 0.03, 0.97, 105, 305, 305, 9),
}
#: Uses of the ground; a plan holds their numbers.
USES = (*SEASONS, "conifer", "water", "asphalt", "tile", "bright_roof", "dark_roof")


def reflectance(
    use: np.ndarray, day: float, late: np.ndarray, vigour: np.ndarray, bare: np.ndarray
) -> np.ndarray:
    """Return surface reflectance (6, y, x) float32 of a plan on one day.

    Args:
        use: (y, x) numbers of ``USES``.
        day: of the year, 0-366.
        late: (y, x) days by which each place is behind the average of its cover.
        vigour: (y, x) factor of green cover, around 1.
        bare: (y, x) brightness of the soil, around 1.
    """
    out = np.empty((len(BANDS), *use.shape), np.float32)
    for number, name in enumerate(USES):
        here = use == number
        if not here.any():
            continue
        if name not in SEASONS:
            out[:, here] = np.array(SPECTRA[name], np.float32)[:, None]
            continue
        row = SEASONS[name]
        green, ripe = cover(row, day - late[here], vigour[here])
        rest = (1 - green - ripe) * (bare[here] if row.other == "soil" else 1)
        weights = np.stack([green, ripe, rest]).astype(np.float32)
        of = _MATRIX[[MATERIALS.index(m) for m in (row.green, row.ripe, row.other)]]
        out[:, here] = of.T @ weights
    return out


def cover(row: Season, day: np.ndarray, vigour: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return green and ripe parts (0-1, their sum at most 1) of the ground on a day of the year.

    >>> green, ripe = cover(SEASONS["cereal"], np.array([20.0, 130.0, 185.0, 230.0]))
    >>> green.round(1).tolist(), ripe.round(1).tolist()
    ([0.1, 0.9, 0.3, 0.1], [0.0, 0.0, 0.5, 0.0])
    """
    day = np.mod(np.asarray(day, np.float64), 365.25)
    rise = lambda at: 1 / (1 + np.exp(-np.clip((day - at) / row.pace, -40, 40)))
    season = rise(row.up) - rise(row.down)
    green = np.clip((row.low + (row.high - row.low) * season) * vigour, 0, 1)
    return green, np.clip(rise(row.down) - rise(row.cut), 0, 1 - green)
