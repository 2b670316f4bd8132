"""The hall: which pages there are, for whom, in which language; and the warm-up. Nothing else."""

import streamlit as st

from pages.kit import hall, idle, style, warmup
from pages.kit.rooms import open_rooms

st.set_page_config(page_title="EOGen", page_icon="🛰️", layout="wide", initial_sidebar_state="collapsed")
style.apply()
words = hall.controls()
home = st.Page("pages/home.py", title=words("home.title"), icon=":material/home:", default=True)
rooms = [st.Page(f"pages/{room}.py", title=words(f"rooms.{room}.name")) for room in open_rooms()]
page = st.navigation([home, *rooms], position="top")
stand = hall.stand_seconds()
idle.watch(words.lang, home=home, seconds=stand, at_home=page == home)
page.run()
warmup.start()
