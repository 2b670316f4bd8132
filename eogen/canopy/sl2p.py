"""SL2P, the processor of ESA's SNAP: the strongest simple method, five small networks over Sentinel-2 bands and angles.

Two layers of tangent neurons fitted to PROSAIL simulations. Weiss & Baret, S2ToolBox Level 2 products (algorithm
theoretical basis document V1.1, 2016, V2.0, 2020). The numbers of the networks are read from the room's data folder
(``snap_sl2p``), as ESA publishes them with test cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.canopy.checks import missing_angles, missing_bands
from eogen.canopy.dataset import ANGLES
from eogen.canopy.variables import choose
from eogen.errors import InputError, Unavailable

FOLDER = "snap_sl2p"
#: Reflectances the networks see (B08 is not among them), before the cosines of view zenith, solar zenith and azimuth.
INPUTS = ("B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12")
VARIABLES: dict[str, tuple[str, str]] = {
    "LAI": ("m2/m2", "leaf area index (SL2P)"),
    "LAI_Cab": ("µg/cm2", "canopy chlorophyll content (SL2P)"),
    "LAI_Cw": ("g/cm2", "canopy water content (SL2P)"),
    "FAPAR": ("1", "absorbed fraction of photosynthetically active radiation (SL2P)"),
    "FCOVER": ("1", "ground covered by green leaves (SL2P)"),
}
VERSIONS = ("3_0", "2_1")
SENSORS = ("S2A", "S2B")
#: Cells per band of the grid on which the definition domain is told.
_CELLS = 10


@dataclass(frozen=True)
class Sl2p:
    """One network of SL2P.

    Args:
        root: the room's data folder.
        variable: a key of ``VARIABLES``.
        sensor: "S2A" or "S2B" (version 2_1 knows "S2A" only).
        version: "3_0", or "2_1" (SNAP before 2018).

    Raises:
        Unavailable: ``no_sl2p`` where the network is not in the data folder.
        InputError: ``canopy_choice``; ``sl2p_file`` for a file that is not what ESA publishes.
    """

    root: Path
    variable: str = "LAI"
    sensor: str = "S2A"
    version: str = "3_0"
    _folder: Path = field(init=False, repr=False)

    def __post_init__(self) -> None:
        choose("variable", self.variable, VARIABLES)
        choose("version", self.version, VERSIONS)
        choose("sensor", self.sensor, SENSORS if self.version == "3_0" else SENSORS[:1])
        sensor = self.sensor if self.version == "3_0" else "."
        object.__setattr__(self, "_folder", self.root / FOLDER / self.version / sensor / self.variable)
        if not self._file("Normalisation").is_file():
            raise Unavailable(
                "no_sl2p",
                "The networks of SL2P are not in {folder}; this command brings them: {command}",
                folder=str(self._folder),
                command="python -m eogen fetch snap_sl2p",
            )
        _ = self._network

    def apply(self, dataset: xr.Dataset) -> xr.Dataset:
        """Return the estimate for every pixel.

        Args:
            dataset: ``reflectance`` (…, band) with the bands of ``INPUTS``, and the angles of ``ANGLES`` (degrees).

        Returns:
            On the dimensions of ``reflectance`` less ``band``: ``value``, within the variable's range (units in
            attrs), NaN where an input is missing; ``input_out_of_domain``, the reflectances are unlike those the
            network was fitted on (see :meth:`in_domain`); ``output_out_of_range``, the network went beyond the range
            by more than its tolerance. Both flags are False where an input is missing.

        Raises:
            InputError: ``canopy_missing_bands``, ``canopy_missing_angles``.
        """
        inputs = self._inputs(dataset)
        numbers = inputs.transpose(..., "input").values
        raw = self.evaluate(numbers)
        tolerance, low, high = self._limits
        known = np.isfinite(raw)
        units, long_name = VARIABLES[self.variable]
        dims = inputs.transpose(..., "input").dims[:-1]
        coords = {
            name: c for name, c in inputs.coords.items() if "input" not in c.dims and "band" not in c.dims
        }
        return xr.Dataset(
            {
                "value": (
                    dims,
                    np.clip(raw, low, high).astype(np.float32),
                    {"units": units, "long_name": long_name},
                ),
                "input_out_of_domain": (dims, known & ~self.in_domain(numbers[..., : len(INPUTS)])),
                "output_out_of_range": (dims, known & ((raw < low - tolerance) | (raw > high + tolerance))),
            },
            coords=coords,
            attrs={"method": f"SL2P {self.variable}, SNAP {self.version}, {self.sensor}"},
        )

    def evaluate(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the network gives, not cut to its range, for inputs (…, 11): 8 reflectances, 3 cosines."""
        net = self._network
        scaled = 2 * (inputs - net["low"]) / (net["high"] - net["low"]) - 1
        hidden = np.tanh(scaled @ net["weights1"].T + net["bias1"])
        out = hidden @ net["weights2"] + net["bias2"]
        low, high = net["out"]
        return (out + 1) / 2 * (high - low) + low

    def in_domain(self, reflectance: np.ndarray) -> np.ndarray:
        """Return whether reflectances (…, 8), as ``INPUTS``, lie among those the network was fitted on.

        Each band is within its range, and the cell of the grid of 10 per band is one of those told to be occupied.
        The tables of version 3_0 never name the first class of a band and stop at 2,930 cells (5,355 in ESA's own
        spreadsheet for S2A): read to the letter, as SNAP does, two thirds of ESA's test cases for S2A lie outside.
        Here what would be the first class counts as the lowest one named: 17 % do. Version 2_1 is whole: none does.
        """
        (low, high), occupied, lowest = self._domain
        with np.errstate(invalid="ignore"):
            inside = ((reflectance >= low) & (reflectance <= high)).all(-1)
            cell = np.floor(_CELLS * (reflectance - low) / (high - low))
        cell = np.clip(np.nan_to_num(cell), lowest, _CELLS - 1).astype(np.int64)
        return inside & np.isin(_code(cell), occupied)

    @property
    def limits(self) -> tuple[float, float]:
        """The variable's range, in its unit."""
        return self._limits[1], self._limits[2]

    def _inputs(self, dataset: xr.Dataset) -> xr.DataArray:
        name = str(dataset.attrs.get("source", "the image"))
        held = [str(band) for band in dataset.reflectance.band.values]
        if missing := [band for band in INPUTS if band not in held]:
            raise missing_bands(name, missing)
        if missing := [angle for angle in ANGLES if angle not in dataset]:
            raise missing_angles(name, missing)
        bands = dataset.reflectance.sel(band=list(INPUTS)).astype(float)
        cosines = [np.cos(np.deg2rad(dataset[angle])) for angle in (ANGLES[1], ANGLES[0], ANGLES[2])]
        like = bands.isel(band=0, drop=True)
        each = [bands.sel(band=band, drop=True) for band in INPUTS] + [
            c.broadcast_like(like) for c in cosines
        ]
        return xr.concat(each, dim="input", coords="minimal", compat="override", join="override")

    def _file(self, part: str) -> Path:
        return self._folder / f"{self.variable}_{part}"

    def _table(self, shape: tuple[int, ...], path: Path) -> np.ndarray:
        try:
            lines = [line for line in path.read_text().splitlines() if line.strip()]
            return np.loadtxt(lines or ["nothing"], delimiter=",", ndmin=1).reshape(shape)
        except (OSError, ValueError) as fault:
            raise InputError(
                "sl2p_file",
                "{name} is not the file of SL2P that ESA publishes ({reason}); fetch it again.",
                name=path.name,
                reason=str(fault),
            ) from fault

    def _part(self, part: str, *shape: int) -> np.ndarray:
        return self._table(shape, self._file(part))

    @cached_property
    def _network(self) -> dict[str, np.ndarray]:
        scale = self._part("Normalisation", len(INPUTS) + 3, 2)
        return {
            "low": scale[:, 0],
            "high": scale[:, 1],
            "weights1": self._part("Weights_Layer1_Neurons", 5, len(INPUTS) + 3),
            "bias1": self._part("Weights_Layer1_Bias", 5),
            "weights2": self._part("Weights_Layer2_Neurons", 5),
            "bias2": self._part("Weights_Layer2_Bias", 1)[0],
            "out": self._part("Denormalisation", 2),
        }

    @cached_property
    def _limits(self) -> tuple[float, float, float]:
        tolerance, low, high = map(float, self._part("ExtremeCases", 3))
        return abs(tolerance), low, high  # ESA's files write some tolerances with a minus sign

    @cached_property
    def _domain(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bounds (2, 8), the codes of the occupied cells, and the lowest class named of each band (8), from 0.

        They belong to the inputs, the same for all variables of a sensor: where a variable comes without (FCOVER of
        2_1), those beside it hold.
        """
        beside = sorted(each for each in self._folder.parent.iterdir() if each.is_dir())
        grids = [each / f"{each.name}_DefinitionDomain_Grid" for each in (self._folder, *beside)]
        grid = next((each for each in grids if each.is_file()), grids[0])
        cells = self._table((-1, len(INPUTS)), grid).astype(np.int64) - 1
        bounds = self._table((2, len(INPUTS)), grid.with_name(grid.name.replace("_Grid", "_MinMax")))
        return bounds, np.unique(_code(cells)), cells.min(0)


def sl2p(dataset: xr.Dataset, root: Path, variable: str = "LAI", version: str = "3_0") -> xr.Dataset:
    """Return SL2P for every pixel by the network of the satellite that saw it.

    The satellite is the coordinate ``sensor`` (pixel), else the attribute; where neither tells, or there is no network
    of its own (S2C), that of S2A is taken.

    Args:
        dataset: as :meth:`Sl2p.apply`.
        root: the room's data folder.
        variable: a key of ``VARIABLES``.
        version: "3_0" or "2_1".

    Returns:
        As :meth:`Sl2p.apply`. attrs: ``sensor_assumed``, how many pixels (or all: -1) took S2A for want of better.

    Raises:
        Unavailable, InputError: as :class:`Sl2p` and :meth:`Sl2p.apply`.
    """
    known = SENSORS if version == "3_0" else SENSORS[:1]
    if "sensor" not in dataset.coords:
        told = re.sub(r"[^A-Z0-9]", "", str(dataset.attrs.get("sensor", "")))
        found = Sl2p(root, variable, told if told in known else "S2A", version).apply(dataset)
        return found.assign_attrs(sensor_assumed=0 if told in known else -1)
    sensors = dataset.sensor.values.astype(str)
    taken = np.where(np.isin(sensors, known), sensors, "S2A")
    found = Sl2p(root, variable, "S2A", version).apply(dataset)
    for sensor in sorted({*taken} - {"S2A"}):
        other = Sl2p(root, variable, str(sensor), version).apply(dataset)
        here = taken == sensor
        for name in found:
            found[name].values[here] = other[name].values[here]
    assumed = int((taken != sensors).sum())
    return found.assign_attrs(method=f"SL2P {variable}, SNAP {version}", sensor_assumed=assumed)


def _code(cells: np.ndarray) -> np.ndarray:
    """Return one number for each cell (…, 8) of the grid."""
    return cells @ (_CELLS ** np.arange(cells.shape[-1]))
