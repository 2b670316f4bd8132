"""What the parts of the prior studio hand to each other."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from eogen.canopy.priors import JointPrior


@dataclass(frozen=True)
class Studio:
    """A prior before and after the reader's edits.

    Attributes:
        base: name of the prior before.
        variable: whose law is being edited.
        before, after: the priors.
        key: names the content of ``after``.
        draws_before, draws_after: (n, 11) of each.
        changed: whether anything was edited.
    """

    base: str
    variable: str
    before: JointPrior
    after: JointPrior
    key: str
    draws_before: torch.Tensor
    draws_after: torch.Tensor
    changed: bool


@dataclass(frozen=True)
class Replay:
    """A pixel's posterior by weighted draws.

    Attributes:
        draws: (n, 11).
        ess: effective number of weighted draws.
        particles: how many were weighted.
        log_evidence: log p(spectrum), nats.
    """

    draws: torch.Tensor
    ess: float
    particles: int
    log_evidence: float
