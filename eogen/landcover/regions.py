"""Cutting an image into parts that are present or absent together: square blocks, or superpixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from eogen.landcover.question import Question


def blocks(shape: tuple[int, int], size: int, shift: tuple[int, int] = (0, 0)) -> tuple[np.ndarray, int, int]:
    """Number the square blocks of an image, in reading order.

    Args:
        shape: rows and columns of pixels.
        size: side of a block in pixels; blocks at the border may be smaller.
        shift: pixels by which the grid of blocks is moved up and left, less than ``size``.

    Returns:
        labels (y, x), rows and columns of blocks.
    """
    row, column = ((np.arange(n) + s) // size for n, s in zip(shape, shift, strict=True))
    return row[:, None] * (column[-1] + 1) + column[None], int(row[-1]) + 1, int(column[-1]) + 1


def superpixels(image: np.ndarray, count: int = 49, compactness: float = 0.1) -> np.ndarray:
    """Cut an image (bands, y, x) into about ``count`` compact regions of similar colour.

    SLIC (Achanta et al. 2012, scikit-image) on the bands, each stretched to [0, 1]. Returns labels (y, x).
    """
    from skimage.segmentation import slic

    low, high = image.min((1, 2), keepdims=True), image.max((1, 2), keepdims=True)
    # Distances between colours grow with the number of bands; the compactness must not depend on it.
    scaled = (image - low) / np.maximum(high - low, 1e-6) / np.sqrt(len(image))
    return slic(
        scaled,
        n_segments=count,
        compactness=compactness,
        channel_axis=0,
        convert2lab=False,  # three bands are reflectance, not sRGB
        start_label=0,
    )


def scorer(question: Question, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from presence (n, regions) to scores (n,); absent regions are the baseline."""
    where = torch.from_numpy(np.ascontiguousarray(labels, dtype=np.int64))

    def score(present: np.ndarray) -> np.ndarray:
        keep = torch.from_numpy(np.asarray(present, dtype=bool))
        return question.values(
            len(keep),
            lambda s: torch.where(keep[s][:, where][:, None], question.x, question.baseline),
        )

    return score


def per_pixel(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Spread the value of each region evenly over its pixels: the map adds up to the sum of values."""
    size = np.bincount(labels.ravel(), minlength=len(values))
    return (values / np.maximum(size, 1))[labels].astype(np.float32)
