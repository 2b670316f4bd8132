"""Months: one clock for dekads, months and single dates."""

from __future__ import annotations

import numpy as np

from eogen.landcover.series.cube import parcels
from eogen.landcover.series.months import calendar_year


def test_a_calendar_year_begins_in_january_and_takes_missing_months_from_the_nearest_year():
    time = np.arange("2020-11", "2021-11", dtype="datetime64[M]").astype("datetime64[ns]")
    values = np.arange(12, dtype=np.float32)[None, :, None] / 100 + np.zeros((2, 1, 3), np.float32)
    held = calendar_year(parcels(values, time, ("B04", "B03", "B08")))
    assert held["time"].values.astype("datetime64[M]").tolist() == [
        *np.arange("2021-01", "2022-01", dtype="datetime64[M]").tolist()
    ]
    assert held["reflectance"].dims == ("parcel", "time", "band")
    np.testing.assert_allclose(held["reflectance"].values[0, :, 0] * 100, [*range(2, 12), 0, 1], rtol=1e-5)
    assert str(held["taken"].values[-1].astype("datetime64[M]")) == "2020-12"


def test_months_that_no_year_has_are_unseen():
    time = np.array(["2023-03-01", "2023-05-11"], "datetime64[ns]")
    held = calendar_year(parcels(np.full((1, 2, 1), 0.3, np.float32), time, ("B04",)))
    assert np.isfinite(held["reflectance"].values[0, :, 0]).tolist() == [m in (3, 5) for m in range(1, 13)]
    assert held["seen"].values[0].tolist() == [int(m in (3, 5)) for m in range(1, 13)]
    assert np.isnat(held["taken"].values).sum() == 10
