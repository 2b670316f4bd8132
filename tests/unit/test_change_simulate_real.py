"""The simulated territory beside real pairs: roughness, memory from date to date, colours, how much changes.

No label is used but to say which pixels are unchanged and how many are not; nothing here is tuned to them.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pytest
import rasterio
from PIL import Image

from eogen.change.simulate import simulate
from eogen.change.simulate_sequence import sequence
from tests.real import real_data

SEEDS = range(3)
#: Blue, green, red, near infrared and both short-wave bands in a file of 13 bands.
SIX = [2, 3, 4, 8, 12, 13]


def files(room, folder, pattern="*"):
    """Return (before, after, label) paths of a set; skip where it is absent."""
    at = real_data(room) / folder
    found = [
        (one, at / "B" / one.name, label)
        for one in sorted((at / "A").glob(pattern))
        for label in sorted((at / "label").glob(f"{one.stem}.*"))
    ]
    if not found:
        pytest.skip(f"no pairs of {folder}")
    return found


def picture(path):
    return np.moveaxis(np.asarray(Image.open(path).convert("RGB"), np.float64), 2, 0)


def raster(path, bands=None):
    with rasterio.open(path) as file:
        return file.read(bands).astype(np.float64)


def slope(band):
    """Return the exponent of the radial power spectrum between 4 cycles a side and 0.4 a pixel."""
    side = min(band.shape)
    window = np.hanning(side)
    power = np.abs(np.fft.fft2((band[:side, :side] - band.mean()) * window[:, None] * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    edges = np.geomspace(4 / side, 0.4, 9)
    mean = [power[(frequency >= a) & (frequency < b)].mean() for a, b in pairwise(edges)]
    return np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(mean), 1)[0]


def memory(before, after, here):
    """Return the median over bands of the correlation between dates."""
    return np.median([np.corrcoef(a[here], b[here])[0, 1] for a, b in zip(before, after, strict=True)])


@cache
def one_pair(kind, seed):
    return simulate(kind, seed, 128)


def simulated(*kinds):
    return [one_pair(kind, seed) for kind in kinds for seed in SEEDS]


def visible_memory(images):
    return memory(*images.sel(band=["B04", "B03", "B02"]).values, images.label.values == 0)


def test_roughness_lies_between_that_of_a_dense_city_and_of_the_country():
    real = [slope(b) for one, _, _ in files("change", "OSCD_S2L1C") for b in raster(one, SIX)]
    country = [slope(b) for one, _, _ in files("change", "OMBRIA_S2")[:8] for b in picture(one)]
    ours = [slope(b) for images in simulated("none") for b in images.values[0]]
    assert min(country) - 0.2 < np.median(ours) < max(real) + 0.2
    assert np.median(country) < np.median(ours) + 0.8
    assert np.quantile(ours, 0.1) > min(country) - 0.3
    assert np.quantile(ours, 0.9) < max(real) + 0.3


def test_dates_of_quiet_ground_remember_each_other_as_real_ones_do():
    """Years apart: not independent, not the same; a season apart less, as the least alike real pairs."""
    real = []
    for one, two, label in files("change", "OSCD_pairRGB8"):
        real.append(memory(picture(one), picture(two), np.asarray(Image.open(label)) == 0))
    quiet = [
        memory(*p.sel(band=["B04", "B03", "B02"]).values, p.label.values == 0)
        for p in simulated("none", "building")
    ]
    apart = [
        memory(*p.sel(band=["B04", "B03", "B02"]).values, p.label.values == 0) for p in simulated("season")
    ]
    assert min(real) - 0.1 < np.median(quiet) < max(real) + 0.06
    assert min(real) - 0.25 < np.median(apart) < max(real)
    assert np.median(apart) < np.median(quiet)


def test_bands_go_together_as_in_real_images():
    """Each correlation between two bands lies in the range of real six-band images, widened by 0.25."""
    real = [np.corrcoef(raster(one, SIX).reshape(6, -1)) for one, _, _ in files("change", "OSCD_S2L1C")]
    real += [np.corrcoef(raster(one).reshape(6, -1)) for one, _, _ in files("change", "Landsat_WuhanU")]
    ours = np.median([np.corrcoef(p.values[0].reshape(6, -1)) for p in simulated("none")], 0)
    for a, b in combinations(range(6), 2):
        low, high = min(r[a, b] for r in real), max(r[a, b] for r in real)
        assert low - 0.25 < ours[a, b] < high + 0.25, (a, b, ours[a, b], low, high)


def test_as_much_changes_as_in_real_pairs():
    urban = [(np.asarray(Image.open(label)) > 0).mean() for _, _, label in files("change", "OSCD_pairRGB8")]
    floods = [
        (np.asarray(Image.open(label).convert("L")) > 0).mean()
        for _, _, label in files("change", "OMBRIA_S2")
    ]
    for kind, real in (("building", urban), ("flood", floods)):
        ours = [(p.label.values == 1).mean() for p in simulated(kind)]
        assert 0.5 * min(real) < np.median(ours) < 1.5 * max(real), kind


def test_a_sequence_remembers_as_the_real_one_does():
    """Near infrared on unchanged ground, over all pairs of clear dates: neither frozen nor forgetful."""
    folder = real_data("landcover") / "s2_timeseries_boadella"
    images = [raster(path, [2, 8]) for path in sorted(folder.glob("*.tif"))]
    # A date under clouds is bright in blue all over; numbers are reflectance x 10,000.
    clear = [image[1] for image in images if np.median(image[0]) < 900]
    if len(clear) < 3:
        pytest.skip("fewer than three clear dates of the real sequence")
    real = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in combinations(clear, 2)]
    ours = []
    for seed in SEEDS:
        dates = sequence(seed, 8, "none", 64, clouds=False).sel(band="B08").values
        ours += [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in combinations(dates, 2)]
    # Fields forget more than the wooded hills of the real place.
    assert np.quantile(real, 0.05) - 0.6 < np.median(ours) < np.quantile(real, 0.95) + 0.05
