"""What can be looked at on the map: layers of a filled sea, in the unit in which they are read, with their scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.special import ndtr

from eogen.colour import Scale
from pages.kit.words import Words
from pages.parts.ocean import compute, draw
from pages.parts.ocean.state import State

LAYERS = ("mean", "sd", "member", "probability", "error")
#: Sides of the swipe that are no method's.
OBSERVED, TRUTH = "observed", "truth"


@dataclass(frozen=True)
class Layer:
    """One picture's numbers.

    Attributes:
        key: names the content.
        values: (lat, lon) as they are read.
        scale: their colours.
        title: in the reader's language.
        unit: as written.
        blank: whether cells without a value have none by nature (they were observed, or no truth is known).
    """

    key: tuple[object, ...]
    values: np.ndarray
    scale: Scale
    title: str
    unit: str
    blank: bool = False


def title(t: Words, state: State) -> str:
    """Return the name of the quantity."""
    own = state.quantity == "chl"
    return t(f"ocean.variables.{state.cut.name}" if own else f"ocean.quantities.{state.quantity}")


def unit(state: State) -> str:
    """Return the unit in which the quantity is read."""
    if state.quantity != "chl":
        return "%"
    return {"log10_chl": "mg m⁻³", "sst": "°C", "sea_level": "m", "wind_speed": "m s⁻¹"}.get(
        str(state.cut.name), ""
    )


def error_unit(state: State) -> str:
    """Return the unit of errors and spreads."""
    return "log₁₀" if state.quantity == "chl" and str(state.cut.name).startswith("log10_") else unit(state)


def read(state: State, values: np.ndarray) -> np.ndarray:
    """Return values (in the unit that is filled) as they are read: mg m-3, percent, or as they are."""
    return 100 * values if state.quantity != "chl" else draw.as_read(str(state.cut.name), values)


def wide(state: State, values: np.ndarray) -> np.ndarray:
    """Return errors and spreads as they are read: log10, percentage points, or as they are."""
    return 100 * values if state.quantity != "chl" else values


def scale(state: State) -> Scale:
    """Return the one scale of every picture of the quantity, whatever the date or the method."""
    if state.quantity == "chl":
        return draw.shades(str(state.cut.name), state.cut.values)
    return Scale("matter", 0.0, 100.0)


def observed(t: Words, state: State, name: str) -> Layer:
    """Return what the methods were given (``observed``) or what was seen, the withheld cells included (``truth``)."""
    values = compute.seen(state, withheld=name == TRUTH)
    key = (state.signature, state.frame, state.quantity, name)
    return Layer(key, read(state, values), scale(state), title(t, state), unit(state))


def of(t: Words, state: State, found: xr.Dataset, layer: str, member: int, threshold: float) -> Layer:
    """Return one layer of a filled sea."""
    key = (
        state.signature,
        state.frame,
        state.quantity,
        found.attrs.get("method"),
        state.seed,
        state.members,
        layer,
    )
    mean, sd = found["mean"].values[0], found["sd"].values[0]
    if layer == "sd":
        shown = wide(state, np.where(sd > 0, sd, np.nan))
        return Layer(key, shown, _spread(shown), t("ocean.layers.sd"), error_unit(state), True)
    if layer == "member":
        values = found["member"].values[member % found.sizes["member"], 0]
        return Layer((*key, member), read(state, values), scale(state), title(t, state), unit(state))
    if layer == "probability":
        edge = threshold / 100 if state.quantity != "chl" else _filled_unit(state, threshold)
        known = sd > 0
        share = np.where(known, ndtr((mean - edge) / np.where(known, sd, 1)), np.where(mean > edge, 1.0, 0.0))
        values = np.where(np.isfinite(mean), 100 * share, np.nan)
        return Layer((*key, threshold), values, Scale("dense", 0, 100), t("ocean.layers.probability"), "%")
    if layer == "error":
        truth = compute.seen(state, withheld=True)
        values = wide(state, np.where(state.hidden, mean - truth, np.nan))
        if state.truth is not None and state.quantity == "chl":  # simulated: known under the real clouds too
            values = np.where(state.sea & found["filled"].values[0], mean - state.truth[state.frame], np.nan)
        return Layer(key, values, _error(values), t("ocean.layers.error"), error_unit(state), True)
    return Layer(key, read(state, mean), scale(state), title(t, state), unit(state))


def alike(shown: list[Layer]) -> list[Layer]:
    """Return the layers with one scale for all that show the same thing: colours must be comparable."""
    ends: dict[tuple[str, str], Scale] = {}
    for one in shown:
        other = ends.get((one.title, one.scale.name), one.scale)
        ends[one.title, one.scale.name] = replace(
            other, low=min(other.low, one.scale.low), high=max(other.high, one.scale.high)
        )
    return [replace(one, scale=ends[one.title, one.scale.name]) for one in shown]


def _filled_unit(state: State, threshold: float) -> float:
    return float(np.log10(threshold)) if str(state.cut.name).startswith("log10_") else threshold


def _spread(values: np.ndarray) -> Scale:
    seen = values[np.isfinite(values)]
    return Scale("amp", 0.0, float(f"{np.quantile(seen, 0.99):.2g}") if seen.size and seen.max() > 0 else 1.0)


def _error(values: np.ndarray) -> Scale:
    seen = np.abs(values[np.isfinite(values)])
    most = float(f"{np.quantile(seen, 0.98):.2g}") if seen.size and seen.max() > 0 else 1.0
    return Scale("balance", -most, most)
