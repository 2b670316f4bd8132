"""What an estimator loses when the second image is shifted, lit otherwise or blurred."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.change.methods import method, score
from eogen.change.scores import average_precision, curve, sample
from eogen.change.stack import both_valid
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: Gains of the bands, by turns, and the exponent that goes with them; blur (pixels).
GAINS, GAMMA, BLUR = (1.15, 0.85, 1.0), 1.3, 1.0
_Image = tuple[np.ndarray, np.ndarray]


def moved(image: np.ndarray, valid: np.ndarray, columns: int) -> _Image:
    """Return an image (band, y, x) moved to the right; what comes in from outside is not valid."""
    out, seen = np.roll(image, columns, -1), np.roll(valid, columns, -1)
    seen[:, :columns] = False
    return out, seen


def relit(image: np.ndarray, valid: np.ndarray) -> _Image:
    """Return an image with a gamma and gains, band by band within its 0.1 to 99.9 percentiles."""
    out = image.astype(np.float64)
    for k, band in enumerate(out):
        low, high = np.percentile(band[valid], (0.1, 99.9))
        span = (high - low) or 1.0
        out[k] = low + span * GAINS[k % len(GAINS)] * np.clip((band - low) / span, 0, None) ** GAMMA
    return out, valid


def blurred(image: np.ndarray, valid: np.ndarray) -> _Image:
    """Return an image blurred among valid pixels."""
    weight = gaussian_filter(valid.astype(np.float64), BLUR)
    return gaussian_filter(np.where(valid, image, 0.0), (0, BLUR, BLUR)) / np.maximum(weight, 1e-6), valid


#: Name -> what is done to the second image.
NUISANCES: dict[str, Callable[[np.ndarray, np.ndarray], _Image]] = {
    "none": lambda image, valid: (image, valid),
    "shift_1": lambda image, valid: moved(image, valid, 1),
    "shift_2": lambda image, valid: moved(image, valid, 2),
    "light": relit,
    "blur": blurred,
}


def nuisances(
    images: xr.DataArray, name: str, *, normalise: str | None = None, smooth: float | None = None, seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:  # fmt: skip
    """Return the average precision of an estimator on a labelled pair whose second image is spoilt.

    All rows are counted on the same pixels, those that stay valid under every nuisance.

    Args:
        images: a pair with a label; pixels of unknown label do not count.
        name: of an estimator; ``normalise``, ``smooth``, ``seed`` as in :func:`eogen.change.methods.score`.
        progress: stage ``score``; may raise ``Cancelled``.

    Returns:
        By (nuisance): ``ap``, and ``loss``, the part of the first row's that is lost (below 0: gained).

    Raises:
        InputError: ``change_unlabelled``; those of the estimator.
    """
    label = images.label.values if "label" in images.coords else np.full(both_valid(images).shape, -1)
    judged = both_valid(images) & (label >= 0)
    judged[:, :2] = False  # what a shift brings in
    if not (0 < label[judged].sum() < judged.sum()):
        raise InputError(
            "change_unlabelled",
            "The pair {title} has no label with both changed and unchanged pixels: there is nothing to compare with.",
            title=str(images.attrs.get("title", "")),
        )  # fmt: skip
    found = []
    for k, change in enumerate(NUISANCES.values()):
        after, seen = change(images.values[1], images.valid.values[1].copy())
        spoilt = images.copy(data=np.stack([images.values[0], np.where(seen, after, 0)]).astype(np.float32))
        spoilt = spoilt.assign_coords(valid=(("time", "y", "x"), np.stack([images.valid.values[0], seen])))
        values = score(spoilt, name, normalise=normalise, smooth=smooth, seed=seed).nll.values
        here = judged & np.isfinite(values)
        found.append(average_precision(curve(sample(values[here], label[here] == 1))))
        progress(k + 1, len(NUISANCES), "score")
    ap = np.array(found)
    about = {
        k: v for k, v in images.attrs.items() if k in ("dataset", "title", "licence", "source", "sensor")
    }
    about |= {"estimator": name, "paper": method(name).paper, "kind": "derived"}
    variables = {"ap": ("nuisance", ap), "loss": ("nuisance", 1 - ap / ap[0])}
    return xr.Dataset(variables, {"nuisance": list(NUISANCES)}, about)
