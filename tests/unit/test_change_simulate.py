"""The simulated territory: the truth is where it says, nuisances change no truth, painting changes only the paint."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import binary_dilation, gaussian_filter, uniform_filter

from eogen.change.covers import SEASONS, SPECTRA, cover
from eogen.change.ground import FINE, ground, rough
from eogen.change.happenings import HAPPENINGS
from eogen.change.methods import score
from eogen.change.plant import KINDS as PLANTS
from eogen.change.plant import SHIFTS, paints, plant
from eogen.change.sensors import common
from eogen.change.simulate import KINDS, NUISANCES, simulate
from eogen.change.simulate_sequence import KINDS as LASTING
from eogen.change.simulate_sequence import sequence
from eogen.change.stack import pixel_area, stack
from eogen.errors import InputError
from tests import pace

SEEDS = range(3)


@pytest.fixture(scope="module")
def pairs():
    return {(kind, seed): simulate(kind, seed, 96) for kind in KINDS for seed in SEEDS}


def index(images, one, two):
    """Normalised difference of two colours, (time, y, x)."""
    names = common(images)
    a, b = (images.values[:, names.index(name)] for name in (one, two))
    return (a - b) / (a + b)


def test_the_same_seed_gives_the_same_bits():
    for kind in ("fire", "illumination"):
        one, again, other = simulate(kind, 4, 64), simulate(kind, 4, 64), simulate(kind, 5, 64)
        xr.testing.assert_identical(one, again)
        assert not np.array_equal(one.values, other.values)


def test_every_pair_is_a_simulated_stack_with_a_crs(pairs):
    for images in pairs.values():
        assert images.dims == ("time", "band", "y", "x")
        assert images.shape == (2, 6, 96, 96)
        assert images.dtype == np.float32
        assert images.attrs["kind"] == "simulated"
        assert images.attrs["sensor"] == "sentinel2"
        assert images.rio.crs.to_epsg() == 32631
        np.testing.assert_allclose(pixel_area(images), 100.0)
        assert images.valid.values.all()
        assert images.time.values[0] < images.time.values[1]
        assert float(images.min()) > 0
        assert float(images.max()) < 0.9
        assert common(images) == ["blue", "green", "red", "nir", "swir", "swir2"]


def test_rgb_is_the_same_picture_in_the_order_of_pictures():
    full, rgb = simulate("fire", 1, 64), simulate("fire", 1, 64, "rgb")
    assert common(rgb) == ["red", "green", "blue"]
    np.testing.assert_array_equal(rgb.values, full.sel(band=["B04", "B03", "B02"]).values)


@pytest.mark.parametrize("size", [48, 63, 100])
def test_any_side_can_be_asked_for(size):
    assert simulate("building", 2, size).shape == (2, 6, size, size)


def test_changes_have_the_extent_they_promise_and_nuisances_none(pairs):
    bounds = {
        "flood": (0.06, 0.26),
        "fire": (0.008, 0.1),
        "clear_cut": (0.004, 0.12),
        "building": (0.004, 0.08),
    }
    for (kind, _), images in pairs.items():
        share = (images.label.values == 1).mean()
        assert set(np.unique(images.label.values)) <= {0, 1}
        low, high = bounds.get(kind, (0, 0))
        assert low <= share <= high, (kind, share)


@pytest.mark.parametrize(
    ("kind", "names", "sign"),
    [("flood", ("green", "nir"), 1), ("fire", ("nir", "swir2"), -1), ("clear_cut", ("nir", "red"), -1)],
)
def test_each_change_has_the_sign_of_its_index(pairs, kind, names, sign):
    """A flood raises the water index, a fire lowers the burn ratio, felling lowers the vegetation index: there only."""
    for seed in SEEDS:
        images = pairs[kind, seed]
        before, after = index(images, *names)
        rise, changed = sign * (after - before), images.label.values == 1
        assert rise[changed].mean() > 0.15
        assert abs(np.median(rise[~changed])) < 0.5 * rise[changed].mean()
        pairs_won = (rise[changed][:, None] > np.quantile(rise[~changed], [0.05, 0.5, 0.9])[None]).mean(0)
        assert (pairs_won > 0.75).all(), pairs_won


def test_outside_the_label_a_change_leaves_what_would_have_been():
    """The same days without the happening differ from those with it nowhere but at the label and its blurred edge."""
    import eogen.change.scene as scene
    from eogen.change.simulate import _days, padded

    images = simulate("fire", 1, 64)
    rng = np.random.default_rng((1, KINDS.index("fire")))
    plan = ground(1, padded(64))
    HAPPENINGS["fire"](rng, plan)
    quiet = scene.seen(plan, _days(rng, "fire")[1], 1)
    differs = np.abs(quiet - images.values[1]).max(0) > 0.004
    changed = images.label.values == 1
    assert differs[changed].mean() > 0.95
    # Three pixels: a 20 m pixel of the short-wave bands, the optics, less than half a pixel changed.
    assert not (differs & ~binary_dilation(changed, iterations=3)).mean() > 0.02


def test_nuisances_are_stronger_than_none_each_in_its_way(pairs):
    def apart(images):
        one, two = images.values
        return np.mean([np.sqrt(((a - b) ** 2).mean()) / a.std() for a, b in zip(one, two, strict=True)])

    quiet = np.mean([apart(pairs["none", s]) for s in SEEDS])
    assert 0.1 < quiet < 0.6  # never nothing
    for kind in ("season", "illumination"):
        assert np.mean([apart(pairs[kind, s]) for s in SEEDS]) > 1.3 * quiet, kind

    def edges(images):
        one, two = (image - gaussian_filter(image, (0, 2, 2)) for image in images.values)
        return np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(one, two, strict=True)])

    shifted, still = (np.mean([edges(pairs[kind, s]) for s in SEEDS]) for kind in ("misregistration", "none"))
    assert shifted < still - 0.15


def test_a_shift_is_found_where_it_was_put():
    """The peak of the phase correlation of a misregistered pair lies 0.5 to 2 pixels away; that of a quiet one at 0."""
    far = []
    for seed in range(3):
        for kind in ("none", "misregistration"):
            one, two = simulate(kind, seed, 128).sel(band="B04").values
            spectrum = np.fft.fft2(one) * np.conj(np.fft.fft2(two))
            peak = np.fft.ifft2(spectrum / np.abs(spectrum)).real
            peak = np.fft.fftshift(peak)[61:68, 61:68]
            weights = np.clip(peak, peak.max() / 3, None) - peak.max() / 3
            at = np.array([(weights.sum(k) * np.arange(-3, 4)).sum() for k in (1, 0)]) / weights.sum()
            far.append((kind, np.hypot(*at)))
    assert max(d for kind, d in far if kind == "none") < 0.35
    assert min(d for kind, d in far if kind == "misregistration") > 0.35


def test_spectra_and_seasons_are_those_of_nature():
    blue, _, red, nir, swir, swir2 = (
        dict(zip(SPECTRA, row, strict=True)) for row in zip(*SPECTRA.values(), strict=True)
    )
    for plant_cover in ("leaves", "grass", "broadleaf", "conifer"):
        assert (nir[plant_cover] - red[plant_cover]) / (nir[plant_cover] + red[plant_cover]) > 0.7
    assert all(swir[w] < nir[w] < red[w] for w in ("water", "muddy_water"))
    assert swir2["burnt"] > nir["burnt"] > red["burnt"] > blue["burnt"]
    assert all(0 < v < 0.5 for row in SPECTRA.values() for v in row)
    days = np.arange(366.0)
    for name, row in SEASONS.items():
        green, ripe = cover(row, days)
        assert (green + ripe <= 1 + 1e-9).all()
        assert 80 < days[green.argmax()] < 240, name
    assert cover(SEASONS["cereal"], 150.0)[0] > 0.7 > 0.3 > cover(SEASONS["maize"], 150.0)[0]  # out of step


def test_texture_has_the_spectrum_asked_for():
    rng = np.random.default_rng(0)
    for slope in (1.0, 2.5):
        power = np.mean([np.abs(np.fft.fft2(rough(rng, 128, slope))) ** 2 for _ in range(20)], 0)
        frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
        inside = (frequency > 0.03) & (frequency < 0.45)
        found = np.polyfit(np.log(frequency[inside]), np.log(power[inside]), 1)[0]
        assert found == pytest.approx(-slope, abs=0.1)


def test_the_plan_has_all_that_a_territory_needs():
    for seed in range(6):
        plan = ground(seed, 100)
        assert plan.use.shape == (100 * FINE, 100 * FINE)
        assert plan.of("water").mean() > 0.005
        assert plan.of("broadleaf", "conifer").mean() > 0.1
        assert plan.of("asphalt").mean() > 0.003
        assert 0.01 < plan.town.mean() < 0.25
        assert len(np.unique(plan.parcel)) > 15
        assert plan.height.min() >= 0
        assert plan.height[plan.of("water")].mean() < plan.height[~plan.of("water")].mean()


@pytest.mark.parametrize("kind", PLANTS)
def test_a_planted_change_is_there_and_nowhere_else(kind):
    quiet = simulate("none", 3, 96)
    dark = uniform_filter(quiet.sel(band="B04").values.max(0), 13)[10:-10, 10:-10]
    row, column = (
        int(k) + 10 for k in np.unravel_index(dark.argmin(), dark.shape)
    )  # a wood: felling soil is nothing
    mask = np.zeros((96, 96), bool)
    mask[row - 6 : row + 6, column - 6 : column + 6] = True
    painted = plant(quiet, mask, kind)
    assert painted.attrs["kind"] == "simulated"
    assert painted.attrs["planted"] == kind
    np.testing.assert_array_equal(painted.label.values, mask)
    np.testing.assert_array_equal(painted.values[0], quiet.values[0])
    moved = np.abs(painted.values[1] - quiet.values[1]).max(0)
    assert moved[mask].min() > 0.01
    grown = binary_dilation(mask, iterations=4)
    assert moved[~grown].max() < 1e-6
    assert (
        score(painted, "cva_median").nll.values[mask].mean()
        > 2 * score(quiet, "cva_median").nll.values[mask].mean()
    )


def test_contrast_scales_the_paint_and_a_real_picture_becomes_derived():
    rng = np.random.default_rng(0)
    real = stack(rng.uniform(20, 200, (2, 3, 40, 40)), ["red", "green", "blue"], kind="real")
    mask = np.zeros((40, 40), bool)
    mask[5:15, 5:15] = True
    half, full = (plant(real, mask, "building", c) for c in (0.5, 1.0))
    assert full.attrs["kind"] == "derived"
    assert (full.label.values[~mask] == -1).all()
    inside = (slice(None), slice(7, 13), slice(7, 13))
    np.testing.assert_allclose(
        2 * (half.values[1] - real.values[1])[inside],
        (full.values[1] - real.values[1])[inside],
        rtol=1e-3,
        atol=0.02,
    )
    assert full.values[1][inside].mean() > real.values[1].mean() + 20  # a bright roof is bright in 8 bits too


def test_paint_leaves_what_is_not_valid_alone():
    rng = np.random.default_rng(0)
    valid = np.ones((2, 40, 40), bool)
    valid[0, :, 10:] = False
    real = stack(rng.uniform(1, 2, (2, 1, 40, 40)), ["vv"], valid=valid, sensor="sentinel1")
    mask = np.zeros((40, 40), bool)
    mask[5:15, 5:15] = True
    assert paints(real) == tuple(SHIFTS)
    painted = plant(real, mask, "darker")
    assert (painted.label.values == 1).sum() == 50
    np.testing.assert_array_equal(painted.values[:, :, :, 11:], real.values[:, :, :, 11:])


def test_a_sequence_breaks_once_where_and_when_it_says():
    for kind in ("clear_cut", "fire"):
        images = sequence(1, 10, kind, 64, clouds=False)
        at, changed = images.attrs["break_index"], images.label.values == 1
        assert images.sizes["time"] == 10
        assert 2 <= at <= 8
        assert str(images.time.values[at])[:10] == images.attrs["break_date"]
        green = index(images, "nir", "red")
        gap = green[:, changed].mean(1) - np.median(green[:, ~changed], 1)
        step = np.diff(gap)
        assert step.argmin() == at - 1
    none = sequence(1, 10, "none", 64)
    assert none.attrs["break_index"] == -1
    assert none.attrs["break_date"] == ""
    assert not none.label.values.any()


def test_clouds_hide_some_of_most_dates_and_no_clouds_none():
    hidden = np.concatenate([1 - sequence(s, 12, "none", 48).valid.values.mean((1, 2)) for s in range(5)])
    assert 0.1 < hidden.mean() < 0.4
    assert 0.2 < (hidden == 0).mean() < 0.75
    assert sequence(0, 12, "none", 48, clouds=False).valid.values.all()


def test_dates_can_be_given():
    asked = ["2020-01-13", "2020-06-21", "2021-06-26", "2021-07-16", "2022-03-08"]
    assert [str(t)[:10] for t in sequence(0, asked, "none", 48).time.values] == asked


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: simulate("earthquake"), "change_simulated_kind"),
        (lambda: sequence(0, 8, "flood"), "change_simulated_kind"),
        (lambda: simulate("fire", -1), "change_simulated"),
        (lambda: simulate("fire", 0, 20), "change_simulated"),
        (lambda: simulate("fire", 0, 9999), "change_simulated"),
        (lambda: sequence(0, 2), "change_simulated_dates"),
        (
            lambda: sequence(0, ["2020-01-01", "2020-03-01", "2020-02-01", "2020-05-01"]),
            "change_simulated_dates",
        ),
        (lambda: plant(simulate("none", 0, 48), np.zeros((48, 48), bool)), "change_plant_mask"),
        (lambda: plant(simulate("none", 0, 48), np.ones((4, 4), bool)), "change_plant_mask"),
        (
            lambda: plant(simulate("none", 0, 48), np.ones((48, 48), bool), contrast=1.5),
            "change_plant_contrast",
        ),
        (lambda: plant(simulate("none", 0, 48), np.ones((48, 48), bool), "volcano"), "change_plant_kind"),
    ],
)
def test_what_cannot_be_done_is_said(call, code):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.code == code


def test_it_is_fast_enough_to_move_a_slider():
    """0.3 s of a processor (12 to 16 yardsticks), each of 25 ms; 1 s is allowed."""
    assert pace.times(lambda: simulate("building", 1), pace.fields, rounds=3) < 40


def test_every_nuisance_and_every_change_that_lasts_is_a_kind():
    assert set(NUISANCES) < set(KINDS)
    assert set(LASTING) - {"none"} < set(KINDS)
