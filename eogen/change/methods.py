"""The estimators: one row each, and :func:`score`, which asks any of them how unusual each pixel of a pair is.

To add one: write a function ``(problem, seed, progress) -> Answer`` in a file of its own and add a row. The page, the
evaluation, the command line and the tests read the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen import __version__
from eogen.change.problem import Answer, problem
from eogen.errors import InputError
from eogen.progress import Progress, silent

WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "change"
Kind = Literal["classical", "index", "gaussian", "network", "fusion", "adapter"]


@dataclass(frozen=True)
class Method:
    """One estimator.

    Attributes:
        name: stable; ``change.methods.<name>`` in the words files is its title.
        kind: how it thinks.
        where: ``module:function`` in this package; imported when first asked.
        paper: who proposed it.
        normalise: how the dates are made comparable unless asked otherwise (:mod:`eogen.change.normalise`).
        smooth: standard deviation (pixels) of the Gaussian the map is smoothed with unless asked otherwise.
        model: name of its weights in ``assets/weights/change``, or ``""``.
        brings: name of the model that the user brings for it (:mod:`eogen.change.adapters.folder`), or ``""``.
        needs: bands it must have (groups of alternatives), e.g. ``(("green",), ("nir", "swir"))`` for a water index.
        signed: tells gain from loss, so that swapping the dates gives another map; all others give the same one.
        conditional: ``"conditional"``, ``"unconditional"`` or ``""``: what its likelihood is of.
        twin: the unconditional (or conditional) estimator it is compared with.
        slow: whether a page should ask before it runs on a large image.
    """

    name: str
    kind: Kind
    where: str
    paper: str
    normalise: str = "zscore"
    smooth: float = 0.0
    model: str = ""
    brings: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    signed: bool = False
    conditional: str = ""
    twin: str = ""
    slow: bool = False

    @property
    def title(self) -> str:
        """Return the key of the title in the words files."""
        return f"change.methods.{self.name}"

    @property
    def run(self) -> Callable[..., Answer]:
        """Return the function itself."""
        module, _, function = self.where.partition(":")
        return getattr(import_module(f"eogen.change.{module}"), function)


_SENTINEL2 = tuple(
    (name,)
    for name in ("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir_narrow", "vapour",
                 "swir", "swir2")
)  # fmt: skip

_ROWS = (
    Method("cva_raw", "classical", "cva:cva", "Malila 1980", normalise="none", smooth=1.5),
    Method("cva_median", "classical", "cva:cva", "Malila 1980", normalise="median", smooth=1.5),
    Method("cva_zscore", "classical", "cva:cva", "Malila 1980", normalise="zscore", smooth=1.5),
    Method("gaussian_pmi", "gaussian", "gaussian:pmi", "Theiler & Perkins 2006", smooth=1.5, conditional="conditional",
           twin="rx"),
    Method("gaussian_conditional", "gaussian", "gaussian:conditional", "Schaum & Stocker 1998", smooth=1.5,
           conditional="conditional", twin="rx"),
    Method("rx", "gaussian", "gaussian:unconditional", "Reed & Yu 1990", conditional="unconditional",
           twin="gaussian_pmi"),
    Method("context_conditional", "gaussian", "context:conditional", "Schaum & Stocker 1998", smooth=1.5,
           conditional="conditional", twin="rx"),
    Method("context_pmi", "gaussian", "context:pmi", "Theiler & Perkins 2006", smooth=1.5, conditional="conditional",
           twin="rx"),
    Method("gaussian_scales", "gaussian", "scales:gaussian_scales", "Theiler & Perkins 2006",
           conditional="conditional", twin="rx"),
    Method("ir_mad", "classical", "irmad:irmad", "Nielsen 2007", smooth=1.5),
    Method("celik", "classical", "celik:celik", "Celik 2009"),
    Method("ssim", "classical", "ssim:ssim", "Wang et al. 2004"),
    Method("siroc", "classical", "siroc:siroc", "Kondmann et al. 2021", smooth=1.5),
    Method("spectral_angle", "classical", "angle:spectral_angle", "Kruse et al. 1993", normalise="none", smooth=1.5),
    Method("texture_cva", "classical", "texture:texture_cva", "Saha et al. 2019", smooth=8.0),
    Method("water_gain", "index", "indices:water_gain", "Xu 2006", normalise="none", smooth=1.5, signed=True,
           needs=(("green", "red"), ("swir", "swir2", "nir", "nir_narrow"))),
    Method("burn", "index", "indices:burn", "Key & Benson 2006", normalise="none", smooth=1.5, signed=True,
           needs=(("nir", "nir_narrow"), ("swir2", "swir"))),
    Method("vegetation_loss", "index", "indices:vegetation_loss", "Rouse et al. 1974", normalise="none", smooth=1.5,
           signed=True, needs=(("red",), ("nir", "nir_narrow"))),
    Method("backscatter_drop", "index", "indices:backscatter_drop", "Giustarini et al. 2013", normalise="none",
           smooth=1.5, signed=True, needs=(("vv", "vh", "hh", "hv", "backscatter"),)),
    Method("fusion", "fusion", "fusion:fused", "Fisher 1932", normalise="none"),
    Method("conditional_network", "network", "likelihoods:conditional_network", "Kendall & Gal 2017",
           model="conditional", smooth=1.5, conditional="conditional", twin="masked_unconditional"),
    Method("masked_nll", "network", "likelihoods:masked_nll", "He et al. 2022", model="masked", smooth=1.5,
           conditional="conditional", twin="masked_unconditional"),
    Method("masked_unconditional", "network", "likelihoods:masked_unconditional", "He et al. 2022", model="masked",
           smooth=1.5, conditional="unconditional", twin="masked_nll"),
    Method("elbo_conditional", "network", "likelihoods:elbo_conditional", "Kingma et al. 2021", model="flow",
           smooth=1.5, conditional="conditional", twin="elbo_unconditional"),
    Method("elbo_unconditional", "network", "likelihoods:elbo_unconditional", "Kingma et al. 2021", model="flow",
           smooth=1.5, conditional="unconditional", twin="elbo_conditional"),
    Method("elbo_pmi", "network", "likelihoods:elbo_pmi", "Kong et al. 2023", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional"),
    Method("reconstruction", "network", "likelihoods:reconstruction", "Graham et al. 2023", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional"),
    Method("round_trip", "network", "likelihoods:round_trip", "Le Bellier & Audebert 2024", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional", slow=True),
    Method("flow_nll", "network", "likelihoods:flow_nll", "Lipman et al. 2023", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional", slow=True),
    Method("likelihood_ratio", "network", "likelihoods:likelihood_ratio", "Ren et al. 2019", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional", slow=True),
    Method("typicality", "network", "likelihoods:typicality", "Nalisnick et al. 2019", model="flow",
           conditional="conditional", twin="elbo_unconditional", slow=True),
    Method("score_norm", "network", "likelihoods:score_norm", "Mahmood et al. 2021", model="flow", smooth=1.5,
           conditional="conditional", twin="elbo_unconditional"),
    Method("consensus", "fusion", "consensus:consensus", "He et al. 2022", model="masked",
           conditional="conditional", twin="masked_unconditional"),
    Method("texture_blocks", "fusion", "consensus:texture_blocks", "Celik 2009", smooth=8.0),
    # Adapters: models that the user brings. They standardise the values themselves.
    Method("terramind_pmi", "adapter", "adapters.terramind:pmi", "Jakubik et al. 2025", normalise="none",
           brings="terramind", needs=_SENTINEL2, conditional="conditional", twin="rx", slow=True),
    Method("satdino", "adapter", "adapters.satdino:distance", "Straka & Gruber 2025", normalise="none",
           brings="satdino", needs=(("red",), ("green",), ("blue",)), slow=True),
    Method("supervised", "adapter", "adapters.supervised:likelihood", "Benidir et al. 2025", normalise="none",
           brings="supervised", slow=True),
)  # fmt: skip

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}


def method(name: str) -> Method:
    """Return the row of ``name``.

    Raises:
        InputError: ``change_method``.
    """
    if name not in METHODS:
        raise InputError(
            "change_method",
            "There is no estimator called {name}; there are: {known}.",
            name=name, known=", ".join(METHODS),
        )  # fmt: skip
    return METHODS[name]


def unavailable(row: Method, images: xr.DataArray | None = None) -> str:
    """Return why an estimator cannot be asked here, or ``""`` (it can).

    ``"weights"`` (of ours), ``"user_weights"`` (a model that the user brings is not in its folder), the name of a
    Python package that is not installed (``"terratorch"``), or ``"bands"``. What brings a user's model is said by
    :func:`eogen.change.adapters.folder.status`.
    """
    if row.brings:
        from eogen.change.adapters.folder import status

        if reason := status(row.brings).reason:
            return reason
    if row.model and not (WEIGHTS / f"{row.model}.safetensors").is_file():
        return "weights"
    if images is not None and not _has(row, images):
        return "bands"
    return ""


def _has(row: Method, images: xr.DataArray) -> bool:
    from eogen.change.sensors import common

    names = set(common(images))
    return all(names.intersection(group) for group in row.needs)


def score(
    images: xr.DataArray,
    name: str,
    *,
    normalise: str | None = None,
    smooth: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return how unusual each pixel of a pair is.

    Args:
        images: a pair (:mod:`eogen.change.stack`).
        name: of an estimator.
        normalise: one of :data:`eogen.change.normalise.NORMALISATIONS`; by default the estimator's own choice.
        smooth: standard deviation in pixels of the Gaussian smoothing of the map; by default the estimator's own.
        seed: of everything random; the same seed gives the same bits.
        progress: may raise ``Cancelled``.

    Returns:
        ``nll`` (y, x) float32, higher is less usual, NaN where not valid; ``parts`` (part, y, x) what it is made of, if
        anything, ``part`` being their names. Attributes: estimator, paper, normalisation, smoothing, seed, seconds,
        ``identical`` (1 when the two images are the same bits: ``nll`` is then its least value everywhere) and the
        estimator's own facts.

    Raises:
        InputError: ``change_method``; ``change_normalise``; ``change_pair``; ``change_bands``.
        Unavailable: ``no_model_weights``; ``change_model_absent``, ``change_package_absent`` of what the user brings.
    """
    row = method(name)
    if images.sizes["time"] != 2:
        raise InputError(
            "change_pair", "{found} dates were given; an estimator compares two. Choose a pair.",
            found=images.sizes["time"],
        )  # fmt: skip
    if not _has(row, images):
        raise InputError(
            "change_bands", "{method} needs the bands {needed}; the images have {found}.",
            method=row.name, needed=", ".join("/".join(g) for g in row.needs),
            found=", ".join(map(str, images.band.values)),
        )  # fmt: skip
    how, width = normalise or row.normalise, row.smooth if smooth is None else smooth
    question = problem(images, how)
    if not question.valid.any():
        raise InputError(
            "change_nothing_valid", "No pixel is valid on every date: there is nothing to compare."
        )
    began = perf_counter()
    answer = row.run(question, seed=seed, progress=progress)
    identical = bool((question.raw[0] == question.raw[1])[:, question.valid].all()) and not row.signed
    if identical and row.conditional != "unconditional":
        floor = np.float32(np.nanmin(answer.nll[question.valid]))
        answer = Answer(np.full_like(answer.nll, floor), {}, answer.facts)
    nll = smoothed(answer.nll, question.valid, width)
    parts = {k: np.where(question.valid, v, np.nan).astype(np.float32) for k, v in answer.parts.items()}
    coords = {k: v for k, v in images.coords.items() if set(v.dims) <= {"y", "x"}}
    about = {
        k: images.attrs[k]
        for k in ("kind", "dataset", "title", "licence", "source", "sensor", "pixel")
        if k in images.attrs
    }
    about |= {
        "estimator": row.name, "paper": row.paper, "normalise": how, "smooth": width, "seed": seed,
        "identical": int(identical), "seconds": round(perf_counter() - began, 3), "eogen": __version__, **answer.facts,
    }  # fmt: skip
    made = xr.Dataset({"nll": (("y", "x"), nll)}, coords, about)
    if parts:
        made["parts"] = (("part", "y", "x"), np.stack(list(parts.values())))
        made = made.assign_coords(part=list(parts))
    return made


def smoothed(values: np.ndarray, valid: np.ndarray, width: float) -> np.ndarray:
    """Return values (y, x) smoothed with a Gaussian among valid pixels only; NaN where not valid, or not finite."""
    good = valid & np.isfinite(values)
    if width > 0:
        weight = gaussian_filter(good.astype(np.float64), width, mode="constant")
        total = gaussian_filter(np.where(good, values, 0).astype(np.float64), width, mode="constant")
        values = total / np.maximum(weight, 1e-12)
    return np.where(good, values, np.nan).astype(np.float32)
