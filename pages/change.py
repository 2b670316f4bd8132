"""Change: is the second image usual, given the first? Find the differences, then see what surprises the machine."""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.change import expert, public

guest = hall.open_room("change")
with guard(guest.words):
    (expert if guest.expert else public).show(guest)
warmup.keep("change")
