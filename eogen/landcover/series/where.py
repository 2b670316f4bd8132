"""Which months and which places a segmentation's answer for one pixel came from.

A segmentation reads neighbours: what told it may lie beside the pixel. Here months are hidden everywhere, at the pixel
or around it; all but a window is hidden; and the gradient is followed back to months and places at once. What is hidden
becomes ``background`` (month, band), the reflectance the whole place has in that month (:func:`usual`); a month that
was not seen stays unseen.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import torch
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series.unet import Segmenter
from eogen.landcover.series.when_gradient import contrast

#: Sides of windows (pixels) that are left, the last but the whole field of view.
SIDES = (1, 3, 5, 9, 17, 33)
#: Images asked at once: 4 of 88 x 88 pixels.
CHUNK = 4
Whose = Literal["all", "pixel", "around"]
#: What is lost: probability, or the logit of the target less the mean of the others, which certainty does not flatten.
Unit = Literal["probability", "logit"]


def usual(image: xr.Dataset, bands: Sequence[str]) -> np.ndarray:
    """Return the mean reflectance (month, band) float32 of a cube's clear pixels; NaN where no pixel was."""
    values = image["reflectance"].sel(band=list(bands)).transpose("time", "band", "y", "x").values
    clear = image["clear"].values[:, None]
    count = clear.sum((2, 3))
    total = np.where(clear, values, 0).sum((2, 3), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def view(
    model: Segmenter, image: xr.Dataset, at: tuple[int, int]
) -> tuple[xr.Dataset, tuple[int, int], slice, slice]:
    """Return the part of a cube that the answer for a pixel depends on, and where the pixel is in it.

    It starts at multiples of the network's step: the answer there is the one of the whole cube.

    Args:
        model: whose field of view it is.
        image: a cube.
        at: row and column.

    Returns:
        The part, (row, column) in it, and its rows and columns in ``image``.

    Raises:
        InputError: ``series_no_pixel`` when there is no such pixel.
    """
    sizes = image.sizes["y"], image.sizes["x"]
    if not all(0 <= k < n for k, n in zip(at, sizes, strict=True)):
        raise InputError(
            "series_no_pixel", "There is no pixel in row {row}, column {column}; there are {rows} × {columns}.",
            row=at[0], column=at[1], rows=sizes[0], columns=sizes[1],
        )  # fmt: skip
    reach, step = model.module.net.reach, model.module.net.step
    rows, columns = (
        slice(max(0, (k - reach) // step * step), min(n, k + reach + step))
        for k, n in zip(at, sizes, strict=True)
    )
    return image.isel(y=rows, x=columns), (at[0] - rows.start, at[1] - columns.start), rows, columns


def probability(model: Segmenter, image: xr.Dataset, at: tuple[int, int]) -> np.ndarray:
    """Return the probabilities (class,) of one pixel, from what they depend on alone.

    Raises:
        InputError: as :func:`view` and ``Segmenter.inputs``.
    """
    part, here, _, _ = view(model, image, at)
    return _asked(model, [part], here)[0]


def month_occlusion(
    model: Segmenter, image: xr.Dataset, at: tuple[int, int], target: int, *, background: np.ndarray,
    whose: Whose = "all", unit: Unit = "probability",
) -> np.ndarray:  # fmt: skip
    """Return how much of a pixel's target (month,) is lost when a month is hidden.

    Args:
        model: what is asked.
        image: a cube of its months.
        at: row and column.
        target: number of the class.
        background: (month, band) in the model's bands.
        whose: hide it in all the field of view, at the pixel alone, or everywhere but there.
        unit: of what is lost.

    Raises:
        InputError: as :func:`probability`; ``series_when_target``.
    """
    _known(model, target)
    part, here, _, _ = view(model, image, at)
    mask = _pixel(part, here)
    mask = {"all": np.ones_like(mask), "pixel": mask, "around": ~mask}[whose]
    months = range(part.sizes["time"])
    hidden = (_hidden(model, part, mask, background, [month]) for month in months)
    full, *rest = _logits(model, [part, *hidden], here)
    scores = torch.stack([full, *rest])
    if unit == "logit":
        found = contrast(scores, torch.full((len(scores),), target))
    else:
        found = scores.softmax(1)[:, target]
    return (found[0] - found[1:]).numpy()


def windows(
    model: Segmenter, image: xr.Dataset, at: tuple[int, int], target: int, *, background: np.ndarray,
    sides: Sequence[int] = SIDES,
) -> xr.DataArray:  # fmt: skip
    """Return the probability of a pixel's target when all but a window of ``side`` pixels around it is hidden.

    Returns:
        (side,) float64 with the coordinate ``side``; the last is the whole field of view, nothing hidden.

    Raises:
        InputError: as :func:`probability`; ``series_when_target``.
    """
    _known(model, target)
    part, here, _, _ = view(model, image, at)
    row, column = np.mgrid[: part.sizes["y"], : part.sizes["x"]]
    away = np.maximum(abs(row - here[0]), abs(column - here[1]))
    months = list(range(part.sizes["time"]))
    left = [side for side in sides if (away > side // 2).any()]
    hidden = [_hidden(model, part, away > side // 2, background, months) for side in left]
    found = _asked(model, [*hidden, part], here)[:, target].astype(np.float64)
    return xr.DataArray(found, {"side": [*left, 2 * int(away.max()) + 1]}, ("side",), attrs={"units": "1"})


def grad_cam(
    model: Segmenter, image: xr.Dataset, at: tuple[int, int], target: int, *, background: np.ndarray
) -> xr.DataArray:
    """Return Grad-CAM of one pixel's answer over time and space.

    The layer is the first, the last that still tells months apart: each month adds its own part to the features of a
    pixel. Parts (less those of the background) are weighed by the gradient element by element, as in HiResCAM (Draelos
    & Carin 2020, arXiv 2011.08891): the average over the image of Grad-CAM (Selvaraju et al. 2017; of segmentations,
    Vinogradova et al. 2020) would light places that the pixel's answer cannot depend on. What is explained is the logit
    of the target less the mean logit of the others; of a linear network the map adds up to what the series changes.

    Returns:
        (month, y, x) float32 on the pixels of ``image``, signed; exactly 0 beyond the field of view and where a month
        was not seen.

    Raises:
        InputError: as :func:`probability`; ``series_when_target``.
    """
    _known(model, target)
    part, here, rows, columns = view(model, image, at)
    x, seen = model.inputs(part)
    months, bands = x.shape[1:3]
    held: list[torch.Tensor] = []
    # The network is shared by all visitors of a server: what it makes for another one meanwhile is not this one's.
    mine = threading.get_ident()

    def keep(_layer: Any, _given: Any, made: torch.Tensor) -> None:
        if threading.get_ident() == mine:
            held[:] = [made]

    first = model.module.pixel[0]
    hook = first.register_forward_hook(keep)
    try:
        # Weights that need no gradient would leave nothing to follow.
        logits = model.module(x.clone().requires_grad_(), seen)[:, :, here[0], here[1]]
        (slope,) = torch.autograd.grad(contrast(logits, torch.tensor([target])).sum(), held[0])
    finally:
        hook.remove()
    blank = torch.from_numpy(((np.nan_to_num(background) - model.mean) / model.std).astype(np.float32))
    weight = first.weight.detach()[:, : months * bands, 0, 0].view(-1, months, bands)
    pulled = torch.einsum("wyx,wmb->mbyx", slope[0], weight)
    cam = (pulled * (x[0] - blank[:, :, None, None])).sum(1) * seen[0]
    out = np.zeros((months, image.sizes["y"], image.sizes["x"]), np.float32)
    out[:, rows, columns] = cam.detach().numpy()
    coords = {"month": np.arange(1, months + 1), "y": image["y"].values, "x": image["x"].values}
    return xr.DataArray(
        out, coords, ("month", "y", "x"), name="evidence", attrs={"units": "1", "signed": True}
    )


def _known(model: Segmenter, target: int) -> None:
    if not 0 <= target < len(model.classes):
        raise InputError(
            "series_when_target",
            "{given} is no class of the model; its classes are 0 to {last}.",
            given=target,
            last=len(model.classes) - 1,
        )


def _pixel(part: xr.Dataset, here: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((part.sizes["y"], part.sizes["x"]), bool)
    mask[here] = True
    return mask


def _hidden(
    model: Segmenter, part: xr.Dataset, mask: np.ndarray, background: np.ndarray, months: Sequence[int]
) -> xr.Dataset:
    """Return a cube whose ``mask`` (y, x) shows the background in some months, where they were seen."""
    made = (
        part[["reflectance", "clear"]]
        .sel(band=list(model.bands))
        .transpose("time", "band", "y", "x")
        .copy(deep=True)
    )
    values, clear = made["reflectance"].values, made["clear"].values
    for month in months:
        values[month] = np.where(mask & clear[month], background[month][:, None, None], values[month])
    return made


def _asked(model: Segmenter, parts: Iterable[xr.Dataset], here: tuple[int, int]) -> np.ndarray:
    """Return the probabilities (n, class) float64 of one pixel of cubes of one size."""
    return _logits(model, parts, here).softmax(1).numpy()


@torch.no_grad()
def _logits(model: Segmenter, parts: Iterable[xr.Dataset], here: tuple[int, int]) -> torch.Tensor:
    """Return the logits (n, class) float64 of one pixel of cubes of one size."""
    read = [model.inputs(part) for part in parts]
    found = []
    for k in range(0, len(read), CHUNK):
        x, seen = (torch.cat(column) for column in zip(*read[k : k + CHUNK], strict=True))
        found.append(model.module(x, seen)[:, :, here[0], here[1]])
    return torch.cat(found).double()
