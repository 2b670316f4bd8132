"""Distance of self-supervised features: SatDINO (Straka & Gruber 2025), DINO (Caron et al. 2021) or any ViT alike.

The score of a pixel is 1 - cos(f1, f2), f1 and f2 being the features of the patches it lies in on the two dates,
averaged over grids of patches shifted by half a patch. It is not a likelihood; it is the frozen-feature baseline that
likelihoods are compared with.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from eogen.change.adapters.checkpoint import fingerprint, stamp, tensors
from eogen.change.adapters.folder import require
from eogen.change.adapters.tiles import dense
from eogen.change.adapters.vit import ViT, vit
from eogen.change.problem import Answer, Problem
from eogen.change.sensors import SENSORS
from eogen.progress import Progress, silent

#: Mean and standard deviation of red, green and blue in 0-1 that the networks were trained with: SatDINO's, which has a
#: register, on fMoW (its repository); others on ImageNet.
FMOW = ((0.433, 0.436, 0.407), (0.198, 0.193, 0.195))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def distance(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return 1 - cosine of the features of both dates (0 alike, 2 opposite) at each pixel.

    Raises:
        Unavailable: ``change_model_absent``.
        InputError: those of :func:`eogen.change.adapters.checkpoint.tensors` and
            :func:`eogen.change.adapters.vit.vit`.
    """
    (path,) = require("satdino")
    network = _load(stamp(path))
    before, after, scale = colours(question, FMOW if network.gsd_register is not None else IMAGENET)
    patch = network.patch
    # An image smaller than a training image is not surrounded by so many of its own reflections.
    window = min(network.grid, -(-max(question.valid.shape) // patch)) * patch

    def cells(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            features = network(torch.from_numpy(np.stack([one, two])))
            return 1 - F.cosine_similarity(features[0], features[1], dim=-1).numpy()

    nll = dense(before, after, cells, window=window, patch=patch, step=max(patch // 2, 1),
                overlap=4 * patch if window > 8 * patch else 0, progress=progress)  # fmt: skip
    return Answer(
        nll, {}, {"weights": path.name, "sha256": fingerprint(path), "patch": patch, "scale": scale}
    )


def colours(
    question: Problem, statistics: tuple[tuple[float, ...], ...]
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return red, green and blue of both dates, standardised, (3, y, x) float32, and how 0-1 was found.

    Numbers from 0 to 255 are divided by 255; others (reflectances) are stretched between the 1st and 99th percentiles
    of both dates together, so that swapping the dates swaps the results.
    """
    names = [SENSORS.get(question.sensor, {}).get(band, band) for band in question.bands]
    raw = question.raw[:, [names.index(colour) for colour in ("red", "green", "blue")]].astype(np.float32)
    seen = raw[:, :, question.valid]
    if seen.min() >= 0 and 1 < seen.max() <= 255:
        low, high, how = 0.0, 255.0, "255"
    else:
        low, high = (float(level) for level in np.percentile(seen, (1, 99)))
        how = "percentiles 1-99"
    unit = np.clip((raw - low) / max(high - low, 1e-12), 0, 1)
    mean, deviation = (np.array(each, np.float32)[:, None, None] for each in statistics)
    both = ((unit - mean) / deviation).astype(np.float32)
    return both[0], both[1], how


@lru_cache(maxsize=1)
def _load(key: tuple[str, int, int]) -> ViT:
    path = Path(key[0])
    return vit(tensors(path), path)
