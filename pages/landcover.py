"""Land cover: what a network says an image or a year of images is, what told it, and how far to trust that."""

from importlib import import_module

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.landcover import topic

guest = hall.open_room("landcover")
with guard(guest.words):
    folder = "pages.parts.landcover" + (".seasons" if topic.chosen(guest.words) == "season" else "")
    import_module(f"{folder}.{'expert' if guest.expert else 'public'}").show(guest)
warmup.keep("landcover")
