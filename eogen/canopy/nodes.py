"""Compute the table of quadrature nodes of the Sentinel-2 bands.

    python -m eogen.canopy.nodes S2A=FILE S2B=FILE S2C=FILE --solar FILE [--out FILE]

FILE are ESA's spectral responses (S2-SRF, COPE-GSEG-EOPG-TN-15-0007, one sheet per satellite saved as text) and
the sun's irradiance as used by 6S (Vermote et al. 1997; its `.rsr` tables: µm, W/m²/µm). The result,
``sentinel2_nodes.csv``, holds numbers computed from them and is kept in the repository; the files are not.

Each band's response times the sun's irradiance, sampled at every nanometre, is a discrete measure. Its Gauss
quadrature with m nodes integrates polynomials up to degree 2m - 1 exactly (Golub & Welsch 1969; the recurrence
by Lanczos: Gautschi 2004, §2.2.3). Node wavelengths need not be whole: constants are interpolated there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from eogen.canopy.constants import WAVELENGTHS
from eogen.canopy.sensors import BANDS, SENSORS, TABLE, read_response

#: Nodes by band, 56 in all: more where vegetation's spectrum bends within the band.
COUNTS = dict(zip(BANDS, (6, 4, 4, 3, 3, 4, 8, 4, 8, 12), strict=True))
HEAD = """\
# Gauss quadrature of the Sentinel-2 bands: computed by `python -m eogen.canopy.nodes` from ESA's spectral responses
# (S2-SRF, COPE-GSEG-EOPG-TN-15-0007) times the sun's irradiance (6S). Weights sum to one in each band.
sensor,band,wavelength_nm,weight
"""


def gauss(points: np.ndarray, weights: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights (count) of the Gauss quadrature of a discrete measure.

    Args:
        points, weights: of the measure; weights >= 0, with more than ``count`` above zero.
        count: of nodes.
    """
    points, weights = points[weights > 0].astype(float), weights[weights > 0]
    middle, half = (points[0] + points[-1]) / 2, (points[-1] - points[0]) / 2
    scaled = (points - middle) / half
    basis = np.zeros((count + 1, len(points)))
    basis[0] = np.sqrt(weights / weights.sum())
    diagonal, beside = np.zeros(count), np.zeros(count)
    for step in range(count):
        rest = scaled * basis[step]
        diagonal[step] = basis[step] @ rest
        for _ in range(2):  # Lanczos loses orthogonality to rounding unless it is restored
            rest -= basis[: step + 1].T @ (basis[: step + 1] @ rest)
        beside[step] = np.linalg.norm(rest)
        basis[step + 1] = rest / beside[step]
    inner = beside[: count - 1]
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(inner, 1) + np.diag(inner, -1))
    return middle + half * values, vectors[0] ** 2


def table(files: dict[str, Path], solar: Path) -> str:
    """Return the table as text, from the response file of each satellite and the sun's."""
    lines = []
    for sensor, path in files.items():
        for band, weights in zip(BANDS, read_response(path, solar), strict=True):
            for node, weight in zip(*gauss(WAVELENGTHS, weights, COUNTS[band]), strict=True):
                lines.append(f"{sensor},{band},{node:.6f},{weight:.12f}\n")
    return HEAD + "".join(lines)


def main(words: list[str] | None = None) -> int:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Compute the quadrature nodes of the Sentinel-2 bands.")
    parser.add_argument("files", nargs="+", metavar="SENSOR=FILE")
    parser.add_argument("--solar", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args(words)
    files = {name: Path(path) for name, _, path in (item.partition("=") for item in asked.files)}
    if unknown := set(files) - set(SENSORS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; the satellites are {', '.join(SENSORS)}")
    asked.out.write_text(table(files, asked.solar), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
