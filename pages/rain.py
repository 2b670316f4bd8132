"""Rain: switch off a satellite and see what the map misses; how good is a map where no radar sees it?"""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.rain import expert, public

guest = hall.open_room("rain")
with guard(guest.words):
    (expert if guest.expert else public).show(guest)
warmup.keep("rain")
