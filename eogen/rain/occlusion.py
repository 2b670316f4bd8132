"""Which part of a map lowers its score? Each part is changed in turn, and the map judged again.

Occlusion (Zeiler & Fergus 2014, ECCV, 818) on the maps themselves, not on a network's inputs: so that it explains
every method, the forest on hand features too, by what a reader can see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from eogen.rain.examples import Examples, join, of_maps
from eogen.rain.windows import parts_of

What = Literal["rain", "age"]


def occlusion(
    imerg: xr.Dataset, at: int, predict: Callable[[Examples], pd.DataFrame], what: What = "rain", parts: int = 8,
    real_time: bool = False,
) -> xr.Dataset:  # fmt: skip
    """Return what each part of a map does to its predicted scores.

    Args:
        imerg: maps (:mod:`eogen.rain.maps`).
        at: which map.
        predict: from examples to scores (n, score), e.g. ``lambda e: model.predict(e).scores``.
        what: ``"rain"``: each part is made dry, in the maps before and after too; ``"age"``: each part is made as
            recently and as well observed as the best of the map.
        parts: a side is divided into so many.
        real_time: as the model.

    Returns:
        Each score (lat, lon) over the parts' middles (degrees): the score with the part as it is, less the score
        without it. Below zero, the part lowers the score (or, of scores that are better when smaller, improves it).

    Raises:
        ValueError: ``what`` is something else, or the file does not say what is to be changed.
    """
    if what not in ("rain", "age") or (what == "age" and "microwave_age" not in imerg):
        raise ValueError(f"{what}: rain, or age where the file says it, can be changed")
    some = imerg.isel(time=slice(max(at - 1, 0), at + 2))
    some = some.drop_vars([v for v in ("radar", "radar_wet_share") if v in some]).load()
    row = at - max(at - 1, 0)
    rows, columns = (parts_of(imerg.sizes[dim], parts) for dim in ("lat", "lon"))
    examples = [of_maps(some, real_time).some([row])]
    for r in rows:
        for c in columns:
            examples.append(of_maps(_changed(some, r, c, what, row), real_time).some([row]))
    scores = predict(join(examples))
    shape = len(rows), len(columns)
    middle = {
        "lat": [float(imerg["lat"][r].mean()) for r in rows],
        "lon": [float(imerg["lon"][c].mean()) for c in columns],
    }
    found = {
        name: (("lat", "lon"), (values[0] - values[1:]).reshape(shape), {"units": "1"})
        for name, values in ((n, scores[n].to_numpy(float)) for n in scores)
    }
    return xr.Dataset(found, coords=middle, attrs={"what": what, "kind": "derived"})


def _changed(some: xr.Dataset, rows: slice, columns: slice, what: What, at: int) -> xr.Dataset:
    held = some.copy(deep=True)
    place = (slice(None), rows, columns)
    if what == "rain":
        values = held["precipitation"].values
        values[place] = np.where(np.isnan(values[place]), np.nan, 0)
        return held
    for name, best in (
        ("microwave_age", np.nanmin),
        ("quality_index", np.nanmax),
        ("infrared_share", np.nanmin),
    ):
        if name in held and not np.isnan(held[name].values[at]).all():
            held[name].values[place] = best(held[name].values[at])
    if "microwave_source" in held:
        source = held["microwave_source"].values
        source[place] = source[at].max()
    return held
