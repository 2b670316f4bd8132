"""Different canopies, one spectrum: the ridge of a posterior, and how many directions a spectrum tells."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED

#: Steps of the descent that brings each canopy onto the spectrum, their size, and the weight of the prior in it.
STEPS, RATE, PULL = 160, 0.04, 0.05
#: Draws near a level from which the descent of that level begins, and the farthest it begins from the prior's centre.
NEAR, REACH = 40, 3.0


@dataclass(frozen=True)
class Ridge:
    """Canopies in which one variable grows while the spectrum stays.

    Attributes:
        theta: (k, 11), in the variables' units.
        misfit: (k), root mean square over the bands of their distance to the observed spectrum, in standard deviations
            of the noise: below 1, the satellite cannot tell them apart.
    """

    theta: Tensor
    misfit: Tensor


def ridge(
    draws: Tensor,
    seen: Observation,
    prior: JointPrior,
    noise: Noise = NOISE,
    *,
    along: str = "lai",
    points: int = 17,
) -> Ridge:
    """Walk along the ridge of a posterior of one pixel.

    For levels of the variable ``along`` between its 2 and 98 % quantiles, the other variables are moved by gradient
    descent through PROSAIL (Kingma & Ba 2015) until the spectrum fits, held lightly to the prior.

    Args:
        draws: of the posterior (n, 11).
        seen: the pixel; missing (NaN) bands count for nothing.
        prior: whose normal coordinates the descent takes.
        noise: of the observation.
        along: an inferred variable.
        points: of the walk.
    """
    i = INFERRED.index(along)
    levels = torch.quantile(draws[:, i], torch.linspace(0.02, 0.98, points))
    there = seen.present
    observed = torch.where(there, seen.reflectance, 0.0)  # a NaN would go into every gradient
    sd = noise.sd(observed)

    def off(theta: Tensor) -> Tensor:
        return (bands(theta, seen.geometry) - observed) / sd * there

    with torch.inference_mode():
        misfit = off(draws).square().sum(1)
    starts = []
    for level in levels:
        near = (draws[:, i] - level).abs().argsort()[:NEAR]
        starts.append(draws[near[misfit[near].argmin()]])
    begin = torch.stack(starts).clone()
    begin[:, i] = levels
    fixed = prior.to_normal(begin).clamp(-REACH, REACH)
    free = fixed.clone().requires_grad_(True)
    hold = torch.zeros(len(INFERRED), dtype=torch.bool)
    hold[i] = True
    descent = torch.optim.Adam([free], lr=RATE)
    for _ in range(STEPS):
        descent.zero_grad()
        gap = off(prior.from_normal(torch.where(hold, fixed, free)))
        loss = 0.5 * gap.square().sum() + PULL * 0.5 * free.square().sum()
        loss.backward()
        descent.step()
    with torch.inference_mode():
        theta = prior.from_normal(torch.where(hold, fixed, free))
        return Ridge(theta, off(theta).square().mean(1).sqrt())


def fisher(theta: Tensor, geometry: Tensor, prior: JointPrior, noise: Noise = NOISE) -> Tensor:
    """Return the Fisher information (11, 11) of one canopy, in the prior's normal coordinates.

    ``Jᵀ Σ⁻¹ J`` with J the Jacobian of the ten bands, by automatic differentiation, and Σ the noise of each band's own;
    the prior itself has the information 1 in every direction.

    Args:
        theta: (11), in the variables' units.
        geometry: (3), degrees.
        prior: whose coordinates are taken.
        noise: of the observation.
    """
    normal = prior.to_normal(theta[None].double())

    def seen_at(z: Tensor) -> Tensor:
        return bands(prior.from_normal(z).float(), geometry[None])[0].double()

    jacobian = torch.autograd.functional.jacobian(seen_at, normal)[:, 0]
    sd = noise.sd(seen_at(normal.detach()))
    scaled = jacobian / sd[:, None]
    return scaled.T @ scaled


def identifiable(information: Tensor) -> int:
    """Return in how many directions a spectrum tells more than the prior: eigenvalues above 1."""
    return int((torch.linalg.eigvalsh(information) > 1).sum())
