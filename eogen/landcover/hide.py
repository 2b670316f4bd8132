"""What if this part were hidden, or this band changed? The picture is edited and the model asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.question import Explainable, ask
from eogen.landcover.regions import blocks


def hide(
    image: xr.DataArray, row: int, col: int, size: int = 8, fill: str | Mapping[str, float] = "mean"
) -> xr.DataArray:
    """Cover the square block whose first pixel is (row, col).

    Args:
        image: reflectance ("band", "y", "x"); it is not changed.
        row: first row, pixels.
        col: first column, pixels.
        size: side, pixels; cut at the border of the image.
        fill: ``"mean"`` (of each band of this image) or reflectance by band name, see :func:`grey`.

    Raises:
        InputError: ``outside_image``, ``unknown_fill``.
    """
    height, width = image.sizes["y"], image.sizes["x"]
    if not (0 <= row < height and 0 <= col < width and size > 0):
        raise InputError(
            "outside_image",
            "A block of {size} pixels at row {row}, column {col} lies outside this {height} x {width} image.",
            size=size,
            row=row,
            col=col,
            height=height,
            width=width,
        )
    if isinstance(fill, str) and fill != "mean":
        raise InputError("unknown_fill", 'The fill is "mean" or a value per band, not {given!r}.', given=fill)
    names = [str(b) for b in image["band"].values]
    means = image.mean(("y", "x")).values
    values = (
        means
        if isinstance(fill, str)
        else np.array([fill.get(n, m) for n, m in zip(names, means, strict=True)])
    )
    covered = image.copy()
    covered[:, row : row + size, col : col + size] = values[:, None, None].astype(image.dtype)
    return covered


def grey(classifier: Explainable, image: xr.DataArray) -> dict[str, float]:
    """Return the reflectance that says nothing to this model: the training mean of each of its bands."""
    with classifier.exclusive() as module, torch.no_grad():
        baseline = module.baseline(classifier.tensor(image))[0]
    return {b: float(v) for b, v in zip(classifier.bands, baseline.mean((1, 2)), strict=True)}


@dataclass(frozen=True)
class Change:
    """What hiding did.

    Attributes:
        image: the edited image.
        target: the class asked about.
        before: calibrated probability of each class.
        after: the same with the part hidden.
    """

    image: xr.DataArray
    target: str
    before: xr.DataArray
    after: xr.DataArray

    @property
    def change(self) -> float:
        """Return by how much the probability of the class moved, -1 to 1."""
        return float(self.after.sel({"class": self.target}) - self.before.sel({"class": self.target}))

    @property
    def answer(self) -> str:
        """Return the most probable class now."""
        return str(self.after["class"].values[self.after.to_numpy().argmax()])

    @property
    def flipped(self) -> bool:
        """Return whether the most probable class is another than before."""
        return bool(self.after.to_numpy().argmax() != self.before.to_numpy().argmax())


def compare(classifier: Explainable, image: xr.DataArray, edited: xr.DataArray, target: str | int) -> Change:
    """Ask the model about an image and its edited copy.

    Raises:
        InputError: as :func:`eogen.landcover.question.ask`.
    """
    with classifier.exclusive() as module, torch.no_grad():
        questions = [ask(classifier, module, i, target) for i in (image, edited)]
        logits = module(torch.cat([q.x for q in questions])) / classifier.temperature
    names = [str(c) for c in classifier.classes]
    probability = xr.DataArray(
        logits.softmax(1).numpy(),
        {"class": names},
        ("image", "class"),
        name="probability",
        attrs={"units": "1"},
    )
    return Change(edited, names[questions[0].target], probability[0], probability[1])


def what_if_hidden(
    classifier: Explainable,
    image: xr.DataArray,
    target: str | int,
    places: list[tuple[int, int]],
    *,
    size: int = 8,
) -> Change:
    """Cover blocks, each given by its first pixel, with the model's own grey, and ask again."""
    fill = grey(classifier, image)
    edited = image
    for row, col in places:
        edited = hide(edited, row, col, size, fill)
    return compare(classifier, image, edited, target)


def set_band(image: xr.DataArray, band: str, *, factor: float = 1.0, offset: float = 0.0) -> xr.DataArray:
    """Return the image with one band multiplied and shifted, never below 0: a synthetic what-if.

    Raises:
        InputError: ``unknown_band``.
    """
    if band not in image["band"].values:
        raise InputError(
            "unknown_band",
            "The image has no band {given!r}; it has {known}.",
            given=band,
            known=", ".join(str(b) for b in image["band"].values),
        )
    edited = image.copy()
    edited.loc[{"band": band}] = (image.sel(band=band) * factor + offset).clip(min=0)
    return edited


@dataclass(frozen=True)
class SmallestHide:
    """The fewest blocks, found greedily, whose hiding changes the answer.

    Attributes:
        places: first pixel (row, col) of each block, in the order found; empty when nothing was found.
        probability: of the class after each block, starting with none hidden.
        flipped: whether the answer changed.
        answer: class given at the end.
        share: of the pixels that are hidden.
    """

    places: tuple[tuple[int, int], ...]
    probability: tuple[float, ...]
    flipped: bool
    answer: str
    share: float


def smallest_hide(
    classifier: Explainable,
    image: xr.DataArray,
    *,
    size: int = 8,
    at_most: int = 16,
    candidates: int = 24,
) -> SmallestHide:
    """Hide one block after the other, each time the one that hurts the present answer most, until it flips.

    Every block is tried once; from then on only the ``candidates`` that hurt most are tried again.

    Args:
        classifier: the model.
        image: the image.
        size: side of the blocks, pixels.
        at_most: blocks hidden before giving up.
        candidates: blocks tried in every round after the first.

    Returns:
        the par score of the hiding game; greedy, so a smaller set may exist.
    """
    with classifier.exclusive() as module:
        with torch.no_grad():
            first = int(module(ask(classifier, module, image, 0).x).argmax())
        question = ask(classifier, module, image, first, output="log_odds")
        labels, _, columns = blocks((image.sizes["y"], image.sizes["x"]), size)
        where = torch.from_numpy(labels)
        hidden: list[int] = []
        tried = np.arange(labels.max() + 1)
        probability, winner = [_probability(question, torch.zeros_like(where, dtype=torch.bool))[0]], first
        while winner == first and len(hidden) < min(at_most, labels.max() + 1):
            gone = torch.isin(where, torch.tensor(hidden, dtype=where.dtype))
            keep = torch.stack([~(gone | (where == int(k))) for k in tried])[:, None]
            scores = question.masked(keep)
            hidden.append(int(tried[scores.argmin()]))
            tried = tried[np.argsort(scores)][1 : candidates + 1]
            p, winner = _probability(question, torch.isin(where, torch.tensor(hidden, dtype=where.dtype)))
            probability.append(p)
            if not len(tried):
                break
    places = tuple((k // columns * size, k % columns * size) for k in hidden)
    return SmallestHide(
        places if winner != first else (),
        tuple(probability),
        winner != first,
        str(classifier.classes[winner]),
        float(np.isin(labels, hidden).mean()),
    )


def _probability(question, gone: torch.Tensor) -> tuple[float, int]:  # noqa: ANN001 - Question
    """Return the probability of the class and the winner with the given pixels (y, x) hidden."""
    with torch.no_grad():
        logits = question.module(torch.where(gone, question.baseline, question.x)) / question.temperature
    return float(logits.softmax(1)[0, question.target]), int(logits.argmax())
