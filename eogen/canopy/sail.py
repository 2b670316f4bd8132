"""4SAIL: what a canopy of such leaves over a soil reflects, in four streams of light.

Verhoef (1984, doi:10.1016/0034-4257(84)90057-9); Verhoef, Jia, Xiao & Su (2007, doi:10.1109/TGRS.2007.895844),
whose symbols are kept where they help; hot spot of Kuusk (1991) as integrated by Verhoef (1998). Streams: s the
sun's beam, d diffuse light (down or up), o the view. Tensors are (wavelength, sample) or (sample).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from eogen.canopy.lidf import centres
from eogen.canopy.numerics import exprel
from eogen.canopy.prospect import Leaf

#: Steps of the hot-spot integral (Verhoef 1998): equal steps of the slope of the joint gap probability.
_STEPS = 20
#: Limits of the hot spot's shape parameter: at the lower one sun and view coincide, at the upper there is none.
_SHAPE = (1e-12, 1e12)
_NARROWEST = 1e-9


class Geometry(NamedTuple):
    """What leaf inclinations and directions make of a layer, per unit leaf area; each (sample).

    Attributes:
        ks, ko: extinction coefficients along the sun's beam and the line of view.
        bf: mean squared cosine of the leaf inclination.
        sob, sof: bidirectional scattering off the lit side and through the leaf.
        apart: distance between the two directions' tangents (Kuusk), 0 in the hot spot.
    """

    ks: Tensor
    ko: Tensor
    bf: Tensor
    sob: Tensor
    sof: Tensor
    apart: Tensor


class Canopy(NamedTuple):
    """Reflectances (r) and transmittances (t) of the layer without soil, by stream in and stream out."""

    rdd: Tensor
    tdd: Tensor
    rsd: Tensor
    tsd: Tensor
    rdo: Tensor
    tdo: Tensor
    rso: Tensor
    tss: Tensor
    too: Tensor
    tsstoo: Tensor


def geometry(sun: Tensor, view: Tensor, azimuth: Tensor, lidf: Tensor) -> Geometry:
    """Weigh the scattering of single leaves by their inclination (Verhoef 1984; 2007, appendix).

    Args:
        sun, view: zenith angles, degrees in [0, 90) (sample).
        azimuth: between them, degrees in any turn; folded to [0, 180], the two sides being alike.
        lidf: leaf inclination distribution (class, sample).
    """
    sun, view = torch.deg2rad(sun), torch.deg2rad(view)
    azimuth = torch.deg2rad((torch.remainder(azimuth + 180, 360) - 180).abs())
    inclination = [math.radians(angle) for angle in centres(len(lidf))]
    cosine = lidf.new_tensor([math.cos(angle) for angle in inclination])[:, None]
    sine = lidf.new_tensor([math.sin(angle) for angle in inclination])[:, None]
    chi_s, turn_s, edge_s = _interception(cosine * sun.cos(), sine * sun.sin())
    chi_o, turn_o, edge_o = _interception(cosine * view.cos(), sine * view.sin())
    # Azimuths at which one and the other side of the leaf begin to be lit and seen.
    first, last = (turn_s - turn_o).abs(), math.pi - (turn_s + turn_o - math.pi).abs()
    middle = torch.maximum(torch.minimum(azimuth, last), first)
    ends = torch.minimum(azimuth, first).cos() * torch.maximum(azimuth, last).cos()
    both = sine**2 * sun.sin() * view.sin()
    direct = 2 * cosine**2 * sun.cos() * view.cos() + both * azimuth.cos()
    skew = middle.sin() * (2 * edge_s * edge_o + both * ends)
    back = ((math.pi - middle) * direct + skew).clamp_min(0)
    forth = (skew - middle * direct).clamp_min(0)
    across = 2 * math.pi * sun.cos() * view.cos()
    # The distance by half angles: exact where the directions (almost) coincide; its slope is finite there.
    squared = (sun.tan() - view.tan()) ** 2 + 4 * sun.tan() * view.tan() * torch.sin(azimuth / 2) ** 2
    return Geometry(
        ks=(lidf * chi_s).sum(0) / sun.cos(),
        ko=(lidf * chi_o).sum(0) / view.cos(),
        bf=(lidf * cosine**2).sum(0),
        sob=(lidf * back).sum(0) / across,
        sof=(lidf * forth).sum(0) / across,
        apart=squared.clamp_min(1e-24).sqrt(),
    )


def _interception(upright: Tensor, tilted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what a leaf intercepts, the azimuth at which its other side is met, and the edge term.

    Args:
        upright: product of the cosines of leaf and direction; tilted: product of the sines.
    """
    crossing = upright < tilted  # otherwise only the upper side is ever met
    ratio = torch.where(crossing, -upright / torch.where(crossing, tilted, 1.0), -0.5)
    turn = torch.where(crossing, torch.acos(ratio), math.pi)
    height = torch.where(crossing, torch.sqrt((1 - ratio) * (1 + ratio)), 0.0)
    chi = 2 / math.pi * ((turn - math.pi / 2) * upright + height * tilted)
    return chi, turn, torch.where(crossing, tilted, upright)


def hot_spot(shape: Geometry, lai: Tensor, hspot: Tensor) -> tuple[Tensor, Tensor]:
    """Return the joint gap probability at the soil, and its mean over the layer (Kuusk 1991).

    With the size of leaves relative to the canopy's height ``hspot`` (sample), gaps seen and gaps lit coincide
    over a depth 1/alpha. The mean is Verhoef's exponential Simpson sum: between two depths the logarithm of the
    probability is a straight line.
    """
    ks, ko, apart = shape.ks, shape.ko, shape.apart
    alpha = (apart / hspot.clamp_min(_NARROWEST) * 2 / (ks + ko)).clamp(*_SHAPE)
    part = torch.arange(1, _STEPS, dtype=lai.dtype, device=lai.device)[:, None] / _STEPS
    depth = -torch.log1p(part * torch.expm1(-alpha)) / alpha
    depth = torch.cat([torch.zeros_like(depth[:1]), depth, torch.ones_like(depth[:1])])
    joint = torch.sqrt(ks * ko) * -torch.expm1(-alpha * depth) / alpha
    height = lai * (joint - (ks + ko) * depth)
    mean = (torch.exp(height[:-1]) * exprel(torch.diff(height, dim=0)) * torch.diff(depth, dim=0)).sum(0)
    return torch.exp(height[-1]), mean


def canopy(leaf: Leaf, shape: Geometry, lai: Tensor, hspot: Tensor) -> Canopy:
    """Return the layer's reflectances and transmittances (Verhoef et al. 2007, eqs. 20-29).

    Args:
        leaf: shares (wavelength, sample).
        shape: of the same samples.
        lai: leaf area index, >= 0; 0 is an empty layer, exactly, with its one-sided slope.
        hspot: hot-spot parameter, >= 0.
    """
    ks, ko, bf = shape.ks, shape.ko, shape.bf
    mean, half = (1 - leaf.absorptance) / 2, (leaf.reflectance - leaf.transmittance) / 2
    skew = bf * half
    sigb = mean + skew
    # Attenuation and m: m² = att² - sigb², whose factors are sums without loss.
    att = 1 - mean + skew
    m = torch.sqrt(leaf.absorptance * (1 + 2 * skew))
    inverse = 1 / (att + m)
    rinf = sigb * inverse
    gap = (leaf.absorptance + m) * inverse  # 1 - rinf
    both = gap * (1 + rinf)  # 1 - rinf²
    tss, too = torch.exp(-ks * lai), torch.exp(-ko * lai)
    fade = -m * lai
    drop = torch.expm1(fade)
    e1 = 1 + drop
    re = rinf * e1
    denominator = 1 / ((gap - rinf * drop) * (1 + re))
    tdd = both * e1 * denominator
    rdd = -rinf * drop * (1 + e1) * denominator

    def stream(k: Tensor, t: Tensor) -> tuple[Tensor, ...]:
        """Return, of a beam of extinction ``k``: P, Q, its couplings up and down, J1, J2."""
        j1 = lai * e1 * exprel(-(k * lai + fade))
        total = 1 / (k + m)
        j2 = (1 - t * e1) * total
        forward, backward = k * mean - skew, k * mean + skew
        down, up = forward + backward * rinf, forward * rinf + backward
        return down * j1, up * j2, down, up, j1, total

    ps, qs, down_s, up_s, j1_s, sum_s = stream(ks, tss)
    pv, qv, down_o, up_o, j1_o, sum_o = stream(ko, too)
    tsd, rsd = (ps - re * qs) * denominator, (qs - re * ps) * denominator
    tdo, rdo = (pv - re * qv) * denominator, (qv - re * pv) * denominator
    z = lai * exprel(-(ks + ko) * lai)
    first = up_o * down_s * (z - j1_s * too) * sum_o
    second = down_o * up_s * (z - j1_o * tss) * sum_s
    multiple = (first + second - (rdo * qs + tdo * ps) * rinf) / both
    tsstoo, lit = hot_spot(shape, lai, hspot)
    single = lai * lit
    rso = (shape.sob + shape.sof) * single * mean + (shape.sob - shape.sof) * single * half + multiple
    return Canopy(rdd, tdd, rsd, tsd, rdo, tdo, rso, tss, too, tsstoo)


def bidirectional(c: Canopy, soil: Tensor) -> Tensor:
    """Return sun in, view out, over a Lambertian ``soil`` (wavelength, sample): what a satellite measures."""
    bounced = (c.tss + c.tsd) * c.tdo + (c.tsd + c.tss * soil * c.rdd) * c.too
    return c.rso + c.tsstoo * soil + bounced * soil / _between(c, soil)


def from_sky(c: Canopy, soil: Tensor) -> Tensor:
    """Return diffuse light in, view out (hemispherical-directional)."""
    return c.rdo + c.tdd * soil * (c.tdo + c.too) / _between(c, soil)


def to_sky(c: Canopy, soil: Tensor) -> Tensor:
    """Return sun in, all directions out (directional-hemispherical: the black-sky albedo)."""
    return c.rsd + (c.tsd + c.tss) * soil * c.tdd / _between(c, soil)


def sky_to_sky(c: Canopy, soil: Tensor) -> Tensor:
    """Return diffuse light in, all directions out (bihemispherical: the white-sky albedo)."""
    return c.rdd + c.tdd**2 * soil / _between(c, soil)


def _between(c: Canopy, soil: Tensor) -> Tensor:
    """What light between soil and canopy is divided by."""
    return (1 - soil * c.rdd).clamp_min(1e-30)
