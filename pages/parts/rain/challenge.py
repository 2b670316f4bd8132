"""The challenge: keep three satellites of ten; the note of the whole day says how well they were chosen."""

from __future__ import annotations

import streamlit as st

from pages.kit.card import Bar, bars
from pages.kit.stand import stars
from pages.kit.words import Words
from pages.parts.rain import fleet, trios
from pages.parts.rain.days import NAMES, Day
from pages.parts.rain.stories import Story

KEEP = trios.KEEP
#: Up to this place of 120 a choice is among the best; up to that one it is good.
TOP, GOOD = 10, 40


def kept(day: Day) -> tuple[str, ...]:
    """Return the satellites that are on."""
    return tuple(name for name in NAMES if name not in day.choice.off)


def place(story: Story, trio: tuple[str, ...]) -> int:
    """Return the place of a trio among all of them, 1 is the best."""
    held = trios.notes(story)
    return 1 + sum(note > held[trio] for note in held.values())


def verdict(t: Words, story: Story, now: Day, full: Day) -> None:
    """Say how good the day's maps are with the satellites that were kept."""
    on = kept(now)
    if len(on) != KEEP:
        left = KEEP - len(on)
        st.markdown(t("rain.public.three_left", n=left) if left > 0 else t("rain.public.three_many", n=-left))
        return
    held = trios.notes(story)
    best = max(held, key=lambda trio: held[trio])
    mine, rank = float(now.whole["csi"]), place(story, on)
    stars.record("rain", f"{story.seed}_{'_'.join(on)}", won=rank <= GOOD)
    said = "best" if rank == 1 else "top" if rank <= TOP else "good" if rank <= GOOD else "poor"
    st.header(t("rain.public.three_rank", rank=rank, n=len(held)), anchor=False)
    st.markdown(t(f"rain.public.three_{said}"))
    rows = [
        (t("rain.public.three_yours"), mine, True),
        (t("rain.public.three_winner"), held[best], False),
        (t("rain.public.three_worst"), min(held.values()), False),
        (t("rain.public.three_all"), float(full.whole["csi"]), False),
    ]
    bars(
        [Bar(label, note, text=str(round(100 * note)), main=main) for label, note, main in rows], t,
        label=t("rain.public.three_note"), room="rain", top=max(1e-9, float(full.whole["csi"])) * 1.1,
    )  # fmt: skip
    if rank > 1:
        st.button(
            t("rain.public.three_show"), icon=":material/emoji_events:", key="rain_best", on_click=fleet.switch,
            args=(tuple(name for name in NAMES if name not in best),),
        )  # fmt: skip
