"""Every estimator keeps the same promises: one suite over the registry, rows to come included."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from eogen.change.methods import METHODS, score
from eogen.change.stack import stack
from eogen.errors import InputError
from pages.kit.words import LANGUAGES, load
from tests.change_toys import SIDE, absent, bands, images, pair_of, truth

every = pytest.mark.parametrize("name", METHODS)
#: A network has learned which way is up; a formula has not.
formulas = pytest.mark.parametrize(
    "name",
    [n for n, r in METHODS.items() if r.kind in ("classical", "index", "gaussian", "fusion") and not r.model],
)
#: Plain likelihoods also tell how rare the scene itself is (measured: they find little on real pairs): what must stand
#: out is what the change adds to the same scene without it.
PLAIN = ("elbo_conditional", "flow_nll")
signed = pytest.mark.parametrize("name", [n for n, r in METHODS.items() if r.signed])


@pytest.fixture(autouse=True)
def _skip_what_is_not_here(request):
    name = request.node.callspec.params.get("name") if hasattr(request.node, "callspec") else None
    if name in METHODS and (why := absent(name)):
        pytest.skip(f"{name}: no {why} here")


@cache
def answer(name: str) -> xr.Dataset:
    return score(pair_of(name), name, seed=3)


def wedge() -> np.ndarray:
    """Where a swath ended on the second date: a corner is missing."""
    rows, columns = np.indices((SIDE, SIDE))
    return rows + columns >= 24


def close(one: np.ndarray, two: np.ndarray, digits: float = 1e-5) -> None:
    """Equal up to ``digits`` of the range of the map."""
    np.testing.assert_allclose(one, two, rtol=0, atol=digits * (1 + np.nanmax(two) - np.nanmin(two)))


@every
def test_the_map_is_on_the_images_grid_and_says_where_it_comes_from(name):
    made, given, row = answer(name), pair_of(name), METHODS[name]
    assert made.nll.dims == ("y", "x")
    assert made.nll.dtype == np.float32
    assert np.isfinite(made.nll).all()
    assert made.nll.std() > 0
    for axis in ("y", "x"):
        np.testing.assert_array_equal(made[axis], given[axis])
    if "parts" in made:
        assert made.parts.dims == ("part", "y", "x")
        assert made.parts.dtype == np.float32
        assert not np.isinf(made.parts).any()
    assert (made.attrs["estimator"], made.attrs["paper"], made.attrs["seed"]) == (name, row.paper, 3)
    assert (made.attrs["normalise"], made.attrs["smooth"]) == (row.normalise, row.smooth)
    assert made.attrs["kind"] == "simulated"
    assert made.attrs["identical"] == 0


@every
def test_the_same_seed_gives_the_same_bits_and_the_images_stay_as_they_were(name):
    given = pair_of(name)
    kept = given.copy(deep=True)
    np.testing.assert_array_equal(score(given, name, seed=3).nll, answer(name).nll)
    xr.testing.assert_identical(given, kept)


@every
def test_swapping_the_dates_gives_the_same_map_or_its_opposite(name):
    swapped = score(pair_of(name, images(bands(name))[::-1]), name, seed=3).nll.values
    close(swapped, (-1 if METHODS[name].signed else 1) * answer(name).nll.values)


@every
def test_identical_images_never_alarm(name):
    if METHODS[name].conditional == "unconditional":
        pytest.skip("a control asks whether a value is rare, changed or not")
    made = score(pair_of(name, images(bands(name))[[0, 0]]), name)
    assert made.nll.max() - made.nll.min() <= 1e-5 * (1 + abs(float(made.nll.mean())))
    # and, where the score is a fixed quantity and no rank within the scene, least of all
    if METHODS[name].signed:
        assert np.abs(made.nll).max() == 0


@every
def test_the_order_of_the_bands_does_not_matter(name):
    names, values = bands(name), images(bands(name))
    order = [*range(1, len(names)), 0]
    turned = stack(values[:, order], [names[k] for k in order], kind="simulated")
    close(score(turned, name, seed=3).nll.values, answer(name).nll.values, 1e-4)


@every
def test_a_planted_change_stands_out(name):
    if METHODS[name].conditional == "unconditional":
        pytest.skip("a control asks whether a value is rare, changed or not")
    if name == "typicality":
        pytest.skip("two-sided, by window: held to an exact flow in test_change_network_scores.py")
    surprise = answer(name).nll.values
    if name in PLAIN:
        surprise = surprise - score(pair_of(name, images(bands(name), change=0)), name, seed=3).nll.values
    assert roc_auc_score(truth().ravel(), surprise.ravel()) > 0.8


@every
def test_what_is_missing_on_one_date_is_nan_and_what_the_other_saw_there_says_nothing(name):
    values, seen = images(bands(name)), np.stack([np.ones((SIDE, SIDE), bool), wedge()])
    made = score(pair_of(name, values, seen), name, seed=3)
    np.testing.assert_array_equal(np.isfinite(made.nll), wedge())
    if "parts" in made:
        assert np.isnan(made.parts.values[:, ~wedge()]).all()
    strange = np.where(wedge(), values, 9e3)
    np.testing.assert_array_equal(score(pair_of(name, strange, seen), name, seed=3).nll, made.nll)


@every
def test_a_missing_corner_leaves_the_rest_much_as_it_was(name):
    made = score(pair_of(name, valid=wedge()), name, seed=3).nll.values
    far = np.add(*np.indices((SIDE, SIDE))) >= 40
    assert spearmanr(made[far], answer(name).nll.values[far]).statistic > 0.95


@formulas
def test_a_scene_seen_in_a_mirror_gives_the_map_seen_in_a_mirror(name):
    for turn in (lambda a: a[..., ::-1], lambda a: a[..., ::-1, :], lambda a: a.swapaxes(-1, -2)):
        close(score(pair_of(name, turn(images(bands(name)))), name).nll.values, turn(answer(name).nll.values))


@signed
def test_an_index_knows_nothing_beyond_the_pixel(name):
    values, window = images(bands(name)), np.s_[..., 7:40, 11:51]
    part = score(pair_of(name, values[window]), name, smooth=0).nll.values
    np.testing.assert_array_equal(part, score(pair_of(name, values), name, smooth=0).nll.values[window])


def hard_cases() -> dict[str, np.ndarray]:
    """What real folders hold: tiny, flat, saturated, all alike but one pixel, without any texture on one date."""
    rng = np.random.default_rng(5)
    one = np.full((2, 3, 16, 16), 40.0)
    one[1, :, 3, 4] = 90
    saturated = rng.integers(0, 256, (2, 3, 16, 16)).astype(float)
    saturated[..., :12] = 255
    return {
        "tiny": rng.normal(100, 20, (2, 3, 8, 8)),
        "flat": np.full((2, 3, 16, 16), [[[[7.0]]], [[[9.0]]]]),
        "black": np.zeros((2, 3, 16, 16)),
        "one_pixel": one,
        "saturated": saturated,
        "flat_band": rng.normal(100, 20, (2, 3, 16, 16)) * np.array([1, 0, 1]).reshape(3, 1, 1),
        "flat_before": np.stack([np.full((3, 16, 16), 50.0), rng.normal(100, 20, (3, 16, 16))]),
        "same_bands": np.repeat(rng.normal(100, 20, (2, 1, 16, 16)), 3, 1),
        "one_line": rng.normal(100, 20, (2, 3, 1, 40)),
        "reflectance": rng.uniform(0, 1e-3, (2, 3, 16, 16)),
        "large": rng.normal(1e6, 10, (2, 3, 16, 16)),
    }


@every
@pytest.mark.parametrize("case", hard_cases())
def test_hard_images_give_finite_maps(name, case):
    values = hard_cases()[case][:, [k % 3 for k in range(len(bands(name)))]]
    made = score(pair_of(name, values), name)
    assert np.isfinite(made.nll).all()
    assert not ("parts" in made and np.isinf(made.parts).any())


@every
@pytest.mark.parametrize("left", [1, 2, 5])
def test_a_few_valid_pixels_give_a_finite_map(name, left):
    seen = np.zeros((SIDE, SIDE), bool)
    seen[5, 5 : 5 + left] = True
    made = score(pair_of(name, valid=seen), name)
    np.testing.assert_array_equal(np.isfinite(made.nll), seen)


@pytest.mark.parametrize("name", [n for n, r in METHODS.items() if not r.needs and r.kind != "network"])
def test_one_band_is_enough(name):
    given = stack(images(("red",)), ("red",))
    assert np.isfinite(score(given, name).nll).all()


@pytest.mark.parametrize("name", [n for n, r in METHODS.items() if r.needs])
def test_bands_that_are_not_there_are_named(name):
    given = stack(np.random.default_rng(0).random((2, 1, 8, 8)), ("thermal",))
    with pytest.raises(InputError) as caught:
        score(given, name)
    assert caught.value.code == "change_bands"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("row", METHODS.values(), ids=METHODS)
def test_every_estimator_has_its_title_and_its_sentence(row, lang):
    words = load(lang)
    assert 3 <= len(words.text(row.title)) <= 48
    assert words.text(f"change.about.{row.name}")[-1] in ".?"


def test_twins_are_rows_and_ask_opposite_questions():
    for row in METHODS.values():
        if row.twin:
            assert {row.conditional, METHODS[row.twin].conditional} == {"conditional", "unconditional"}, (
                row.name
            )
