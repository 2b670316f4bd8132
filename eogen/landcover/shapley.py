"""Shapley values of places: by gradients along many ways, by a tree of regions, by superpixels.

They explain one class only, in batches, without importing shap (150 MB); the tests hold each equal to its
counterpart in shap.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import torch
from torch import Tensor

from eogen.landcover.owen import owen_values
from eogen.landcover.question import Question
from eogen.landcover.regions import blocks, per_pixel, scorer, superpixels


def gradient_shap(
    question: Question,
    *,
    samples: int = 16,
    smooth: float = 4.0,
    background: Tensor | None = None,
    batch: int = 8,
) -> np.ndarray:
    """Expected gradients (Erion et al. 2021), what ``shap.GradientExplainer`` estimates.

    ``E[(x - b) * gradient(b + a (x - b))]`` over backgrounds b and a uniform in [0, 1]. The positions ``a``
    are stratified, one in each of ``samples`` equal steps: far fewer are needed than of independent draws.

    Args:
        question: what is explained.
        samples: gradients taken.
        smooth: standard deviation, in pixels, of a Gaussian that shares each pixel's value with its
            neighbours; 0 for the raw values. The gradients of a network flicker from pixel to pixel; on the RGB
            network smoothing raises SRG from 0.25 to 0.34 and the sum stays the same (mirrored border).
        background: images (n, bands, y, x) that stand for "anything"; default: the baseline alone.
        batch: gradients taken at once.

    Returns:
        (y, x), summed over the bands; adds up to ``score(x) - mean score(background)`` as samples grow.
    """
    from scipy.ndimage import gaussian_filter

    background = question.baseline if background is None else background
    generator = question.generator()
    position = (torch.arange(samples) + torch.rand(samples, generator=generator)) / samples
    # Backgrounds are dealt in shuffled rounds, so that each meets near and far positions.
    rounds = -(-samples // len(background))
    which = torch.cat([torch.randperm(len(background), generator=generator) for _ in range(rounds)])[:samples]
    total = torch.zeros(question.x.shape[-2:])
    for start in range(0, samples, batch):
        b = background[which[start : start + batch]]
        difference = question.x - b
        a = position[start : start + batch, None, None, None]
        total += (difference * question.gradient(b + a * difference)).sum((0, 1))
    values = (total / samples).numpy()
    return gaussian_filter(values, smooth, mode="reflect") if smooth else values


def partition_shap(question: Question, *, evaluations: int = 300, size: int = 4) -> np.ndarray:
    """Owen values of a tree of rectangles, halved down to blocks of ``size`` pixels (as shap's Partition)."""
    labels, rows, columns = blocks(tuple(question.x.shape[-2:]), size)
    return per_pixel(owen_values(scorer(question, labels), rows, columns, evaluations), labels)


def kernel_shap(question: Question, *, count: int = 49, evaluations: int = 300) -> np.ndarray:
    """Shapley values of superpixels by weighted regression (Lundberg & Lee 2017, Kernel SHAP)."""
    labels = superpixels(question.x[0].numpy(), count)
    players = int(labels.max()) + 1
    values = kernel_values(scorer(question, labels), players, evaluations, question.seed)
    return per_pixel(values, labels)


def kernel_values(
    score: Callable[[np.ndarray], np.ndarray], players: int, evaluations: int, seed: int = 0
) -> np.ndarray:
    """Estimate Shapley values by regression of scores on presence (Covert & Lee 2021: paired, constrained).

    Coalition sizes are enumerated from the outside in (1 and all but 1, 2 and all but 2, ...) while they fit
    in ``evaluations``; of the rest, coalitions are drawn by the kernel's weight, each with its complement.

    Args:
        score: from presence (n, players) to scores (n,).
        players: number of players.
        evaluations: scores taken at most, besides none and all; at least enough for size 1.
        seed: of the draws.

    Returns:
        (players,) values that add up to ``score(all) - score(none)`` exactly.
    """
    empty, full = score(np.array([[False] * players, [True] * players]))
    if players == 1:
        return np.array([full - empty])
    weight = {s: (players - 1) / (s * (players - s)) for s in range(1, players)}
    rows, weights = [], []
    size, budget = 1, max(evaluations, 2 * players)
    while size <= players // 2:
        mirrored = size != players - size
        number = comb(players, size) * (2 if mirrored else 1)
        if number > budget - len(rows):
            break
        for chosen in combinations(range(players), size):
            row = np.zeros(players, bool)
            row[list(chosen)] = True
            rows += [row, ~row] if mirrored else [row]
        weights += [weight[size] * (2 if mirrored else 1) / number] * number
        size += 1
    rest = np.arange(size, players - size + 1)
    pairs = (budget - len(rows)) // 2
    if len(rest) and pairs:
        generator = np.random.default_rng(seed)
        mass = np.array([weight[s] for s in rest])
        for s in generator.choice(rest, pairs, p=mass / mass.sum()):
            row = np.zeros(players, bool)
            row[generator.permutation(players)[:s]] = True
            rows += [row, ~row]
        weights += [mass.sum() / (2 * pairs)] * (2 * pairs)
    present = np.array(rows)
    # The last value follows from the sum; what remains is an ordinary weighted least-squares problem.
    design = present[:, :-1].astype(float) - present[:, -1:]
    right = score(present) - empty - present[:, -1] * (full - empty)
    root = np.sqrt(weights)
    values, *_ = np.linalg.lstsq(design * root[:, None], right * root, rcond=None)
    return np.append(values, full - empty - values.sum())
