"""Training the families: weights that load, a card that tells, the same bits again, losses with known values."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eogen.canopy import losses, models, spectra, train
from eogen.canopy.likelihood import bands
from eogen.canopy.methods import FAMILIES
from eogen.canopy.noise import NOISE
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.truncated import Truncated
from eogen.canopy.priors import prior
from eogen.canopy.simulate import simulate
from eogen.canopy.spectra import Spectra, real_spectra
from eogen.errors import Cancelled, InputError, Unavailable
from eogen.nn.weights import Card, read_card


@pytest.fixture
def short(monkeypatch):
    """Plans of two epochs of two batches."""
    plan = train.Plan(32, 2, replace(train._USUAL.settings, epochs=2))
    monkeypatch.setattr(train, "PLANS", {})
    monkeypatch.setattr(train, "_USUAL", plan)
    monkeypatch.setattr(train, "FIRST", 200)
    monkeypatch.setattr(train, "HELD", 100)
    seen = simulate(prior("atbd"), 60, torch.Generator().manual_seed(5)).observation
    rows = [{"name": "made up (spectra only)", "licence": "none", "sha256": "0", "n": 60}]
    monkeypatch.setattr(train, "real_spectra", lambda root, seed: Spectra(seen, rows))


@pytest.mark.parametrize("name", models.MODELS)
def test_training_writes_weights_that_load_and_a_card_that_tells(short, tmp_path, name):
    card = train.train(name, tmp_path, tmp_path / "out", seed=3)
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    encoder, read = models.load(name, tmp_path / "out" / f"{name}.safetensors")
    assert Card.from_json(card.to_json()) == read
    assert (read.seed, read.extra["prior"]) == (3, FAMILIES[name].prior)
    assert read.stored == FAMILIES[name].stored == read_card(models.path_of(name)).stored
    assert not any(p.requires_grad for p in encoder.parameters())
    assert len(read.data) == 1 + FAMILIES[name].real_spectra
    assert read.parameters == sum(p.numel() for p in encoder.parameters())
    assert (tmp_path / "out" / f"{name}.safetensors").stat().st_size < 3_000_000


def test_the_same_seed_gives_the_same_bits_also_after_a_kill(short, tmp_path):
    first = train.train("independent", tmp_path, tmp_path / "a", seed=1)
    assert first.sha256 == train.train("independent", tmp_path, tmp_path / "b", seed=1).sha256
    assert first.sha256 != train.train("independent", tmp_path, tmp_path / "c", seed=2).sha256

    def kill(done: int, total: int, what: str = "") -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        train.train("independent", tmp_path, tmp_path / "d", seed=1, progress=kill)
    assert train.train("independent", tmp_path, tmp_path / "d", seed=1).sha256 == first.sha256


def test_a_family_without_weights_is_not_trained(tmp_path):
    with pytest.raises(InputError, match="importance"):
        train.train("importance", tmp_path, tmp_path)
    with pytest.raises(InputError, match="nonsense"):
        train.train("nonsense", tmp_path, tmp_path)


def test_weights_that_are_not_there_are_said_with_the_command(tmp_path):
    with pytest.raises(Unavailable, match="python -m eogen train canopy flow"):
        models.load("importance", tmp_path / "flow.safetensors")


def test_training_learns(short, tmp_path, monkeypatch):
    plan = train.Plan(128, 60, replace(train._USUAL.settings, epochs=3, ema=0.9))
    monkeypatch.setattr(train, "_USUAL", plan)
    card = train.train("independent", tmp_path, tmp_path, seed=0)
    assert card.extra["held_out"][-1] < card.extra["held_out"][0]
    made = simulate(prior("legacy"), 500, torch.Generator().manual_seed(9))
    encoder, _ = models.load("independent", tmp_path / "independent.safetensors")
    nll = -float(encoder(made.observation).log_prob(made.theta).mean())
    assert nll < -float(prior("legacy").log_prob(made.theta).mean()) - 1


def fixed(mu: float, sigma: float, count: int):
    """An encoder that answers the same to all."""

    class Fixed(torch.nn.Module):
        prior = prior("legacy")

        def forward(self, seen):
            shape = (len(seen), 11)
            return Truncated(self.prior, torch.full(shape, mu), torch.full(shape, sigma))

    made = simulate(prior("legacy"), count, torch.Generator().manual_seed(2))
    encoder = Fixed()
    return encoder, losses.batch_of(encoder, made.theta, made.observation)


def test_the_elbo_is_below_the_evidence_and_splits_as_it_should():
    """``ELBO = E_q[log p(x, theta) - log q]`` by plain Monte Carlo with other draws; and never above log p(x)."""
    encoder, batch = fixed(0.4, 0.15, 3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = [float(losses.elbo(encoder, batch, NOISE)) for _ in range(400)]
    posterior = encoder(batch.seen)
    theta = posterior.sample(4000, torch.Generator().manual_seed(1))
    expected = bands(theta.flatten(0, 1), batch.seen.geometry.repeat(4000, 1)).unflatten(0, (4000, 3))
    joint = NOISE.log_prob(batch.seen.reflectance, expected) + encoder.prior.log_prob(theta)
    terms = joint - posterior.log_prob(theta)
    spread = np.std(ours) / math.sqrt(len(ours)) + float(terms.std()) / math.sqrt(4000)
    assert -np.mean(ours) == pytest.approx(float(terms.mean()), abs=5 * spread)
    evidence = torch.logsumexp(terms, 0) - math.log(4000)
    assert (terms.mean(0) < evidence).all()


def test_the_original_loss_is_the_normal_law_of_the_decoded_moments(monkeypatch):
    monkeypatch.setitem(losses.DRAWS, "moments", 3000)
    encoder, batch = fixed(0.4, 0.1, 2)
    theta = encoder(batch.seen).sample(3000, torch.Generator().manual_seed(4))
    expected = bands(theta.flatten(0, 1), batch.seen.geometry.repeat(3000, 1)).unflatten(0, (3000, 2))
    near = Observation(
        expected.mean(0) + 0.003, batch.seen.geometry
    )  # far out, the variance's error would rule
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = float(losses.moments(encoder, replace(batch, seen=near), beta=0.0))
    law = torch.distributions.Normal(expected.mean(0), (expected.var(0) + losses.FLOOR).sqrt())
    assert ours == pytest.approx(-float(law.log_prob(near.reflectance).sum(-1).mean()), rel=0.02)


def test_missing_bands_come_in_the_share_that_is_said():
    seen = simulate(prior("atbd"), 4000, torch.Generator().manual_seed(0)).observation
    found = train._without(seen, torch.Generator().manual_seed(1))
    share = float((~found.present).float().mean(0)[6])
    assert share == pytest.approx(train.MISSING, abs=0.03)
    assert found.present[:, [i for i in range(10) if i != 6]].all()
    assert seen.present.all()


def test_only_spectra_are_taken_from_real_data(tmp_path, monkeypatch):
    with pytest.raises(Unavailable, match="fetch"):
        real_spectra(tmp_path)
    import xarray as xr

    def sheet(lai: float):
        values = np.full((30, 10), 0.2, np.float32)
        values[3] = np.nan
        return xr.Dataset(
            {
                "reflectance": (("pixel", "band"), values),
                "lai": ("pixel", np.full(30, lai)),
                **{
                    n: ("pixel", np.full(30, 20.0))
                    for n in ("solar_zenith", "view_zenith", "relative_azimuth")
                },
            },
            {"band": list(bands_of())},
        )

    def loaded(lai: float) -> Spectra:
        monkeypatch.setattr(spectra, "_SETS", (("sheet", "none", lambda root: sheet(lai)),))
        return real_spectra(Path())

    one, other = loaded(1.0), loaded(5.0)
    assert len(one.seen) == 29
    assert torch.equal(one.seen.reflectance, other.seen.reflectance)
    assert one.rows == other.rows
    assert isinstance(one.seen, Observation)


def bands_of() -> tuple[str, ...]:
    from eogen.canopy.sensors import BANDS

    return BANDS
