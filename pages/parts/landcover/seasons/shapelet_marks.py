"""Where the shapelets of a model lie on the season, and what each says of the class explained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.landcover.series.season import ndvi
from eogen.landcover.series.when import shapelet_words
from pages.kit.words import Words
from pages.parts.landcover.seasons.state import State

#: Shapelets drawn: those that say most.
SHOWN = 3


@dataclass(frozen=True)
class Mark:
    """A shapelet where it lies.

    Attributes:
        months: (length,) numbers of the months it covers.
        ndvi: (length,) its own greenness.
        word: what it adds to the logit of the class explained, beyond the other classes; above 0 speaks for it.
        distance: how far the season is from it there, mean square in standard deviations.
        name: said when it is touched.
    """

    months: np.ndarray
    ndvi: np.ndarray
    word: float
    distance: float
    name: str


def marks(t: Words, state: State) -> list[Mark]:
    """Return the shapelets that say most of the series on the screen; none for other models."""
    model = state.model
    if not hasattr(model, "shapelets"):
        return []
    start, distance = (each[0] for each in model.places(state.series[None]))
    word = shapelet_words(model, state.series[None], np.array([state.target]), state.background)[0]
    shapes, lengths = model.shapelets(), np.asarray(model.lengths)
    names = state.month_names(t)
    found = []
    for k in np.argsort(-np.abs(word))[:SHOWN]:
        months = np.arange(start[k], start[k] + lengths[k])
        said = t(
            "landcover.series.season.shapelet", first=names[months[0]], last=names[months[-1]], word=float(word[k]),
            side=t(f"landcover.series.season.sides.{'for' if word[k] > 0 else 'against'}"),
        )  # fmt: skip
        found.append(
            Mark(months, ndvi(shapes[k][None], model.bands)[0], float(word[k]), float(distance[k]), said)
        )
    return found
