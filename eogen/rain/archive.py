"""Simulated past maps that are kept, so that baselines are fitted in a second and every map finds its like.

The file holds hand features, true scores, the seed and the half-hour that make each map again, and the map itself as
its principal components only: enough for every method that needs no frames but ``now``. Maps to learn from and maps to
calibrate on are of different days.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors
import torch
from sklearn.decomposition import PCA
from torch import nn

from eogen import results
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.rain.baselines import COARSE, COMPONENTS, coarse
from eogen.rain.examples import TARGETS, Examples, day_of
from eogen.rain.frames import CHANNELS, NOW, UNTOLD
from eogen.rain.methods import method
from eogen.rain.models import FOLDER
from eogen.rain.protocol import Model
from eogen.rain.regimes import NAMES
from eogen.rain.score_model import FEATURES

#: Most maps kept to learn from and to calibrate on: 0.6 MB; three times as many gain 0.01 of R².
TRAIN, CALIBRATION = 3600, 1200
FILES = {"late": "archive", "early": "archive_early"}
_HALF_HOUR = np.timedelta64(30, "m")


@dataclass(frozen=True)
class Archive:
    """Past maps of one run.

    Attributes:
        train, calibration: their ``frames`` (n, channel, 20, 20) hold ``now`` alone, as 16 principal components keep
            it; other channels are :data:`~eogen.rain.frames.UNTOLD`. Features, scores, time, block (the seed) and
            regime are as simulated, rounded to float16.
        card: what they are.
    """

    train: Examples
    calibration: Examples
    card: Card


class _Kept(nn.Module):
    """The tensors of the file."""

    def __init__(self, sizes: dict[str, int]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(COARSE * COARSE))
        self.register_buffer("components", torch.zeros(COMPONENTS, COARSE * COARSE, dtype=torch.float16))
        for part, n in sizes.items():
            for name, width in {"features": len(FEATURES), "scores": len(TARGETS), "now": COMPONENTS}.items():
                self.register_buffer(f"{part}_{name}", torch.zeros(n, width, dtype=torch.float16))
            self.register_buffer(f"{part}_seed", torch.zeros(n, dtype=torch.int32))
            for name in ("step", "regime"):
                self.register_buffer(f"{part}_{name}", torch.zeros(n, dtype=torch.int8))


def archive(run: str = "late", folder: Path = FOLDER) -> Archive:
    """Return the kept maps of a run, ``"late"`` or ``"early"`` (nothing of the map after).

    They are read each time (0.05 s): kept, they would cost a server 32 MB a run, and few ask twice.

    Raises:
        Unavailable: ``no_weights`` when the file is not on this machine.
        InputError: those of :func:`eogen.nn.weights.load`.
    """
    path = folder / f"{FILES[run]}.safetensors"
    sizes = {"train": 0, "calibration": 0}
    if path.is_file():
        with safetensors.safe_open(path, framework="pt") as opened:
            sizes = {part: opened.get_slice(f"{part}_seed").get_shape()[0] for part in sizes}
    kept = _Kept(sizes)
    card = weights.load(kept, path)
    return Archive(*(_examples(kept, part, run == "early") for part in sizes), card)


@lru_cache(maxsize=8)
def fitted(name: str, folder: Path = FOLDER) -> Model:
    """Return a method without weights of its own, fitted on the archive of its run.

    Raises:
        Unavailable: ``no_weights``.
        InputError: ``rain_method``.
    """
    row = method(name)
    return row.fit(archive("early" if row.real_time else "late", folder).train)


def build_archive(train: Examples, calibration: Examples, out: Path, seed: int = 0) -> Card:
    """Write ``archive`` (or ``archive_early``, of real-time examples) and its card into ``out``; return the card.

    Args:
        train, calibration: simulated examples, their blocks being seeds and not shared.
        seed: of the choice among them.

    Raises:
        ValueError: they share a block, or are not of the same run.
    """
    if set(train.block) & set(calibration.block) or train.real_time != calibration.real_time:
        raise ValueError("maps to calibrate on must be of other days, and of the same run")
    rng = np.random.default_rng(seed)
    parts = {"train": _drawn(train, TRAIN, rng), "calibration": _drawn(calibration, CALIBRATION, rng)}
    basis = PCA(COMPONENTS, svd_solver="full").fit(coarse(parts["train"]))
    kept = _Kept({name: len(part) for name, part in parts.items()})
    kept.mean.copy_(torch.from_numpy(basis.mean_))
    kept.components.copy_(torch.from_numpy(basis.components_))
    rows = []
    for name, part in parts.items():
        tables = {
            "features": part.features.reindex(columns=list(FEATURES)).to_numpy(np.float32),
            "scores": part.scores.reindex(columns=list(TARGETS)).to_numpy(np.float32),
            "now": basis.transform(coarse(part)),
            "seed": part.block,
            "step": step_of(part.time),
            "regime": np.array([NAMES.index(r) for r in part.regime]),
        }
        for key, values in tables.items():
            getattr(kept, f"{name}_{key}").copy_(torch.from_numpy(np.ascontiguousarray(values)))
        rows.append(
            {"name": f"simulated IMERG, to {'learn from' if name == 'train' else 'calibrate on'}",
             "licence": "CC0-1.0", "sha256": hashlib.sha256(tables["features"].tobytes()).hexdigest(), "n": len(part)}
        )  # fmt: skip
    name = FILES["early" if train.real_time else "late"]
    card = Card(
        model=name, room="rain", data=rows, seed=seed, code_version=results.code_version(), torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(), parameters=0, cost={},
        notes=[
            "No network: past simulated maps with their true scores, for baselines, intervals and nearest past maps.",
            f"{len(np.unique(parts['train'].block))} days to learn from, "
            f"{len(np.unique(parts['calibration'].block))} others to calibrate on; float16.",
        ],
        extra={"days": [int(part.block.min()) for part in parts.values()]},
    )  # fmt: skip
    return weights.save(kept, out / f"{name}.safetensors", card)


def step_of(time: np.ndarray) -> np.ndarray:
    """Return which half-hour of its day each time (n,) datetime64 is, 0-47."""
    return ((time - time.astype("datetime64[D]")) / _HALF_HOUR).astype(np.int64)


def _drawn(of: Examples, most: int, rng: np.random.Generator) -> Examples:
    return of.some(np.sort(rng.permutation(len(of))[:most]))


def _examples(kept: _Kept, part: str, real_time: bool) -> Examples:
    get = lambda name: getattr(kept, f"{part}_{name}").numpy()
    now = get("now").astype(np.float32) @ kept.components.numpy().astype(np.float32) + kept.mean.numpy()
    frames = np.full((len(now), len(CHANNELS), COARSE, COARSE), UNTOLD, np.float16)
    frames[:, NOW] = now.reshape(-1, COARSE, COARSE)
    block = get("seed").astype(int)
    days = {seed: day_of(seed) for seed in set(block.tolist())}
    time = np.array([days[seed] for seed in block.tolist()], "datetime64[ns]") + get("step") * _HALF_HOUR
    table = lambda name, columns: pd.DataFrame(get(name).astype(float), columns=list(columns))
    regime = np.array(NAMES)[get("regime").astype(int)]
    features, scores = table("features", FEATURES), table("scores", TARGETS)
    return Examples(frames, features, scores, time, block, regime, real_time)
