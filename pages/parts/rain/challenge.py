"""The challenge: keep three satellites of ten; the note of the whole day says how well they were chosen."""

from __future__ import annotations

import streamlit as st

from pages.kit.card import gauge
from pages.kit.words import Words
from pages.parts.rain.days import NAMES, Day
from pages.parts.rain.stories import Story

KEEP = 3


def verdict(t: Words, story: Story, now: Day, full: Day) -> None:
    """Say how good the day's maps are with the satellites that were kept."""
    on = [name for name in NAMES if name not in now.choice.off]
    if len(on) < KEEP:
        st.markdown(t("rain.public.three_left", n=KEEP - len(on)))
        return
    mine, best = (float(day.whole["csi"]) for day in (now, full))
    gauge(t("rain.public.three_note"), mine, t, text=t("rain.public.out_of", n=str(round(100 * mine))), room="rain",
          references={t("rain.public.three_all"): best})  # fmt: skip
