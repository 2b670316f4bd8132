"""Months not seen, bridged in bulk."""

from __future__ import annotations

import torch
from torch import Tensor


def bridge(x: Tensor, seen: Tensor) -> Tensor:
    """Return series (n, month, …) with the months not ``seen`` (n, month, …) replaced: linear between the nearest
    months seen, the nearest one beyond them, 0 where no month was.

    ``seen`` may lack trailing dimensions of ``x`` (a month is then seen in all bands or in none).
    """
    months = x.shape[1]
    number = torch.arange(months).view(1, -1, *(1,) * (seen.ndim - 2))
    before = torch.where(seen, number, -1).cummax(1).values
    after = torch.where(seen, number, months).flip(1).cummin(1).values.flip(1)
    none = before[:, -1:] < 0
    low = torch.where(before < 0, after, before).clamp(max=months - 1)
    high = torch.where(after == months, before, after).clamp(min=0)
    share = (number - low) / (high - low).clamp(min=1)
    wide = (...,) + (None,) * (x.ndim - seen.ndim)
    shape = x.shape
    first = x.gather(1, low[wide].expand(shape))
    second = x.gather(1, high[wide].expand(shape))
    made = first + share[wide].to(x.dtype) * (second - first)
    made = torch.where(seen[wide].expand(shape), x, made)
    return torch.where(none[wide].expand(shape), torch.zeros((), dtype=x.dtype), made)
