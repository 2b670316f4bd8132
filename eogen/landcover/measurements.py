"""Fixed measurements of a Sentinel-2 image at native resolution: band indices and local texture.

Nothing here is learned. Every measurement is a map with a name; every one has a gradient, so that explanation
methods can go through it to the bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Reflectance added before logarithms and ratios: about the noise of a dark Sentinel-2 pixel.
FLOOR = 0.01

#: (name, first, second): normalised differences (first − second) / (first + second).
INDICES: tuple[tuple[str, str, str], ...] = (
    ("NDVI", "B08", "B04"),  # vegetation, Rouse 1974
    ("GNDVI", "B08", "B03"),  # Gitelson 1996
    ("NDWI", "B03", "B08"),  # open water, McFeeters 1996
    ("MNDWI", "B03", "B11"),  # open water beside buildings, Xu 2006
    ("NDBI", "B11", "B08"),  # built-up, Zha 2003
    ("NBR", "B08", "B12"),  # burnt or bare, Key & Benson 2006
    ("NDMI", "B8A", "B11"),  # leaf water, Gao 1996
    ("NDTI", "B11", "B12"),  # tillage and dry matter, van Deventer 1997
    ("NDRE", "B06", "B05"),  # red edge, Barnes 2000
    ("RENDVI", "B07", "B04"),
    ("NGRDI", "B03", "B04"),  # green against red
    ("BGDI", "B02", "B03"),  # blue against green: haze, water colour, roofs
    ("BSI", "B11", "B02"),  # bare soil against blue
)


#: Up to this side a window's mean is a product with two banded matrices: 0.06 ms instead of 1.3 for 25 pixels.
_DENSE = 256


def box(x: Tensor, size: int) -> Tensor:
    """Return the mean over a ``size`` × ``size`` window (odd), mirrored at the border; separable."""
    if max(x.shape[2:]) <= _DENSE:
        return _window(x.shape[2], size) @ x @ _window(x.shape[3], size).T
    half = size // 2
    x = F.pad(x, (half, half, half, half), mode="reflect")
    return F.avg_pool2d(F.avg_pool2d(x, (size, 1), 1), (1, size), 1)


@lru_cache(maxsize=128)
def _window(side: int, size: int) -> Tensor:
    """Return the matrix (side, side) that averages ``size`` neighbours of a line, mirrored at its ends."""
    # Kept for later calls with gradients, so it must not be born an inference tensor.
    with torch.inference_mode(False):
        lines = F.pad(torch.eye(side)[None], (size // 2, size // 2), mode="reflect")
        return F.avg_pool1d(lines, size, 1)[0].T.contiguous()


def spread(x: Tensor, size: int) -> Tensor:
    """Return the logarithm of the standard deviation in a ``size`` × ``size`` window (floor 1e-3)."""
    # Variances are shift-free: centring first keeps float32 from cancelling.
    x = x - x.mean((2, 3), keepdim=True)
    variance = (box(x * x, size) - box(x, size) ** 2).clamp_min(0.0)
    return 0.5 * torch.log(variance + 1e-6)


def _derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return (p[:, :, 2:, 1:-1] - p[:, :, :-2, 1:-1]) / 2, (p[:, :, 1:-1, 2:] - p[:, :, 1:-1, :-2]) / 2


def coherence(x: Tensor, size: int) -> Tensor:
    """Return how much the gradients of a window share one direction, 0 (none) to 1 (straight lines).

    From the eigenvalues of the structure tensor (Bigün & Granlund 1987): (l1 − l2) / (l1 + l2).
    """
    dy, dx = _derivatives(x)
    yy, xx, xy = box(dy * dy, size), box(dx * dx, size), box(dy * dx, size)
    return torch.sqrt((yy - xx) ** 2 + 4 * xy**2 + 1e-12) / (yy + xx + 1e-4)


def ridges(x: Tensor, smooth: int) -> Tensor:
    """Return two maps (n, 2C, H, W): how much the image is curved like a bright line, and like a dark one.

    The two eigenvalues of the Hessian (Frangi et al. 1998) of the image after two box means of ``smooth`` pixels.
    """
    if smooth > 1:
        x = box(box(x, smooth), smooth)
    dy, dx = _derivatives(x)
    yy, _ = _derivatives(dy)
    xy, xx = _derivatives(dx)
    middle, apart = (yy + xx) / 2, torch.sqrt(((yy - xx) / 2) ** 2 + xy**2 + 1e-10)
    return torch.cat([-(middle - apart), middle + apart], 1) * smooth**2


def _highest(x: Tensor, size: int) -> Tensor:
    """Return the maximum over a window; outside the image there is nothing."""
    half = size // 2
    return F.max_pool2d(F.max_pool2d(x, (size, 1), 1, (half, 0)), (1, size), 1, (0, half))


def hats(x: Tensor, size: int) -> Tensor:
    """Return two maps (n, 2C, H, W): bright, then dark details narrower than ``size`` (top-hats, Serra 1982)."""
    opened = _highest(-_highest(-x, size), size)
    closed = -_highest(-_highest(x, size), size)
    return torch.cat([x - opened, closed - x], 1)


class Measurements(nn.Module):
    """All measurements of an image that knows some bands.

    Args:
        bands: names of the input channels, in order.
        use: which of them are measured (the others are ignored; they change nothing).
        ceiling: reflectance above which values are clipped, or ``None``.
        smooth: window over which indices are averaged first (then single bands are not measured, only their mean
            brightness). JPEG keeps colour at half resolution and smooths it; measured on the same 58 patches, the
            spread of colour in a 3-pixel window differs by 0.7 standard deviations between JPEG and GeoTIFF.
        texture: whether anything beyond the pixel itself is measured.

    Input: reflectance (n, C, H, W), H and W at least 32. Output: (n, M, H, W), standardised by the buffers
    ``mean`` and ``std``; ``names`` has M entries.
    """

    def __init__(
        self,
        bands: Sequence[str],
        use: Sequence[str] | None = None,
        ceiling: float | None = None,
        smooth: int = 1,
        texture: bool = True,
    ) -> None:
        super().__init__()
        self.texture = texture
        self.bands, self.use, self.ceiling, self.smooth = tuple(bands), tuple(use or bands), ceiling, smooth
        self.channels = [self.bands.index(b) for b in self.use]
        self.pairs = [
            (n, self.use.index(a), self.use.index(b))
            for n, a, b in INDICES
            if a in self.use and b in self.use
        ]
        # Texture is measured on brightness and on the few indices whose texture tells classes apart.
        self.textured = [
            k for k, (name, *_) in enumerate(self.pairs) if name in ("NDVI", "NGRDI", "BGDI", "NDBI")
        ]
        self.names: tuple[str, ...] = tuple(self._names())
        self.register_buffer("mean", torch.zeros(1, len(self.names), 1, 1))
        self.register_buffer("std", torch.ones(1, len(self.names), 1, 1))

    MEANS = (5, 11, 25)
    SPREADS = (3, 5, 11, 25)
    COHERENCES = (7, 15)
    RIDGES = (1, 3)
    HATS = (3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Return the standardised measurements (n, M, H, W)."""
        return (self.raw(x) - self.mean) / self.std

    def raw(self, x: Tensor) -> Tensor:
        """Return the measurements in their own units (n, M, H, W)."""
        x = x[:, self.channels].clamp(0.0, self.ceiling)
        logs = torch.log(x + FLOOR)
        indices = torch.cat([torch.tanh((logs[:, [a]] - logs[:, [b]]) / 2) for _, a, b in self.pairs], 1)
        bright = logs.mean(1, keepdim=True)
        if self.smooth > 1:
            indices, logs = box(indices, self.smooth), bright
        if not self.texture:
            return torch.cat([logs, indices], 1)
        plain = torch.cat([bright, indices[:, self.textured]], 1)
        return torch.cat(
            [
                logs,
                indices,
                *(box(plain, s) for s in self.MEANS),
                *(spread(plain, s) for s in self.SPREADS),
                *(coherence(bright, s) for s in self.COHERENCES),
                *(ridges(bright, s) for s in self.RIDGES),
                *(hats(bright, s) for s in self.HATS),
            ],
            1,
        )

    def _names(self) -> list[str]:
        plain = ["brightness", *(self.pairs[k][0] for k in self.textured)]
        spectral = [
            *(["log brightness"] if self.smooth > 1 else [f"log {b}" for b in self.use]),
            *(n for n, *_ in self.pairs),
        ]
        if not self.texture:
            return spectral
        return [
            *spectral,
            *(f"mean {s} {p}" for s in self.MEANS for p in plain),
            *(f"spread {s} {p}" for s in self.SPREADS for p in plain),
            *(f"coherence {s}" for s in self.COHERENCES),
            *(f"{kind} line {s}" for s in self.RIDGES for kind in ("bright", "dark")),
            *(f"{kind} detail {s}" for s in self.HATS for kind in ("bright", "dark")),
        ]
