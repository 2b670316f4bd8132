"""Validation: queues of cases that people judge one by one, and how far they agree with each other and the machine."""

from pages.kit import hall, warmup
from pages.kit.errors import guard
from pages.parts.verdicts import desk

guest = hall.open_desk("verdicts", quiet=desk.works())
with guard(guest.words):
    desk.show(guest)
warmup.keep("verdicts")
