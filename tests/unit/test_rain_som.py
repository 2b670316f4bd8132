"""Maps of cells: the batch rule, what judges a map, the models that carry one, and the score cards of cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import ndimage
from torch import nn

from eogen.errors import InputError
from eogen.rain import cells, desom, digits_som, models, prototypes, som, som_batch, som_scores
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.frames import NOW, frames
from eogen.rain.methods import METHODS
from eogen.rain.models import MODELS
from eogen.rain.nets import prepared
from tests.rain_examples import made_up

GRID = (3, 4)
#: Passes over the made-up days, of one step each: enough for the averaged weights to leave their start behind.
EPOCHS = 120


@pytest.fixture(scope="module")
def blob():
    """Points of three dimensions that vary most along the second, then along the first."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((300, 3)) @ np.diag([1.0, 2.0, 0.2]) + [5.0, -3.0, 1.0]


@pytest.fixture(scope="module")
def days():
    return made_up(8, 12)


@pytest.fixture(scope="module")
def apart():
    return made_up(4, 12, first=100)


@pytest.fixture(scope="module")
def fitted(days, apart):
    """Each form of the two methods, fitted for a moment."""
    names = ("som", "som_aware", "desom", "desom_aware")
    return {name: METHODS[name].fit(days, 1, calibration=apart, epochs=EPOCHS) for name in names}


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


# --- what is drawn for a cell ---


def test_a_drawn_map_has_the_order_of_its_pattern_and_the_rates_of_its_cell():
    rng = np.random.default_rng(0)
    rain = rng.gamma(0.3, 2.0, (30, 40, 40)) * (rng.uniform(size=(30, 40, 40)) < 0.2)
    quantiles = prototypes.rates(rain)
    pattern = rng.standard_normal((40, 40))
    drawn = prototypes.matched(pattern, quantiles)
    order = np.argsort(pattern, axis=None)
    assert (np.diff(drawn.reshape(-1)[order]) >= 0).all()
    assert (drawn > 0).mean() == pytest.approx((rain > 0).mean(), abs=0.01)
    assert drawn.mean() == pytest.approx(rain.mean(), rel=0.05)


def test_patterns_lose_what_is_common_to_all():
    rng = np.random.default_rng(0)
    common, own = rng.standard_normal((40, 40)), rng.standard_normal((9, 40, 40))
    found = prototypes.patterns(rng.uniform(1, 9, 9)[:, None, None] * common + 0.2 * own)
    expected = ndimage.gaussian_filter(own, (0, 1, 1))
    for k in range(9):
        assert np.corrcoef(found[k].ravel(), expected[k].ravel())[0, 1] > 0.8
        assert abs(np.corrcoef(found[k].ravel(), ndimage.gaussian_filter(common, 1).ravel())[0, 1]) < 0.25


def test_cells_side_by_side_take_patterns_that_agree():
    rng = np.random.default_rng(0)
    common = rng.standard_normal((8, 8))
    held = [
        np.stack([rng.standard_normal((8, 8)), rng.standard_normal((8, 8)), common + 0.1 * k])
        for k in range(6)
    ]
    held[0] = held[0][:1] + 2 * common
    held[4] = np.zeros((0, 8, 8))
    assert prototypes.agreeing(held, (2, 3)) == [0, 2, 2, 2, -1, 2]


# --- models ---


def test_the_joint_loss_is_its_formula_and_moves_everything(days):
    model = desom.DesomModel(GRID, aware=True)
    model.learn_scales(days)
    desom.start_cells(model, days)
    data = prepared(model, days)
    data = replace(data, frames=data.frames.float())
    model.radius = 0.7
    latent = model.encode(data.frames, data.features)
    scale = model.metric.diagonal().numpy()
    points, centres = latent.detach().numpy() * scale, model.centres.detach().numpy() * scale
    total = 0.0
    for point in points:
        best = ranked(point, centres)[0]
        for k in range(12):
            away = (k // 4 - best // 4) ** 2 + (k % 4 - best % 4) ** 2
            temperature = np.sqrt(2) * 0.7
            total += np.exp(-away / temperature**2) * ((point - centres[k]) ** 2).sum()
    assert model.cells_loss(latent).item() == pytest.approx(total / len(points), rel=1e-4)
    model.loss(data).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_map_alone_pulls_points_to_their_prototypes():
    points = torch.tensor([[0.0, 0.0], [4.0, 0.0]], requires_grad=True)
    prototypes = torch.tensor([[1.0, 0.0], [3.0, 0.0]])
    between = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    desom.cells_loss(points, prototypes, between, 0.01).backward()
    np.testing.assert_allclose(points.grad, [[-1.0, 0.0], [1.0, 0.0]], atol=1e-6)


def test_distances_of_an_unaware_map_are_those_of_decoded_maps(days):
    model = som.CellModel(GRID)
    model.learn_scales(days)

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            generator = torch.Generator().manual_seed(0)
            self.maps = torch.randn(model.latent, 8, 40, 40, generator=generator)
            self.maps *= torch.logspace(0, -0.5, model.latent)[:, None, None, None]

        def forward(self, latent: torch.Tensor) -> torch.Tensor:
            return torch.einsum("nl,lcyx->ncyx", latent, self.maps)

    model.decoder = Linear()
    som.learn_metric(model, days)
    latent = model.encoded(days)
    decoded = model.decode(latent)[:, :4, ::2, ::2].flatten(1)
    expected, found = torch.pdist(decoded), torch.pdist(model.placed(days))
    ratio = (found / expected).numpy()
    assert ratio.std() / ratio.mean() < 0.05
    assert float((model.placed(days) - model.placed(days).mean(0)).square().mean()) == pytest.approx(
        1, rel=0.05
    )


@pytest.mark.parametrize("name", ["som", "som_aware", "desom", "desom_aware"])
def test_a_fitted_map_is_ordered_and_none_of_its_cells_takes_all(fitted, days, apart, name):
    model = fitted[name]
    told = model.predict(days)
    assert model.grid == (4, 4)
    assert told.cluster.min() >= 0
    assert told.cluster.max() < 16
    placed, centres = model.placed(days).numpy(), (model.centres @ model.metric).detach().numpy()
    np.testing.assert_allclose(
        told.distance, som_batch.nearest(placed, centres)[1][:, 0], rtol=1e-3, atol=1e-3
    )
    assert som_scores.occupancy(told.cluster, 16).max() <= 0.4
    assert som_scores.topographic_error(placed, centres, model.grid) <= 0.35
    drawn = model.prototypes()
    assert drawn.shape == (16, 40, 40)
    for cell in range(16):
        rain = np.expm1(days.frames[told.cluster == cell, NOW].astype(float))
        mean = rain.mean() if len(rain) else 0
        assert drawn[cell].mean() == pytest.approx(mean, rel=0.1, abs=1e-3)
    assert model.predict(apart).cluster_scores.shape == (48, len(TARGETS))


def test_an_aware_map_runs_from_bad_to_good_and_tells_scores(fitted, apart):
    for name in ("som_aware", "desom_aware"):
        model = fitted[name]
        csi = model.cluster_mean[:, TARGETS.index("csi")].numpy()
        held = model.cluster_count.numpy() > 0
        assert np.corrcoef(csi[held], (np.arange(16) % 4)[held])[0, 1] > 0.5
        truth, told = apart.scores["csi"], model.predict(apart).cluster_scores["csi"]
        assert 1 - ((truth - told) ** 2).mean() / truth.var() > 0.5


def test_seeds_of_an_aware_map_agree(fitted, days, apart):
    other = METHODS["som_aware"].fit(days, 2, calibration=apart, epochs=EPOCHS)
    labels = [model.predict(apart).cluster for model in (fitted["som_aware"], other)]
    assert som_scores.stability(labels) > 0.1
    levels = [
        model.cluster_mean[torch.from_numpy(c), 3]
        for model, c in zip((fitted["som_aware"], other), labels, strict=True)
    ]
    assert np.corrcoef(*levels)[0, 1] > 0.9


def test_weights_on_disk_are_the_model(fitted, apart, tmp_path):
    for name in ("som", "desom_aware"):
        model = fitted[name]
        again = MODELS[name](past=len(model.past_seed), calibration=len(model.calibration_block))
        again.load_state_dict(model.state_dict())
        again.eval()
        np.testing.assert_array_equal(again.predict(apart).cluster, model.predict(apart).cluster)
        np.testing.assert_array_equal(again.predict(apart).scores, model.predict(apart).scores)


def test_real_time_form_is_built_aware():
    assert models.MODELS["desom_early"]().aware
    assert METHODS["desom_early"].real_time


def test_a_map_fitted_twice_is_the_same(fitted, days, apart):
    again = METHODS["desom"].fit(days, 1, calibration=apart, epochs=EPOCHS)
    for name, values in fitted["desom"].state_dict().items():
        np.testing.assert_array_equal(values, again.state_dict()[name], err_msg=name)


# --- cards ---


def test_cards_are_what_grouping_by_cell_gives(fitted, days):
    model = fitted["som_aware"]
    regime = np.where(np.arange(len(days)) % 3 == 0, "frontal", "showers")
    scores = days.scores.copy()
    scores.loc[::5, "fss"] = np.nan
    some = replace(days, regime=regime, scores=scores)
    rng = np.random.default_rng(0)
    sensors = pd.DataFrame(rng.uniform(0, 1, (len(days), 2)), columns=["GMI", "none"])
    table = cells.cards(model, some, sensors)
    by = pd.Series(model.predict(some).cluster)
    assert table["count"].sum() == len(days)
    assert list(table.index) == list(range(16))
    assert list(table["row"] * 4 + table["column"]) == list(range(16))
    for cell in range(16):
        rows = (by == cell).to_numpy()
        card = table.loc[cell]
        assert card["count"] == rows.sum()
        if not rows.any():
            assert np.isnan(card["csi"])
            assert np.isnan(card["regime_frontal"])
            continue
        assert card["days"] == len(np.unique(some.block[rows]))
        assert card["share"] == pytest.approx(rows.mean())
        assert card["csi"] == pytest.approx(scores["csi"][rows].mean())
        assert card["fss"] == pytest.approx(scores["fss"][rows].mean(), nan_ok=True)
        assert card["age"] == pytest.approx(some.features["age"][rows].mean())
        assert card["regime_frontal"] == pytest.approx((regime[rows] == "frontal").mean())
        assert card["sensor_GMI"] == pytest.approx(sensors["GMI"][rows].mean())
        if card["days"] > 1:
            assert card["csi_low"] <= card["csi"] <= card["csi_high"]
    with pytest.raises(ValueError, match="rows of sensors"):
        cells.cards(model, some, sensors.iloc[:5])


def test_a_medoid_is_the_nearest_of_its_own_cell(fitted, days):
    model = fitted["desom_aware"]
    told = model.predict(days)
    for cell, row in enumerate(cells.medoids(model, days)):
        own = np.flatnonzero(told.cluster == cell)
        assert (row == -1) == (len(own) == 0)
        if len(own):
            assert row in own
            assert told.distance[row] == pytest.approx(told.distance[own].min())


def test_what_is_remembered_stands_for_its_cell(fitted, days):
    model = fitted["som"]
    table = cells.remembered(model)
    rows = cells.medoids(model, days)
    # All of so few maps are remembered.
    for cell in table.index:
        assert table.loc[cell, "seed"] == days.block[rows[cell]]
        assert table.loc[cell, "csi"] == pytest.approx(days.scores["csi"][rows[cell]])
        inside = cells.members(model, cell, 3)
        assert inside["distance"].is_monotonic_increasing
        assert inside.loc[0, "seed"] == table.loc[cell, "seed"]
    assert set(table.index) == set(np.flatnonzero(rows >= 0))


def test_a_remembered_map_can_be_made_again():
    pair = cells.made_again(30_001, 20)
    assert pair.sizes["time"] == 1
    assert pair["time"].values[0] == day_of(30_001) + 20 * np.timedelta64(30, "m")
    satellite, radar = cells.counterpart([pair, pair])
    np.testing.assert_allclose(radar, pair["radar"].values[0, ::-1], rtol=1e-6)
    # North up, as the frames of the models are: halves of the map hold as much rain.
    drawn = np.expm1(frames(pair)[0, NOW].astype(float))
    assert satellite.shape == pair["radar"].shape[1:]
    rows = (np.arange(len(satellite)) + 0.5) / len(satellite)
    expected = np.interp(rows, (np.arange(40) + 0.5) / 40, drawn.mean(1))
    assert np.corrcoef(satellite.mean(1), expected)[0, 1] > 0.9
    shares = cells.sensors_of(pair)
    assert shares.sum(1).to_numpy() == pytest.approx(1)
    assert (shares.columns == "none").any()


# --- digits ---


def test_cells_find_digits_better_than_chance_and_join():
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    images = torch.from_numpy((images[:600] / 16).astype(np.float32)).reshape(-1, 1, 8, 8)
    found, prototypes = digits_som.desom_cells(images, 0, (5, 5), epochs=15)
    assert som_scores.purity(found, classes[:600]) > 0.75
    assert som_scores.purity(digits_som.som_cells(images, 0, (5, 5))[0], classes[:600]) > 0.75
    labels = digits_som.joined(found, prototypes, 10)
    assert set(labels) == set(range(10))
    # Joining only joins: a cell is never torn apart.
    assert all(len(set(labels[found == cell])) == 1 for cell in np.unique(found))
