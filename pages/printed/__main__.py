"""``python -m pages.printed poster|guide``: what ``python -m eogen poster`` and ``guide`` start."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from urllib.parse import urlsplit

from eogen.errors import InputError


def main(what: str, lang: str, out: str, url: str = "") -> None:
    """Write the sheet ``what`` (``poster`` or ``guide``) in ``lang`` to ``out``.

    Raises:
        InputError: ``bad_link``, and those of :meth:`pages.printed.sheet.Sheet.save`.
    """
    from pages.kit.thumbnails import thumbnail
    from pages.kit.words import load
    from pages.printed import guide, poster

    if url and urlsplit(url).scheme not in ("http", "https"):
        sentence = "{url} is no address of a page; it must begin with http:// or https://."
        raise InputError("bad_link", sentence, url=url)
    words = load(lang)
    sheet = (
        guide.draw(words)
        if what == "guide"
        else poster.draw(words, lambda room: thumbnail(room).result(), url)
    )
    sheet.save(Path(out))


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # Streamlit warns that no page is being drawn, which is so
    try:
        main(*sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
