"""What a visitor may take away: figures, tables, rasters, objects, maps, cards, and a link to the very view.

Nothing is computed until it is asked for: files are callables that Streamlit runs on the click, in their own
thread. Figures are saved by the plotly already in the visitor's browser. Kaleido was measured and left: it
needs a Chrome on the server (350 MB that a fresh machine has not) and takes 2.8 to 3.9 s a figure; the
browser needs neither.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages.kit.style import escape
from pages.kit.words import Words

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("eogen.pages")

#: extension -> (key of its word in [kit.export], MIME type, icon)
FORMATS: dict[str, tuple[str, str, str]] = {
    "csv": ("csv", "text/csv", "table"),
    "tif": ("geotiff", "image/tiff", "grid_on"),
    "geojson": ("geojson", "application/geo+json", "polyline"),
    "json": ("json", "application/json", "data_object"),
    "jsonl": ("jsonl", "application/x-ndjson", "data_object"),
    "html": ("html", "text/html", "map"),
    "nc": ("netcdf", "application/x-netcdf", "database"),
    "png": ("png", "image/png", "image"),
}


@dataclass(frozen=True)
class File:
    """A file made on request.

    Attributes:
        name: file name; its ending must be in :data:`FORMATS`.
        make: returns the content; runs in a thread of its own on the click, so it must not draw anything.
    """

    name: str
    make: Callable[[], bytes | str]

    def __post_init__(self) -> None:
        if self.ending not in FORMATS:
            raise ValueError(f"{self.name!r}: the ending must be one of {sorted(FORMATS)}")

    @property
    def ending(self) -> str:
        """Return the part of the name after its last point."""
        return self.name.rpartition(".")[2]

    def content(self) -> bytes:
        """Make the content; what goes wrong is in the server's log, whole, before Streamlit says so."""
        try:
            made = self.make()
        except Exception:
            log.exception("export of %s", self.name)
            raise
        return made.encode() if isinstance(made, str) else made


@dataclass(frozen=True)
class Chart:
    """A figure drawn by :func:`pages.kit.figures.show` with ``expert=True``, saved as PNG or SVG.

    Attributes:
        key: the chart's key.
        name: file name without ending.
        label: tells it from the other charts of the page, e.g. ``"A"``.
    """

    key: str
    name: str
    label: str = ""


def table(name: str, frame: Callable[[], pd.DataFrame]) -> File:
    """Return a CSV file: UTF-8, comma, decimal point, one header line, whatever the language of the page.

    No byte-order mark: readers that do not expect it (R's ``read.csv``, Python's ``csv``) would take it for
    a part of the first column's name.
    """
    return File(f"{name}.csv", lambda: frame().to_csv(index=False, lineterminator="\n"))


def raster(name: str, make: Callable[[], bytes]) -> File:
    """Return a GeoTIFF file whose bytes ``make`` writes (with CRS and nodata: see ``eogen.raster``)."""
    return File(f"{name}.tif", make)


def objects(name: str, make: Callable[[], Mapping[str, Any]]) -> File:
    """Return a GeoJSON file (RFC 7946: longitude and latitude on WGS 84)."""
    return File(f"{name}.geojson", lambda: _json(make()))


def record(name: str, make: Callable[[], Mapping[str, Any]]) -> File:
    """Return a JSON file; not-a-number is refused, as the standard has none."""
    return File(f"{name}.json", lambda: _json(make()))


def page(name: str, make: Callable[[], str]) -> File:
    """Return a stand-alone HTML file, e.g. a map."""
    return File(f"{name}.html", make)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def view_url(words: Words, **params: str) -> str:
    """Return the full address that reopens this view: the page, its parameters, the language, and ``params``.

    The address of the stand's screen is not copied with its ``stand`` mode: a visitor's phone must not reset
    itself.
    """
    held = {name: st.query_params.get_all(name) for name in st.query_params}
    held |= {"lang": [words.lang]} | {name: [value] for name, value in params.items()}
    held.pop("stand", None)
    return f"{st.context.url or ''}?{urlencode(sorted(held.items()), doseq=True)}"


@functools.lru_cache(maxsize=64)
def qr(url: str) -> str:
    """Return the QR code of ``url`` as a data: address of an SVG (9 ms), dark on light in both themes."""
    import segno

    code = segno.make(url, error="m", micro=False)
    return code.svg_data_uri(omitsize=True, border=3, dark="#1B2733", light="#FFFFFF")


def link(words: Words, *, key: str, **params: str) -> None:
    """Draw the button that shows the address of this view and its QR code."""
    text = words("kit.export.link")
    with st.popover(text, icon=":material/qr_code_2:", key=f"export_{key}_link", width="content"):
        url = view_url(words, **params)
        st.html(
            f"<p><b>{escape(words('kit.export.link_title'))}</b><br>{escape(words('kit.export.link_help'))}</p>"
        )
        alt = escape(words("kit.export.qr_alt", url=url))
        st.html(f'<div class="eo-qr"><img alt="{alt}" src="{escape(qr(url))}"></div>')
        st.code(url, language=None, wrap_lines=True)
        if (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1", ""):
            st.html(f'<p class="eo-muted">{escape(words("kit.export.local"))}</p>')


_CSS = """
.row { display: flex; gap: .5rem; }
button { font: inherit; font-size: .875rem; color: var(--st-text-color); background: transparent;
  cursor: pointer; padding: .25rem .9rem; min-height: 2.5rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_chart_buttons = st.components.v2.component(
    "eogen_export",
    html="<div class=row></div>",
    css=_CSS,
    js=Path(__file__).with_name("export.js").read_text(encoding="utf-8"),
)


def bar(
    items: Sequence[File | Chart], words: Words, *, key: str, address: bool = True, **params: str
) -> None:
    """Draw the export bar: one row on a desktop, several on a phone.

    Args:
        items: files and charts, in order.
        words: the reader's language.
        key: names this bar.
        address: end with the link to this view and its QR code.
        **params: parameters to add to that address.
    """
    several = {ending for item in items if isinstance(item, File) for ending in [item.ending]}
    counts = {ending: sum(isinstance(i, File) and i.ending == ending for i in items) for ending in several}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"export_{key}"):
        for number, item in enumerate(items):
            if isinstance(item, Chart):
                formats = [
                    {
                        "format": f,
                        "label": f"{text} {item.label}".strip(),
                        "help": words("kit.export.download_help", what=item.name, format=text),
                    }
                    for f in ("png", "svg")
                    for text in [words(f"kit.export.{f}")]
                ]
                data = {"chart": item.key, "name": item.name, "formats": formats}
                _chart_buttons(key=f"export_{key}_{number}", data=data, width="content")
                continue
            word, mime, icon = FORMATS[item.ending]
            text = words(f"kit.export.{word}")
            stem = item.name.removesuffix(f".{item.ending}")
            st.download_button(
                text if counts[item.ending] == 1 else f"{text} · {stem}",
                item.content,
                item.name,
                mime,
                key=f"export_{key}_{number}",
                on_click="ignore",
                icon=f":material/{icon}:",
                help=words("kit.export.download_help", what=item.name, format=text),
            )
        if address:
            link(words, key=key, **params)
