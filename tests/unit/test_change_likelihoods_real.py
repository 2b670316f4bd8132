"""On real pairs: a flow that is exactly the Gaussian of the pair must find what the closed form finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from scipy.stats import spearmanr

from eogen.change import likelihoods
from eogen.change.bands import three_bands
from eogen.change.gaussian import Joint
from eogen.change.problem import Problem, problem
from eogen.change.stack import stack
from tests.change_flows import PixelFlow
from tests.real import real_data

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")]
SIDE = 128


def pairs(root: Path) -> list[tuple[Path, Path]]:
    """The first pair of each set that has both dates."""
    found = []
    for folder in sorted(root.glob("*/A")):
        both = [(a, folder.parent / "B" / a.name) for a in sorted(folder.iterdir())]
        found += [p for p in both if p[1].is_file()][:1]
    return found


def corner(path: Path) -> np.ndarray:
    with rasterio.open(path) as source:
        return source.read(window=((0, SIDE), (0, SIDE))).astype(np.float32)


def asked(one: Path, two: Path) -> Problem:
    images = np.stack([corner(one), corner(two)])
    return three_bands(problem(stack(images, [f"b{k}" for k in range(images.shape[1])]), "zscore"))


def both_ways(question: Problem) -> PixelFlow:
    """The Gaussian of the pair and of the pair swapped, with mean 0 and a little noise (flat bands have none)."""
    rows = np.concatenate([question.after[:, question.valid], question.before[:, question.valid]])
    covariance = rows @ rows.T / rows.shape[1]
    order = [3, 4, 5, 0, 1, 2]
    return PixelFlow(torch.from_numpy((covariance + covariance[np.ix_(order, order)]) / 2 + 0.02 * np.eye(6)))


def test_networks_that_are_gaussian_find_what_the_closed_form_finds() -> None:
    found = pairs(real_data("change"))
    if not found:
        pytest.skip("no pair in the real data for change")
    for one, two in found:
        question = asked(one, two)
        if question.valid.mean() < 0.5 or min(question.after.std(), question.before.std()) < 0.2:
            continue
        flow = both_ways(question)
        law = Joint(np.zeros(6), flow.covariance.numpy())
        pixels = [d[:, question.valid].T.astype(np.float64) for d in (question.before, question.after)]
        true = -law.pmi(*pixels)
        exact = likelihoods.likelihood_ratio(question, 0, network=flow).nll[question.valid]
        bound = likelihoods.elbo_pmi(question, 0, network=flow).nll[question.valid]
        name = f"{one.parent.parent.name}/{one.name}"
        assert spearmanr(exact, true)[0] > 0.85, name
        assert spearmanr(bound, true)[0] > 0.85, name
