"""Deep clustering: its losses against plain formulas, its collapses said aloud, and digits where others can check."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from eogen.errors import InputError
from eogen.rain import deep, deep_fit, nets
from eogen.rain.collapse import collapse, of_labels
from eogen.rain.deep_losses import (
    balanced_distribution,
    cross_entropy,
    kl,
    softmax_assignment,
    spread,
    squared_distances,
    student_t,
    target_distribution,
)
from eogen.rain.depict import BalancedNoisy
from eogen.rain.dkm import SmoothKMeans, smooth_kmeans
from eogen.rain.examples import TARGETS
from eogen.rain.frames import SIDE
from eogen.rain.idec import ClusterByTarget
from eogen.rain.methods import METHODS
from eogen.rain.protocol import Model
from eogen.rain.refine import Pace, Task, kmeans, nearest, refine
from tests.rain_examples import made_up


@pytest.fixture
def points():
    order = torch.Generator().manual_seed(0)
    return torch.randn(40, 3, generator=order).double(), torch.randn(5, 3, generator=order).double()


def _numpy_distances(z, c):
    return ((z.numpy()[:, None] - c.numpy()[None]) ** 2).sum(2)


def test_the_student_kernel_is_the_plain_formula(points):
    z, c = points
    plain = 1 / (1 + _numpy_distances(z, c) / 2.5)
    plain /= plain.sum(1, keepdims=True)
    np.testing.assert_allclose(student_t(z, c, 2.5), plain, rtol=1e-9)
    # A common stretch of the space, undone by the scale, changes nothing.
    np.testing.assert_allclose(student_t(3 * z, 3 * c, 9 * 2.5), plain, rtol=1e-9)


def test_the_target_is_squared_over_size(points):
    q = student_t(*points)
    p = target_distribution(q)
    plain = q.numpy() ** 2 / q.numpy().sum(0)
    np.testing.assert_allclose(p, plain / plain.sum(1, keepdims=True), rtol=1e-7)
    np.testing.assert_allclose(p.sum(1), 1)
    # Equal sizes: the target is sharper than what it comes from, in every row.
    even = torch.cat([q.roll(k, 1) for k in range(5)])
    assert (target_distribution(even).max(1).values > even.max(1).values).all()


@pytest.mark.parametrize("strength", [1.0, 10.0])
def test_the_balanced_aim_is_the_minimum_it_claims_to_be(points, strength):
    p = softmax_assignment(*points, 1.0)

    def cost(q):
        share = q.mean(0)
        return kl(q, p) + strength * (share * (5 * share).log()).sum()

    least = balanced_distribution(p, strength)
    logits = least.log().requires_grad_()
    (slope,) = torch.autograd.grad(cost(logits.softmax(1)), logits)
    assert slope.abs().max() < 1e-6
    order = torch.Generator().manual_seed(0)
    for size in (0.01, 0.3):
        other = (least.log() + size * torch.randn(p.shape, generator=order, dtype=p.dtype)).softmax(1)
        assert cost(other) > cost(least)
    # What the paper divides by comes close at strength 1.
    paper = p / p.sum(0).sqrt()
    paper = paper / paper.sum(1, keepdim=True)
    assert cost(least) < cost(paper)
    if strength == 1:
        assert cost(paper) - cost(least) < 0.1 * (cost(p) - cost(least))


def test_balance_moves_sizes_towards_equal(points):
    z, c = points
    p = softmax_assignment(z, c, 2.0)
    entropy = lambda q: float(-(q.mean(0) * q.mean(0).log()).sum())
    sizes = [entropy(p), *(entropy(balanced_distribution(p, s)) for s in (1, 10, 100))]
    assert sizes == sorted(sizes)
    assert sizes[1] > sizes[0] + 0.01
    assert sizes[-1] == pytest.approx(np.log(5), abs=0.02)
    even = torch.cat([p.roll(k, 1) for k in range(5)])
    np.testing.assert_allclose(balanced_distribution(even, 10), even, atol=1e-6)
    # A cluster that is as good as lost gets points back.
    lost = torch.cat([p, torch.full((len(p), 1), 1e-7, dtype=p.dtype)], 1)
    assert balanced_distribution(lost, 10)[:, 5].mean() > 0.02


@pytest.mark.parametrize("sharpness", [1e-6, 1.0, 1e4])
def test_softmax_goes_from_equal_shares_to_the_nearest_centre(points, sharpness):
    z, c = points
    q = softmax_assignment(z, c, sharpness)
    if sharpness < 1e-3:
        np.testing.assert_allclose(q, 0.2, atol=1e-4)
    if sharpness > 1e3:
        hard = nn.functional.one_hot(torch.from_numpy(_numpy_distances(z, c).argmin(1)), 5)
        np.testing.assert_allclose(q, hard, atol=1e-6)
        np.testing.assert_allclose(
            smooth_kmeans(z, c, sharpness), _numpy_distances(z, c).min(1).mean(), rtol=1e-6
        )
    # The same as a linear softmax layer.
    logits = 2 * sharpness * z @ c.T - sharpness * c.square().sum(1)
    np.testing.assert_allclose(q, logits.softmax(1), atol=1e-9)


def test_smooth_kmeans_never_lies_below_kmeans_and_ends_there(points):
    z, c = points
    hard = _numpy_distances(z, c).min(1).mean()
    values = [float(smooth_kmeans(z, c, s)) for s in (0.1, 1, 10, 1000)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(hard, rel=1e-6)
    objective = SmoothKMeans(first=1, last=100)
    sharp = []
    for done in (0, 0.5, 1):
        assert objective.refresh(z, c, done) is None
        sharp.append(objective.sharpness * float(spread(z, c)))
    np.testing.assert_allclose(sharp, [1, 10, 100], rtol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, c: kl(torch.full((6, 3), 1 / 3, dtype=z.dtype), student_t(z, c, 1.5)),
        lambda z, c: cross_entropy(torch.full((6, 3), 1 / 3, dtype=z.dtype), softmax_assignment(z, c, 0.7)),
        lambda z, c: smooth_kmeans(z, c, 0.7),
    ],
)
def test_gradients_are_those_of_finite_differences(loss):
    order = torch.Generator().manual_seed(1)
    z, c = (torch.randn(n, 2, generator=order, dtype=torch.double, requires_grad=True) for n in (6, 3))
    assert torch.autograd.gradcheck(loss, (z, c))


def test_gradient_is_finite_where_a_point_is_its_centre():
    z = torch.ones(2, 2, requires_grad=True)
    squared_distances(z, z.detach()).sum().backward()
    assert torch.isfinite(z.grad).all()


def test_kl_is_zero_only_for_equal(points):
    q = student_t(*points)
    assert float(kl(q, q)) == pytest.approx(0, abs=1e-9)
    assert float(kl(target_distribution(q), q)) > 1e-3


# --- the alarm ---


def test_even_clusters_raise_no_alarm():
    facts = collapse(np.full(16, 50))
    assert (facts.largest, facts.empty) == (1 / 16, 0)
    assert facts.effective == pytest.approx(16)
    assert not facts.alarm


@pytest.mark.parametrize(
    ("counts", "too_large", "too_few", "empty"),
    [
        ([1000] + [1] * 15, True, True, 0),
        ([100] * 3 + [0] * 13, True, True, 13),
        ([100] * 15 + [0], False, False, 1),
        ([100] * 7 + [1] * 9, False, True, 0),
        ([130] + [20] * 15, True, False, 0),
    ],
)
def test_each_way_to_collapse_is_said(counts, too_large, too_few, empty):
    facts = collapse(np.array(counts))
    assert (facts.too_large, facts.too_few, facts.empty) == (too_large, too_few, empty)
    assert facts.alarm
    assert facts == of_labels(np.repeat(np.arange(len(counts)), counts), len(counts))


def test_two_clusters_of_unequal_size_are_no_collapse():
    assert not collapse(np.array([70, 30])).alarm


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 3], [[1, 2]]])
def test_counts_that_say_nothing_are_refused(counts):
    with pytest.raises(ValueError, match="counts"):
        collapse(np.array(counts))


def test_labels_outside_are_refused():
    with pytest.raises(ValueError, match="labels"):
        of_labels(np.array([0, 5]), 5)


# --- the fit ---


def _free(n=300, seed=0):
    """Return a task whose 'encoder' is a table of points that may go anywhere: nothing but the objective holds them."""
    order = torch.Generator().manual_seed(seed)
    table = nn.Embedding(n, 2)
    # Sizes as unequal as weather: one large cloud and three small ones near it.
    middle = torch.tensor([[0.0, 0], [2.5, 0], [0, 2.5], [-2.5, -2.5]])
    which = torch.tensor([0] * (n - 60) + [1] * 20 + [2] * 20 + [3] * 20)
    table.weight.data = middle[which] + 0.8 * torch.randn(n, 2, generator=order)
    return Task(table, (torch.arange(n),), table, lambda latent, rows: latent.new_zeros(()))


def _shapeless(seed):
    """Return a task without clusters whose encoder may fold as it likes, seen through noise: it collapses by itself."""
    points = torch.randn(300, 4, generator=torch.Generator().manual_seed(seed))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    noisy = lambda rows: (rows + 0.5 * torch.randn_like(rows),)
    return Task(net, (points,), net, lambda latent, rows: latent.new_zeros(()), vary=noisy)


def test_the_clustering_loss_alone_collapses_and_balance_prevents_it():
    """Measured over seeds 0, 1, 2: of 8 clusters, KL alone ends with 3.9, 4.4 and 3.8; balance with 8.0, 7.9, 7.6."""
    pace = Pace(30, 100, rate=0.01, settled=0)
    alone = refine(_shapeless(0), ClusterByTarget(1.0, keep=0.0), 8, pace, 0).course.collapses
    assert alone[0].effective > 6
    assert alone[-1].alarm
    assert alone[-1].empty > 0
    held = BalancedNoisy(1.0, sharpness=1.0, focus=3.0, balance=30.0, keep=0.0)
    ends = refine(_shapeless(0), held, 8, pace, 0).course.collapses[-1]
    assert not ends.alarm
    assert ends.effective > alone[-1].effective + 2


def test_a_fit_is_the_same_for_the_same_seed_and_tells_its_course():
    found = [refine(_free(), ClusterByTarget(1.0), 4, Pace(3, 64, settled=0), seed) for seed in (0, 0, 1)]
    assert torch.equal(found[0].centres, found[1].centres)
    assert torch.equal(found[0].labels, found[1].labels)
    assert not torch.equal(found[0].centres, found[2].centres)
    course = found[0].course
    assert len(course.losses) == len(course.changed) == len(course.collapses) == 3
    assert torch.bincount(found[0].labels, minlength=4).max() / 300 == pytest.approx(
        course.collapses[-1].largest
    )


def test_a_fit_stops_when_labels_have_settled():
    course = refine(_free(), ClusterByTarget(0.0), 4, Pace(30, 300, rate=1e-12, settled=1e-3)).course
    assert len(course.losses) == 1


def test_fewer_points_than_clusters_are_refused():
    with pytest.raises(InputError) as refused:
        kmeans(torch.zeros(3, 2), 4, 0)
    assert refused.value.code == "rain_few_examples"


def test_a_loss_that_is_no_number_is_refused():
    task = _free()
    broken = Task(task.module, task.data, task.encode, lambda latent, rows: latent.sum() * float("nan"))
    with pytest.raises(InputError) as refused:
        refine(broken, ClusterByTarget(), 4, Pace(2))
    assert refused.value.code == "not_finite"


# --- rain ---


@pytest.fixture(scope="module")
def days():
    return made_up(8, 12)


@pytest.fixture(scope="module")
def apart():
    return made_up(3, 12, first=100)


@pytest.fixture(scope="module")
def fitted(days, apart):
    """One of each kind, fitted for a moment; one of them in both forms."""
    options = {"calibration": apart, "epochs": 30, "pace": Pace(4, 32, 3e-4, 0)}
    names = ("idec_aware", "dcec", "dcec_aware", "dkm_aware", "depict_aware")
    return {name: METHODS[name].fit(days, 1, **options) for name in names}


NAMES = ["idec_aware", "dcec", "dcec_aware", "dkm_aware", "depict_aware"]


@pytest.mark.parametrize("name", NAMES)
def test_every_deep_clustering_answers_as_a_model(fitted, apart, name):
    model = fitted[name]
    told = model.predict(apart)
    assert isinstance(model, Model)
    assert list(told.scores) == list(TARGETS)
    assert np.isfinite(told.scores).all(axis=None)
    latent = torch.from_numpy(told.latent)
    np.testing.assert_array_equal(told.cluster, nearest(latent, model.centres))
    np.testing.assert_allclose(
        told.distance**2, squared_distances(latent, model.centres).min(1).values, atol=1e-3
    )
    drawn = model.prototypes()
    assert drawn.shape == (16, SIDE, SIDE)
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0
    assert (model.head is not None) is METHODS[name].aware


@pytest.mark.parametrize("name", NAMES)
def test_its_course_ends_with_the_clusters_that_it_has(fitted, days, name):
    model = fitted[name]
    assert len(model.course.collapses) == 4
    assert collapse(model.cluster_count.numpy()) == model.course.collapses[-1]


def test_clusters_that_learn_scores_tell_them(fitted, apart):
    """Here all that decides a score is the age, which says nothing of where it rains."""

    def explained(name):
        truth, told = apart.scores["csi"], fitted[name].predict(apart).cluster_scores["csi"]
        return float(1 - ((truth - told) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())

    for name in ("idec_aware", "dcec_aware", "dkm_aware", "depict_aware"):
        assert explained(name) > 0.6, name
    assert explained("dcec") < explained("dcec_aware") - 0.05


@pytest.mark.parametrize("name", ["idec", "dcec_aware"])
def test_every_parameter_learns(days, name):
    torch.manual_seed(0)
    model = deep.build(name)
    model.learn_scales(days)
    batch = next(nets.batches(nets.prepared(model, days), 96, torch.Generator().manual_seed(0)))
    model.loss(batch).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []
    assert sum(v.numel() for v in model.state_dict().values()) * 4 < 1.5e6


def test_statistics_are_settled_to_those_of_the_maps(days):
    torch.manual_seed(0)
    model = deep.build("dcec")
    model.learn_scales(days)
    for norm in (m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)):
        norm.running_mean.fill_(50.0)  # what averaged weights might carry
        norm.running_var.fill_(0.01)
    deep_fit.settle(model, days)
    latent = model.encoded(days)
    # Near 0 and 1, not at them: some of the maps that statistics come from had lost what IMERG says of itself.
    assert latent.mean(0).abs().max() < 1
    assert 0.25 < latent.std(0).min() <= latent.std(0).max() < 2
    assert not model.training
    assert model.place.scale.momentum == nn.BatchNorm2d(1).momentum


def test_a_deep_clustering_is_the_same_for_the_same_seed(days, apart):
    options = {"calibration": apart, "epochs": 1, "pace": Pace(2, 32)}
    first, second, other = (METHODS["depict_aware"].fit(days, seed, **options) for seed in (3, 3, 4))
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name
    assert not torch.equal(first.centres, other.centres)


def test_too_few_maps_teach_nothing(days):
    with pytest.raises(InputError) as refused:
        deep.dkm(days.some(slice(0, 20)))
    assert refused.value.code == "rain_few_examples"
