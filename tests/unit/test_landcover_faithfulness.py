"""Removal curves: the perfect map wins, chance is zero, and the pieces add up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from eogen.errors import Cancelled, InputError
from eogen.landcover.faithfulness import faithfulness, ranking, removal_curve
from eogen.landcover.methods import explain
from eogen.landcover.question import ask
from eogen.landcover.regions import blocks
from tests.unit.landcover_stubs import AdditiveNet, LinearNet, Stub, TinyCNN, hooks, image


def perfect(net, picture, target):
    """The share of every pixel in the logit of a linear model."""
    x = torch.from_numpy(picture.values)
    return (net.weight[target].detach() * (x - 0.2)).sum(0).numpy()


@pytest.mark.parametrize("block", [1, 3, 4])
@pytest.mark.parametrize("output", ["logit", "probability"])
def test_on_an_additive_model_the_perfect_map_beats_all_others(block, output):
    """Sizes 3 and 4 leave smaller blocks at the border of 14 x 11 pixels: one block a step is exact."""
    size = (16, 10) if block == 1 else (14, 11)
    net, picture = LinearNet(size=size), image(size)
    net.weight.data[1:] = 0  # the others' logits stay still, so the probability is monotone in the target's
    truth = perfect(net, picture, 0)
    generator = np.random.default_rng(0)
    rivals = {f"r{i}": truth * generator.uniform(0, 2, size) for i in range(4)}
    rivals |= {"noise": generator.random(size), "size": np.abs(truth), "minus": -truth}
    maps = {k: xr.DataArray(v, dims=("y", "x")) for k, v in ({"truth": truth} | rivals).items()}
    found = faithfulness(
        Stub(net), picture, 0, maps, block=block, steps=16 if block == 1 else 1000, output=output
    )
    most, least = found.auc.sel(first="most"), found.auc.sel(first="least")
    assert (most.drop_sel(order="truth") >= most.sel(order="truth") - 1e-7).all()
    assert (least.drop_sel(order="truth") <= least.sel(order="truth") + 1e-7).all()
    assert str(found.order.values[found.srg.to_numpy().argmax()]) == "truth"
    assert float(found.srg.sel(order="minus")) == pytest.approx(
        -float(found.srg.sel(order="truth")), rel=1e-3
    )


def test_random_order_has_no_gain_and_a_true_one_has():
    stub, picture = Stub(TinyCNN()), image((24, 24))
    evidence = explain(stub, picture, "River", "integrated_gradients").evidence
    found = faithfulness(stub, picture, "River", evidence, repeats=12, steps=12)
    chance = found.sel(order="random")
    assert abs(float(chance.srg)) < 3 * float(chance.srg_se) + 1e-3
    assert float(found.srg.sel(order="evidence")) > float(chance.srg) + 3 * float(chance.srg_se)
    assert (found.srg_se > 0).all()


def test_curves_begin_with_the_image_and_end_with_the_baseline():
    stub, picture = Stub(TinyCNN()), image((20, 12))
    evidence = explain(stub, picture, "Forest", "saliency").evidence
    found = faithfulness(stub, picture, "Forest", evidence, repeats=3)
    with torch.no_grad():
        x = stub.tensor(picture)
        whole, nothing = stub.module(torch.cat([x, stub.module.baseline(x)])).softmax(1)[:, 1].tolist()
    assert np.allclose(found.score.isel(removed=0), whole, atol=1e-6)
    assert np.allclose(found.score.isel(removed=-1), nothing, atol=1e-6)
    assert float(found.removed[0]) == 0
    assert float(found.removed[-1]) == 1
    assert list(found.order.values) == ["evidence", "random", "sobel"]
    assert hooks(stub.module) == 0


def test_curve_points_are_what_the_model_says_of_the_edited_image():
    """Rebuild one point by hand."""
    net, picture = TinyCNN(), image((8, 8))
    q = ask(Stub(net), net.requires_grad_(False), picture, 2, output="probability")
    labels, *_ = blocks((8, 8), 4)
    removed, curve = removal_curve(q.masked, np.array([3, 0, 1, 2]), labels, np.array([9.0, 8.0]), 32)
    assert removed.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve[[0, -1]].tolist() == [9.0, 8.0]
    edited = q.x.clone()
    edited[..., 4:, 4:] = q.baseline[..., 4:, 4:]
    edited[..., :4, :4] = q.baseline[..., :4, :4]
    assert curve[2] == pytest.approx(float(net(edited).softmax(1)[0, 2]), abs=1e-6)


def test_steps_are_of_equal_area_whatever_the_order():
    """Border blocks are smaller; taking them first must not look like progress."""
    net = LinearNet(size=(10, 10))
    net.weight.data[:] = 1.0
    picture = image((10, 10), constant=0.5)
    q = ask(Stub(net), net.requires_grad_(False), picture, 2)
    labels, *_ = blocks((10, 10), 4)
    ends = q.masked(torch.tensor([True, False])[:, None, None, None])
    for seed in range(4):
        removed, curve = removal_curve(q.masked, np.random.default_rng(seed).permutation(9), labels, ends, 6)
        assert np.allclose(curve, ends[0] + removed * (ends[1] - ends[0]), rtol=1e-4)


def test_constant_maps_are_ordered_by_the_seed_alone():
    labels, *_ = blocks((8, 8), 2)
    flat = np.ones((8, 8))
    assert np.array_equal(ranking(flat, labels, 1), ranking(flat, labels, 1))
    assert not np.array_equal(ranking(flat, labels, 1), ranking(flat, labels, 2))
    assert np.array_equal(np.sort(ranking(flat, labels, 1)), np.arange(16))


def test_missing_evidence_is_no_evidence_and_the_reader_can_stop():
    stub, picture = Stub(TinyCNN()), image()
    picture[:, 0, 0] = np.nan
    evidence = explain(stub, picture, 0, "saliency").evidence
    assert np.isfinite(faithfulness(stub, picture, 0, evidence).srg).all()

    def stop(done, total, what=""):
        assert what == "removing"
        raise Cancelled

    with pytest.raises(Cancelled):
        faithfulness(stub, picture, 0, evidence, progress=stop)
    assert hooks(stub.module) == 0


def test_in_evidence_space_the_exact_evidence_beats_every_map_on_the_logit():
    stub, picture = Stub(AdditiveNet()), image((24, 24))
    names = ("exact_evidence", "gradient_shap", "saliency")
    maps = {n: explain(stub, picture, "River", n).evidence for n in names}
    found = faithfulness(stub, picture, "River", maps, output="logit", space="evidence", block=3)
    assert str(found.order.values[found.srg.to_numpy().argmax()]) == "exact_evidence"
    with torch.no_grad():
        logit = float(stub.module(stub.tensor(picture))[0, 8])
    assert np.allclose(found.score.isel(removed=0), logit, atol=1e-5)
    assert np.allclose(found.score.isel(removed=-1), 0)
    for net, space, code in ((TinyCNN(), "evidence", "method_needs"), (TinyCNN(), "outer", "unknown_space")):
        with pytest.raises(InputError) as raised:
            faithfulness(Stub(net), picture, "River", maps, space=space)
        assert raised.value.code == code
