"""Optical constants of leaves, 400-2500 nm by 1 nm.

PROSPECT-5 and PROSPECT-D come with the installed Python package `prosail` (its text files are read, the
package, which compiles at import, is not imported). PROSPECT-PRO's are a file of the canopy data.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from eogen.catalog.paths import data_roots
from eogen.errors import Unavailable

#: Wavelengths of every table, nm.
WAVELENGTHS = np.arange(400, 2501)
#: By version: the file, its columns after the wavelength (``index`` is the refractive index, the others are
#: specific absorptions by the variable they multiply).
_FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "5": ("prospect5_spectra.txt", ("index", "cab", "car", "cbrown", "cw", "cm")),
    "D": ("prospect_d_spectra.txt", ("index", "cab", "car", "ant", "cbrown", "cw", "cm")),
    "PRO": ("prospect_pro_spectra.txt", ("index", "cab", "car", "ant", "cbrown", "cw", "cm", "prot", "cbc")),
}
PRO_FILE = Path("optical_constants") / _FILES["PRO"][0]


def leaf_constants(version: str, pro: Path | None = None) -> dict[str, np.ndarray]:
    """Return refractive index and specific absorptions (2101) of PROSPECT ``"5"``, ``"D"`` or ``"PRO"``.

    Args:
        version: of PROSPECT.
        pro: file of PROSPECT-PRO's constants; by default the one in the room's data.

    Raises:
        Unavailable: ``no_prosail`` or ``no_pro_constants``.
    """
    name, columns = _FILES[version]
    table = np.loadtxt(packaged(name) if version != "PRO" else pro or _pro_file())
    return dict(zip(columns, table.T[-len(columns) :], strict=True))


def packaged(name: str) -> Path:
    """Return a data file of the installed package `prosail`; Unavailable ``no_prosail`` without it."""
    spec = find_spec("prosail")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "no_prosail",
            "The package prosail, which brings the optical constants of leaves and soils, is not installed: "
            "{command}",
            command="pip install prosail==2.0.5",
        )
    return Path(spec.submodule_search_locations[0]) / name


def _pro_file() -> Path:
    places = [root / "canopy" / PRO_FILE for root in data_roots()]
    for place in places:
        if place.is_file():
            return place
    raise Unavailable(
        "no_pro_constants",
        "PROSPECT-PRO needs its optical constants, {file}, which are not in {folder}; use version D.",
        file=str(PRO_FILE),
        folder=str(places[0].parent),
    )
