"""Maps of what a posterior believes, pixel by pixel: leaf area, chlorophyll, their spread, and where not to believe it.

Leaf area comes from the exact law that the flow gives it, canopy chlorophyll from its product with the second variable
of the flow's order at a small grid of quantiles, other families from draws. A pixel is outside the model where no draw
gives back its spectrum as well as PROSAIL gives back its own noisy simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import torch
import xarray as xr
from torch import Tensor

from eogen.canopy.dataset import pixels
from eogen.canopy.likelihood import NOISE, Noise, bands
from eogen.canopy.observation import Observation, observe
from eogen.canopy.posteriors.base import DrawnMarginal, Marginal, Posterior
from eogen.canopy.posteriors.flow import SplineFlow
from eogen.canopy.priors import JointPrior
from eogen.canopy.simulate import simulate
from eogen.canopy.space import DERIVED, column
from eogen.canopy.variables import VARIABLES, choose
from eogen.progress import Progress, silent

#: What :func:`belief_map` can draw, in the order of its menu.
QUANTITIES = ("lai", "ccc")
#: Quantiles kept of each quantity.
QUANTILES = (0.05, 0.5, 0.95)
#: Quantiles of leaf area, and of chlorophyll at each, whose products stand for the law of canopy chlorophyll.
GRID = (12, 12)
#: Draws behind the maps of families without closed forms.
DRAWS = 200
#: Draws of which the best must give back the spectrum.
TRIES = 4
#: Share of PROSAIL's own simulations that may look as if they were not.
FALSE_ALARMS = 0.01
#: Pixels worked on at once.
PIECE = 2048

Believe = Callable[[Observation], Posterior]


def belief_map(
    believe: Believe,
    scene: xr.Dataset,
    quantities: Sequence[str] = ("lai",),
    *,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return the mean, spread and quantiles of some quantities for every pixel of a scene.

    Args:
        believe: from pixels to their posterior: a trained network.
        scene: ``reflectance`` (band, y, x) 0-1 and the three angles in degrees, see :mod:`eogen.canopy.dataset`.
        quantities: some of ``QUANTITIES``.
        progress: told every ``PIECE`` pixels (stage ``predict``); may raise Cancelled.

    Returns:
        ``{quantity}_mean``, ``_sd``, ``_q05``, ``_q50``, ``_q95`` (y, x), float32, on the grid and with the CRS of
        ``scene``; NaN where a band that is needed has no value.

    Raises:
        InputError: ``canopy_choice``, ``canopy_no_valid_pixel``, ``needs_b08``, and what ``observe`` says.
    """
    for name in quantities:
        choose("quantity", name, QUANTITIES)

    def answer(seen: Observation) -> dict[str, Tensor]:
        posterior = believe(seen)
        found = {}
        for name in quantities:
            law = marginal(posterior, name)
            found |= {f"{name}_mean": law.mean, f"{name}_sd": law.sd}
            rows = law.quantile(torch.tensor(QUANTILES))
            found |= {f"{name}_{label(p)}": row for p, row in zip(QUANTILES, rows, strict=True)}
        return found

    return _each(scene, answer, progress)


def misfit_map(
    believe: Believe,
    scene: xr.Dataset,
    limit: float,
    *,
    noise: Noise = NOISE,
    sensor: str = "S2A",
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return how far PROSAIL stays from each pixel, in standard deviations of the noise, and where that is too far.

    Args:
        believe, scene, progress: see :func:`belief_map`.
        limit: from :func:`misfit_limit`, for the same network.
        noise: of the observations.
        sensor: of the simulator.
        seed: of the draws.

    Returns:
        ``reconstruction_residual`` and ``out_of_domain`` (y, x): 1 where it is above ``limit``, 0 elsewhere, NaN where
        nothing was seen; float32.
    """
    generator = torch.Generator().manual_seed(seed)

    def answer(seen: Observation) -> dict[str, Tensor]:
        found = misfit(believe(seen), seen, generator, noise=noise, sensor=sensor)
        return {"reconstruction_residual": found, "out_of_domain": (found > limit).float()}

    maps = _each(scene, answer, progress)
    maps.out_of_domain.attrs["limit"] = limit
    return maps


def misfit(
    posterior: Posterior,
    seen: Observation,
    generator: torch.Generator,
    *,
    noise: Noise = NOISE,
    sensor: str = "S2A",
    tries: int = TRIES,
) -> Tensor:
    """Return the root mean square of (observed - simulated) / noise over the bands (m), of the best of some draws."""
    theta = posterior.sample(tries, generator)
    angles = seen.geometry.expand(tries, -1, -1).reshape(-1, 3)
    simulated = bands(theta.reshape(-1, theta.shape[-1]), angles, sensor).reshape(tries, len(seen), -1)
    there = seen.present
    gap = torch.where(there, (seen.reflectance - simulated) / noise.sd(simulated), 0.0).square()
    return (gap.sum(-1) / there.sum(-1)).sqrt().amin(0)


def misfit_limit(
    believe: Believe,
    prior: JointPrior,
    *,
    noise: Noise = NOISE,
    sensor: str = "S2A",
    count: int = 2000,
    seed: int = 0,
) -> float:
    """Return the misfit that only ``FALSE_ALARMS`` of PROSAIL's own noisy simulations exceed."""
    generator = torch.Generator().manual_seed(seed)
    seen = simulate(prior, count, generator, noise, sensor).observation
    with torch.inference_mode():
        found = [misfit(believe(part), part, generator, noise=noise, sensor=sensor) for part in _pieces(seen)]
    return float(torch.cat(found).quantile(1 - FALSE_ALARMS))


def marginal(posterior: Posterior, name: str) -> Marginal:
    """Return the law of leaf area or of canopy chlorophyll, at the least cost that the family allows."""
    if isinstance(posterior, SplineFlow) and name == "ccc":
        lai, cab = posterior.pair(*grid(*GRID))
        return _drawn(posterior, name, (lai[:, None] * cab).flatten(0, 1))
    if name == "lai":
        closed = posterior.marginal(name) if _closed(posterior) else None
        if closed is not None:
            return closed
    draws = posterior.sample(DRAWS, torch.Generator().manual_seed(0))
    return _drawn(posterior, name, column(draws, name))


def grid(first: int, second: int) -> tuple[Tensor, Tensor]:
    """Return standard normal quantiles (first) and, at each of them, (first, second).

    The first are stretched to the variance that their small number takes away; the second are shifted from one row to
    the next by the golden ratio, so that all of them differ.
    """
    middle = torch.special.ndtri((torch.arange(first, dtype=torch.float64) + 0.5) / first)
    stretched = middle / middle.square().mean().sqrt() if first > 1 else middle
    shift = (0.5 + 0.6180339887 * torch.arange(first, dtype=torch.float64)) % 1
    level = (torch.arange(second) + shift[:, None]) / second
    return stretched.float(), torch.special.ndtri(
        level.clamp(0.5 / second / second, 1 - 0.5 / second / second)
    ).float()


def label(p: float) -> str:
    """``0.05`` -> ``"q05"``."""
    return f"q{round(100 * p):02d}"


def quantile_stack(maps: xr.Dataset, quantity: str) -> xr.DataArray:
    """Return the mean, the spread and the quantiles of a quantity as the bands of one raster (band, y, x)."""
    names = [f"{quantity}_{end}" for end in ("mean", "sd", *(label(p) for p in QUANTILES))]
    stacked = xr.concat([maps[n] for n in names], xr.Variable("band", names), combine_attrs="override")
    stacked = stacked.rename(quantity).assign_attrs(units=maps[names[0]].attrs["units"])
    stacked.attrs.pop("long_name", None)
    return stacked if maps.rio.crs is None else stacked.rio.write_crs(maps.rio.crs)


def _closed(posterior: Posterior) -> bool:
    return type(posterior).marginal is not Posterior.marginal


def _drawn(posterior: Posterior, name: str, draws: Tensor) -> DrawnMarginal:
    ends = column(torch.stack([posterior.prior.space.low, posterior.prior.space.high]), name)
    return DrawnMarginal(draws, float(ends[0]), float(ends[1]))


def _pieces(seen: Observation) -> list[Observation]:
    return [seen[start : start + PIECE] for start in range(0, len(seen), PIECE)]


def _each(
    scene: xr.Dataset, answer: Callable[[Observation], dict[str, Tensor]], progress: Progress
) -> xr.Dataset:
    """Put what ``answer`` says of the pixels that have values back on the grid of the scene."""
    table = pixels(scene)
    seen = observe(table)
    found: dict[str, list[np.ndarray]] = {}
    with torch.inference_mode():
        for done, part in enumerate(parts := _pieces(seen)):
            progress(done, len(parts), "predict")
            for name, values in answer(part).items():
                found.setdefault(name, []).append(values.float().numpy())
    progress(len(parts), len(parts), "predict")
    shape = (scene.sizes["y"], scene.sizes["x"])
    row, column_ = table.row.values, table.column.values
    layers = {}
    for name, values in found.items():
        full = np.full(shape, np.nan, dtype=np.float32)
        full[row, column_] = np.concatenate(values)
        layers[name] = (("y", "x"), full, describe(name))
    coords = {n: scene[n] for n in ("y", "x") if n in scene.coords}
    maps = xr.Dataset(layers, coords)
    if scene.rio.crs is None:
        return maps
    place = scene.reflectance.rio.transform(recalc="x" in scene.coords and "y" in scene.coords)
    return maps.rio.write_crs(scene.rio.crs).rio.write_transform(place)


def describe(name: str) -> dict[str, str]:
    """Return the CF attributes of a layer: units, long name, and the standard name where the table has one."""
    if name == "reconstruction_residual":
        return {
            "units": "1",
            "long_name": "distance of PROSAIL to the pixel, in standard deviations of the noise",
        }
    if name == "out_of_domain":
        return {
            "units": "1",
            "long_name": "whether the pixel is outside what PROSAIL can give",
            "flag_values": "0, 1",
        }
    quantity, _, end = name.partition("_")
    derived = DERIVED.get(quantity)
    unit, long_name = (
        (derived.unit, derived.long_name)
        if derived
        else (VARIABLES[quantity].unit, VARIABLES[quantity].long_name)
    )
    words = {"mean": "posterior mean", "sd": "posterior standard deviation"}
    what = words.get(end) or f"posterior quantile {int(end[1:])} %"
    attrs = {"units": unit, "long_name": f"{long_name}, {what}"}
    if quantity == "lai":
        attrs["standard_name"] = "leaf_area_index"
    if end == "sd":
        attrs["cell_methods"] = "realization: standard_deviation"
    return attrs
