"""A simulated territory whose every parcel, date and reason is known: PROSAIL through a year, seen through clouds.

``territory`` is a cube of images, ``parcels`` are their like in series, ``evidence`` is what truly tells classes apart.
Each class follows its law; each parcel draws its own dates, leaf areas and soil. Equal seeds give equal parcels
whatever the options: ``harvest_shift`` and ``cloud_month`` change what they say and nothing else, which makes true
counterfactuals. Never show it as real.
"""

from eogen.landcover.series.territory_evidence import event_evidence, evidence, pair_evidence, twin_of
from eogen.landcover.series.territory_laws import CLASSES, LAWS, TWINS, Twin
from eogen.landcover.series.territory_parcels import parcels
from eogen.landcover.series.territory_scene import territory

__all__ = (
    "CLASSES", "LAWS", "TWINS", "Twin", "event_evidence", "evidence", "pair_evidence", "parcels", "territory",
    "twin_of",
)  # fmt: skip
