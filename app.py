"""The hall: which pages there are, for whom, in which language; and the warm-up. Nothing else."""

from pathlib import Path

import streamlit as st

from pages.kit import hall, warmup
from pages.kit.rooms import open_rooms

st.set_page_config(page_title="EOGen", page_icon="🛰️", layout="wide", initial_sidebar_state="collapsed")
st.html(Path(__file__).parent / "assets" / "style.css")
words = hall.controls()
home = st.Page("pages/home.py", title=words("home.title"), icon=":material/home:", default=True)
rooms = [st.Page(f"pages/{room}.py", title=words(f"rooms.{room}.name")) for room in open_rooms()]
st.navigation([home, *rooms], position="top").run()
warmup.start()
