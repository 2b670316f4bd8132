"""The evidence by bridge sampling (Meng & Wong 1996, Statistica Sinica 6:831): one number from two sets of draws."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Rounds of the fixed-point iteration; it settles in ten or so.
ROUNDS = 50


def log_evidence(of_target: Tensor, of_proposal: Tensor) -> Tensor:
    """Return log ∫ f (g), nats, by the bridge that is best for independent draws.

    Args:
        of_target: log f - log q (g, n) at draws of the law proportional to f.
        of_proposal: the same (g, m) at draws of q, a normalised law; minus infinity where f is zero.
    """
    first, second = of_target.shape[1], of_proposal.shape[1]
    log_share = math.log(first / (first + second)), math.log(second / (first + second))
    found = of_proposal.logsumexp(1) - math.log(second)
    for _ in range(ROUNDS):
        above, below = (
            torch.logaddexp(log_share[0] + each, log_share[1] + found[:, None])
            for each in (of_proposal, of_target)
        )
        found = (of_proposal - above).logsumexp(1) - (-below).logsumexp(1) - math.log(second / first)
    return found
