"""Results: what was measured, beside baselines and published numbers; what is missed; runs compared, cards, reviews."""

from pages.kit import hall
from pages.kit.errors import guard
from pages.parts.results import frame

guest = hall.open_desk("results")
with guard(guest.words):
    frame.show(guest.words)
