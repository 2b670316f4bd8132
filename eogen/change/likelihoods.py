"""The likelihood estimators of the registry: a pair is put before a network, in tiles, both ways in time.

Each is ``(question, seed, progress) -> Answer`` with ``nll`` higher for the less usual, the mean of both directions;
``forward`` (the later date given the earlier) and ``backward`` are parts. ``network`` stands in for the trained one.

Raises, all of them: ``Unavailable`` ``no_model_weights``; ``InputError`` ``change_diverged``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from eogen.change import elbo, masked, reconstruct, roundtrip, scorenorm
from eogen.change.bands import three_bands
from eogen.change.complexity import complexity
from eogen.change.flow_likelihood import STEPS, likelihood
from eogen.change.noise import Noise, Window
from eogen.change.problem import Answer, Problem
from eogen.change.protocol import Flow, Masked, told, untold
from eogen.change.steady import steadied
from eogen.change.tiles import MARGIN, SIZE, finite, tiled, whole
from eogen.change.typicality import WINDOW
from eogen.change.typicality import typicality as typical
from eogen.progress import Progress, silent

#: Hutchinson probes of the exact likelihood.
PROBES = 1
#: Tiles and margins (pixels) of the exact likelihood: its derivatives keep every layer in memory, and its many steps
#: hear too far for any margin; each tile has the exact density of that tile, and the blend spreads what differs.
SMALL, NEAR = 320, 32
#: Weighting of the denoising errors: on Gaussian pairs it orders pixels as their density does, ``clean`` less so.
WEIGHTING = "likelihood"

#: images, others (2, 3, y, x) of a window, the window, a progress -> (term, 2, y, x), one map for each date.
Work = Callable[[Tensor, Tensor, Window, Progress], Tensor]


def flow_nll(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return -log p(x2 | x1) by the exact likelihood of the flow, shared out to pixels (an estimate)."""
    question, flow = _begin(question, network, "flow")
    return _flow_answer(question, _densities(question, flow, seed, progress, (told,))[0])


def likelihood_ratio(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return -log p(x2 | x1) + log p(x2) by the exact likelihood: the other date against a background that has not
    seen it (Ren et al. 2019, arXiv 1906.02845), which is minus the mutual information of this pair.

    Parts ``conditional`` and ``unconditional``; ``corrected`` is the first minus the local length of a lossless code
    (Serrà et al. 2020).
    """
    question, flow = _begin(question, network, "flow")
    given, alone = _densities(question, flow, seed, progress, (told, untold))
    answer = _answer(given - alone)
    code = np.stack([complexity(d) for d in _dates(question)])
    answer.parts |= {
        "conditional": given.mean(0), "unconditional": alone.mean(0), "corrected": (given - code).mean(0),
    }  # fmt: skip
    answer.facts |= _flow_answer(question, given).facts
    return answer


def typicality(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return how far from typical each window's exact conditional likelihood is, on either side."""
    question, flow = _begin(question, network, "flow")
    nll = _densities(question, flow, seed, progress, (told,))[0]
    maps, entropies = zip(
        *(typical(finite(d, question.valid), question.valid, len(question.before)) for d in nll), strict=True
    )
    answer = _answer(np.stack(maps))
    answer.parts["nll"] = nll.mean(0)
    answer.facts |= {"entropy": round(float(np.mean(entropies)), 4), "window": WINDOW}
    return answer


def elbo_conditional(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return the denoising error of each date told the other, nats up to a constant; parts: each noise level."""
    return _elbo(question, seed, progress, network, (told,))


def elbo_unconditional(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return the denoising error of each date told nothing, in nats up to a constant: a control."""
    return _elbo(question, seed, progress, network, (untold,))


def elbo_pmi(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return the denoising error told the other date less that told nothing, under the same noise.

    It is minus the mutual information of the pair, in nats, as far as the noise levels asked tell it.
    """
    return _elbo(question, seed, progress, network, (told, untold))


def round_trip(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return how far each date comes back from, encoded alone and decoded with the other; parts: values and edges."""
    question, flow = _begin(question, network, "flow")

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        return roundtrip.differences(images, roundtrip.returned(flow, images, others, progress=inner))

    maps = _ask(question, work, progress)
    answer = _answer(maps.sum(0))
    answer.parts |= {"value": maps[0].mean(0), "edges": maps[1].mean(0)}
    return answer


def reconstruction(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return the mean z-score of what is not found again from each noise level; parts: the levels."""
    question, flow = _begin(question, network, "flow")
    noise = Noise(seed)

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        draw = lambda k: noise.normal(k, images.shape[1], window)
        return reconstruct.errors(flow, images, told(others), draw, progress=inner).flatten(0, 1)

    maps = finite(_ask(question, work, progress), question.valid)
    scores = reconstruct.robust(maps, question.valid).reshape(-1, 2, *maps.shape[1:]).mean(1)
    answer = _answer(scores.mean(0).astype(np.float32))
    answer.parts |= _levels(reconstruct.LEVELS, scores)
    return answer


def score_norm(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Flow | None = None
) -> Answer:
    """Return how rare each pixel's vector of conditional score norms is in the scene; parts: the norm at each level."""
    question, flow = _begin(question, network, "flow")

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        return scorenorm.norms(flow, images, told(others), progress=inner)

    maps = finite(_ask(question, work, progress), question.valid)
    answer = _answer(np.stack([scorenorm.rarity(maps[:, k], question.valid) for k in (0, 1)]))
    answer.parts |= _levels(scorenorm.LEVELS, maps)
    return answer


def masked_nll(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Masked | None = None
) -> Answer:
    """Return the nats of each pixel hidden in squares of several sizes, told the rest and the other date."""
    return _masked(question, seed, progress, network, told)


def masked_quick(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Masked | None = None
) -> Answer:
    """Return the same with squares of 8 pixels only: half the passes."""
    return _masked(question, seed, progress, network, told, scales=(8,), groups=3)


def masked_unconditional(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Masked | None = None
) -> Answer:
    """Return the nats of each pixel hidden in squares of several sizes, told the rest only (a control)."""
    return _masked(question, seed, progress, network, untold)


def conditional_network(
    question: Problem, seed: int = 0, progress: Progress = silent, network: Masked | None = None
) -> Answer:
    """Return the nats of each pixel told the other date alone, in one pass: nothing of its own date is seen."""
    return _masked(question, seed, progress, network, told, "conditional", scales=(1,), groups=1)


def _masked(
    question: Problem,
    seed: int,
    progress: Progress,
    network: Masked | None,
    kind: Callable,
    name: str = "masked",
    scales: Sequence[int] = masked.SCALES,
    groups: int = masked.GROUPS,
) -> Answer:
    question, model = _begin(question, network, name)
    noise = Noise(seed)
    law = getattr(model, "law", "laplace")

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        deal = partial(noise.labels, window=window)
        return masked.hidden_nll(
            model, images, kind(others), deal, scales=scales, groups=groups, law=law, progress=inner
        )

    maps = _ask(question, work, progress)
    answer = _answer(maps.mean(0))
    if len(scales) > 1:
        answer.parts |= {f"side={side}": m.mean(0) for side, m in zip(scales, maps, strict=True)}
    return answer


def _elbo(
    question: Problem,
    seed: int,
    progress: Progress,
    network: Flow | None,
    kinds: Sequence[Callable],
    weighting: str = WEIGHTING,
) -> Answer:
    question, flow = _begin(question, network, "flow")
    noise = Noise(seed)

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        draw = lambda k: noise.normal(k, images.shape[1], window)
        conditions = [kind(others) for kind in kinds]
        return elbo.terms(flow, images, conditions, draw, weighting=weighting, progress=inner)

    maps = _ask(question, work, progress)  # (kind, level, date, y, x)
    window = whole(question.valid.shape)
    for k in range(len(elbo.LEVELS)):
        e = noise.normal(k, len(question.before), window).numpy()
        maps[:, k] = steadied(maps[:, k], e[None], question.valid)
    signed = maps[0] - maps[1] if len(kinds) == 2 else maps[0]
    answer = _answer(signed.sum(0))
    if len(kinds) == 2:
        given, alone = maps.sum(1).mean(1)
        answer.parts |= {"conditional": given, "unconditional": alone}
    answer.parts |= _levels(elbo.LEVELS, signed)
    answer.facts |= {"weighting": weighting}
    return answer


def _densities(
    question: Problem, flow: Flow, seed: int, progress: Progress, kinds: Sequence[Callable]
) -> np.ndarray:
    """Return (kind, date, y, x) nats of each pixel."""
    noise = Noise(seed)

    def work(images: Tensor, others: Tensor, window: Window, inner: Progress) -> Tensor:
        signs = torch.stack([noise.signs(k, images.shape[1], window) for k in range(PROBES)])
        maps = []
        for k, kind in enumerate(kinds):
            step = lambda done, total, what="", k=k: inner(k * total + done, len(kinds) * total, what)
            maps.append(-likelihood(flow, images, kind(others), signs, progress=step).contribution)
        return torch.stack(maps)

    maps = _ask(question, work, progress, size=SMALL, margin=NEAR)
    window = whole(question.valid.shape)
    signs = np.stack([noise.signs(k, len(question.before), window).numpy() for k in range(PROBES)])
    return steadied(maps, signs, question.valid)


def _flow_answer(question: Problem, nll: np.ndarray) -> Answer:
    """Return the answer of maps (date, y, x) of nats, and the rates of valid pixels as facts."""
    answer = _answer(nll)
    nats = float(answer.nll[question.valid].mean()) / len(question.before)
    answer.facts |= {
        "nats_per_dim": round(nats, 4), "bits_per_dim": round(nats / float(np.log(2)), 4),
        "probes": PROBES, "steps": STEPS, "estimate": 1,
    }  # fmt: skip
    return answer


def _begin(question: Problem, network: object | None, name: str) -> tuple[Problem, object]:
    """Return the question as networks read it, and the network: the trained one unless another is given."""
    if network is None:
        from eogen.change.models import load

        network = load(name)[0]
    return three_bands(question), network


def _dates(question: Problem) -> np.ndarray:
    """Return (2, 3, y, x): the later date, then the earlier."""
    return np.stack([question.after, question.before])


def _ask(
    question: Problem, work: Work, progress: Progress, size: int = SIZE, margin: int = MARGIN
) -> np.ndarray:
    """Return the maps of a work over the whole image, (..., date, y, x)."""
    images = torch.from_numpy(_dates(question))
    others = images.flip(0)
    piece = lambda window, inner: work(window.of(images), window.of(others), window, inner)
    return finite(tiled(piece, question.valid.shape, progress, size=size, margin=margin), question.valid)


def _answer(maps: np.ndarray) -> Answer:
    """Return the mean of both directions, (2, y, x): the later date told the earlier, and backwards."""
    forward, backward = maps.astype(np.float32)
    return Answer((forward + backward) / 2, {"forward": forward, "backward": backward})


def _levels(levels: Sequence[float], maps: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean over dates of (level, date, y, x), named after the levels."""
    return {f"t={t:g}": m.mean(0).astype(np.float32) for t, m in zip(levels, maps, strict=True)}
