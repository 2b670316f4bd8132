"""Changes of a patch that do not change what it shows."""

from __future__ import annotations

import torch
from torch import Tensor


def turned(x: Tensor) -> Tensor:
    """Turn and mirror each eighth of a shuffled batch (n, C, H, W) its own way: the eight symmetries of a square."""
    parts = [part.rot90(k % 4, (2, 3)) for k, part in enumerate(x.chunk(8))]
    return torch.cat([part.flip(3) if k >= 4 else part for k, part in enumerate(parts)])


def shifted(x: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move a batch by up to ``most`` pixels in each direction, mirroring what comes in at the border."""
    height, width = x.shape[2:]
    dy, dx = torch.randint(0, 2 * most + 1, (2,), generator=generator).tolist()
    padded = torch.nn.functional.pad(x, (most, most, most, most), mode="reflect")
    return padded[:, :, dy : dy + height, dx : dx + width]


def hidden(x: Tensor, fill: Tensor, generator: torch.Generator, share: float = 0.5) -> Tensor:
    """Fill one random rectangle in ``share`` of the images with ``fill`` (the band means), as visitors will do.

    A network that has never seen a hidden part answers "hide this part" and removal curves with artefacts
    (Hooker et al. 2019, arXiv 1806.10758); random erasing (Zhong et al. 2020, arXiv 1708.04896) is the cure.
    """
    n, _, height, width = x.shape
    size = (torch.rand(n, 2, generator=generator) * 0.375 + 0.125) * torch.tensor([height, width])
    start = torch.rand(n, 2, generator=generator) * (torch.tensor([height, width]) - size)
    size[torch.rand(n, generator=generator) >= share] = 0.0
    rows, columns = torch.arange(height), torch.arange(width)
    inside_y = (rows >= start[:, :1]) & (rows < (start + size)[:, :1])
    inside_x = (columns >= start[:, 1:]) & (columns < (start + size)[:, 1:])
    return torch.where((inside_y[:, :, None] & inside_x[:, None, :])[:, None], fill, x)
