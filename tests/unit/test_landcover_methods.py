"""Every explanation of the registry: closed forms, independent libraries, hooks, seeds, odd inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eogen.errors import InputError
from eogen.landcover.bands import CLASSES
from eogen.landcover.methods import EXPLANATIONS, answer, available, explain
from eogen.landcover.owen import owen_values
from eogen.landcover.question import ask
from eogen.landcover.regions import blocks, scorer
from eogen.landcover.shapley import kernel_values
from tests.unit.landcover_stubs import AdditiveNet, LinearNet, Stub, TinyCNN, hooks, image

# shap's own import makes matplotlib warn; nothing of ours imports shap.
shap_import = pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")

WHERE = [n for n, e in EXPLANATIONS.items() if e.kind == "where"]
MODELS_OF_MAPS = [n for n in WHERE if not EXPLANATIONS[n].control]
FEW = {
    "occlusion": {"size": 8, "stride": 8},
    "partition_shap": {"evaluations": 40},
    "smooth_grad": {"samples": 4},
    "kernel_shap": {"evaluations": 120},
}


def stub_for(name: str, size=(16, 16)):
    return Stub(AdditiveNet() if EXPLANATIONS[name].needs == "evidence" else TinyCNN())


def question(net, seed=0, size=(16, 16), output="logit", target=8):
    stub = Stub(net)
    return ask(stub, net.requires_grad_(False), image(size, seed=seed), target, output=output, seed=seed)


@pytest.mark.parametrize("name", WHERE)
@pytest.mark.parametrize("size", [(16, 16), (37, 50)])
def test_every_map_has_the_form_of_its_image(name, size):
    stub, picture = stub_for(name), image(size)
    found = explain(stub, picture, "River", name, seed=3, **FEW.get(name, {}))
    assert found.evidence.dims == ("y", "x")
    assert found.evidence.shape == size
    assert found.evidence.dtype == np.float32
    assert np.isfinite(found.evidence).all()
    assert found.evidence.x.equals(picture.x)
    assert found.attrs["method"] == name
    assert found.attrs["target"] == "River"
    assert found.attrs["image_sha256"] == "a" * 64
    assert found.attrs["seconds"] > 0
    if not EXPLANATIONS[name].signed:
        assert float(found.evidence.min()) >= 0


@pytest.mark.parametrize("name", MODELS_OF_MAPS)
def test_same_seed_same_map_and_global_sources_untouched(name):
    stub, few = stub_for(name), FEW.get(name, {})
    np.random.seed(5)
    torch.manual_seed(5)
    first = explain(stub, image(), 3, name, seed=1, **few).evidence
    after = np.random.random(), float(torch.rand(()))
    np.random.seed(5)
    torch.manual_seed(5)
    assert after == (np.random.random(), float(torch.rand(())))
    assert np.array_equal(first, explain(stub, image(), 3, name, seed=1, **few).evidence)


@pytest.mark.parametrize("name", MODELS_OF_MAPS)
def test_no_hook_is_left_after_success_or_failure(name, monkeypatch):
    stub = stub_for(name)
    explain(stub, image(), 0, name, **FEW.get(name, {}))
    assert hooks(stub.module) == 0

    def broken(_x):
        raise RuntimeError("the head fell off")

    part = "evidence" if name == "exact_evidence" else "forward"
    if name in ("grad_cam", "layer_cam"):
        # Fail after the layer was hooked and has run.
        stub.module.head.forward = broken
    else:
        monkeypatch.setattr(stub.module, part, broken)
    with pytest.raises(RuntimeError, match="head fell off"):
        explain(stub, image(), 0, name, **FEW.get(name, {}))
    assert hooks(stub.module) == 0


@pytest.mark.parametrize("name", MODELS_OF_MAPS)
def test_constant_image_equal_to_the_baseline_gives_no_differences(name):
    """Where the image is the baseline, whatever compares the two must find nothing."""
    stub = stub_for(name)
    evidence = explain(stub, image(constant=0.2), 0, name, **FEW.get(name, {})).evidence
    assert np.isfinite(evidence).all()
    if name in (
        "integrated_gradients",
        "gradient_shap",
        "input_x_gradient",
        "occlusion",
        "partition_shap",
        "kernel_shap",
    ):
        assert np.abs(evidence).max() < 1e-6


@pytest.mark.parametrize("name", WHERE)
def test_missing_pixels_are_missing_in_the_map_and_count_as_the_baseline(name):
    picture = image()
    picture[3, 2:5, 7] = np.nan
    stub = stub_for(name)
    found = explain(stub, picture, 0, name, **FEW.get(name, {})).evidence
    assert int(found.isnull().sum()) == 3
    assert bool(found[2:5, 7].isnull().all())
    filled = picture.fillna(0.2)
    same = explain(stub, filled, 0, name, **FEW.get(name, {})).evidence
    assert np.allclose(found.values[6:], same.values[6:])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target": "Volcano"}, "unknown_class"),
        ({"target": 10}, "unknown_class"),
        ({"method_name": "tea_leaves"}, "unknown_method"),
        ({"method_name": "exact_evidence"}, "method_needs"),
        ({"output": "mood"}, "unknown_output"),
        ({"steps": 3, "method_name": "saliency"}, "unknown_parameter"),
        ({"image": image(constant=np.nan)}, "no_valid_pixels"),
        ({"image": image().isel(band=slice(0, 5))}, "missing_bands"),
    ],
)
def test_bad_questions_get_a_sentence(change, code):
    arguments = {"image": image(), "target": "River", "method_name": "saliency"} | change
    with pytest.raises(InputError) as raised:
        explain(Stub(TinyCNN()), **arguments)
    assert raised.value.code == code


def test_available_follows_what_the_network_offers():
    assert "grad_cam" in available(Stub(TinyCNN()))
    assert "exact_evidence" not in available(Stub(TinyCNN()))
    assert "exact_evidence" in available(Stub(AdditiveNet()))
    assert "grad_cam" not in available(Stub(LinearNet()))


LINEAR = ["integrated_gradients", "gradient_shap", "input_x_gradient"]


@pytest.mark.parametrize("name", LINEAR)
def test_linear_model_closed_form(name):
    """On ``w . x`` every one of these is ``w * (x - b)``."""
    net = LinearNet()
    q = question(net)
    truth = (net.weight[8] * (q.x[0] - q.baseline[0])).sum(0).numpy()
    raw = {"smooth": 0.0} if name == "gradient_shap" else {}
    assert np.allclose(answer(q, name, **raw), truth, atol=1e-6)


def test_linear_model_occlusion_of_single_pixels():
    net = LinearNet(size=(6, 6))
    q = question(net, size=(6, 6))
    truth = (net.weight[8] * (q.x[0] - q.baseline[0])).sum(0).numpy()
    assert np.allclose(answer(q, "occlusion", size=1, stride=1), truth, atol=1e-5)


@pytest.mark.parametrize("name", ["partition_shap", "kernel_shap", "integrated_gradients", "gradient_shap"])
@pytest.mark.parametrize("output", ["logit", "log_odds", "probability"])
def test_shapley_maps_add_up_to_the_difference(name, output):
    q = question(TinyCNN(), output=output)
    with torch.no_grad():
        difference = float(q.score(q.x) - q.score(q.baseline))
    more = {"integrated_gradients": {"steps": 200}, "gradient_shap": {"samples": 200}}.get(name, {})
    assert answer(q, name, **more).sum() == pytest.approx(difference, abs=1e-4 if not more else 5e-3)


def test_exact_evidence_means_the_logit():
    q = question(AdditiveNet())
    assert answer(q, "exact_evidence").mean() == pytest.approx(float(q.module(q.x)[0, 8]), abs=1e-5)


def test_grad_cam_of_a_global_mean_head_is_the_class_activation_map():
    """With a mean and a linear head, Grad-CAM is head weights times activations, per cell."""
    net = TinyCNN()
    q = question(net)
    with torch.no_grad():
        activation = net.cam_layer(net.first((q.x - net.mean) * 5))
        cam = (net.head.weight[8][None, :, None, None] * activation).sum(1, keepdim=True) / activation[
            0, 0
        ].numel()
        cam = torch.nn.functional.interpolate(cam / 1.0, (16, 16), mode="bilinear", align_corners=False)[0, 0]
    # captum averages over the cells what the mean already divided by them, then sums over the channels
    assert np.allclose(answer(q, "grad_cam"), cam.numpy(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_gradients_against_captum(seed):
    from captum.attr import InputXGradient, NoiseTunnel, Saliency

    q = question(TinyCNN(seed=seed), seed=seed)
    x = q.x.clone().requires_grad_(True)
    theirs = InputXGradient(q.score).attribute(x) - Saliency(q.score).attribute(x, abs=False) * q.baseline
    assert np.allclose(answer(q, "input_x_gradient"), theirs.sum(1)[0].detach(), atol=1e-6)
    spread = q.x.std((2, 3), keepdim=True)
    plain = Saliency(q.score).attribute(x) * spread
    assert np.allclose(answer(q, "saliency"), plain.sum(1)[0].detach(), atol=1e-6)
    # Both estimate the same mean from independent draws.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        smooth = NoiseTunnel(Saliency(lambda z: q.score(z * spread))).attribute(
            (q.x / spread).requires_grad_(True), nt_type="smoothgrad", nt_samples=200, stdevs=0.5
        )
    ours = answer(q, "smooth_grad", samples=200)
    assert np.corrcoef(ours.ravel(), smooth.sum(1)[0].detach().numpy().ravel())[0, 1] > 0.9


@shap_import
def test_gradient_shap_against_shap_with_a_real_background():
    import shap

    net = TinyCNN()
    q = question(net)
    background = torch.stack([torch.from_numpy(image(seed=s).values) for s in range(4, 8)])

    class Single(torch.nn.Module):
        def forward(self, x):
            return q.score(x)[:, None]

    theirs = shap.GradientExplainer(Single(), background).shap_values(q.x.clone(), nsamples=600, rseed=0)
    theirs = np.asarray(theirs).reshape(13, 16, 16).sum(0)
    ours = answer(q, "gradient_shap", samples=400, background=background, smooth=0.0)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.97
    assert ours.sum() == pytest.approx(float(q.score(q.x) - q.score(background).mean()), abs=0.02)


@shap_import
def test_owen_values_against_shap():
    import shap

    q = question(TinyCNN())
    labels, rows, columns = blocks((16, 16), 4)
    score = scorer(q, labels)
    flat = lambda a: score(np.asarray(a).reshape(len(a), -1) > 0.5)
    explainer = shap.PartitionExplainer(flat, shap.maskers.Image(np.zeros((rows, columns, 1))))
    theirs = explainer(np.ones((1, rows, columns, 1)), max_evals=5000, batch_size=50, silent=True).values
    assert np.allclose(owen_values(score, rows, columns, 5000), theirs.ravel(), atol=1e-6)


@shap_import
def test_kernel_values_against_shap_and_against_all_subsets():
    import shap

    from eogen.landcover.band_shapley import exact_values

    labels, *_ = blocks((16, 16), 6)  # nine players
    score = scorer(question(TinyCNN()), labels)
    everything = np.arange(2**9)[:, None] >> np.arange(9) & 1
    truth = exact_values(score(everything))
    theirs = shap.KernelExplainer(score, np.zeros((1, 9))).shap_values(
        np.ones((1, 9)), nsamples=600, l1_reg=0, silent=True
    )
    assert np.allclose(kernel_values(score, 9, 600), truth, atol=1e-6)
    assert np.allclose(theirs.ravel(), truth, atol=1e-5)
    # With too few evaluations to see every subset it stays close, and additive.
    few = kernel_values(score, 9, 120, seed=1)
    assert few.sum() == pytest.approx(truth.sum(), abs=1e-9)
    assert np.corrcoef(few, truth)[0, 1] > 0.95


@pytest.mark.parametrize("players", [1, 2, 3])
def test_kernel_values_of_very_few_players_are_exact(players):
    gains = np.arange(1.0, players + 1)
    assert np.allclose(kernel_values(lambda p: p @ gains, players, 10), gains)


def test_bands_of_a_linear_model_and_their_sums():
    net = LinearNet()
    q = question(net)
    truth = (net.weight[8] * (q.x[0] - q.baseline[0])).sum((1, 2)).numpy()
    bands = answer(q, "band_shapley", permutations=2)
    assert np.allclose(bands.shapley, truth, atol=1e-5)
    groups = answer(q, "group_shapley")
    for name in groups.group.values:
        assert float(groups.shapley.sel(group=name)) == pytest.approx(
            truth[bands.group == name].sum(), abs=1e-5
        )
    assert groups.wavelength.attrs["units"] == "nm"
    assert float(groups.wavelength.sel(group="swir")) == pytest.approx((1613.7 + 2202.4) / 2)


def test_band_estimate_against_all_8192_subsets_and_against_shap():
    q = question(TinyCNN(), output="probability", size=(8, 8))
    exact, estimate = answer(q, "band_shapley_exact"), answer(q, "band_shapley", permutations=40)
    assert np.corrcoef(exact.shapley, estimate.shapley)[0, 1] > 0.98
    for found in (exact, estimate, answer(q, "group_shapley")):
        total = found.attrs["full"] - found.attrs["empty"]
        assert float(found.shapley.sum()) == pytest.approx(total, abs=1e-6)
        assert found.shapley.attrs["units"] == "1"


@shap_import
def test_exact_bands_against_shap():
    import shap

    net = TinyCNN(bands=3)
    stub = Stub(net.requires_grad_(False), ("B04", "B03", "B02"))
    found = explain(stub, image(), "Forest", "band_shapley")
    q = ask(stub, net, image(), CLASSES.index("Forest"), output="probability")
    worth = lambda keep: q.masked(torch.from_numpy(np.asarray(keep) > 0.5)[:, :, None, None])
    theirs = shap.ExactExplainer(worth, shap.maskers.Independent(np.zeros((1, 3))))(np.ones((1, 3))).values
    assert np.allclose(found.shapley, theirs.ravel(), atol=1e-6)
    assert list(found.band.values) == ["B04", "B03", "B02"]


def test_smoothing_gradient_shap_keeps_its_sum():
    q = question(TinyCNN(), size=(21, 16))
    raw, smooth = answer(q, "gradient_shap", smooth=0.0), answer(q, "gradient_shap")
    assert smooth.sum() == pytest.approx(raw.sum(), abs=1e-5)
    assert smooth.std() < raw.std()
