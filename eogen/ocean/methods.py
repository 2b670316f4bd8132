"""The ways to fill a gap: one row each, and :func:`fill`, which asks any of them.

To add a method: write a function ``(problem, targets, seed, progress) -> Estimate`` in a file of its own and add a row.
The page, the evaluation, the command line and the tests read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np
import xarray as xr

from eogen import __version__
from eogen.errors import InputError
from eogen.ocean.calibrate import LEVELS
from eogen.ocean.problem import Estimate, Problem, problem
from eogen.progress import Progress, silent

#: Where the weights of the networks lie.
WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "ocean"
Kind = Literal["simple", "statistical", "network", "generative"]


@dataclass(frozen=True)
class Method:
    """One way to fill.

    Attributes:
        name: stable; ``ocean.methods.<name>`` in the words files is its title.
        kind: how it thinks.
        where: ``module:function`` in this package; imported when first asked.
        paper: who proposed it.
        model: name of its weights in ``assets/weights/ocean``, or ``""``.
        drivers: physical fields it must be given.
        draws: whether it makes members of its own; others are dressed by :mod:`eogen.ocean.dress`.
        frames: fewest frames it can work with.
        slow: whether a page should ask before it runs on a large region.
    """

    name: str
    kind: Kind
    where: str
    paper: str
    model: str = ""
    drivers: tuple[str, ...] = ()
    draws: bool = False
    frames: int = 1
    slow: bool = False

    @property
    def title(self) -> str:
        """Return the key of the title in the words files."""
        return f"ocean.methods.{self.name}"

    @property
    def run(self) -> Callable[..., Estimate]:
        """Return the function itself."""
        module, _, function = self.where.partition(":")
        return getattr(import_module(f"eogen.ocean.{module}"), function)


_ROWS = (
    Method("climatology", "simple", "simple:climatology", "two-way additive means, this project"),
    Method("time_linear", "simple", "simple:time_linear", "linear interpolation in time"),
    Method("nearest", "simple", "simple:nearest", "nearest neighbour (Voronoi 1908)"),
    Method("convolution", "statistical", "convolution:smooth", "Knutsson & Westin 1993"),
    Method("biharmonic", "simple", "biharmonic:biharmonic", "Duchon 1977"),
    Method("dineof", "statistical", "dineof:dineof", "Beckers & Rixen 2003", frames=3),
    Method("dineof_anomaly", "statistical", "dineof:dineof_anomaly", "Alvera-Azcárate et al. 2005", frames=3),
    Method("oi", "statistical", "oi:optimal_interpolation", "Bretherton et al. 1976", draws=True),
    Method("unet", "network", "learned:unet", "Barth et al. 2020", model="unet"),
    Method(
        "unet_drivers",
        "network",
        "learned:unet_drivers",
        "Roussillon et al. 2023",
        model="unet_drivers",
        drivers=("sst", "sea_level", "wind_speed"),
    ),
    Method(
        "vconstruct", "generative", "learned:vconstruct", "Kuo et al. 2020", model="vconstruct", draws=True
    ),
    Method("vae", "generative", "learned:vae", "Collier et al. 2020", model="vae", draws=True),
    Method(
        "diffusion",
        "generative",
        "diffusion:diffusion",
        "Barth et al. 2024",
        model="diffusion",
        draws=True,
        slow=True,
    ),
    Method(
        "repaint",
        "generative",
        "diffusion:repaint",
        "Lugmayr et al. 2022",
        model="repaint",
        draws=True,
        slow=True,
    ),
    Method(
        "flow_matching",
        "generative",
        "learned:flow_matching",
        "Lipman et al. 2023",
        model="flow_matching",
        draws=True,
    ),
    Method(
        "hybrid",
        "generative",
        "hybrid:hybrid",
        "this project; Lipman et al. 2023",
        model="hybrid",
        draws=True,
    ),
)

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}


def method(name: str) -> Method:
    """Return the row of ``name``.

    Raises:
        InputError: ``ocean_method``.
    """
    if name not in METHODS:
        raise InputError(
            "ocean_method",
            "There is no method called {name}; there are: {known}.",
            name=name, known=", ".join(METHODS),
        )  # fmt: skip
    return METHODS[name]


def check(row: Method, observed: xr.DataArray, drivers: xr.Dataset | None = None) -> None:
    """Raise ``ocean_frames`` or ``ocean_drivers`` (InputError) when a cube has not what a method needs."""
    if observed.sizes["time"] < row.frames:
        raise InputError(
            "ocean_frames",
            "The cube has {found} frames; {method} needs at least {needed}.",
            found=observed.sizes["time"], method=row.name, needed=row.frames,
        )  # fmt: skip
    if lacking := [d for d in row.drivers if drivers is None or d not in drivers]:
        raise InputError(
            "ocean_drivers",
            "{method} needs {lacking} on the same grid; the cube comes without.",
            method=row.name, lacking=", ".join(lacking),
        )  # fmt: skip


def fill(
    observed: xr.DataArray,
    name: str,
    times: Sequence[int] | None = None,
    *,
    members: int = 0,
    seed: int = 0,
    drivers: xr.Dataset | None = None,
    progress: Progress = silent,
) -> xr.Dataset:
    """Fill the gaps of a cube.

    Args:
        observed: a cube (:mod:`eogen.ocean.cube`).
        name: of a method.
        times: indices of the frames to fill; all by default. The other frames are read too.
        members: how many draws of the field to return.
        seed: of everything random; the same seed gives the same bits.
        drivers: complete physical fields on the cube's grid, for methods that need them.
        progress: stage ``fill`` (and ``fit``, ``calibrate``); may raise ``Cancelled``.

    Returns:
        ``mean`` and ``sd`` (time, lat, lon; the cube's units), ``member`` (member, time, lat, lon) when asked for, and
        ``filled`` (time, lat, lon; bool: estimated, not observed). Observed cells keep their value to the bit, in every
        member, with ``sd`` 0; land is NaN. ``error_quantile`` (level; 0.01 to 0.99) holds the quantiles of the
        standardised error measured on withheld cells: a quantile of a cell is ``mean + sd * error_quantile``.

    Raises:
        InputError: ``ocean_method``; ``ocean_frames`` when the cube has fewer frames than the method needs;
            ``ocean_drivers``; ``ocean_members``; ``ocean_seen_little``.
        Unavailable: ``no_model_weights``.
    """
    row = method(name)
    if not 0 <= members <= 64:
        raise InputError(
            "ocean_members", "{count} members were asked for; between 0 and 64 can be drawn.", count=members
        )
    check(row, observed, drivers)
    from eogen.ocean.dress import dressed

    asked = problem(observed, drivers)
    targets = np.arange(observed.sizes["time"]) if times is None else np.asarray(times, int)
    began = perf_counter()
    estimate = dressed(row, asked, targets, members, seed, progress)
    return _dataset(observed, asked, targets, estimate, row, seed, perf_counter() - began)


def _dataset(
    observed: xr.DataArray,
    asked: Problem,
    targets: np.ndarray,
    estimate: Estimate,
    row: Method,
    seed: int,
    seconds: float,
) -> xr.Dataset:
    frames = observed.isel(time=targets)
    truth = frames.values
    seen = np.isfinite(truth)
    sea = asked.sea
    units = {"units": observed.attrs["units"]}
    mean = np.where(seen, truth, np.where(sea, estimate.mean, np.float32("nan")))
    coords = frames.coords
    dims = ("time", "lat", "lon")
    made = {
        "mean": (
            dims,
            mean.astype(np.float32),
            units | {"standard_name": observed.attrs.get("standard_name", "")},
        ),
        "filled": (dims, ~seen & sea, {"long_name": "estimated, not observed"}),
    }
    if estimate.sd is not None:
        sd = np.where(seen, np.float32(0), np.where(sea, estimate.sd, np.float32("nan")))
        made["sd"] = (
            dims,
            sd.astype(np.float32),
            units | {"long_name": "standard deviation of a new observation"},
        )
    if estimate.members is not None:
        drawn = np.where(seen, truth, np.where(sea, estimate.members, np.float32("nan")))
        made["member"] = (("member", *dims), drawn.astype(np.float32), units)
    if estimate.shape is not None:
        coords = {**coords, "level": ("level", LEVELS, {"long_name": "probability"})}
        about_shape = {"long_name": "quantiles of the standardised error", "units": "1"}
        made["error_quantile"] = ("level", estimate.shape.astype(np.float32), about_shape)
    about = {
        k: observed.attrs[k] for k in ("kind", "dataset", "title", "licence", "source") if k in observed.attrs
    }
    about |= {
        "Conventions": "CF-1.11", "variable": str(observed.name), "method": row.name, "paper": row.paper,
        "seed": seed, "seconds": round(seconds, 3), "eogen": __version__, **estimate.facts,
    }  # fmt: skip
    return xr.Dataset(made, coords, about)
