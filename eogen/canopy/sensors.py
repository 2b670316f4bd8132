"""The Sentinel-2 bands: reflectance as MSI on S2A, S2B or S2C would measure it.

A band's reflectance is ``∫ρ S E dλ / ∫ S E dλ``: S its spectral response (ESA, S2-SRF, COPE-GSEG-EOPG-TN-15-0007)
and E the sun's irradiance. Two ways: the sum over every nanometre (``read_response``, ``convolve``), from ESA's
file; and a quadrature (``nodes``), from a table computed by ``eogen.canopy.nodes``, which asks for reflectance at
about 50 wavelengths instead of 2101.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eogen.canopy.constants import WAVELENGTHS
from eogen.canopy.variables import choose
from eogen.errors import InputError

SENSORS = ("S2A", "S2B", "S2C")
#: The ten bands at 10 m and 20 m that see the ground, by band number as everywhere in eogen.
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
TABLE = Path(__file__).with_name("sentinel2_nodes.csv")


@cache
def nodes(sensor: str) -> tuple[np.ndarray, np.ndarray]:
    """Return wavelengths (node) in nm, and weights (band, node); each band's weights sum to one.

    Raises:
        InputError: ``canopy_choice`` for a sensor that is not in ``SENSORS``.
    """
    choose("sensor", sensor, SENSORS)
    with TABLE.open(newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    rows = [row for row in csv.DictReader(lines) if row["sensor"] == sensor]
    weights = np.zeros((len(BANDS), len(rows)))
    for place, row in enumerate(rows):
        weights[BANDS.index(row["band"]), place] = float(row["weight"])
    return np.array([float(row["wavelength_nm"]) for row in rows]), weights


def read_response(path: Path, solar: Path | None = None) -> np.ndarray:
    """Return the weights (band, 2101) of the sum over every nanometre from 400 to 2500.

    Args:
        path: ESA's responses as a text table (commas or tabs): wavelength in nm, then one column per band whose
            name ends in the band's (``S2A_SR_AV_B2`` or ``B2``).
        solar: table whose first two columns are wavelength in µm and the sun's irradiance; without it, the sun
            is taken as flat.

    Raises:
        InputError: ``spectral_response``.
    """
    try:
        head, *rows = path.read_text().splitlines() or [""]
        delimiter = "\t" if "\t" in head else ","
        found = [_band(name) for name in head.split(delimiter)]
        columns = [found.index(band) for band in BANDS]
        table = np.loadtxt(rows or ["no rows"], delimiter=delimiter, ndmin=2)
        response = [np.interp(WAVELENGTHS, table[:, 0], table[:, c], left=0, right=0) for c in columns]
    except (OSError, UnicodeDecodeError, ValueError, IndexError) as fault:
        raise InputError(
            "spectral_response",
            "{name} is not a table of Sentinel-2 spectral responses ({reason}): wavelength in nm and a column for "
            "each of {bands} were expected.",
            name=path.name,
            reason=str(fault),
            bands=", ".join(BANDS),
        ) from fault
    weights = np.array(response)
    if solar is not None:
        sun = np.loadtxt(solar, usecols=(0, 1))
        weights *= np.interp(WAVELENGTHS, sun[:, 0] * 1000, sun[:, 1])
    return weights / weights.sum(1, keepdims=True)


def convolve(spectra: Tensor, response: np.ndarray) -> Tensor:
    """Return the bands (n, band) of spectra (n, 2101), by ``response`` of :func:`read_response`."""
    return spectra @ torch.as_tensor(response, dtype=spectra.dtype, device=spectra.device).T


def _band(column: str) -> str:
    """``"S2A_SR_AV_B2"`` -> ``"B02"``; other columns keep their name."""
    if found := re.fullmatch(r".*B(\d+A?)", column.strip()):
        return "B" + found[1].rjust(2, "0")
    return column
