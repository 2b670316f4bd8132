"""A vision transformer (Dosovitskiy et al. 2021) with the tensor names of DINO and timm; its shape is read off them.

Pre-norm blocks: ``x + attention(norm(x))``, then ``x + mlp(norm(x))`` with GELU; a class token first; SatDINO's
register for the ground sampling distance, when there is one, last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.nn import weights

#: Every published ViT of the DINO family has heads of this width.
HEAD, EPS = 64, 1e-6


class Attention(nn.Module):
    """Multi-head self-attention with one projection for queries, keys and values."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.heads = max(dim // HEAD, 1)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (n, t, d) to tokens (n, t, d)."""
        n, t, d = x.shape
        query, key, value = self.qkv(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.proj(mixed.transpose(1, 2).reshape(n, t, d))


class Block(nn.Module):
    """Attention and a perceptron, each added to what it was given."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=EPS), nn.LayerNorm(dim, eps=EPS)
        self.attn = Attention(dim)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(dim, hidden), "fc2": nn.Linear(hidden, dim)})

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (n, t, d) to tokens (n, t, d)."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class ViT(nn.Module):
    """The transformer.

    Args:
        dim: width of a token.
        depth: number of blocks.
        hidden: width inside a block's perceptron.
        patch: side of a patch in pixels.
        grid: patches on a side of the images it was trained on.
        register: whether it has SatDINO's register.
    """

    def __init__(
        self, dim: int, depth: int, hidden: int, patch: int, grid: int, register: bool = False
    ) -> None:
        super().__init__()
        self.patch, self.grid = patch, grid
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, dim, patch, stride=patch)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.gsd_register = nn.Parameter(torch.zeros(1, 1, dim)) if register else None
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid**2 + register, dim))
        self.blocks = nn.ModuleList(Block(dim, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=EPS)

    def positions(self, rows: int, columns: int) -> Tensor:
        """Return the position of each token (1, t, d); those of the patches interpolated (bicubic) to another grid."""
        if (rows, columns) == (self.grid, self.grid):
            return self.pos_embed
        inner = (
            self.pos_embed[:, 1 : 1 + self.grid**2].unflatten(1, (self.grid, self.grid)).permute(0, 3, 1, 2)
        )
        inner = F.interpolate(inner, size=(rows, columns), mode="bicubic").flatten(2).transpose(1, 2)
        return torch.cat([self.pos_embed[:, :1], inner, self.pos_embed[:, 1 + self.grid**2 :]], 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features of the patches (n, rows, columns, d) of images (n, 3, y, x), multiples of a patch."""
        tokens = self.patch_embed["proj"](images)
        rows, columns = tokens.shape[2:]
        parts = [self.cls_token, tokens.flatten(2).transpose(1, 2)]
        parts += [] if self.gsd_register is None else [self.gsd_register]
        x = torch.cat([part.expand(len(images), -1, -1) for part in parts], 1) + self.positions(rows, columns)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 1 : 1 + rows * columns].unflatten(1, (rows, columns))


def vit(tensors: Mapping[str, Tensor], path: Path) -> ViT:
    """Return the transformer that tensors read from ``path`` describe, filled with them and ready to be asked.

    Names may share a prefix (``backbone.``, ``module.``). The head (``head.…``), which only training needs, is left
    out; everything else must be known.

    Raises:
        InputError: ``change_vit`` when the tensors are not those of a ViT; ``weights_missing``,
            ``weights_unexpected``, ``weights_shape`` naming the key.
    """
    prefix = min(
        (name[: -len("cls_token")] for name in tensors if name.endswith("cls_token")), key=len, default=""
    )
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if not _head(k.removeprefix(prefix))}
    try:
        dim, _, patch, _ = own["patch_embed.proj.weight"].shape
        depth = 1 + max(int(m[1]) for name in own if (m := re.match(r"blocks\.(\d+)\.", name)))
        hidden = own["blocks.0.mlp.fc1.weight"].shape[0]
        register = "gsd_register" in own
        patches = own["pos_embed"].shape[1] - 1 - register
    except (KeyError, ValueError) as error:
        raise InputError(
            "change_vit",
            "{path} is not a vision transformer of the DINO or timm layout: {lacking} is not in it or has another "
            "shape. It has: {found}.",
            path=str(path), lacking=str(error.args[0]) if isinstance(error, KeyError) else "blocks.0",
            found=", ".join(sorted(tensors)[:5]),
        ) from error  # fmt: skip
    grid = round(max(patches, 0) ** 0.5)
    made = ViT(dim, depth, hidden, patch, grid, register)
    weights.fill(made, own, path)
    return made.eval().requires_grad_(False)


def _head(name: str) -> bool:
    return name.startswith("head.")
