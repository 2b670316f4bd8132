"""``python -m eogen train canopy FAMILY``: rebuild the committed weights and their cards from a seed.

Every batch is simulated anew, so that nothing can be learnt by heart. No field measurement is ever read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor, nn

from eogen import results
from eogen.canopy import losses
from eogen.canopy.crops import HierarchicalPrior
from eogen.canopy.encoder import Encoder
from eogen.canopy.losses import Batch
from eogen.canopy.methods import Family, family
from eogen.canopy.observation import OPTIONAL, Observation
from eogen.canopy.sensors import BANDS, SENSORS
from eogen.canopy.simulate import geometry, simulate, view
from eogen.canopy.spectra import Spectra, real_spectra
from eogen.errors import InputError
from eogen.nn import weights
from eogen.nn.fit import Fitted, Settings, fit
from eogen.nn.weights import Card
from eogen.progress import Progress, silent

#: Simulations that standardise the features, and those held out to record the loss.
FIRST, HELD = 20_000, 4_000
#: Share of spectra without B08, for families that may meet such.
MISSING = 0.25


@dataclass(frozen=True)
class Plan:
    """How a family is fitted: spectra per batch, batches per epoch, and the settings of the loop."""

    batch: int
    steps: int
    settings: Settings


def _plan(epochs: int, *, batch: int = 1024, rate: float = 2e-3) -> Plan:
    settings = Settings(epochs=epochs, learning_rate=rate, weight_decay=1e-4, warmup=0.1, ema=0.995, clip=1.0)
    return Plan(batch, 250, settings)


PLANS: dict[str, Plan] = {
    "flow": _plan(32, batch=2048),
    "field": _plan(20, batch=2048),
    "hierarchical": _plan(12, batch=1024),
    "mixture": _plan(12),
    "vae": _plan(12, batch=512, rate=1e-3),
    "vae_real": _plan(8, batch=512, rate=1e-3),
    "moments": _plan(8, batch=128, rate=1e-3),
}
_USUAL = _plan(16)


def train(
    model: str, data: Path, out: Path, *, seed: int = 0, resume: bool = True, progress: Progress = silent
) -> Card:
    """Fit a family on simulations and write its weights and card into ``out``.

    Args:
        model: a family that is trained.
        data: the room's folder, or its parent; only ``vae_real`` reads it, and of it only spectra.
        out: folder; gets ``<model>.safetensors`` and ``<model>.json``.
        seed: of everything random.
        resume: go on where a killed run stopped (``<model>.ckpt`` in ``out``).
        progress: stage ``fit``; may raise ``Cancelled``.

    Raises:
        InputError: ``canopy_choice``; ``not_trained`` for a family without weights of its own.
        Unavailable: ``no_training_data``.
    """
    row = family(model)
    if not row.trained:
        raise InputError(
            "not_trained",
            "{family} has no weights of its own: it weights the draws of {proposal}; train that.",
            family=model,
            proposal=row.proposal,
        )
    plan = PLANS.get(model, _USUAL)
    root = inside if (inside := data / "canopy").is_dir() else data
    real = real_spectra(root, seed) if row.real_spectra else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = row.build()
        encoder.standardise(_batch(row, encoder, FIRST, torch.Generator().manual_seed(seed + 1)).seen)
        held = _batch(row, encoder, HELD, torch.Generator().manual_seed(seed + 2))
    loss = _loss(row)
    checkpoint = out / f"{model}.ckpt"
    fitted = fit(
        encoder,
        lambda generator: _batches(row, encoder, plan, generator, real),
        plan.steps,
        loss,
        replace(plan.settings, seed=seed),
        score=lambda module: -_held_loss(module, held, loss),
        checkpoint=checkpoint,
        resume=resume,
        progress=progress,
    )
    card = _card(row, encoder, plan, seed, fitted, real)
    weights.save(encoder, out / f"{model}.safetensors", card)
    checkpoint.unlink(missing_ok=True)
    return card


def _loss(row: Family) -> Callable[[nn.Module, Batch], Tensor]:
    if row.objective == "forward_kl":
        return losses.forward_kl
    if row.objective == "elbo":
        return lambda encoder, batch: losses.elbo(encoder, batch, row.noise)
    return losses.moments


def _batches(
    row: Family, encoder: Encoder, plan: Plan, generator: torch.Generator, real: Spectra | None
) -> Iterator[Batch]:
    for _ in range(plan.steps):
        if real is None:
            yield _batch(row, encoder, plan.batch, generator)
            continue
        half = _batch(row, encoder, plan.batch // 2, generator)
        some = real.seen[torch.randint(len(real.seen), (plan.batch // 2,), generator=generator)]
        yield replace(half, seen=_together(half.seen, _without(some, generator)))


def _batch(row: Family, encoder: Encoder, count: int, generator: torch.Generator) -> Batch:
    """Return simulated canopies; the satellite changes from batch to batch, as it does over a field."""
    cover = None
    sensor = (
        SENSORS[int(torch.randint(len(SENSORS), (), generator=generator))] if row.any_sensor else SENSORS[0]
    )
    if isinstance(encoder.prior, HierarchicalPrior):
        cover, theta = encoder.prior.sample_covers(count, generator)
        made = view(theta, geometry(count, generator), generator, row.noise, sensor)
    else:
        made = simulate(encoder.prior, count, generator, row.noise, sensor)
    seen = _without(made.observation, generator) if encoder.may_miss else made.observation
    return losses.batch_of(encoder, made.theta, seen, cover)


def _without(seen: Observation, generator: torch.Generator) -> Observation:
    """Return the pixels, some of them without the optional band."""
    reflectance = seen.reflectance.clone()
    reflectance[torch.rand(len(seen), generator=generator) < MISSING, BANDS.index(OPTIONAL)] = torch.nan
    return Observation(reflectance, seen.geometry)


def _together(first: Observation, second: Observation) -> Observation:
    return Observation(
        torch.cat([first.reflectance, second.reflectance]), torch.cat([first.geometry, second.geometry])
    )


def _held_loss(encoder: nn.Module, held: Batch, loss: Callable[[nn.Module, Batch], Tensor]) -> float:
    with torch.no_grad():
        return float(loss(encoder, held))


def _card(row: Family, encoder: Encoder, plan: Plan, seed: int, fitted: Fitted, real: Spectra | None) -> Card:
    spectra = plan.batch * plan.steps * plan.settings.epochs
    return Card(
        model=row.name,
        room="canopy",
        data=[
            {
                "name": f"simulated: PROSAIL (PROSPECT-5, 4SAIL), prior {row.prior}, {row.noise}",
                "licence": "GPL-3.0",
                "sha256": "",
                "n": spectra,
            },
            *(real.rows if real else []),
        ],
        seed=seed,
        code_version=results.code_version(),
        torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(),
        parameters=weights.count(encoder),
        cost={
            "seconds": round(fitted.seconds, 1),
            "threads": torch.get_num_threads(),
            "epochs": plan.settings.epochs,
        },
        metrics={"held_out_loss": {"value": -fitted.scores[-1], "low": None, "high": None, "n": HELD}},
        notes=[
            "Every batch is simulated anew; no field measurement was used, "
            + ("and of real pixels only their spectra." if real else "and no real spectrum."),
            "The held-out loss chooses nothing: the last averaged weights are kept.",
        ],
        extra={
            "objective": row.objective,
            "prior": row.prior,
            "noise": vars(row.noise),
            "settings": vars(plan.settings),
            "batch": plan.batch,
            "steps_per_epoch": plan.steps,
            "losses": [round(v, 4) for v in fitted.losses],
            "held_out": [round(-v, 4) for v in fitted.scores],
        },
        stored=row.stored,
    )
