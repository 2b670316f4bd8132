"""The fitting loop every room shares: one-cycle AdamW, averaged weights, early stopping, resume after a kill.

All randomness of epoch ``e`` comes from ``(seed, e)`` alone, and the checkpoint holds everything else, so a run
that is killed and resumed ends with the same bits as one that was left alone (same machine, same thread count).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from eogen.errors import InputError
from eogen.progress import Progress, silent


@dataclass(frozen=True)
class Settings:
    """How to fit.

    Attributes:
        epochs: passes over the data (with early stopping: at most).
        learning_rate: peak of the one-cycle schedule (Smith & Topin 2019, arXiv 1708.07120).
        weight_decay: decoupled decay of AdamW, on matrices and kernels only (not on biases and norms).
        warmup: part of the steps in which the rate rises.
        ema: decay of the averaged weights that are scored and returned; ``None`` returns the last weights. The
            average starts at the first step: use it on runs of many times 1 / (1 - ema) steps.
        patience: stop after this many epochs without a better score; ``None`` never stops and returns the last
            weights, so that the score cannot be used to pick them.
        clip: largest gradient norm; ``None`` leaves gradients alone.
        bfloat16: run forward and backward under CPU autocast (weights stay float32).
        seed: of everything random inside the loop.
    """

    epochs: int = 30
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.25
    ema: float | None = 0.998
    patience: int | None = None
    clip: float | None = 1.0
    bfloat16: bool = False
    seed: int = 0


@dataclass
class Fitted:
    """What a fit did: per-epoch mean losses and scores, the epoch whose weights were kept, seconds over all runs."""

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    epoch: int = 0
    seconds: float = 0.0


def fit(
    module: nn.Module,
    batches: Callable[[torch.Generator], Iterable[Any]],
    steps: int,
    loss: Callable[[nn.Module, Any], Tensor],
    settings: Settings,
    *,
    score: Callable[[nn.Module], float] | None = None,
    checkpoint: Path | None = None,
    resume: bool = True,
    progress: Progress = silent,
) -> Fitted:
    """Fit ``module`` in place and leave it in eval mode.

    Args:
        module: what is fitted; only parameters with ``requires_grad`` move.
        batches: called once an epoch with a seeded generator; yields ``steps`` batches.
        steps: batches in an epoch (the schedule needs it).
        loss: ``loss(module, batch)``, a scalar.
        settings: how.
        score: higher is better, called after every epoch on the weights that would be returned.
        checkpoint: file rewritten atomically after every epoch; the caller deletes it when its weights are safe.
        resume: continue from ``checkpoint`` if there is one.
        progress: called as ``(step, all steps, "fit")``; may raise ``Cancelled``, the checkpoint then stays whole.

    Raises:
        InputError: ``checkpoint_mismatch`` when the checkpoint belongs to another run; ``not_finite`` when the
            loss is NaN or infinite.
    """
    run = _Run(module, steps, settings)
    if resume and checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
    while run.epoch < settings.epochs and not run.exhausted:
        began = perf_counter()
        run.one_epoch(batches, loss, progress)
        if score is not None:
            run.judge(float(score(run.answer)))
        run.fitted.seconds += perf_counter() - began
        if checkpoint is not None:
            run.store(checkpoint)
    return run.finish()


class _Run:
    """The whole state of a fit, so that it can be written down and read back."""

    def __init__(self, module: nn.Module, steps: int, settings: Settings) -> None:
        self.module, self.steps, self.settings = module, steps, settings
        self.epoch = 0
        self.fitted = Fitted()
        self.best: dict[str, Tensor] | None = None
        moving = [p for p in module.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in moving if p.ndim > 1], "weight_decay": settings.weight_decay},
                {"params": [p for p in moving if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
        )
        # OneCycleLR divides by the length of its first phase minus one: a handful of steps must not be none.
        total = max(settings.epochs * steps, 8)
        self.schedule = OneCycleLR(
            self.optimiser,
            settings.learning_rate,
            total_steps=total,
            pct_start=max(settings.warmup, 1.5 / total),
            cycle_momentum=False,
        )
        self.average = (
            None
            if settings.ema is None
            else AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(settings.ema), use_buffers=True)
        )

    @property
    def answer(self) -> nn.Module:
        """The module that would be returned now, in eval mode."""
        return (self.module if self.average is None else self.average.module).eval()

    @property
    def exhausted(self) -> bool:
        """Whether early stopping has run out of patience."""
        patience = self.settings.patience
        return patience is not None and self.epoch - self.fitted.epoch > patience

    def one_epoch(self, batches: Callable, loss: Callable, progress: Progress) -> None:
        seed = self.settings.seed * 100_003 + self.epoch
        total, done = 0.0, 0
        self.module.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for batch in batches(torch.Generator().manual_seed(seed)):
                progress(self.epoch * self.steps + done, self.settings.epochs * self.steps, "fit")
                total += self._step(batch, loss)
                done += 1
        if done != self.steps:
            raise ValueError(f"batches() yielded {done} batches, steps says {self.steps}")
        self.fitted.losses.append(total / done)
        self.epoch += 1
        if self.settings.patience is None:
            self.fitted.epoch = self.epoch

    def _step(self, batch: Any, loss: Callable) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bfloat16):
            value = loss(self.module, batch)
        if not math.isfinite(number := value.item()):
            raise InputError("not_finite", "The loss became {value} in epoch {epoch}; lower the learning rate.",
                             value=number, epoch=self.epoch + 1)  # fmt: skip
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        if self.settings.clip is not None:
            nn.utils.clip_grad_norm_(self.module.parameters(), self.settings.clip)
        self.optimiser.step()
        self.schedule.step()
        if self.average is not None:
            self.average.update_parameters(self.module)
        return number

    def judge(self, score: float) -> None:
        self.fitted.scores.append(score)
        if self.settings.patience is not None and score >= max(self.fitted.scores):
            self.fitted.epoch = self.epoch
            self.best = {name: tensor.clone() for name, tensor in self.answer.state_dict().items()}

    def finish(self) -> Fitted:
        self.module.load_state_dict(self.best if self.best is not None else self.answer.state_dict())
        self.module.eval()
        return self.fitted

    def store(self, path: Path) -> None:
        state = {
            "settings": self._signature(),
            "epoch": self.epoch,
            "fitted": json.dumps(asdict(self.fitted)),
            "module": self.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "best": self.best,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        torch.save(state, part)
        part.replace(path)

    def restore(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location="cpu")
        if state["settings"] != self._signature():
            raise InputError(
                "checkpoint_mismatch",
                "{path} belongs to another run (its settings or its module differ); delete it or do not resume.",
                path=str(path),
            )
        self.epoch = state["epoch"]
        self.fitted = Fitted(**json.loads(state["fitted"]))
        self.module.load_state_dict(state["module"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.best = state["best"]

    def _signature(self) -> str:
        shapes = {name: list(tensor.shape) for name, tensor in self.module.state_dict().items()}
        return json.dumps({"settings": asdict(self.settings), "steps": self.steps, "shapes": shapes})
