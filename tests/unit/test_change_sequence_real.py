"""Memory and breaks on the real sequence: clouds are never remembered, and most of a place does not break."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.change.breaks import breaks
from eogen.change.read_series import read_series
from eogen.change.sequence import surprise
from tests.real import real_data


@pytest.fixture(scope="module")
def series():
    folder = real_data("landcover") / "s2_timeseries_boadella"
    if len(list(folder.glob("*.tif"))) < 6:
        pytest.skip("fewer than six dates of the real sequence")
    some = read_series(folder).isel(y=slice(100, 260), x=slice(100, 260))
    return some.sel(band=[b for b in ("B02", "B03", "B04", "B08", "B11", "B12") if b in some.band.values])


def test_clouds_are_never_remembered_and_memory_forgives(series):
    short, long = (surprise(series, memory=k, seasonal=k > 1) for k in (1, 3))
    valid = series.valid.values
    for t in range(1, series.sizes["time"]):
        other = long.against.values[t - 1]
        judged = other >= 0
        assert valid[t][judged].all()
        assert np.take_along_axis(valid, np.maximum(other, 0)[None], 0)[0][judged].all()
        both = np.isfinite(short.nll.values[t - 1]) & judged
        assert (long.nll.values[t - 1] <= short.nll.values[t - 1])[both].all()
    assert np.isfinite(long.level.values).sum() >= 2


def test_most_of_a_real_place_does_not_break(series):
    found = breaks(series)
    told = found["index"].values >= 0
    if not told.any():
        pytest.skip("no pixel of the real sequence was seen on four dates")
    assert (found.p_value.values[told] <= 0.01).mean() < 0.25
    at = found["index"].values[told]
    assert at.min() >= 2
    assert np.take_along_axis(series.valid.values, found["index"].values[None].clip(0), 0)[0][told].all()
