"""What people can judge in this room: whether cells of a model mean something, and whether a map is good."""

from __future__ import annotations

from eogen.verdicts.kinds import Kind, Option
from eogen.verdicts.later import later

_JUDGED = "eogen.rain.judged"
_DRAW = Option("rain_draw", later(f"{_JUDGED}:draws"))

KINDS: tuple[Kind, ...] = (
    Kind(
        "families", "rain", ("same", "different"),
        later(f"{_JUDGED}:families"), later(f"{_JUDGED}:draw_family"),
        (Option("rain_method", later(f"{_JUDGED}:cluster_methods")), _DRAW),
    ),
    Kind(
        "scores", "rain", ("good", "bad"),
        later(f"{_JUDGED}:scores"), later(f"{_JUDGED}:draw_score"),
        (Option("rain_score_method", later(f"{_JUDGED}:score_methods")), _DRAW),
    ),
)  # fmt: skip
