"""Real spectra to learn from, with nothing of what was measured in the field."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from eogen.canopy import read
from eogen.canopy.observation import Observation, observe
from eogen.canopy.space import GEOMETRY
from eogen.errors import InputError, Unavailable

#: Spectra taken of each set at most, so that no set drowns the others.
MOST = 6000
_KEPT = ("reflectance", *GEOMETRY)


@dataclass(frozen=True)
class Spectra:
    """Real spectra and where they come from.

    Attributes:
        seen: m pixels, B08 missing in some.
        rows: one per set, for a card: ``name``, ``licence``, ``sha256`` (of the values), ``n``.
    """

    seen: Observation
    rows: list[dict[str, object]]


def real_spectra(root: Path, seed: int = 0) -> Spectra:
    """Return spectra of every set that is here, at most ``MOST`` of each, drawn by ``seed``.

    Raises:
        Unavailable: ``no_training_data`` when there is no set at all.
    """
    parts, rows = [], []
    for name, licence, load in _SETS:
        try:
            found = load(root)
        except Unavailable:
            continue
        if not found:
            continue
        keep = np.isfinite(found.reflectance.drop_sel(band="B08")).all("band").values
        places = np.flatnonzero(keep)
        if not len(places):
            continue
        chosen = np.sort(np.random.default_rng(seed).permutation(places)[:MOST])
        seen = observe(found[list(_KEPT)].isel(pixel=chosen))
        digest = hashlib.sha256(seen.reflectance.numpy().tobytes()).hexdigest()
        parts.append(seen)
        rows.append({"name": f"{name} (spectra only)", "licence": licence, "sha256": digest, "n": len(seen)})
    if not parts:
        raise Unavailable(
            "no_training_data",
            "There is no {what} in {folder}; fetch it: python -m eogen fetch --room canopy",
            what="Sentinel-2 spectrum (cesbio_insitu, eth_insitu, eth_s2_patches, magic_bpww)",
            folder=str(root),
        )
    return Spectra(
        Observation(torch.cat([p.reflectance for p in parts]), torch.cat([p.geometry for p in parts])), rows
    )


def _chips(root: Path) -> xr.Dataset:
    """Return the valid pixels of every chip, one under the other."""
    parts: list[xr.Dataset] = []
    for chip in read.chips(root):
        try:
            scene = chip.load()[list(_KEPT)]
        except InputError as error:
            if error.code != "canopy_no_valid_pixel":  # all under cloud: nothing to learn from
                raise
            continue
        flat = (
            scene.stack(pixel=("y", "x")).reset_index("pixel", drop=True).drop_vars(["time"], errors="ignore")
        )
        for name in GEOMETRY:
            flat[name] = flat[name].broadcast_like(flat.reflectance.isel(band=0, drop=True))
        lit = np.isfinite(flat.reflectance.sel(band="B04"))
        parts.append(flat.isel(pixel=np.flatnonzero(lit)[:400]).drop_vars("spatial_ref", errors="ignore"))
    return xr.concat(parts, "pixel") if parts else xr.Dataset()


_SETS: tuple[tuple[str, str, Callable[[Path], xr.Dataset]], ...] = (
    ("CESBIO time series", "AGPL-3.0 (repository); Copernicus Sentinel data", read.cesbio_series),
    ("ETH winter wheat", "none stated (repository); Copernicus Sentinel data", read.eth_rtminv),
    ("ETH crop traits", "GPL-3.0 (repository); Copernicus Sentinel data", read.eth_croptraits),
    ("ETH field chips", "GPL-3.0 (repository); Copernicus Sentinel data", _chips),
    ("Wienerwald forest stands", "CC BY 4.0; Copernicus Sentinel data", read.forest),
)
