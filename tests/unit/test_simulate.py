"""Simulated patches: known evidence, plausible spectra, plausible texture."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import binary_erosion

from eogen.errors import InputError
from eogen.landcover.bands import ALL, CLASSES
from eogen.landcover.materials import SURFACES
from eogen.landcover.read import eurosat_ms
from eogen.landcover.render import true_colour
from eogen.landcover.simulate import LABELS, patch
from tests.real import real_data

SEEDS = range(4)
#: Classes whose evidence is a line through other land; the others fill half of the patch.
LINES = ("River", "Highway")


@cache
def patches(label: str) -> tuple[xr.Dataset, ...]:
    return tuple(patch(label, seed) for seed in SEEDS)


def index(image: xr.DataArray, first: str, second: str) -> xr.DataArray:
    a, b = image.sel(band=first), image.sel(band=second)
    return (a - b) / (a + b)


def evidence_mean(label: str, first: str, second: str) -> float:
    values = [index(p.reflectance, first, second).where(p.evidence).mean() for p in patches(label)]
    return float(np.mean(values))


def test_every_class_can_be_simulated():
    assert LABELS == CLASSES


@pytest.mark.parametrize("label", LABELS)
def test_a_patch_is_a_sentinel_2_image_that_says_it_is_simulated(label):
    made = patches(label)[0]
    image = made.reflectance
    assert image.dims == ("band", "y", "x")
    assert image.shape == (13, 64, 64)
    assert image.dtype == np.float32
    assert tuple(image["band"].values) == ALL
    assert made.evidence.dtype == bool
    assert made.attrs["origin"] == image.attrs["origin"] == "simulated"
    assert (made.attrs["label"], made.attrs["seed"]) == (label, 0)
    assert len(image.attrs["sha256"]) == 64
    assert np.isfinite(image).all()
    assert float(image.min()) > 0
    assert float(image.max()) < 1
    assert 0.0005 < float(image.sel(band="B10").mean()) < 0.01
    assert true_colour(image).shape == (64, 64, 3)


@pytest.mark.parametrize("label", LABELS)
def test_patches_follow_from_label_and_seed(label):
    first, second = patches(label)[:2]
    xr.testing.assert_identical(first, patch(label, 0))
    assert first.reflectance.attrs["sha256"] != second.reflectance.attrs["sha256"]
    assert (first.evidence != second.evidence).any()
    assert abs(first.reflectance - second.reflectance).mean() > 0.001


def test_the_same_seed_of_two_classes_is_not_the_same_ground():
    assert (patch("Forest", 0).evidence != patch("AnnualCrop", 0).evidence).any()


@pytest.mark.parametrize("label", LABELS)
def test_evidence_leaves_room_to_be_wrong(label):
    least, most = (0.01, 0.3) if label in LINES else (0.42, 0.68)
    for made in patches(label):
        fraction = float(made.evidence.mean())
        assert least <= fraction <= most
        assert made.attrs["evidence_fraction"] == pytest.approx(fraction)


@pytest.mark.parametrize("label", LABELS)
def test_evidence_is_another_surface_than_its_surroundings(label):
    """At least one band's means differ by more than half a standard deviation inside and out."""
    for made in patches(label):
        values, inside = made.reflectance.values, made.evidence.values
        gap = np.abs(values[:, inside].mean(1) - values[:, ~inside].mean(1))
        spread = (values[:, inside].std(1) + values[:, ~inside].std(1)) / 2
        assert (gap / spread).max() > 0.5


@pytest.mark.parametrize("label", LINES)
def test_lines_cross_the_patch(label):
    for made in patches(label):
        edge = np.ones((64, 64), dtype=bool)
        edge[2:-2, 2:-2] = False
        assert (made.evidence.values & edge).sum() >= 2


def test_vegetation_water_and_built_up_indices_are_in_the_order_of_nature():
    ndvi = {label: evidence_mean(label, "B08", "B04") for label in LABELS}
    assert ndvi["SeaLake"] < ndvi["Industrial"] < ndvi["Residential"] < ndvi["Pasture"]
    assert ndvi["AnnualCrop"] < ndvi["HerbaceousVegetation"] < ndvi["Forest"]
    assert ndvi["River"] < ndvi["AnnualCrop"]
    ndwi = {label: evidence_mean(label, "B03", "B08") for label in LABELS}
    assert set(sorted(ndwi, key=lambda k: ndwi[k])[-2:]) == {"SeaLake", "River"}
    ndbi = {label: evidence_mean(label, "B11", "B08") for label in LABELS}
    assert ndbi["Forest"] < ndbi["Pasture"] < ndbi["Residential"] < ndbi["Industrial"]


def test_coarse_bands_are_smoother_than_fine_ones():
    """Curvature from pixel to pixel, relative to contrast, falls with the resolution of the band."""
    image = patches("Residential")[0].reflectance.values

    def rough(band: str) -> float:
        values = image[ALL.index(band)]
        return float(np.diff(values, 2, axis=0).std() / values.std())

    assert rough("B01") < 0.5 * rough("B11") < 0.5 * rough("B04")


@pytest.mark.parametrize("size", [32, 50, 96])
def test_other_sizes(size):
    made = patch("River", 1, size)
    assert made.reflectance.shape == (13, size, size)
    assert made.evidence.any()


def test_the_share_of_a_class_can_be_set():
    fractions = [patch("Forest", 3, share=share).attrs["evidence_fraction"] for share in (0.25, 0.5, 1.0)]
    assert fractions[0] < 0.35 < fractions[1] < 0.65 < fractions[2] == 1


@pytest.mark.parametrize(
    ("label", "seed", "size", "code"),
    [
        ("Vineyard", 0, 64, "unknown_class"),
        ("River", -1, 64, "patch_arguments"),
        ("River", 0, 8, "patch_arguments"),
    ],
)
def test_wrong_arguments_have_a_sentence(label, seed, size, code):
    with pytest.raises(InputError) as caught:
        patch(label, seed, size)
    assert caught.value.code == code


def test_surface_spectra_are_reflectances_of_thirteen_bands():
    for spectrum in SURFACES.values():
        assert spectrum.shape == (13,)
        assert ((spectrum >= 0) & (spectrum < 0.6)).all()


# -- against real patches --


def shown(label: str, made: xr.Dataset) -> np.ndarray:
    """The part to compare with a real patch of the class: all for lines, else the inner evidence."""
    if label in LINES:
        return np.ones((64, 64), dtype=bool)
    return binary_erosion(made.evidence.values, iterations=2, border_value=1)


def correlation(values: np.ndarray, inside: np.ndarray, lag: int) -> float:
    """Autocorrelation along x at ``lag`` pixels, over pairs of pixels that both lie ``inside``."""
    centred = values - values[inside].mean()
    pairs = inside[:, :-lag] & inside[:, lag:]
    return float((centred[:, :-lag] * centred[:, lag:])[pairs].mean() / values[inside].var())


@cache
def real_patches() -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {}
    for sample in eurosat_ms(real_data("landcover")):
        found.setdefault(sample.label, []).append(sample.load().values)
    return found


@pytest.mark.real
@pytest.mark.parametrize("label", LABELS)
def test_band_means_are_near_the_real_ones(label):
    """Within 0.03 plus a quarter of the mean of the real patches of the class, in every band."""
    if not (real := real_patches().get(label)):
        pytest.skip(f"no real 13-band patch of {label}")
    expected = np.mean(real, axis=(0, 2, 3))
    simulated = [p.reflectance.values[:, shown(label, p)].mean(1) for p in patches(label)]
    assert (np.abs(np.mean(simulated, 0) - expected) < 0.03 + 0.25 * expected).all()


@pytest.mark.real
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("band", ["B04", "B08"])
def test_textures_are_as_fine_as_the_real_ones(label, band):
    """Autocorrelation at 10 and 40 m within 0.35 of the mean over the real patches of the class."""
    if not (real := real_patches().get(label)):
        pytest.skip(f"no real 13-band patch of {label}")
    k, whole = ALL.index(band), np.ones((64, 64), dtype=bool)
    for lag in (1, 4):
        expected = np.mean([correlation(values[k], whole, lag) for values in real])
        found = [correlation(p.reflectance.values[k], shown(label, p), lag) for p in patches(label)]
        assert abs(np.mean(found) - expected) < 0.35
