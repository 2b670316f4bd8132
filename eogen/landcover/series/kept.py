"""The committed models of series, and parcels as they read them."""

from __future__ import annotations

import xarray as xr

from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.months import calendar_year

#: What a model was learnt from: real French parcels, or the simulated territory.
SETS = ("france", "territory")
#: Seeds of the territory that models learn from, and those they never see.
TRAIN_SEEDS, TEST_SEEDS = (1, 2, 3), (101, 102, 103)


def prepared(held: xr.Dataset) -> xr.Dataset:
    """Return parcels through twelve calendar months, with the nine bands that every model reads, in their order."""
    made = calendar_year(held).sel(band=list(USUAL))
    return made.transpose("parcel", "time", "band", ...)
