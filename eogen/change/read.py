"""What the room reads: two images of one place, and series of them."""

from __future__ import annotations

from eogen.change.read_dates import date_in
from eogen.change.read_image import read_image
from eogen.change.read_label import Rule, changed
from eogen.change.read_pair import read_pair
from eogen.change.read_series import read_series
from eogen.change.read_upload import upload

__all__ = ["Rule", "changed", "date_in", "read_image", "read_pair", "read_series", "upload"]
