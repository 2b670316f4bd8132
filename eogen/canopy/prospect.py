"""PROSPECT: what a leaf reflects and transmits, from its structure and what it is made of.

Jacquemoud & Baret (1990, doi:10.1016/0034-4257(90)90100-Z); constants and pigments of PROSPECT-5 (Féret et al.
2008, doi:10.1016/j.rse.2008.02.012), PROSPECT-D (Féret et al. 2017, doi:10.1016/j.rse.2017.03.004) and
PROSPECT-PRO (Féret et al. 2021, doi:10.1016/j.rse.2020.112173). A leaf is a pile of ``n`` plates; each plate
is an absorbing layer between two rough interfaces (Allen et al. 1969), the pile follows Stokes (1862).

Tensors are (wavelength, sample): constants of a wavelength and variables of a sample then broadcast along
contiguous memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from eogen.canopy.numerics import absorbed

#: Largest angle at which light enters the first plate, degrees: a leaf's top is smoother than its inside.
INCIDENCE = 40.0
_TINY = 1e-15


class Interfaces(NamedTuple):
    """Mean transmittances of the leaf's surfaces, each (wavelength, 1).

    Attributes:
        top: into the first plate, light within ``INCIDENCE`` of the normal.
        into: into the other plates, isotropic light.
        out: from a plate into air, isotropic light: ``into`` over the squared refractive index.
    """

    top: Tensor
    into: Tensor
    out: Tensor


class Leaf(NamedTuple):
    """Shares of the light on a leaf, each (wavelength, sample).

    The absorbed share is kept for itself: in the near infrared it is small, and 1 - r - t would lose it.
    """

    reflectance: Tensor
    absorptance: Tensor

    @property
    def transmittance(self) -> Tensor:
        """What is left."""
        return 1 - self.absorptance - self.reflectance


def transmissivity(angle: float, index: np.ndarray) -> np.ndarray:
    """Return the mean transmissivity of a plane surface for light within ``angle`` degrees of its normal.

    The average of Fresnel's two polarisations over the cone (Stern 1964; Allen 1973), integrated by 96 Gauss
    points: the integrand is analytic, so this is exact to rounding. ``index``: refractive index, any shape.
    """
    points, weights = np.polynomial.legendre.leggauss(96)
    limit = np.radians(angle)
    theta = limit * (points + 1) / 2
    cosine, index = np.cos(theta), np.asarray(index, float)[..., None]
    inside = np.sqrt(index**2 - np.sin(theta) ** 2)
    across = 1 - ((cosine - inside) / (cosine + inside)) ** 2
    along = 1 - ((index**2 * cosine - inside) / (index**2 * cosine + inside)) ** 2
    mean = (across + along) / 2 * np.sin(2 * theta)
    return mean @ weights * (limit / 2) / np.sin(limit) ** 2


def interfaces(index: np.ndarray) -> Interfaces:
    """Return the surfaces of a leaf of refractive ``index`` (wavelength), in float64."""
    into = transmissivity(90.0, index)
    found = (transmissivity(INCIDENCE, index), into, into / index**2)
    return Interfaces(*(torch.from_numpy(value)[:, None] for value in found))


def leaf(depth: Tensor, n: Tensor, surfaces: Interfaces) -> Leaf:
    """Return what a leaf reflects, transmits and absorbs.

    Args:
        depth: optical depth of one plate (wavelength, sample): contents times specific absorptions, over n.
        n: number of plates (sample), at least 1, not necessarily whole.
        surfaces: of the same wavelengths.

    Everything is built from absorbed shares and from ``a - 1``, ``b - 1`` of Stokes' a and b, which are sums
    of positive terms: no digits are lost where the leaf is almost clear.
    """
    lost = absorbed(depth)
    passed = 1 - lost + _TINY  # never zero: Stokes' b divides by it
    back = 1 - surfaces.out  # reflected inside at a plate's surface
    bounce = back * passed
    gain = 1 / (1 - bounce)
    kept = lost * gain
    through = passed * surfaces.out * gain / (1 + bounce)
    # One plate under isotropic light; and the first one, under light from above.
    t = surfaces.into * through
    r = 1 - surfaces.into + bounce * t
    a = surfaces.into * kept
    top_t = surfaces.top * through
    top_r = 1 - surfaces.top + bounce * top_t
    top_a = surfaces.top * kept
    # Stokes' solution for the n - 1 plates below the first; g = b^-(n-1).
    more, less = 1 + r - t, 1 - r + t
    root = torch.sqrt(a * (1 + r + t) * more * less)
    a_less_one = (a * less + root) / (2 * r)
    g_less_one = torch.expm1((1 - n) * torch.log1p((a * more + root) / (2 * t)))
    g, stokes_a = 1 + g_less_one, 1 + a_less_one
    share = -g_less_one / (stokes_a + g)
    below_a = a_less_one * share
    below_r = stokes_a * (1 + g) * share / (a_less_one - g_less_one)
    # Light goes to and fro between the first plate and those below.
    caught = top_t / (1 - below_r * r)
    absorptance = top_a + caught * (below_a + below_r * a)
    reflectance = top_r + caught * below_r * t
    return Leaf(reflectance, absorptance)
