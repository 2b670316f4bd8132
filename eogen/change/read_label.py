"""What a label image says: changed, unchanged, unknown."""

from __future__ import annotations

from typing import Literal

import numpy as np

from eogen.change.read_image import Picture
from eogen.errors import InputError

#: ``mask``: 255 (or 1) changed, 0 unchanged, exactly 127 unknown; of black and one other colour, black is unchanged.
#: ``oscd``: 2 changed, 1 unchanged (its cm.tif).
#: ``second``: SECOND's label1, changed where it is not white (255, 255, 255), or where its class number is above 0.
#: ``hi_ucd``: the third channel of Hi-UCD's mask, 2 changed, 1 unchanged, 0 unknown.
Rule = Literal["mask", "oscd", "second", "hi_ucd"]


def changed(image: Picture, rule: Rule = "mask") -> np.ndarray:
    """Return (y, x) int8: 1 changed, 0 unchanged, -1 unknown (also where the file declares no value).

    Raises:
        InputError: ``change_label``.
    """
    values = image.values
    grey = len(values) == 1 or bool((values == values[:1]).all())
    if rule == "hi_ucd" and len(values) == 3:
        found = _numbered(values[2])
    elif rule == "second":
        found = (values[0] > 0).astype(np.int8)
        if len(values) == 3 and not (grey and values.max() < 255):
            found = (values != 255).any(0).astype(np.int8)
    elif not grey and _two_colours(values):
        found = (values != 0).any(0).astype(np.int8)
    elif not grey:
        raise InputError(
            "change_label",
            "{name} is no label: it has {bands} different bands. One band is needed: 255 (or 1) where something "
            "changed, 0 where nothing did, 127 where nobody knows.",
            name=image.name, bands=len(values),
        )  # fmt: skip
    elif rule in ("oscd", "hi_ucd"):
        found = _numbered(values[0])
    else:
        found = _mask(values[0])
    return np.where(image.valid, found, -1).astype(np.int8)


def _two_colours(values: np.ndarray) -> bool:
    """Whether an image holds black and one colour only: a mask saved with a palette."""
    lit = values[:, (values != 0).any(0)]
    return 0 < lit.shape[1] < values[0].size and bool((lit == lit[:, :1]).all())


def _mask(values: np.ndarray) -> np.ndarray:
    values = np.nan_to_num(values.astype(np.float64))
    if values.max() <= 1:
        return (values > 0.5).astype(np.int8)
    # 127 means unknown only in a mask of three values: a grey mask (interpolated, or a JPEG) passes through it.
    three = np.isin(values, (0, 127, 255)).all()
    return np.where(three & (values == 127), -1, values > 127).astype(np.int8)


def _numbered(values: np.ndarray) -> np.ndarray:
    """Return the label of an image of 2 changed, 1 unchanged, 0 unknown; of a mask where it holds other numbers."""
    if not np.isin(values, (0, 1, 2)).all():
        return _mask(values)
    return np.select([values == 2, values == 1], [1, 0], -1).astype(np.int8)
