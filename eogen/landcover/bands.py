"""Sentinel-2 MSI bands, their groups, and the ten EuroSAT classes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """One Sentinel-2 MSI band.

    Attributes:
        name: ``"B01"`` … ``"B12"``, ``"B8A"``.
        wavelength: centre, nm (Sentinel-2A, ESA S2-SRF COPE-GSEG-EOPG-TN-15-0007).
        width: bandwidth, nm.
        resolution: ground sampling distance, m.
        group: spectral group used for grouped Shapley values.
    """

    name: str
    wavelength: float
    width: float
    resolution: int
    group: str


#: In the order of wavelength numbers, as most products list them.
BANDS: dict[str, Band] = {
    b.name: b
    for b in (
        Band("B01", 442.7, 21, 60, "atmosphere"),
        Band("B02", 492.4, 66, 10, "visible"),
        Band("B03", 559.8, 36, 10, "visible"),
        Band("B04", 664.6, 31, 10, "visible"),
        Band("B05", 704.1, 15, 20, "red_edge"),
        Band("B06", 740.5, 15, 20, "red_edge"),
        Band("B07", 782.8, 20, 20, "red_edge"),
        Band("B08", 832.8, 106, 10, "nir"),
        Band("B8A", 864.7, 21, 20, "nir"),
        Band("B09", 945.1, 20, 60, "atmosphere"),
        Band("B10", 1373.5, 31, 60, "atmosphere"),
        Band("B11", 1613.7, 91, 20, "swir"),
        Band("B12", 2202.4, 175, 20, "swir"),
    )
}

#: Spectral groups in order of wavelength; "atmosphere" holds the three 60 m bands.
GROUPS: tuple[str, ...] = ("visible", "red_edge", "nir", "swir", "atmosphere")

#: True-colour bands, in display order.
RGB: tuple[str, str, str] = ("B04", "B03", "B02")

#: The 13 bands in the order used inside eogen (by band number, B8A after B08).
ALL: tuple[str, ...] = tuple(BANDS)

#: The order of the bands inside the EuroSAT GeoTIFFs: B8A comes last.
EUROSAT_ORDER: tuple[str, ...] = (*(b for b in ALL if b != "B8A"), "B8A")

#: The ten classes of EuroSAT, in the official (alphabetical) order.
CLASSES: tuple[str, ...] = (
    "AnnualCrop",
    "Forest",
    "HerbaceousVegetation",
    "Highway",
    "Industrial",
    "Pasture",
    "PermanentCrop",
    "Residential",
    "River",
    "SeaLake",
)
