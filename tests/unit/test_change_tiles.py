"""Tiles without seams, noise that belongs to a place, and three bands out of one to thirteen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from eogen.change.bands import LIMIT, three_bands
from eogen.change.noise import BLOCK, Noise, Window
from eogen.change.normalise import normalised
from eogen.change.problem import Problem
from eogen.change.protocol import at, path, told
from eogen.change.tiles import MARGIN, finite, tiled, whole
from eogen.errors import Cancelled, InputError
from eogen.progress import Progress, silent
from tests.change_flows import Net

# --- noise ---


@settings(max_examples=40, deadline=None)
@given(
    top=st.integers(0, 150), left=st.integers(0, 150), height=st.integers(1, 90), width=st.integers(1, 90),
    side=st.sampled_from([1, 4, 16, 24]),
)  # fmt: skip
def test_a_window_meets_the_noise_of_its_place(top, left, height, width, side) -> None:
    field, window = Noise(3), Window(slice(top, top + height), slice(left, left + width))
    plane = whole((240, 240))
    for draw in (
        lambda w: field.normal(1, 2, w),
        lambda w: field.signs(1, 2, w),
        lambda w: field.labels(1, 2, side, w),
    ):
        assert torch.equal(draw(window), window.of(draw(plane)))


def test_noise_is_normal_signs_are_even_and_draws_are_independent() -> None:
    plane = whole((3 * BLOCK, 3 * BLOCK))
    one, two = (Noise(0).normal(k, 2, plane) for k in (0, 1))
    assert float(one.mean()) == pytest.approx(0, abs=0.01)
    assert float(one.std()) == pytest.approx(1, abs=0.01)
    every = torch.stack([one.flatten(), two.flatten(), Noise(1).normal(0, 2, plane).flatten()])
    blocks = one.unfold(1, BLOCK, BLOCK).unfold(2, BLOCK, BLOCK)[0].reshape(9, -1)
    for rows in (every, blocks):  # neither draws, seeds nor blocks repeat each other
        away = torch.corrcoef(rows) - torch.eye(len(rows))
        assert float(away.abs().max()) < 0.06
    signs = Noise(0).signs(0, 2, plane)
    assert set(signs.unique().tolist()) == {-1.0, 1.0}
    assert float(signs.mean()) == pytest.approx(0, abs=0.02)


def test_labels_are_squares_dealt_evenly() -> None:
    labels = Noise(0).labels(0, 2, 8, whole((256, 256)))
    squares = labels.unfold(0, 8, 8).unfold(1, 8, 8).flatten(2)
    assert (squares == squares[..., :1]).all()
    assert float(labels.float().mean()) == pytest.approx(0.5, abs=0.06)


# --- tiles ---


def context(window: Window, image: Tensor) -> Tensor:
    """A map that hears 2 x 8 pixels around, through a grid of steps of 4 (as a network that halves the side does)."""
    x = window.of(image)[None, None]
    coarse = functional.avg_pool2d(functional.pad(x, (0, -x.shape[3] % 4, 0, -x.shape[2] % 4)), 4)
    heard = functional.conv2d(coarse, torch.full((1, 1, 5, 5), 0.2), padding=2).tanh()
    return functional.interpolate(heard, scale_factor=4.0)[0, :, : x.shape[2], : x.shape[3]] + x[0].sin()


@pytest.mark.parametrize("shape", [(300, 129), (100, 128), (257, 400), (128, 128)])
def test_tiles_leave_no_seam(shape: tuple[int, int]) -> None:
    image = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 3
    work = lambda window, inner: context(window, image)
    once = work(whole(shape), silent)
    found = tiled(work, shape, size=128, margin=16, ramp=16)
    assert found.shape == once.shape
    assert found.dtype == np.float32
    assert np.abs(found - once.numpy()).max() < 1e-4


def test_a_network_leaves_no_seam_when_the_margin_is_its_reach() -> None:
    torch.manual_seed(0)
    network = Net((8, 16, 16)).eval()
    assert network.net.reach <= MARGIN
    images = torch.randn(1, 3, 30, 421)
    x = path(images, Noise(0).normal(0, 3, whole((30, 421))), 0.5)

    def work(window: Window, inner: Progress) -> Tensor:
        with torch.no_grad():
            return at(network, window.of(x), 0.5, told(window.of(images)))[0]

    found = tiled(work, (30, 421), size=160)
    once = work(whole((30, 421)), silent)
    assert float(once.std()) > 0.05
    assert np.abs(found - once.numpy()).max() < 1e-4


def test_a_map_that_hears_everything_is_blended_instead_of_cut() -> None:
    # each tile answers its own mean: no margin can help; the ramp must spread the steps
    image = torch.arange(400.0).expand(64, 400)
    work = lambda window, inner: window.of(image).mean().expand(1, *window.of(image).shape)
    found = tiled(work, (64, 400), size=128, margin=16, ramp=32)[0]
    step = np.abs(np.diff(found[0]))
    means = [float(m) for m in np.unique(np.round(found[0], 3))]
    assert step.max() < (means[-1] - means[0]) / 20
    cut = tiled(work, (64, 400), size=128, margin=16, ramp=1)[0]
    assert np.abs(np.diff(cut[0])).max() > 5 * step.max()


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 500), columns=st.integers(1, 500), size=st.sampled_from([96, 128, 200]))
def test_tiles_cover_the_image_on_the_grid_and_are_not_too_large(rows, columns, size) -> None:
    seen: list[Window] = []

    def work(window: Window, inner: Progress) -> Tensor:
        seen.append(window)
        return torch.ones(window.rows.stop - window.rows.start, window.columns.stop - window.columns.start)

    np.testing.assert_allclose(tiled(work, (rows, columns), size=size, margin=16, ramp=16), 1, rtol=1e-6)
    for window in seen:
        for side, length in ((window.rows, rows), (window.columns, columns)):
            assert side.start % 16 == 0
            assert side.stop <= length
            assert side.stop - side.start < size + 16
    assert len(seen) == 1 or rows > size or columns > size


def test_progress_counts_the_steps_of_all_tiles_and_may_cancel() -> None:
    told: list[tuple[int, int]] = []

    def work(window: Window, inner: Progress) -> Tensor:
        for k in range(3):
            inner(k, 3, "likelihood")
        return torch.zeros(window.rows.stop - window.rows.start, window.columns.stop - window.columns.start)

    tiled(work, (300, 300), lambda done, total, what="": told.append((done, total)), size=128, margin=16)
    assert [done for done, _ in told] == list(range(told[0][1]))

    def stop(done: int, total: int, what: str = "") -> None:
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        tiled(work, (300, 300), stop, size=128, margin=16)


def test_tiles_without_room_are_refused_and_so_are_answers_that_are_not_finite() -> None:
    with pytest.raises(ValueError, match="no room"):
        tiled(lambda w, p: torch.zeros(1), (300, 300), size=64, margin=24, ramp=16)
    valid = np.array([[True, True], [True, False]])
    maps = np.array([[[1.0, np.inf], [2.0, np.nan]], [[np.nan, 1.0], [2.0, 3.0]]])
    with pytest.raises(InputError) as caught:
        finite(maps, valid)
    assert (caught.value.code, caught.value.facts) == ("change_diverged", {"count": 2})
    assert finite(np.array([[1.0, 2.0], [3.0, np.nan]]), valid) is not None


# --- bands ---


def pair(names: tuple[str, ...], sensor: str = "unknown", how: str = "zscore", seed: int = 0) -> Problem:
    g = np.random.default_rng(seed)
    mix = g.normal(size=(len(names), 4))
    both = np.einsum("bk,dkyx->dbyx", mix, g.normal(size=(2, 4, 24, 20)))
    both = (both + 0.1 * g.normal(size=both.shape) + 5 * g.random((2, len(names), 1, 1))).astype(np.float32)
    valid = g.random((24, 20)) > 0.1
    before, after = normalised(*both, valid, how)
    return Problem(before, after, valid, names, sensor, both)


S2 = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


@pytest.mark.parametrize("how", ["none", "median", "zscore", "match"])
@pytest.mark.parametrize(
    "names", [("vv",), ("vv", "vh"), ("swir", "nir", "red"), ("b", "c", "d", "e"), S2], ids=len
)
def test_three_bands_come_of_any_and_swap_with_the_dates(names: tuple[str, ...], how: str) -> None:
    asked = pair(names, how=how)
    made = three_bands(asked)
    assert made.before.shape == made.after.shape == (3, 24, 20)
    assert made.before.dtype == np.float32
    assert len(made.bands) == 3
    assert (made.before[:, ~made.valid] == 0).all()
    assert max(np.abs(made.before).max(), np.abs(made.after).max()) <= LIMIT
    back = three_bands(asked.swapped)
    np.testing.assert_array_equal(back.before, made.after)
    np.testing.assert_array_equal(back.after, made.before)
    spread = [1.4826 * np.median(np.abs(d - np.median(d))) for d in made.after[:, made.valid]]
    assert np.allclose(spread, 1, atol=0.6)


def test_colours_are_picked_by_name_and_those_already_scaled_are_left_alone() -> None:
    asked = pair(S2, "sentinel2")
    made = three_bands(asked)
    assert made.bands == ("red", "green", "blue")
    np.testing.assert_allclose(made.after, np.clip(asked.after[[3, 2, 1]], -LIMIT, LIMIT), atol=1e-5)
    order = np.random.default_rng(0).permutation(13)
    mixed = Problem(
        asked.before[order], asked.after[order], asked.valid, tuple(S2[k] for k in order), "sentinel2"
    )
    np.testing.assert_array_equal(three_bands(mixed).after, made.after)


def test_components_do_not_depend_on_the_order_of_the_bands() -> None:
    asked = pair(("a", "b", "c", "d", "e"))
    order = [3, 1, 4, 0, 2]
    mixed = Problem(
        asked.before[order], asked.after[order], asked.valid, tuple(asked.bands[k] for k in order)
    )
    np.testing.assert_allclose(three_bands(mixed).after, three_bands(asked).after, atol=1e-4)
    covariance = np.cov(
        np.concatenate([d[:, asked.valid] for d in (three_bands(asked).before, three_bands(asked).after)], 1)
    )
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.2


def test_what_a_normalisation_keeps_between_the_dates_is_kept() -> None:
    asked = pair(("red", "green", "blue"), how="none")
    made = three_bands(asked)
    shift = np.median(asked.after[0][asked.valid]) - np.median(asked.before[0][asked.valid])
    assert np.sign(np.median(made.after[0][made.valid]) - np.median(made.before[0][made.valid])) == np.sign(
        shift
    )
    flat = Problem(*np.zeros((2, 1, 6, 6), np.float32), np.ones((6, 6), bool), ("vv",))
    assert not three_bands(flat).after.any()
