"""Maps of cells: the batch rule, what judges a map, the models that carry one, and the score cards of cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import ndimage
from torch import nn

from eogen.rain import cells, desom, models, prototypes, som, som_batch, som_scores
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.frames import NOW, frames
from eogen.rain.methods import METHODS
from eogen.rain.models import MODELS
from eogen.rain.nets import prepared
from tests.rain_examples import made_up

GRID = (3, 4)
#: Passes over the made-up days, of one step each.
EPOCHS = 40


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
    with pytest.MonkeyPatch.context() as patch:
        # So few steps leave an average of the weights where it started.
        for module in (som, desom):
            patch.setattr(module, "SETTINGS", replace(module.SETTINGS, ema=None))
        return {name: METHODS[name].fit(days, 1, calibration=apart, epochs=EPOCHS) for name in names}


def ranked(point: np.ndarray, prototypes: np.ndarray) -> list[int]:
    return sorted(range(len(prototypes)), key=lambda k: float(((prototypes[k] - point) ** 2).sum()))


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
    common, own = rng.standard_normal((40, 40)), rng.standard_normal((60, 40, 40))
    found = prototypes.patterns(rng.uniform(1, 9, 60)[:, None, None] * common + own)
    expected = ndimage.gaussian_filter(own, (0, 1, 1))
    for k in range(60):
        assert np.corrcoef(found[k].ravel(), expected[k].ravel())[0, 1] > 0.9
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


@pytest.fixture
def drawn():
    """The same first weights whatever ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_the_joint_loss_is_its_formula_and_moves_everything(days, drawn):
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


def test_distances_of_an_unaware_map_are_those_of_decoded_maps(days, drawn):
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


def test_a_map_fitted_twice_is_the_same(days, apart):
    first, again = (METHODS["desom"].fit(days, 1, calibration=apart, epochs=2).state_dict() for _ in range(2))
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name], err_msg=name)


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
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
