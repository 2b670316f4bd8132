"""The latent space: thousands of pixels by their posterior means, flattened to a plane, and walks through it.

Coordinates are those in which the prior is a standard normal: a step of one is a prior standard deviation, whatever the
variable, and what a spectrum says nothing of stays at zero. The plane is that of the two principal components of the
means (Pearson 1901, doi:10.1080/14786440109462720), centred on the prior's own centre rather than on the sample's, so
that adding pixels turns the plane but never moves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eogen.canopy.likelihood import log_likelihood
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.posteriors.flow import SEAT, SplineFlow
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED
from eogen.canopy.variables import choose
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: Draws behind each pixel's mean, and pixels worked on at once.
DRAWS, PIECE = 12, 512
#: How far a walk goes on each side, in standard deviations (of the prior, or of the posterior).
FAR = 2.5
STEPS = 41


@dataclass(frozen=True)
class Encoded:
    """What a network says of many pixels.

    Attributes:
        mean: (m, 11), posterior means in normal coordinates.
        sd: (m, 11), posterior standard deviations in normal coordinates; the prior's is one.
        theta: (m, 11), posterior means of the variables, in their units.
    """

    mean: np.ndarray
    sd: np.ndarray
    theta: np.ndarray

    def __len__(self) -> int:
        return len(self.mean)


@dataclass(frozen=True)
class Plane:
    """Two orthogonal directions of normal coordinates.

    Attributes:
        axes: (2, 11), of length one, in the order of ``INFERRED``.
        share: (2), of the means' variance about the prior's centre along each.
    """

    axes: np.ndarray
    share: np.ndarray

    def project(self, normal: np.ndarray) -> np.ndarray:
        """Return the coordinates (m, 2) of points (m, 11)."""
        return normal @ self.axes.T

    def loadings(self, axis: int, most: int = 3) -> list[tuple[str, float]]:
        """Return the variables that weigh most on an axis, the heaviest first, with their signed weights."""
        order = np.argsort(-np.abs(self.axes[axis]))[:most]
        return [(INFERRED[i], float(self.axes[axis, i])) for i in order]


def encode(
    believe: Callable[[Observation], Posterior],
    seen: Observation,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress = silent,
) -> Encoded:
    """Return the posterior means and spreads of some pixels.

    Args:
        believe: from pixels to their posterior: a trained network.
        seen: the pixels.
        draws: per pixel.
        seed: of the draws.
        progress: told every ``PIECE`` pixels (stage ``predict``); may raise Cancelled.

    Raises:
        InputError: ``latent_empty`` without pixels, ``needs_b08``.
    """
    if not len(seen):
        raise InputError("latent_empty", "There is no pixel to encode; choose a set that has some.")
    generator = torch.Generator().manual_seed(seed)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    starts = range(0, len(seen), PIECE)
    with torch.inference_mode():
        for done, start in enumerate(starts):
            progress(done, len(starts), "predict")
            posterior = believe(seen[start : start + PIECE])
            theta = _draws(posterior, draws, generator)
            normal = posterior.prior.to_normal(theta)
            found.append((normal.mean(0), normal.std(0), theta.mean(0)))
    progress(len(starts), len(starts), "predict")
    mean, sd, theta = (torch.cat(part).numpy() for part in zip(*found, strict=True))
    return Encoded(mean, sd, theta)


def _draws(posterior: Posterior, draws: int, generator: torch.Generator) -> Tensor:
    """Return draws (draws, m, 11), in their units.

    Those of a flow are made of the same normal numbers for every pixel, in pairs of opposite signs: their error is then
    small and alike from one pixel to the next, so that a few make a smooth picture.
    """
    if not isinstance(posterior, SplineFlow):
        return posterior.sample(draws, generator)
    half = torch.randn(
        -(-draws // 2), 1, len(INFERRED), generator=torch.Generator().manual_seed(generator.initial_seed())
    )
    base = torch.cat([half, -half])[:draws].expand(-1, len(posterior), -1)
    return posterior.first(base)[..., SEAT]


def plane(normal: np.ndarray) -> Plane:
    """Return the plane of the two directions in which points (m, 11) lie furthest from the prior's centre.

    Each axis points to where its heaviest variable grows.

    Raises:
        InputError: ``latent_empty`` for fewer than two points.
    """
    if len(normal) < 2:
        raise InputError("latent_empty", "There is no pixel to encode; choose a set that has some.")
    _, sizes, rows = np.linalg.svd(normal, full_matrices=False)
    axes = rows[:2]
    heaviest = np.abs(axes).argmax(1)
    axes = axes * np.sign(axes[np.arange(2), heaviest])[:, None]
    return Plane(axes, sizes[:2] ** 2 / np.square(sizes).sum())


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Return which points (m, 2) lie within a closed outline (k, 2) drawn by hand (m), bool.

    By the parity of crossings (Shimrat 1962, doi:10.1145/368637.368653): an outline that crosses itself has holes.
    """
    x, y = points[:, 0], points[:, 1]
    found = np.zeros(len(points), bool)
    for (xa, ya), (xb, yb) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        between = (ya > y) != (yb > y)
        left = (x - xa) * (yb - ya) < (y - ya) * (xb - xa)
        found ^= between & (left == (yb > ya))
    return found


def directions(
    posterior: Posterior,
    seen: Observation,
    *,
    noise: Noise = NOISE,
    sensor: str = "S2A",
    draws: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the peak (11), the principal directions (11, 11), in rows, and the spreads (11) of one posterior.

    In normal coordinates, the widest direction first; ``peak + s spread[k] direction[k]`` walks along direction k. The
    peak is the draw that physics and prior find most probable: the mean of a bent posterior may be a canopy that the
    spectrum excludes.

    Args:
        posterior: of one pixel.
        seen: that pixel.
        noise, sensor: of the likelihood.
        draws, seed: behind directions and peak.
    """
    theta = posterior.sample(draws, torch.Generator().manual_seed(seed))[:, 0]
    normal = posterior.prior.to_normal(theta).double().numpy()
    joint = log_likelihood(theta, seen, noise, sensor) + posterior.prior.log_prob(theta)
    sizes, rows = np.linalg.eigh(np.cov(normal, rowvar=False))
    order = np.argsort(-sizes)
    axes = rows.T[order]
    heaviest = np.abs(axes).argmax(1)
    axes = axes * np.sign(axes[np.arange(len(axes)), heaviest])[:, None]
    return normal[int(joint.argmax())], axes, np.sqrt(sizes[order].clip(0))


def walk_variable(prior: JointPrior, theta: Tensor, name: str, steps: int = STEPS) -> Tensor:
    """Return canopies (steps, 11) equal to ``theta`` (11) but for one variable, which goes from bound to bound.

    Raises:
        InputError: ``canopy_choice``.
    """
    choose("variable", name, INFERRED)
    i = INFERRED.index(name)
    found = theta.expand(steps, -1).clone()
    law = prior.priors[name]
    found[:, i] = torch.linspace(law.low, law.high, steps)
    return found


def walk_direction(
    prior: JointPrior, centre: np.ndarray, direction: np.ndarray, spread: float, steps: int = STEPS
) -> Tensor:
    """Return canopies (steps, 11) along a direction of normal coordinates, ``FAR`` spreads on each side of a centre."""
    along = np.linspace(-FAR, FAR, steps)[:, None]
    normal = torch.from_numpy(centre + along * spread * direction)
    return prior.from_normal(normal).float()
