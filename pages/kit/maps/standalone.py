"""A map as one HTML file that opens anywhere, with no network: leafmap with Leaflet inside.

leafmap is imported when a map is asked for (it costs a second), never at start.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from pages.kit.maps import leaflet
from pages.kit.maps.folium_map import Objects, add
from pages.kit.maps.layers import Layer

WORDS = ("lang", "title", "opacity", "provenance", "attribution", "online")
"""Words a stand-alone map needs: ``provenance`` and ``attribution`` are sentences printed under it, and
``online`` one that says that the background needs a network (shown with ``online=True``)."""

BACKGROUND = "https://tile.openstreetmap.org"
BACKGROUND_CREDIT = "© OpenStreetMap contributors"


def standalone_html(
    layers: Sequence[Layer | Objects],
    *,
    words: Mapping[str, str],
    legends: Sequence[str] = (),
    outline: bool = False,
    online: bool = False,
) -> str:
    """Return one HTML file: ``layers``, a switch, an opacity slider, legends, attribution and provenance.

    Nothing is loaded from anywhere: a content security policy in the file forbids it. With ``online=True``,
    an explicit choice of the user, OpenStreetMap is added as a background for readers who are online.

    Args:
        words: :data:`WORDS`, as text.
        legends: HTML from :mod:`pages.kit.maps.legend`.

    Raises:
        KeyError: a word is missing.
        ValueError: nothing to draw, or a picture on the pixel plane.
    """
    if missing := [w for w in WORDS if w not in words]:
        raise KeyError(f"words of the stand-alone map missing: {', '.join(missing)}")
    import folium
    import leafmap.foliumap as leafmap

    off = ("draw", "measure", "fullscreen", "locate", "search", "layers", "attribution", "latlon", "minimap")
    target = leafmap.Map(
        tiles=None, basemap=None, draw_export=False, zoom_snap=0.25, **{f"{n}_control": False for n in off}
    )
    target.default_js, target.default_css = [], []
    if online:
        folium.TileLayer(
            f"{BACKGROUND}/{{z}}/{{x}}/{{y}}.png", attr=BACKGROUND_CREDIT, name="OpenStreetMap"
        ).add_to(target)
    add(target, layers, outline=outline)
    folium.LayerControl(collapsed=False).add_to(target)
    return _assemble(target.get_root().render(), words, legends, online)


def _assemble(page: str, words: Mapping[str, str], legends: Sequence[str], online: bool) -> str:
    """Return folium's page with Leaflet and our own head, header and footer written into it."""
    text = {name: escape(sentence) for name, sentence in words.items()}
    source = f" {BACKGROUND}" if online else ""
    policy = f"default-src 'none';img-src data:{source};script-src 'unsafe-inline';style-src 'unsafe-inline'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{text['title']}</title><style>{_css()}</style>"
        f"<script>{(leaflet.FOLDER / 'leaflet.js').read_text('utf-8')}</script>"
    )
    header = (
        f"<header><h1>{text['title']}</h1><label>{text['opacity']}"
        '<input id="opacity" type="range" min="0" max="1" step="0.01" value="0.8"></label></header>'
    )
    background = f"<p>{text['online']} {BACKGROUND_CREDIT}.</p>" if online else ""
    footer = (
        f"<footer>{''.join(legends)}<div><p>{text['provenance']}</p><p>{text['attribution']}</p>{background}"
        "<p>Leaflet 1.9.3 (BSD-2-Clause)</p></div></footer>"
    )
    # The policy must stand before anything it governs, and our style after folium's.
    page = page.replace("<head>", f"<head>{head}", 1).replace(
        "</head>", f"<style>{_own('css')}</style></head>", 1
    )
    page = re.sub(r"<html\b[^>]*>", f'<html lang="{text["lang"]}">', page, count=1)
    page = page.replace("<body>", f"<body>{header}", 1).replace("</body>", f"{footer}</body>", 1)
    return page.replace("</html>", f"<script>{_own('js')}</script></html>", 1)


def _own(kind: str) -> str:
    return (Path(__file__).parent / f"standalone.{kind}").read_text("utf-8")


def _css() -> str:
    """Return Leaflet's stylesheet with its pictures inside."""

    def inline(found: re.Match[str]) -> str:
        data = base64.b64encode((leaflet.FOLDER / "images" / found[1]).read_bytes()).decode()
        return f"url(data:image/png;base64,{data})"

    css = (leaflet.FOLDER / "leaflet.css").read_text("utf-8")
    return re.sub(r"url\(images/([\w.-]+)\)", inline, css)
