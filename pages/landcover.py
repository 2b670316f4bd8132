"""Land cover: what a network says an image is, where it looked, which bands mattered, and how far to trust that."""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.landcover import expert, public

guest = hall.open_room("landcover")
with guard(guest.words):
    (expert if guest.expert else public).show(guest)
warmup.keep("landcover")
