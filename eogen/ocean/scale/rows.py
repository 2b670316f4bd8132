"""What each method needs around a cell when it works tile by tile."""

from __future__ import annotations

from dataclasses import dataclass

from eogen.ocean.convolution import HALO, REACH


@dataclass(frozen=True)
class Scaled:
    """How a method is asked for a tile.

    Attributes:
        name: of the method.
        where: ``package.module:function``, ``(problem, targets, seed, progress) -> Estimate``.
        halo: cells beyond which it hears nothing: its tiles need no blending.
        reach: frames before and after that it reads.
        window: 0, or the side of the windows it is shown: its tiles are blended.
        overlap: cells shared by neighbouring windows.
        margin: cells at a window's edge whose answer is not used.
        drivers: physical fields it needs, by their names in the store.
        sd: whether it gives a standard deviation.
    """

    name: str
    where: str
    halo: int = 0
    reach: int = 0
    window: int = 0
    overlap: int = 0
    margin: int = 0
    drivers: tuple[str, ...] = ()
    sd: bool = False


#: Methods that are local: a halo makes their tiles equal to the whole. ``time_linear`` looks no further than its reach.
_LOCAL = {
    "climatology": (0, 0),
    "time_linear": (0, 12),
    "convolution": (HALO, REACH),
}
#: All others (networks, nearest, oi) see windows of this side, blended.
WINDOW, OVERLAP, MARGIN, FRAMES = 512, 96, 32, 3


def scaled(name: str) -> Scaled:
    """Return how the method ``name`` of the registry is asked.

    Raises:
        InputError: ``ocean_method``.
    """
    from eogen.ocean.methods import method

    row = method(name)
    where = f"eogen.ocean.{row.where}"
    if name in _LOCAL:
        halo, reach = _LOCAL[name]
        return Scaled(name, where, halo, reach)
    sd = row.kind in ("network", "generative") or name == "oi"
    return Scaled(name, where, 0, FRAMES, WINDOW, OVERLAP, MARGIN, tuple(row.drivers), sd)
