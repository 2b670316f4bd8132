"""What people can judge in this room: explanations, answers of a picture, answers of a year."""

from __future__ import annotations

from eogen.verdicts.kinds import Kind, Option
from eogen.verdicts.later import later

_IMAGES, _YEARS = "eogen.landcover.judged_images", "eogen.landcover.series.judged"
_SOURCE = Option("landcover_source", later("eogen.landcover.shelf:sources"))
_MODEL = Option("landcover_model", later(f"{_IMAGES}:model_names"))

KINDS: tuple[Kind, ...] = (
    Kind(
        "explanations", "landcover", ("sensible", "not_sensible"),
        later(f"{_IMAGES}:explanations"), later(f"{_IMAGES}:draw_explanation"),
        (_SOURCE, _MODEL, Option("landcover_methods", later(f"{_IMAGES}:method_names"), several=True)),
    ),
    Kind(
        "labels", "landcover", ("right", "wrong"),
        later(f"{_IMAGES}:labels"), later(f"{_IMAGES}:draw_label"), (_SOURCE, _MODEL),
    ),
    Kind(
        "seasons", "landcover", ("right", "wrong"),
        later(f"{_YEARS}:seasons"), later(f"{_YEARS}:draw"),
        (
            Option("landcover_parcels", later(f"{_YEARS}:parcel_sets")),
            Option("landcover_season_model", later(f"{_YEARS}:model_names")),
        ),
    ),
)  # fmt: skip
