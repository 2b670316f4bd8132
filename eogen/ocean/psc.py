"""Size classes of phytoplankton as fields: derived from chlorophyll, turned into free numbers and back, filled.

A composition is a Dataset of three cubes, ``micro``, ``nano`` and ``pico``: parts of CHL, each in [0, 1], sum 1.
Methods never see it: they fill its two log-ratio coordinates (:mod:`eogen.ocean.compositions`), so that whatever they
answer is a composition again, in the mean and in every member.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import compositions
from eogen.ocean.cube import cube
from eogen.ocean.methods import fill
from eogen.ocean.size_classes import CLASSES, RELATIONS
from eogen.progress import Progress, silent

#: How far observed parts may sum from 1, and lie outside [0, 1]: the rounding of packed products.
ROUNDING = 5e-3
#: Nodes and weights of the Gaussian quadrature that carries a mean and an s.d. from log-ratios to fractions.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
ABOUT = ("dataset", "title", "licence", "source", "kind")


def fractions(log10_chl: xr.DataArray, relation: str = "brewin2015") -> xr.Dataset:
    """Return the size classes that a published relation derives from CHL.

    Args:
        log10_chl: a cube, log10 of mg m-3.
        relation: one of :data:`~eogen.ocean.size_classes.RELATIONS`.

    Returns:
        ``micro``, ``nano``, ``pico`` (the cube's dimensions; 1; each in [0, 1], sum 1), NaN where CHL is;
        attributes of the cube with ``kind`` ``"derived"``.

    Raises:
        InputError: ``ocean_relation``.
    """
    if relation not in RELATIONS:
        raise InputError(
            "ocean_relation",
            "There is no relation called {name} from chlorophyll to size classes; there are: {known}.",
            name=relation, known=", ".join(RELATIONS),
        )  # fmt: skip
    chl = log10_chl.values.astype(np.float64)
    parts = np.where(np.isfinite(chl), RELATIONS[relation](10.0**chl), np.nan)
    return as_fractions(log10_chl, parts, kind="derived", relation=relation)


def as_fractions(reference: xr.DataArray, parts: np.ndarray, **attributes: str) -> xr.Dataset:
    """Return ``parts`` (3, …) as a Dataset with the coordinates of ``reference`` (…)."""
    made = {}
    for name, part in zip(CLASSES, parts, strict=True):
        about = {"units": "1", "long_name": f"fraction of chlorophyll in {name}plankton"}
        made[name] = xr.DataArray(part.astype(np.float32), reference.coords, reference.dims, name, about)
    kept = {k: reference.attrs[k] for k in ABOUT if k in reference.attrs}
    return xr.Dataset(made, attrs=kept | attributes)


def to_log_ratio(composition: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the cubes ``log_ratio_1`` (micro against the smaller) and ``log_ratio_2`` (nano against pico).

    Parts are closed to sum 1 and those below 1e-4 replaced by it first; a cell that lacks a part is missing.

    Raises:
        InputError: ``ocean_fractions`` when what is there is no composition; those of :func:`~eogen.ocean.cube.cube`.
    """
    parts = _parts(composition)
    ratios = compositions.log_ratios(compositions.without_zeros(parts))
    return _cube(composition, ratios[0], "log_ratio_1"), _cube(composition, ratios[1], "log_ratio_2")


def from_log_ratio(first: xr.DataArray, second: xr.DataArray) -> xr.Dataset:
    """Return the composition of two log-ratio cubes (any leading dimensions): the inverse of :func:`to_log_ratio`."""
    parts = compositions.parts(np.stack([first.values, second.values]).astype(np.float64))
    return as_fractions(first, parts)


def fill_fractions(
    composition: xr.Dataset,
    method: str,
    times: Sequence[int] | None = None,
    members: int = 0,
    seed: int = 0,
    drivers: xr.Dataset | None = None,
    log10_chl: xr.DataArray | None = None,
    progress: Progress = silent,
) -> xr.Dataset:
    """Fill the gaps of a composition with any method of :data:`~eogen.ocean.methods.METHODS`.

    The two log-ratios are turned to their principal axes, so that their errors are about independent, and filled one
    after the other. With ``log10_chl``, what CHL says of them (a cubic fitted on the cells where both were seen) is
    taken away first and added again; where CHL is missing too, it is filled by the same method.

    Args:
        composition: ``micro``, ``nano``, ``pico`` (time, lat, lon), NaN = not seen.
        method: name of a method.
        times: indices of the frames to fill; all by default.
        members: how many draws to return.
        seed: of everything random; the same seed gives the same bits.
        drivers: complete physical fields on the same grid, for methods that need them.
        log10_chl: a cube on the same grid, seen in more cells than the fractions.
        progress: stages of :func:`~eogen.ocean.methods.fill`; may raise ``Cancelled``.

    Returns:
        ``micro``, ``nano``, ``pico`` (time, lat, lon): the expected parts; ``micro_sd`` … their standard deviation;
        ``micro_member`` … (member, time, lat, lon) when asked for; ``filled`` (bool). The parts sum to 1 within 1e-6
        and lie in [0, 1], in every member; observed cells keep their value to the bit; land is NaN.

    Raises:
        InputError: ``ocean_fractions``; ``ocean_grids`` when ``log10_chl`` is on another grid; those of
            :func:`~eogen.ocean.methods.fill`.
        Unavailable: ``no_model_weights``.
    """
    first, second = to_log_ratio(composition)
    ratios = np.stack([first.values, second.values]).astype(np.float64)
    chosen = np.arange(first.sizes["time"]) if times is None else np.asarray(times, int)
    said = 0.0, None, None
    if log10_chl is not None:
        chl = _same_grid(log10_chl, first)
        said, known = _said_by(chl, ratios, method, chosen, members, seed, drivers, progress)
        ratios = ratios - known
    turn = _principal(ratios)
    turned = np.einsum("ij,j...->i...", turn, ratios)
    answers = [
        fill(
            _cube(composition, turned[k], f"log_ratio_{k + 1}"), method, chosen,
            members=members, seed=seed + 1_000_003 * k, drivers=drivers, progress=progress,
        )
        for k in range(2)
    ]  # fmt: skip
    mean = np.stack([a["mean"].values for a in answers]).astype(np.float64)
    sd = np.stack([a["sd"].values for a in answers]).astype(np.float64)
    drawn = np.stack([a["member"].values for a in answers]).astype(np.float64) if members else None
    return _answer(composition, answers[0], chosen, turn, mean, sd, drawn, said)


Said = tuple[np.ndarray | float, np.ndarray | None, np.ndarray | None]
"""What CHL says of the log-ratios of the chosen frames: mean (2, time, lat, lon), s.d., members (2, member, …)."""


def _said_by(
    chl: xr.DataArray,
    ratios: np.ndarray,
    method: str,
    chosen: np.ndarray,
    members: int,
    seed: int,
    drivers: xr.Dataset | None,
    progress: Progress,
) -> tuple[Said, np.ndarray]:
    """Return what CHL says of the chosen frames, and of the observed cells of all (2, time, lat, lon)."""
    seen = chl.values
    both = np.isfinite(ratios[0]) & np.isfinite(seen)
    if both.sum() < 50:
        raise InputError(
            "ocean_fractions_chl",
            "Chlorophyll and the fractions were seen together in {count} cells; at least 50 are needed to learn what "
            "one says of the other.",
            count=int(both.sum()),
        )  # fmt: skip
    low, high = np.quantile(seen[both], (0.002, 0.998))
    curves = [np.polynomial.Polynomial.fit(seen[both], ratio[both], 3) for ratio in ratios]
    curve = lambda x: np.stack([c(np.clip(x, low, high)) for c in curves])
    filled = fill(
        chl, method, chosen, members=members, seed=seed + 7_000_003, drivers=drivers, progress=progress
    )
    mean = filled["mean"].values.astype(np.float64)
    steep = np.stack([c.deriv()(np.clip(mean, low, high)) for c in curves])
    drawn = curve(filled["member"].values.astype(np.float64)) if members else None
    return (curve(mean), np.abs(steep) * filled["sd"].values, drawn), curve(seen.astype(np.float64))


def _answer(
    composition: xr.Dataset,
    frames: xr.Dataset,
    chosen: np.ndarray,
    turn: np.ndarray,
    mean: np.ndarray,
    sd: np.ndarray,
    drawn: np.ndarray | None,
    said: Said,
) -> xr.Dataset:
    back = lambda turned: np.einsum("ji,j...->i...", turn, turned)
    observed = composition.isel(time=chosen)
    truth = np.stack([observed[name].values for name in CLASSES])
    seen = np.isfinite(truth).all(0)
    sea = observed.sea.values
    offset, blur, draws = said
    # Quadrature over the two independent errors, and that of CHL where it was filled, in the turned axes.
    spread = sd if blur is None else np.sqrt(sd**2 + np.einsum("ij,j...->i...", turn**2, blur**2))
    total, square = np.zeros((2, 3, *mean.shape[1:]))
    for x, p in zip(NODES, WEIGHTS, strict=True):
        for y, q in zip(NODES, WEIGHTS, strict=True):
            weight = p * q / WEIGHTS.sum() ** 2
            node = compositions.parts(
                back(mean + spread * np.array([x, y]).reshape(2, *[1] * (mean.ndim - 1))) + offset
            )
            total += weight * node
            square += weight * node**2
    deviation = np.sqrt(np.maximum(square - total**2, 0))
    dims = ("time", "lat", "lon")
    made: dict[str, tuple] = {}
    for k, name in enumerate(CLASSES):
        units = {"units": "1", "long_name": f"fraction of chlorophyll in {name}plankton"}
        made[name] = (dims, _laid(truth[k], seen, sea, total[k]), units)
        made[f"{name}_sd"] = (dims, _laid(np.zeros_like(truth[k]), seen, sea, deviation[k]), {"units": "1"})
    if drawn is not None:
        parts = compositions.parts(back(drawn) + (offset if draws is None else draws))
        for k, name in enumerate(CLASSES):
            made[f"{name}_member"] = (("member", *dims), _laid(truth[k], seen, sea, parts[k]), {"units": "1"})
    made["filled"] = (dims, ~seen & sea, {"long_name": "estimated, not observed"})
    about = {k: v for k, v in frames.attrs.items() if k != "variable"}
    return xr.Dataset(
        made, observed.coords, about | {"closure": "isometric log-ratios (Egozcue et al. 2003)"}
    )


def _laid(truth: np.ndarray, seen: np.ndarray, sea: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    estimate = np.where(sea, np.clip(estimate, 0, 1), np.nan).astype(np.float32)
    return np.where(seen, truth.astype(np.float32), estimate)


def _parts(composition: xr.Dataset) -> np.ndarray:
    """Return the parts (3, …) float64, closed to sum 1, NaN where one is missing.

    Raises:
        InputError: ``ocean_fractions``.
    """
    lacking = [name for name in CLASSES if name not in composition]
    parts = np.stack([composition[n].values for n in CLASSES]).astype(np.float64) if not lacking else None
    if parts is not None:
        total = parts.sum(0)
        seen = np.isfinite(total)
        wrong = seen & (
            (np.abs(total - 1) > ROUNDING) | (parts < -ROUNDING).any(0) | (parts > 1 + ROUNDING).any(0)
        )
        if not wrong.any():
            clipped = np.clip(parts, 0, 1)
            return np.where(seen, clipped / np.where(seen, clipped.sum(0), 1), np.nan)
    raise InputError(
        "ocean_fractions",
        "Size classes are given as {known}, each between 0 and 1 with sum 1; {wrong} cells are not, and these are "
        "missing: {lacking}.",
        known=", ".join(CLASSES), wrong=0 if parts is None else int(wrong.sum()), lacking=", ".join(lacking) or "-",
    )  # fmt: skip


def _principal(ratios: np.ndarray) -> np.ndarray:
    """Return (2, 2) the rotation to the principal axes of what was seen."""
    seen = np.isfinite(ratios[0])
    _, axes = np.linalg.eigh(np.cov(ratios[:, seen])) if seen.sum() > 2 else (None, np.eye(2))
    return axes.T * np.sign(np.diag(axes.T) + 1e-12)[:, None]


def _cube(composition: xr.Dataset, values: np.ndarray, name: str) -> xr.DataArray:
    depth = composition.coords.get("bathymetry")
    about = {k: composition.attrs[k] for k in ABOUT if k in composition.attrs}
    axes = (composition[axis].values for axis in ("time", "lat", "lon"))
    bathymetry = None if depth is None else depth.values
    return cube(values, *axes, composition.sea.values, name=name, bathymetry=bathymetry, **about)


def _same_grid(log10_chl: xr.DataArray, ratio: xr.DataArray) -> xr.DataArray:
    """Return ``log10_chl``.

    Raises:
        InputError: ``ocean_grids``.
    """
    for axis in ("time", "lat", "lon"):
        if not np.array_equal(log10_chl[axis].values, ratio[axis].values):
            raise InputError(
                "ocean_grids",
                "Chlorophyll and the fractions differ along {axis}: one grid is needed.",
                axis=axis,
            )
    return log10_chl
