"""Whether clusters have collapsed into a few: the usual failure of deep clustering, said aloud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A cluster that holds more than this share of all maps, or more than twice its equal share if that is more, is too big.
LARGEST = 0.25


@dataclass(frozen=True)
class Collapse:
    """How evenly ``clusters`` clusters are used.

    Attributes:
        clusters: how many there are.
        largest: share of the members that the largest one holds, 0-1.
        empty: clusters without any member.
        effective: exp(entropy of the shares): as many equal clusters would be as diverse; from 1 to ``clusters``.
    """

    clusters: int
    largest: float
    empty: int
    effective: float

    @property
    def too_large(self) -> bool:
        """Whether one cluster holds more than :data:`LARGEST` and more than twice an equal share."""
        return self.largest > max(LARGEST, 2 / self.clusters)

    @property
    def too_few(self) -> bool:
        """Whether the clusters are worth fewer than half their number."""
        return self.effective < self.clusters / 2

    @property
    def alarm(self) -> bool:
        """Whether a reader must be warned."""
        return self.too_large or self.too_few or self.empty > 0


def collapse(counts: np.ndarray) -> Collapse:
    """Return the facts of clusters with ``counts`` (cluster,) members.

    Raises:
        ValueError: no cluster, no member, or a negative count.
    """
    counts = np.asarray(counts, float)
    if counts.ndim != 1 or not counts.size or (counts < 0).any() or not counts.sum() > 0:
        raise ValueError("counts must be a row of numbers of members, at least one of them positive")
    shares = counts / counts.sum()
    used = shares[shares > 0]
    return Collapse(
        len(counts), float(shares.max()), int((counts == 0).sum()), float(np.exp(-(used * np.log(used)).sum()))
    )


def of_labels(labels: np.ndarray, clusters: int) -> Collapse:
    """Return the facts of ``labels`` (n,), integers from 0 to ``clusters`` - 1.

    Raises:
        ValueError: a label outside, or none.
    """
    labels = np.asarray(labels)
    if labels.size and not (0 <= labels.min() and labels.max() < clusters):
        raise ValueError(f"labels must lie in 0..{clusters - 1}")
    return collapse(np.bincount(labels, minlength=clusters))
