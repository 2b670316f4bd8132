"""What truly tells the classes of the simulated territory apart: which month, which band.

Of twins the answer is exact: the same parcels are made with and without the one event that separates them. Of any two
classes it follows from their laws: how far apart they are at each month and band alone, and which part of their
distance (Mahalanobis 1936, pooled covariance) is lost when one is left out, in closed form by the inverse of a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import xarray as xr

from eogen.canopy.sensors import BANDS
from eogen.landcover.series.territory_laws import CLASSES, TWINS, Twin, known
from eogen.landcover.series.territory_options import require
from eogen.landcover.series.territory_parcels import parcels

#: Parcels of each class whose means and covariances stand for its law.
EACH = 360
#: Days between images: months are means of three.
EVERY = 10
#: Change of mean reflectance that is evidence: above the noise of a month's mean.
FELT = 0.006
#: The best months and bands of a class: those that set it apart this well, of what the best of all does.
BEST = 0.8
#: Added to variances: a month of the simulation is known no better than this (reflectance).
FLOOR = 0.002


def twin_of(first: str, second: str) -> Twin | None:
    """Return the pair of twins that two classes are, in whatever order; None if they are not."""
    return next((t for t in TWINS if {t.first, t.second} == {first, second}), None)


def event_evidence(twin: Twin, seed: int = 0, n: int = 100) -> xr.Dataset:
    """Return the true evidence between twins, from the same ``n`` parcels with and without the event.

    Returns:
        ``change`` (month, band), mean of reflectance of ``twin.second`` less that of ``twin.first``; ``weight``
        (month, band), its size, summing to 1; ``evidence`` (month, band) bool, where it is more than ``FELT``.
        Months are 1-12. Outside ``twin.month`` change and weight are exactly 0.
    """
    made = [
        parcels(seed, n, classes=(name,), cloudy=0, every=EVERY // 2)["clean"].values
        for name in (twin.first, twin.second)
    ]
    change = (made[1] - made[0]).mean(0)
    size = np.abs(made[1] - made[0]).mean(0)
    return _months({"change": change, "weight": size / size.sum(), "evidence": size > FELT}).assign_attrs(
        event=twin.event, first=twin.first, second=twin.second, kind="simulated"
    )


def pair_evidence(first: str, second: str, seed: int = 0) -> xr.Dataset:
    """Return what tells two classes apart.

    Returns:
        ``apart`` (month, band), distance between the means in standard deviations; ``lost`` (month, band),
        ``lost_month`` (month), ``lost_band`` (band), the part (0-1) of the squared distance that is lost without it,
        near 0 where another month or band says the same; attribute ``distance``, the whole one.

    Raises:
        InputError: ``territory_class``, ``territory_option``.
    """
    classes = known((first, second))
    require("classes", first, first != second, "two different classes")
    apart, lost, whole = _compared(_law(classes[0], seed), _law(classes[-1], seed))
    return _months({"apart": apart, **lost}).assign_attrs(
        first=first, second=second, distance=whole, kind="simulated"
    )


def evidence(classes: Sequence[str] = CLASSES, seed: int = 0) -> xr.Dataset:
    """Return the true evidence of each class against the others; some seconds the first time.

    Returns:
        ``rival`` (class), the nearest other class by the whole year; ``apart`` (class, month, band), distance to
        whichever other class is nearest at that month and band alone, in standard deviations; ``lost`` (class, month,
        band), ``lost_month``, ``lost_band``: of the distance to the rival, as in :func:`pair_evidence`; ``evidence``
        (class, month, band) bool: the event's where a class's twin is among the classes (``twin``, (class) bool; then
        it is exact), else the best cells, where ``apart`` reaches ``BEST`` of the class's greatest.

    Raises:
        InputError: ``territory_class``; ``territory_option`` for a single class.
    """
    classes = known(classes)
    require("classes", len(classes), len(classes) > 1, ">= 2")
    return _evidence(classes, seed).copy(deep=True)


@lru_cache(maxsize=8)
def _evidence(classes: tuple[str, ...], seed: int) -> xr.Dataset:
    rows: list[dict[str, np.ndarray]] = []
    for name in classes:
        others = [c for c in classes if c != name]
        compared = [_compared(_law(name, seed), _law(other, seed)) for other in others]
        nearest = int(np.argmin([whole for _, _, whole in compared]))
        apart = np.min([each for each, _, _ in compared], axis=0)
        twin = next((pair for other in others if (pair := twin_of(name, other))), None)
        true = apart >= BEST * apart.max() if twin is None else event_evidence(twin, seed)["evidence"].values
        rows.append(
            {"rival": np.array(others[nearest]), "apart": apart, "evidence": true,
             "twin": np.array(twin is not None), **compared[nearest][1]}
        )  # fmt: skip
    stacked = [_months(row) for row in rows]
    return (
        xr.concat(stacked, "class")
        .assign_coords({"class": list(classes)})
        .assign_attrs(kind="simulated", seed=seed)
    )


@lru_cache(maxsize=32)
def _law(name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (12 * band) and covariance of a class's cloudless year, noise included."""
    made = parcels(seed, EACH, classes=(name,), cloudy=0, every=EVERY)
    rows = made["reflectance"].values.reshape(EACH, -1).astype(float)
    return rows.mean(0), np.cov(rows.T) + FLOOR**2 * np.eye(rows.shape[1])


def _compared(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray], float]:
    """Return distances cell by cell (month, band), parts lost without a cell, a month, a band, and the distance."""
    gap = second[0] - first[0]
    pooled = (first[1] + second[1]) / 2
    precision = np.linalg.inv(pooled)
    pulled = precision @ gap
    whole = float(gap @ pulled)
    index = np.arange(len(gap)).reshape(12, -1)

    def lost(block: np.ndarray) -> float:
        # The squared distance without B is that with it, less v_B' P_BB^-1 v_B, where v = P gap.
        return float(pulled[block] @ np.linalg.solve(precision[np.ix_(block, block)], pulled[block]) / whole)

    cells = pulled**2 / np.diag(precision) / whole
    parts = {
        "lost": cells.reshape(12, -1),
        "lost_month": np.array([lost(row) for row in index]),
        "lost_band": np.array([lost(row) for row in index.T]),
    }
    return (np.abs(gap) / np.sqrt(np.diag(pooled))).reshape(12, -1), parts, float(np.sqrt(whole))


def _months(values: dict[str, np.ndarray]) -> xr.Dataset:
    own = {"lost_month": ("month",), "lost_band": ("band",), "rival": (), "twin": ()}
    made = {name: (own.get(name, ("month", "band")), v) for name, v in values.items()}
    return xr.Dataset(made, {"month": np.arange(1, 13), "band": list(BANDS)})
