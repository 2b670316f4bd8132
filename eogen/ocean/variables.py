"""The quantities that may have gaps, in the units every wall of this room sees."""

from __future__ import annotations

from dataclasses import dataclass

from eogen.errors import InputError


@dataclass(frozen=True)
class Variable:
    """One gridded quantity.

    Attributes:
        name: of the DataArray; ``ocean.variables.<name>`` in the words files is its title.
        units: of the values that are filled.
        standard_name: CF standard name.
        low: smallest value believed possible; below, a cell is an error of the product.
        high: largest one.
        floor: the noise two sensors disagree by, same pixel, same day, in ``units``; 0 when not known.
    """

    name: str
    units: str
    standard_name: str
    low: float
    high: float
    floor: float = 0.0

    @property
    def is_log(self) -> bool:
        """Return whether values are decimal logarithms."""
        return self.name.startswith("log10_")


#: CHL between 1e-3 and 1e3 mg m-3: the range the ocean-colour products themselves declare valid is inside.
#: The floor of CHL is measured between MODIS and VIIRS, NE Pacific 2021 (n = 498,421).
VARIABLES: dict[str, Variable] = {
    v.name: v
    for v in (
        Variable(
            "log10_chl", "log10(mg m-3)", "mass_concentration_of_chlorophyll_a_in_sea_water", -3.0, 3.0, 0.137
        ),
        Variable("sst", "degree_Celsius", "sea_surface_temperature", -3.0, 45.0),
        Variable("sea_level", "m", "sea_surface_height_above_geoid", -5.0, 5.0),
        Variable("wind_speed", "m s-1", "wind_speed", 0.0, 80.0),
        Variable("log_ratio_1", "1", "", -20.0, 20.0),
        Variable("log_ratio_2", "1", "", -20.0, 20.0),
    )
}


def variable(name: str) -> Variable:
    """Return the row of ``name``.

    Raises:
        InputError: ``ocean_variable``.
    """
    if name not in VARIABLES:
        raise InputError(
            "ocean_variable",
            "There is no ocean variable called {name}; there are: {known}.",
            name=name,
            known=", ".join(VARIABLES),
        )
    return VARIABLES[name]
