"""What the maps panel can draw of a scene: each layer's numbers, kept per scene and weights, and its colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr

from eogen import catalog
from eogen.canopy import mapping, models
from eogen.canopy.dataset import complete
from eogen.canopy.methods import FAMILIES
from eogen.canopy.sl2p import sl2p
from eogen.colour import Scale
from eogen.errors import InputError, Unavailable
from eogen.progress import Progress, silent
from pages.parts.canopy import compute, draw
from pages.parts.canopy.sources import Scene

#: Classes of the map of domains: inside, outside what SL2P was fitted on, outside PROSAIL, outside both.
DOMAINS = ("inside", "sl2p", "prosail", "both")
DOMAIN_COLOURS = ("#CDD9CE", "#56B4E9", "#E69F00", "#A33E25")
#: Families whose maps would take minutes: a particle filter per pixel.
SLOW = ("importance",)
KEPT = 12


@dataclass(frozen=True)
class Layer:
    """One thing to look at on a map.

    Attributes:
        name: stable; its words are ``canopy.maps.layers.{name}``.
        unit: as written on the page.
        shades: colours by kind of quantity; None for pictures and classes.
        own: whether the ends of the colours are those of this scene rather than fixed.
    """

    name: str
    unit: str = ""
    shades: Scale | None = None
    own: bool = False


#: Leaf area and its spread have fixed colours, so that scenes compare; the others fit the scene.
LAYERS: dict[str, Layer] = {
    row.name: row
    for row in (
        Layer("natural"),
        Layer("lai", "m²/m²", draw.LAI),
        Layer("lai_sd", "m²/m²", draw.SPREAD),
        Layer("ccc", "µg/cm²", Scale("speed", 0, 1), own=True),
        Layer("ccc_sd", "µg/cm²", Scale("amp", 0, 1), own=True),
        Layer("misfit", "", Scale("matter", 0, 4)),
        Layer("domain"),
        Layer("sl2p", "m²/m²", draw.LAI),
        Layer("gap", "m²/m²", Scale("balance", -3, 3)),
        Layer("truth", "m²/m²", draw.LAI),
        Layer("error", "m²/m²", Scale("balance", -3, 3)),
        Layer("published", "m²/m²", draw.LAI),
    )
}


def root():  # noqa: ANN201 - Path | None
    """Return the room's data folder, or None."""
    return catalog.room_folder("canopy")


def has_sl2p(scene: xr.Dataset) -> bool:
    """Return whether SL2P can be asked about a scene: its networks and its bands are here."""
    if (folder := root()) is None:
        return False
    try:
        sl2p(scene.isel(y=slice(0, 1), x=slice(0, 1)), folder)
    except InputError:
        return False
    return True


def offered(scene: xr.Dataset) -> list[str]:
    """Return the layers that a scene has, in order."""
    absent = set()
    if not has_sl2p(scene):
        absent |= {"sl2p", "gap"}
    if "lai" not in scene:
        absent |= {"truth", "error"}
    if "lut_lai" not in scene:
        absent.add("published")
    return [name for name in LAYERS if name not in absent]


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _belief(key: tuple[str, str, str], quantity: str, _scene: xr.Dataset, _progress: Progress) -> xr.Dataset:
    network, _ = compute.encoder(key[0])
    return mapping.belief_map(network, _scene, (quantity,), progress=_progress)


def belief(family: str, scene: Scene, quantity: str, progress: Progress = silent) -> xr.Dataset:
    """Return the maps of a quantity (see :func:`eogen.canopy.mapping.belief_map`)."""
    return _belief((family, models.weights_stamp(family), scene.key), quantity, scene.data, progress)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _limit(family: str, stamp: str) -> float:
    network, _ = compute.encoder(family)
    return mapping.misfit_limit(network, network.prior, noise=FAMILIES[family].noise)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _misfit(key: tuple[str, str, str], _scene: xr.Dataset, _progress: Progress) -> xr.Dataset:
    network, _ = compute.encoder(key[0])
    noise = FAMILIES[key[0]].noise
    return mapping.misfit_map(network, _scene, _limit(*key[:2]), noise=noise, progress=_progress)


def misfit(family: str, scene: Scene, progress: Progress = silent) -> xr.Dataset:
    """Return how far PROSAIL stays from each pixel, and where that is too far."""
    return _misfit((family, models.weights_stamp(family), scene.key), scene.data, progress)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _sl2p(key: str, _scene: xr.Dataset) -> xr.Dataset:
    folder = root()
    if folder is None:
        raise Unavailable(
            "no_sl2p",
            "The networks of SL2P are not in {folder}; this command brings them: {command}",
            folder="canopy",
            command="python -m eogen fetch snap_sl2p",
        )
    found = sl2p(_scene, folder)
    return found.where(complete(_scene))


def of_sl2p(scene: Scene) -> xr.Dataset:
    """Return SL2P's leaf area, and where it is outside its definition domain (NaN where nothing was seen)."""
    return _sl2p(scene.key, scene.data)


def values(name: str, family: str, scene: Scene, progress: Progress = silent) -> np.ndarray:
    """Return the numbers (y, x) of a layer; NaN where there is none."""
    makers: dict[str, Callable[[], xr.DataArray]] = {
        "lai": lambda: belief(family, scene, "lai", progress).lai_mean,
        "lai_sd": lambda: belief(family, scene, "lai", progress).lai_sd,
        "ccc": lambda: belief(family, scene, "ccc", progress).ccc_mean,
        "ccc_sd": lambda: belief(family, scene, "ccc", progress).ccc_sd,
        "misfit": lambda: misfit(family, scene, progress).reconstruction_residual,
        "domain": lambda: _domain(family, scene, progress),
        "sl2p": lambda: of_sl2p(scene).value,
        "gap": lambda: belief(family, scene, "lai", progress).lai_mean - of_sl2p(scene).value,
        "truth": lambda: scene.data.lai,
        "error": lambda: belief(family, scene, "lai", progress).lai_mean - scene.data.lai,
        "published": lambda: scene.data.lut_lai,
    }
    return makers[name]().transpose("y", "x").values.astype(np.float32)


def _domain(family: str, scene: Scene, progress: Progress) -> xr.DataArray:
    found = misfit(family, scene, progress).out_of_domain * 2
    if has_sl2p(scene.data):
        found = found + of_sl2p(scene).input_out_of_domain.transpose("y", "x").values
    return found


def shades(name: str, numbers: np.ndarray) -> Scale | None:
    """Return the colours of a layer, stretched to nearly all values of the scene where they are its own."""
    layer = LAYERS[name]
    if layer.shades is None or not layer.own or not np.isfinite(numbers).any():
        return layer.shades
    top = float(np.nanquantile(numbers, 0.99)) or 1.0
    digit = 10 ** np.floor(np.log10(top))
    return Scale(layer.shades.name, 0, float(np.ceil(top / digit * 2) / 2 * digit))


def pixels_of_domain(numbers: np.ndarray) -> np.ndarray:
    """Return display pixels (y, x, 4) of the map of domains."""
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] + [255] for c in DOMAIN_COLOURS], np.uint8)
    known = np.isfinite(numbers)
    out = colours[np.where(known, numbers, 0).astype(int)]
    out[~known] = 0
    return out
