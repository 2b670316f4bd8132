"""What is usual of a class, explanations held against random orders, and many of them examined at once."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import Cancelled
from eogen.landcover.sanity import Measured
from eogen.landcover.series.against_chance import against_chance, of_many
from eogen.landcover.series.coalitions import probability
from eogen.landcover.series.examine import Asked, examine, sample
from eogen.landcover.series.randomisation import untrained
from eogen.landcover.series.usual import usual
from eogen.landcover.series.when import shapelet_place, shapelet_words
from tests.series_models import Linear, Network, series

# --- what is usual ---


def test_usual_is_the_quantiles_of_what_was_seen():
    values = np.random.default_rng(0).normal(size=(200, 3))
    values[:150, 1] = np.nan
    made = usual(values)
    assert np.allclose(made[:, 0], np.quantile(values[:, 0], [0.1, 0.5, 0.9]))
    assert np.allclose(made[:, 1], np.quantile(values[150:, 1], [0.1, 0.5, 0.9]))
    assert (np.diff(made, axis=0) > 0).all()


def test_what_few_parcels_show_is_not_usual():
    values = np.ones((6, 2))
    values[:3, 1] = np.nan
    assert np.isfinite(usual(values)[:, 0]).all()
    assert np.isnan(usual(values)[:, 1]).all()
    assert np.isnan(usual(np.empty((0, 4)))).all()


# --- one series against random orders ---


def truth(model, x, background):
    """Return what each month truly adds to a linear answer."""
    return (model.weight * (x - background.mean(0))).sum(-1)


def test_the_exact_order_beats_chance_its_opposite_is_worse_and_a_constant_is_chance():
    model, x, background = Linear(), series(1)[0], series(4, seed=3)
    exact = truth(model, x, background)
    found = against_chance(
        model,
        x,
        1,
        {"exact": exact, "opposite": -exact, "nothing": np.zeros(6)},
        background=background,
        draws=300,
    )
    assert found.verdict("exact") == "better"
    assert found.verdict("opposite") == "worse"
    assert found.beaten("exact") >= 0.99
    assert found.beaten("opposite") <= 0.01
    # Months of equal importance go in random order, averaged: nothing is gained.
    assert found.verdict("nothing") == "chance"
    assert abs(found.gain[2]) < 0.3 * found.gain[0]
    assert found.gain[0] == pytest.approx(-found.gain[1], abs=1e-9)
    assert abs(found.by_chance.mean()) < 3 * found.by_chance.std() / np.sqrt(300)


def test_curves_begin_at_the_answer_and_end_at_the_background():
    model, x, background = Linear(), series(1)[0], series(4, seed=3)
    found = against_chance(
        model, x, 1, {"exact": truth(model, x, background)}, background=background, draws=5
    )
    whole = probability(model, x[None], np.array([1]))[0]
    gone = probability(model, background, np.ones(4, int)).mean()
    for curve in (found.most[0], found.least[0], *found.random):
        assert curve[0] == pytest.approx(whole)
        assert curve[-1] == pytest.approx(gone)
    assert found.random.shape == (5, len(found.removed))


def test_a_random_explanation_is_the_control_itself():
    model, x, background = Linear(), series(1)[0], series(4, seed=3)
    given = {"random": np.arange(6.0), "exact": truth(model, x, background)}
    found = against_chance(model, x, 1, given, background=background, draws=8)
    assert found.names == ("exact",)
    assert len(found.by_chance) == 8


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([0.4, 0.5, 0.45], "better"),
        ([-0.4, -0.5, -0.45], "worse"),
        ([0.2, -0.2, 0.1], "chance"),
        ([0.4], "unsure"),
        ([], "unsure"),
    ],
)
def test_a_mean_gain_is_judged_by_its_standard_error(values, code):
    assert of_many(Measured.of(values)) == code


# --- many series ---


def test_examination_of_two_folds_is_that_of_each():
    x, background = series(6, 12), series(3, 12, seed=9)
    models = [Network(seed=k) for k in (1, 2)]
    target = np.arange(6) % 3
    rows = [np.array([0, 2, 4]), np.array([1, 3, 5])]
    names = ("month_shapley", "integrated_gradients")
    asked = [Asked(m, untrained(m), r) for m, r in zip(models, rows, strict=True)]
    both = examine(asked, x, target, names, background=background)
    for model, own in zip(models, rows, strict=True):
        alone = examine(
            [Asked(model, untrained(model), np.arange(3))], x[own], target[own], names, background=background
        )
        for name in names:
            assert np.allclose(both.importance[name][own], alone.importance[name])
            assert np.allclose(both.gain[name][own], alone.gain[name])
    assert both.importance["integrated_gradients"].shape == (6, 12, 4)
    assert set(both.gain) == {*names, "random"}
    assert both.remains["month_shapley"].n == 6
    assert 0.2 < both.chance < 0.3
    assert all(spent > 0 for spent in both.seconds.values())


def test_no_twin_no_randomisation_and_the_control_is_never_explained_twice():
    model = Linear(months=12)
    found = examine(
        [Asked(model, None, np.arange(4))], series(4, 12), np.ones(4, int), ("random", "occlusion"),
        background=series(2, 12, seed=3),
    )  # fmt: skip
    assert set(found.importance) == {"occlusion"}
    assert found.remains["occlusion"].n == 0
    assert np.isfinite(found.mean("random").value)


def test_examination_can_be_stopped():
    def stop(done, total, what=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        examine(
            [Asked(Linear(), None, np.arange(2))], series(2), np.zeros(2, int), ("occlusion",),
            background=series(1), progress=stop,
        )  # fmt: skip


def test_a_sample_takes_classes_in_turn_and_no_two_neighbours():
    generator = np.random.default_rng(0)
    label, group = generator.integers(-1, 4, 300), generator.integers(0, 80, 300)
    seen = generator.integers(0, 13, 300)
    rows = sample(label, group, seen, 40)
    assert len(rows) == 40 == len(set(group[rows]))
    assert (seen[rows] >= 4).all()
    assert np.bincount(label[rows] + 1).min() >= 7
    assert (rows == sample(label, group, seen, 40)).all()


def test_a_sample_of_few_groups_is_small():
    assert len(sample(np.zeros(30, int), np.arange(30) % 3, np.full(30, 12), 24)) == 3
    assert not len(sample(np.zeros(5, int), np.arange(5), np.zeros(5, int), 24))


# --- shapelets ---


def test_the_word_of_shapelets_spread_over_their_months_is_their_place():
    model, x, background = Linear(), series(4), series(3, seed=2)
    target = np.array([1, 0, 1, 0])
    word = shapelet_words(model, x, target, background)
    place = shapelet_place(model, x, target, background=background)
    assert np.allclose(place.sum(1), word.sum(1))
    assert np.allclose(word[:, 1], 0)
    own = x[..., 0].max(1) - background[..., 0].max(1).mean()
    assert np.allclose(word[:, 0], np.where(target == 1, own, -own), atol=1e-6)
