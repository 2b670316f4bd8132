"""Series as another year could have shown them: earlier or later, brighter or darker, with more months under cloud."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.landcover.series.gaps import bridge


@dataclass(frozen=True)
class Augmentation:
    """How far training series are moved.

    Attributes:
        shift: largest shift in time, months, earlier or later (a season's start differs by weeks between places).
        noise: standard deviation of the noise of each month and band, in standard deviations of the band.
        offset: the same for one offset of a band through the whole year (soil, atmosphere, sensor).
        drop: probability that a month is hidden and bridged.
    """

    shift: float = 0.7
    noise: float = 0.1
    offset: float = 0.1
    drop: float = 0.1


def augment(x: Tensor, seen: Tensor, how: Augmentation, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a moved copy of standardised, filled series (n, month, band) and of their ``seen`` (n, month) bool."""
    n, months, bands = x.shape
    if how.shift:
        x, seen = shifted(x, seen, (2 * torch.rand(n, generator=generator) - 1) * how.shift)
    x = x + how.noise * torch.randn(x.shape, generator=generator)
    x = x + how.offset * torch.randn((n, 1, bands), generator=generator)
    if how.drop:
        kept = seen & (torch.rand((n, months), generator=generator) >= how.drop)
        # A series that would lose every month keeps all it had.
        kept = torch.where(kept.any(1, keepdim=True), kept, seen)
        x = torch.where((seen & ~kept).any(1)[:, None, None], bridge(x, kept), x)
        seen = kept
    return x, seen


def shifted(x: Tensor, seen: Tensor, months: Tensor) -> tuple[Tensor, Tensor]:
    """Return series (n, month, band) later by ``months`` (n,), read linearly between months, the ends held."""
    count = x.shape[1]
    at = (torch.arange(count)[None] - months[:, None]).clamp(0, count - 1)
    low = at.floor().long().clamp(max=count - 2) if count > 1 else at.long()
    high = (low + 1).clamp(max=count - 1)
    share = (at - low)[..., None].to(x.dtype)
    wide = (-1, -1, x.shape[2])
    moved = (1 - share) * x.gather(1, low[..., None].expand(wide)) + share * x.gather(
        1, high[..., None].expand(wide)
    )
    return moved, seen.gather(1, at.round().long())
