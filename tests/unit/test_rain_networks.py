"""The networks of the rain room: their blocks, what a latent holds, how examples are kept, and their training."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from eogen.cli import app
from eogen.errors import Cancelled, InputError
from eogen.rain import autoencoder, kept, models, nets, train
from eogen.rain.examples import TARGETS, Examples, join
from eogen.rain.frames import CHANNELS, SIDE, UNTOLD
from eogen.rain.methods import METHODS
from eogen.rain.nets import Batch, ConvModel
from eogen.rain.score_model import FEATURES, TOLD, head_loss
from tests.rain_examples import made_up

AGE = CHANNELS.index("age")
TOLD_CHANNELS = [CHANNELS.index(c) for c in ("age", "quality", "infrared")]


@pytest.fixture(scope="module")
def days():
    """Eight days of twelve maps."""
    return made_up(8, 12)


@pytest.fixture(scope="module")
def apart():
    return made_up(3, 12, first=100)


@pytest.fixture(scope="module")
def fitted(days, apart):
    """Forms of the auto-encoder and of the U-Net, fitted for a moment (too short for weights to be averaged)."""
    options = {"calibration": apart, "epochs": 24}
    names = ("autoencoder", "autoencoder_aware", "unet_aware")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autoencoder, "SETTINGS", replace(autoencoder.SETTINGS, ema=None, learning_rate=4e-3))
        return {name: METHODS[name].fit(days, 1, **options) for name in names}


def batch_of(examples: Examples, aware: bool = True) -> tuple[ConvModel, Batch]:
    model = ConvModel(aware=aware)
    model.learn_scales(examples)
    return model, nets.prepared(model, examples)


def one(data: Batch, **options) -> Batch:
    return next(nets.batches(data, len(data), torch.Generator().manual_seed(0), **options))


# --- blocks ---


@pytest.mark.parametrize("name", ["autoencoder", "autoencoder_aware", "unet", "unet_aware"])
def test_every_parameter_of_a_network_learns(days, name, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(autoencoder, "CLOSED", 0.0)
    model = autoencoder.build(name)
    model.learn_scales(days)
    model.loss(one(nets.prepared(model, days))).backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert still == []


def test_a_trunk_and_a_decoder_undo_each_others_shapes():
    latent, seen = nets.Trunk(11).look(
        torch.zeros(3, len(CHANNELS), SIDE, SIDE), torch.zeros(3, len(FEATURES))
    )
    assert latent.shape == (3, 11)
    assert [tuple(s.shape[1:]) for s in seen] == [(16, 20, 20), (32, 10, 10), (48, 5, 5)]
    assert nets.Decoder(11)(latent).shape == (3, len(CHANNELS), SIDE, SIDE)


def test_reconstruction_is_a_weighted_mean_over_what_is_told():
    rng = np.random.default_rng(0)
    frames = rng.uniform(0, 1, (2, len(CHANNELS), 4, 4)).astype(np.float32)
    frames[0, TOLD_CHANNELS] = UNTOLD
    decoded = rng.uniform(0, 1, frames.shape).astype(np.float32)
    total = weight = 0.0
    for k, name in enumerate(CHANNELS):
        for n in range(2):
            if n == 0 and k in TOLD_CHANNELS:
                continue
            total += nets.WEIGHTS[name] * ((decoded[n, k] - frames[n, k]) ** 2).sum()
            weight += nets.WEIGHTS[name] * 16
    found = nets.reconstruction(torch.from_numpy(decoded), torch.from_numpy(frames))
    assert float(found) == pytest.approx(total / weight, rel=1e-5)
    decoded[0, AGE] += 100
    assert float(nets.reconstruction(torch.from_numpy(decoded), torch.from_numpy(frames))) == pytest.approx(
        float(found)
    )
    assert nets.WEIGHTS["now"] == max(nets.WEIGHTS.values()) > nets.WEIGHTS["age"]


def test_a_map_without_scores_teaches_no_score():
    truth = torch.tensor([[1.0, float("nan")], [float("nan"), float("nan")]])
    assert float(head_loss(torch.tensor([[3.0, 9.0], [7.0, 7.0]]), truth)) == pytest.approx(4.0)


# --- batches ---


def test_a_pass_shows_every_map_once_and_mirrors_all_of_it(days):
    _, data = batch_of(days)
    before = (data.frames.clone(), data.features.clone())
    shown, mirrored = [], set()
    for batch in nets.batches(data, 8, torch.Generator().manual_seed(3), drop=0):
        for frame, features, truth in zip(batch.frames, batch.features, batch.truth, strict=True):
            row = int((data.features == features).all(1).nonzero()[0])
            shown.append(row)
            assert torch.equal(truth.nan_to_num(9), data.truth[row].nan_to_num(9))
            axes = [
                a for a in ((), (1,), (2,), (1, 2)) if torch.equal(frame, data.frames[row].float().flip(a))
            ]
            assert len(axes) == 1
            mirrored.add(axes[0])
    assert sorted(shown) == list(range(len(days)))
    assert mirrored == {(), (1,), (2,), (1, 2)}
    assert torch.equal(data.frames, before[0])
    assert torch.equal(data.features, before[1])


def test_what_imerg_says_is_dropped_whole_or_not_at_all(days):
    _, data = batch_of(days)
    assert (data.frames[:, TOLD_CHANNELS] != UNTOLD).all()
    assert (data.features[:, TOLD:] != 0).any(1).all()
    told, untold = one(data, drop=0, turn=False), one(data, drop=1, turn=False)
    assert torch.equal(told.features[:, :TOLD], untold.features[:, :TOLD])
    assert (untold.frames[:, TOLD_CHANNELS] == UNTOLD).all()
    assert not untold.features[:, TOLD:].any()
    rain = [k for k in range(len(CHANNELS)) if k not in TOLD_CHANNELS]
    assert torch.equal(told.frames[:, rain], untold.frames[:, rain])
    some = one(data, drop=0.5)
    gone = (some.frames[:, TOLD_CHANNELS] == UNTOLD).flatten(1).all(1)
    assert torch.equal(gone, ~some.features[:, TOLD:].any(1))
    assert 0.2 < gone.float().mean() < 0.8
    assert (data.frames[:, TOLD_CHANNELS] != UNTOLD).all()


def test_days_kept_apart_are_whole_days(days):
    learnt, held = nets.apart(days)
    assert set(learnt.block).isdisjoint(held.block)
    assert (len(learnt), len(held)) == (72, 24)
    single = days.some(days.block == 0)
    assert [len(part) for part in nets.apart(single)] == [12, 12]


# --- what a latent holds ---


def test_an_aware_latent_begins_with_the_scores_themselves(fitted, days):
    model = fitted["autoencoder_aware"]
    told = model.predict(days)
    found = told.latent[:, : len(TARGETS)] * model.target_std.numpy() + model.target_mean.numpy()
    np.testing.assert_allclose(found, told.scores[list(TARGETS)], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("aware", "spread", "first"), [(True, nets.BESIDE, len(TARGETS)), (False, 1.0, 0)])
def test_the_other_dimensions_keep_their_spread_whatever_the_trunk_says(aware, spread, first):
    place = nets.Place(16, aware).train()
    points = torch.randn(500, 16, generator=torch.Generator().manual_seed(0)) * torch.logspace(-1, 2, 16) + 5
    placed = place(points)
    assert torch.equal(placed[:, :first], points[:, :first])
    torch.testing.assert_close(
        placed[:, first:].std(0, correction=0), torch.full((16 - first,), spread), rtol=1e-2, atol=0
    )


def test_clusters_follow_scores_only_where_scores_are_learnt(fitted, apart):
    """Here all that decides a score is the age, which says nothing of where it rains."""

    def explained(name: str) -> float:
        truth, told = apart.scores["csi"], fitted[name].predict(apart).cluster_scores["csi"]
        return float(1 - ((truth - told) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())

    assert explained("autoencoder_aware") > 0.9
    assert explained("unet_aware") > 0.9
    assert explained("autoencoder") < explained("autoencoder_aware") - 0.4


def test_predictions_do_not_read_scores_and_serve_files_that_tell_little(fitted, apart):
    model = fitted["autoencoder_aware"]
    blind = replace(apart, scores=apart.scores * np.nan)
    pd.testing.assert_frame_equal(model.predict(apart).scores, model.predict(blind).scores)
    features = apart.features.copy()
    features[list(FEATURES[TOLD:])] = np.nan
    frames = apart.frames.copy()
    frames[:, TOLD_CHANNELS] = UNTOLD
    little = model.predict(replace(apart, frames=frames, features=features))
    assert np.isfinite(little.scores).all(axis=None)
    assert np.isfinite(little.distance).all()


@pytest.mark.parametrize("name", ["autoencoder", "autoencoder_aware", "unet_aware"])
def test_prototypes_are_rain_and_centres_are_those_of_kmeans(fitted, days, name):
    model = fitted[name]
    drawn = model.prototypes()
    assert drawn.shape == (16, SIDE, SIDE)
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0
    latent = model.encoded(days)
    cluster, _ = model.assign(latent)
    for k in cluster.unique():
        torch.testing.assert_close(model.centres[k], latent[cluster == k].mean(0), rtol=1e-3, atol=1e-3)


def test_the_skips_of_a_unet_draw_what_its_latent_does_not_hold(fitted, days):
    model = fitted["unet_aware"]
    frames, features = model.inputs(days)
    with torch.no_grad():
        latent = model.encode(frames, features)
        error = [
            float(nets.reconstruction(d, frames))
            for d in (model.drawn(frames, features), model.decode(latent))
        ]
    assert error[0] < 0.5 * error[1]


# --- kept on disk ---


def test_examples_come_back_from_disk_as_they_were(days, tmp_path):
    days.scores.iloc[0, 0] = np.nan
    kept.write(days, tmp_path / "a.npz")
    again = kept.read(tmp_path / "a.npz")
    for name in ("frames", "time", "block", "regime"):
        found, expected = getattr(again, name), getattr(days, name)
        assert found.dtype.kind == expected.dtype.kind
        np.testing.assert_array_equal(found, expected)
    pd.testing.assert_frame_equal(again.features, days.features.reset_index(drop=True))
    pd.testing.assert_frame_equal(again.scores, days.scores.reset_index(drop=True))
    assert again.real_time is days.real_time
    assert [f.name for f in tmp_path.iterdir()] == ["a.npz"]


def test_days_are_simulated_once_and_a_killed_simulation_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "PIECE", 2)
    asked = []

    def simulated(seeds, *, run, progress):
        asked.append(list(seeds))
        if len(asked) == 2:
            raise Cancelled
        progress(0, len(seeds), "simulate")
        return join([made_up(1, 2, first=seed) for seed in seeds])

    monkeypatch.setattr(kept, "simulated", simulated)
    steps = []
    with pytest.raises(Cancelled):
        kept.examples(range(5), within=tmp_path)
    for _ in range(2):
        found = kept.examples(range(5), within=tmp_path, progress=lambda *step: steps.append(step))
        assert found.block.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert asked == [[0, 1], [2, 3], [2, 3], [4]]
    assert steps == [(2, 5, "simulate"), (4, 5, "simulate")]
    monkeypatch.setattr(kept, "_code", lambda: "another")
    kept.examples(range(2), within=tmp_path)
    assert asked[-1] == [0, 1]
    kept.examples(range(2), "early", within=tmp_path)
    assert len(asked) == 6


# --- training ---


@pytest.fixture
def quick(monkeypatch, days, apart):
    """Training on what is made up, for two passes; which runs were asked for."""
    asked = []

    def examples(seeds, run, progress):
        asked.append(run)
        return days if seeds == train.TRAIN else apart

    monkeypatch.setattr(train.kept, "examples", examples)
    monkeypatch.setattr(train, "_KEPT", {})
    monkeypatch.setattr(train, "DRAWS", 20)
    monkeypatch.setattr(autoencoder, "SETTINGS", replace(autoencoder.SETTINGS, epochs=2))
    return asked


@pytest.mark.parametrize("name", ["autoencoder", "unet_aware"])
def test_training_writes_weights_that_load_and_a_card_that_tells(quick, monkeypatch, tmp_path, apart, name):
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    models.load.cache_clear()
    card = train.train(name, None, tmp_path, seed=2)
    assert sorted(f.name for f in tmp_path.iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    model, read = models.load(name)
    models.load.cache_clear()
    assert (read.sha256, read.seed, read.room, read.extra["run"]) == (card.sha256, 2, "rain", "late")
    assert read.parameters == sum(p.numel() for p in model.parameters()) < 100_000
    assert [row["n"] for row in read.data] == [96, 36]
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert quick == ["late", "late"]
    aware = METHODS[name].aware
    assert (model.head is not None) is aware
    assert ("csi_r2" in read.metrics, "cluster_csi_r2" in read.metrics) == (aware, True)
    told = model.predict(apart)
    truth = apart.scores["csi"]
    expected = 1 - ((truth - told.cluster_scores["csi"]) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert read.metrics["cluster_csi_r2"]["value"] == pytest.approx(expected, abs=1e-5)
    # Numbers lie in float16 on disk: 2^-11 of relative rounding, of these and of the network's own.
    np.testing.assert_allclose(model.calibration_predicted.numpy(), told.scores, rtol=2**-10, atol=1e-3)
    assert model.past_seed.tolist() == np.repeat(range(8), 12).tolist()


def test_the_same_seed_gives_the_same_bits_also_after_a_kill(quick, tmp_path):
    first = train.train("autoencoder_aware", None, tmp_path / "a", seed=1)
    assert first.sha256 != train.train("autoencoder_aware", None, tmp_path / "b", seed=2).sha256

    def kill(done: int, total: int, what: str = "") -> None:
        if (done, what) == (1, "fit"):
            raise Cancelled

    with pytest.raises(Cancelled):
        train.train("autoencoder_aware", None, tmp_path / "c", seed=1, progress=kill)
    assert [f.name for f in (tmp_path / "c").iterdir()] == ["autoencoder_aware.ckpt"]
    assert train.train("autoencoder_aware", None, tmp_path / "c", seed=1).sha256 == first.sha256


def test_models_for_real_time_learn_from_the_early_run(quick, tmp_path, days, monkeypatch):
    """Whatever the method: it is the days that tell nothing of what comes after."""
    fits = []
    monkeypatch.setattr(
        type(METHODS["desom_early"]), "fit",
        lambda self, train, seed, progress, **options: fits.append(self.name) or autoencoder.kmeans_on_latent(train),
    )  # fmt: skip
    monkeypatch.setattr(train, "_taken", lambda *_: {})
    card = train.train("desom_early", None, tmp_path)
    assert (quick, fits, card.extra["run"]) == (["early", "early"], ["desom_early"], "early")


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError) as caught:
        train.train("forest", None, tmp_path)
    assert caught.value.code == "rain_model"
    assert "autoencoder_aware" in str(caught.value)


def test_too_few_maps_teach_nothing(days):
    with pytest.raises(InputError) as caught:
        autoencoder.kmeans_on_latent(days.some(slice(0, 20)))
    assert caught.value.code == "rain_few_examples"


def test_the_command_needs_no_data(quick, monkeypatch, tmp_path):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path / "nothing"))
    result = CliRunner().invoke(app, ["train", "rain", "autoencoder", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["model"] == "autoencoder"
