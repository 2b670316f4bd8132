"""True counterfactuals of the simulated territory: the same parcels under the same sky, but for one thing.

Equal seeds give equal parcels whatever the options, so that an edit made by hand can be held against the season that
would truly have been.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from eogen.landcover.series.kept import prepared
from eogen.landcover.series.territory_options import require
from eogen.landcover.series.territory_parcels import parcels

#: Days of a month, on average.
MONTH = 365.25 / 12


def otherwise(
    held: xr.Dataset, *, harvest_months: float = 0.0, cloudy_months: Sequence[int] = ()
) -> xr.Dataset:
    """Return simulated parcels as they would have been.

    Args:
        held: of :func:`eogen.landcover.series.territory.parcels` (its default dates), ``prepared`` or not.
        harvest_months: later, fractions allowed; earlier where negative; -3.9 to 3.9.
        cloudy_months: 1-12, months in which nothing is seen.

    Returns:
        The same parcels, in the same order, through :func:`eogen.landcover.series.kept.prepared`.

    Raises:
        InputError: ``territory_option`` for parcels that were not simulated, or for what makes no territory.
    """
    require("dataset", held.attrs.get("dataset"), held.attrs.get("dataset") == "territory", "territory")
    year = int(str(held["time"].values[0].astype("datetime64[Y]")))
    made = [
        prepared(
            parcels(
                int(held.attrs["seed"]), held.sizes["parcel"], classes=tuple(held.attrs["classes"]), year=year,
                harvest_shift=harvest_months * MONTH, cloud_month=month,
            )
        )
        for month in (cloudy_months or (None,))
    ]  # fmt: skip
    # One month at a time can be hidden; no other draw changes with it, so that what any of them hides is hidden.
    values = np.stack([each["reflectance"].values for each in made])
    found = made[0]
    found["reflectance"] = found["reflectance"].copy(
        data=np.where(np.isnan(values).any(0), np.nan, values[0])
    )
    return found
