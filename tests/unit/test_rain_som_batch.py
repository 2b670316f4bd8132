"""The batch rule of a map of cells and what judges it, against definitions written here; digits as a public check."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eogen.errors import InputError
from eogen.rain import digits_som, som_batch, som_scores

GRID = (3, 4)


@pytest.fixture(scope="module")
def blob():
    """Points of three dimensions that vary most along the second, then along the first."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((300, 3)) @ np.diag([1.0, 2.0, 0.2]) + [5.0, -3.0, 1.0]


def sequential(data: np.ndarray, grid: tuple[int, int], steps: int, seed: int) -> np.ndarray:
    """Return the prototypes of Kohonen's first rule, one random point at a time, as his paper of 1982 says it."""
    rng = np.random.default_rng(seed)
    prototypes = {
        (r, c): data[rng.integers(len(data))].copy() for r in range(grid[0]) for c in range(grid[1])
    }
    for step in range(steps):
        left = 1 - step / steps
        point = data[rng.integers(len(data))]
        best = min(prototypes, key=lambda at: float(((prototypes[at] - point) ** 2).sum()))
        for at in prototypes:
            away = (at[0] - best[0]) ** 2 + (at[1] - best[1]) ** 2
            pull = 0.5 * left * np.exp(-away / (2 * (0.5 + 1.5 * left) ** 2))
            prototypes[at] += pull * (point - prototypes[at])
    return np.array([prototypes[r, c] for r in range(grid[0]) for c in range(grid[1])])


def ranked(point: np.ndarray, prototypes: np.ndarray) -> list[int]:
    return sorted(range(len(prototypes)), key=lambda k: float(((prototypes[k] - point) ** 2).sum()))


# --- the batch rule ---


def test_one_pass_is_the_weighted_mean_of_cells_and_their_neighbours(blob):
    start = som_batch.plane(blob, GRID) + 0.1
    found = som_batch.fit(blob, GRID, start=start, passes=1, first=0.8, last=0.8)
    best = [ranked(point, start)[0] for point in blob]
    for k in range(12):
        weights = []
        for b in best:
            away = (k // 4 - b // 4) ** 2 + (k % 4 - b % 4) ** 2
            weights.append(np.exp(-away / (2 * 0.8**2)))
        np.testing.assert_allclose(found[k], np.average(blob, axis=0, weights=weights), rtol=1e-10)


def test_start_is_a_plane_along_the_widest_directions_whatever_the_sign_of_the_data(blob):
    start = som_batch.plane(blob, GRID).reshape(*GRID, 3)
    # The longer side, of four, follows the second dimension upwards; the shorter the first.
    np.testing.assert_allclose(np.diff(start[..., 1], axis=1), 2.0, rtol=0.15)
    np.testing.assert_allclose(np.diff(start[..., 0], axis=0), 1.5, rtol=0.15)
    np.testing.assert_allclose(start.mean((0, 1)), blob.mean(0))
    assert np.linalg.matrix_rank(start.reshape(-1, 3) - start.mean((0, 1)), tol=1e-9) == 2


def test_the_order_of_the_data_changes_nothing(blob):
    shuffled = blob[np.random.default_rng(0).permutation(len(blob))]
    np.testing.assert_allclose(som_batch.fit(blob, GRID), som_batch.fit(shuffled, GRID), atol=1e-9)


def test_a_batch_map_is_as_good_as_the_sequential_rule(blob):
    ours = som_batch.fit(blob, GRID)
    others = [sequential(blob, GRID, 2500, seed) for seed in range(2)]
    error = lambda m: np.mean([np.linalg.norm(p - m[ranked(p, m)[0]]) for p in blob])
    assert error(ours) <= 1.03 * min(error(m) for m in others)
    order = lambda m: som_scores.topographic_error(blob, m, GRID)
    assert order(ours) <= min(order(m) for m in others) + 0.02


def test_one_dimension_and_one_row_are_served():
    line = np.linspace(0, 1, 50)[:, None]
    found = som_batch.fit(line, (1, 5))
    assert (np.diff(found[:, 0]) > 0.1).all()
    assert som_scores.topographic_error(line, found, (1, 5)) == 0


@pytest.mark.parametrize(("n", "grid"), [(5, (2, 3)), (9, (1, 1)), (9, (0, 4))])
def test_a_grid_that_cannot_be_filled_is_refused(n, grid):
    with pytest.raises(InputError) as refused:
        som_batch.fit(np.zeros((n, 2)), grid)
    assert refused.value.code == "rain_som_size"


@pytest.mark.parametrize("grid", [(4, 4), (3, 4)])
def test_every_image_of_a_map_is_turned_to_one(grid):
    at = som_batch.places(grid)
    prototypes = np.c_[at[:, 1] + 0.1 * at[:, 0], -at[:, 0], np.sin(7 * at).sum(1)]
    expected = som_batch.turned(prototypes, grid, prototypes[:, :2])
    assert (np.diff(expected.reshape(*grid, 3)[..., 0], axis=1) > 0).all()
    assert (np.diff(expected.reshape(*grid, 3)[..., 1], axis=0) < 0).all()
    square = prototypes.reshape(*grid, 3)
    images = [square[::-1], square[:, ::-1], square[::-1, ::-1]]
    images += [image.transpose(1, 0, 2) for image in [square, *images]] if grid[0] == grid[1] else []
    for image in images:
        flat = image.reshape(-1, 3)
        np.testing.assert_array_equal(som_batch.turned(flat, grid, flat[:, :2]), expected)


# --- what judges a map ---


def test_errors_equal_their_definitions_point_by_point(blob):
    prototypes = som_batch.plane(blob, GRID) + np.random.default_rng(1).normal(0, 1.0, (12, 3))
    far, far_sides, distance = 0, 0, 0.0
    for point in blob:
        first, second = ranked(point, prototypes)[:2]
        rows, columns = abs(first // 4 - second // 4), abs(first % 4 - second % 4)
        far += max(rows, columns) > 1
        far_sides += rows + columns > 1
        distance += float(np.linalg.norm(point - prototypes[first]))
    assert som_scores.topographic_error(blob, prototypes, GRID) == pytest.approx(far / 300)
    assert som_scores.topographic_error(blob, prototypes, GRID, 1) == pytest.approx(far_sides / 300)
    assert som_scores.quantisation_error(blob, prototypes) == pytest.approx(distance / 300)
    assert far > 0


def test_topographic_product_tells_too_few_dimensions_from_too_many():
    rng = np.random.default_rng(0)
    cube, line = rng.uniform(0, 1, (2000, 3)), rng.uniform(0, 1, (2000, 1))
    product = lambda data, grid: som_scores.topographic_product(som_batch.fit(data, grid), grid)
    square = np.stack(np.meshgrid(np.arange(4.0), np.arange(4.0)), -1).transpose(1, 0, 2).reshape(-1, 2)
    assert som_scores.topographic_product(square[:, ::-1], (4, 4)) == pytest.approx(0, abs=1e-12)
    assert product(cube, (1, 27)) < -0.02
    assert product(np.hstack([line, 0.01 * cube[:, :1]]), (5, 5)) > 0.02


def test_u_matrix_is_the_mean_distance_to_those_beside():
    prototypes = np.array([[0.0], [1.0], [3.0], [10.0], [11.0], [13.0]])
    expected = [
        [(1 + 10) / 2, (1 + 2 + 10) / 3, (2 + 10) / 2],
        [(10 + 1) / 2, (1 + 10 + 2) / 3, (10 + 2) / 2],
    ]
    np.testing.assert_allclose(som_scores.u_matrix(prototypes, (2, 3)), expected)


def test_shares_purity_stability_and_smoothness():
    cell, kind = np.array([0, 0, 0, 2, 2, 2, 2]), np.array(list("aabcccb"))
    np.testing.assert_allclose(som_scores.occupancy(cell, 4), [3 / 7, 0, 4 / 7, 0])
    assert som_scores.purity(cell, kind) == pytest.approx((2 + 3) / 7)
    assert som_scores.stability([cell, 5 - cell, cell + 1]) == pytest.approx(1)
    noise = np.random.default_rng(0)
    assert abs(som_scores.stability([noise.integers(0, 4, 4000) for _ in range(3)])) < 0.01
    ramp = np.add.outer(np.arange(4.0), np.arange(4.0)).reshape(-1)
    board = (np.indices((4, 4)).sum(0) % 2).reshape(-1).astype(float)
    assert som_scores.smoothness(ramp, (4, 4)) > 0.6
    assert som_scores.smoothness(board, (4, 4)) == pytest.approx(-1)
    some = np.where(np.arange(16) == 5, np.nan, ramp)
    assert np.isfinite(som_scores.smoothness(some, (4, 4)))


# --- digits ---


def test_cells_find_digits_better_than_chance_and_join():
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    images = torch.from_numpy((images[:600] / 16).astype(np.float32)).reshape(-1, 1, 8, 8)
    found, prototypes = digits_som.desom_cells(images, 0, (5, 5))
    # Cells drawn at random would reach 0.2; the joint fit needs more than a test's seconds to near the plain map's 0.9.
    assert som_scores.purity(found, classes[:600]) > 0.5
    assert som_scores.purity(digits_som.som_cells(images, 0, (5, 5))[0], classes[:600]) > 0.85
    labels = digits_som.joined(found, prototypes, 10)
    assert set(labels) == set(range(10))
    # Joining only joins: a cell is never torn apart.
    assert all(len(set(labels[found == cell])) == 1 for cell in np.unique(found))
