"""The cases of the evaluation: the labelled pairs of each set that lies in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.change import sets
from eogen.change.stack import both_valid, pair
from eogen.errors import InputError

#: Most pairs of one set, at equal steps, and most pixels of all of them: full sets have thousands of pairs.
MOST, PIXELS = 80, 14_000_000
QUICK = 2


@dataclass(frozen=True)
class Case:
    """One set.

    Attributes:
        name: of the folder.
        kind: which set it is, a row of :mod:`eogen.change.sets_rows`.
        sensor: whose images.
        pairs: name -> labelled pair.
        sha256: of everything that was read.
        note: what a reader must know.
    """

    name: str
    kind: str
    sensor: str
    pairs: dict[str, xr.DataArray] = field(repr=False)
    sha256: str = ""
    note: str = ""

    @property
    def known(self) -> dict[str, np.ndarray]:
        """Return where (y, x; bool) each pair is valid on both dates and its label is known."""
        return {k: both_valid(p) & (p.label.values >= 0) for k, p in self.pairs.items()}


def cases(root: Path, absent: Callable[[str], None], *, quick: bool = False) -> Iterator[Case]:
    """Yield the sets of a folder that have labels; a sentence for each that cannot serve goes to ``absent``.

    Args:
        root: the room's folder, any subset of its layouts.
        absent: told what is not there.
        quick: two pairs of each set.
    """
    found = sets.sets(root)
    if not found:
        absent(f"There is no set of pairs in {root.name}.")
    for folder in found:
        if not folder.labelled:
            absent(f"{folder.name}: no pair has a label.")
            continue
        names = [n for n in folder.pairs if folder.files[n].label is not None]
        most = QUICK if quick else MOST
        some = [
            names[k]
            for k in np.unique(np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int))
        ]
        pairs, pixels = {}, 0
        for name in some:
            try:
                images = pair(sets.open(folder, name))
            except InputError as reason:
                absent(f"{folder.name} / {name}: {reason}")
                continue
            if (both_valid(images) & (images.label.values >= 0)).any():
                pairs[name] = images
                pixels += images.sizes["y"] * images.sizes["x"]
            if pixels > PIXELS:
                break
        if pairs:
            left = f"{len(pairs)} of its {len(names)} labelled pairs." if len(pairs) < len(names) else ""
            sensor = str(next(iter(pairs.values())).attrs["sensor"])
            yield Case(folder.name, folder.row.name, sensor, pairs, digest(pairs), left)


def windows(case: Case, size: int, count: int) -> Case:
    """Return the central windows of a side of ``size`` of some pairs at equal steps: for what is too slow for all."""
    names = list(case.pairs)
    some = [
        names[k]
        for k in np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int))
    ]
    cut = {}
    for name in some:
        ny, nx = (case.pairs[name].sizes[d] for d in ("y", "x"))
        at = [slice(max(0, (n - size) // 2), max(0, (n - size) // 2) + size) for n in (ny, nx)]
        window = case.pairs[name].isel(y=at[0], x=at[1])
        if (both_valid(window) & (window.label.values >= 0)).any():
            cut[name] = window
    note = f"Central windows of {size} pixels of {len(cut)} pairs. {case.note}".strip()
    return Case(
        f"{case.name}, {len(cut)} windows of {size} px", case.kind, case.sensor, cut, digest(cut), note
    )


def digest(pairs: dict[str, xr.DataArray]) -> str:
    """Return the SHA-256 of names, values and labels."""
    sums = hashlib.sha256()
    for name, images in pairs.items():
        sums.update(name.encode())
        sums.update(np.ascontiguousarray(images.values).tobytes())
        sums.update(np.ascontiguousarray(images.label.values).tobytes())
    return sums.hexdigest()
