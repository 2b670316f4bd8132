"""Numbers to colours: perceptually uniform scales, one object for the picture and for its legend.

A :class:`Scale` holds the colormap and the values at its ends, so that what is drawn and what the legend says
can never disagree. Jet and its relatives are refused: their false edges and uneven lightness mislead (Crameri
et al. 2020, doi:10.1038/s41467-020-19160-7). Sources: cividis (Nuñez et al. 2018,
doi:10.1371/journal.pone.0199239); cmocean (Thyng et al. 2016, doi:10.5670/oceanog.2016.66); PuOr (ColorBrewer
2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from eogen.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

_MATPLOTLIB = ("cividis", "viridis", "gray")
SEQUENTIAL = (
    *_MATPLOTLIB,
    *(
        "algae",
        "amp",
        "deep",
        "dense",
        "haline",
        "ice",
        "matter",
        "rain",
        "speed",
        "tempo",
        "thermal",
        "turbid",
    ),
)
"""Names whose lightness only rises or only falls."""

SIGNED = ("PuOr", "balance", "curl", "delta", "diff", "tarn")
"""Names with a light middle, for quantities whose sign matters (zero is drawn in the middle)."""


@lru_cache
def table(name: str) -> np.ndarray:
    """Return the 256 colours of colormap ``name`` as read-only uint8 (256, 3), lowest value first.

    Raises:
        InputError: ``colormap``, when the name is not one of :data:`SEQUENTIAL` or :data:`SIGNED`.
    """
    if name not in SEQUENTIAL + SIGNED:
        raise InputError(
            "colormap",
            "The colour scale {name} is not offered (rainbows mislead the eye); choose one of {expected}.",
            name=name,
            expected=", ".join(SEQUENTIAL + SIGNED),
        )
    if name in _MATPLOTLIB or name == "PuOr":
        from matplotlib import colormaps

        colours = colormaps[name]
    else:
        import cmocean

        colours = cmocean.cm.cmap_d[name]
    rgb = (colours(np.linspace(0, 1, 256))[:, :3] * 255).round().astype("uint8")
    rgb.setflags(write=False)
    return rgb


@dataclass(frozen=True)
class Scale:
    """A colormap between two values.

    Args:
        name: one of :data:`SEQUENTIAL` or :data:`SIGNED`.
        low, high: the values drawn with the first and the last colour, ``low < high``; positive when ``log``.
        log: whether equal ratios, rather than equal differences, get equal steps of colour.
    """

    name: str
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        table(self.name)
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise InputError(
                "scale_ends",
                "A colour scale needs two finite values, the lower first; it was given {low} and {high}.",
                low=self.low,
                high=self.high,
            )
        if self.log and self.low <= 0:
            raise InputError(
                "scale_log", "A logarithmic scale starts above zero; it was given {low}.", low=self.low
            )

    @classmethod
    def of(cls, field: xr.DataArray | np.ndarray, name: str = "cividis", *, log: bool = False) -> Scale:
        """Return the scale that just holds the finite values of ``field``; symmetric about zero when signed.

        A constant field (or one with no finite value at all) gets an interval of width 1 (a decade when
        ``log``).
        """
        values = np.asarray(field, float)
        values = values[np.isfinite(values) & (values > 0 if log else True)]
        if not values.size:
            return cls(name, 1.0, 10.0, log) if log else cls(name, -1.0 if name in SIGNED else 0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        if name in SIGNED:
            high = max(abs(low), abs(high)) or 1.0
            return cls(name, -high, high)
        if low == high:
            high = low * 10 if log else low + 1
        return cls(name, low, high, log)

    @property
    def signed(self) -> bool:
        """Whether the colormap has a light middle."""
        return self.name in SIGNED

    def fraction(self, field: xr.DataArray | np.ndarray) -> np.ndarray:
        """Return where values lie between the ends, in [0, 1]; NaN stays NaN (log: as does v <= 0)."""
        values, low, high = np.asarray(field, float), self.low, self.high
        if self.log:
            values = np.log(np.where(values > 0, values, np.nan))
            low, high = np.log(low), np.log(high)
        return np.clip((values - low) / (high - low), 0, 1)

    def value(self, fraction: float) -> float:
        """Return the value drawn at ``fraction`` of the scale: the inverse of :meth:`fraction`."""
        if self.log:
            return float(self.low * (self.high / self.low) ** fraction)
        return self.low + fraction * (self.high - self.low)

    def colour(
        self, field: xr.DataArray | np.ndarray, *, alpha: float = 1.0, alpha_by_value: bool = False
    ) -> np.ndarray:
        """Return ``field`` (y, x) as uint8 RGBA (y, x, 4); NaN is transparent.

        Args:
            alpha: opacity of every finite pixel, in [0, 1].
            alpha_by_value: multiply the opacity by the distance from the low end (from the middle, when
                signed), so that only what stands out hides the picture below.
        """
        where = self.fraction(field)
        known = np.isfinite(where)
        where = np.where(known, where, 0.0)
        out = np.zeros((*where.shape, 4), "uint8")
        out[..., :3] = table(self.name)[np.round(where * 255).astype(int)]
        weight = np.full(where.shape, float(alpha))
        if alpha_by_value:
            weight = weight * (np.abs(2 * where - 1) if self.signed else where)
        out[..., 3] = np.round(255 * np.where(known, weight, 0.0))
        out[~known] = 0
        return out

    def hex_colours(self, n: int = 17) -> list[str]:
        """Return ``n`` colours ``#rrggbb`` at equal steps of the scale, lowest first."""
        rows = table(self.name)[np.linspace(0, 255, n).round().astype(int)]
        return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in rows]
