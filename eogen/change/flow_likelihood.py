"""The log-density of an image under a flow, by following it back to noise.

Along dx/dt = v(x, t) the log-density changes by minus the divergence of v (instantaneous change of variables: Chen et
al. 2018, arXiv 1806.07366), so that

    log p(x) = log N(z; 0, 1) - integral from 0 to 1 of tr J(x_t, t) dt,        J = dv/dx,

z being where the flow comes from. The trace is exact (one derivative for each number of the image: for tests) or
Hutchinson's estimate e' J e with random signs e, kept along the path (Grathwohl et al. 2019, arXiv 1810.01367).

A density belongs to the whole image, not to a pixel. The map gives each pixel its own term, log N(z_i) minus the
integral of e_i (J' e)_i, whose mean over signs is J_ii: an estimate of where the total comes from, which sums to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from eogen.change.ode import Extrapolated, grid
from eogen.change.protocol import Flow, at
from eogen.progress import Progress, silent

#: Steps of the extrapolated midpoint rule.
STEPS = 6


@dataclass(frozen=True)
class Likelihood:
    """Of n images of d numbers each.

    Attributes:
        contribution: (n, y, x) nats; sums to ``log_p``. An estimate: see the module's text.
        probes: (probe, n) log-density by each probe alone; (1, n) when exact.
        latent: (n, band, y, x) where the flow came from.
    """

    contribution: Tensor
    probes: Tensor
    latent: Tensor

    @property
    def log_p(self) -> Tensor:
        """Return (n,) log-density, nats."""
        return self.probes.mean(0)

    @property
    def standard_error(self) -> Tensor:
        """Return (n,) standard error of ``log_p`` from the spread of the probes; NaN with one."""
        count = len(self.probes)
        return self.probes.std(0) / count**0.5 if count > 1 else torch.full_like(self.log_p, math.nan)

    @property
    def nats(self) -> Tensor:
        """Return (n,) nats for each number of the image, -log p / d."""
        return -self.log_p / self.latent[0].numel()

    @property
    def bits(self) -> Tensor:
        """Return (n,) bits for each number of the (normalised) image."""
        return self.nats / math.log(2)


def likelihood(
    flow: Flow,
    images: Tensor,
    condition: Tensor,
    signs: Tensor | None,
    steps: int = STEPS,
    rule: str = "midpoint",
    progress: Progress = silent,
) -> Likelihood:
    """Return the log-density of images given a condition.

    Args:
        flow: see :class:`eogen.change.protocol.Flow`.
        images: (n, band, y, x).
        condition: (n, band + 1, y, x).
        signs: (probe, band, y, x) of -1 and 1, the same for all images; None for the exact divergence.
        steps: of the rule, see :func:`eogen.change.ode.grid`.
        rule: ``"midpoint"`` (one velocity and one divergence a step, see :class:`Extrapolated`) or ``"rk4"`` (four).
        progress: may raise ``Cancelled``.
    """
    count = 1 if signs is None else len(signs)
    x, integral = images.detach().clone(), images.new_zeros((count, *images.shape))
    past = Extrapolated()
    if rule == "midpoint":
        with torch.no_grad():
            past.add(1.0, at(flow, x, 1.0, condition))
    for k, (now, then) in enumerate(pairwise(grid(1.0, 0.0, steps))):
        progress(k, steps, "likelihood")
        h = then - now
        if rule == "midpoint":
            ahead = past.at(now) if past.ready else past.velocities[0]
            v, d = _divergence(flow, x + h / 2 * ahead, now + h / 2, condition, signs)
            past.add(now + h / 2, v)
            x, integral = x + h * v, integral - h * d
            continue
        v1, d1 = _divergence(flow, x, now, condition, signs)
        v2, d2 = _divergence(flow, x + h / 2 * v1, now + h / 2, condition, signs)
        v3, d3 = _divergence(flow, x + h / 2 * v2, now + h / 2, condition, signs)
        v4, d4 = _divergence(flow, x + h * v3, then, condition, signs)
        x = x + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
        integral = integral - h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    base = -0.5 * (x**2 + math.log(2 * math.pi))
    terms = base - integral  # backwards: h is negative, so integral is that from 0 to 1
    return Likelihood(terms.mean(0).sum(1), terms.sum((2, 3, 4), dtype=torch.float64), x)


def _divergence(
    flow: Flow, x: Tensor, t: float, condition: Tensor, signs: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the velocity and the terms of its divergence, (probe, n, band, y, x)."""
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        v = at(flow, x, t, condition)
        if signs is None:
            return v.detach(), _diagonal(v, x)[None]
        terms = []
        for k, e in enumerate(signs):
            e = e.expand_as(v)
            (back,) = torch.autograd.grad(v, x, e, retain_graph=k + 1 < len(signs))
            terms.append(e * back)
    return v.detach(), torch.stack(terms)


def _diagonal(v: Tensor, x: Tensor) -> Tensor:
    """Return dv_i / dx_i, one derivative after the other."""
    flat = v.flatten(1).sum(0)  # images do not hear each other
    out = torch.zeros_like(x).flatten(1)
    for i in range(len(flat)):
        (row,) = torch.autograd.grad(flat[i], x, retain_graph=i + 1 < len(flat))
        out[:, i] = row.flatten(1)[:, i]
    return out.view_as(x)
