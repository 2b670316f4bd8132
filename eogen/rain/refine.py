"""The loop that every deep clustering shares: pre-trained encoder and centres in, both moved by one objective.

What differs between the methods (:mod:`eogen.rain.idec`, :mod:`eogen.rain.dkm`, :mod:`eogen.rain.depict`) is an
:class:`Objective`: what points are drawn towards, seen over all data once an epoch, and the loss of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from sklearn.cluster import AgglomerativeClustering, KMeans
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.progress import Progress, silent
from eogen.rain.collapse import Collapse, of_labels
from eogen.rain.deep_losses import squared_distances

_BATCH = 1024


@dataclass(frozen=True)
class Task:
    """What is clustered, whatever it is: digits or rain.

    Attributes:
        module: whose parameters move (encoder, decoder, head).
        data: tensors with one row an example.
        encode: ``encode(*batch) -> (n, latent)``.
        keep: ``keep(latent, *batch) -> scalar``: what must not be lost meanwhile, the error of reconstruction and, in
            the form aware of scores, that of the scores.
        vary: ``vary(*batch) -> batch``, what a batch goes through before every step, if anything.
        corrupt: ``corrupt(*batch) -> batch`` for methods with a noisy encoder. Both may draw from the global generator,
            which is seeded for the length of a fit.
    """

    module: nn.Module
    data: tuple[Tensor, ...]
    encode: Callable[..., Tensor]
    keep: Callable[..., Tensor]
    vary: Callable[..., tuple[Tensor, ...]] = lambda *batch: batch
    corrupt: Callable[..., tuple[Tensor, ...]] = lambda *batch: batch

    def __len__(self) -> int:
        return len(self.data[0])

    @torch.no_grad()
    def encoded(self) -> Tensor:
        """Return (n, latent) of all data."""
        starts = range(0, len(self), _BATCH)
        return torch.cat([self.encode(*(d[start : start + _BATCH] for d in self.data)) for start in starts])


class Objective(Protocol):
    """What a method does with points and centres."""

    def refresh(self, latent: Tensor, centres: Tensor, done: float) -> Tensor | None:
        """Return what rows are drawn towards (n, cluster), given all points and the share of the fit done; or None."""

    def loss(self, task: Task, centres: Tensor, batch: tuple[Tensor, ...], aim: Tensor | None) -> Tensor:
        """Return the loss of a batch whose rows are drawn towards ``aim``."""


@dataclass(frozen=True)
class Pace:
    """How long and how fast.

    Attributes:
        epochs: passes over the data at most.
        batch: rows a step.
        rate: of Adam.
        settled: stop when fewer than this share of labels change in an epoch (Xie et al. 2016: 0.001); 0 never stops.
    """

    epochs: int = 20
    batch: int = 256
    rate: float = 1e-3
    settled: float = 1e-3


@dataclass
class Course:
    """What happened: the mean loss of each epoch, the share of labels it changed, and how even the clusters were."""

    losses: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    collapses: list[Collapse] = field(default_factory=list)


@dataclass(frozen=True)
class Refined:
    """What a fit ends with: centres (cluster, latent), labels (n,) of the nearest one, and the course of it."""

    centres: Tensor
    labels: Tensor
    course: Course


def kmeans(latent: Tensor, clusters: int, seed: int, restarts: int = 10) -> Tensor:
    """Return the centres (cluster, latent) of k-means, the best of several starts.

    Raises:
        InputError: ``rain_few_examples`` when there are fewer points than clusters.
    """
    if len(latent) < clusters:
        raise InputError(
            "rain_few_examples",
            "There are {n} maps to learn from; {fewest} or more are needed.",
            n=len(latent),
            fewest=clusters,
        )
    found = KMeans(clusters, n_init=restarts, random_state=seed).fit(latent.double().numpy())
    return torch.from_numpy(found.cluster_centers_).to(latent.dtype)


def joined(latent: Tensor, clusters: int, seed: int, most: int = 2000) -> Tensor:
    """Return the centres (cluster, latent) of Ward's clusters of ``most`` points, moved on by k-means over all of them.

    k-means from chance starts ends in another place each time and misses small clusters; joining the nearest pairs
    first (Ward 1963) finds those that lie apart. DEPICT starts from an agglomerative clustering too.
    """
    chosen = torch.randperm(len(latent), generator=torch.Generator().manual_seed(seed))[:most]
    some = latent[chosen]
    labels = torch.from_numpy(AgglomerativeClustering(clusters).fit_predict(some.double().numpy()))
    means = torch.stack([some[labels == k].mean(0) for k in range(clusters)])
    found = KMeans(clusters, init=means.double().numpy(), n_init=1).fit(latent.double().numpy())
    return torch.from_numpy(found.cluster_centers_).to(latent.dtype)


def nearest(latent: Tensor, centres: Tensor) -> Tensor:
    """Return (n,) the nearest centre of each point."""
    return squared_distances(latent, centres).argmin(1)


def refine(
    task: Task, objective: Objective, clusters: int, pace: Pace, seed: int = 0, progress: Progress = silent,
    start: Tensor | None = None,
) -> Refined:  # fmt: skip
    """Move the module of ``task`` and the centres of its latent points by ``objective``; leave it in eval mode.

    Args:
        task: what is clustered.
        objective: what moves it.
        clusters: how many.
        pace: how long.
        seed: of the order of rows, of noise, and of k-means.
        progress: stage ``cluster``.
        start: (cluster, latent) centres to start from; None takes those of k-means.

    Raises:
        InputError: ``not_finite`` when the loss is NaN or infinite; ``rain_few_examples``.
    """
    # Statistics of normalisation stay as they are: what is drawn towards the aim is then what the aim was made of.
    task.module.eval()
    latent = task.encoded()
    centres = nn.Parameter(kmeans(latent, clusters, seed) if start is None else start.clone())
    labels = nearest(latent, centres.detach())
    course = Course()
    optimiser = torch.optim.Adam([*task.module.parameters(), centres], lr=pace.rate)
    order = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(pace.epochs):
            progress(epoch, pace.epochs, "cluster")
            with torch.no_grad():
                aim = objective.refresh(latent, centres.detach(), epoch / pace.epochs)
            total = 0.0
            chosen = torch.randperm(len(task), generator=order).split(pace.batch)
            for rows in chosen:
                batch = task.vary(*(d[rows] for d in task.data))
                loss = objective.loss(task, centres, batch, None if aim is None else aim[rows])
                if not math.isfinite(number := loss.item()):
                    raise InputError("not_finite", "The loss became {value} in epoch {epoch}; lower the learning rate.",
                                     value=number, epoch=epoch + 1)  # fmt: skip
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                total += number
            latent = task.encoded()
            before, labels = labels, nearest(latent, centres.detach())
            course.losses.append(total / len(chosen))
            course.changed.append(float((labels != before).float().mean()))
            course.collapses.append(of_labels(labels.numpy(), clusters))
            if course.changed[-1] < pace.settled:
                break
    return Refined(centres.detach().clone(), labels, course)
