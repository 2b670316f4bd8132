"""Soils under the canopy: a mix of a dry and a wet spectrum, or spectra of a library.

``soil = rsoil (psoil dry + (1 - psoil) wet)``: psoil is dryness, rsoil brightness (Jacquemoud, Baret & Hanocq
1992). The two default spectra come with the installed Python package `prosail`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from eogen.canopy.constants import WAVELENGTHS, packaged
from eogen.errors import InputError


def dry_wet() -> np.ndarray:
    """Return the reflectance of the dry and the wet soil (2, 2101), 400-2500 nm by 1 nm."""
    return np.loadtxt(packaged("soil_reflectance.txt")).T


def read_library(path: Path) -> xr.DataArray:
    """Read a library of soil spectra: a text table, ``lambda`` in nm then one column per soil.

    Returns:
        reflectance (soil, wavelength), 0-1, at 400-2500 nm by 1 nm. Any two of them (or one of them twice) can
        stand for dry and wet: ``Prosail(soil=library.sel(soil=["soil_01", "soil_04"]))``.

    Raises:
        InputError: ``soil_library``.
    """
    try:
        head, *rows = path.read_text().splitlines() or [""]
        names = head.split("\t")
        table = np.loadtxt(rows or ["no rows"], delimiter="\t", ndmin=2)
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise _refused(path, str(fault)) from fault
    if table.shape[1] != len(names) or len(names) < 2:
        raise _refused(path, f"{len(names)} names, {table.shape[1]} columns")
    if table[0, 0] > WAVELENGTHS[0] or table[-1, 0] < WAVELENGTHS[-1] or (np.diff(table[:, 0]) <= 0).any():
        raise _refused(path, f"{table[0, 0]:g}-{table[-1, 0]:g} nm")
    spectra = np.stack([np.interp(WAVELENGTHS, table[:, 0], column) for column in table[:, 1:].T])
    if not ((spectra >= 0) & (spectra <= 1)).all():
        raise _refused(path, f"{spectra.min():g}..{spectra.max():g}")
    return xr.DataArray(
        spectra,
        dims=("soil", "wavelength"),
        coords={"soil": names[1:], "wavelength": ("wavelength", WAVELENGTHS, {"units": "nm"})},
        name="reflectance",
        attrs={"units": "1", "source": path.name},
    )


def _refused(path: Path, reason: str) -> InputError:
    return InputError(
        "soil_library",
        "{name} is not a library of soil spectra ({reason}): a text table of wavelength (400 to 2500 nm) and "
        "reflectances (0 to 1), one column per soil, separated by tabs, was expected.",
        name=path.name,
        reason=reason,
    )
