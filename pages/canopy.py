"""Canopy: what a spectrum says of the leaves that made it, what it cannot say, and how sure the machine is."""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.canopy import expert, public

guest = hall.open_room("canopy")
with guard(guest.words):
    (expert if guest.expert else public).show(guest)
warmup.keep("canopy")
