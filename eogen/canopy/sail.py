"""4SAIL: what a canopy of such leaves over a soil reflects, in four streams of light.

Verhoef (1984, doi:10.1016/0034-4257(84)90057-9); Verhoef, Jia, Xiao & Su (2007, doi:10.1109/TGRS.2007.895844),
whose symbols are kept where they help; hot spot of Kuusk (1991, in Photon-Vegetation Interactions, Springer) as
integrated by Verhoef (1998). Streams: s the sun's beam, d diffuse light (down or up), o the view. Tensors are
(wavelength, sample) or (sample).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from eogen.canopy.lidf import centres
from eogen.canopy.numerics import exprel
from eogen.canopy.prospect import Leaf

_RADIAN = math.pi / 180
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
    zenith = torch.stack(torch.broadcast_tensors(sun, view))[:, None] * _RADIAN
    azimuth = (torch.remainder(azimuth + 180, 360) - 180).abs() * _RADIAN
    inclination = [angle * _RADIAN for angle in centres(len(lidf))]
    cosine = lidf.new_tensor([math.cos(angle) for angle in inclination])[:, None]
    sine = lidf.new_tensor([math.sin(angle) for angle in inclination])[:, None]
    cos, sin, tan = zenith.cos(), zenith.sin(), zenith.tan()
    upright, tilted = cosine * cos, sine * sin  # (sun or view, class, sample)
    chi, *azimuths = _interception(upright, tilted)
    # Unbound once: every index would cost the gradient a tensor of zeros.
    (turn_s, turn_o), (height_s, height_o), (ratio_s, ratio_o) = (value.unbind() for value in azimuths)
    edge_s, edge_o = torch.maximum(upright, tilted).unbind()
    upright_s, upright_o = upright.unbind()
    tilted_s, tilted_o = tilted.unbind()
    # Azimuths at which one and the other side of the leaf begin to be lit and seen, and their cosines.
    first, last = (turn_s - turn_o).abs(), math.pi - (turn_s + turn_o - math.pi).abs()
    near, far = ratio_s * ratio_o, height_s * height_o
    direction = azimuth.cos()
    ends = torch.maximum(direction, near + far) * torch.minimum(direction, near - far)
    middle = torch.maximum(torch.minimum(azimuth, last), first)
    both = tilted_s * tilted_o
    direct = 2 * upright_s * upright_o + both * direction
    skew = middle.sin() * (2 * edge_s * edge_o + both * ends)
    forth = skew - middle * direct
    back = torch.add(forth, direct, alpha=math.pi).clamp_min(0)
    across = 2 * math.pi * cos[0, 0] * cos[1, 0]
    # The distance by half angles: exact where the directions (almost) coincide; its slope is finite there.
    tan_s, tan_o = tan[:, 0]
    squared = (tan_s - tan_o) ** 2 + 4 * tan_s * tan_o * torch.sin(azimuth / 2) ** 2
    ks, ko = (lidf * chi).sum(1) / cos[:, 0]
    return Geometry(
        ks=ks,
        ko=ko,
        bf=(cosine[:, 0] ** 2) @ lidf,
        sob=(lidf * back).sum(0) / across,
        sof=(lidf * forth.clamp_min(0)).sum(0) / across,
        apart=squared.clamp_min(1e-24).sqrt(),
    )


def _interception(upright: Tensor, tilted: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what leaves intercept, and the azimuth at which their other side is met: angle, sine, cosine.

    Args:
        upright: product of the cosines of leaf and direction; tilted: product of the sines.
    """
    crossing = upright < tilted  # otherwise only the upper side is ever met: the azimuth is π
    ratio = torch.where(crossing, -upright / tilted.clamp_min(1e-6), -1.0)
    turn, height = torch.acos(ratio), torch.sqrt((1 - ratio) * (1 + ratio))
    # What is intercepted does not change with the turn to first order, so its slope needs no arc cosine.
    chi = 2 / math.pi * ((turn.detach() - math.pi / 2) * upright + height.detach() * tilted)
    return chi, turn, height, ratio


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
    mean = (1 - leaf.absorptance) / 2  # of the leaf's reflectance and transmittance
    skew = bf * (leaf.reflectance - mean)
    # Attenuation and m: m² = att² - sigb², whose factors are sums without loss.
    m = torch.sqrt(leaf.absorptance * (1 + 2 * skew))
    inverse = 1 / (1 - mean + skew + m)
    rinf = (mean + skew) * inverse
    gap = (leaf.absorptance + m) * inverse  # 1 - rinf
    both = gap * (1 + rinf)  # 1 - rinf²
    tss, too = torch.exp(-ks * lai), torch.exp(-ko * lai)
    fade = m * -lai
    drop = torch.expm1(fade)
    e1 = 1 + drop
    lost = rinf * drop
    re = rinf + lost
    gain = gap - lost  # 1 - re
    trapped = gain * (1 + re)  # 1 - re²
    tdd = both * e1 / trapped  # divided, so that no leaves transmit one exactly
    denominator = 1 / trapped
    rdd = lost * (-1 - e1) * denominator
    steep = lai * e1

    def stream(k: Tensor, t: Tensor) -> tuple[Tensor, ...]:
        """Return, of a beam of extinction ``k``: P and Q, its couplings down and up, J1, and 1/(k + m)."""
        j1 = steep * exprel(-k * lai - fade)
        total = 1 / (k + m)
        j2 = (1 - t * e1) * total
        sides = k * mean
        forward, backward = sides - skew, sides + skew
        down, up = forward + backward * rinf, backward + forward * rinf
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
    rso = multiple + leaf.reflectance * (single * (shape.sob - shape.sof)) + mean * (2 * single * shape.sof)
    return Canopy(rdd, tdd, rsd, tsd, rdo, tdo, rso, tss, too, tsstoo)


def bidirectional(c: Canopy, soil: Tensor) -> Tensor:
    """Return sun in, view out, over a Lambertian ``soil`` (wavelength, sample): what a satellite measures."""
    shaded = c.tsd + c.tss * soil * c.rdd
    bounced = shaded * c.too + (c.tss + c.tsd) * c.tdo
    return c.rso + soil * (c.tsstoo + bounced / _between(c, soil))


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
