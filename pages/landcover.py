"""Land cover: what a network says an image or a year of images is, what told it, and how far to trust that."""

from importlib import import_module

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.landcover import topic

guest = hall.open_room("landcover", topic.question)
with guard(guest.words):
    season = topic.chosen(guest.words) == "season"
    folder = "pages.parts.landcover" + (".seasons" if season else "")
    import_module(f"{folder}.{'expert' if guest.expert else 'public'}").show(guest)
    if not season and not guest.expert:
        topic.invite(guest.words)
warmup.keep("landcover")
