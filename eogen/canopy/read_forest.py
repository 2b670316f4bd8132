"""Forest stands of the Wienerwald (Austria): one year of Sentinel-2 spectra by tree species.

She et al. 2024 (MAGIC): means of 1,283 stands on 14 days of 2018, with the leaf area and FAPAR of ESA's SNAP. Neither
angles nor coordinates are given.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.canopy import geometry
from eogen.canopy.dataset import points
from eogen.canopy.sensors import BANDS
from eogen.canopy.tables import absent, numbers, read_table, texts, unusable

FOLDER, ENTRY = "magic_bpww", "magic_bpww"
#: Middle of the Biosphere Reserve Wienerwald, degrees east and north: for the sun.
PLACE = (16.1, 48.15)
_COLUMN = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)_(B\d[\dA]|FAPAR|LAI)(_.*)?")


def forest(root: Path) -> xr.Dataset:
    """Return the spectra of every stand on every day.

    Args:
        root: the room's data folder.

    Returns:
        (pixel) ``reflectance`` (pixel, band), ``lai_snap``, ``fapar_snap`` and the angles (the sun's at the hour when
        the satellite passes overhead, within about 2°; view from straight above is assumed); coordinates ``stand``,
        ``species``, ``s2_date``, ``sensor`` (always "": not told).

    Raises:
        Unavailable: ``canopy_absent``.
        InputError: ``canopy_table``.
    """
    paths = sorted((root / FOLDER).glob("BPWW_extract_*.csv"))
    if not paths:
        raise absent(root / FOLDER, "BPWW_extract_*.csv", ENTRY)
    years = [_year(path) for path in paths]
    return xr.concat(years, dim="pixel", combine_attrs="drop_conflicts")


def _year(path: Path) -> xr.Dataset:
    table = read_table(path, ("class",), sep=";")
    columns: dict[str, dict[str, str]] = {}
    for column in table.columns:
        if found := _COLUMN.fullmatch(column):
            year, month, day, what, _ = found.groups()
            columns.setdefault(f"{year}-{month}-{day}", {})[what] = column
    if not columns:
        raise unusable(path.name, "no column is named as 2018.04.21_B02_BLUE")
    count, species, parts = len(table), texts(table, "class"), []
    for day, held in sorted(columns.items()):
        if missing := [band for band in BANDS if band not in held]:
            raise unusable(path.name, f"on {day} the bands {', '.join(missing)} are missing")
        try:
            date = np.datetime64(day, "D")
        except ValueError as fault:
            raise unusable(path.name, f"{day} is not a day") from fault
        angles = geometry.angles(date, *PLACE)
        names = ("solar_zenith", "view_zenith", "relative_azimuth")
        snap = numbers(table, [held.get("LAI", "-"), held.get("FAPAR", "-")]) / 1e3
        parts.append(
            points(
                numbers(table, [held[band] for band in BANDS]) / 1e4,
                {name: np.full(count, angle) for name, angle in zip(names, angles, strict=True)},
                {"lai_snap": snap[:, 0], "fapar_snap": snap[:, 1]},
                {
                    "stand": np.arange(count),
                    "species": species,
                    "s2_date": np.full(count, date.astype("datetime64[ns]")),
                    "sensor": np.full(count, "", dtype="<U3"),
                },
                source="magic_bpww",
                origin="real",
                geometry_source="assumed: the sun when the satellite passes overhead, seen from above",
            )
        )
    return xr.concat(parts, dim="pixel", combine_attrs="drop_conflicts")
