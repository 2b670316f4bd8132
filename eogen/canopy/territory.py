"""A simulated piece of countryside whose every canopy is known: parcels of covers, PROSAIL, noise, a seed.

Parcels are cut out of a turned rectangle by straight lines, as fields are. Each bears one cover of
:data:`eogen.canopy.crops.COVERS`; its canopy is a draw of that cover's prior, and varies smoothly within the parcel
(moisture, slope, sowing), in the prior's normal coordinates, so that every pixel still follows the prior. The soil
is one smooth field under all parcels. It is for showing what can be known; never show it as real.
"""

from __future__ import annotations

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import torch
import xarray as xr
from scipy.ndimage import gaussian_filter, label

from eogen.canopy.crops import COVERS, cover_prior
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.sensors import BANDS
from eogen.canopy.space import DERIVED, INFERRED, column, unit_of
from eogen.canopy.variables import VARIABLES

#: How much of each cover there is.
SHARES: dict[str, float] = {
    "sparse": 0.16, "green_cereal": 0.26, "ripe_cereal": 0.12, "grassland": 0.2, "broadleaf_crop": 0.18, "forest": 0.08,
}  # fmt: skip
#: Sun and view of the one overpass, degrees.
ANGLES = {"solar_zenith": 34.0, "view_zenith": 6.0, "relative_azimuth": 118.0}
#: Share of a variable's spread that is within a parcel (standard deviation, of 1 in all).
WITHIN = {"lai": 0.4, "cab": 0.3, "cw": 0.3, "cbrown": 0.3, "cm": 0.2, "ala": 0.15}
#: Range of the soil's brightness and dryness under the whole territory.
SOIL = {"rsoil": (0.5, 1.15), "psoil": (0.2, 0.9)}
#: The cereal of :func:`leafed`, but for its leaf area and its soil.
CEREAL: dict[str, float] = {
    "n": 1.4, "cab": 48, "car": 10, "cbrown": 0.05, "cw": 0.02, "cm": 0.005, "ala": 58, "hspot": 0.2,
}  # fmt: skip
#: Upper left corner (UTM 31 N, m) and pixel (m); south-west France.
CORNER, PIXEL, CRS = (362_000.0, 4_826_000.0), 10.0, "EPSG:32631"


def territory(seed: int = 0, height: int = 96, width: int = 120, *, noise: Noise = NOISE) -> xr.Dataset:
    """Return one simulated territory; equal arguments give equal territories.

    Args:
        seed: 0 or more.
        height, width: pixels of 10 m, at least 16.
        noise: of the reflectances.

    Returns:
        ``reflectance`` (band, y, x), 0-1, with noise; the eleven inferred variables and the derived ones (y, x), the
        truth, with their units; ``cover`` (y, x), a number with ``flag_meanings``; ``parcel`` (y, x); the three
        angles (scalars, degrees); CRS EPSG:32631; attrs origin="simulated" and seed.

    Raises:
        ValueError: too small, or a negative seed.
    """
    if seed < 0 or min(height, width) < 16:
        raise ValueError(f"a territory has seed >= 0 and 16 pixels a side, not {seed}, {height} x {width}")
    dice = np.random.default_rng(seed)
    parcel, wood = fields(dice, height, width)
    cover = np.where(wood, list(COVERS).index("forest"), _covers(dice, parcel))
    theta = _canopies(dice, parcel, cover)
    clean = bands(theta, _angles())
    generator = torch.Generator().manual_seed(seed)
    noisy = noise.sample(clean, generator)
    return _dataset(noisy, theta, cover, parcel).assign_attrs(origin="simulated", seed=seed)


def canopies(dataset: xr.Dataset) -> torch.Tensor:
    """Return the true canopies (y * x, 11) of a territory, in rows."""
    return torch.stack([torch.from_numpy(dataset[n].values.reshape(-1)) for n in INFERRED], 1)


def leafed(dataset: xr.Dataset, parcel: int, lai: float, *, noise: Noise = NOISE) -> xr.Dataset:
    """Return a territory in which one parcel is a green cereal with ``lai`` layers of leaves, everything else equal.

    Args:
        dataset: from :func:`territory`, or a part of it.
        parcel: its number.
        lai: leaf area index, m2/m2, 0-10; it varies by a tenth within the parcel.
        noise: of the new reflectances, the same draw for every ``lai``.
    """
    here = dataset.parcel.values == parcel
    theta = canopies(dataset)[torch.from_numpy(here.reshape(-1))]
    uneven = dataset.lai.values[here]
    uneven = (uneven - uneven.mean()) / max(float(uneven.std()), 1e-6)
    for name, value in CEREAL.items():
        theta[:, INFERRED.index(name)] = value
    theta[:, INFERRED.index("lai")] = torch.from_numpy(lai * (1 + 0.1 * np.clip(uneven, -2, 2))).clamp(0, 10)
    clean = bands(theta, _angles())
    generator = torch.Generator().manual_seed(parcel)
    noisy = noise.sample(clean, generator)
    found = dataset.copy()
    cube = dataset.reflectance.values.copy()
    cube[:, here] = noisy.numpy().T
    found["reflectance"] = dataset.reflectance.copy(data=cube)
    for name in (*INFERRED, *DERIVED):
        values = dataset[name].values.copy()
        values[here] = column(theta, name).numpy()
        found[name] = dataset[name].copy(data=values)
    return found


def _angles() -> torch.Tensor:
    return torch.tensor([list(ANGLES.values())])


def fields(
    dice: np.random.Generator, height: int, width: int, largest: float = 1100.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each pixel's parcel, a turned rectangle cut in two again and again; and where woods are."""
    turn = np.deg2rad(dice.uniform(8, 24) * dice.choice((-1, 1)))
    y, x = np.mgrid[:height, :width].astype(float)
    y, x = y - height / 2, x - width / 2
    u, v = np.cos(turn) * x + np.sin(turn) * y, -np.sin(turn) * x + np.cos(turn) * y
    found = np.zeros((height, width), int)
    waiting, done = [(u.min(), u.max(), v.min(), v.max())], 0
    while waiting:
        left, right, top, bottom = waiting.pop()
        wide, tall = right - left, bottom - top
        if wide * tall > largest * dice.uniform(0.5, 1.4):
            at = dice.uniform(0.35, 0.65)
            if wide > tall * dice.uniform(0.7, 1.3):
                cut = left + at * wide
                waiting += [(left, cut, top, bottom), (cut, right, top, bottom)]
            else:
                cut = top + at * tall
                waiting += [(left, right, top, cut), (left, right, cut, bottom)]
            continue
        found[(u >= left) & (u <= right) & (v >= top) & (v <= bottom)] = done
        done += 1
    # A wood follows the ground, not the plough.
    ground = gaussian_filter(dice.standard_normal((height, width)), min(height, width) / 8)
    wood = ground > np.quantile(ground, 0.92)
    found[wood] = done
    pieces = np.zeros_like(found)
    for number in np.unique(found):
        parts, _ = label(found == number)
        pieces[parts > 0] = parts[parts > 0] + pieces.max()
    return pieces - 1, wood


def _covers(dice: np.random.Generator, parcel: np.ndarray) -> np.ndarray:
    """Return the number of each pixel's cover, in the order of ``COVERS``."""
    shares = np.array([SHARES[name] for name in COVERS])
    sizes = np.bincount(parcel.ravel())
    drawn = np.zeros(len(sizes), int)
    given = np.zeros(len(shares))
    for number in dice.permutation(len(sizes)):
        # The cover that is furthest below its share, with some chance: a small territory still has them all.
        lacking = shares - given / max(given.sum(), 1)
        drawn[number] = int(np.argmax(lacking + dice.normal(0, 0.06, len(shares))))
        given[drawn[number]] += sizes[number]
    return drawn[parcel]


def _canopies(dice: np.random.Generator, parcel: np.ndarray, cover: np.ndarray) -> torch.Tensor:
    """Return the canopies (y * x, 11), in rows."""
    count = parcel.max() + 1
    normal = np.empty((parcel.size, len(INFERRED)))
    for i, name in enumerate(INFERRED):
        within = WITHIN.get(name, 0.1)
        between = np.clip(dice.standard_normal(count), -1.8, 1.8)[parcel]
        normal[:, i] = (np.sqrt(1 - within**2) * between + within * smooth(dice, parcel.shape, 4)).ravel()
    theta = torch.empty(parcel.size, len(INFERRED))
    flat = cover.ravel()
    for number, (name, laws) in enumerate(COVERS.items()):
        here = flat == number
        theta[here] = cover_prior(name, laws).from_normal(torch.from_numpy(normal[here])).float()
    for name, (low, high) in SOIL.items():
        ground = smooth(dice, parcel.shape, 14)
        share = torch.special.ndtr(torch.from_numpy(ground)).reshape(-1)
        theta[:, INFERRED.index(name)] = low + (high - low) * share.float()
    return theta


def smooth(dice: np.random.Generator, shape: tuple[int, int], width: float) -> np.ndarray:
    """Return a smooth standard normal field."""
    field = gaussian_filter(dice.standard_normal(shape), width, mode="reflect")
    return (field - field.mean()) / field.std()


def _dataset(
    reflectance: torch.Tensor, theta: torch.Tensor, cover: np.ndarray, parcel: np.ndarray
) -> xr.Dataset:
    height, width = parcel.shape
    rows = {
        "band": list(BANDS),
        "y": CORNER[1] - PIXEL * (np.arange(height) + 0.5),
        "x": CORNER[0] + PIXEL * (np.arange(width) + 0.5),
    }
    plane = ("y", "x")
    cube = reflectance.numpy().T.reshape(len(BANDS), height, width)
    held: dict[str, xr.DataArray] = {
        "reflectance": xr.DataArray(
            cube, dims=("band", *plane),
            attrs={"units": "1", "standard_name": "surface_bidirectional_reflectance"},
        )
    }  # fmt: skip
    for name in (*INFERRED, *DERIVED):
        long_name = DERIVED[name].long_name if name in DERIVED else VARIABLES[name].long_name
        values = column(theta, name).numpy().reshape(height, width)
        held[name] = xr.DataArray(values, dims=plane, attrs={"units": unit_of(name), "long_name": long_name})
    held["lai"].attrs["standard_name"] = "leaf_area_index"
    held["cover"] = xr.DataArray(
        cover.astype(np.int8), dims=plane,
        attrs={"flag_values": list(range(len(COVERS))), "flag_meanings": " ".join(COVERS), "long_name": "land cover"},
    )  # fmt: skip
    held["parcel"] = xr.DataArray(
        parcel.astype(np.int16), dims=plane, attrs={"long_name": "number of the parcel"}
    )
    for name, value in ANGLES.items():
        held[name] = xr.DataArray(value, attrs={"units": "degree", "long_name": VARIABLES[name].long_name})
    found = xr.Dataset(held, rows)
    for axis in plane:
        found[axis].attrs = {"units": "m", "standard_name": f"projection_{axis}_coordinate"}
    return found.rio.write_crs(CRS)
