"""``python -m eogen train ocean MODEL``: rebuild the committed weights and their cards from a seed.

The networks learn from the SeaWiFS year of the NE Pacific and from simulated seas; the years of other sensors are
never read, so that what is measured on them is measured on scenes no network has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from eogen import results
from eogen.errors import Unavailable
from eogen.nn import weights
from eogen.nn.fit import Settings, fit
from eogen.nn.weights import Card
from eogen.ocean.examples import Plan, examples
from eogen.ocean.models import build
from eogen.ocean.networks import Examples
from eogen.ocean.read import nep
from eogen.progress import Progress, silent

PATTERN = "nep_*seawifs*.nc"
PLAN = Plan()
BATCH, STEPS = 16, 100
_USUAL = Settings(epochs=8, learning_rate=2e-3, weight_decay=1e-4, warmup=0.1, ema=0.99, clip=1.0)
SETTINGS: dict[str, Settings] = {
    "hybrid": replace(_USUAL, epochs=10),
    "diffusion": replace(_USUAL, epochs=10),
    "repaint": replace(_USUAL, epochs=10),
    "flow_matching": replace(_USUAL, epochs=10),
}


def train(
    model: str, data: Path, out: Path, *, seed: int = 0, resume: bool = True, progress: Progress = silent
) -> Card:
    """Fit a network and write its weights and card into ``out``.

    Args:
        model: a network of the room.
        data: the room's folder, or its parent.
        out: folder; gets ``<model>.safetensors`` and ``<model>.json``.
        seed: of everything random.
        resume: go on where a killed run stopped (``<model>.ckpt`` in ``out``).
        progress: stages ``examples`` and ``fit``; may raise ``Cancelled``.

    Raises:
        InputError: ``ocean_model``.
        Unavailable: ``ocean_no_training``.
    """
    root = inside if (inside := data / "ocean").is_dir() else data
    files = tuple(sorted(root.glob(PATTERN)))
    if not files:
        raise Unavailable(
            "ocean_no_training",
            "There is nothing to train on: {folder} holds no file {pattern}.",
            folder=str(root), pattern=PATTERN,
        )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(model)
    made = _made(files, seed, progress)
    if model == "unet_drivers":
        made = _with_drivers(made)
    settings = replace(SETTINGS.get(model, _USUAL), seed=seed)
    checkpoint = out / f"{model}.ckpt"
    fitted = fit(
        network,
        lambda generator: _batches(made, generator),
        STEPS,
        lambda module, batch: module.loss(batch),
        settings,
        checkpoint=checkpoint,
        resume=resume,
        progress=progress,
    )
    rows = [
        {
            "name": f.name,
            "licence": "MIT (PhytoFit); NASA OBPG, free and open",
            "sha256": _sha(f),
            "n": len(made),
        }
        for f in (() if model == "unet_drivers" else files)
    ]
    rows.append(
        {
            "name": "simulated oceans (eogen.ocean.simulate)",
            "licence": "CC0-1.0",
            "sha256": "",
            "n": PLAN.seas,
        }
    )
    card = Card(
        model=model,
        room="ocean",
        data=rows,
        seed=seed,
        code_version=results.code_version(),
        torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(),
        parameters=sum(p.numel() for p in network.parameters()),
        cost={"seconds": round(fitted.seconds, 1), "threads": torch.get_num_threads(), "epochs": settings.epochs},
        metrics={"loss": {"value": fitted.losses[-1], "n": STEPS * BATCH}},
        notes=[
            f"{len(made)} windows of 64 x 64 cells, {BATCH * STEPS * settings.epochs} seen in all; observed cells are "
            "hidden under other dates' clouds and told.",
            "Standardised anomalies: weights serve other seas and sensors. No year but the SeaWiFS one was read.",
        ],
        stored=weights.HALF,
    )  # fmt: skip
    weights.save(network, out / f"{model}.safetensors", card)
    checkpoint.unlink(missing_ok=True)
    return card


#: The windows of the last call: several networks are often trained in a row.
_KEPT: dict[tuple[tuple[Path, ...], int], Examples] = {}


def _made(files: tuple[Path, ...], seed: int, progress: Progress) -> Examples:
    if (files, seed) not in _KEPT:
        _KEPT.clear()
        _KEPT[files, seed] = examples([nep(f) for f in files], PLAN, seed, progress)
    return _KEPT[files, seed]


def _with_drivers(made: Examples) -> Examples:
    rows = (made.drivers.abs().amax((1, 2, 3)) > 0).nonzero()[:, 0]
    return Examples(*(getattr(made, name)[rows] for name in made.__dataclass_fields__))


def _batches(made: Examples, generator: torch.Generator) -> Iterator[Examples]:
    for _ in range(STEPS):
        rows = torch.randint(len(made), (BATCH,), generator=generator)
        turn = torch.rand(2, generator=generator) < 0.5
        yield made.some(rows).turned(bool(turn[0]), bool(turn[1]))


def _sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
