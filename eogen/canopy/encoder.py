"""From a spectrum and its angles to the parameters of a posterior: one trunk, one head per family.

The trunk is a residual perceptron (Gorishniy et al. 2021, arXiv 2106.11959) on the reflectances, their logarithms, a
few normalised differences and the cosines of the angles. Families differ by their head only, so that what separates
them in a table is the family.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from eogen.canopy.observation import OPTIONAL, Observation
from eogen.canopy.posteriors.base import InNormal, InUnitCube, Posterior
from eogen.canopy.priors import JointPrior
from eogen.canopy.sensors import BANDS
from eogen.errors import InputError

_OPTIONAL = BANDS.index(OPTIONAL)
_BESIDE = [BANDS.index("B07"), BANDS.index("B8A")]
#: Normalised differences: vegetation, red edge, water, chlorophyll, burn.
PAIRS = (("B08", "B04"), ("B8A", "B05"), ("B8A", "B11"), ("B07", "B06"), ("B03", "B04"), ("B11", "B12"))
_FIRST, _SECOND = ([BANDS.index(pair[i]) for pair in PAIRS] for i in (0, 1))
FEATURES = 2 * len(BANDS) + len(PAIRS) + 3 + 1
#: Added to reflectances before logarithms and ratios: about their noise.
FLOOR = 0.02


def features(seen: Observation) -> Tensor:
    """Return what the trunk sees (m, 30), not yet standardised."""
    values = seen.reflectance
    missing = ~values[:, _OPTIONAL].isfinite()
    values = values.clone()
    values[:, _OPTIONAL] = torch.where(missing, values[:, _BESIDE].mean(1), values[:, _OPTIONAL])
    held = values.clamp(-FLOOR / 2, 1.5)
    first, second = held[:, _FIRST] + FLOOR, held[:, _SECOND] + FLOOR
    return torch.cat(
        [
            held,
            (held + FLOOR).log(),
            (first - second) / (first + second),
            seen.geometry.deg2rad().cos(),
            missing[:, None].to(held.dtype),
        ],
        1,
    )


class Residual(nn.Module):
    """``x + W2 silu(W1 norm(x))``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (m, width)."""
        return x + self.body(x)


class Encoder(nn.Module):
    """A network whose answer is a :class:`Posterior`.

    Args:
        prior: what it was trained under; its coordinates and bounds are those of the answer.
        width: of the trunk.
        blocks: of the trunk.

    Attributes:
        may_miss: whether it was trained with B08 missing now and then; without it such a pixel is refused.
    """

    def __init__(
        self, prior: JointPrior, *, width: int = 192, blocks: int = 3, may_miss: bool = False
    ) -> None:
        super().__init__()
        self.prior, self.width, self.may_miss = prior, width, may_miss
        self.register_buffer("centre", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.trunk = nn.Sequential(
            nn.Linear(FEATURES, width), *(Residual(width) for _ in range(blocks)), nn.LayerNorm(width)
        )

    def standardise(self, seen: Observation) -> None:
        """Learn the mean and spread of the features from simulations."""
        found = features(seen)
        self.centre.copy_(found.mean(0))
        self.spread.copy_(found.std(0).clamp_min(1e-3))

    def context(self, seen: Observation) -> Tensor:
        """Return the trunk's answer (m, width)."""
        return self.trunk((features(seen) - self.centre) / self.spread)

    def forward(self, seen: Observation) -> Posterior:
        """Return the posteriors of the pixels.

        Raises:
            InputError: ``needs_b08`` for a pixel without B08 where the network never learnt to do without.
        """
        if not self.may_miss and not bool(seen.present[:, _OPTIONAL].all()):
            raise InputError(
                "needs_b08",
                "This family was trained with every band and B08 is missing; choose the field model, which was "
                "trained to do without.",
            )
        return self.head(self.context(seen))

    @abstractmethod
    def head(self, context: Tensor) -> Posterior:
        """Return the posteriors (m) given the trunk's answer (m, width)."""

    def nll(self, seen: Observation, u: Tensor, normal: Tensor, **more: Any) -> Tensor:
        """Return the mean negative log density of canopies given as points of the cube and as normal coordinates.

        Nats, in whichever coordinates the family lives in: they differ by a constant of the sample.
        """
        posterior = self(seen)
        if isinstance(posterior, InUnitCube):
            return -posterior.log_density(u).mean()
        assert isinstance(posterior, InNormal)
        return -posterior.log_density(normal).mean()
