"""Sanity, stability, focus, pointing, the verdict, the shortcut alarm, captions and hiding."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.band_shapley import _result
from eogen.landcover.bands import ALL, RGB
from eogen.landcover.captions import CODES, captions, looked_at
from eogen.landcover.hide import compare, grey, hide, set_band, smallest_hide, what_if_hidden
from eogen.landcover.methods import explain
from eogen.landcover.question import ask
from eogen.landcover.sanity import (
    Checks,
    Measured,
    agreement,
    check,
    hit,
    layers,
    mosaic,
    noise_stability,
    randomisation,
    randomised,
    rank_correlation,
    share,
)
from eogen.landcover.trust import shortcut_alarm, verdict
from tests.unit.landcover_stubs import AdditiveNet, LinearNet, Stub, TinyCNN, image


def state(module):
    return {k: v.clone() for k, v in module.state_dict().items()}


def same(a, b):
    return all(torch.equal(v, b[k]) for k, v in a.items())


def test_randomising_forgets_from_the_top_and_never_touches_the_model():
    net = TinyCNN()
    before = state(net)
    assert layers(net)[0] == "head"
    head = randomised(net, top=1)
    assert same(before, state(net))
    assert not torch.equal(head.head.weight, net.head.weight)
    assert torch.equal(head.first[0].weight, net.first[0].weight)
    everything = state(randomised(net))
    assert not torch.equal(everything["first.0.weight"], before["first.0.weight"])
    assert same(everything, state(randomised(net)))
    # A bare parameter has no reset_parameters: it is drawn anew.
    linear = LinearNet()
    assert not torch.equal(randomised(linear).weight, linear.weight)


def question(net, **more):
    return ask(Stub(net), net.requires_grad_(False), image(), 3, **more)


def test_a_map_of_the_image_alone_fails_the_randomisation_check():
    """Edges do not know the weights: correlation 1. Gradients of a linear model do: near 0."""
    from eogen.landcover.methods import answer

    q = question(LinearNet())
    edges = randomisation(q, "sobel", answer(q, "sobel"))
    assert edges.value == pytest.approx(1)
    learned = randomisation(q, "input_x_gradient", answer(q, "input_x_gradient"), repeats=5)
    assert learned.value < 0.2
    assert learned.n == 5


def test_noise_changes_a_linear_map_by_what_theory_says():
    """Input x gradient of ``w . x`` changes by w * noise."""
    from eogen.landcover.methods import answer

    net = LinearNet()
    q = question(net)
    found = noise_stability(q, "input_x_gradient", answer(q, "input_x_gradient"), noise=0.1, repeats=40)
    spread = q.x.std((2, 3), keepdim=True)
    expected = float((net.weight[3] * 0.1 * spread[0]).square().sum().sqrt())
    expected /= float(np.linalg.norm(answer(q, "input_x_gradient")))
    assert found.value == pytest.approx(expected, rel=0.05)
    still = noise_stability(q, "sobel", np.zeros((16, 16)))
    assert still.n == 0
    assert np.isnan(still.value)


def test_check_leaves_the_shared_model_alone():
    stub = Stub(TinyCNN())
    before = state(stub.module)
    found = check(stub, image(), "River", "grad_cam", repeats=2)
    assert same(before, state(stub.module))
    assert 0 <= found.sanity.value <= 1
    assert found.stability.value >= 0


def test_rank_correlation_against_scipy_and_on_odd_maps():
    from scipy.stats import spearmanr

    a, b = np.random.default_rng(0).random((2, 9, 9))
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert rank_correlation(a, np.exp(a)) == pytest.approx(1)
    assert rank_correlation(a, np.ones((9, 9))) == 0
    a[0, 0] = np.nan
    assert np.isfinite(rank_correlation(a, b))
    matrix = agreement({"a": b, "minus": -b})
    assert matrix.sel(one="a", other="minus") == pytest.approx(-1)
    assert np.allclose(np.diag(matrix), 1)


def test_measured_leaves_out_what_is_not_a_number():
    found = Measured.of([1.0, 3.0, np.nan])
    assert (found.value, found.n) == (2.0, 2)
    assert found.error == pytest.approx(1.0)
    assert Measured.of([]).n == 0


@pytest.mark.parametrize("seed", range(4))
def test_mosaic_knows_its_right_tiles(seed):
    right = [image((8, 8), constant=c) for c in (0.1, 0.2)]
    wrong = [image((8, 8), constant=c) for c in (0.6, 0.7)]
    picture, mask = mosaic(right, wrong, seed)
    assert picture.shape == (13, 16, 16)
    assert mask.mean() == 0.5
    assert ((picture[0].values < 0.5) == mask).all()
    assert share(np.where(mask, 1.0, -5.0), mask) == 1
    assert share(np.ones((16, 16)), mask) == 0.5
    assert np.isnan(share(-np.ones((16, 16)), mask))
    with pytest.raises(InputError) as raised:
        mosaic(right[:1], wrong)
    assert raised.value.code == "mosaic_tiles"


def test_pointing():
    mask = np.zeros((20, 20), bool)
    mask[10, :] = True
    evidence = np.zeros((20, 20))
    evidence[12, 5] = 1
    assert hit(evidence, mask, tolerance=2)
    assert not hit(evidence, mask, tolerance=1)
    assert not hit(np.ones((20, 20)), mask)
    assert not hit(evidence, np.zeros((20, 20), bool))


def scores(srg, se):
    names = ["evidence", "random", "sobel"]
    return xr.Dataset({"srg": ("order", srg), "srg_se": ("order", se)}, {"order": names})


def checks(sanity, noise):
    return Checks(Measured(sanity, 0.0, 3), Measured(noise, 0.0, 3))


@pytest.mark.parametrize(
    ("srg", "sanity", "noise", "code", "gauges"),
    [
        ([0.3, 0.0, 0.04], 0.1, 0.05, "trust", ["faithful", "depends_on_learning", "stable"]),
        ([0.02, 0.0, 0.04], 0.1, 0.05, "do_not_trust", ["not_better_than_chance"]),
        ([0.08, 0.0, 0.07], 0.1, 0.05, "trust_with_care", ["not_better_than_edges"]),
        ([0.3, 0.0, 0.04], 0.6, 0.05, "do_not_trust", ["faithful", "ignores_learning"]),
        (
            [0.3, 0.0, 0.04],
            0.4,
            0.3,
            "trust_with_care",
            ["faithful", "partly_ignores_learning", "moves_with_noise"],
        ),
        (
            [0.3, 0.0, 0.04],
            0.1,
            1.7,
            "trust_with_care",
            ["faithful", "depends_on_learning", "changes_with_noise"],
        ),
        ([-0.3, 0.0, 0.04], 0.1, 0.1, "do_not_trust", ["not_better_than_chance"]),
        ([0.3, 0.0, 0.04], np.nan, np.nan, "do_not_trust", ["faithful", "ignores_learning"]),
    ],
)
def test_verdicts(srg, sanity, noise, code, gauges):
    found = verdict(scores(srg, [0.01, 0.01, 0.01]), checks(sanity, noise))
    assert found.code == code
    assert [g.code for g in found.gauges][: len(gauges)] == gauges


def bands_of(values):
    names = list(ALL)
    shapley = np.zeros(13)
    for name, value in values.items():
        shapley[names.index(name)] = value
    return _result(question(TinyCNN()), shapley, names, "band", np.zeros(2))


def test_shortcut_alarm():
    assert shortcut_alarm(bands_of({"B03": 0.4, "B08": 0.3, "B04": 0.1, "B10": 0.05})) is None
    alarm = shortcut_alarm(bands_of({"B03": 0.4, "B10": 0.3, "B04": 0.1}))
    assert (alarm.code, alarm.bands) == ("shortcut_band", ("B10",))
    assert alarm.share == pytest.approx(0.375)
    assert shortcut_alarm(bands_of({"B03": 0.4, "B10": -0.9})) is None
    groups = explain(Stub(TinyCNN()), image(), 0, "group_shapley")
    groups["shapley"][:] = [0.1, 0, 0, 0, 0.3]
    assert shortcut_alarm(groups).code == "shortcut_group"
    groups["shapley"][:] = [0.4, 0, 0, 0, 0.3]
    assert shortcut_alarm(groups) is None


def scene():
    """Bare ground, a diagonal river three pixels wide, a wood in the lower right corner."""
    picture = image((64, 64), constant=0.2)
    y, x = np.mgrid[:64, :64]
    river, wood = np.abs(y - x) < 2, (y > 40) & (x > 40)
    for band, value in {"B03": 0.05, "B04": 0.03, "B02": 0.06, "B08": 0.4}.items():
        picture.loc[{"band": band}] = np.where(wood, value, picture.sel(band=band))
    for band, value in {"B03": 0.08, "B04": 0.05, "B02": 0.09, "B08": 0.02}.items():
        picture.loc[{"band": band}] = np.where(river, value, picture.sel(band=band))
    return picture, river, wood & ~river


def as_map(picture, values):
    return xr.DataArray(values.astype(np.float32), {"y": picture.y, "x": picture.x}, ("y", "x"))


def test_captions_tell_what_lies_under_the_evidence():
    picture, river, wood = scene()
    codes = lambda values, **k: [c.code for c in captions(picture, as_map(picture, values), **k)]
    assert codes(river) == ["looked_at_line", "looked_at_water"]
    assert codes(wood)[0] == "looked_at_plants"
    assert codes(np.ones((64, 64))) == ["looked_everywhere"]
    assert codes(-np.ones((64, 64))) == ["looked_nowhere"]
    corner = np.zeros((64, 64))
    corner[:10, 50:] = 1
    assert codes(corner)[0] == "looked_at_bare_ground"
    colours = captions(picture.sel(band=list(RGB)), as_map(picture, wood))
    assert colours[0].code == "looked_at_dark"
    groups = explain(Stub(TinyCNN()), picture, 0, "group_shapley")
    groups["shapley"][:] = [0.1, 0, 0.5, 0, -0.3]
    assert codes(river, groups=groups)[-1] == "used_nir"
    groups["shapley"][:] = [0.2, 0.2, 0.2, 0.2, 0.2]
    assert codes(river, groups=groups)[-1] == "used_several"


@pytest.mark.parametrize("seed", range(8))
def test_captions_have_only_known_codes_and_never_nothing(seed):
    picture = image((20, 31), seed=seed)
    values = np.random.default_rng(seed).normal(size=(20, 31)) ** (1 + seed % 3)
    said = captions(picture, as_map(picture, values))
    assert said
    assert {c.code for c in said} <= set(CODES)
    assert 0 < looked_at(values).mean() <= 0.25


def test_hiding_covers_one_block_and_nothing_else():
    picture = image((20, 20))
    original = picture.copy(deep=True)
    covered = hide(picture, 16, 8, 8)
    assert picture.equals(original)
    assert np.allclose(covered[:, 16:20, 8:16], picture.mean(("y", "x")).values[:, None, None])
    outside = np.ones((20, 20), bool)
    outside[16:20, 8:16] = False
    assert (covered.values[:, outside] == picture.values[:, outside]).all()
    stub = Stub(TinyCNN())
    assert np.allclose(list(grey(stub, picture).values()), 0.2)
    for call, code in (
        (lambda: hide(picture, 20, 0), "outside_image"),
        (lambda: hide(picture, 0, 0, fill="pink"), "unknown_fill"),
        (lambda: set_band(picture, "B99"), "unknown_band"),
    ):
        with pytest.raises(InputError) as raised:
            call()
        assert raised.value.code == code


def test_change_is_the_models_own():
    stub, picture = Stub(TinyCNN()), image()
    change = what_if_hidden(stub, picture, "River", [(0, 0), (8, 8)])
    with torch.no_grad():
        now = stub.module(stub.tensor(change.image)).softmax(1)[0, 8]
    assert float(change.after.sel({"class": "River"})) == pytest.approx(float(now), abs=1e-6)
    assert float(change.after.sum()) == pytest.approx(1, abs=1e-5)
    assert compare(stub, picture, picture, "River").change == 0
    brighter = set_band(picture, "B08", factor=2, offset=0.1)
    assert np.allclose(brighter.sel(band="B08"), picture.sel(band="B08") * 2 + 0.1)
    assert (set_band(picture, "B08", offset=-9).sel(band="B08") == 0).all()


def test_smallest_hide_of_a_model_that_counts_one_block():
    """Class 0 wins only through one block of pixels: hiding it, alone, must be what is found."""
    net = LinearNet(size=(16, 16))
    net.weight.data[:] = 0
    net.weight.data[0, :, 8:, :8] = 1.0  # 0.5 a pixel as it is, 0.2 hidden
    net.weight.data[1, :, 8:, 8:] = 0.6  # 0.3 a pixel
    picture = image(constant=0.5)
    found = smallest_hide(Stub(net), picture, size=8)
    assert found.flipped
    assert found.places == ((8, 0),)
    assert found.share == 0.25
    assert found.answer == "Forest"
    assert found.probability[1] < found.probability[0]
    assert what_if_hidden(Stub(net), picture, 0, list(found.places)).flipped


def test_smallest_hide_gives_up_in_one_piece():
    net = LinearNet(size=(16, 16))
    net.weight.data[:] = 0
    found = smallest_hide(Stub(net), image(), size=8, at_most=2)
    assert not found.flipped
    assert found.places == ()
    assert len(found.probability) == 3


def test_nothing_here_mutates_a_copyable_model():
    net = AdditiveNet()
    twin = copy.deepcopy(net)
    stub = Stub(net)
    check(stub, image(), 1, "exact_evidence", repeats=1)
    smallest_hide(stub, image())
    assert same(state(twin), state(net))
