"""What an estimator is given and what it gives: plain arrays, inside the package only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from eogen.change.stack import both_valid


@dataclass(frozen=True)
class Problem:
    """Two images.

    Attributes:
        before, after: (band, y, x) float32, finite everywhere (0 where not valid), normalised as asked.
        valid: (y, x) bool, on both dates.
        bands: names.
        sensor: of the stack.
        raw: the two images (time, band, y, x) before normalisation, for indices.
    """

    before: np.ndarray
    after: np.ndarray
    valid: np.ndarray
    bands: tuple[str, ...]
    sensor: str = "unknown"
    raw: np.ndarray | None = None

    @property
    def swapped(self) -> Problem:
        """Return the same question asked backwards in time."""
        return replace(
            self, before=self.after, after=self.before, raw=None if self.raw is None else self.raw[::-1]
        )


@dataclass
class Answer:
    """How unusual each pixel is.

    Attributes:
        nll: (y, x) float32, higher = less usual: a negative log-likelihood up to a constant, or a distance.
        parts: name -> (y, x) float32: what the score is made of (bands, noise levels, terms).
        facts: said beside the map (numbers and short texts).
    """

    nll: np.ndarray
    parts: dict[str, np.ndarray] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)


def problem(images: xr.DataArray, normalise: str = "none") -> Problem:
    """Return the question of a pair, its images normalised (see :mod:`eogen.change.normalise`)."""
    from eogen.change.normalise import normalised

    valid = both_valid(images)
    raw = np.where(valid, images.values, np.float32(0))
    before, after = normalised(raw[0], raw[1], valid, normalise)
    bands = tuple(map(str, images.band.values))
    return Problem(before, after, valid, bands, str(images.attrs.get("sensor", "unknown")), raw)


def symmetric(estimate, question: Problem, *args: object, **more: object) -> Answer:  # noqa: ANN001
    """Return the mean of an estimate asked forwards and backwards in time; both directions are parts."""
    one, other = estimate(question, *args, **more), estimate(question.swapped, *args, **more)
    parts = {k: (v + other.parts[k]) / 2 for k, v in one.parts.items()}
    parts |= {"forward": one.nll, "backward": other.nll}
    return Answer((one.nll + other.nll) / 2, parts, one.facts)
