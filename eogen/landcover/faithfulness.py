"""Does the map name the parts the model used? Remove them in its order, and in the opposite order.

``SRG = AUC(least important first) - AUC(most important first)`` (symmetric relevance gain, Blücher et al.
2024, arXiv 2401.06654): 0 is chance whatever the baseline does to the model, higher is better. Deletion alone
misleads: with a mean baseline a good map and a random one can have the same deletion curve.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.methods import answer, needs
from eogen.landcover.question import OUTPUTS, Explainable, Question, ask
from eogen.landcover.regions import blocks
from eogen.progress import Progress, silent

#: Controls drawn beside every map.
CONTROLS = ("random", "sobel")


def ranking(evidence: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the blocks from most to least evidence per pixel; ties fall at random."""
    size = np.bincount(labels.ravel())
    total = np.bincount(labels.ravel(), np.nan_to_num(evidence, nan=0.0).ravel())
    return np.lexsort((np.random.default_rng(seed).random(len(size)), -total / size))


def remover(question: Question, space: str = "image") -> Callable[[torch.Tensor], np.ndarray]:
    """Return a function from what is kept (n, 1, y, x) to scores (n,).

    Args:
        question: what is scored.
        space: ``"image"``: what goes becomes the baseline. ``"evidence"``, for networks whose evidence adds up:
            what goes stops speaking for any class. Grey squares put edges into an image, and a network that
            measures texture sees them; evidence space asks the same question without them.

    Raises:
        InputError: ``unknown_space``, or ``method_needs`` for a network without evidence.
    """
    if space == "image":
        return question.masked
    if space != "evidence":
        raise InputError(
            "unknown_space", 'Parts are removed in "image" or "evidence", not {given!r}.', given=space
        )
    if not hasattr(question.module, "evidence"):
        raise needs("removal in evidence space", "evidence")
    with torch.no_grad():
        evidence = question.module.evidence(question.x)[0].flatten(1)

    def scores(keep: torch.Tensor) -> np.ndarray:
        spoken = keep.expand(-1, 1, *question.x.shape[-2:]).flatten(1).float() @ evidence.T
        return question.read(spoken / evidence.shape[1]).double().numpy()

    return scores


def removal_curve(
    masked: Callable[[torch.Tensor], np.ndarray],
    order: np.ndarray,
    labels: np.ndarray,
    ends: np.ndarray,
    steps: int = 32,
) -> tuple[np.ndarray, np.ndarray]:
    """Score the image while its blocks turn into the baseline.

    Args:
        masked: of :func:`remover`.
        order: a permutation of the blocks, first removed first.
        labels: block of each pixel, (y, x), numbered from 0.
        ends: scores of the whole image and of the baseline, which all orders share.
        steps: of nearly equal area; at most one block each.

    Returns:
        share of the pixels removed, from 0 to 1, and the scores there.
    """
    removed = np.append(0, np.cumsum(np.bincount(labels.ravel())[order])) / labels.size
    stops = np.unique(np.searchsorted(removed, np.linspace(0, 1, steps + 1) - 1e-9))
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order))
    keep = turn[labels][None, None] >= stops[1:-1, None, None, None]
    inner = masked(torch.from_numpy(keep)) if len(keep) else []
    return removed[stops], np.concatenate([ends[:1], inner, ends[1:]])


def faithfulness(
    classifier: Explainable,
    image: xr.DataArray,
    target: str | int,
    evidence: xr.DataArray | dict[str, xr.DataArray],
    *,
    steps: int = 32,
    block: int = 4,
    repeats: int = 1,
    controls: tuple[str, ...] = CONTROLS,
    output: str = "probability",
    space: str = "image",
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Measure how well maps of evidence order the parts of an image by what the model used.

    Args:
        classifier: the model that was explained.
        image: the image that was explained.
        target: class name or index.
        evidence: one map (y, x), or several by name.
        steps: removals per curve.
        block: side of the squares removed together, pixels; pixels alone (1) leave textures no map foresees.
        repeats: grids of blocks, each shifted at random and with its own random control; the standard error
            is over them.
        controls: rows of the registry that never look at the model.
        output: what is measured while blocks go: ``"probability"``, ``"logit"`` or ``"log_odds"``.
        space: where parts are removed, see :func:`remover`; numbers of two spaces do not compare.
        seed: of shifts, ties and the random control.
        progress: told as curves are done; may cancel.

    Returns:
        Dataset over "order" (what ordered the removal: the given maps, then the controls):
        ``score`` (order, first, removed), the curves: first "most" or "least", removed = share gone;
        ``auc`` (order, first); ``srg`` (order) and its standard error ``srg_se`` (NaN with one repeat).
        Curves cost ``62 * maps * repeats`` forward passes at 32 steps.

    Raises:
        InputError: as :func:`eogen.landcover.question.ask` and :func:`remover`.
    """
    maps = {
        k: v.values for k, v in (evidence if isinstance(evidence, dict) else {"evidence": evidence}).items()
    }
    with classifier.exclusive() as module:
        question = ask(classifier, module, image, target, output=output, seed=seed)
        return measure(
            question,
            maps,
            steps=steps,
            block=block,
            repeats=repeats,
            controls=controls,
            space=space,
            progress=progress,
        )


def measure(
    question: Question,
    maps: dict[str, np.ndarray],
    *,
    steps: int = 32,
    block: int = 4,
    repeats: int = 1,
    controls: tuple[str, ...] = CONTROLS,
    space: str = "image",
    progress: Progress = silent,
) -> xr.Dataset:
    """Do the work of :func:`faithfulness` for a question already asked."""
    names = [*maps, *controls]
    fixed = maps | {c: answer(question, c) for c in controls if c != "random"}
    generator = np.random.default_rng(question.seed)
    masked = remover(question, space)
    ends = masked(torch.tensor([True, False])[:, None, None, None])
    grid = np.linspace(0, 1, steps + 1)
    scores = np.empty((repeats, len(names), 2, steps + 1))
    auc = np.empty((repeats, len(names), 2))
    for repeat, (i, name) in product(range(repeats), enumerate(names)):
        if i == 0:
            shift = tuple(int(s) for s in generator.integers(0, block, 2)) if repeat else (0, 0)
            labels, *_ = blocks(tuple(question.x.shape[-2:]), block, shift)
        if name == "random":
            order = generator.permutation(labels.max() + 1)
        else:
            order = ranking(fixed[name], labels, int(generator.integers(2**31)))
        for j, way in enumerate((order, order[::-1])):
            removed, curve = removal_curve(masked, way, labels, ends, steps)
            scores[repeat, i, j] = np.interp(grid, removed, curve)
            auc[repeat, i, j] = np.trapezoid(curve, removed)
        progress(repeat * len(names) + i + 1, repeats * len(names), "removing")
    srg = auc[:, :, 1] - auc[:, :, 0]
    spread = srg.std(0, ddof=1) / np.sqrt(repeats) if repeats > 1 else np.full(len(names), np.nan)
    unit = OUTPUTS[question.output]
    return xr.Dataset(
        {
            "score": (("order", "first", "removed"), scores.mean(0), {"units": unit}),
            "auc": (("order", "first"), auc.mean(0), {"units": unit}),
            "srg": ("order", srg.mean(0), {"units": unit, "long_name": "symmetric relevance gain"}),
            "srg_se": ("order", spread, {"units": unit}),
        },
        coords={
            "order": names,
            "first": ["most", "least"],
            "removed": ("removed", grid, {"units": "1", "long_name": "share of the image removed"}),
        },
        attrs={
            "output": question.output,
            "space": space,
            "block": block,
            "repeats": repeats,
            "seed": question.seed,
        },
    )
