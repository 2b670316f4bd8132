"""What people can judge in this room: whether what is believed of a spectrum is plausible."""

from __future__ import annotations

from eogen.verdicts.kinds import Kind, Option
from eogen.verdicts.later import later

_JUDGED = "eogen.canopy.judged"

KINDS: tuple[Kind, ...] = (
    Kind(
        "posteriors", "canopy", ("plausible", "not_plausible"),
        later(f"{_JUDGED}:posteriors"), later(f"{_JUDGED}:draw"),
        (
            Option("canopy_source", later(f"{_JUDGED}:sources")),
            Option("canopy_families", later(f"{_JUDGED}:family_names"), several=True),
        ),
    ),
)  # fmt: skip
