"""PROSAIL: from named variables of leaf, canopy, soil and geometry to reflectance, differentiable, in batches.

PROSPECT (:mod:`eogen.canopy.prospect`) in 4SAIL (:mod:`eogen.canopy.sail`); Jacquemoud et al. (2009,
doi:10.1016/j.rse.2008.01.026) tell the story of the pair.

>>> import torch
>>> model = Prosail(sensor="S2A", version="5")
>>> field = dict(n=1.5, cab=40, car=8, cbrown=0, cw=0.01, cm=0.009, lai=3, ala=57, hspot=0.1)
>>> seen = dict(psoil=0.5, rsoil=1, solar_zenith=30, view_zenith=5, relative_azimuth=100)
>>> model({name: torch.tensor(float(value)) for name, value in (field | seen).items()}).shape
torch.Size([1, 10])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from eogen.canopy import lidf as inclination
from eogen.canopy import prospect, sail, sensors, soil, variables
from eogen.canopy.constants import WAVELENGTHS, leaf_constants
from eogen.errors import InputError

#: What leaves the canopy of what comes in; all are over the soil.
FACTORS: dict[str, Callable[[sail.Canopy, Tensor], Tensor]] = {
    "bidirectional": sail.bidirectional,
    "hemispherical_directional": sail.from_sky,
    "directional_hemispherical": sail.to_sky,
    "bihemispherical": sail.sky_to_sky,
}
#: Values of one tensor inside the model: samples go through in pieces whose tensors stay in the processor's cache.
PIECE = 64_000


class _Grid(nn.Module):
    """Everything that depends on wavelength only, at some wavelengths (nm)."""

    def __init__(self, wavelengths: np.ndarray, constants: Mapping[str, np.ndarray], contents: tuple[str, ...],
                 soils: np.ndarray, dtype: torch.dtype) -> None:  # fmt: skip
        super().__init__()

        def at(table: np.ndarray) -> np.ndarray:
            return np.interp(wavelengths, WAVELENGTHS, table)

        absorption = np.stack([at(constants[name]) for name in contents], axis=1)
        surfaces = prospect.interfaces(at(constants["index"]))
        held = {
            "absorption": torch.from_numpy(absorption),
            "soils": torch.from_numpy(np.stack([at(spectrum) for spectrum in soils])[..., None]),
            **surfaces._asdict(),
        }
        for name, value in held.items():
            self.register_buffer(name, value.to(dtype), persistent=False)

    @property
    def surfaces(self) -> prospect.Interfaces:
        """The leaf's surfaces."""
        return prospect.Interfaces(self.top, self.into, self.out)


class Prosail(nn.Module):
    """The canopy seen by a satellite.

    Args:
        sensor: ``"S2A"``, ``"S2B"`` or ``"S2C"``.
        version: of PROSPECT: ``"5"``, ``"D"`` (with anthocyanins) or ``"PRO"`` (proteins and carbon-based
            constituents instead of dry matter).
        lidf: ``"campbell"`` (``ala``) or ``"verhoef"`` (``lidfa``, ``lidfb``).
        soil: two spectra (2, 2101), 0-1, standing for dry and wet; by default those of `prosail`.
        classes: of leaf inclination: 18, or 13 as in the Fortran code.
        dtype: ``torch.float32`` or ``torch.float64``.
        pro: file of PROSPECT-PRO's constants, if not with the room's data.

    Attributes:
        variables: the names that ``forward`` needs, in order.
        bands: names of the bands.

    Raises:
        InputError: ``canopy_choice``, ``soil_shape``; Unavailable ``no_prosail``, ``no_pro_constants``.
    """

    def __init__(
        self,
        sensor: str = "S2A",
        version: str = "D",
        lidf: str = "campbell",
        *,
        soil: ArrayLike | None = None,
        classes: int = 18,
        dtype: torch.dtype = torch.float32,
        pro: Path | None = None,
    ) -> None:
        super().__init__()
        self.variables = variables.names(version, lidf)
        variables.choose("classes", classes, inclination.EDGES)
        variables.choose("dtype", dtype, (torch.float32, torch.float64))
        self.bands = sensors.BANDS
        self.sensor, self.version, self.lidf, self.classes, self.dtype = sensor, version, lidf, classes, dtype
        self._contents = variables.CONTENTS[version]
        self._constants = leaf_constants(version, pro)
        self._soils = _two_soils(soil)
        wavelengths, weights = sensors.nodes(sensor)
        self._nodes = self._grid(wavelengths)
        self._every: _Grid | None = None
        self.register_buffer("weights", torch.from_numpy(weights).to(dtype), persistent=False)

    def forward(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Return the reflectance in the bands (n, 10), sun in and view out.

        Args:
            parameters: every name of ``variables``, each a scalar, (1) or (n); see
                :data:`eogen.canopy.variables.VARIABLES` for units and bounds.

        Raises:
            InputError: ``canopy_names``, ``canopy_shape``, ``canopy_bounds``, ``canopy_slopes``.
        """

        def bands(part: dict[str, Tensor]) -> Tensor:
            return (self.weights @ self._reflect(part, self._nodes, sail.bidirectional)).T

        return self._pieces(parameters, bands, self._nodes)

    def spectrum(self, parameters: Mapping[str, Tensor], factor: str = "bidirectional") -> Tensor:
        """Return the reflectance at 400-2500 nm (n, 2101); ``factor`` is one of ``FACTORS``.

        With gradients, pieces are computed again on the way back, so that memory does not grow with n.
        """
        variables.choose("factor", factor, FACTORS)

        def every(part: dict[str, Tensor]) -> Tensor:
            return self._reflect(part, self._full(), FACTORS[factor]).T

        return self._pieces(parameters, every, self._full())

    def leaf(self, parameters: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return a leaf's reflectance and transmittance at 400-2500 nm, each (n, 2101)."""

        def both(part: dict[str, Tensor]) -> Tensor:
            leaf = self._leaf(part, self._full())
            return torch.cat([leaf.reflectance, leaf.transmittance]).T

        reflectance, transmittance = self._pieces(parameters, both, self._full()).chunk(2, dim=1)
        return reflectance, transmittance

    def soil(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Return the soil's reflectance at 400-2500 nm (n, 2101)."""
        return self._pieces(parameters, lambda part: _soil(part, self._full()).T, self._full())

    def _pieces(
        self, parameters: Mapping[str, Tensor], function: Callable[[dict[str, Tensor]], Tensor], grid: _Grid
    ) -> Tensor:
        given = {name: torch.as_tensor(value) for name, value in parameters.items()}
        count = variables.check(given, self.variables)
        place = self.weights.device
        given = {name: value.to(place, self.dtype).reshape(-1) for name, value in given.items()}
        size = max(1, PIECE // len(grid.absorption))
        if count <= size:
            return function(given).expand(count, -1)
        again = grid is self._every and torch.is_grad_enabled()
        found = []
        for start in range(0, count, size):
            part = {k: v if len(v) == 1 else v[start : start + size] for k, v in given.items()}
            piece = checkpoint(function, part, use_reentrant=False) if again else function(part)
            found.append(piece.expand(min(size, count - start), -1))  # all that matters may be single values
        return torch.cat(found)

    def _reflect(
        self, p: dict[str, Tensor], grid: _Grid, factor: Callable[[sail.Canopy, Tensor], Tensor]
    ) -> Tensor:
        """Return the reflectance (wavelength, sample)."""
        if self.lidf == "campbell":
            lidf = inclination.campbell(p["ala"], self.classes)
        else:
            lidf = inclination.verhoef(p["lidfa"], p["lidfb"], self.classes)
        shape = sail.geometry(p["solar_zenith"], p["view_zenith"], p["relative_azimuth"], lidf)
        return factor(sail.canopy(self._leaf(p, grid), shape, p["lai"], p["hspot"]), _soil(p, grid))

    def _leaf(self, p: dict[str, Tensor], grid: _Grid) -> prospect.Leaf:
        contents = torch.stack(torch.broadcast_tensors(*(p[name] for name in self._contents)))
        return prospect.leaf(grid.absorption @ contents / p["n"], p["n"], grid.surfaces)

    def _full(self) -> _Grid:
        if self._every is None:
            with torch.inference_mode(False):  # kept: the next caller may want gradients
                self._every = self._grid(WAVELENGTHS).to(self.weights.device)
        return self._every

    def _grid(self, wavelengths: np.ndarray) -> _Grid:
        return _Grid(wavelengths, self._constants, self._contents, self._soils, self.dtype)


def _soil(p: dict[str, Tensor], grid: _Grid) -> Tensor:
    dry, wet = grid.soils
    return p["rsoil"] * (p["psoil"] * dry + (1 - p["psoil"]) * wet)


def _two_soils(given: ArrayLike | None) -> np.ndarray:
    spectra = soil.dry_wet() if given is None else np.asarray(given, float)
    if spectra.shape != (2, len(WAVELENGTHS)) or not ((spectra >= 0) & (spectra <= 1)).all():
        raise InputError(
            "soil_shape",
            "Two soil spectra of 2101 reflectances (0 to 1, 400 to 2500 nm) were expected; got {shape}.",
            shape=" × ".join(map(str, spectra.shape)),
        )
    return spectra
