"""The fitting loop: it learns, stops, resumes to the bit, and leaves nothing half-written."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from eogen.errors import Cancelled, InputError
from eogen.nn.fit import Settings, fit

X = torch.randn(64, 5, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()
SETTINGS = Settings(epochs=8, learning_rate=1e-2, ema=0.9)


def module():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(
            nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2)
        )


def batches(generator):
    for rows in torch.randperm(64, generator=generator).split(16):
        yield X[rows], Y[rows]


def loss(network, batch):
    return nn.functional.cross_entropy(network(batch[0]), batch[1])


def score(network):
    with torch.no_grad():
        return (network(X).argmax(1) == Y).float().mean().item()


def test_it_learns_and_leaves_the_module_in_eval_mode():
    network = module()
    before = score(network.eval())
    done = fit(network, batches, 4, loss, replace(SETTINGS, epochs=20), score=score)
    assert score(network) > max(0.9, before)
    assert not network.training
    assert done.losses[-1] < done.losses[0]
    assert len(done.scores) == done.epoch == 20


@pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, ema=None), replace(SETTINGS, patience=50)])
def test_a_killed_and_resumed_run_equals_an_uninterrupted_one_to_the_bit(tmp_path, settings):
    whole, broken, resumed = module(), module(), module()
    fit(whole, batches, 4, loss, settings, score=score)
    file = tmp_path / "run.ckpt"

    def stop(done, total, what=""):
        if done == 18:  # in the middle of the fifth epoch
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(broken, batches, 4, loss, settings, score=score, checkpoint=file, progress=stop)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(999)  # nothing may depend on the state of the global generator
        done = fit(resumed, batches, 4, loss, settings, score=score, checkpoint=file)
    assert len(done.losses) == settings.epochs
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert [f.name for f in tmp_path.iterdir()] == ["run.ckpt"]


def test_a_finished_run_is_not_run_again(tmp_path):
    file = tmp_path / "run.ckpt"
    first, second = module(), module()
    fit(first, batches, 4, loss, SETTINGS, checkpoint=file)

    def never(generator):
        raise AssertionError("no epoch was left")

    fit(second, never, 4, loss, SETTINGS, checkpoint=file)
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    file = tmp_path / "run.ckpt"
    fit(module(), batches, 4, loss, replace(SETTINGS, epochs=1), checkpoint=file)
    with pytest.raises(InputError) as caught:
        fit(module(), batches, 4, loss, SETTINGS, checkpoint=file)
    assert caught.value.code == "checkpoint_mismatch"
    fit(module(), batches, 4, loss, replace(SETTINGS, epochs=2), checkpoint=file, resume=False)


def test_early_stopping_keeps_the_best_weights():
    grades = iter([0.1, 0.9, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    kept = []

    def judged(network):
        kept.append({k: v.clone() for k, v in network.state_dict().items()})
        return next(grades)

    network = module()
    done = fit(network, batches, 4, loss, replace(SETTINGS, patience=2), score=judged)
    assert done.epoch == 2
    assert len(done.scores) == 5
    assert all(torch.equal(v, kept[1][k]) for k, v in network.state_dict().items())


def test_a_loss_that_explodes_is_told():
    with pytest.raises(InputError) as caught:
        fit(module(), batches, 4, lambda m, b: loss(m, b) * float("nan"), SETTINGS)
    assert caught.value.code == "not_finite"


def test_frozen_parameters_stay():
    network = module()
    network[0].requires_grad_(False)
    before = network[0].weight.clone()
    fit(network, batches, 4, loss, SETTINGS)
    assert torch.equal(network[0].weight, before)


def test_a_wrong_number_of_steps_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="4 batches"):
        fit(module(), batches, 5, loss, SETTINGS)
