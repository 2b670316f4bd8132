"""Spectra of surface materials, and the atmosphere that a Sentinel-2 L1C product sees them through.

Surface reflectances are rounded, typical values in the range of the published libraries (ECOSTRESS,
Meerdink et al. 2019; USGS splib07, Kokaly et al. 2017; urban materials, Kotthaus et al. 2014), not a copy
of any entry; a test holds them to the band means of real patches. The atmosphere is the linear model ``top
= path + transmission x surface`` with one path reflectance and one two-way transmission per band, set by
eye from dark water and dense forest in real L1C patches: B01 and B02 carry mostly scattered light, B09
loses most of its signal to water vapour, and B10 never sees the ground.
"""

from __future__ import annotations

import numpy as np

from eogen.landcover.bands import ALL

#: Surface reflectance (0…1) by material, in the order of :data:`eogen.landcover.bands.ALL`.
SURFACES: dict[str, np.ndarray] = {
    name: np.array(values, dtype=np.float32)
    for name, values in {
        # B01, B02, B03, B04, B05, B06, B07, B08, B8A, B09, B10, B11, B12
        "clear_water": (
            0.025,
            0.030,
            0.030,
            0.015,
            0.012,
            0.008,
            0.008,
            0.007,
            0.006,
            0.005,
            0,
            0.003,
            0.002,
        ),
        "turbid_water": (
            0.040,
            0.055,
            0.085,
            0.075,
            0.070,
            0.045,
            0.045,
            0.040,
            0.035,
            0.030,
            0,
            0.015,
            0.010,
        ),
        "broadleaf": (0.020, 0.022, 0.045, 0.023, 0.062, 0.235, 0.305, 0.310, 0.335, 0.340, 0, 0.150, 0.058),
        "conifer": (0.018, 0.020, 0.032, 0.020, 0.045, 0.150, 0.190, 0.195, 0.215, 0.220, 0, 0.095, 0.040),
        "grass": (0.028, 0.035, 0.068, 0.042, 0.105, 0.285, 0.360, 0.370, 0.390, 0.390, 0, 0.215, 0.105),
        "dry_grass": (0.055, 0.065, 0.088, 0.090, 0.135, 0.225, 0.255, 0.275, 0.300, 0.310, 0, 0.255, 0.150),
        "shrub": (0.030, 0.035, 0.052, 0.045, 0.085, 0.200, 0.240, 0.255, 0.270, 0.275, 0, 0.190, 0.095),
        "green_crop": (0.028, 0.035, 0.068, 0.035, 0.095, 0.320, 0.415, 0.430, 0.450, 0.450, 0, 0.200, 0.090),
        "ripe_crop": (0.060, 0.080, 0.120, 0.150, 0.190, 0.250, 0.275, 0.295, 0.315, 0.325, 0, 0.330, 0.215),
        "bare_soil": (0.065, 0.080, 0.110, 0.145, 0.165, 0.185, 0.200, 0.215, 0.230, 0.240, 0, 0.300, 0.240),
        "gravel": (0.130, 0.155, 0.180, 0.200, 0.210, 0.220, 0.230, 0.240, 0.245, 0.250, 0, 0.280, 0.250),
        "asphalt": (0.085, 0.095, 0.105, 0.115, 0.120, 0.125, 0.130, 0.135, 0.140, 0.145, 0, 0.165, 0.155),
        "concrete": (0.170, 0.200, 0.230, 0.250, 0.260, 0.265, 0.270, 0.275, 0.280, 0.285, 0, 0.310, 0.280),
        "red_tiles": (0.070, 0.080, 0.105, 0.170, 0.200, 0.215, 0.225, 0.235, 0.245, 0.250, 0, 0.290, 0.260),
        "dark_roof": (0.070, 0.080, 0.085, 0.090, 0.095, 0.100, 0.105, 0.110, 0.115, 0.120, 0, 0.150, 0.140),
        "metal_roof": (0.280, 0.330, 0.350, 0.360, 0.365, 0.370, 0.370, 0.375, 0.375, 0.375, 0, 0.370, 0.330),
    }.items()
}

#: Path reflectance and two-way transmission by band, same order.
PATH = np.array(
    [0.100, 0.069, 0.040, 0.022, 0.018, 0.014, 0.011, 0.009, 0.008, 0.004, 0.0012, 0.002, 0.001], np.float32
)
TRANSMISSION = np.array(
    [0.72, 0.78, 0.83, 0.89, 0.88, 0.88, 0.93, 0.90, 0.94, 0.22, 0.0, 0.94, 0.90], np.float32
)


def top_of_atmosphere(surface: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the L1C-like reflectance of ``surface`` (band, …) under one random clear sky.

    Between skies the haze varies by 8 %, the transmission by 4 %, and water vapour (B09) by 25 % (one
    standard deviation each, cut at two).
    """
    haze, clarity, vapour = 1 + np.clip(rng.normal(size=3), -2, 2) * (0.08, 0.04, 0.25)
    path, transmission = PATH * np.float32(haze), TRANSMISSION * np.float32(clarity)
    transmission[ALL.index("B09")] *= vapour
    shape = (-1,) + (1,) * (surface.ndim - 1)
    return path.reshape(shape) + transmission.reshape(shape) * surface
