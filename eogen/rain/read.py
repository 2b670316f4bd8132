"""What the room reads: IMERG, radars, gauges; their means in time and their pairs."""

from __future__ import annotations

from eogen.rain.half_hours import means
from eogen.rain.maps import pair
from eogen.rain.read_gauges import beside
from eogen.rain.read_gauges import read as gauges
from eogen.rain.read_imerg import read as imerg
from eogen.rain.read_radar import kind_of, native
from eogen.rain.read_radar import read as radar
from eogen.rain.regrid import cells, to_cells

__all__ = ["beside", "cells", "gauges", "imerg", "kind_of", "means", "native", "pair", "radar", "to_cells"]
