"""How small and how faint a change can be and still be found: changes are planted in a quiet pair and looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation, minimum_filter

from eogen.change.methods import method, score
from eogen.change.plant import plant
from eogen.change.scores import average_precision, curve, sample
from eogen.change.stack import both_valid
from eogen.errors import InputError
from eogen.intervals import wilson
from eogen.progress import Progress, silent

#: Planted part of the quiet pixels at most: more, and what is planted becomes part of what is usual.
SHARE = 0.01
#: Pixels kept free around each square; scored images per size and contrast at most; part of a square to be flagged.
CLEAR, ROUNDS, FOUND = 4, 6, 0.5


def detectability(
    images: xr.DataArray,
    name: str,
    sizes: Sequence[int] = (1, 2, 4, 8),
    contrasts: Sequence[float] = (0.15, 0.3, 0.6, 1.0),
    *,
    kind: str = "building",
    rate: float = 0.01,
    squares: int = 30,
    normalise: str | None = None,
    smooth: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return how often planted squares are found, by size and contrast.

    Squares lie where nothing is known to have changed (label 0; anywhere valid without a label), at the same places for
    every contrast. One is found when half of its pixels or more score above the threshold that ``rate`` of the quiet
    pixels of the same picture exceed, so that false alarms are the same everywhere.

    Args:
        images: a pair.
        name: of an estimator.
        sizes: sides of the squares, pixels.
        contrasts: opacity of the paint, above 0 to 1 (:func:`eogen.change.plant.plant`).
        kind: of the change planted.
        rate: of false alarms, part of the quiet pixels, between 0 and 0.5.
        squares: of each size and contrast; fewer where they do not fit into ``ROUNDS`` pictures (see ``planted``).
        normalise, smooth: of the estimator; ``seed``: places, paint and estimator.
        progress: stage ``plant``; may raise ``Cancelled``.

    Returns:
        By (size, contrast): ``found`` and ``planted`` counts; ``share`` with its 95 % Wilson interval ``low``,
        ``high``; ``ap`` the average precision of planted against quiet pixels, ``prevalence`` what it would be by
        chance, both means over pictures; ``step`` how far the paint moved the bands (robust deviations of the scene,
        root mean square). By (size): ``unplanted`` the part of the same places found though nothing was planted.

    Raises:
        InputError: ``change_detect``; ``change_detect_room``; those of the estimator and of ``plant``.
    """
    sizes, contrasts = tuple(sizes), tuple(contrasts)
    if not sizes or not contrasts or min(sizes) < 1 or squares < 1 or not 0 < rate < 0.5:
        raise InputError(
            "change_detect",
            "Detectability was asked for with sides of {sizes} pixels, {contrasts} contrasts, {squares} squares and "
            "false alarms of {rate}; it needs a side of 1 or more, a contrast, a square, and a rate between 0 and 0.5.",
            sizes=", ".join(map(str, sizes)), contrasts=len(contrasts), squares=squares, rate=rate,
        )  # fmt: skip
    choices = {"normalise": normalise, "smooth": smooth, "seed": seed}
    quiet = both_valid(images) & (images.label.values == 0 if "label" in images.coords else True)
    plain = score(images, name, **choices).nll.values
    grid = (len(sizes), len(contrasts))
    made = {k: np.zeros(grid, int) for k in ("found", "planted")}
    made |= {k: np.zeros(grid) for k in ("ap", "prevalence", "step")}
    unplanted = np.zeros(len(sizes))
    for i, side in enumerate(sizes):
        rounds = places(quiet, side, squares, np.random.default_rng((seed, side)))
        total = sum(map(len, rounds))
        hits = [
            _hits(plain, corners, side, _threshold(plain, quiet, corners, side, rate)) for corners in rounds
        ]
        unplanted[i] = sum(hits) / total
        for j, contrast in enumerate(contrasts):
            for number, corners in enumerate(rounds):
                mask = _mask(quiet.shape, corners, side)
                painted = plant(images, mask, kind, contrast, seed=seed + number)
                found = score(painted, name, **choices).nll.values
                rest = _rest(quiet, corners, side)
                made["found"][i, j] += _hits(found, corners, side, np.quantile(found[rest], 1 - rate))
                made["planted"][i, j] += len(corners)
                made["ap"][i, j] += average_precision(
                    curve(sample(found[mask | rest], mask[mask | rest]))
                ) / len(rounds)
                made["prevalence"][i, j] += mask.sum() / (mask | rest).sum() / len(rounds)
                made["step"][i, j] += _step(images, painted, mask) / len(rounds)
            progress(i * len(contrasts) + j + 1, grid[0] * grid[1], "plant")
    low, high = wilson(made["found"], made["planted"])
    variables = {k: (("size", "contrast"), v) for k, v in made.items()}
    variables |= {k: (("size", "contrast"), v) for k, v in (("low", low), ("high", high))}
    variables |= {
        "share": (("size", "contrast"), made["found"] / made["planted"]),
        "unplanted": ("size", unplanted),
    }
    about = {
        k: v for k, v in images.attrs.items() if k in ("dataset", "title", "licence", "source", "sensor")
    }
    about |= {
        "estimator": name,
        "paper": method(name).paper,
        "planted_kind": kind,
        "rate": rate,
        "seed": seed,
    }
    about["kind"] = "simulated" if images.attrs.get("kind") == "simulated" else "derived"
    return xr.Dataset(variables, {"size": list(sizes), "contrast": list(contrasts)}, about)


def places(quiet: np.ndarray, side: int, squares: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return, picture by picture, upper left corners (n, 2) of squares on quiet ground that keep clear of each other.

    Raises:
        InputError: ``change_detect_room``.
    """
    fits = minimum_filter(
        quiet, side, origin=-(side // 2) if side % 2 == 0 else -((side - 1) // 2), mode="constant"
    )
    fits[quiet.shape[0] - side + 1 :], fits[:, quiet.shape[1] - side + 1 :] = False, False
    # At least one square, even where it is more than its share.
    most = max(1, int(SHARE * quiet.sum() / side**2))
    rounds: list[np.ndarray] = []
    while len(rounds) < ROUNDS and (left := squares - sum(map(len, rounds))) > 0:
        free, corners = fits.copy(), []
        while len(corners) < min(most, left) and free.any():
            y, x = np.unravel_index(rng.choice(np.flatnonzero(free)), free.shape)
            corners.append((y, x))
            reach = side + CLEAR
            free[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach] = False
        if not corners:
            raise InputError(
                "change_detect_room",
                "No square of {side} pixels fits on ground without a change; choose a smaller one or a larger image.",
                side=side,
            )  # fmt: skip
        rounds.append(np.array(corners))
    return rounds


def _mask(shape: tuple[int, int], corners: np.ndarray, side: int) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for y, x in corners:
        mask[y : y + side, x : x + side] = True
    return mask


def _rest(quiet: np.ndarray, corners: np.ndarray, side: int) -> np.ndarray:
    """Return where nothing changed and no planted square is near."""
    return quiet & ~binary_dilation(_mask(quiet.shape, corners, side), iterations=CLEAR)


def _threshold(values: np.ndarray, quiet: np.ndarray, corners: np.ndarray, side: int, rate: float) -> float:
    return float(np.quantile(values[_rest(quiet, corners, side)], 1 - rate))


def _hits(values: np.ndarray, corners: np.ndarray, side: int, threshold: float) -> int:
    return sum(bool((values[y : y + side, x : x + side] > threshold).mean() >= FOUND) for y, x in corners)


def _step(images: xr.DataArray, painted: xr.DataArray, mask: np.ndarray) -> float:
    """Return how far the paint moved the bands, robust deviations of the scene, root mean square."""
    inside = images.values[-1][:, both_valid(images)]
    away = np.abs(inside - np.median(inside, 1)[:, None])
    spread = 1.4826 * np.median(away, 1)
    spread = np.where(spread > 0, spread, inside.std(1))
    moved = (painted.values[-1] - images.values[-1])[:, mask] / np.where(spread > 0, spread, 1.0)[:, None]
    return float(np.sqrt((moved**2).mean()))
