"""Two pictures in which the visitor taps what differs: a Streamlit element (components v2), wholly in the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from scipy.ndimage import distance_transform_edt

HERE = Path(__file__).parent
WORDS = (
    "lang", "before", "after", "keys", "hint", "show", "list", "place", "start", "found", "missed", "again", "hinted",
    "tally",
)  # fmt: skip
"""Labels the element needs: names of the two pictures, how to play with the keyboard, the two buttons, the list of
places (``place`` with ``{number}``), and what is said: at the start, after a find (``{found}``, ``{count}``,
``{what}``), after a miss, when it was found before, after a hint; ``tally`` (``{found}``, ``{count}``)."""

#: Cells a side of the grid that says where differences lie, and how near counts, as a part of the side.
GRID, NEAR = 112, 0.03
#: The digits of base 36.
DIGITS = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz"))
#: Smallest radius of a drawn ring, as a part of the side.
RING = 0.035

_FRAME = """<div class="frame {side}" tabindex="0" role="application"><img alt="">
<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"></svg><div class="ghost" hidden></div>
<span class="tag"></span></div>"""
_HTML = f"""<div class="spot"><div class="pair">{_FRAME.format(side="before")}{_FRAME.format(side="after")}</div>
<div class="row"><div class="dots" role="img"></div><output aria-live="polite"></output>
<button type="button"></button><button type="button"></button></div>
<div class="keys"></div><details><summary></summary><div class="places"></div></details></div>"""

_mount = st.components.v2.component(
    "eogen_spot",
    html=_HTML,
    css=(HERE / "spot.css").read_text("utf-8"),
    js=(HERE / "spot.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Spotted:
    """A round that is over: which one, the numbers of the differences found, taps beside, hints taken."""

    token: str
    found: tuple[int, ...]
    missed: int
    hints: int


def spot(
    before: str,
    after: str,
    difference: np.ndarray,
    *,
    key: str,
    token: str,
    labels: Mapping[str, str],
    what: Sequence[str] = (),
    decoys: Sequence[tuple[float, float]] = (),
) -> Spotted | None:
    """Draw the game; return the round that ended last, if any.

    Nothing is sent while it is played; the one message comes when all is found, or at the press of the button.

    Args:
        before, after: ``data:`` addresses of two pictures of the same size.
        difference: (y, x) numbers of the differences from 1 on, 0 elsewhere; at most 35.
        key: of the element.
        token: names the round: another one is laid anew.
        labels: :data:`WORDS`.
        what: what each difference is, said when it is found.
        decoys: further places of the list, (x, y) as parts of the sides, where nothing has changed.

    Raises:
        KeyError: a label is missing.
    """
    if missing := [w for w in WORDS if w not in labels]:
        raise KeyError(f"labels missing: {', '.join(missing)}")
    found = rings(difference)
    for number, ring in enumerate(found):
        ring["what"] = what[number] if number < len(what) else ""
    places = [
        {"x": r["x"], "y": r["y"], "k": n, "w": min(max(3 * r["r"], 0.14), 0.5)}
        for n, r in enumerate(found, 1)
    ]
    places += [{"x": x, "y": y, "k": 0, "w": 0.16} for x, y in decoys]
    order = np.random.default_rng(int(difference.sum())).permutation(len(places))
    # Braces would be taken for places that were left unfilled.
    said = {name: re.sub(r"\{(\w+)\}", r"[[\1]]", text) for name, text in labels.items()}
    data: dict[str, Any] = {
        "before": before, "after": after, "token": token, "labels": said, "grid": grid(difference), "side": GRID,
        "rings": found, "places": [places[k] for k in order], "shape": difference.shape[1] / difference.shape[0],
    }  # fmt: skip
    told = _mount(key=key, data=data, default={"spotted": None}, on_spotted_change=lambda: None).get(
        "spotted"
    )
    if not told:
        return None
    return Spotted(
        str(told["token"]), tuple(int(k) for k in told["found"]), int(told["missed"]), int(told["hints"])
    )


def rings(difference: np.ndarray) -> list[dict[str, Any]]:
    """Return centre and radius of each difference, as parts of the sides."""
    rows, columns = difference.shape
    made = []
    for number in range(1, int(difference.max()) + 1):
        y, x = np.nonzero(difference == number)
        reach = max(np.ptp(y) / rows, np.ptp(x) / columns) / 2 + 0.012
        centre = (float((x.min() + x.max() + 1) / 2 / columns), float((y.min() + y.max() + 1) / 2 / rows))
        made.append(
            {"x": round(centre[0], 4), "y": round(centre[1], 4), "r": round(max(float(reach), RING), 4)}
        )
    return made


def grid(difference: np.ndarray) -> str:
    """Return which difference counts at each cell of a coarse grid, row by row, in base 36: the nearest in reach."""
    rows, columns = difference.shape
    away, (y, x) = distance_transform_edt(difference == 0, return_indices=True)
    near = np.where(away <= NEAR * max(rows, columns), difference[y, x], 0)
    at = (np.arange(GRID) + 0.5) / GRID
    small = near[np.ix_((at * rows).astype(int), (at * columns).astype(int))]
    return "".join(DIGITS[small.ravel()])
