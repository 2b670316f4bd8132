"""Serve the Leaflet of an installed wheel from the Streamlit server itself.

No JavaScript of Leaflet is committed: ``XStatic-Leaflet`` (BSD-2-Clause) ships the upstream files of 1.9.3,
the version folium 0.20 asks its CDN for. ``declare_component`` is used for one thing only: it makes Streamlit
serve a folder at ``/component/<module>.<name>/`` with the right MIME types.
"""

from __future__ import annotations

from pathlib import Path

import streamlit.components.v1 as components
from xstatic.pkg import leaflet as wheel

FOLDER = Path(wheel.BASE_DIR)
"""Where the wheel's files lie on this machine."""

NAME = f"{__name__}.leaflet"
ROUTE = f"component/{NAME}"
"""Where the server shows them, relative to the app's own address (so that ``server.baseUrlPath`` works)."""


def serve() -> str:
    """Have the server show the wheel's files, and return where (:data:`ROUTE`).

    Said whenever a map is drawn: Streamlit takes no notice of a declaration made outside of a visit, and what is
    imported ahead (:mod:`pages.kit.warmup`, thoughts of a game) imports this module outside of one.
    """
    components.declare_component("leaflet", path=FOLDER)
    return ROUTE


def localise_folium() -> None:
    """Point folium (and with it streamlit-folium and leafmap.foliumap) at the wheel; drop its CDN files.

    jQuery, Bootstrap and Font Awesome, which folium also asks for, serve only its optional popups and icons.
    The addresses are relative to the frame of streamlit-folium (``/component/streamlit_folium.st_folium/``).
    """
    import folium

    serve()
    base = f"../{NAME}"
    icons = f"data:text/javascript,L.Icon.Default.imagePath='{base}/images/'"
    folium.Map.default_js = [("leaflet", f"{base}/leaflet.js"), ("leaflet_icons", icons)]
    folium.Map.default_css = [("leaflet_css", f"{base}/leaflet.css")]
