"""``python -m eogen train change MODEL``: rebuild the committed weights and their cards from a seed, without labels.

The networks learn from every pair that is there (three bands; both directions in time) and from simulated pairs. Labels
are never read: what changed is in the pairs too, rare enough to stay unusual.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from eogen import results
from eogen.change.bands import three_bands
from eogen.change.models import build
from eogen.change.networks import Batch
from eogen.change.problem import problem
from eogen.change.sets import SetFolder, sets
from eogen.change.sets import open as open_pair
from eogen.change.simulate import KINDS, simulate
from eogen.errors import Unavailable
from eogen.nn import weights
from eogen.nn.fit import Settings, fit
from eogen.nn.weights import Card
from eogen.progress import Progress, silent

BATCH, STEPS, SIDE, SIMULATED = 16, 120, 64, 24
SETTINGS: dict[str, Settings] = {
    "flow": Settings(epochs=10, learning_rate=2e-3, weight_decay=1e-4, warmup=0.1, ema=0.995, clip=1.0),
    "conditional": Settings(
        epochs=12, learning_rate=2e-3, weight_decay=1e-4, warmup=0.1, ema=0.995, clip=1.0
    ),
    "masked": Settings(epochs=12, learning_rate=2e-3, weight_decay=1e-4, warmup=0.1, ema=0.995, clip=1.0),
}


@dataclass(frozen=True)
class Pair:
    """One pair as the networks read it: dates (2, 3, y, x) and valid (1, y, x)."""

    dates: Tensor
    valid: Tensor


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
        progress: stages ``read`` and ``fit``; may raise ``Cancelled``.

    Raises:
        InputError: ``change_model``.
        Unavailable: ``change_no_training``.
    """
    root = inside if (inside := data / "change").is_dir() else data
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(model)
    groups, rows = _read(sets(root), progress)
    if not groups:
        raise Unavailable(
            "change_no_training", "There is nothing to train on: {folder} holds no pair.", folder=str(root)
        )
    groups.append([_pair(simulate(KINDS[k % len(KINDS)], seed=k)) for k in range(SIMULATED)])
    rows.append(
        {
            "name": "simulated pairs (eogen.change.simulate)",
            "licence": "CC0-1.0",
            "sha256": "",
            "n": SIMULATED,
        }
    )
    settings = replace(SETTINGS[model], seed=seed)
    checkpoint = out / f"{model}.ckpt"
    fitted = fit(
        network,
        lambda generator: _batches(groups, generator),
        STEPS,
        lambda module, batch: module.loss(batch),
        settings,
        checkpoint=checkpoint,
        resume=resume,
        progress=progress,
    )
    card = Card(
        model=model,
        room="change",
        data=rows,
        seed=seed,
        code_version=results.code_version(),
        torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(),
        parameters=weights.count(network),
        cost={"seconds": round(fitted.seconds, 1), "threads": torch.get_num_threads(), "epochs": settings.epochs},
        metrics={"loss": {"value": fitted.losses[-1], "n": STEPS * BATCH}},
        notes=[
            f"Crops of {SIDE} x {SIDE} pixels, {BATCH * STEPS * settings.epochs} seen in all; every set weighs alike.",
            "No label was read. Three bands at median 0 and robust deviation 1, per scene and date.",
        ],
        stored=weights.HALF,
    )  # fmt: skip
    weights.save(network, out / f"{model}.safetensors", card)
    checkpoint.unlink(missing_ok=True)
    return card


def _read(
    folders: Sequence[SetFolder], progress: Progress
) -> tuple[list[list[Pair]], list[dict[str, object]]]:
    """Return the pairs of each set, and a row of the card for each."""
    groups, rows = [], []
    for number, folder in enumerate(folders):
        progress(number, len(folders), "read")
        digest = hashlib.sha256()
        group = []
        for name in folder.pairs:
            images = open_pair(folder, name)
            digest.update(hashlib.sha256(images.values.tobytes()).digest())
            group.append(_pair(images))
        if group:
            groups.append(group)
            rows.append(
                {
                    "name": folder.name,
                    "licence": folder.row.licence,
                    "sha256": digest.hexdigest(),
                    "n": len(group),
                }
            )
    return groups, rows


def _pair(images: xr.DataArray) -> Pair:
    question = three_bands(problem(images, "zscore"))
    dates = np.stack([question.before, question.after])
    return Pair(torch.from_numpy(dates), torch.from_numpy(question.valid[None]).float())


def _batches(groups: list[list[Pair]], generator: torch.Generator) -> Iterator[Batch]:
    """Yield batches of crops: a set, one of its pairs, a place, a direction in time and a turn, each at random."""
    draw = lambda n: int(torch.randint(n, (), generator=generator))
    for _ in range(STEPS):
        crops = []
        for _ in range(BATCH):
            group = groups[draw(len(groups))]
            pair = group[draw(len(group))]
            rows, columns = pair.valid.shape[-2:]
            y, x = (draw(max(n - SIDE, 0) + 1) for n in (rows, columns))
            first, turn, flip = draw(2), draw(4), draw(2)
            window = (..., slice(y, y + SIDE), slice(x, x + SIDE))
            three = [pair.dates[first][window], pair.dates[1 - first][window], pair.valid[window]]
            crops.append([_turned(t, turn, flip) for t in three])
        yield Batch(*(torch.stack(column) for column in zip(*crops, strict=True)))


def _turned(image: Tensor, turn: int, flip: int) -> Tensor:
    image = torch.rot90(image, turn, (-2, -1))
    return image.flip(-1) if flip else image
