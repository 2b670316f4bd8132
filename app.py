"""The hall: which pages there are, for whom, in which language; and the warm-up. Nothing else."""

import streamlit as st

from pages.kit import hall, idle, metrics, style, turnstile, upkeep, warmup
from pages.kit.stand import mode, screen

st.set_page_config(page_title="EOGen", page_icon="🛰️", layout="wide", initial_sidebar_state="collapsed")
with turnstile.RUNS.through():
    style.apply()
    words = hall.controls()
    pages = hall.doors(words, expert=hall.is_expert())
    page = st.navigation(pages, position=screen.position())
    idle.watch(words.lang, home=pages[0], seconds=mode.seconds(), at_home=page == pages[0])
    screen.frame(words, pages, page)
    page.run()
warmup.start()
upkeep.start()
metrics.start()
