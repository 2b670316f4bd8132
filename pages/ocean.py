"""Ocean: what is under the clouds; the machine fills the gap, and the truth that was hidden says how well."""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.ocean import expert, public

guest = hall.open_room("ocean")
with guard(guest.words):
    (expert if guest.expert else public).show(guest)
warmup.keep("ocean")
