"""The rational-quadratic spline of the flow, without `torch.broadcast_shapes`.

Its first call loads a computer algebra system (sympy): 36 MB that a server keeps, and half a second of its first click.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor
from zuko.transforms import MonotonicRQSTransform


class Spline(MonotonicRQSTransform):
    """See `zuko.transforms.MonotonicRQSTransform` (Durkan et al. 2019, arXiv 1906.04032)."""

    def bin(self, k: Tensor) -> tuple[Tensor, ...]:
        """Return whether ``k`` is a bin, its two ends on both axes, the slopes there and its mean slope."""
        inside = (k >= 0) & (k < self.bins)
        left = k.remainder(self.bins)[..., None]
        ends = []
        for knots in (self.horizontal, self.vertical, self.derivatives):
            shape = np.broadcast_shapes(left.shape[:-1], knots.shape[:-1])
            known, at = knots.expand(*shape, -1), left.expand(*shape, 1)
            ends += [known.gather(-1, at)[..., 0], known.gather(-1, at + 1)[..., 0]]
        x0, x1, y0, y1, *_ = ends
        return inside, *ends, (y1 - y0) / (x1 - x0)
