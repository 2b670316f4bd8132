"""Compute the table of quadrature nodes of the Sentinel-2 bands.

    python -m eogen.canopy.nodes S2A=FILE S2B=FILE S2C=FILE --solar FILE --soils FILE [--out FILE]

FILE are ESA's spectral responses (S2-SRF, COPE-GSEG-EOPG-TN-15-0007, one sheet per satellite saved as text) and
the sun's irradiance as used by 6S (Vermote et al. 1997; its `.rsr` tables: µm, W/m²/µm); soils are a library
(47 spectra of the Open Soil Spectral Library as sampled in jbferet/prosail, ATBD v3), PROSPECT-PRO's constants
those of the room's data. The result, ``sentinel2_nodes.csv``, holds numbers computed from them and is kept in
the repository; the files are not.

Gauss's nodes would make polynomials exact, but canopy spectra bend within bands: with 56 such nodes the worst
error over CESBIO's prior is 1.0e-3 (S2A) to 1.9e-3 (S2B). So nodes and weights are instead made exact, in the
least-squares sense, for spectra of the model itself, as in Optimal Spectral Sampling (Moncet et al. 2008,
doi:10.1175/2008JAS2711.1): whole wavelengths inside the band, positive weights, one more node until the largest
and the root-mean-square error over the sample are below the limits.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from eogen.canopy.constants import WAVELENGTHS
from eogen.canopy.prosail import Prosail
from eogen.canopy.sensors import BANDS, SENSORS, TABLE, read_response
from eogen.canopy.soil import read_library
from eogen.canopy.variables import CONTENTS, LEGACY, VARIABLES

#: Limits of the error of a band over the sample: largest, and root mean square.
WORST, TYPICAL = 4e-4, 2.5e-5
_MOST = 16
_SOIL_PAIRS = 4
#: Where the sample is narrower than the variables' bounds: soils below 1, directions that satellites have.
_RANGES = {"rsoil": (0, 1.9), "solar_zenith": (0, 75), "view_zenith": (0, 60)}
HEAD = """\
# Quadrature nodes of the Sentinel-2 bands: computed by `python -m eogen.canopy.nodes` from ESA's spectral responses
# (S2-SRF, COPE-GSEG-EOPG-TN-15-0007) times the sun's irradiance (6S).
sensor,band,wavelength_nm,weight
"""


def sample(count: int, soils: np.ndarray, seed: int) -> np.ndarray:
    """Return spectra (sample, 2101) that the quadrature must integrate.

    Of each version of PROSPECT, ``count`` canopies uniform over all bounds, as many with little of everything in
    the leaf, as many within CESBIO's prior; over a pair of ``soils`` (soil, 2101) each time another; and soils alone.
    """
    draw = np.random.default_rng(seed)
    found = [soils]
    for version in CONTENTS:
        names = Prosail(version=version).variables
        whole = {n: _RANGES.get(n, (VARIABLES[n].low, VARIABLES[n].high)) for n in names}
        cesbio = whole | {n: (p.low, p.high) for n, p in LEGACY.items() if n in names}
        for ranges, power in ((whole, 1), (whole, 3), (cesbio, 1)):
            for part in range(_SOIL_PAIRS):
                pair = None if part == 0 else soils[draw.choice(len(soils), 2, replace=False)]
                model = Prosail(version=version, soil=pair, dtype=torch.float64)
                shares = {n: draw.random(count // _SOIL_PAIRS) for n in names}
                shares |= {n: shares[n] ** power for n in CONTENTS[version]}
                values = {n: low + (high - low) * shares[n] for n, (low, high) in ranges.items()}
                found.append(model.spectrum({n: torch.from_numpy(v) for n, v in values.items()}).numpy())
    spectra = np.concatenate(found)
    return spectra[spectra.max(1) <= 1]  # CESBIO's brightest soils give more light than falls on them


def choose(spectra: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return wavelengths and weights of the nodes of one band.

    Args:
        spectra: (sample, 2101).
        weights: of the sum over every nanometre (2101).
    """
    places = np.flatnonzero(weights)
    x = spectra[:, places]
    y = x @ weights[places]
    gram, side, total = x.T @ x, x.T @ y, y @ y

    def fit(chosen: list[int]) -> np.ndarray:
        return np.linalg.lstsq(gram[np.ix_(chosen, chosen)], side[chosen], rcond=1e-14)[0]

    def loss(chosen: list[int]) -> float:
        found = fit(chosen)
        return total - found @ side[chosen] if (found > 0).all() else np.inf

    chosen: list[int] = []
    for _ in range(_MOST):
        free = [c for c in range(len(places)) if c not in chosen]
        chosen = _settle([*chosen, min(free, key=lambda c: loss([*chosen, c]))], len(places), loss)
        error = x[:, chosen] @ fit(chosen) - y
        if abs(error).max() <= WORST and np.sqrt((error**2).mean()) <= TYPICAL:
            break
    chosen.sort()
    found = fit(chosen)
    return WAVELENGTHS[places[chosen]], found / found.sum()


def _settle(chosen: list[int], count: int, loss) -> list[int]:  # noqa: ANN001
    """Move one node at a time to wherever it serves best, until none moves."""
    best, moved = loss(chosen), True
    while moved:
        moved = False
        for k in range(len(chosen)):
            for place in set(range(count)) - set(chosen):
                tried = [*chosen[:k], place, *chosen[k + 1 :]]
                if (now := loss(tried)) < 0.999 * best:
                    best, chosen, moved = now, tried, True
    return chosen


def table(files: dict[str, Path], solar: Path, soils: Path) -> str:
    """Return the table as text, from the response file of each satellite, the sun's, and a library of soils."""
    spectra = sample(1000, read_library(soils).to_numpy(), seed=0)
    lines = []
    for sensor, path in files.items():
        for band, weights in zip(BANDS, read_response(path, solar), strict=True):
            for node, weight in zip(*choose(spectra, weights), strict=True):
                lines.append(f"{sensor},{band},{node},{weight:.9f}\n")
    return HEAD + "".join(lines)


def main(words: list[str] | None = None) -> int:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Compute the quadrature nodes of the Sentinel-2 bands.")
    parser.add_argument("files", nargs="+", metavar="SENSOR=FILE")
    parser.add_argument("--solar", type=Path, required=True)
    parser.add_argument("--soils", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args(words)
    files = {name: Path(path) for name, _, path in (item.partition("=") for item in asked.files)}
    if unknown := set(files) - set(SENSORS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; the satellites are {', '.join(SENSORS)}")
    asked.out.write_text(table(files, asked.solar, asked.soils), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
