"""The deep clusterings of the registry: what :mod:`eogen.rain.deep_fit` fits, by name."""

from __future__ import annotations

from functools import partial

from eogen.rain.deep_fit import build, deep_clusters

#: IDEC: fully connected; DCEC: convolutional, the same losses; deep k-means; balanced sizes with a noisy encoder.
idec = partial(deep_clusters, "idec")
dcec = partial(deep_clusters, "dcec")
dkm = partial(deep_clusters, "dkm")
depict = partial(deep_clusters, "depict")

__all__ = ["build", "dcec", "depict", "dkm", "idec"]
